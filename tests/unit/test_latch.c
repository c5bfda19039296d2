/* SPDX-License-Identifier: MIT */
/*
 * Waits that are released at the very moment when their time is over, for one signal, a container,
 * any and all of many. The latch is the test's: it says that the time is over when the set has just
 * been made. Also the deadline that a wait asks for, and a latch with an opener on an unknown CPU.
 */
#define _GNU_SOURCE
#include "support/kept.h"

#include <sched.h>
#include <stdatomic.h>

#include "port/port.h"
#include "sync/wait_multiple.h"

static unsigned s_cpu = GUISE__CPU_UNKNOWN;

static unsigned fake_cpu(void)
{
    return s_cpu;
}

/* The file itself, not its object from the library. */
#define guise__latch_wait real_latch_wait
#define guise__latch_open real_latch_open
#define guise__cpu fake_cpu
#include "base/latch.c"
#undef guise__latch_wait
#undef guise__latch_open
#undef guise__cpu

bool guise__latch_wait(atomic_uint *latch, const struct timespec *deadline);
void guise__latch_open(atomic_uint *latch);

#include <guise/guise.h>

#include "support/wt.h"
#include "sync/signal.h"

enum { SECONDS = 20, COUNT = 3, TIME = 60000 };

/* ---- the latch ------------------------------------------------------------------------------- */

static struct {
    void (*meanwhile)(void); /* before the time is over; NULL: as the clock says */
    unsigned timed, endless; /* waits so far */
    struct timespec deadline;
} s_latch;

static void nothing(void)
{
}

static void on_time_out(void (*meanwhile)(void))
{
    memset(&s_latch, 0, sizeof s_latch);
    s_latch.meanwhile = meanwhile;
}

bool guise__latch_wait(atomic_uint *latch, const struct timespec *deadline)
{
    if (deadline == NULL) {
        s_latch.endless++;
        return real_latch_wait(latch, NULL);
    }
    s_latch.timed++;
    s_latch.deadline = *deadline;
    if (s_latch.meanwhile == NULL) {
        return real_latch_wait(latch, deadline);
    }
    s_latch.meanwhile();
    return false;
}

void guise__latch_open(atomic_uint *latch)
{
    real_latch_open(latch);
}

/* ---- things ---------------------------------------------------------------------------------- */

static guise_signal *s_signals[COUNT];

static void make_all(guise_signal_kind kind)
{
    for (unsigned i = 0; i < COUNT; i++) {
        assert_ok(guise_signal_create(kind, &s_signals[i]));
    }
}

static void drop_all(void)
{
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(atomic_load(&s_signals[i]->refs), 1);
        assert_null(s_signals[i]->waiters.first);
        assert_null(s_signals[i]->alls.first);
        guise_signal_unref(s_signals[i]);
    }
}

static bool is_set(unsigned i)
{
    return (atomic_load(&s_signals[i]->word) & (GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE)) != 0;
}

static void set_second(void)
{
    (void)guise_signal_set(s_signals[1]);
}

static void pulse_second(void)
{
    (void)guise_signal_set(s_signals[1]);
    (void)guise_signal_reset(s_signals[1]);
}

static void set_all(void)
{
    for (unsigned i = 0; i < COUNT; i++) {
        (void)guise_signal_set(s_signals[i]);
    }
}

/* The wait has them all, but is still in their lists: these are not for it. */
static void set_all_twice(void)
{
    set_all();
    set_all();
}

/* Released in the end, and gone only when the latch was open: the setter held on to it till then. */
static void assert_released(void)
{
    assert_int_equal(s_latch.timed, 1);
    assert_int_equal(s_latch.endless, 1);
}

/* ---- released at the last moment ------------------------------------------------------------- */

/* Y-02, Y-05, Y-07: a set is not lost, and an auto signal is not set for another one too. */
static void a_wait_for_one(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < 4; i++) {
        make_all(i < 2 ? GUISE_SIGNAL_AUTO : GUISE_SIGNAL_MANUAL);
        on_time_out(i % 2 == 0 ? set_second : pulse_second);
        assert_kept_ok(guise_signal_wait(s_signals[1], TIME));
        assert_released();
        assert_true(is_set(1) == (i == 2));
        drop_all();
    }
}

