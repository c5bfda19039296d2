/* SPDX-License-Identifier: MIT */
/*
 * Threads that wait, in the order in which they came.
 *
 * A waiter is a node on the stack of the thread that waits. It stands in one queue, which belongs
 * to a signal or a container and is guarded by that one's lock. A setter moves the waiters that its
 * set releases to a queue of its own, and wakes them once it holds no lock.
 *
 * A wait for any of several signals has a waiter in the queue of each, and one claim for all of
 * them. The claim is open until the wait ends. The first to take it, which is a set of one of the
 * signals, the waiting thread's own take, or its time-out, ends the wait; every other set passes
 * over the wait's waiters and goes on to the next in its queue. So one set is never spent on a wait
 * that another has ended, and a wait never takes two signals.
 *
 * Locking discipline: a claim's lock is the innermost. It may be taken with a signal's lock held.
 */
#ifndef GUISE_SRC_SYNC_WAITER_H
#define GUISE_SRC_SYNC_WAITER_H

#include <guise/signal.h>

#include "base/latch.h"
#include "base/lock.h"

struct guise__claim {
    atomic_uint latch; /* opened by the setter that took the claim */
    struct guise__lock lock;
    bool taken;                         /* (lock) */
    const struct guise__waiter *winner; /* (lock) NULL if the wait timed out */
};

struct guise__waiter {
    struct guise__waiter *next, *previous; /* (the queue's lock) */
    struct guise__claim *claim;            /* set once; NULL: this is the wait's only waiter */
    guise_signal *signal;                  /* set by the move to the setter's queue */
    atomic_uint latch;                     /* without a claim: opened by the setter */
    bool queued;                           /* (the queue's lock) */
};

struct guise__waiters {
    struct guise__waiter *first, *last;
};

/* The ends of the queue agree. In builds with GUISE_CHECKS. */
bool guise__waiters_is_valid(const struct guise__waiters *queue);

void guise__waiters_add(struct guise__waiters *queue, struct guise__waiter *waiter);
void guise__waiters_remove(struct guise__waiters *queue, struct guise__waiter *waiter);

/*
 * Moves the first waiter that has no claim, or one that can be taken, from a queue to the end of
 * the caller's own. Removes those before it, because their waits have ended. Returns false if there
 * is none. The lock of `from` is held.
 */
bool guise__waiters_move_first(struct guise__waiters *from, struct guise__waiters *to,
                               guise_signal *signal);

/* Wakes every waiter of the caller's own queue. No lock is held. */
void guise__waiters_release(struct guise__waiters *queue);

void guise__claim_init(struct guise__claim *claim);
void guise__claim_destroy(struct guise__claim *claim);

/* Takes the claim for a waiter, or for a time-out (NULL). Returns false if it was taken before. */
bool guise__claim_take(struct guise__claim *claim, const struct guise__waiter *winner);

#endif
