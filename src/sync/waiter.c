/* SPDX-License-Identifier: MIT */
/* Queues of waiters, and claims: see waiter.h. */
#include "sync/waiter.h"

#include "base/check.h"

#if defined(GUISE_CHECKS)
bool guise__waiters_is_valid(const struct guise__waiters *queue)
{
    return (queue->first == NULL) == (queue->last == NULL) &&
           GUISE__IMPLIES(queue->first != NULL, queue->first->previous == NULL) &&
           GUISE__IMPLIES(queue->last != NULL, queue->last->next == NULL);
}
#endif

void guise__waiters_add(struct guise__waiters *queue, struct guise__waiter *waiter)
{
    GUISE__CHECK(!waiter->queued);
    GUISE__CHECK(guise__waiters_is_valid(queue));
    waiter->next = NULL;
    waiter->previous = queue->last;
    if (queue->last != NULL) {
        queue->last->next = waiter;
    } else {
        queue->first = waiter;
    }
    queue->last = waiter;
    waiter->queued = true;
}

void guise__waiters_remove(struct guise__waiters *queue, struct guise__waiter *waiter)
{
    GUISE__CHECK(waiter->queued);
    GUISE__CHECK(guise__waiters_is_valid(queue));
    if (waiter->previous != NULL) {
        waiter->previous->next = waiter->next;
    } else {
        queue->first = waiter->next;
    }
    if (waiter->next != NULL) {
        waiter->next->previous = waiter->previous;
    } else {
        queue->last = waiter->previous;
    }
    waiter->queued = false;
}

bool guise__waiters_move_first(struct guise__waiters *from, struct guise__waiters *to,
                               guise_signal *signal)
{
    struct guise__waiter *waiter;

    GUISE__CHECK(from != to && guise__waiters_is_valid(to));
    while ((waiter = from->first) != NULL) {
        guise__waiters_remove(from, waiter);
        if (waiter->claim == NULL || guise__claim_take(waiter->claim, waiter)) {
            guise__waiters_add(to, waiter);
            waiter->queued = false; /* only the setter removes it from the setter's own queue */
            waiter->signal = signal;
            return true;
        }
    }
    return false;
}

void guise__waiters_release(struct guise__waiters *queue)
{
    struct guise__waiter *waiter = queue->first;

    GUISE__CHECK(guise__waiters_is_valid(queue));
    while (waiter != NULL) {
        struct guise__waiter *next =
            waiter->next; /* read first: opening the latch frees the waiter */

        guise__latch_open(waiter->claim == NULL ? &waiter->latch : &waiter->claim->latch);
        waiter = next;
    }
}

/* ---- claims ---- */

void guise__claim_init(struct guise__claim *claim)
{
    atomic_init(&claim->latch, 0);
    guise__lock_init(&claim->lock);
    claim->taken = false;
    claim->winner = NULL;
}

void guise__claim_destroy(struct guise__claim *claim)
{
    guise__lock_destroy(&claim->lock);
}

bool guise__claim_take(struct guise__claim *claim, const struct guise__waiter *winner)
{
    bool was_open;

    (void)guise__lock_take(&claim->lock);
    was_open = !claim->taken;
    if (was_open) {
        claim->taken = true;
        claim->winner = winner;
    }
    GUISE__CHECK(claim->taken);
    guise__lock_release(&claim->lock);
    return was_open;
}