static void a_wait_of_a_container(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < 4; i++) {
        guise_signal *which = NULL;
        guise_container *container;

        make_all(i < 2 ? GUISE_SIGNAL_AUTO : GUISE_SIGNAL_MANUAL);
        assert_ok(guise_container_create(&container));
        assert_ok(guise_container_add(container, s_signals[0]));
        assert_ok(guise_container_add(container, s_signals[1]));
        on_time_out(i % 2 == 0 ? set_second : pulse_second);
        assert_kept_ok(guise_container_wait_any(container, TIME, &which));
        assert_ptr_equal(which, s_signals[1]);
        assert_released();
        assert_true(is_set(1) == (i == 2));
        guise_container_unref(container);
        drop_all();
    }
}

static void a_wait_for_any(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < 4; i++) {
        size_t which = 4711;

        make_all(i < 2 ? GUISE_SIGNAL_AUTO : GUISE_SIGNAL_MANUAL);
        on_time_out(i % 2 == 0 ? set_second : pulse_second);
        assert_ok(guise__wait_multiple(s_signals, COUNT, false, TIME, &which));
        assert_int_equal(which, 1);
        assert_released();
        assert_true(is_set(1) == (i == 2));
        drop_all();
    }
}

static void a_wait_for_all(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < 4; i++) {
        bool automatic = i < 2, twice = i % 2 == 1;
        size_t which = 4711;

        make_all(automatic ? GUISE_SIGNAL_AUTO : GUISE_SIGNAL_MANUAL);
        on_time_out(twice ? set_all_twice : set_all);
        assert_ok(guise__wait_multiple(s_signals, COUNT, true, TIME, &which));
        assert_released();
        for (unsigned k = 0; k < COUNT; k++) {
            assert_true(is_set(k) == (!automatic || twice));
        }
        drop_all();
    }
}

/* Y-02: nothing came, nothing is taken: what is set later is for the next. */
static void waits_that_nothing_met(void **state)
{
    guise_signal *which;
    guise_container *container;
    size_t index;

    (void)state;
    test_watchdog(SECONDS);
    make_all(GUISE_SIGNAL_AUTO);
    assert_ok(guise_container_create(&container));
    assert_ok(guise_container_add(container, s_signals[0]));
    on_time_out(nothing);
    assert_kept(guise_signal_wait(s_signals[0], TIME), GUISE_E_CALL_PENDING);
    assert_kept(guise_container_wait_any(container, TIME, &which), GUISE_E_TIMEOUT);
    assert_result(guise__wait_multiple(s_signals, COUNT, false, TIME, &index),
                  GUISE_E_CALL_PENDING);
    assert_ok(guise_signal_set(s_signals[1])); /* one of all is not taken */
    assert_result(guise__wait_multiple(s_signals, COUNT, true, TIME, &index), GUISE_E_CALL_PENDING);
    assert_int_equal(s_latch.timed, 4);
    assert_int_equal(s_latch.endless, 0);
    assert_true(!is_set(0) && is_set(1));
    assert_ok(guise_signal_set(s_signals[0]));
    assert_true(is_set(0));
    guise_container_unref(container);
    drop_all();
}

/* ---- between giving up and leaving ------------------------------------------------------------- */

static atomic_bool s_waiting, s_go;
static bool s_is_handed;

/* On the waiter's thread: until the test holds the first signal's lock. */
static void time_is_over(void)
{
    atomic_store(&s_waiting, true);
    while (!atomic_load(&s_go)) {
        (void)sched_yield();
    }
    if (s_is_handed) {
        (void)guise_signal_set(s_signals[2]);
    }
}

static void wait_for_any_of_all(struct wt *w)
{
    size_t which = 4711;

    WT_CHECK_RESULT(w, guise__wait_multiple(s_signals, COUNT, false, TIME, &which), GUISE_OK);
    WT_CHECK(w, which == (s_is_handed ? 2 : 1));
}

