/* SPDX-License-Identifier: MIT */
/*
 * Submitting: what was made is handed over to the kernel, or refused. What decides is in stage():
 * whoever reads one function of this library should read that one.
 *
 * Locking discipline: the ring's lock is held from the first look at a call until the kernel has
 * taken the entry or it is taken back, so no other submit hands over what this one looked at.
 */
#define _GNU_SOURCE
#include "com_hooks.h"
#include "ring.h"

static struct guise__request *first_made(guise_uring *ring)
{
    return ring->made.first == GUISE__NONE ? NULL : &ring->requests[ring->made.first];
}

static struct guise__request *next_made(guise_uring *ring, const struct guise__request *request)
{
    return request->next == GUISE__NONE ? NULL : &ring->requests[request->next];
}

/*
 * The look that decides, the one of impersonation (frame.c: apply and validate) on this road: the
 * call is open at a moment after submit began, and what is staged here is handed over by this very
 * submit or taken back before the lock is let go. So nothing reaches the kernel as the client by a
 * submit that began after Signal had returned (N-01, L-1); one that overlaps it may go either way
 * (L-3). In place of what is refused the kernel gets nothing to do, as the server, so that a
 * refusal is reported and waited for like anything else.
 */
static void stage(guise_uring *ring, struct guise__request *request)
{
    struct io_uring_sqe nothing = {
        .opcode = IORING_OP_NOP, .personality = ring->self, .user_data = request->entry.user_data};

    request->refused = request->call != NULL && guise__call_is_completed(request->call);
    guise__kernel_add(&ring->kernel, request->refused ? &nothing : &request->entry);
}

static unsigned stage_all(guise_uring *ring)
{
    unsigned count = 0;

    for (struct guise__request *request = first_made(ring); request != NULL;
         request = next_made(ring, request)) {
        stage(ring, request);
        count++;
    }
    return count;
}

/* The first of those made are the kernel's now. */
static void note_submitted(guise_uring *ring, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct guise__request *request = first_made(ring);

        ring->made.first = request->next;
        request->state = GUISE__SUBMITTED;
    }
    ring->submitted += count;
}

/* Those the kernel did not take are looked at again before the next attempt. */
static guise_result submit_locked(guise_uring *ring, uint32_t *count)
{
    while (ring->made.first != GUISE__NONE) {
        unsigned taken = guise__kernel_enter(&ring->kernel, stage_all(ring));

        if (taken == 0) {
            return GUISE_E_OUT_OF_RESOURCES;
        }
        note_submitted(ring, taken);
        *count += taken;
    }
    return GUISE_OK;
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
    if (!guise__ring_is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    guise__ring_lock(ring);
    result = submit_locked(ring, &handed_over);
    guise__ring_unlock(ring);
    if (count != NULL) {
        *count = handed_over;
    }
    return result;
}
