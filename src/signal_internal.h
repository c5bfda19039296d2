/* SPDX-License-Identifier: MIT */
/*
 * A signal from the inside, and what a container needs of it.
 *
 * Locking discipline: a signal's lock may be held while a container's is taken, never the other way
 * round. Nobody is woken, and nothing is freed, while either is held.
 */
#ifndef GUISE_SIGNAL_INTERNAL_H
#define GUISE_SIGNAL_INTERNAL_H

#include <guise/signal.h>

#include "fork.h"
#include "port/port.h"
#include "queue.h"

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

/* Somebody who wants to know of every set, part of a container. Both functions are called with the
 * signal's lock held, and move the waiters that a set releases to woken. */
struct guise__watcher {
    /* An auto signal is being set: hands it to the longest-waiting thread; false: nobody waits. */
    bool (*hand)(struct guise__watcher *watcher, struct guise__queue *woken);
    /* The bit has been set. everybody: all who wait are released, whatever became of the bit since;
     * else as many as can still take the signal. */
    void (*tell)(struct guise__watcher *watcher, struct guise__queue *woken, bool everybody);
    struct guise__watcher *next; /* (the signal's lock) */
};

struct guise_signal {
    atomic_uint word;
    atomic_uint refs;
    guise_signal_kind kind;      /* set once */
    struct guise__lock lock;     /* guards what follows */
    struct guise__queue waiters; /* longest-waiting first */
    struct guise__watcher *watchers;
    bool has_event;
    bool raised; /* the event is readable; true whenever SET is, once the setter has let go */
    struct guise__event event;
    unsigned event_generation; /* the process it belongs to: a forked child shares the file */
};

/* Takes what a wait takes, without waiting: true if the signal was set; an auto signal no longer is.
 * guise__signal_taken must follow once no lock is held. */
bool guise__signal_take(guise_signal *signal);
void guise__signal_taken(guise_signal *signal);

/* guise_signal_set for those who know what they have. */
void guise__signal_set(guise_signal *signal);

/* Begins to tell, at once if the signal is set; and stops: no call to tell is running after that. */
void guise__signal_watch(guise_signal *signal, struct guise__watcher *watcher);
void guise__signal_unwatch(guise_signal *signal, struct guise__watcher *watcher);

#endif