static bool sleeps_on_lock_of(guise_signal *signal)
{
    return (atomic_load(&signal->lock.word) & GUISE__LOCK_AWAITED) != 0;
}

/* The wait is over, but not out of the lists: a set that meets it there goes by, and does not find its
 * lock held. Without a signal yet, the wait looks once more and has that one. */
static void set_while_it_leaves(bool handed)
{
    struct wt w;

    make_all(GUISE_SIGNAL_AUTO);
    s_is_handed = handed;
    atomic_store(&s_waiting, false);
    atomic_store(&s_go, false);
    on_time_out(time_is_over);
    wt_start(&w, wait_for_any_of_all, NULL);
    while (!atomic_load(&s_waiting)) {
        (void)sched_yield();
    }
    guise__signal_lock(s_signals[0]);
    atomic_store(&s_go, true);
    while (!sleeps_on_lock_of(s_signals[0])) {
        (void)sched_yield();
    }
    assert_ok(guise_signal_set(s_signals[1]));
    assert_true(is_set(1));
    guise__signal_unlock(s_signals[0]);
    wt_join(&w);
    assert_true(is_set(1) == handed && !is_set(2));
    drop_all();
}

static void a_set_meets_a_wait_that_is_over(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    set_while_it_leaves(false);
    set_while_it_leaves(true);
}

/* ---- deadlines ------------------------------------------------------------------------------- */

static guise_call *make_call(void)
{
    guise_token_desc who = {.size = sizeof who,
                            .name = "alice",
                            .uid = 50001,
                            .gid = 50001,
                            .level = GUISE_LEVEL_IMPERSONATE};
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_service = GUISE_AUTHN_SERVICE_KERNEL,
                             .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_context *context;
    guise_token *token;
    guise_call *call;

    assert_ok(guise_token_create(&who, &token));
    assert_ok(guise_context_create(&blanket, token, &context));
    assert_ok(guise_call_create(context, &call));
    guise_token_unref(token);
    guise_context_unref(context);
    return call;
}

static int64_t ns_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

enum wait { ONE, CONTAINER, ANY, ALL, CALL, WAITS };

static guise_result wait_by(enum wait wait, guise_container *container, guise_call *call,
                            uint32_t timeout_ms)
{
    guise_signal *which;
    size_t index;

    switch (wait) {
    case ONE:
        return guise_signal_wait(s_signals[0], timeout_ms);
    case CONTAINER:
        return guise_container_wait_any(container, timeout_ms, &which);
    case CALL:
        return guise_call_wait(call, timeout_ms);
    case ANY:
    case ALL:
    case WAITS:
        break;
    }
    return guise__wait_multiple(s_signals, COUNT, wait == ALL, timeout_ms, &index);
}

/* Y-02: next to 2^31 and 2^32 too, where a number that is too small would come back at once. */
static void far_deadlines_are_far(void **state)
{
    static const uint32_t s_far[] = {1,           999,         1000,        0x7FFFFFFF,
                                     0x80000000u, 0xFFFFFFFDu, 0xFFFFFFFEu, GUISE_INFINITE - 1};
    guise_container *container;
    guise_call *call = make_call();

    (void)state;
    test_watchdog(SECONDS);
    make_all(GUISE_SIGNAL_AUTO);
    assert_ok(guise_container_create(&container));
    assert_ok(guise_container_add(container, s_signals[0]));
    on_time_out(nothing);
    for (unsigned i = 0; i < WAITS * sizeof s_far / sizeof s_far[0]; i++) {
        uint32_t timeout = s_far[i / WAITS];
        struct timespec before, after;

        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &before), 0);
        assert_result(wait_by((enum wait)(i % WAITS), container, call, timeout),
                      i % WAITS == CONTAINER ? GUISE_E_TIMEOUT : GUISE_E_CALL_PENDING);
        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &after), 0);
        assert_int_equal(s_latch.timed, i + 1);
        assert_true(ns_of(&s_latch.deadline) >= ns_of(&before) + (int64_t)timeout * 1000000);
        assert_true(ns_of(&s_latch.deadline) <= ns_of(&after) + (int64_t)timeout * 1000000);
        assert_true(s_latch.deadline.tv_nsec >= 0 && s_latch.deadline.tv_nsec < 1000000000);
    }
    guise_call_unref(call);
    guise_container_unref(container);
    drop_all();
}

