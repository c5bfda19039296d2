/* SPDX-License-Identifier: MIT */
/*
 * A container is a set of up to 63 signals. A wait for it takes the first of them that is set.
 *
 * A signal has the container as a listener for as long as it is a member. A wait therefore joins no
 * queue but the container's own, and costs the same for one member as for 63.
 *
 * Each member has a place, which is one bit in three words:
 *
 * PLACES   The place is in use: from before the signal has its watcher until after it has lost it.
 * MEMBERS  Waits may take the signal. Set by the signal's watch, with both locks held. Cleared as
 *          the first step of a removal. That step is the moment of the removal, because waits take
 *          signals, and setters hand them over, with the container's lock held.
 * HINTS    The signal may be set. Changed with that signal's lock held, so that the lock holder can
 *          rely on what it reads. A setter raises the hint after SET. Legal to be up for a clear
 *          signal, because a wait that takes an auto signal leaves it; illegal to be down for a
 *          member that is set, once its setter has released the lock. So it is lowered only while
 *          the signal is seen clear under its lock, or when the watcher is removed. (A forked child
 *          raises the hints of all members.)
 *
 * IS_WAITED spares setters the container's lock. It is true from before a waiter's last search for
 * as long as the waiter is in the queue. Legal to be true without a waiter. Changed by the lock
 * holder only.
 *
 * No wake-up is lost. A waiter stores IS_WAITED, then tries every hinted signal, then queues. A
 * setter stores SET, then loads IS_WAITED. These four accesses are sequentially consistent, so one
 * of the two sees the other: the waiter takes the signal, or the setter takes the lock, gets it
 * when the waiter is in the queue, and releases the waiter. (The waiter also sees the hint: the
 * setter raises it before it loads IS_WAITED; if the setter finds it raised already, an earlier set
 * raised it.) A wait for all that restores a signal is such a setter, because it changes SET first,
 * or hands the signal over.
 *
 * Locking discipline: `lock` guards the places and the waiters, and keeps every signal that a wait
 * tries in existence. It is taken with a signal's lock held. So code that holds it takes no
 * signal's lock; work on a signal after a search is done with a reference to it.
 */
#ifndef GUISE_SRC_SYNC_CONTAINER_H
#define GUISE_SRC_SYNC_CONTAINER_H

#include "base/check.h"
#include "base/lifecycle.h"
#include "sync/signal.h"

enum { GUISE__MEMBERS_MAX = 63 }; /* a container takes 63 signals (Y-13) */

struct guise__member {
    struct guise__watcher watcher; /* first: the signal knows the member by it */
    guise_container *container;    /* set with the place taken, as are the next three */
    guise_signal *signal;          /* owned */
    unsigned index;
    uint64_t added; /* the number of the member in the order in which they were added */
};

struct guise_container {
    atomic_uint refs;
    _Atomic uint64_t places;  /* changes under the lock */
    _Atomic uint64_t members; /* changes under the lock */
    _Atomic uint64_t hints;   /* each bit changes under its signal's lock */
    atomic_bool is_waited;    /* changes under the lock */
    atomic_uint stale_hits;   /* searches that met stale hints since hints were lowered, roughly */
    struct guise__lock lock;
    atomic_uint process; /* that the hints belong to, counted in forks; changes under the lock */
    struct guise__waiters waiters; /* (lock) longest-waiting first */
    uint64_t next_added;           /* (lock) */
    bool out_of_order;             /* (lock) a lower place may have been taken after a higher one */
    struct guise__member member[GUISE__MEMBERS_MAX];
};

/* ---- the lock ---- */

/* In a forked child, once: forgets the waiters and raises the hints. */
GUISE_COLD void guise__container_forget_parent_locked(guise_container *container);

static inline void guise__container_lock(guise_container *container)
{
    if (guise__lock_take(&container->lock)) {
        guise__container_forget_parent_locked(container);
    }
}

static inline void guise__container_unlock(guise_container *container)
{
    /* Relaxed, both, because no thread has to see that it is false. */
    if (container->waiters.first == NULL &&
        atomic_load_explicit(&container->is_waited, memory_order_relaxed)) {
        atomic_store_explicit(&container->is_waited, false, memory_order_relaxed);
    }
    guise__lock_release(&container->lock);
}

/* ---- members ---- */

/* Returns the lowest of bits, which are not 0. */
static inline unsigned guise__bits_lowest(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned index = 0;

    while ((bits & 1) == 0) {
        bits >>= 1;
        index++;
    }
    return index;
#endif
}

static inline struct guise__member *guise__member_from_watcher(struct guise__watcher *watcher)
{
    return (struct guise__member *)watcher;
}

static inline uint64_t guise__member_bit(const struct guise__member *member)
{
    return UINT64_C(1) << member->index;
}

/* Relaxed, because the container's lock is held, as for every change of it. */
static inline uint64_t guise__container_members_locked(const guise_container *container)
{
    GUISE__CHECK(guise__lock_is_held(&container->lock));
    return atomic_load_explicit(&container->members, memory_order_relaxed);
}

/* The signal's lock is held. Relaxed, because a setter that raises it again takes the signal's lock
 * after this. */
static inline void guise__member_lower_hint(const struct guise__member *member)
{
    (void)atomic_fetch_and_explicit(&member->container->hints, ~guise__member_bit(member),
                                    memory_order_relaxed);
}

#endif
