/* SPDX-License-Identifier: MIT */
#include "latch.h"

/*
 * The word. A waiter may move SHUT to SLEPT_ON before it sleeps; only the opener may move it to
 * OPEN, from either. Nobody moves it back. An opener that found SHUT owes no wake-up: any waiter
 * that comes later finds OPEN before it sleeps.
 */
enum { SHUT, SLEPT_ON, OPEN };

/* Looks before it sleeps: about as long as the other side needs if it is running right now. */
enum { SPINS = 100 };

/* Acquire, here and below: what was written before the latch opened is visible after. */
static bool is_open(atomic_uint *latch)
{
    return atomic_load_explicit(latch, memory_order_acquire) == OPEN;
}

bool guise__latch_wait(atomic_uint *latch, const struct timespec *deadline)
{
    unsigned seen = SHUT;

    for (int i = 0; i < SPINS; i++) {
        if (is_open(latch)) {
            return true;
        }
    }
    /* Relaxed is enough for announcing a sleeper: the kernel compares the word again under its own
     * lock. The failure order only matters for OPEN, which is_open reads again. */
    (void)atomic_compare_exchange_strong_explicit(latch, &seen, SLEPT_ON, memory_order_relaxed,
                                                  memory_order_relaxed);
    while (!is_open(latch)) {
        if (!guise__futex_wait(latch, SLEPT_ON, deadline)) {
            return is_open(latch);
        }
    }
    return true;
}

void guise__latch_open(atomic_uint *latch)
{
    /* Release for the waiters; a read-modify-write so that no sleeper is missed. */
    if (atomic_exchange_explicit(latch, OPEN, memory_order_release) == SLEPT_ON) {
        guise__futex_wake(latch);
    }
}
