/* SPDX-License-Identifier: MIT */
/*
 * Waits for any and for all of many signals: which waiter gets which signal, and what no thread
 * ever sees.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "support/child.h"
#include "support/wt.h"
#include "sync/signal.h"
#include "sync/wait_multiple.h"

enum { SECONDS = 20, LONG_TIME = 10000, SHORT_TIME = 20, COUNT = 3, YIELDS = 200 };

/* ---- things ---------------------------------------------------------------------------------- */

static guise_signal *make(guise_signal_kind kind)
{
    guise_signal *signal = NULL;

    assert_ok(guise_signal_create(kind, &signal));
    return signal;
}

static void make_all(guise_signal **signals, guise_signal_kind kind)
{
    for (unsigned i = 0; i < COUNT; i++) {
        signals[i] = make(kind);
    }
}

static void drop_all(guise_signal **signals)
{
    for (unsigned i = 0; i < COUNT; i++) {
        assert_null(signals[i]->waiters.first);
        assert_null(signals[i]->alls.first);
        guise_signal_unref(signals[i]);
    }
}

static unsigned word_of(const guise_signal *signal)
{
    return atomic_load(&signal->word);
}

static void check_wait(guise_signal *const *signals, size_t count, bool all, uint32_t timeout_ms,
                       guise_result expected, size_t expected_which)
{
    size_t which = 4711;

    assert_result(guise__wait_multiple(signals, count, all, timeout_ms, &which), expected);
    assert_int_equal(which, expected_which);
}

struct waiting {
    guise_signal **signals;
    size_t count;
    bool all;
    uint32_t timeout_ms;
    guise_result expected;
    size_t expected_which;
};

static void wait_for_many(struct wt *w)
{
    const struct waiting *it = w->arg;
    size_t which = 4711;

    WT_CHECK_RESULT(w,
                    guise__wait_multiple(it->signals, it->count, it->all, it->timeout_ms, &which),
                    it->expected);
    WT_CHECK(w, which == it->expected_which);
}

/* How many waiters of waits for any, or for this signal alone, are in its queue. */
static unsigned waiters_in(guise_signal *signal, bool any)
{
    unsigned count = 0;

    guise__signal_lock(signal);
    for (const struct guise__waiter *each = signal->waiters.first; each != NULL;
         each = each->next) {
        count += (each->claim != NULL) == any;
    }
    guise__signal_unlock(signal);
    return count;
}

static bool has_alls(guise_signal *signal)
{
    bool has;

    guise__signal_lock(signal);
    has = signal->alls.first != NULL;
    guise__signal_unlock(signal);
    return has;
}

static bool has_joined(guise_signal *signal, bool all)
{
    return all ? has_alls(signal) : waiters_in(signal, true) != 0;
}

/* Until all of them know of the wait. */
static void start_waiting(struct wt *w, struct waiting *it)
{
    wt_start(w, wait_for_many, it);
    for (size_t i = 0; i < it->count; i++) {
        while (!has_joined(it->signals[i], it->all)) {
            (void)sched_yield();
        }
    }
    if (it->all) { /* and it has looked for the last time: that was under this lock as well */
        guise_signal *third = make(GUISE_SIGNAL_MANUAL);
        guise_signal *pair[] = {third, it->signals[0]};

        check_wait(pair, 2, true, 0, GUISE_E_CALL_PENDING, 0);
        guise_signal_unref(third);
    }
}

/* ---- arguments ------------------------------------------------------------------------------- */

