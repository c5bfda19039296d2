/* SPDX-License-Identifier: MIT */
/*
 * Canceling the requests of a call. The kernel is asked to cancel those it has, and gets a no-op in
 * place of each of the others. All are reported in the same way: a canceled request is reported
 * with a negative value (U-02). Nothing here waits.
 *
 * Locking discipline: everything here is done under the ring's lock.
 */
#define _GNU_SOURCE
#include <errno.h>

#include "base/check.h"
#include "uring/ring.h"

void guise__uring_cancel_submitted(guise_uring *ring, const struct guise__uring_request *request)
{
    struct io_uring_sqe cancel = {.opcode = IORING_OP_ASYNC_CANCEL,
                                  .personality = ring->self,
                                  .addr = guise__uring_request_name(ring, request),
                                  .user_data = GUISE__URING_CANCELLATION};

    GUISE__CHECK(request->state == GUISE__URING_REQUEST_SUBMITTED);
    GUISE__CHECK(guise__uring_lock_is_held(ring) || guise__uring_is_unshared(ring));
    guise__uring_kernel_add(&ring->kernel, &cancel);
    (void)guise__uring_kernel_enter(&ring->kernel, 1);
}

/* Moves the canceled requests of a queue to another. Returns how many. */
static uint32_t queue_move_canceled(guise_uring *ring, struct guise__uring_queue *queue,
                                    struct guise__uring_queue *canceled)
{
    struct guise__uring_queue all = *queue;
    struct guise__uring_request *request;
    uint32_t moved = 0;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    GUISE__CHECK(guise__uring_queue_is_valid(ring, queue));
    queue->first = GUISE__URING_NONE;
    while ((request = guise__uring_queue_take(ring, &all)) != NULL) {
        if (request->canceled) {
            guise__uring_queue_append(ring, canceled, request, GUISE__URING_REQUEST_AGAIN);
            moved++;
        } else {
            guise__uring_queue_append(ring, queue, request, request->state);
        }
    }
    return moved;
}

/* Marks the call's requests, and returns the user that they count for, which is one, because all
 * pin one personality. Returns NULL if the call has no request. */
static struct guise__uring_user *call_mark_canceled(guise_uring *ring, const guise_call *call)
{
    struct guise__uring_user *user = NULL;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    for (uint32_t i = 0; i < ring->request_count; i++) {
        struct guise__uring_request *request = &ring->requests[i];

        if (request->call != call || request->canceled) {
            continue;
        }
        request->canceled = true;
        GUISE__CHECK(guise__uring_request_is_valid(ring, request));
        GUISE__CHECK(user == NULL || user == request->personality->user);
        user = request->personality->user;
        if (request->state == GUISE__URING_REQUEST_SUBMITTED) {
            guise__uring_cancel_submitted(ring, request);
        }
    }
    return user;
}

static void call_cancel_locked(guise_uring *ring, const guise_call *call)
{
    struct guise__uring_queue canceled = {GUISE__URING_NONE, GUISE__URING_NONE};
    struct guise__uring_user *user = call_mark_canceled(ring, call);

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    if (user == NULL) {
        return;
    }
    ring->submitted += queue_move_canceled(ring, &ring->made, &canceled);
    (void)queue_move_canceled(ring, &user->parked, &canceled);
    (void)queue_move_canceled(ring, &ring->again, &canceled);
    guise__uring_submit_canceled(ring, &canceled);
}

guise_result guise_uring_cancel(guise_uring *ring, guise_call *call)
{
    if (ring == NULL || call == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (!guise__uring_is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    guise__uring_lock(ring);
    call_cancel_locked(ring, call);
    GUISE__CHECK(guise__uring_is_valid(ring));
    guise__uring_unlock(ring);
    return GUISE_OK;
}
