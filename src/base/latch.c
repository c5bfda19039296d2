/* SPDX-License-Identifier: MIT */
/*
 * Latches, and how long to look before sleeping.
 *
 * To sleep and be woken costs a few microseconds on one processor, and tens of them across two. So
 * looking for about as long is worth it when the opener runs right now on another processor, and
 * never when it needs this one. Each thread remembers two things of its last waits, and goes by
 * them: where the opener ran, which the latch tells it, and how often looking was in vain.
 *
 *   opener last seen on this processor    do not look at all
 *   not known                             look briefly
 *   on another, and looking paid          look for as long as a wake-up takes
 *   on another, in vain three times       briefly, and once in sixteen waits for long: else two
 *                                         threads that answer each other at once would go on
 *                                         waking each other for ever
 */
#define _POSIX_C_SOURCE 200809L
#include "base/latch.h"

/*
 * The word. A waiter may move SHUT to SLEPT_ON before it sleeps; only the opener may move it to
 * OPEN, from either, and adds in the higher bits where it runs. Nobody moves it back. An opener that
 * found SHUT owes no wake-up: any waiter that comes later finds OPEN before it sleeps.
 */
enum { SHUT, SLEPT_ON, OPEN, STATE_MASK = 3, CPU_SHIFT = 2 };

enum {
    BRIEF = 40,         /* looks */
    LONG_NS = 50000,    /* a wake-up across processors, at the slow end */
    LOOKS_A_CLOCK = 32, /* looks between two at the clock */
    PATIENCE = 3,       /* times in vain */
    PROBE = 16
};

struct habit {
    unsigned opener; /* the processor of the last opener, plus 1; 0: not known */
    unsigned vain;   /* how often looking for long has not paid since it last did */
};

static GUISE_TLS struct habit tl_habit;

/* Acquire, here and below: what was written before the latch opened is visible after. */
static bool is_open(atomic_uint *latch)
{
    return (atomic_load_explicit(latch, memory_order_acquire) & STATE_MASK) == OPEN;
}

static bool look(atomic_uint *latch, int looks)
{
    for (int i = 0; i < looks; i++) {
        if (is_open(latch)) {
            return true;
        }
        guise__relax();
    }
    return false;
}

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool look_for_long(atomic_uint *latch)
{
    int64_t end = now_ns() + LONG_NS;

    do {
        if (look(latch, LOOKS_A_CLOCK)) {
            return true;
        }
    } while (now_ns() < end);
    return false;
}

static bool is_worth_long(const struct habit *habit)
{
    return habit->vain < PATIENCE || habit->vain % PROBE == 0;
}

/* Looks for as long as is worth it; true if the latch has opened. */
static bool look_first(atomic_uint *latch, struct habit *habit)
{
    bool opened;

    if (habit->opener == 0) {
        return look(latch, BRIEF);
    }
    if (habit->opener - 1 == guise__cpu()) {
        return is_open(latch);
    }
    opened = is_worth_long(habit) ? look_for_long(latch) : look(latch, BRIEF);
    habit->vain = opened ? 0 : habit->vain + 1;
    return opened;
}

/* Until it opens or the time is over; false for the latter. */
static bool sleep_on(atomic_uint *latch, const struct timespec *deadline)
{
    unsigned seen = SHUT;

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

bool guise__latch_wait(atomic_uint *latch, const struct timespec *deadline)
{
    struct habit *habit = &tl_habit;

    if (!look_first(latch, habit) && !sleep_on(latch, deadline)) {
        return false;
    }
    /* Relaxed: it is open, and changes no more. */
    habit->opener = atomic_load_explicit(latch, memory_order_relaxed) >> CPU_SHIFT;
    return true;
}

void guise__latch_open(atomic_uint *latch)
{
    unsigned cpu = guise__cpu();
    /* What does not fit is not known; UNKNOWN + 1 is 0. */
    unsigned where = cpu + 1 > UINT_MAX >> CPU_SHIFT ? 0 : cpu + 1;

    /* Release for the waiters; a read-modify-write so that no sleeper is missed. */
    if (atomic_exchange_explicit(latch, where << CPU_SHIFT | OPEN, memory_order_release) ==
        SLEPT_ON) {
        guise__futex_wake(latch);
    }
}