static void refused_arguments(void **state)
{
    guise_signal *signals[GUISE__WAIT_MULTIPLE_MAX + 1];

    (void)state;
    signals[0] = make(GUISE_SIGNAL_AUTO);
    for (unsigned i = 1; i <= GUISE__WAIT_MULTIPLE_MAX; i++) {
        signals[i] = signals[0];
    }
    assert_ok(guise_signal_set(signals[0]));
    check_wait(signals, 0, false, GUISE_INFINITE, GUISE_E_INVALID_ARGUMENT, 0);
    check_wait(signals, 0, true, GUISE_INFINITE, GUISE_E_INVALID_ARGUMENT, 0);
    check_wait(signals, GUISE__WAIT_MULTIPLE_MAX + 1, false, 0, GUISE_E_INVALID_ARGUMENT, 0);
    check_wait(signals, 2, true, 0, GUISE_E_INVALID_ARGUMENT, 0);
    check_wait(signals, GUISE__WAIT_MULTIPLE_MAX, true, GUISE_INFINITE, GUISE_E_INVALID_ARGUMENT,
               0);
    check_wait(signals, GUISE__WAIT_MULTIPLE_MAX, false, 0, GUISE_OK, 0);
    check_wait(signals, GUISE__WAIT_MULTIPLE_MAX, false, SHORT_TIME, GUISE_E_CALL_PENDING, 0);
    assert_int_equal(word_of(signals[0]), 0); /* no company is left */
    guise_signal_unref(signals[0]);
}

/* ---- any ------------------------------------------------------------------------------------- */

static void a_set_is_handed_to_the_wait(void **state)
{
    guise_signal *signals[COUNT];
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_AUTO);
    for (unsigned i = 0; i < COUNT; i++) {
        struct waiting any = {signals, COUNT, false, LONG_TIME, GUISE_OK, i};

        start_waiting(&w, &any);
        assert_ok(guise_signal_set(signals[i]));
        /* It is the waiter's already: no later thread can take it. */
        assert_result(guise_signal_wait(signals[i], 0), GUISE_E_CALL_PENDING);
        /* And the next one is not. */
        assert_ok(guise_signal_set(signals[(i + 1) % COUNT]));
        assert_ok(guise_signal_wait(signals[(i + 1) % COUNT], 0));
        wt_join(&w);
        assert_int_equal(word_of(signals[i]), 0);
    }
    drop_all(signals);
}

static void a_pulse_releases_waits_for_any(void **state)
{
    guise_signal *signals[COUNT];
    struct waiting any = {signals, COUNT, false, LONG_TIME, GUISE_OK, 1};
    struct wt w[2];

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_MANUAL);
    start_waiting(&w[0], &any);
    wt_start(&w[1], wait_for_many, &any);
    while (waiters_in(signals[COUNT - 1], true) != 2) {
        (void)sched_yield();
    }
    assert_ok(guise_signal_set(signals[1]));
    assert_ok(guise_signal_reset(signals[1]));
    wt_join_all(w, 2);
    drop_all(signals);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void the_last_set_takes_all(void **state)
{
    guise_signal *signals[COUNT];
    struct waiting all = {signals, COUNT, true, LONG_TIME, GUISE_OK, 0};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_AUTO);
    start_waiting(&w, &all);
    assert_ok(guise_signal_set(signals[0]));
    assert_ok(guise_signal_set(signals[1]));
    /* Not taken before its time. */
    assert_ok(guise_signal_wait(signals[0], 0));
    assert_ok(guise_signal_set(signals[2]));
    assert_ok(guise_signal_wait(signals[2], 0));
    assert_ok(guise_signal_set(signals[2]));
    assert_ok(guise_signal_set(signals[0]));
    /* All taken when the last set returns. */
    for (unsigned i = 0; i < COUNT; i++) {
        assert_result(guise_signal_wait(signals[i], 0), GUISE_E_CALL_PENDING);
    }
    wt_join(&w);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(word_of(signals[i]), 0);
    }
    drop_all(signals);
}

static void a_pulse_releases_a_wait_for_all(void **state)
{
    guise_signal *signals[COUNT];
    struct waiting all = {signals, COUNT, true, LONG_TIME, GUISE_OK, 0};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_MANUAL);
    for (unsigned last = 0; last < COUNT; last++) {
        start_waiting(&w, &all);
        for (unsigned i = 1; i <= COUNT; i++) {
            assert_ok(guise_signal_set(signals[(last + i) % COUNT]));
        }
        assert_ok(guise_signal_reset(signals[last]));
        wt_join(&w);
        for (unsigned i = 0; i < COUNT; i++) {
            assert_int_equal(word_of(signals[i]), i == last ? 0 : GUISE__SIGNAL_SET); /* Y-08 */
            assert_ok(guise_signal_reset(signals[i]));
        }
    }
    drop_all(signals);
}

