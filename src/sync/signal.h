/* SPDX-License-Identifier: MIT */
/*
 * A signal is an event that is set or clear. A wait returns once the signal is set; of an auto
 * signal exactly one wait takes each set, which clears it. Everything that waits for a signal, or
 * has to follow it, is a listener: waiters in its queue (waiter.h), waits for all of several
 * signals, containers, and a descriptor.
 *
 * A signal without listeners is one word, and each operation on it is one atomic step. With
 * listeners a set happens under the signal's lock, which decides which waiters it releases.
 *
 * Locking discipline: the tentative lock (signal.c) is taken before a signal's lock, and that
 * before a container's or a claim's. No thread holds two signals' locks. No thread is woken, and
 * nothing is freed, while any of these locks is held.
 */
#ifndef GUISE_SRC_SYNC_SIGNAL_H
#define GUISE_SRC_SYNC_SIGNAL_H

#include <guise/signal.h>

#include "base/event_fd.h"
#include "base/lock.h"
#include "port/port.h"
#include "sync/waiter.h"

/*
 * The word, bit by bit. "The lock" is the signal's.
 *
 * SET            The signal is set. Any thread may set the bit in one step while HAS_LISTENERS is
 *                clear; while that is set, only the lock holder may. Any thread may clear it at any
 *                time (a reset, or a wait that takes an auto signal). Illegal on an auto signal
 *                while its queue has a waiter of a wait that has not ended.
 * HAS_LISTENERS  The signal has a listener, so that every set has to take the lock. Changed by the
 *                lock holder only. Legal to be set without a listener, because a set then finds
 *                none; illegal to be clear with one.
 * TENTATIVE      Takes the place of SET while a wait for all finds out whether all its signals are
 *                set. Changed by a thread that holds the tentative lock and the lock, with
 *                HAS_LISTENERS set, and cleared before that thread releases the tentative lock.
 *                Never set together with SET. While it is set no operation may report the signal
 *                clear, set it, or finish a reset; such an operation retries with the tentative
 *                lock held. Queueing is allowed, because queued threads are woken if SET is
 *                restored. A forked child may find the bit left by its parent; the next thread that
 *                takes the lock there turns it back into SET.
 * HAS_EVENT      The signal has a descriptor, which has to follow SET. Set by the lock holder only,
 *                never cleared.
 */
#define GUISE__SIGNAL_SET 1u
#define GUISE__SIGNAL_HAS_LISTENERS 2u
#define GUISE__SIGNAL_TENTATIVE 4u
#define GUISE__SIGNAL_HAS_EVENT 8u

/* A container's member as its signal knows it. The functions are called with the signal's lock
 * held, and move the waiters that a set releases to woken. */
struct guise__watcher {
    void (*begin)(struct guise__watcher *watcher); /* called before the others */
    /* An auto signal is being set. Hands it to the longest-waiting thread of the container. Returns
     * false if no thread waits. */
    bool (*hand_over)(struct guise__watcher *watcher, struct guise__waiters *woken);
    /* SET has been set. release_all: releases every waiting thread, even if SET has been cleared
     * since; otherwise as many threads as can still take the signal. */
    void (*notify)(struct guise__watcher *watcher, struct guise__waiters *woken, bool release_all);
    void (*end)(struct guise__watcher *watcher); /* called last */
    const atomic_bool *is_waited;                /* false: hand_over would return false */
    struct guise__watcher *next;                 /* (the signal's lock) */
};

/* A wait for all of several signals, as its signals know it. */
struct guise__all_wait {
    /* One of the signals has been set; the tentative lock is held, and no signal's. Takes all of
     * the wait's signals if all are set, and then moves its waiter to woken. */
    void (*attempt)(struct guise__all_wait *wait, struct guise__waiters *woken);
};

/* The part of such a wait in one signal's `alls` queue. */
struct guise__all_node {
    struct guise__waiter waiter; /* first: the queue links the node by it */
    struct guise__all_wait *wait;
};

