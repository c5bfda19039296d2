/* SPDX-License-Identifier: MIT */
/*
 * Waiting: a request that is over is reported, one at a time, to a thread that waits for it here or
 * was woken by the ring's descriptor. Such a request may release a parked one, which is handed over
 * from here; submit.c decides about it as in guise_uring_submit.
 *
 * Locking discipline: a request is reported under the ring's lock; the thread sleeps without it.
 * One thread waits at a time (`waiting`), so the answer that the kernel wakes it for is still in
 * the queue when it has the lock again. The reference to the request's call is dropped, and files
 * are closed, after the lock has been released.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "base/check.h"
#include "base/struct_size.h"
#include "uring/ring.h"

/* What is left to do after a report, without the lock. */
struct rest {
    guise_call *call; /* a reference to drop; NULL: none */
    int file;         /* to close, because it is not reported; -1: none */
};

/* ---- reporting ---- */

static bool request_is_open(const struct guise__uring_request *request)
{
    return request->entry.opcode == IORING_OP_OPENAT2;
}

/* Describes a canceled request. The kernel may have finished it before it was canceled; a file that
 * it opened is closed. */
static void canceled_describe(const struct guise__uring_request *request, int32_t answer,
                              guise_uring_done *out, struct rest *rest)
{
    GUISE__CHECK(request->canceled && request->call != NULL);
    out->result = GUISE_OK;
    out->value = answer < 0 ? answer : -ECANCELED;
    if (request->refusal == GUISE_OK && request_is_open(request) && answer >= 0) {
        rest->file = answer;
    }
}

static void request_describe(const struct guise__uring_request *request, int32_t answer,
                             guise_uring_done *out, struct rest *rest)
{
    GUISE__CHECK(request->is_answered && request->state == GUISE__URING_REQUEST_SUBMITTED);
    out->tag = request->tag;
    if (request->canceled) {
        canceled_describe(request, answer, out, rest);
    } else if (request->refusal != GUISE_OK) {
        out->result = request->refusal;
        out->value = -EACCES;
    } else {
        out->result = GUISE_OK;
        out->value = answer;
        if (request->owes_blocking && answer >= 0) {
            guise__uring_kernel_make_blocking(answer);
        }
    }
}

static bool request_reap(guise_uring *ring, guise_uring_done *out, struct rest *rest)
{
    struct guise__uring_request *request;
    uint64_t name;
    int32_t answer;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    do {
        if (!guise__uring_kernel_reap(&ring->kernel, &name, &answer)) {
            return false;
        }
    } while (guise__uring_answer_sort(ring, name, answer) != GUISE__URING_MEANING_OVER);
    request = guise__uring_request_named(ring, name);
    request_describe(request, answer, out, rest);
    rest->call = request->call;
    guise__uring_worker_leave(ring, request);
    guise__uring_request_free(ring, request);
    GUISE__CHECK(ring->submitted != 0);
    ring->submitted--;
    return true;
}

/* Hands over what is ready before it takes an answer, because the answer may come at once, and
 * after, because the reported request may have released another one. */
static bool report_locked(guise_uring *ring, guise_uring_done *out, struct rest *rest)
{
    bool found;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    (void)guise__uring_submit_again(ring);
    found = request_reap(ring, out, rest);
    (void)guise__uring_submit_again(ring);
    return found;
}

/* Lowers the event, after nothing was found, and searches once more. If an answer came in between,
 * the event is raised again, because there may be more. */
static bool report_after_event(guise_uring *ring, guise_uring_done *out, struct rest *rest)
{
    if (ring->event < 0 || !guise__uring_kernel_lower(ring->event) ||
        !report_locked(ring, out, rest)) {
        return false;
    }
    guise__uring_kernel_raise(ring->event);
    return true;
}

/* Returns GUISE_E_CALL_PENDING if there is nothing to report yet, and GUISE_E_NO_SYNC if no request
 * is submitted. */
static guise_result report_checked(guise_uring *ring, guise_uring_done *out, struct rest *rest)
{
    if (report_locked(ring, out, rest) || report_after_event(ring, out, rest)) {
        return GUISE_OK;
    }
    return ring->submitted == 0 ? GUISE_E_NO_SYNC : GUISE_E_CALL_PENDING;
}

/* ---- waiting ---- */