/* One set, two waits that want it: one has it. */
static void two_waits_for_all_share_nothing(void **state)
{
    guise_signal *signals[COUNT];
    guise_signal *reversed[2];
    struct waiting first = {signals, 2, true, LONG_TIME, GUISE_OK, 0};
    struct waiting second = {reversed, 2, true, LONG_TIME, GUISE_OK, 0};
    struct wt w[2];

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_AUTO);
    reversed[0] = signals[1];
    reversed[1] = signals[0];
    start_waiting(&w[0], &first);
    wt_start(&w[1], wait_for_many, &second);
    for (unsigned round = 0; round < 2; round++) {
        assert_ok(guise_signal_set(signals[0]));
        assert_ok(guise_signal_set(signals[1]));
        while (round == 0 && (word_of(signals[0]) & GUISE__SIGNAL_SET) != 0) {
            (void)sched_yield();
        }
    }
    wt_join_all(w, 2);
    assert_int_equal(word_of(signals[0]), 0);
    assert_int_equal(word_of(signals[1]), 0);
    drop_all(signals);
}

/* Of one signal and of any of several: the first waiter gets it. */
static void first_come_first_served(void **state)
{
    guise_signal *signals[COUNT];
    struct waiting any = {signals, 2, false, LONG_TIME, GUISE_OK, 0};
    struct waiting one = {signals, 1, false, LONG_TIME, GUISE_OK, 0};
    struct wt w[2];

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_AUTO);
    for (unsigned first = 0; first < 2; first++) {
        wt_start(&w[first], wait_for_many, first == 0 ? &any : &one);
        while (
            !(first == 0 ? has_joined(signals[0], false) : (waiters_in(signals[0], false) != 0))) {
            (void)sched_yield();
        }
        wt_start(&w[1 - first], wait_for_many, first == 0 ? &one : &any);
        while (waiters_in(signals[0], true) == 0 || waiters_in(signals[0], false) == 0) {
            (void)sched_yield();
        }
        assert_ok(guise_signal_set(signals[0]));
        wt_join(&w[first]);
        assert_int_equal(waiters_in(signals[0], false), first == 0 ? 1 : 0);
        assert_ok(guise_signal_set(signals[0]));
        wt_join(&w[1 - first]);
    }
    drop_all(signals);
}

static void wait_for_the_second(struct wt *w)
{
    guise_signal **signals = w->arg;

    WT_CHECK_RESULT(w, guise_signal_wait(signals[1], LONG_TIME), GUISE_OK);
}

/* Y-05: a wait for any that has ended, but is in the queue still, is passed over. The set goes to the
 * next waiter in the queue. */
static void an_ended_wait_is_passed_over(void **state)
{
    guise_signal *signals[COUNT];
    struct waiting any = {signals, COUNT, false, LONG_TIME, GUISE_OK, 2};
    struct wt w[2];

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_AUTO);
    start_waiting(&w[0], &any);
    wt_start(&w[1], wait_for_the_second, signals);
    while (waiters_in(signals[1], false) == 0) {
        (void)sched_yield();
    }
    guise__signal_lock(signals[0]); /* the wait for any gets no further out of the queues */
    assert_ok(guise_signal_set(signals[2]));
    assert_int_equal(waiters_in(signals[1], true), 1);
    assert_ok(guise_signal_set(signals[1]));
    assert_int_equal(word_of(signals[1]) & GUISE__SIGNAL_SET, 0);
    wt_join(&w[1]);
    guise__signal_unlock(signals[0]);
    wt_join(&w[0]);
    drop_all(signals);
}

/* Y-07: a set ends the wait for any before the wait has joined all its signals. It takes none of
 * those it joins after that. */
static void a_wait_that_ends_while_it_joins_takes_one(void **state)
{
    guise_signal *signals[COUNT];
    struct waiting any = {signals, COUNT, false, LONG_TIME, GUISE_OK, 0};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_AUTO);
    guise__signal_lock(signals[1]); /* the wait joins the first signal only */
    wt_start(&w, wait_for_many, &any);
    while (waiters_in(signals[0], true) == 0) {
        (void)sched_yield();
    }
    assert_ok(guise_signal_set(signals[0]));
    assert_ok(guise_signal_set(signals[1])); /* without the lock, because it has no listeners */
    guise__signal_unlock(signals[1]);
    wt_join(&w);
    assert_int_equal(word_of(signals[1]), GUISE__SIGNAL_SET);
    drop_all(signals);
}