struct guise_signal {
    atomic_uint word;
    atomic_uint refs;
    guise_signal_kind kind;  /* set once */
    struct guise__lock lock; /* guards what follows */
    /* Waits for this signal and for any of several, the longest-waiting first. */
    struct guise__waiters waiters;
    /* Waits for all of several. Changes under the tentative lock too. */
    struct guise__waiters alls;
    struct guise__watcher *watchers;
    bool has_event;
    bool raised; /* the event is readable: true with SET, once the setter has released the lock */
    struct guise__descriptor descriptor;
    unsigned event_generation; /* of the process that opened it: a forked child shares the file */
};

/* A word that signal.h allows; and, for a debugger, a signal in words, to standard error. In builds with
 * GUISE_CHECKS. */
bool guise__signal_word_is_valid(unsigned word);
void guise__signal_print(const guise_signal *signal);

/* Takes the signal if it is set, without waiting. */
enum guise__try {
    GUISE__TRY_TAKEN,
    GUISE__TRY_TAKEN_WITH_EVENT, /* guise__signal_sync_event must follow, once no lock is held */
    GUISE__TRY_CLEAR,
    GUISE__TRY_TENTATIVE
};
enum guise__try guise__signal_try(guise_signal *signal);
/* Makes the descriptor follow a take. Harmless without a descriptor. No lock is held. */
void guise__signal_sync_event(guise_signal *signal);
/* As guise__signal_try; a TENTATIVE signal counts as clear. */
bool guise__signal_take(guise_signal *signal);
/* As guise__signal_try; waits for a TENTATIVE signal to be resolved. No lock is held. */
bool guise__signal_take_resolved(guise_signal *signal);
/* Waits until every wait for all that is making an attempt has ended it. No lock is held. */
void guise__signal_await_resolution(guise_signal *signal);

/* guise_signal_set without the check for NULL. */
void guise__signal_set(guise_signal *signal);

/* Subscribes the watcher to sets of the signal. Notifies it at once if the signal is set. */
void guise__signal_watch(guise_signal *signal, struct guise__watcher *watcher);
/* Cancels that. No call of the watcher's functions is running after this returns. */
void guise__signal_unwatch(guise_signal *signal, struct guise__watcher *watcher);

/*
 * Queues the waiter, unless the signal is set and its wait has not ended: then takes the signal for
 * it, and returns false. guise__signal_sync_event must follow that, once no lock is held.
 */
bool guise__signal_queue_unless_set(guise_signal *signal, struct guise__waiter *waiter);
/* Takes the waiter out of the queue. Returns false if a set did so first. No setter that only
 * passed over the waiter uses it after this. */
bool guise__signal_withdraw(guise_signal *signal, struct guise__waiter *waiter);

/* ---- for containers ---- */

void guise__signal_lock(guise_signal *signal);
/* Brings the descriptor and HAS_LISTENERS up to date first. */
void guise__signal_unlock(guise_signal *signal);
/* Neither SET nor TENTATIVE; and so it stays until the lock is released. */
bool guise__signal_is_clear_locked(const guise_signal *signal);

/* ---- for waits for all. The tentative lock is held between the first two. ---- */

void guise__tentative_lock(void);
void guise__tentative_unlock(void);
/* Returns false if the signal is clear at this moment. */
bool guise__signal_may_be_set(const guise_signal *signal);
/* From the join on, every set of the signal calls the wait's attempt. */
void guise__signal_join_all(guise_signal *signal, struct guise__all_node *node);
void guise__signal_leave_all(guise_signal *signal, struct guise__all_node *node);
/* SET becomes TENTATIVE. Returns false if the signal is clear. */
bool guise__signal_take_tentatively(guise_signal *signal);
/* Commits: an auto signal is clear. Or restores: it is set again, which moves the waiters that this
 * releases to woken. */
void guise__signal_resolve(guise_signal *signal, bool commit, struct guise__waiters *woken);

#endif
