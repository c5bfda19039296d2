/* SPDX-License-Identifier: MIT */
/* Requests: their life, and how one becomes complete, is waited for, cancelled and finished. */
#define _POSIX_C_SOURCE 200809L
#include "client/request.h"

#include <pthread.h>
#include <string.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "base/refcount.h"
#include "base/struct_size.h"
#include "client/object.h"
#include "client/proxy.h"
#include "client/release.h"
#include "port/port.h"
#include "sync/signal.h"
#include "thread/scope.h"

bool guise__request_is_valid(const guise_request *request)
{
    bool has_job = request->state >= GUISE__REQUEST_PENDING;

    return request->blanket != NULL && (request->job != NULL) == has_job &&
           GUISE__IMPLIES(request->state == GUISE__REQUEST_PENDING, !request->is_shown) &&
           GUISE__IMPLIES(request->state == GUISE__REQUEST_COMPLETE, request->is_shown);
}

/* ---- the lock, and what follows it ---- */

void guise__request_lock(guise_request *request)
{
    (void)guise__lock_take(&request->lock);
    GUISE__CHECK(guise__fork_count() != 0 || guise__request_is_valid(request));
}

static void end_given_up(const struct guise__request_after *after)
{
    if (after->completes) {
        (void)guise_call_complete(after->given_up, after->why);
    } else {
        (void)!guise_call_cancel(after->given_up); /* it asks the server, and no more (K-05) */
    }
    guise_call_unref(after->given_up);
}

void guise__request_unlock(guise_request *request, struct guise__request_after *after)
{
    GUISE__CHECK(guise__fork_count() != 0 || guise__request_is_valid(request));
    guise__lock_release(&request->lock);
    if (after->wakes) {
        guise__futex_wake(&request->changes);
    }
    if (after->given_up != NULL) {
        end_given_up(after);
    }
}

void guise__request_changed_locked(guise_request *request, struct guise__request_after *after)
{
    GUISE__CHECK(guise__lock_is_held(&request->lock));
    /* Relaxed, because the lock orders it; a thread that sleeps looks at the state under the lock. */
    (void)atomic_fetch_add_explicit(&request->changes, 1, memory_order_relaxed);
    after->wakes = request->waiters != 0;
}

void guise__request_show_locked(guise_request *request, bool is_complete)
{
    GUISE__CHECK(guise__lock_is_held(&request->lock));
    request->is_shown = is_complete;
    if (request->signal == NULL) {
        return;
    }
    if (is_complete) {
        guise__signal_set(request->signal);
    } else {
        (void)guise_signal_reset(request->signal);
    }
}

/* ---- the steps to COMPLETE ---- */

static void complete_locked(guise_request *request, guise_result result, bool is_answered,
                            struct guise__request_after *after)
{
    GUISE__CHECK(request->state == GUISE__REQUEST_PENDING);
    request->result = result;
    request->is_answered = is_answered;
    guise__request_set_state_locked(request, GUISE__REQUEST_COMPLETE);
    guise__request_show_locked(request, true);
    guise__request_changed_locked(request, after);
}

/* The client goes on without an answer. A job that no thread has begun is withdrawn, and its call completes;
 * the call of any other is the server's (K-12). */
static void give_up_locked(guise_request *request, guise_result why,
                           struct guise__request_after *after)
{
    complete_locked(request, why, false, after);
    after->given_up = guise_call_ref(request->job->call);
    after->completes = guise__job_claim(request->job, GUISE__JOB_WITHDRAWN);
    after->why = why;
}

static bool is_late_locked(const guise_request *request)
{
    return request->has_deadline && guise__deadline_left(&request->deadline) == 0;
}

void guise__request_settle_locked(guise_request *request, struct guise__request_after *after)
{
    if (request->state != GUISE__REQUEST_PENDING) {
        return;
    }
    if (!guise__job_is_ours(request->job)) {
        give_up_locked(request, GUISE_E_DISCONNECTED,
                       after); /* its threads are the parent's (E-05) */
    } else if (is_late_locked(request)) {
        request->is_canceled = true;
        give_up_locked(request, GUISE_E_TIMEOUT, after); /* cancelled too (K-14) */
    }
}

static void drop_hold(guise_request *request)
{
    if (guise__count_down(&request->holds)) {
        guise__lock_destroy(&request->lock);
        guise__free(request);
    }
}