/* A waiter for all takes nothing from other waiters. */
static void a_wait_for_all_goes_last(void **state)
{
    guise_signal *signals[COUNT], *pair[2];
    struct waiting all = {pair, 2, true, LONG_TIME, GUISE_OK, 0};
    struct waiting any = {signals, 2, false, LONG_TIME, GUISE_OK, 0};
    struct wt w[2];

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_AUTO);
    pair[0] = signals[0];
    pair[1] = signals[2];
    assert_ok(guise_signal_set(signals[2]));
    start_waiting(&w[0], &all);
    start_waiting(&w[1], &any);
    assert_ok(guise_signal_set(signals[0]));
    wt_join(&w[1]);
    assert_int_equal(word_of(signals[2]) & GUISE__SIGNAL_SET, GUISE__SIGNAL_SET);
    assert_ok(guise_signal_set(signals[0]));
    wt_join(&w[0]);
    assert_int_equal(word_of(signals[2]), 0);
    drop_all(signals);
}

static bool is_readable(guise_signal *signal)
{
    bool raised;

    guise__signal_lock(signal);
    raised = signal->raised;
    guise__signal_unlock(signal);
    return raised;
}

static void descriptors_follow(void **state)
{
    guise_signal *signals[COUNT];
    int fd;

    (void)state;
    make_all(signals, GUISE_SIGNAL_AUTO);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_ok(guise_signal_fd(signals[i], &fd));
        assert_ok(guise_signal_set(signals[i]));
        assert_true(signals[i]->raised);
    }
    check_wait(signals, COUNT, true, 0, GUISE_OK, 0);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_false(signals[i]->raised);
    }
    assert_ok(guise_signal_set(signals[1]));
    check_wait(signals, COUNT, false, 0, GUISE_OK, 1);
    assert_false(signals[1]->raised);
    assert_false(is_readable(signals[0]));
    drop_all(signals);
}

/* ---- what is undecided ----------------------------------------------------------------------- */

/* As a wait for all has it while it makes up its mind; ends with let_go. */
static void hold(guise_signal *signal)
{
    guise__tentative_lock();
    assert_true(guise__signal_take_tentatively(signal));
    assert_int_equal(word_of(signal) & ~GUISE__SIGNAL_HAS_EVENT,
                     GUISE__SIGNAL_TENTATIVE | GUISE__SIGNAL_HAS_LISTENERS);
    assert_int_equal(guise__signal_try(signal), GUISE__TRY_TENTATIVE);
}

static void let_go(guise_signal *signal, bool taken)
{
    struct guise__waiters woken = {NULL, NULL};

    guise__signal_resolve(signal, taken, &woken);
    guise__tentative_unlock();
    guise__waiters_release(&woken);
}

struct asker {
    guise_signal *signal;
    guise_container *container;
    atomic_bool asking;
    guise_result result;
};

static void ask_signal(struct wt *w)
{
    struct asker *asker = w->arg;

    atomic_store(&asker->asking, true);
    asker->result = guise_signal_wait(asker->signal, 0);
}

static void ask_container(struct wt *w)
{
    struct asker *asker = w->arg;
    guise_signal *which;

    atomic_store(&asker->asking, true);
    asker->result = guise_container_wait_any(asker->container, 0, &which);
}

static void ask_with_others(struct wt *w)
{
    struct asker *asker = w->arg;
    guise_signal *twice[] = {asker->signal, asker->signal};
    size_t which;

    atomic_store(&asker->asking, true);
    asker->result = guise__wait_multiple(twice, 2, false, 0, &which);
}

/* Its time is over long before the decision. */
static void wait_for_short(struct wt *w)
{
    struct asker *asker = w->arg;

    atomic_store(&asker->asking, true);
    asker->result = guise_signal_wait(asker->signal, 1);
}

static void ask_to_reset(struct wt *w)
{
    struct asker *asker = w->arg;

    atomic_store(&asker->asking, true);
    asker->result = guise_signal_reset(asker->signal);
}

