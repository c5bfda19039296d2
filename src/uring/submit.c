/* SPDX-License-Identifier: MIT */
/*
 * Submitting: a request that was made is handed over to the kernel, or refused. The decision is in
 * request_stage, the one function of this library to read if there is time for no other.
 *
 * An open is handed over up to twice: first to be answered from the kernel's caches, which is done
 * when the kernel returns; then, if it could not be answered, to be done by a worker. Both times
 * request_stage decides.
 *
 * Locking discipline: the ring's lock is held from the load of a call's state until the kernel has
 * taken the entry or it is taken back, so no other submit hands over what this one has judged.
 */
#define _GNU_SOURCE
#include <errno.h>

#include "base/check.h"
#include "call/call.h"
#include "uring/ring.h"

static guise_result request_judge(const guise_uring *ring,
                                  const struct guise__uring_request *request,
                                  struct guise__uring_verdict *verdict)
{
    GUISE__CHECK(guise__uring_verdict_is_valid(verdict));
    if (request->canceled) {
        return GUISE_E_CALL_CANCELED;
    }
    if (request->call != NULL && guise__call_is_completed(request->call)) {
        return GUISE_E_CALL_COMPLETE;
    }
    if (request->call == NULL) { /* A ring does not keep what the process gave up (U-03). */
        return guise__uring_standing_judge_server(&ring->standing, verdict) ? GUISE_OK
                                                                            : GUISE_E_ACCESS_DENIED;
    }
    /* Only a thread that is self hands over (U-04). */
    return verdict->clients ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}

/*
 * The decision. For a ring it is what the second load is for impersonation (impersonate.c: apply,
 * then validate). The call is open at a moment after submit began, and the entry staged here is
 * handed over by the same submit or taken back before the lock is released. A submit or wait that
 * began after Signal had returned therefore hands over nothing as the client (N-01, L-1); one that
 * overlaps Signal may go either way (L-3). In place of a refused request the kernel gets a no-op,
 * as the server, so that a refusal is reported and waited for like any answer.
 */
static void request_stage(guise_uring *ring, struct guise__uring_request *request,
                          struct guise__uring_verdict *verdict)
{
    struct io_uring_sqe nothing = {.opcode = IORING_OP_NOP, .personality = ring->self};

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    GUISE__CHECK(guise__uring_request_is_valid(ring, request));
    GUISE__CHECK(request->state == GUISE__URING_REQUEST_MADE ||
                 request->state == GUISE__URING_REQUEST_AGAIN);
    request->refusal = request_judge(ring, request, verdict);
    request->entry.user_data = nothing.user_data = guise__uring_request_name(ring, request);
    guise__uring_kernel_add(&ring->kernel,
                            request->refusal == GUISE_OK ? &request->entry : &nothing);
}

static unsigned queue_stage(guise_uring *ring, const struct guise__uring_queue *queue,
                            struct guise__uring_verdict *verdict)
{
    unsigned count = 0;

    for (struct guise__uring_request *request = guise__uring_queue_first(ring, queue);
         request != NULL; request = guise__uring_queue_next(ring, request)) {
        request_stage(ring, request, verdict);
        count++;
    }
    GUISE__CHECK(count <= ring->request_count);
    return count;
}

/* ---- answers ---- */

/* Returns whether the request is to be done by a worker now. A refused or canceled request is not,
 * because its no-op is answered with 0; one that was canceled later has been answered already. */
static bool answer_asks_for_worker(const struct guise__uring_request *request, int32_t answer)
{
    return answer == -EAGAIN && request->attempt == GUISE__URING_ATTEMPT_AT_ONCE &&
           !request->is_final;
}

enum guise__uring_meaning guise__uring_answer_sort(guise_uring *ring, uint64_t name, int32_t answer)
{
    struct guise__uring_request *request;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    if (name == GUISE__URING_CANCELLATION) {
        return GUISE__URING_MEANING_NOTHING;
    }
    request = guise__uring_request_named(ring, name);
    if (name != guise__uring_request_name(ring, request)) {
        return GUISE__URING_MEANING_NOTHING;
    }
    GUISE__CHECK(request->state == GUISE__URING_REQUEST_SUBMITTED);
    if (!answer_asks_for_worker(request, answer)) {
        request->is_answered = true;
        return GUISE__URING_MEANING_OVER;
    }
    guise__uring_worker_prepare(request);
    if (guise__uring_worker_admit(ring, request)) {
        guise__uring_queue_append(ring, &ring->again, request, GUISE__URING_REQUEST_AGAIN);
    }
    return GUISE__URING_MEANING_AGAIN;
}

