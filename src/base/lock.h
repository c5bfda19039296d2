/* SPDX-License-Identifier: MIT */
/*
 * A lock that survives fork: in the child nobody holds it, whoever did in the parent. And one that
 * is taken and given back in one step each: a signal in company is little more than its lock.
 */
#ifndef GUISE_LOCK_H
#define GUISE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/lifecycle.h"
#include "port/port.h"
#include "base/tsan.h"

/*
 * The word: in which process, counted in forks, it was last taken, and two flags.
 *
 * HELD     Set by who takes it; cleared by who set it. It counts only in the process that the word
 *          names: anybody in a forked child may take a lock that the word says is its parent's.
 * AWAITED  Somebody may sleep until the word changes. Set by who is about to sleep, and by who has
 *          slept and takes it, because others may sleep still; cleared with HELD, by who then wakes
 *          one. Legal to be set though nobody sleeps.
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

/* The word of a lock of this process that nobody holds. */
static inline unsigned guise__lock_free_word(void)
{
    return guise__fork_count() << GUISE__LOCK_SHIFT;
}

static inline void guise__lock_init(struct guise__lock *lock)
{
    atomic_init(&lock->word, guise__lock_free_word());
}

/* By which a sanitizer knows it: in a child another one than the parent's, which somebody may hold. */
static inline void *guise__lock_name(struct guise__lock *lock)
{
    return (char *)lock + guise__fork_count() % sizeof lock->word;
}

static inline void guise__lock_destroy(struct guise__lock *lock)
{
    GUISE__TSAN_DESTROYED(guise__lock_name(lock));
}

/* lock.c: when one step is not enough. seen: what the word was. */
GUISE_SLOW bool guise__lock_take_otherwise(struct guise__lock *lock, unsigned seen);

/* True: it was an ancestor's, and is this process's now; the caller forgets the threads it knew. */
static inline bool guise__lock_take(struct guise__lock *lock)
{
    unsigned seen = guise__lock_free_word(); /* a guess, and mostly right */
    bool renewed = false;

    GUISE__TSAN_TAKING(guise__lock_name(lock));
    /* Acquire: pairs with the release below, of who held it before. Relaxed: only the value. */
    if (!atomic_compare_exchange_strong_explicit(&lock->word, &seen, seen | GUISE__LOCK_HELD,
                                                 memory_order_acquire, memory_order_relaxed)) {
        renewed = guise__lock_take_otherwise(lock, seen);
    }
    GUISE__TSAN_TAKEN(guise__lock_name(lock));
    return renewed;
}

static inline void guise__lock_release(struct guise__lock *lock)
{
    unsigned before;

    GUISE__TSAN_RELEASING(guise__lock_name(lock));
    /* Release: pairs with the acquire of who takes it next. */
    before = atomic_exchange_explicit(&lock->word, guise__lock_free_word(), memory_order_release);
    GUISE__TSAN_RELEASED(guise__lock_name(lock));
    if ((before & GUISE__LOCK_AWAITED) != 0) {
        guise__futex_wake_one(&lock->word); /* its address only: it may be gone by now */
    }
}

#endif