enum { MS_PER_S = 1000, NS_PER_MS = 1000000, RETRY_MS = 10 };
#define NS_PER_S ((int64_t)MS_PER_S * NS_PER_MS)

static int64_t clock_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int64_t deadline_after(uint32_t timeout_ms)
{
    return timeout_ms == GUISE_INFINITE ? INT64_MAX
                                        : clock_now_ns() + (int64_t)timeout_ms * NS_PER_MS;
}

static void ring_sleep_for(const guise_uring *ring, int64_t ns)
{
    struct __kernel_timespec time = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};

    (void)guise__uring_kernel_wait(&ring->kernel, &time);
}

/* Sleeps until the kernel answers or the deadline. Returns false if the deadline has passed. retry:
 * the kernel had no memory for a request, which is tried again soon, because there may be no other
 * request to wake this thread by its end. */
static bool ring_sleep_until(const guise_uring *ring, int64_t deadline, bool retry)
{
    const int64_t soon = (int64_t)RETRY_MS * NS_PER_MS;
    int64_t left;

    if (deadline == INT64_MAX && !retry) {
        (void)guise__uring_kernel_wait(&ring->kernel, NULL);
        return true;
    }
    left = deadline == INT64_MAX ? soon : deadline - clock_now_ns();
    if (left > 0) {
        ring_sleep_for(ring, retry && left > soon ? soon : left);
    }
    return left > 0;
}

/* Releases the lock, sleeps, and takes it again. */
static bool ring_sleep_unlocked(guise_uring *ring, int64_t deadline)
{
    bool retry = ring->again.first != GUISE__URING_NONE;
    bool in_time;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    GUISE__CHECK(ring->waiting);
    guise__uring_unlock(ring);
    in_time = ring_sleep_until(ring, deadline, retry);
    guise__uring_lock(ring);
    return in_time;
}

static guise_result wait_locked(guise_uring *ring, uint32_t timeout_ms, guise_uring_done *out,
                                struct rest *rest)
{
    guise_result result;
    int64_t deadline;
    bool in_time;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    if (ring->waiting) {
        return GUISE_E_UNEXPECTED; /* an answer that one takes would leave the other asleep */
    }
    result = report_checked(ring, out, rest);
    if (result != GUISE_E_CALL_PENDING || timeout_ms == 0) {
        return result;
    }
    deadline = deadline_after(timeout_ms);
    ring->waiting = true;
    do {
        in_time = ring_sleep_unlocked(ring, deadline);
        result = report_checked(ring, out, rest);
    } while (result == GUISE_E_CALL_PENDING && in_time);
    ring->waiting = false;
    return result;
}

static guise_result wait_unlocked(guise_uring *ring, uint32_t timeout_ms, guise_uring_done *out)
{
    struct rest rest = {.call = NULL, .file = -1};
    int saved_errno = errno;
    guise_result result;

    guise__uring_lock(ring);
    result = wait_locked(ring, timeout_ms, out, &rest);
    GUISE__CHECK(guise__uring_is_valid(ring));
    guise__uring_unlock(ring);
    if (rest.file >= 0) {
        guise__uring_kernel_close_file(rest.file);
    }
    guise_call_unref(rest.call);
    errno = saved_errno;
    return result;
}

guise_result guise_uring_wait(guise_uring *ring, uint32_t timeout_ms, guise_uring_done *out)
{
    if (out == NULL || !guise__struct_size_out(out, sizeof *out) || ring == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    return guise__uring_is_ours(ring) ? wait_unlocked(ring, timeout_ms, out)
                                      : GUISE_E_NOT_SUPPORTED;
}

/* ---- the descriptor ---- */

/* Returns the event, and makes it if there is none. It is made raised, because there may be an
 * answer already. Returns -1 on failure. */
static int event_make(guise_uring *ring)
{
    int event;

    guise__uring_lock(ring);
    if (ring->event < 0) {
        ring->event = guise__uring_kernel_event(&ring->kernel);
        if (ring->event >= 0) {
            guise__uring_kernel_raise(ring->event);
        }
    }
    event = ring->event;
    GUISE__CHECK(event >= -1 && event == ring->event);
    guise__uring_unlock(ring);
    return event;
}

guise_result guise_uring_fd(guise_uring *ring, int *out)
{
    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = -1;
    if (ring == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (!guise__uring_is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    *out = event_make(ring);
    return *out < 0 ? GUISE_E_OUT_OF_RESOURCES : GUISE_OK;
}
