/* SPDX-License-Identifier: MIT */
/*
 * A lock that survives fork: in a child it is free, whichever thread held it in the parent (W-29). Without
 * contention it is taken in one step and released in one step, because a contended signal costs little
 * more than its lock.
 */
#ifndef GUISE_SRC_BASE_LOCK_H
#define GUISE_SRC_BASE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "base/tsan.h"
#include "port/port.h"

/*
 * The word names the process, counted in forks, that took the lock last, and has two flags.
 *
 * HELD     Set by the thread that takes the lock; cleared by that thread. It counts only in the process
 *          that the word names: a thread in a forked child may take a lock that its parent's word says
 *          is held.
 * AWAITED  A thread may sleep until the word changes. Set by a thread that is about to sleep, and by one
 *          that has slept and takes the lock, because others may sleep still. Cleared with HELD, by the
 *          holder, which then wakes one sleeper. Legal to be set although no thread sleeps.
 */
struct guise__lock {
    atomic_uint word;
};

enum { GUISE__LOCK_HELD = 1, GUISE__LOCK_AWAITED = 2, GUISE__LOCK_SHIFT = 2 };
#define GUISE__LOCK_INIT                                                                           \
    {                                                                                              \
        0                                                                                          \
    } /* for statics */

static inline unsigned guise__lock_process(unsigned word)
{
    return word & ~(unsigned)(GUISE__LOCK_HELD | GUISE__LOCK_AWAITED);
}

/* The word of a free lock of this process. */
static inline unsigned guise__lock_free_word(void)
{
    return guise__fork_count() << GUISE__LOCK_SHIFT;
}

static inline void guise__lock_init(struct guise__lock *lock)
{
    atomic_init(&lock->word, guise__lock_free_word());
}

/* The address that ThreadSanitizer knows the lock by. It differs in a forked child, because the sanitizer
 * believes there that the parent's lock may still be held. */
static inline void *guise__lock_name(struct guise__lock *lock)
{
    return (char *)lock + guise__fork_count() % sizeof lock->word;
}

static inline void guise__lock_destroy(struct guise__lock *lock)
{
    GUISE__TSAN_DESTROYED(guise__lock_name(lock));
}

/* Is this a word that the description above allows? AWAITED is set by a thread that has seen HELD, and both
 * are cleared together. */
bool guise__lock_word_is_valid(unsigned word);

/* For a debugger, in builds with GUISE_CHECKS: the lock's state, in words, to standard error. */
void guise__lock_print(const struct guise__lock *lock);

/* Is the lock held? For checks by the thread that holds it. Always true in a forked child, because a signal
 * handler may fork while the lock is held, and its child may take the lock over and release it. Relaxed,
 * because the holder has written HELD itself. */
static inline bool guise__lock_is_held(const struct guise__lock *lock)
{
    return (atomic_load_explicit(&lock->word, memory_order_relaxed) & GUISE__LOCK_HELD) != 0 ||
           guise__fork_count() != 0;
}

/* Takes the lock where one step is not enough. seen is the word that the step found. */
GUISE_COLD bool guise__lock_take_slow(struct guise__lock *lock, unsigned seen);

/* Takes the lock. True if it was an ancestor process's and is this one's now; the caller then forgets the
 * threads that it knew. */
static inline bool guise__lock_take(struct guise__lock *lock)
{
    unsigned seen = guise__lock_free_word(); /* an assumption that mostly holds */
    bool renewed = false;

    GUISE__TSAN_TAKING(guise__lock_name(lock));
    /* Acquire: pairs with the release of the thread that held the lock before. Relaxed on failure, because
     * only the value is used. */
    if (!atomic_compare_exchange_strong_explicit(&lock->word, &seen, seen | GUISE__LOCK_HELD,
                                                 memory_order_acquire, memory_order_relaxed)) {
        renewed = guise__lock_take_slow(lock, seen);
    }
    GUISE__TSAN_TAKEN(guise__lock_name(lock));
    return renewed;
}

static inline void guise__lock_release(struct guise__lock *lock)
{
    unsigned before;

    GUISE__TSAN_RELEASING(guise__lock_name(lock));
    /* Release: pairs with the acquire of the thread that takes the lock next. */
    before = atomic_exchange_explicit(&lock->word, guise__lock_free_word(), memory_order_release);
    GUISE__TSAN_RELEASED(guise__lock_name(lock));
    /* In a forked child the lock may have been taken over and released meanwhile. */
    GUISE__CHECK((before & GUISE__LOCK_HELD) != 0 || guise__fork_count() != 0);
    if ((before & GUISE__LOCK_AWAITED) != 0) {
        /* Uses the address only, because the memory may be gone by now. */
        guise__futex_wake_one(&lock->word);
    }
}

#endif
