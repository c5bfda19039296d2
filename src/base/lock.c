/* SPDX-License-Identifier: MIT */
/* Taking a lock that somebody holds, or that a forked child finds left by its parent. */
#include "base/lock.h"

enum { BRIEF = 40 }; /* looks before sleeping: most hold it for less */

static bool is_ours(unsigned word)
{
    return guise__lock_process(word) == guise__lock_free_word();
}

/* Sleeps while the word is what was seen, having said so in it. May return at any time. */
static void sleep_on(struct guise__lock *lock, unsigned seen)
{
    unsigned awaited = seen | GUISE__LOCK_AWAITED;

    /* Relaxed, both: the kernel compares the word again, under its own lock. */
    if (seen == awaited ||
        atomic_compare_exchange_strong_explicit(&lock->word, &seen, awaited, memory_order_relaxed,
                                                memory_order_relaxed)) {
        (void)guise__futex_wait(&lock->word, awaited, NULL);
    }
}

bool guise__lock_take_otherwise(struct guise__lock *lock, unsigned seen)
{
    unsigned flags = GUISE__LOCK_HELD;
    int looks = BRIEF;

    for (;;) {
        if (!is_ours(seen) || (seen & GUISE__LOCK_HELD) == 0) {
            /* Acquire and relaxed: as in guise__lock_take. */
            if (atomic_compare_exchange_strong_explicit(
                    &lock->word, &seen, guise__lock_free_word() | flags, memory_order_acquire,
                    memory_order_relaxed)) {
                return !is_ours(seen);
            }
            continue;
        }
        if (looks > 0) {
            looks--;
            guise__relax();
        } else {
            sleep_on(lock, seen);
            flags = GUISE__LOCK_HELD | GUISE__LOCK_AWAITED; /* others may sleep still */
        }
        /* Relaxed: the step that takes it has the order. */
        seen = atomic_load_explicit(&lock->word, memory_order_relaxed);
    }
}
