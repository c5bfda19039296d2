/* SPDX-License-Identifier: MIT */
/*
 * Setters tell a container without its lock. A waiter that is about to sleep and a set at the same
 * moment: it is never left asleep. And hints that are lowered while signals are set: no wait ever
 * misses a signal that was set before it began.
 */
#define _POSIX_C_SOURCE 200809L
/* The container itself, not its object file from the library: its hints are looked at. */
#include "sync/container.c"

#include "support/kept.h"

#include <sched.h>
#include <stdio.h>

#include "support/wt.h"

/* The more the instrumentation slows them down, the fewer rounds they do. */
enum {
    SECONDS = 30,
    MEETINGS = 40000 / GUISE_TEST_TIME_SCALE,
    SIGNALS = 8,
    SETS = 40000 / GUISE_TEST_TIME_SCALE / 4 * 4,
    LONG = 10000 /* turns */
};

static void make_members(guise_container **container, guise_signal **signals, unsigned count)
{
    assert_ok(guise_container_create(container));
    for (unsigned i = 0; i < count; i++) {
        assert_ok(guise_signal_create(GUISE_SIGNAL_AUTO, &signals[i]));
        assert_ok(guise_container_add(*container, signals[i]));
    }
}

static void drop_members(guise_container *container, guise_signal **signals, unsigned count)
{
    guise_container_unref(container);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(atomic_load(&signals[i]->refs), 1);
        guise_signal_unref(signals[i]);
    }
}

/* ---- a set and a wait at the same moment ------------------------------------------------------- */

struct meeting {
    guise_container *container;
    guise_signal *signal;
    atomic_uint round;      /* the waiter goes to the next when this is it */
    atomic_uint taken;      /* rounds that the waiter is through with */
    unsigned found, waited; /* the waiter's */
    unsigned seen_waiting;  /* the setter's: is_waited was true before the set */
};

static void await_at_least(const atomic_uint *number, unsigned least)
{
    for (unsigned looks = 1; atomic_load(number) < least; looks++) {
        if (looks % 64 == 0) {
            (void)sched_yield();
        }
    }
}

static void dawdle(unsigned turns)
{
    for (unsigned i = 0; i < turns; i++) {
        guise__relax();
    }
    if (turns > LONG) {
        (void)sched_yield();
    }
}

/* The more often the waiter was too late, the longer; so that they go on meeting, wherever they run. */
static unsigned next_turns(unsigned turns, bool waited)
{
    unsigned step = 1 + turns / 8;

    if (waited) {
        return turns - (turns < step ? turns : step);
    }
    return turns > LONG ? turns : turns + step;
}

static void wait_each_round(struct wt *w)
{
    struct meeting *meeting = w->arg;

    for (unsigned round = 1; round <= MEETINGS; round++) {
        guise_signal *which = NULL;
        guise_result result;

        await_at_least(&meeting->round, round);
        result = guise_container_wait_any(meeting->container, 0, &which);
        if (result == GUISE_OK) {
            meeting->found++;
        } else {
            WT_CHECK_RESULT(w, result, GUISE_E_TIMEOUT);
            WT_CHECK_RESULT(w, guise_container_wait_any(meeting->container, GUISE_INFINITE, &which),
                            GUISE_OK);
            meeting->waited++;
        }
        WT_CHECK(w, which == meeting->signal);
        atomic_store(&meeting->taken, round);
    }
}

