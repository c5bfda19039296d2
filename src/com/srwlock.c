/* SPDX-License-Identifier: MIT */
/*
 * SRWLOCK: one word.
 *
 * SRW_WRITER   A writer holds the lock; there are no readers then.
 * SRW_AWAITED  A thread may sleep until the word changes. Set on a lock that is not free, and cleared by
 *              the release that frees it, which wakes all sleepers. No reader joins others while it is
 *              set, so that writers get their turn.
 * SRW_READER   Times the readers that hold the lock.
 */
#include <stdbool.h>

#include <guise/com/guiseport.h>

#include "com/portlock.h"
#include "port/port.h"

enum { SRW_FREE = 0, SRW_WRITER = 1, SRW_AWAITED = 2, SRW_READER = 4 };

/* Returns the word of the acquired lock; seen if the lock cannot be acquired now. */
static unsigned word_when_acquired(unsigned seen, bool as_writer)
{
    if (as_writer) {
        return seen == SRW_FREE ? SRW_WRITER : seen;
    }
    return (seen & (SRW_WRITER | SRW_AWAITED)) == 0 ? seen + SRW_READER : seen;
}

/* Returns whether the lock was acquired. Acquire: pairs with the release in release_lock. */
static bool try_acquire(atomic_uint *word, bool as_writer)
{
    unsigned seen = atomic_load_explicit(word, memory_order_relaxed); /* a guess */

    while (word_when_acquired(seen, as_writer) != seen) {
        if (atomic_compare_exchange_strong_explicit(word, &seen,
                                                    word_when_acquired(seen, as_writer),
                                                    memory_order_acquire, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

/* Relaxed, both, because the kernel compares the word again, under its own lock. */
static void sleep_until_changed(atomic_uint *word)
{
    unsigned seen = atomic_load_explicit(word, memory_order_relaxed);

    while (seen != SRW_FREE && (seen & SRW_AWAITED) == 0) {
        if (atomic_compare_exchange_strong_explicit(word, &seen, seen | SRW_AWAITED,
                                                    memory_order_relaxed, memory_order_relaxed)) {
            seen |= SRW_AWAITED;
        }
    }
    if (seen != SRW_FREE) {
        (void)guise__futex_wait(word, seen, NULL);
    }
}

static void acquire_lock(PSRWLOCK lock, bool as_writer)
{
    atomic_uint *word = guise__com_word(&lock->word);

    for (int spins = 0; spins < GUISE__COM_SPINS_MAX; spins++) {
        if (try_acquire(word, as_writer)) {
            return;
        }
        guise__relax();
    }
    while (!try_acquire(word, as_writer)) {
        sleep_until_changed(word);
    }
}

/* Release: pairs with the acquire of the threads that hold the lock next. */
static void release_lock(PSRWLOCK lock, unsigned part)
{
    atomic_uint *word = guise__com_word(&lock->word);
    unsigned seen = atomic_load_explicit(word, memory_order_relaxed); /* a guess */
    unsigned left;

    do {
        left = seen - part;
        left = left == SRW_AWAITED ? SRW_FREE : left;
    } while (!atomic_compare_exchange_weak_explicit(word, &seen, left, memory_order_release,
                                                    memory_order_relaxed));
    if (left == SRW_FREE && (seen & SRW_AWAITED) != 0) {
        guise__futex_wake(word); /* uses only its address, because the lock may be freed by now */
    }
}

void WINAPI InitializeSRWLock(PSRWLOCK lock)
{
    atomic_init(guise__com_word(&lock->word), SRW_FREE);
}

void WINAPI AcquireSRWLockExclusive(PSRWLOCK lock)
{
    acquire_lock(lock, true);
}

void WINAPI AcquireSRWLockShared(PSRWLOCK lock)
{
    acquire_lock(lock, false);
}

BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK lock)
{
    return try_acquire(guise__com_word(&lock->word), true);
}

BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK lock)
{
    return try_acquire(guise__com_word(&lock->word), false);
}

void WINAPI ReleaseSRWLockExclusive(PSRWLOCK lock)
{
    release_lock(lock, SRW_WRITER);
}

void WINAPI ReleaseSRWLockShared(PSRWLOCK lock)
{
    release_lock(lock, SRW_READER);
}
