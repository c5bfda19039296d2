/* SPDX-License-Identifier: MIT */
/*
 * Setters tell a container without its lock. A waiter that is about to sleep and a set at the same
 * moment: it is never left asleep. Hints that are lowered while signals are set: no wait ever misses
 * a signal that was set before it began. And members that come and go meanwhile: no set is lost, none
 * counts twice, and none is taken through a container that the signal is not in.
 */
#define _POSIX_C_SOURCE 200809L
/* The container itself, not its object file from the library: its hints are looked at. */
#include "sync/container.c"
#include "sync/container_wait.c"

#include "support/kept.h"

#include <sched.h>
#include <stdio.h>

#include "support/wt.h"
#include "sync/wait_multiple.h"

/* The more the instrumentation slows them down, the fewer rounds they do. */
enum {
    SECONDS = 30,
    MEETINGS = 40000 / GUISE_TEST_TIME_SCALE,
    SIGNALS = 8,
    SETS = 40000 / GUISE_TEST_TIME_SCALE / 4 * 4,
    LONG = 10000, /* turns */
    MOVES = 20000 / GUISE_TEST_TIME_SCALE,
    GUESTS = 4,
    LIVES = 4000 / GUISE_TEST_TIME_SCALE
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
    test_watchdog(8 * SECONDS);
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
        if ((atomic_load(&market->signals[i]->word) & GUISE__SIGNAL_SET) != 0) {
            return true;
        }
    }
    return false;
}

/* One load: when it returns, every set that was done before it has happened, and nothing else. */
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
    test_watchdog(8 * SECONDS);
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

/* ---- members that come and go ------------------------------------------------------------------- */

/* Each guest is an auto signal, in the container or not. It is set again when its last set was
 * taken, so that no set is lost: by a wait of the container or, outside, by the thread that polls
 * it. */
struct inn {
    guise_container *container;
    guise_signal *guests[GUESTS];
    atomic_uint moves[GUESTS];   /* even: in, or about to be; odd: a remove has returned */
    atomic_uint wanted[GUESTS];  /* 1: the last set was taken */
    atomic_uint set_out[GUESTS]; /* moves, read before the last set began */
    atomic_uint sets, inside, outside, slept, refused;
    atomic_bool closed;
};

static void set_guests(struct wt *w)
{
    struct inn *inn = w->arg;

    for (unsigned i = 0; !atomic_load(&inn->closed); i = (i + 1) % GUESTS) {
        unsigned one = 1;

        if (!atomic_compare_exchange_strong(&inn->wanted[i], &one, 0)) {
            (void)sched_yield();
            continue;
        }
        atomic_store(&inn->set_out[i], atomic_load(&inn->moves[i]));
        (void)atomic_fetch_add(&inn->sets, 1);
        WT_CHECK_RESULT(w, guise_signal_set(inn->guests[i]), GUISE_OK);
    }
}

static unsigned guest_of(const struct inn *inn, const guise_signal *signal)
{
    unsigned i = 0;

    while (i < GUESTS && inn->guests[i] != signal) {
        i++;
    }
    return i;
}

/* Y-22: it was a member at some moment of the wait, and of its set. */
static void check_taken(struct wt *w, struct inn *inn, unsigned i, const unsigned *before)
{
    unsigned now = atomic_load(&inn->moves[i]);

    WT_CHECK(w, !(before[i] % 2 == 1 && now == before[i]));
    WT_CHECK(w, !(atomic_load(&inn->set_out[i]) % 2 == 1 && now == atomic_load(&inn->set_out[i])));
    (void)atomic_fetch_add(&inn->inside, 1);
    atomic_store(&inn->wanted[i], 1);
}

static void wait_inside(struct wt *w)
{
    struct inn *inn = w->arg;

    for (uint32_t round = 0; !atomic_load(&inn->closed); round++) {
        guise_signal *which = NULL;
        unsigned before[GUESTS];
        guise_result result;

        for (unsigned i = 0; i < GUESTS; i++) {
            before[i] = atomic_load(&inn->moves[i]);
        }
        result = guise_container_wait_any(inn->container, round % 3, &which);
        (void)atomic_fetch_add(&inn->slept, result == GUISE_E_TIMEOUT && round % 3 != 0);
        if (result == GUISE_OK) {
            WT_CHECK(w, guest_of(inn, which) < GUESTS);
            check_taken(w, inn, guest_of(inn, which), before);
        } else {
            WT_CHECK(w, result == GUISE_E_TIMEOUT || result == GUISE_E_NO_SYNC);
        }
    }
}

