/* SPDX-License-Identifier: MIT */
/*
 * A signal from the inside, and what a container needs of it.
 *
 * Locking discipline: a signal's lock may be held while a container's is taken, never the other way
 * round. Nobody is woken, and nothing is freed, while either is held.
 */
#ifndef GUISE_SRC_SIGNAL_H
#define GUISE_SRC_SIGNAL_H

#include <pthread.h>

#include <guise/signal.h>

#include "latch.h"

/*
 * The word, bit by bit.
 *
 * SET      The signal is set. Anybody may set it while CROWD is clear, in one step; while CROWD is
 *          set only the holder of the lock may. Anybody may clear it at any time (reset, or an auto
 *          signal's wait). It is never set on an auto signal while a thread waits in its queue.
 * CROWD    Somebody has to be told of a set: a thread in the queue, a container, a descriptor. Only
 *          the holder of the lock may change it. Legal to leave it set when nobody is there any
 *          more (a set then looks and finds nobody); illegal to clear it while somebody is.
 */
#define GUISE__SET 1u
#define GUISE__CROWD 2u

/* A thread that waits, on its own stack. */
struct guise__waiter {
    atomic_uint latch;                     /* opened by whoever takes it off a queue */
    struct guise__waiter *next, *previous; /* (lock of the queue) */
    bool queued;                           /* (lock of the queue) */
    guise_signal *which;                   /* a container's waiter: released by this one */
};

struct guise__queue {
    struct guise__waiter *first, *last;
};

/* One signal in one container. Part of the container. */
struct guise__member {
    guise_container *container; /* set once */
    guise_signal *signal;       /* set once; owned by the container */
    struct guise__member *next; /* (the signal's lock) */
    unsigned index;             /* set once */
};

struct guise_signal {
    atomic_uint word;
    atomic_uint refs;
    guise_signal_kind kind;        /* set once */
    pthread_mutex_t lock;          /* guards what follows */
    struct guise__queue waiters;   /* longest-waiting first */
    struct guise__member *members; /* in which containers */
    bool has_event;
    bool raised; /* the event is readable; true whenever SET is, once the setter has let go */
    struct guise__event event;
};

void guise__queue_add(struct guise__queue *queue, struct guise__waiter *waiter);
void guise__queue_remove(struct guise__queue *queue, struct guise__waiter *waiter);
/* Moves the first waiter, or all, from one queue to the end of another; false if there was none. */
bool guise__queue_move_first(struct guise__queue *from, struct guise__queue *to,
                             guise_signal *which);
/* Wakes everybody in a queue that is nobody else's; with no lock held. */
void guise__queue_release(struct guise__queue *queue);

/* Takes what a wait takes, without waiting: true if the signal was set; an auto signal no longer is.
 * guise__signal_taken must follow once no lock is held. */
bool guise__signal_take(guise_signal *signal);
void guise__signal_taken(guise_signal *signal);

/* guise_signal_set for those who know what they have. */
void guise__signal_set(guise_signal *signal);

/* Joins or leaves a container. Joining tells the container at once if the signal is set. */
void guise__signal_join(guise_signal *signal, struct guise__member *member);
void guise__signal_part(guise_signal *signal, struct guise__member *member);

/* container.c: the member's signal is set. Its lock is held. Moves those it releases to woken. */
void guise__container_tell(struct guise__member *member, struct guise__queue *woken);

#endif
