/* SPDX-License-Identifier: MIT */
/*
 * Begin_ on the client's side. Everything that can fail is made first; then the request is pending; then the job
 * is handed over, and only a refusal by the object or its executor takes that back.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <string.h>

#include "base/check.h"
#include "base/refcount.h"
#include "client/object.h"
#include "client/release.h"
#include "client/request.h"
#include "port/port.h"

/* One Begin_ on its way. */
struct beginning {
    guise_request *request;
    uint32_t number;
    const void *in;
    struct guise__client_blanket *blanket; /* owned; the request's when it was reserved */
    struct guise__client_blanket
        *fixed;     /* owned; what the request has instead from now on; NULL: the same */
    guise_job *job; /* with a reference to its call */
    bool was_canceled, was_shown; /* what a refusal restores */
};

/* ---- the request is reserved ---- */

/* One call at a time, until Finish_ (K-02). */
static guise_result reserve(struct beginning *b)
{
    struct guise__request_after after = {0};
    guise_request *request = b->request;
    bool is_idle;

    guise__request_lock(request);
    guise__request_settle_locked(request, &after);
    is_idle = request->state == GUISE__REQUEST_IDLE;
    if (is_idle) {
        request->state = GUISE__REQUEST_BEGINNING;
        b->blanket = guise__blanket_ref(request->blanket);
    }
    guise__request_unlock(request, &after);
    return is_idle ? GUISE_OK : GUISE_E_CALL_PENDING;
}

/* Nothing was handed over: the request is idle again, as it was. Also if copy_in does not return. */
static void give_back(void *arg)
{
    struct beginning *b = arg;
    struct guise__request_after after = {0};

    guise__request_lock(b->request);
    GUISE__CHECK(b->request->state == GUISE__REQUEST_BEGINNING);
    b->request->state = GUISE__REQUEST_IDLE;
    guise__request_unlock(b->request, &after);
    pthread_cleanup_push(guise__release_call, b->job == NULL ? NULL : b->job->call);
    guise__blanket_unref_both(b->blanket, b->fixed);
    pthread_cleanup_pop(1);
}

/* ---- everything is made ---- */

static guise_result fix_identity(struct beginning *b, guise_token *identity)
{
    return guise__blanket_is_unfixed(b->blanket)
               ? guise__blanket_fix(b->blanket, identity, &b->fixed)
               : GUISE_OK;
}

/* The client of the call owns its identity for as long as anything has the call (C-23). */
static guise_result make_client(struct beginning *b, guise_context **out)
{
    guise_token *identity;
    guise_result result = guise__blanket_settle(b->blanket, &identity);

    if (result != GUISE_OK) {
        return result;
    }
    result = fix_identity(b, identity);
    if (result == GUISE_OK) {
        result = guise_context_create(&b->blanket->blanket, identity, out);
    }
    guise_token_unref(identity);
    return result;
}

static guise_result make_job(struct beginning *b)
{
    guise_context *client;
    guise_result result = make_client(b, &client);

    if (result != GUISE_OK) {
        return result;
    }
    result = guise__job_create(b->request->object, b->number, client, &b->job);
    guise_context_unref(client);
    return result;
}

static guise_result copy_in(const struct beginning *b)
{
    guise_job *job = b->job;
    guise_result result = GUISE_OK;

    if (job->in == NULL) {
        return GUISE_OK;
    }
    memcpy(job->in, b->in, job->method->in_size);
    if (job->method->copy_in != NULL) {
        result = job->method->copy_in(job->in);
    }
    job->has_in = result >= 0;
    return job->has_in ? GUISE_OK : result;
}

static guise_result prepare(struct beginning *b)
{
    guise_object *object = b->request->object;
    guise_result result;

    if (guise__object_is_disconnected(object)) {
        return GUISE_E_DISCONNECTED;
    }
    if (b->blanket->blanket.authn_level < object->authn_level) {
        return GUISE_E_ACCESS_DENIED; /* less protection than the object accepts (C-03) */
    }
    result = make_job(b);
    return result == GUISE_OK ? copy_in(b) : result;
}

/* ---- the request is pending ---- */

static void start_deadline_locked(guise_request *request)
{
    request->has_deadline = guise__deadline(request->timeout_ms, &request->deadline) != NULL;
}