/* A guest outside the container is polled now and then, because a set there would otherwise wait
 * until it is in again. */
static void move_guests(struct wt *w)
{
    struct inn *inn = w->arg;

    for (unsigned round = 0;
         round < MOVES || atomic_load(&inn->inside) < 200 || atomic_load(&inn->outside) < 20;
         round++) {
        unsigned i = round * 7 % GUESTS;

        WT_CHECK_RESULT(w, guise_container_remove(inn->container, inn->guests[i]), GUISE_OK);
        (void)atomic_fetch_add(&inn->moves[i], 1);
        WT_CHECK_RESULT(w, guise_container_remove(inn->container, inn->guests[i]),
                        GUISE_E_NOT_FOUND);
        if (round % 3 == 0) {
            (void)sched_yield();
        }
        if (guise_signal_wait(inn->guests[i], 0) == GUISE_OK) {
            (void)atomic_fetch_add(&inn->outside, 1);
            atomic_store(&inn->wanted[i], 1);
        }
        (void)atomic_fetch_add(&inn->moves[i], 1);
        WT_CHECK_RESULT(w, guise_container_add(inn->container, inn->guests[i]), GUISE_OK);
    }
    atomic_store(&inn->closed, true);
}

static void members_come_and_go(void **state)
{
    struct inn inn = {0};
    struct wt setter, mover, waiters[2];
    unsigned left = 0;

    (void)state;
    test_watchdog(8 * SECONDS);
    make_members(&inn.container, inn.guests, GUESTS);
    for (unsigned i = 0; i < GUESTS; i++) {
        atomic_store(&inn.wanted[i], 1);
    }
    wt_start_all(waiters, 2, wait_inside, &inn);
    wt_start(&setter, set_guests, &inn);
    wt_start(&mover, move_guests, &inn);
    wt_join(&mover);
    wt_join(&setter);
    wt_join_all(waiters, 2);
    for (unsigned i = 0; i < GUESTS; i++) {
        left += guise_signal_wait(inn.guests[i], 0) == GUISE_OK;
    }
    print_message("%u sets: %u taken inside, %u outside, %u left; %u waits in vain\n",
                  atomic_load(&inn.sets), atomic_load(&inn.inside), atomic_load(&inn.outside), left,
                  atomic_load(&inn.slept));
    assert_int_equal(atomic_load(&inn.inside) + atomic_load(&inn.outside) + left,
                     atomic_load(&inn.sets));
    drop_members(inn.container, inn.guests, GUESTS);
    test_watchdog(0);
}

/* ---- signals that only the container refers to ------------------------------------------------- */

struct street {
    guise_container *container;
    guise_signal *lamp;            /* a member all the time */
    _Atomic(guise_signal *) guest; /* with a reference for the thread that takes it from here */
    atomic_uint lives, met, found;
    atomic_bool over;
};

/* Sets what it finds, waits for it and the lamp together, and drops it: often the last but one. */
static void meet_guests(struct wt *w)
{
    struct street *street = w->arg;

    while (!atomic_load(&street->over)) {
        guise_signal *guest = atomic_exchange(&street->guest, NULL);
        guise_signal *both[] = {street->lamp, guest};
        size_t which;

        if (guest == NULL) {
            (void)sched_yield();
            continue;
        }
        WT_CHECK_RESULT(w, guise_signal_set(guest), GUISE_OK);
        WT_CHECK(w, guise__wait_multiple(both, 2, true, 0, &which) != GUISE_E_INVALID_ARGUMENT);
        (void)atomic_fetch_add(&street->met, 1);
        guise_signal_unref(guest);
    }
}

