/* SPDX-License-Identifier: MIT */
/* Jobs: their block, how one is run or dropped, what is told at the announcement of its call, and their end. */
#define _POSIX_C_SOURCE 200809L
#include "client/job.h"

#include <pthread.h>
#include <stddef.h>

#include <guise/thread.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "client/object.h"
#include "client/release.h"
#include "client/request.h"
#include "port/port.h"
#include "thread/thread_state.h"

bool guise__job_is_ours(const guise_job *job)
{
    return job->generation == guise__fork_count();
}

/* ---- the end ---- */

static void release_block(void (*release)(void *block), void *block)
{
    if (release != NULL && block != NULL) {
        release(block);
    }
}

static void end_inner(guise_job *job)
{
    /* Relaxed, because the last reference sees everything by the order of the count. */
    struct guise__call_extension *inner = atomic_load_explicit(&job->inner, memory_order_relaxed);

    if (inner != NULL) {
        inner->destroy(inner);
    }
}

/* The out block of a method that ran, whose call completed without failure, and that no Finish_ took. */
static void end_out(guise_job *job)
{
    guise_result result = GUISE_E_UNEXPECTED;

    if (job->has_run && !job->is_out_taken && guise_call_result(job->call, &result) == GUISE_OK &&
        result >= 0) {
        release_block(job->method->release_out, job->out);
    }
}

/* False: that was the last step, and the job is gone. */
static bool end_next(guise_job *job)
{
    switch (job->end++) {
    case GUISE__JOB_END_INNER:
        end_inner(job);
        return true;
    case GUISE__JOB_END_OUT:
        end_out(job);
        return true;
    case GUISE__JOB_END_IN:
        release_block(job->has_in ? job->method->release_in : NULL, job->in);
        return true;
    case GUISE__JOB_END_OBJECT:
        guise_object_unref(job->object);
        return true;
    case GUISE__JOB_END_BLOCK:
    default:
        guise__free(job);
        return false;
    }
}

/* Each step follows in whichever way the program's function before it ends. */
static void end_job(void *arg)
{
    bool goes_on = true;

    while (goes_on) {
        pthread_cleanup_push(end_job, arg);
        goes_on = end_next(arg);
        pthread_cleanup_pop(0);
    }
}

/* Runs as self, on the thread that drops the call's last reference. */
static void destroy(struct guise__call_extension *extension)
{
    end_job(extension);
}

/* ---- the beginning ---- */

/* The request learns of the call's end here, and the server's reference goes. Before the request is pending
 * there is neither. */
static void announced(struct guise__call_extension *extension)
{
    guise_job *job = (guise_job *)extension;

    if (job->request != NULL) {
        guise__request_announced(job->request, job);
        guise_call_unref(job->call);
    }
}

static size_t rounded_up(size_t size)
{
    return (size + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
}

/* One block, with in and out behind the job. NULL: no memory for them. */
static guise_job *make_block(const guise_method *method)
{
    size_t in = rounded_up(sizeof(guise_job));
    guise_job *job;

    if (method->in_size > SIZE_MAX / 4 || method->out_size > SIZE_MAX / 4) {
        return NULL;
    }
    job = guise__alloc(in + rounded_up(method->in_size) + method->out_size);
    if (job == NULL) {
        return NULL;
    }
    job->in = method->in_size == 0 ? NULL : (char *)job + in;
    job->out = method->out_size == 0 ? NULL : (char *)job + in + rounded_up(method->in_size);
    return job;
}

guise_result guise__job_create(guise_object *object, uint32_t number, guise_context *client,
                               guise_job **out)
{
    guise_job *job = make_block(&object->methods[number]);
    guise_result result;

    GUISE__CHECK(number < object->method_count);
    if (job == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    result = guise_call_create(client, &job->call);
    if (result != GUISE_OK) {
        guise__free(job);
        return result;
    }
    job->extension = (struct guise__call_extension){destroy, announced, &job->inner};
    job->object = guise_object_ref(object);
    job->method = &object->methods[number];
    job->number = number;
    job->generation = guise__fork_count();
    guise__call_attach(job->call, &job->extension);
    *out = job;
    return GUISE_OK;
}

/* ---- running ---- */

static guise_result begin(guise_call *call, void *arg)
{
    guise_job *job = arg;

    job->has_run = true;
    return job->method->begin(call, job->object->self, job->in, job->out);
}

/* A frame that is refused has run nothing, and is the call's result. */
static void dispatch(guise_job *job)
{
    guise_result result = guise_call_dispatch(job->call, begin, job);

    if (!job->has_run) {
        (void)guise_call_complete(job->call, result);
    }
}

/* The reference is dropped in whichever way the method ends. */
void guise__job_run_here(guise_job *job)
{
    pthread_cleanup_push(guise__release_call, job->call);
    if (guise__job_claim(job, GUISE__JOB_BEGUN)) {
        dispatch(job);
    }
    pthread_cleanup_pop(1);
}

void guise_job_drop(guise_job *job, guise_result why)
{
    guise_call *call;

    if (job == NULL) {
        return;
    }
    call = job->call;
    if (guise__job_claim(job, GUISE__JOB_WITHDRAWN)) {
        (void)guise_call_complete(call, why < 0 ? why : GUISE_E_UNEXPECTED);
    }
    guise_call_unref(call);
}

/* In no frame, with an empty slot, and for the kernel the process itself (E-02). */
static bool is_clean_thread(void)
{
    const struct guise__thread *thread = guise__thread_here();

    return thread->scope == NULL && thread->now.token == NULL && guise_thread_verify() == GUISE_OK;
}

void guise_job_run(guise_job *job)
{
    if (job == NULL) {
        return;
    }
    if (is_clean_thread()) {
        guise__job_run_here(job);
    } else {
        guise_job_drop(job, GUISE_E_ACCESS_DENIED);
    }
}
