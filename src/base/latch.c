/* SPDX-License-Identifier: MIT */
/*
 * Latches, and how long a waiter spins before it sleeps.
 *
 * To sleep and be woken costs a few microseconds on one processor and tens of microseconds across two.
 * Spinning for about as long pays if the opener runs on another processor at that moment, and never pays
 * if the opener needs this one. Each thread remembers two things about its last waits: the processor of
 * the opener, which the latch's word names, and how often spinning was futile.
 *
 *   the opener ran last                      the waiter
 *   on this processor                        does not spin
 *   on an unknown processor                  spins briefly
 *   on another one, and spinning paid        spins for as long as a wake-up takes
 *   on another one, futile three times       spins briefly, and in one of sixteen waits for long, because
 *                                            otherwise two threads that answer each other at once would
 *                                            go on waking each other
 */
#define _POSIX_C_SOURCE 200809L
#include "base/latch.h"

#include <stdio.h>

#include "base/check.h"

/*
 * The word. A waiter may change SHUT to SLEPT_ON before it sleeps. Only the opener changes either of them
 * to OPEN, and adds its processor in the higher bits. OPEN is final. An opener that found SHUT wakes no
 * thread, because any later waiter finds OPEN before it sleeps.
 */
enum { SHUT, SLEPT_ON, OPEN, STATE_MASK = 3, CPU_SHIFT = 2 };

enum {
    SPIN_BRIEF = 40,           /* loads */
    SPIN_LONG_NS = 50000,      /* a slow wake-up across processors */
    SPINS_PER_CLOCK_READ = 32, /* loads between two readings of the clock */
    SPIN_FUTILE_MAX = 3,       /* futile spins in a row */
    SPIN_RETRY_EVERY = 16
};

#if defined(GUISE_CHECKS)
bool guise__latch_word_is_valid(unsigned word)
{
    return (word & STATE_MASK) == OPEN || word == SHUT || word == SLEPT_ON;
}

void guise__latch_print(const atomic_uint *latch)
{
    static const char *const names[] = {"shut", "slept on", "open", "invalid"};
    unsigned word = atomic_load_explicit(latch, memory_order_relaxed);

    (void)fprintf(stderr, "latch %p: %s, processor %u + 1\n", (const void *)latch,
                  names[word & STATE_MASK], word >> CPU_SHIFT);
}
#endif

struct habit {
    unsigned opener; /* the processor of the last opener, plus 1; 0: not known */
    unsigned futile; /* long spins that were futile since the last one that paid */
};

static GUISE_TLS struct habit tl_habit;

/* Acquire: a waiter that sees OPEN sees what the opener wrote before. */
static bool is_open(atomic_uint *latch)
{
    return (atomic_load_explicit(latch, memory_order_acquire) & STATE_MASK) == OPEN;
}

static bool latch_spin(atomic_uint *latch, int spins)
{
    for (int i = 0; i < spins; i++) {
        if (is_open(latch)) {
            return true;
        }
        guise__relax();
    }
    return false;
}

static int64_t clock_read_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool latch_spin_long(atomic_uint *latch)
{
    int64_t end = clock_read_ns() + SPIN_LONG_NS;

    do {
        if (latch_spin(latch, SPINS_PER_CLOCK_READ)) {
            return true;
        }
    } while (clock_read_ns() < end);
    return false;
}

static bool long_spin_pays(const struct habit *habit)
{
    return habit->futile < SPIN_FUTILE_MAX || habit->futile % SPIN_RETRY_EVERY == 0;
}

/* Spins for as long as that is expected to pay; true if the latch has opened. */
static bool latch_spin_first(atomic_uint *latch, struct habit *habit)
{
    bool opened;

    if (habit->opener == 0) {
        return latch_spin(latch, SPIN_BRIEF);
    }
    if (habit->opener - 1 == guise__cpu()) {
        return is_open(latch);
    }
    opened = long_spin_pays(habit) ? latch_spin_long(latch) : latch_spin(latch, SPIN_BRIEF);
    habit->futile = opened ? 0 : habit->futile + 1;
    return opened;
}

/* Sleeps until the latch opens or the time is over; false if it has not opened. */
static bool latch_sleep(atomic_uint *latch, const struct timespec *deadline)
{
    unsigned seen = SHUT;

    /* Relaxed is enough for announcing a sleeper, because the kernel compares the word again under its
     * own lock. On failure the order matters only for OPEN, which is_open loads again. */
    (void)atomic_compare_exchange_strong_explicit(latch, &seen, SLEPT_ON, memory_order_relaxed,
                                                  memory_order_relaxed);
    GUISE__CHECK(guise__latch_word_is_valid(seen));
    while (!is_open(latch)) {
        if (!guise__futex_wait(latch, SLEPT_ON, deadline)) {
            return is_open(latch);
        }
    }
    return true;
}

bool guise__latch_wait(atomic_uint *latch, const struct timespec *deadline)
{
    struct habit *habit = &tl_habit;
    unsigned word;

    GUISE__CHECK(latch != NULL);
    if (!latch_spin_first(latch, habit) && !latch_sleep(latch, deadline)) {
        return false;
    }
    /* Relaxed, because an open latch does not change any more. */
    word = atomic_load_explicit(latch, memory_order_relaxed);
    GUISE__CHECK(guise__latch_word_is_valid(word));
    habit->opener = word >> CPU_SHIFT;
    return true;
}

void guise__latch_open(atomic_uint *latch)
{
    unsigned cpu = guise__cpu();
    /* A number that does not fit counts as unknown; GUISE__CPU_UNKNOWN + 1 is 0. */
    unsigned where = cpu + 1 > UINT_MAX >> CPU_SHIFT ? 0 : cpu + 1;

    /* Release for the waiters; a read-modify-write, so that no sleeper is missed. */
    unsigned before =
        atomic_exchange_explicit(latch, where << CPU_SHIFT | OPEN, memory_order_release);

    GUISE__CHECK(guise__latch_word_is_valid(before));
    if (before == SLEPT_ON) {
        guise__futex_wake(latch);
    }
}