static void look_around(struct wt *w)
{
    struct street *street = w->arg;

    for (uint32_t round = 0; !atomic_load(&street->over); round++) {
        guise_signal *which = NULL; /* only compared: it may be gone */
        guise_result result = guise_container_wait_any(street->container, round % 2, &which);

        WT_CHECK(w, result == GUISE_OK || result == GUISE_E_TIMEOUT);
        (void)atomic_fetch_add(&street->found, result == GUISE_OK && which != street->lamp);
        if (result == GUISE_OK && which == street->lamp) {
            WT_CHECK_RESULT(w, guise_signal_set(street->lamp), GUISE_OK);
            (void)sched_yield();
        }
    }
}

/* With and without a descriptor, which has to be closed too. */
static void live_once(struct street *street, unsigned round)
{
    guise_signal *guest;
    int fd;

    assert_ok(
        guise_signal_create(round % 2 == 0 ? GUISE_SIGNAL_AUTO : GUISE_SIGNAL_MANUAL, &guest));
    if (round % 4 < 2) {
        assert_ok(guise_signal_fd(guest, &fd));
    }
    assert_ok(guise_container_add(street->container, guest));
    guise_signal_unref(atomic_exchange(&street->guest, guise_signal_ref(guest)));
    for (unsigned i = 0; i < round % 8; i++) {
        (void)sched_yield();
    }
    assert_ok(guise_container_remove(street->container, guest));
    guise_signal_unref(guest);
}

/* The sanitizers say whether anything touches a signal that is gone. */
static void signals_end_when_they_are_removed(void **state)
{
    struct street street = {0};
    struct wt meeter, lookers[2];
    unsigned round = 0;

    (void)state;
    test_watchdog(8 * SECONDS);
    make_members(&street.container, &street.lamp, 1);
    assert_ok(guise_signal_set(street.lamp));
    wt_start(&meeter, meet_guests, &street);
    wt_start_all(lookers, 2, look_around, &street);
    while (round < LIVES || atomic_load(&street.met) < 50 || atomic_load(&street.found) < 20) {
        live_once(&street, round++);
    }
    atomic_store(&street.over, true);
    wt_join(&meeter);
    wt_join_all(lookers, 2);
    print_message("%u lives, %u met, %u found by waits\n", round, atomic_load(&street.met),
                  atomic_load(&street.found));
    guise_signal_unref(atomic_load(&street.guest));
    drop_members(street.container, &street.lamp, 1);
    test_watchdog(0);
}

/* ---- two removes of one signal ------------------------------------------------------------------ */

struct exit_door {
    guise_container *container;
    guise_signal *signal;
    struct wt_barrier open;
    atomic_uint removed, not_found;
};

enum { DOORS = 400, TIMES_IN = 3 };

static void remove_twice(struct wt *w)
{
    struct exit_door *door = w->arg;

    wt_barrier_wait(&door->open);
    for (unsigned i = 0; i < 2; i++) {
        guise_result result = guise_container_remove(door->container, door->signal);

        WT_CHECK(w, result == GUISE_OK || result == GUISE_E_NOT_FOUND);
        (void)atomic_fetch_add(result == GUISE_OK ? &door->removed : &door->not_found, 1);
    }
}

/* Y-22: it was added three times, so three of four removes find it. */
static void each_remove_takes_one(void **state)
{
    (void)state;
    test_watchdog(8 * SECONDS);
    for (unsigned round = 0; round < DOORS; round++) {
        struct exit_door door = {0};
        struct wt removers[2];

        make_members(&door.container, &door.signal, 1);
        for (unsigned i = 1; i < TIMES_IN; i++) {
            assert_ok(guise_container_add(door.container, door.signal));
        }
        wt_barrier_init(&door.open, 2);
        wt_start_all(removers, 2, remove_twice, &door);
        wt_join_all(removers, 2);
        assert_int_equal(atomic_load(&door.removed), TIMES_IN);
        assert_int_equal(atomic_load(&door.not_found), 1);
        assert_int_equal(atomic_load(&door.signal->refs), 1);
        drop_members(door.container, &door.signal, 1);
    }
    test_watchdog(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_and_a_wait_meet),
        cmocka_unit_test(no_look_misses_a_set),
        cmocka_unit_test(members_come_and_go),
        cmocka_unit_test(signals_end_when_they_are_removed),
        cmocka_unit_test(each_remove_takes_one),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