static guise_result ask_while_held(wt_fn *ask, guise_signal *signal, bool taken)
{
    struct asker asker = {.signal = signal};
    struct wt w;

    assert_ok(guise_container_create(&asker.container));
    assert_ok(guise_container_add(asker.container, signal));
    atomic_init(&asker.asking, false);
    assert_ok(guise_signal_set(signal));
    hold(signal);
    wt_start(&w, ask, &asker);
    while (!atomic_load(&asker.asking)) {
        (void)sched_yield();
    }
    for (unsigned i = 0; i < YIELDS; i++) { /* time to give a wrong answer */
        (void)sched_yield();
    }
    let_go(signal, taken);
    wt_join(&w);
    guise_container_unref(asker.container);
    return asker.result;
}

static void ask_to_set(struct wt *w)
{
    struct asker *asker = w->arg;

    atomic_store(&asker->asking, true);
    asker->result = guise_signal_set(asker->signal);
}

/* All were set when the attempt began; one is gone before its turn comes. */
static void what_is_taken_meanwhile_is_not_had(void **state)
{
    guise_signal *signals[COUNT];
    struct waiting it = {signals, COUNT, true, 0, GUISE_E_CALL_PENDING, 0};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    make_all(signals, GUISE_SIGNAL_AUTO);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_ok(guise_signal_set(signals[i]));
    }
    guise__signal_lock(signals[1]); /* the attempt gets no further */
    wt_start(&w, wait_for_many, &it);
    while ((word_of(signals[0]) & GUISE__SIGNAL_TENTATIVE) == 0) {
        (void)sched_yield();
    }
    assert_ok(guise_signal_wait(signals[1], 0));
    guise__signal_unlock(signals[1]);
    wt_join(&w);
    assert_int_equal(word_of(signals[0]), GUISE__SIGNAL_SET);
    assert_int_equal(word_of(signals[1]), 0);
    assert_int_equal(word_of(signals[2]), GUISE__SIGNAL_SET);
    drop_all(signals);
}

static void nobody_calls_a_held_signal_clear(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);

    (void)state;
    test_watchdog(SECONDS);
    assert_ok(ask_while_held(ask_signal, signal, false));
    assert_result(ask_while_held(ask_signal, signal, true), GUISE_E_CALL_PENDING);
    assert_ok(ask_while_held(wait_for_short, signal, false));
    assert_result(ask_while_held(wait_for_short, signal, true), GUISE_E_CALL_PENDING);
    assert_ok(ask_while_held(ask_container, signal, false));
    assert_result(ask_while_held(ask_container, signal, true), GUISE_E_TIMEOUT);
    assert_ok(ask_while_held(ask_with_others, signal, false));
    assert_result(ask_while_held(ask_with_others, signal, true), GUISE_E_CALL_PENDING);
    assert_ok(ask_while_held(ask_to_set, signal, true));
    assert_ok(guise_signal_wait(signal, 0)); /* set after it was taken */
    assert_ok(ask_while_held(ask_to_set, signal, false));
    assert_ok(guise_signal_wait(signal, 0));
    assert_ok(ask_while_held(ask_to_reset, signal, false));
    assert_result(guise_signal_wait(signal, 0), GUISE_E_CALL_PENDING);
    assert_int_equal(word_of(signal), 0);
    guise_signal_unref(signal);
}

static unsigned refs_of(guise_signal *signal)
{
    return atomic_load(&signal->refs);
}

/* Y-22: a look that waits for the decision takes nothing that was removed meanwhile. */
static void what_is_removed_undecided_is_not_had(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO), *other = make(GUISE_SIGNAL_AUTO);
    struct asker asker = {.signal = signal, .result = GUISE_OK};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    assert_ok(guise_container_create(&asker.container));
    assert_ok(guise_container_add(asker.container, signal));
    assert_ok(guise_container_add(asker.container, other));
    assert_ok(guise_signal_set(signal));
    hold(signal);
    wt_start(&w, ask_container, &asker);
    while (refs_of(signal) != 3) { /* it has seen that it is undecided */
        (void)sched_yield();
    }
    assert_ok(guise_container_remove(asker.container, signal));
    let_go(signal, false);
    wt_join(&w);
    assert_result(asker.result, GUISE_E_TIMEOUT);
    assert_int_equal(refs_of(signal), 1);
    assert_int_equal(word_of(signal), GUISE__SIGNAL_SET);
    guise_container_unref(asker.container);
    guise_signal_unref(signal);
    guise_signal_unref(other);
}