/* An answer is for the Begin_ that asked for it, if it still waits: otherwise it was cancelled, which wins
 * (K-04), or abandoned. An answer after the deadline is none (K-14). */
void guise__request_announced(guise_request *request, guise_job *job)
{
    struct guise__request_after after = {0};
    guise_result result = GUISE_E_UNEXPECTED;

    (void)!guise_call_result(job->call, &result);
    guise__request_lock(request);
    if (request->state == GUISE__REQUEST_PENDING && request->job == job) {
        bool is_late = is_late_locked(request);

        request->is_canceled = request->is_canceled || is_late;
        complete_locked(request, is_late ? GUISE_E_TIMEOUT : result, !is_late, &after);
    }
    guise__request_unlock(request, &after);
    drop_hold(request);
}

/* ---- waiting ---- */

/* The earlier one; NULL is never. */
static const struct timespec *earlier(const struct timespec *left, const struct timespec *right)
{
    if (left == NULL || right == NULL) {
        return left == NULL ? right : left;
    }
    return left->tv_sec < right->tv_sec ||
                   (left->tv_sec == right->tv_sec && left->tv_nsec <= right->tv_nsec)
               ? left
               : right;
}

static bool is_pending_locked(const guise_request *request, uint64_t round)
{
    return request->state == GUISE__REQUEST_PENDING && request->round == round;
}

/* Sleeps until the state changes or the earlier of both deadlines has passed. */
static void sleep_locked(guise_request *request, const struct timespec *deadline)
{
    struct guise__request_after nothing = {0};
    struct timespec own = request->deadline; /* another Begin_ may write it */
    const struct timespec *until = earlier(deadline, request->has_deadline ? &own : NULL);
    /* Relaxed, because the lock orders it. */
    unsigned seen = atomic_load_explicit(&request->changes, memory_order_relaxed);

    request->waiters++;
    guise__request_unlock(request, &nothing);
    (void)guise__futex_wait(&request->changes, seen, until);
    guise__request_lock(request);
    request->waiters--;
}

/* Waits while this round is pending. False: it still is, and the time is over. */
static bool await_locked(guise_request *request, uint64_t round, const struct timespec *deadline,
                         struct guise__request_after *after)
{
    while (is_pending_locked(request, round)) {
        guise__request_settle_locked(request, after);
        if (!is_pending_locked(request, round)) {
            return true;
        }
        if (deadline != NULL && guise__deadline_left(deadline) == 0) {
            return false;
        }
        sleep_locked(request, deadline);
    }
    return true;
}

/* As await_locked, with a result. The call's own completion function would wait for itself. */
static guise_result await_round(guise_request *request, uint32_t timeout_ms,
                                struct guise__request_after *after)
{
    uint64_t round = request->round;
    struct timespec storage;
    const struct timespec *deadline;

    if (request->state < GUISE__REQUEST_PENDING) {
        return GUISE_E_CALL_COMPLETE; /* nothing was begun, or it is finished */
    }
    deadline = guise__deadline(guise__is_completing(request->job->call) ? 0 : timeout_ms, &storage);
    if (!await_locked(request, round, deadline, after)) {
        return GUISE_E_CALL_PENDING;
    }
    /* Of two threads that finish one call, one comes too late. */
    return request->round == round && request->state == GUISE__REQUEST_COMPLETE
               ? GUISE_OK
               : GUISE_E_CALL_COMPLETE;
}

