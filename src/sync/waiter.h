/* SPDX-License-Identifier: MIT */
/* Threads that wait, in the order they came. Whoever owns a queue has a lock for it. */
#ifndef GUISE_QUEUE_H
#define GUISE_QUEUE_H

#include <guise/signal.h>

#include "base/latch.h"

/* A thread that waits, on its own stack. */
struct guise__waiter {
    atomic_uint latch;                     /* opened by whoever takes it off a queue */
    struct guise__waiter *next, *previous; /* (lock of the queue) */
    bool queued;                           /* (lock of the queue) */
    guise_signal *which;                   /* what released it; a container's waiter asks */
    uint32_t ticket;                       /* (lock of the queue) a signal's waiter has one */
};

struct guise__queue {
    struct guise__waiter *first, *last;
};

void guise__queue_add(struct guise__queue *queue, struct guise__waiter *waiter);
void guise__queue_remove(struct guise__queue *queue, struct guise__waiter *waiter);
/* Moves the first waiter from one queue to the end of another; false if there was none. */
bool guise__queue_move_first(struct guise__queue *from, struct guise__queue *to,
                             guise_signal *which);
/* Wakes everybody in a queue that is nobody else's; with no lock held. */
void guise__queue_release(struct guise__queue *queue);

#endif
