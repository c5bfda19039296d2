/* SPDX-License-Identifier: MIT */
/* Objects: their making and their end, and what disconnecting one does to the calls that wait. */
#define _POSIX_C_SOURCE 200809L
#include "client/object.h"

#include <pthread.h>
#include <string.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "base/refcount.h"
#include "base/struct_size.h"
#include "client/job.h"
#include "port/port.h"
#include "thread/as_self.h"

/* ---- making one ---- */

static bool is_possible_executor(const guise_executor *executor)
{
    return executor == NULL ||
           (guise__struct_size_in(executor, sizeof *executor) && executor->submit != NULL &&
            (executor->ref == NULL) == (executor->unref == NULL));
}

static bool are_possible_methods(const guise_method *methods, uint32_t count)
{
    if (methods == NULL || count == 0) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (methods[i].begin == NULL) {
            return false;
        }
    }
    return true;
}

static bool is_possible(const guise_object_desc *desc)
{
    return desc != NULL && guise__struct_size_in(desc, sizeof *desc) &&
           are_possible_methods(desc->methods, desc->method_count) &&
           desc->authn_level <= GUISE_AUTHN_LEVEL_PKT_PRIVACY &&
           desc->authn_service !=
               GUISE_AUTHN_SERVICE_DEFAULT && /* a proxy's blanket starts with it */
           is_possible_executor(desc->executor);
}

/* The size of methods and principal behind the object; 0: more than there can be. */
static size_t room_for(const guise_object_desc *desc, size_t principal)
{
    size_t most = SIZE_MAX / 2 - sizeof(guise_object) - principal;

    return desc->method_count > most / sizeof(guise_method)
               ? 0
               : desc->method_count * sizeof(guise_method) + principal;
}

static void fill_in(guise_object *object, const guise_object_desc *desc, size_t principal)
{
    size_t methods = desc->method_count * sizeof(guise_method);

    atomic_init(&object->refs, 1);
    guise__lock_init(&object->lock);
    object->self = desc->self;
    object->release = desc->release;
    object->authn_level = desc->authn_level == 0 ? GUISE_AUTHN_LEVEL_CONNECT : desc->authn_level;
    object->authn_service = desc->authn_service;
    object->method_count = desc->method_count;
    memcpy(object->methods, desc->methods, methods);
    if (principal != 0) {
        object->principal = memcpy((char *)object->methods + methods, desc->principal, principal);
    }
    if (desc->executor != NULL) {
        memcpy(&object->executor, desc->executor, sizeof object->executor);
    }
    if (object->executor.ref != NULL) {
        object->executor.ref(object->executor.self);
    }
}

