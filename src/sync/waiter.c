/* SPDX-License-Identifier: MIT */
#include "sync/waiter.h"

void guise__queue_add(struct guise__queue *queue, struct guise__waiter *waiter)
{
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

void guise__queue_remove(struct guise__queue *queue, struct guise__waiter *waiter)
{
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

bool guise__queue_move_first(struct guise__queue *from, struct guise__queue *to,
                             guise_signal *which)
{
    struct guise__waiter *waiter = from->first;

    if (waiter == NULL) {
        return false;
    }
    guise__queue_remove(from, waiter);
    guise__queue_add(to, waiter);
    /* In the setter's own queue: nobody may take it off again but the setter. */
    waiter->queued = false;
    waiter->which = which;
    return true;
}

void guise__queue_release(struct guise__queue *queue)
{
    struct guise__waiter *waiter = queue->first;

    while (waiter != NULL) {
        struct guise__waiter *next = waiter->next; /* the waiter is gone once its latch is open */

        guise__latch_open(&waiter->latch);
        waiter = next;
    }
}