guise_result guise_request_wait(guise_request *request, uint32_t timeout_ms)
{
    struct guise__request_after after = {0};
    guise_result result;

    if (request == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__request_lock(request);
    result = await_round(request, timeout_ms, &after);
    guise__request_unlock(request, &after);
    return result;
}

/* ---- Finish_ ---- */

/* What Finish_ takes with it. */
struct finished {
    guise_job *job;
    guise_result result;
    bool is_answered;
};

static guise_result check_finish_locked(const guise_request *request, uint32_t method,
                                        const void *out, size_t out_size)
{
    if (request->state < GUISE__REQUEST_PENDING) {
        return GUISE_E_CALL_COMPLETE; /* */
    }
    if (request->job->number != method) {
        return GUISE_E_UNEXPECTED; /* */
    }
    return out_size == request->job->method->out_size && (out != NULL || out_size == 0)
               ? GUISE_OK
               : GUISE_E_INVALID_ARGUMENT;
}

/* The request is idle again. */
static struct finished take_locked(guise_request *request, struct guise__request_after *after)
{
    struct finished finished = {request->job, request->result, request->is_answered};

    GUISE__CHECK(request->state == GUISE__REQUEST_COMPLETE);
    guise__request_set_state_locked(request, GUISE__REQUEST_IDLE);
    request->job = NULL;
    guise__request_changed_locked(request, after);
    return finished;
}

/* Only a call that has answered without failure has something in its out block; of any other the server may
 * still write there. */
static void hand_out(const struct finished *finished, void *out, size_t out_size)
{
    guise_job *job = finished->job;

    if (out_size != 0 && finished->is_answered && finished->result >= 0) {
        memcpy(out, job->out, out_size);
        job->is_out_taken = true;
    } else if (out_size != 0) {
        memset(out, 0, out_size);
    }
}

guise_result guise_request_finish(guise_request *request, uint32_t method, void *out,
                                  size_t out_size, uint32_t timeout_ms, guise_result *result)
{
    struct guise__request_after after = {0};
    struct finished finished = {0};
    guise_result refusal;

    if (request == NULL || result == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__request_lock(request);
    refusal = check_finish_locked(request, method, out, out_size);
    if (refusal == GUISE_OK) {
        refusal = await_round(request, timeout_ms, &after);
    }
    if (refusal == GUISE_OK) {
        finished = take_locked(request, &after);
    }
    guise__request_unlock(request, &after);
    if (refusal == GUISE_OK) {
        hand_out(&finished, out, out_size);
        *result = finished.result;
        guise_call_unref(finished.job->call);
    }
    return refusal;
}

/* ---- cancelling ---- */

/* Of a request that is not pending. */
static guise_result refuse_cancel_locked(const guise_request *request)
{
    return request->state == GUISE__REQUEST_COMPLETE && !request->is_answered &&
                   request->result == GUISE_E_CALL_CANCELED
               ? GUISE_E_CALL_CANCELED
               : GUISE_E_CALL_COMPLETE; /* before the first Begin_ and after Finish_ too (K-02) */
}

/* Asks the server, without the lock. */
static void ask_server(guise_request *request)
{
    struct guise__request_after ask = {.given_up = guise_call_ref(request->job->call)};

    guise__request_unlock(request, &ask);
    guise__request_lock(request);
}

static bool is_withdrawn_locked(guise_request *request, struct guise__request_after *after)
{
    guise_call *call = request->job->call;

    if (!guise__job_claim(request->job, GUISE__JOB_WITHDRAWN)) {
        return false;
    }
    complete_locked(request, GUISE_E_CALL_CANCELED, false, after);
    after->given_up = guise_call_ref(call);
    after->completes = true;
    after->why = GUISE_E_CALL_CANCELED;
    return true;
}

/* The server has so long to answer (K-03); then the client is unblocked in any case (K-05). */
static guise_result cancel_locked(guise_request *request, const struct timespec *deadline,
                                  struct guise__request_after *after)
{
    uint64_t round = request->round;

    request->is_canceled = true;
    if (is_withdrawn_locked(request, after)) {
        return GUISE_OK;
    }
    ask_server(request);
    if (!await_locked(request, round, deadline, after)) {
        give_up_locked(request, GUISE_E_CALL_CANCELED, after);
        return GUISE_OK;
    }
    return request->round == round ? refuse_cancel_locked(request) : GUISE_E_CALL_COMPLETE;
}

guise_result guise_request_cancel(guise_request *request, uint32_t timeout_ms)
{
    struct guise__request_after after = {0};
    struct timespec storage;
    const struct timespec *deadline;
    guise_result result;

    if (request == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    deadline = guise__deadline(timeout_ms, &storage);
    guise__request_lock(request);
    guise__request_settle_locked(request, &after);
    if (request->state != GUISE__REQUEST_PENDING) {
        result = refuse_cancel_locked(request);
    } else {
        if (guise__is_completing(request->job->call)) {
            deadline = guise__deadline(0, &storage); /* it would wait for itself */
        }
        result = cancel_locked(request, deadline, &after);
    }
    guise__request_unlock(request, &after);
    return result;
}

bool guise_request_is_canceled(const guise_request *request)
{
    guise_request *noticed = (guise_request *)request;
    struct guise__request_after after = {0};
    bool is_canceled;

    if (request == NULL) {
        return false;
    }
    guise__request_lock(noticed);
    guise__request_settle_locked(noticed, &after);
    is_canceled = request->is_canceled; /* apart from any result (K-13) */
    guise__request_unlock(noticed, &after);
    return is_canceled;
}

/* ---- what a program asks for, and sets ---- */

guise_result guise_request_set_deadline(guise_request *request, uint32_t timeout_ms)
{
    struct guise__request_after after = {0};

    if (request == NULL || timeout_ms == 0) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__request_lock(request);
    guise__request_settle_locked(request, &after);
    request->timeout_ms = timeout_ms;
    guise__request_unlock(request, &after);
    return GUISE_OK;
}

static guise_result add_signal(guise_request *request, guise_signal **out)
{
    struct guise__request_after after = {0};
    guise_signal *made;
    guise_result result = guise_signal_create(GUISE_SIGNAL_MANUAL, &made);

    if (result != GUISE_OK) {
        return result;
    }
    guise__request_lock(request);
    guise__request_settle_locked(request, &after);
    if (request->signal == NULL) {
        request->signal = made;
        made = NULL;
        guise__request_show_locked(request, request->is_shown);
    }
    *out = request->signal;
    guise__request_unlock(request, &after);
    guise_signal_unref(made); /* another thread was faster */
    return GUISE_OK;
}

guise_result guise_request_completion(guise_request *request, guise_signal **out)
{
    struct guise__request_after after = {0};

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (request == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__request_lock(request);
    guise__request_settle_locked(request, &after);
    *out = request->signal;
    guise__request_unlock(request, &after);
    return *out != NULL ? GUISE_OK : add_signal(request, out);
}

static struct guise__blanket_place place_of(guise_request *request)
{
    return (struct guise__blanket_place){&request->lock, &request->blanket, request->object};
}

guise_result guise_request_query_blanket(const guise_request *request, guise_blanket *out)
{
    struct guise__blanket_place place;

    if (out == NULL || !guise__struct_size_out(out, sizeof *out) || request == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    place = place_of((guise_request *)request);
    return guise__blanket_query(&place, out);
}

guise_result guise_request_set_blanket(guise_request *request, const guise_blanket *blanket,
                                       const guise_token *as)
{
    struct guise__blanket_place place;

    if (request == NULL || blanket == NULL || !guise__struct_size_in(blanket, sizeof *blanket)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    place = place_of(request);
    return guise__blanket_set(&place, blanket, as);
}

/* ---- life ---- */

guise_result guise_request_create(guise_proxy *proxy, guise_request **out)
{
    guise_request *request;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (proxy == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    request = guise__alloc(sizeof *request);
    if (request == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    atomic_init(&request->refs, 1);
    atomic_init(&request->holds, 1);
    guise__lock_init(&request->lock);
    request->object = guise_object_ref(proxy->object);
    request->blanket = guise__proxy_blanket(proxy); /* the proxy's of this moment (C-22) */
    request->timeout_ms = GUISE_INFINITE;
    *out = request;
    return GUISE_OK;
}

guise_request *guise_request_ref(guise_request *request)
{
    if (request != NULL) {
        (void)guise__count_up(&request->refs);
    }
    return request;
}

/* What is pending is abandoned: its announcement finds no job here. Returns the call, with the request's
 * reference; NULL: there is none. */
static guise_call *abandon(guise_request *request)
{
    guise_job *job;
    guise_signal *signal;

    guise__request_lock(request);
    job = request->job;
    signal = request->signal;
    request->state = GUISE__REQUEST_IDLE;
    request->job = NULL;
    request->signal = NULL;
    guise__lock_release(&request->lock);
    guise_signal_unref(signal);
    return job == NULL ? NULL : job->call;
}

/* The functions of the program come last: those of the call, of the blanket's token and of the object, each in
 * whichever way the one before ends. */
void guise_request_unref(guise_request *request)
{
    struct guise__client_blanket *blanket;
    guise_object *object;
    guise_call *call;

    if (request == NULL || !guise__count_down(&request->refs)) {
        return;
    }
    object = request->object;
    blanket = request->blanket;
    call = abandon(request);
    drop_hold(request);
    pthread_cleanup_push(guise__release_object, object);
    pthread_cleanup_push(guise__release_blanket, blanket);
    guise_call_unref(call);
    pthread_cleanup_pop(1);
    pthread_cleanup_pop(1);
}