/* The wait for all puts it back; the reset comes after that, and its descriptor with it. */
static void a_reset_of_a_held_signal_lowers_its_descriptor(void **state)
{
    static const guise_signal_kind kinds[] = {GUISE_SIGNAL_MANUAL, GUISE_SIGNAL_AUTO};

    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < 4; i++) {
        guise_signal *signal = make(kinds[i % 2]);
        struct pollfd fd = {.events = POLLIN};

        assert_ok(guise_signal_fd(signal, &fd.fd));
        assert_ok(ask_while_held(ask_to_reset, signal, i / 2 == 1));
        assert_result(guise_signal_wait(signal, 0), GUISE_E_CALL_PENDING);
        assert_false(signal->raised);
        assert_int_equal(poll(&fd, 1, 0), 0);
        assert_ok(guise_signal_set(signal));
        assert_int_equal(poll(&fd, 1, 0), 1);
        guise_signal_unref(signal);
    }
}

/* As above, by a container's wait that took it when it was put back. */
static void a_held_signal_that_a_container_takes_lowers_its_descriptor(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    int fd;

    (void)state;
    test_watchdog(SECONDS);
    assert_ok(guise_signal_fd(signal, &fd));
    assert_ok(ask_while_held(ask_container, signal, false));
    assert_false(signal->raised);
    assert_int_equal(refs_of(signal), 1);
    guise_signal_unref(signal);
}

static bool is_waited_for(guise_signal *signal)
{
    return waiters_in(signal, false) != 0 || waiters_in(signal, true) != 0;
}

/* A thread that queues while it is held gets it if it is put back, and goes on waiting if it was
 * taken. */
static void check_queued_while_held(guise_signal_kind kind, size_t count, bool taken)
{
    guise_signal *signals[] = {make(kind), make(kind)};
    struct waiting any = {signals, count, false, LONG_TIME, GUISE_OK, 0};
    struct wt w;

    assert_ok(guise_signal_set(signals[0]));
    hold(signals[0]);
    wt_start(&w, wait_for_many, &any);
    while (!is_waited_for(signals[0])) {
        (void)sched_yield();
    }
    let_go(signals[0], taken);
    if (taken) {
        assert_true(is_waited_for(signals[0]));
        assert_ok(guise_signal_set(signals[0]));
    }
    wt_join(&w);
    assert_int_equal(word_of(signals[0]), kind == GUISE_SIGNAL_AUTO ? 0 : GUISE__SIGNAL_SET);
    guise_signal_unref(signals[0]);
    guise_signal_unref(signals[1]);
}

static void who_queues_for_a_held_signal_is_told(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    check_queued_while_held(GUISE_SIGNAL_AUTO, 1, false);
    check_queued_while_held(GUISE_SIGNAL_AUTO, 1, true);
    check_queued_while_held(GUISE_SIGNAL_AUTO, 2, false);
    check_queued_while_held(GUISE_SIGNAL_AUTO, 2, true);
    check_queued_while_held(GUISE_SIGNAL_MANUAL, 1, false);
    check_queued_while_held(GUISE_SIGNAL_MANUAL, 2, false);
}

static void a_held_signal_keeps_its_descriptor_up(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    int fd;

    (void)state;
    assert_ok(guise_signal_fd(signal, &fd));
    assert_ok(guise_signal_set(signal));
    hold(signal);
    assert_true(is_readable(signal));
    let_go(signal, true);
    assert_false(is_readable(signal));
    guise_signal_unref(signal);
}

static void wait_in_container(struct wt *w)
{
    struct asker *asker = w->arg;
    guise_signal *which;

    atomic_store(&asker->asking, true);
    WT_CHECK_RESULT(w, guise_container_wait_any(asker->container, LONG_TIME, &which), GUISE_OK);
}

