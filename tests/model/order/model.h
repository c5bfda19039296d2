/* SPDX-License-Identifier: MIT */
/* The locks, latches and futexes that the models of the protocols share. */
#ifndef GUISE_MODEL_MODEL_H
#define GUISE_MODEL_MODEL_H

#include "checker.h"

/* Each list ends with a scenario whose name is NULL. */
extern const struct scenario call_scenarios[];
extern const struct scenario sync_scenarios[];
extern const struct scenario lock_scenarios[];
extern const struct scenario latch_scenarios[];
extern const struct scenario shards_scenarios[];
extern const struct scenario once_scenarios[];
extern const struct scenario queue_scenarios[];

/* guise__lock_take and guise__lock_release in one step each, for models of other things than the lock: a
 * thread that finds the lock held waits. lock_model.c has the lock's own steps. */
static inline void take_lock(int place)
{
    await_exchange(place, 0, 1, lock_take);
}

static inline void release_lock(int place)
{
    (void)exchange(place, 0, lock_release);
}

/* A pthread mutex. */
static inline void take_mutex(int place)
{
    await_exchange(place, 0, 1, ORDER(ACQUIRE));
}

static inline void release_mutex(int place)
{
    store(place, 0, ORDER(RELEASE));
}

/* A latch in one step; latch_model.c has the steps. */
enum { LATCH_OPEN = 2 };

static inline void wait_latch(int place)
{
    (void)await(place, LATCH_OPEN, LATCH_OPEN, latch_load);
}

static inline void open_latch(int place)
{
    (void)exchange(place, LATCH_OPEN, latch_open);
}

/* The kernel's futex: `sleepers` has a bit for each thread that sleeps. It compares the word after
 * the thread is among the sleepers, and wakes after the waker has changed the word. The model assumes
 * no more than that: these are "totally ordered" (futex(2)). */
static inline void sleep_on_futex(int sleepers, int word, uint64_t expected, unsigned me)
{
    (void)fetch_or(sleepers, 1u << me, ORDER(ACQ_REL));
    if (load(word, ORDER(RELAXED)) != expected) {
        (void)fetch_and(sleepers, ~(UINT64_C(1) << me), ORDER(ACQ_REL));
    } else {
        (void)await(sleepers, 1u << me, 0, ORDER(RELAXED));
    }
}

static inline void wake_one(int sleepers)
{
    (void)fetch_clear_lowest(sleepers, ORDER(ACQ_REL));
}

static inline void wake_all(int sleepers)
{
    (void)exchange(sleepers, 0, ORDER(ACQ_REL));
}

#endif