guise_result guise_object_create(const guise_object_desc *desc, guise_object **out)
{
    guise_object *object = NULL;
    size_t principal, room;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (!is_possible(desc)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    principal = desc->principal == NULL ? 0 : strlen(desc->principal) + 1;
    room = room_for(desc, principal);
    if (room != 0 && guise__fork_prepare() == GUISE_OK) {
        object = guise__alloc(sizeof *object + room);
    }
    if (object == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    fill_in(object, desc, principal);
    *out = object;
    return GUISE_OK;
}

/* ---- its end ---- */

static void free_object(void *arg)
{
    guise_object *object = arg;

    GUISE__CHECK(object->first == NULL || guise__fork_count() != 0);
    guise__lock_destroy(&object->lock);
    guise__free(object);
}

static void end_executor(void *arg)
{
    guise_object *object = arg;

    pthread_cleanup_push(free_object, object);
    if (object->executor.unref != NULL) {
        object->executor.unref(object->executor.self);
    }
    pthread_cleanup_pop(1);
}

/* Each step follows in whichever way the program's function before it ends. */
static void end_object(void *arg)
{
    guise_object *object = arg;

    pthread_cleanup_push(end_executor, object);
    if (object->release != NULL) {
        object->release(object->self);
    }
    pthread_cleanup_pop(1);
}

guise_object *guise_object_ref(guise_object *object)
{
    if (object != NULL) {
        (void)guise__count_up(&object->refs);
    }
    return object;
}

void guise_object_unref(guise_object *object)
{
    if (object != NULL && guise__count_down(&object->refs)) {
        guise__run_as_self(end_object, object);
    }
}

/* ---- the jobs that wait ---- */

void guise__object_lock(guise_object *object)
{
    if (guise__lock_take(&object->lock)) {
        object->first = NULL; /* the parent's, and perhaps half linked (E-05) */
        object->last = NULL;
    }
}

bool guise__object_is_disconnected(guise_object *object)
{
    bool is_disconnected;

    guise__object_lock(object);
    is_disconnected = object->is_disconnected;
    guise__lock_release(&object->lock);
    return is_disconnected;
}

static void unlink_locked(guise_object *object, guise_job *job)
{
    GUISE__CHECK(guise__lock_is_held(&object->lock) && job->is_listed);
    *(job->previous == NULL ? &object->first : &job->previous->next) = job->next;
    *(job->next == NULL ? &object->last : &job->next->previous) = job->previous;
    job->is_listed = false;
}

static void link_locked(guise_object *object, guise_job *job)
{
    GUISE__CHECK(guise__lock_is_held(&object->lock) && !job->is_listed);
    job->previous = object->last;
    job->next = NULL;
    *(object->last == NULL ? &object->first : &object->last->next) = job;
    object->last = job;
    job->is_listed = true;
}

guise_result guise__job_enlist(guise_job *job)
{
    guise_object *object = job->object;
    guise_result result = GUISE_OK;

    guise__object_lock(object);
    if (job->state == GUISE__JOB_WAITING) {
        if (object->is_disconnected) {
            result = GUISE_E_DISCONNECTED;
        } else {
            link_locked(object, job);
        }
    }
    guise__lock_release(&object->lock);
    return result;
}

static void claim_locked(guise_job *job, enum guise__job_state next)
{
    GUISE__CHECK(job->state == GUISE__JOB_WAITING && next != GUISE__JOB_WAITING);
    if (job->is_listed) {
        unlink_locked(job->object, job);
    }
    job->state = next;
}

bool guise__job_claim(guise_job *job, enum guise__job_state next)
{
    guise_object *object = job->object;
    bool is_mine;

    if (!guise__job_is_ours(job)) {
        return false;
    }
    guise__object_lock(object);
    is_mine = job->state == GUISE__JOB_WAITING;
    if (is_mine) {
        claim_locked(job, next);
    }
    guise__lock_release(&object->lock);
    return is_mine;
}

/* ---- disconnecting ---- */

/* Takes the first job that waits; returns its call with a reference, or NULL: none waits. */
static guise_call *withdraw_first(guise_object *object)
{
    guise_job *job;
    guise_call *call = NULL;

    guise__object_lock(object);
    object->is_disconnected = true;
    job = object->first;
    if (job != NULL) {
        claim_locked(job, GUISE__JOB_WITHDRAWN);
        call = guise_call_ref(job->call);
    }
    guise__lock_release(&object->lock);
    return call;
}

/* Each call completes without the lock, because waiters wake and release functions may run (E-01); if one of those
 * ends the thread, the next one follows all the same. */
static void complete_waiting(void *arg)
{
    guise_object *object = arg;
    guise_call *call;

    while ((call = withdraw_first(object)) != NULL) {
        pthread_cleanup_push(complete_waiting, object);
        (void)guise_call_complete(call, GUISE_E_DISCONNECTED);
        guise_call_unref(call);
        pthread_cleanup_pop(0);
    }
    guise_object_unref(object);
}

/* The reference keeps the object through the last of its calls. */
void guise_object_disconnect(guise_object *object)
{
    if (object != NULL) {
        complete_waiting(guise_object_ref(object));
    }
}