/* The container's wait looks at it, cannot take it, and is told. */
static void what_is_put_back_reaches_containers(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    struct asker asker = {.signal = signal};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    assert_ok(guise_container_create(&asker.container));
    assert_ok(guise_container_add(asker.container, signal));
    wt_start(&w, wait_in_container, &asker);
    while (!atomic_load(&asker.asking)) {
        (void)sched_yield();
    }
    /* Whether it sleeps or has yet to look: set and taken tentatively in one step, and restored. */
    guise__tentative_lock();
    (void)atomic_fetch_or(&signal->word, GUISE__SIGNAL_TENTATIVE);
    let_go(signal, false);
    wt_join(&w);
    assert_int_equal(word_of(signal) & (GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE), 0);
    guise_container_unref(asker.container);
    guise_signal_unref(signal);
}

struct never_clear {
    guise_signal *set, *flickering;
    guise_container *container;
    atomic_bool over;
    atomic_uint taken, pending;
};

static void take_both(struct wt *w)
{
    struct never_clear *it = w->arg;
    guise_signal *both[] = {it->set, it->flickering};
    size_t which;

    while (!atomic_load(&it->over)) {
        guise_result result = guise__wait_multiple(both, 2, true, 0, &which);

        (void)atomic_fetch_add(result == GUISE_OK ? &it->taken : &it->pending, 1);
        WT_CHECK(w, result == GUISE_OK || result == GUISE_E_CALL_PENDING);
    }
}

static void flicker(struct wt *w)
{
    struct never_clear *it = w->arg;

    while (!atomic_load(&it->over)) {
        WT_CHECK_RESULT(w, guise_signal_set(it->flickering), GUISE_OK);
        (void)sched_yield();
        WT_CHECK_RESULT(w, guise_signal_reset(it->flickering), GUISE_OK);
    }
}

/* A manual signal that is not reset is set for all waiters, even if one of them needs another
 * signal too. */
static void a_set_signal_never_looks_clear(void **state)
{
    struct never_clear it = {make(GUISE_SIGNAL_MANUAL), make(GUISE_SIGNAL_AUTO), NULL, false, 0, 0};
    struct wt w[3];

    (void)state;
    test_watchdog(3 * SECONDS);
    assert_ok(guise_container_create(&it.container));
    assert_ok(guise_container_add(it.container, it.set));
    assert_ok(guise_signal_set(it.set));
    wt_start(&w[0], take_both, &it);
    wt_start(&w[1], take_both, &it);
    wt_start(&w[2], flicker, &it);
    for (unsigned round = 0;
         round < 20000 || atomic_load(&it.taken) < 100 || atomic_load(&it.pending) < 100; round++) {
        guise_signal *which, *twice[] = {it.flickering, it.set};
        size_t index;

        assert_ok(guise_signal_wait(it.set, 0));
        assert_ok(guise_container_wait_any(it.container, 0, &which));
        assert_ok(guise__wait_multiple(twice, 2, false, 0, &index));
    }
    atomic_store(&it.over, true);
    wt_join_all(w, 3);
    guise_container_unref(it.container);
    guise_signal_unref(it.set);
    guise_signal_unref(it.flickering);
}

/* ---- fork ------------------------------------------------------------------------------------ */

struct family {
    guise_signal *signals[COUNT];
    guise_container *container;
};

/* The parent's thread that held it is not here. */
static void child_asks_for_what_was_held(void *arg)
{
    struct family *family = arg;

    CHILD_CHECK(guise__signal_try(family->signals[0]) == GUISE__TRY_TENTATIVE);
    CHILD_CHECK_RESULT(guise_signal_wait(family->signals[0], 0), GUISE_OK);
    CHILD_CHECK_RESULT(guise_signal_wait(family->signals[0], 0), GUISE_E_CALL_PENDING);
}

static void child_asks_a_container(void *arg)
{
    struct family *family = arg;
    guise_signal *which;

    CHILD_CHECK_RESULT(guise_container_wait_any(family->container, LONG_TIME, &which), GUISE_OK);
    CHILD_CHECK(which == family->signals[0]);
}

static void child_resets(void *arg)
{
    struct family *family = arg;

    CHILD_CHECK_RESULT(guise_signal_reset(family->signals[0]), GUISE_OK);
    CHILD_CHECK_RESULT(guise_signal_wait(family->signals[0], 0), GUISE_E_CALL_PENDING);
}