/* Y-14: whichever of the two is first, by however little. */
static void a_set_and_a_wait_meet(void **state)
{
    struct meeting meeting = {0};
    struct wt waiter;
    unsigned turns = 0, waited = 0;

    (void)state;
    test_watchdog(SECONDS);
    make_members(&meeting.container, &meeting.signal, 1);
    wt_start(&waiter, wait_each_round, &meeting);
    for (unsigned round = 1; round <= MEETINGS; round++) {
        atomic_store(&meeting.round, round);
        dawdle(turns);
        meeting.seen_waiting += atomic_load(&meeting.container->is_waited);
        assert_ok(guise_signal_set(meeting.signal));
        await_at_least(&meeting.taken, round);
        turns = next_turns(turns, meeting.waited != waited);
        waited = meeting.waited;
    }
    wt_join(&waiter);
    print_message("%u found at once, %u waited for, %u of these seen by the setter\n",
                  meeting.found, meeting.waited, meeting.seen_waiting);
    assert_int_equal(meeting.found + meeting.waited, MEETINGS);
    assert_true(meeting.found > 20 && meeting.waited > 20);
    drop_members(meeting.container, &meeting.signal, 1);
    test_watchdog(0);
}

/* ---- hints that are lowered --------------------------------------------------------------------- */

struct market {
    guise_container *container;
    guise_signal *signals[SIGNALS];
    atomic_uint begun, done; /* sets */
    atomic_uint taken;
    atomic_uint in_vain; /* waits that found nothing, none being due */
    atomic_uint lowered; /* hints that were seen to go */
};

static void set_in_turn(struct wt *w)
{
    struct market *market = w->arg;

    for (unsigned i = 0; i < SETS; i++) {
        (void)atomic_fetch_add(&market->begun, 1);
        WT_CHECK_RESULT(w, guise_signal_set(market->signals[i * 5 % SIGNALS]), GUISE_OK);
        (void)atomic_fetch_add(&market->done, 1);
        /* Now and then all are taken, so that hints get stale. */
        if (i % 4 == 3) {
            await_at_least(&market->taken, i + 1);
        }
    }
}

static bool any_set(const struct market *market)
{
    for (unsigned i = 0; i < SIGNALS; i++) {
        if ((atomic_load(&market->signals[i]->word) & GUISE__SET) != 0) {
            return true;
        }
    }
    return false;
}

/* One look, by whose end every set that was done before it, and nothing else, has happened. */
static void look_once(struct wt *w, struct market *market)
{
    unsigned done = atomic_load(&market->done);
    uint64_t hints = atomic_load(&market->container->hints);
    guise_signal *which = NULL;
    guise_result result = guise_container_wait_any(market->container, 0, &which);

    if (result == GUISE_OK) {
        (void)atomic_fetch_add(&market->taken, 1);
        return;
    }
    WT_CHECK_RESULT(w, result, GUISE_E_TIMEOUT);
    /* Set before, and set still: missed. */
    WT_CHECK(w, !(any_set(market) && atomic_load(&market->begun) == done));
    if (atomic_fetch_add(&market->in_vain, 1) % 16 == 0) {
        (void)sched_yield(); /* the setter may need this processor */
    }
    (void)atomic_fetch_add(&market->lowered,
                           (hints & ~atomic_load(&market->container->hints)) != 0);
}

static void look_until_all_are_taken(struct wt *w)
{
    struct market *market = w->arg;

    while (atomic_load(&market->taken) < SETS && w->failed == NULL) {
        look_once(w, market);
    }
}

/* Y-14, Y-07: every set is found by the next look that begins, and taken once. */
static void no_look_misses_a_set(void **state)
{
    struct market market = {0};
    struct wt setter, lookers[2];

    (void)state;
    test_watchdog(SECONDS);
    make_members(&market.container, market.signals, SIGNALS);
    wt_start_all(lookers, 2, look_until_all_are_taken, &market);
    wt_start(&setter, set_in_turn, &market);
    wt_join(&setter);
    wt_join_all(lookers, 2);
    print_message("%u taken, %u looks in vain, hints went in %u\n", atomic_load(&market.taken),
                  atomic_load(&market.in_vain), atomic_load(&market.lowered));
    assert_int_equal(atomic_load(&market.taken), SETS);
    assert_false(any_set(&market));
    assert_true(atomic_load(&market.lowered) > 20);
    drop_members(market.container, market.signals, SIGNALS);
    test_watchdog(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_and_a_wait_meet),
        cmocka_unit_test(no_look_misses_a_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