/* The identity is fixed by the request's first Begin_, unless its blanket was set meanwhile (C-15). */
static void swap_blanket_locked(guise_request *request, struct guise__client_blanket *from,
                                struct guise__client_blanket *to)
{
    if (to != NULL && request->blanket == from) {
        request->blanket = guise__blanket_ref(to);
        guise__blanket_unref(from); /* the beginning has another reference, so nothing is freed */
    }
}

/* The references that a pending call has: see job.h. The caller's becomes the request's. */
static void take_references(struct beginning *b)
{
    (void)guise__count_up(&b->request->holds);
    b->job->request = b->request;
    (void)guise_call_ref(b->job->call); /* the job's */
    (void)guise_call_ref(b->job->call); /* the executor's */
}

static void make_pending(struct beginning *b)
{
    struct guise__request_after after = {0};
    guise_request *request = b->request;

    take_references(b);
    guise__request_lock(request);
    GUISE__CHECK(request->state == GUISE__REQUEST_BEGINNING);
    request->job = b->job;
    request->round++;
    b->was_canceled = request->is_canceled;
    b->was_shown = request->is_shown;
    request->is_canceled = false;
    guise__request_show_locked(request,
                               false); /* an earlier call's signal is not this one's */
    start_deadline_locked(request);
    swap_blanket_locked(request, b->blanket, b->fixed);
    guise__request_set_state_locked(request, GUISE__REQUEST_PENDING);
    guise__request_unlock(request, &after);
}

/* ---- the job is handed over ---- */

static bool restore_locked(struct beginning *b, struct guise__request_after *after)
{
    guise_request *request = b->request;

    if (request->job != b->job || !guise__job_claim(b->job, GUISE__JOB_WITHDRAWN)) {
        return false;
    }
    guise__request_set_state_locked(request, GUISE__REQUEST_IDLE);
    request->job = NULL;
    request->is_canceled = b->was_canceled;
    guise__request_show_locked(request, b->was_shown);
    swap_blanket_locked(request, b->fixed, b->blanket);
    guise__request_changed_locked(request, after);
    return true;
}

/* The job was refused. A thread that has cancelled it meanwhile, or disconnected the object, has answered for it:
 * then it was begun, and Finish_ says how it ended. */
static guise_result take_back(struct beginning *b, guise_result refusal)
{
    struct guise__request_after after = {0};
    guise_call *call = b->job->call;
    bool is_restored;

    guise__request_lock(b->request);
    is_restored = restore_locked(b, &after);
    guise__request_unlock(b->request, &after);
    if (is_restored) {
        (void)guise_call_complete(call, refusal);
        guise_call_unref(call); /* the request's */
    }
    guise_call_unref(call); /* the executor's */
    return is_restored ? refusal : GUISE_OK;
}

/* Once the executor has taken the job it may be gone. */
static guise_result hand_over(struct beginning *b)
{
    const guise_executor *executor = &b->request->object->executor;
    guise_result result = guise__job_enlist(b->job);

    if (result == GUISE_OK && executor->submit == NULL) {
        guise__job_run_here(b->job);
        return GUISE_OK;
    }
    if (result == GUISE_OK) {
        result = executor->submit(executor->self, b->job);
    }
    return result < 0 ? take_back(b, result) : GUISE_OK;
}

static void drop_blankets(void *arg)
{
    struct beginning *b = arg;

    guise__blanket_unref_both(b->blanket, b->fixed);
}

static guise_result begin(struct beginning *b)
{
    guise_result result = reserve(b);

    if (result != GUISE_OK) {
        return result;
    }
    pthread_cleanup_push(give_back, b);
    result = prepare(b);
    pthread_cleanup_pop(0);
    if (result != GUISE_OK) {
        give_back(b);
        return result;
    }
    make_pending(b);
    pthread_cleanup_push(drop_blankets, b);
    result = hand_over(b);
    pthread_cleanup_pop(1);
    return result;
}

guise_result guise_request_begin(guise_request *request, uint32_t method, const void *in,
                                 size_t in_size)
{
    struct beginning b = {.request = request, .number = method, .in = in};

    if (request == NULL || method >= request->object->method_count ||
        in_size != request->object->methods[method].in_size || (in == NULL && in_size != 0)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    return begin(&b);
}