static void child_takes_all(void *arg)
{
    struct family *family = arg;
    size_t which;

    CHILD_CHECK_RESULT(guise_signal_set(family->signals[1]), GUISE_OK);
    CHILD_CHECK_RESULT(guise__wait_multiple(family->signals, 2, true, 0, &which), GUISE_OK);
    CHILD_CHECK_RESULT(guise_signal_wait(family->signals[0], 0), GUISE_E_CALL_PENDING);
}

static void a_child_decides_itself(void **state)
{
    struct family family;

    (void)state;
    make_all(family.signals, GUISE_SIGNAL_AUTO);
    assert_ok(guise_container_create(&family.container));
    assert_ok(guise_container_add(family.container, family.signals[0]));
    assert_ok(guise_signal_set(family.signals[0]));
    hold(family.signals[0]);
    assert_child_passes(child_asks_for_what_was_held, &family);
    assert_child_passes(child_asks_a_container, &family);
    assert_child_passes(child_resets, &family);
    assert_child_passes(child_takes_all, &family);
    let_go(family.signals[0], false);
    assert_ok(guise_signal_wait(family.signals[0], 0));
    guise_container_unref(family.container);
    drop_all(family.signals);
}

/* The parent's waits are on stacks of threads that do not exist here. */
static void child_sets(void *arg)
{
    struct family *family = arg;

    for (unsigned i = 0; i < COUNT; i++) {
        CHILD_CHECK_RESULT(guise_signal_set(family->signals[i]), GUISE_OK);
        CHILD_CHECK(family->signals[i]->waiters.first == NULL);
        CHILD_CHECK(family->signals[i]->alls.first == NULL);
    }
    for (unsigned i = 0; i < COUNT; i++) { /* not taken */
        CHILD_CHECK_RESULT(guise_signal_wait(family->signals[i], 0), GUISE_OK);
    }
}

static void a_child_knows_no_waits(void **state)
{
    struct family family;
    struct waiting any = {family.signals, COUNT, false, LONG_TIME, GUISE_OK, 0};
    struct waiting all = {family.signals, COUNT, true, LONG_TIME, GUISE_OK, 0};
    struct wt w[2];

    (void)state;
    test_watchdog(SECONDS);
    make_all(family.signals, GUISE_SIGNAL_AUTO);
    start_waiting(&w[0], &all);
    start_waiting(&w[1], &any);
    assert_child_passes(child_sets, &family);
    assert_ok(guise_signal_set(family.signals[0])); /* any */
    for (unsigned i = 0; i < COUNT; i++) {
        assert_ok(guise_signal_set(family.signals[i]));
    }
    wt_join_all(w, 2);
    drop_all(family.signals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_arguments),
        cmocka_unit_test(a_set_is_handed_to_the_wait),
        cmocka_unit_test(a_pulse_releases_waits_for_any),
        cmocka_unit_test(the_last_set_takes_all),
        cmocka_unit_test(a_pulse_releases_a_wait_for_all),
        cmocka_unit_test(two_waits_for_all_share_nothing),
        cmocka_unit_test(first_come_first_served),
        cmocka_unit_test(an_ended_wait_is_passed_over),
        cmocka_unit_test(a_wait_that_ends_while_it_joins_takes_one),
        cmocka_unit_test(a_wait_for_all_goes_last),
        cmocka_unit_test(descriptors_follow),
        cmocka_unit_test(what_is_taken_meanwhile_is_not_had),
        cmocka_unit_test(nobody_calls_a_held_signal_clear),
        cmocka_unit_test(what_is_removed_undecided_is_not_had),
        cmocka_unit_test(a_reset_of_a_held_signal_lowers_its_descriptor),
        cmocka_unit_test(a_held_signal_that_a_container_takes_lowers_its_descriptor),
        cmocka_unit_test(who_queues_for_a_held_signal_is_told),
        cmocka_unit_test(a_held_signal_keeps_its_descriptor_up),
        cmocka_unit_test(what_is_put_back_reaches_containers),
        cmocka_unit_test(a_set_signal_never_looks_clear),
        cmocka_unit_test(a_child_decides_itself),
        cmocka_unit_test(a_child_knows_no_waits),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
