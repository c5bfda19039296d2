/* SPDX-License-Identifier: MIT */
/* Taking a lock that is held, or that a forked child finds as its parent left it. */
#include "base/lock.h"

#include <stdio.h>

#include "base/check.h"

enum { SPIN_BRIEF = 40 }; /* loads before sleeping, because most holders take less time than that */

static bool word_is_ours(unsigned word)
{
    return guise__lock_process(word) == guise__lock_free_word();
}

/* ---- invariants ---- */

#if defined(GUISE_CHECKS)
bool guise__lock_word_is_valid(unsigned word)
{
    return GUISE__IMPLIES((word & GUISE__LOCK_AWAITED) != 0, (word & GUISE__LOCK_HELD) != 0);
}

void guise__lock_print(const struct guise__lock *lock)
{
    unsigned word = atomic_load_explicit(&lock->word, memory_order_relaxed);

    (void)fprintf(stderr, "lock %p: %s in process %u (this one is %u)%s\n", (const void *)lock,
                  (word & GUISE__LOCK_HELD) != 0 ? "held" : "free", word >> GUISE__LOCK_SHIFT,
                  guise__fork_count(), (word & GUISE__LOCK_AWAITED) != 0 ? ", awaited" : "");
}
#endif

/* ---- taking ---- */

/* Sleeps while the word is `seen` with AWAITED, which it sets first. May return at any time. */
static void lock_sleep(struct guise__lock *lock, unsigned seen)
{
    unsigned awaited = seen | GUISE__LOCK_AWAITED;

    GUISE__CHECK((seen & GUISE__LOCK_HELD) != 0); /* else no thread would end the sleep */
    /* Relaxed, both, because the kernel compares the word again under its own lock. */
    if (seen == awaited ||
        atomic_compare_exchange_strong_explicit(&lock->word, &seen, awaited, memory_order_relaxed,
                                                memory_order_relaxed)) {
        (void)guise__futex_wait(&lock->word, awaited, NULL);
    }
}

bool guise__lock_take_slow(struct guise__lock *lock, unsigned seen)
{
    unsigned flags = GUISE__LOCK_HELD;
    int spins = SPIN_BRIEF;

    for (;;) {
        GUISE__CHECK(guise__lock_word_is_valid(seen));
        if (!word_is_ours(seen) || (seen & GUISE__LOCK_HELD) == 0) {
            /* Acquire and relaxed: as in guise__lock_take. */
            if (atomic_compare_exchange_strong_explicit(
                    &lock->word, &seen, guise__lock_free_word() | flags, memory_order_acquire,
                    memory_order_relaxed)) {
                return !word_is_ours(seen);
            }
            continue;
        }
        if (spins > 0) {
            spins--;
            guise__relax();
        } else {
            lock_sleep(lock, seen);
            flags = GUISE__LOCK_HELD | GUISE__LOCK_AWAITED; /* other threads may sleep still */
        }
        /* Relaxed, because the step that takes the lock has the order. */
        seen = atomic_load_explicit(&lock->word, memory_order_relaxed);
    }
}