static void wait_without_end(struct wt *w)
{
    WT_CHECK_RESULT(w, guise_signal_wait(s_signals[0], GUISE_INFINITE), GUISE_OK);
}

/* GUISE_INFINITE has none. */
static void no_deadline_at_all(void **state)
{
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    make_all(GUISE_SIGNAL_AUTO);
    on_time_out(nothing);
    wt_start(&w, wait_without_end, NULL);
    assert_ok(guise_signal_set(s_signals[0])); /* before it waits, or after */
    wt_join(&w);
    assert_int_equal(s_latch.timed, 0);
    drop_all();
}

/* ---- where the opener ran --------------------------------------------------------------------- */

/* A processor that does not fit is not known; the latch is open all the same. */
static void openers_anywhere(void **state)
{
    static const struct {
        unsigned cpu, opener;
    } s_cases[] = {{0, 1},
                   {7, 8},
                   {(UINT_MAX >> CPU_SHIFT) - 1, UINT_MAX >> CPU_SHIFT},
                   {UINT_MAX >> CPU_SHIFT, 0},
                   {UINT_MAX - 1, 0},
                   {GUISE__CPU_UNKNOWN, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof s_cases / sizeof s_cases[0]; i++) {
        atomic_uint latch = SHUT;

        s_cpu = s_cases[i].cpu;
        real_latch_open(&latch);
        assert_int_equal(atomic_load(&latch), s_cases[i].opener << CPU_SHIFT | OPEN);
        assert_true(real_latch_wait(&latch, NULL));
        assert_int_equal(tl_habit.opener, s_cases[i].opener);
    }
    s_cpu = GUISE__CPU_UNKNOWN;
}

/* How long a thread looks goes by the last opener's processor and by how often looking was in vain. */
static void looking_is_for_as_long_as_is_worth_it(void **state)
{
    static const struct {
        unsigned before, after;
        bool is_long;
    } futile[] = {{0, 1, true},
                  {SPIN_FUTILE_MAX - 1, SPIN_FUTILE_MAX, true},
                  {SPIN_FUTILE_MAX, SPIN_FUTILE_MAX + 1, false},
                  {15, 16, false},
                  {SPIN_RETRY_EVERY, SPIN_RETRY_EVERY + 1, true},
                  {SPIN_RETRY_EVERY + 1, SPIN_RETRY_EVERY + 2, false}};
    const unsigned other = 7;

    (void)state;
    s_cpu = 3;
    for (size_t i = 0; i < sizeof futile / sizeof futile[0]; i++) {
        struct habit habit = {other + 1, futile[i].before};
        atomic_uint latch = SHUT;

        assert_int_equal(long_spin_pays(&habit), futile[i].is_long);
        assert_false(latch_spin_first(&latch, &habit));
        assert_int_equal(habit.futile, futile[i].after);
        atomic_store(&latch, OPEN);
        assert_true(latch_spin_first(&latch, &habit));
        assert_int_equal(habit.futile, 0);
        assert_int_equal(habit.opener, other + 1);
    }
    s_cpu = GUISE__CPU_UNKNOWN;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_for_one),
        cmocka_unit_test(a_wait_of_a_container),
        cmocka_unit_test(a_wait_for_any),
        cmocka_unit_test(a_wait_for_all),
        cmocka_unit_test(waits_that_nothing_met),
        cmocka_unit_test(a_set_meets_a_wait_that_is_over),
        cmocka_unit_test(far_deadlines_are_far),
        cmocka_unit_test(no_deadline_at_all),
        cmocka_unit_test(openers_anywhere),
        cmocka_unit_test(looking_is_for_as_long_as_is_worth_it),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("latch", tests, NULL, NULL);
}
