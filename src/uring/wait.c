/* SPDX-License-Identifier: MIT */
/*
 * Waiting: what is over is reported, one request at a time, to a thread that waits for it here or
 * was told of it by the ring's descriptor.
 *
 * Locking discipline: reporting is done under the ring's lock, sleeping without. One thread waits
 * at a time (`waiting`), so what the kernel wakes it for is there when it has the lock again. The
 * reference to the request's call is dropped when the lock has been let go.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "ring.h"
#include "base/struct_size.h"

/* ---- reporting ---- */

/* Its call's reference becomes the caller's, who drops it without the lock. */
static bool report_locked(guise_uring *ring, guise_uring_done *out, guise_call **call)
{
    struct guise__request *request;
    uint64_t name;
    int32_t answer;

    if (!guise__kernel_reap(&ring->kernel, &name, &answer)) {
        return false;
    }
    request = &ring->requests[name];
    out->tag = request->tag;
    out->result = request->refused ? GUISE_E_CALL_COMPLETE : GUISE_OK;
    out->value = request->refused ? -EACCES : answer;
    *call = request->call;
    guise__request_free(ring, request);
    ring->submitted--;
    return true;
}

/* Found nothing: the event is lowered, and raised again if something came in between and is still
 * there after this. */
static bool report_after_event(guise_uring *ring, guise_uring_done *out, guise_call **call)
{
    if (ring->event < 0 || !guise__kernel_lower(ring->event) || !report_locked(ring, out, call)) {
        return false;
    }
    guise__kernel_raise(ring->event);
    return true;
}

/* Nothing to report: GUISE_E_NO_SYNC if nothing will be, else GUISE_E_CALL_PENDING. */
static guise_result report_one(guise_uring *ring, guise_uring_done *out, guise_call **call)
{
    if (report_locked(ring, out, call) || report_after_event(ring, out, call)) {
        return GUISE_OK;
    }
    return ring->submitted == 0 ? GUISE_E_NO_SYNC : GUISE_E_CALL_PENDING;
}

/* ---- waiting ---- */

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_PER_S * NS_PER_MS + now.tv_nsec;
}

/* False: the time is over. */
static bool sleep_until(const guise_uring *ring, int64_t deadline)
{
    int64_t left = deadline - now_ns();
    struct __kernel_timespec time = {.tv_sec = left / (MS_PER_S * NS_PER_MS),
                                     .tv_nsec = left % (MS_PER_S * NS_PER_MS)};

    return left > 0 && guise__kernel_wait(&ring->kernel, &time);
}

/* Without the lock, which it takes again. False: the time is over. */
static bool sleep_unlocked(guise_uring *ring, uint32_t timeout_ms, int64_t deadline)
{
    bool in_time;

    guise__ring_unlock(ring);
    in_time = timeout_ms == GUISE_INFINITE ? guise__kernel_wait(&ring->kernel, NULL)
                                           : sleep_until(ring, deadline);
    guise__ring_lock(ring);
    return in_time;
}

static guise_result wait_locked(guise_uring *ring, uint32_t timeout_ms, guise_uring_done *out,
                                guise_call **call)
{
    guise_result result;
    int64_t deadline;
    bool in_time;

    if (ring->waiting) {
        return GUISE_E_UNEXPECTED; /* what one thread takes the other would wait for */
    }
    result = report_one(ring, out, call);
    if (result != GUISE_E_CALL_PENDING || timeout_ms == 0) {
        return result;
    }
    deadline = now_ns() + (int64_t)timeout_ms * NS_PER_MS;
    ring->waiting = true;
    do {
        in_time = sleep_unlocked(ring, timeout_ms, deadline);
        result = report_one(ring, out, call);
    } while (result == GUISE_E_CALL_PENDING && in_time);
    ring->waiting = false;
    return result;
}

static guise_result wait_for_one(guise_uring *ring, uint32_t timeout_ms, guise_uring_done *out)
{
    guise_call *call = NULL;
    int kept = errno;
    guise_result result;

    guise__ring_lock(ring);
    result = wait_locked(ring, timeout_ms, out, &call);
    guise__ring_unlock(ring);
    guise_call_unref(call);
    errno = kept;
    return result;
}

guise_result guise_uring_wait(guise_uring *ring, uint32_t timeout_ms, guise_uring_done *out)
{
    if (out == NULL || !guise__sized_out(out, sizeof *out) || ring == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    return guise__ring_is_ours(ring) ? wait_for_one(ring, timeout_ms, out) : GUISE_E_NOT_SUPPORTED;
}

/* ---- the descriptor ---- */

/* Raised when it is made: there may be something already. -1: none to be had. */
static int event_of(guise_uring *ring)
{
    int event;

    guise__ring_lock(ring);
    if (ring->event < 0) {
        ring->event = guise__kernel_event(&ring->kernel);
        if (ring->event >= 0) {
            guise__kernel_raise(ring->event);
        }
    }
    event = ring->event;
    guise__ring_unlock(ring);
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
    if (!guise__ring_is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    *out = event_of(ring);
    return *out < 0 ? GUISE_E_OUT_OF_RESOURCES : GUISE_OK;
}