/* The answers to first attempts have come when the kernel returns. They stay in its queue, where
 * they wake a thread that waits, and reap.c drops them. */
void guise__uring_answers_sort(guise_uring *ring)
{
    uint64_t name;
    int32_t answer;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    while (guise__uring_kernel_peek(&ring->kernel, &ring->sorted, &name, &answer)) {
        (void)guise__uring_answer_sort(ring, name, answer);
    }
}

/* ---- handing over ---- */

static void request_note_submitted(struct guise__uring_request *request)
{
    GUISE__CHECK(request->state == GUISE__URING_REQUEST_MADE ||
                 request->state == GUISE__URING_REQUEST_AGAIN);
    request->state = GUISE__URING_REQUEST_SUBMITTED;
    request->is_answered = false;
    request->thread =
        request->attempt == GUISE__URING_ATTEMPT_IN_WORKER ? guise__uring_thread_note() : NULL;
}

/* Hands over a queue, and adds to *count how many requests the kernel took. Returns false if it had
 * no memory for the rest; their calls are loaded again before the next attempt. */
static bool queue_hand_over(guise_uring *ring, struct guise__uring_queue *queue,
                            struct guise__uring_verdict *verdict, uint32_t *count)
{
    GUISE__CHECK(guise__uring_lock_is_held(ring));
    while (queue->first != GUISE__URING_NONE) {
        unsigned taken =
            guise__uring_kernel_enter(&ring->kernel, queue_stage(ring, queue, verdict));

        if (taken == 0) {
            return false;
        }
        for (unsigned i = 0; i < taken; i++) {
            request_note_submitted(guise__uring_queue_take(ring, queue));
        }
        *count += taken;
        guise__uring_answers_sort(ring);
    }
    return true;
}

/* Any thread may do this, because the kernel gets a no-op in place of each request. */
void guise__uring_submit_canceled(guise_uring *ring, struct guise__uring_queue *canceled)
{
    struct guise__uring_verdict nothing = {false, false, false};
    struct guise__uring_request *request;
    uint32_t count = 0;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    (void)queue_hand_over(ring, canceled, &nothing, &count);
    while ((request = guise__uring_queue_take(ring, canceled)) != NULL) {
        guise__uring_queue_append(ring, &ring->again, request, GUISE__URING_REQUEST_AGAIN);
    }
}

bool guise__uring_submit_again(guise_uring *ring)
{
    struct guise__uring_verdict verdict;
    uint32_t count = 0;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    if (ring->again.first == GUISE__URING_NONE) {
        return true;
    }
    verdict = guise__uring_standing_judge(&ring->standing);
    return queue_hand_over(ring, &ring->again, &verdict, &count);
}

/* Parks each request of a client that has all the workers it may have. Returns how many. */
static uint32_t made_park(guise_uring *ring)
{
    struct guise__uring_queue all = ring->made;
    struct guise__uring_request *request;
    uint32_t parked = 0;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    ring->made.first = GUISE__URING_NONE;
    while ((request = guise__uring_queue_take(ring, &all)) != NULL) {
        if (guise__uring_worker_admit(ring, request)) {
            guise__uring_queue_append(ring, &ring->made, request, GUISE__URING_REQUEST_MADE);
        } else {
            parked++;
        }
    }
    return parked;
}

static guise_result submit_locked(guise_uring *ring, uint32_t *count)
{
    struct guise__uring_verdict verdict;
    uint32_t again = 0; /* counted by an earlier submit */
    bool complete;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    if (ring->made.first == GUISE__URING_NONE && ring->again.first == GUISE__URING_NONE) {
        return GUISE_OK;
    }
    verdict = guise__uring_standing_judge(&ring->standing);
    *count = made_park(ring);
    complete = queue_hand_over(ring, &ring->made, &verdict, count);
    ring->submitted += *count;
    GUISE__CHECK(ring->submitted <= ring->request_count);
    complete = complete && queue_hand_over(ring, &ring->again, &verdict, &again);
    return complete ? GUISE_OK : GUISE_E_OUT_OF_RESOURCES;
}

guise_result guise_uring_submit(guise_uring *ring, uint32_t *count)
{
    uint32_t handed_over = 0;
    guise_result result;

    if (count != NULL) {
        *count = 0;
    }
    if (ring == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (!guise__uring_is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    guise__uring_lock(ring);
    result = submit_locked(ring, &handed_over);
    GUISE__CHECK(guise__uring_is_valid(ring));
    guise__uring_unlock(ring);
    if (count != NULL) {
        *count = handed_over;
    }
    return result;
}
