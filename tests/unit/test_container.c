/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/kept.h"

#include "base/lifecycle.h"

static guise_result s_prepared = GUISE_OK;

static guise_result prepare_as_told(void)
{
    return s_prepared == GUISE_OK ? guise__fork_prepare() : s_prepared;
}

/* The container itself, not its object file from the library: only from in here can a test see that
 * a waiter is in the queue. */
#define guise__fork_prepare prepare_as_told
#include "sync/container.c"
#include "sync/container_wait.c"
#undef guise__fork_prepare

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/child.h"
#include "support/wt.h"

enum { SECONDS = 20 };

/* ---- things ----------------------------------------------------------------------------------------- */

static unsigned signal_refs(guise_signal *signal)
{
    return atomic_load(&signal->refs);
}

static guise_signal *make_signal(guise_signal_kind kind)
{
    guise_signal *signal = NULL;

    assert_ok(guise_signal_create(kind, &signal));
    return signal;
}

/* In no container any more, and set and reset take the short way again. */
static void drop_signal(guise_signal *signal)
{
    assert_int_equal(signal_refs(signal), 1);
    assert_null(signal->watchers);
    assert_null(signal->waiters.first);
    assert_int_equal(atomic_load(&signal->word) & GUISE__SIGNAL_HAS_LISTENERS, 0);
    guise_signal_unref(signal);
}

static guise_container *make(void)
{
    guise_container *container = NULL;

    assert_kept_ok(guise_container_create(&container));
    assert_non_null(container);
    assert_int_equal(atomic_load(&container->refs), 1);
    return container;
}

static void drop(guise_container *container)
{
    assert_int_equal(atomic_load(&container->refs), 1);
    assert_null(container->waiters.first);
    assert_null(container->waiters.last);
    assert_keeps_errno(guise_container_unref(container));
}

static void add(guise_container *container, guise_signal *signal)
{
    unsigned before = signal_refs(signal);

    assert_kept_ok(guise_container_add(container, signal));
    assert_int_equal(signal_refs(signal), before + 1);
}

static guise_container *make_of(guise_signal *first, guise_signal *second)
{
    guise_container *container = make();

    add(container, first);
    if (second != NULL) {
        add(container, second);
    }
    return container;
}

static void assert_ready(guise_container *container, guise_signal *expected)
{
    guise_signal *which = TEST_POISON(guise_signal);

    assert_kept_ok(guise_container_wait_any(container, 0, &which));
    assert_ptr_equal(which, expected);
}

static void assert_none(guise_container *container)
{
    guise_signal *which = TEST_POISON(guise_signal);

    assert_kept(guise_container_wait_any(container, 0, &which), GUISE_E_TIMEOUT);
    assert_null(which);
}

static void assert_clear(guise_signal *signal)
{
    assert_kept(guise_signal_wait(signal, 0), GUISE_E_CALL_PENDING);
}

/* ---- waiters ------------------------------------------------------------------------------------------- */

static unsigned queued(guise_container *container)
{
    unsigned count = 0;

    (void)guise__lock_take(&container->lock);
    for (struct guise__waiter *at = container->waiters.first; at != NULL; at = at->next) {
        count++;
    }
    guise__lock_release(&container->lock);
    return count;
}

static void await_queue(guise_container *container, unsigned count)
{
    while (queued(container) != count) {
        (void)sched_yield();
    }
}

struct waiter {
    struct wt wt;
    guise_container *container;
    guise_signal *which;
};

static void wait_once(struct wt *w)
{
    struct waiter *waiter = w->arg;

    waiter->which = TEST_POISON(guise_signal);
    errno = KEPT_ERRNO;
    WT_CHECK_RESULT(w, guise_container_wait_any(waiter->container, GUISE_INFINITE, &waiter->which),
                    GUISE_OK);
    WT_CHECK(w, errno == KEPT_ERRNO);
}

/* When this returns the waiter is in the queue, behind those that were there. */
static void start_waiter(struct waiter *waiter, guise_container *container)
{
    unsigned before = queued(container);

    *waiter = (struct waiter){.container = container};
    wt_start(&waiter->wt, wait_once, waiter);
    await_queue(container, before + 1);
}

static void start_waiters(struct waiter *waiters, unsigned count, guise_container *container)
{
    for (unsigned i = 0; i < count; i++) {
        start_waiter(&waiters[i], container);
    }
}

static void join_waiter(struct waiter *waiter, guise_signal *expected)
{
    wt_join(&waiter->wt);
    assert_ptr_equal(waiter->which, expected);
}

static void join_waiters(struct waiter *waiters, unsigned count, guise_signal *expected)
{
    for (unsigned i = 0; i < count; i++) {
        join_waiter(&waiters[i], expected);
    }
}

/* ---- one thread ---------------------------------------------------------------------------------------- */

static void test_arguments(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_MANUAL), *which = TEST_POISON(guise_signal);
    guise_container *container = make();

    (void)state;
    assert_kept(guise_container_create(NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_container_add(NULL, signal), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_container_add(container, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_container_add(NULL, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_container_remove(NULL, signal), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_container_remove(container, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_container_remove(NULL, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(signal_refs(signal), 1);
    assert_kept(guise_container_wait_any(NULL, 0, &which), GUISE_E_INVALID_ARGUMENT);
    assert_null(which);
    add(container, signal);
    assert_kept_ok(guise_signal_set(signal));
    assert_kept(guise_container_wait_any(container, 0, NULL), GUISE_E_INVALID_ARGUMENT);
    drop(container);
    drop_signal(signal);
}

/* A child could not tell itself from its parent. */
static void test_no_fork_handler_to_be_had(void **state)
{
    guise_container *container = TEST_POISON(guise_container);

    (void)state;
    s_prepared = GUISE_E_OUT_OF_MEMORY;
    assert_kept(guise_container_create(&container), GUISE_E_OUT_OF_MEMORY);
    s_prepared = GUISE_OK;
    assert_null(container);
    drop(make());
}

/* There is nothing to wait for, with any time-out (Y-14). */
static void test_empty_is_no_sync(void **state)
{
    static const uint32_t timeouts[] = {0, 1, GUISE_INFINITE};
    guise_container *container = make();

    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < 3; i++) {
        guise_signal *which = TEST_POISON(guise_signal);

        assert_kept(guise_container_wait_any(container, timeouts[i], &which), GUISE_E_NO_SYNC);
        assert_null(which);
    }
    drop(container);
}

/* Y-13: the 64th is refused and nothing is kept of it; the 63rd works as the first. */
static void test_container_takes_63(void **state)
{
    guise_signal *signals[63], *one_more = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *container = make();

    (void)state;
    for (size_t i = 0; i < 63; i++) {
        signals[i] = make_signal(GUISE_SIGNAL_MANUAL);
        add(container, signals[i]);
    }
    for (int i = 0; i < 3; i++) {
        assert_kept(guise_container_add(container, one_more), GUISE_E_OUT_OF_RESOURCES);
        assert_kept(guise_container_add(container, signals[0]), GUISE_E_OUT_OF_RESOURCES);
    }
    assert_int_equal(signal_refs(one_more), 1);
    assert_int_equal(signal_refs(signals[0]), 2);
    drop_signal(one_more);
    for (size_t i = 63; i-- > 0;) {
        assert_none(container);
        assert_kept_ok(guise_signal_set(signals[i]));
        assert_ready(container, signals[i]);
        assert_kept_ok(guise_signal_reset(signals[i]));
    }
    drop(container);
    for (size_t i = 0; i < 63; i++) {
        drop_signal(signals[i]);
    }
}

static int64_t now_ns(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Y-14: not a signal's code, and never early. */
static void test_time_out(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, NULL);

    (void)state;
    test_watchdog(SECONDS);
    assert_none(container);
    for (uint32_t timeout = 1; timeout <= 25; timeout += 12) {
        guise_signal *which = TEST_POISON(guise_signal);
        int64_t start = now_ns();

        assert_kept(guise_container_wait_any(container, timeout, &which), GUISE_E_TIMEOUT);
        assert_null(which);
        assert_true(now_ns() - start >= (int64_t)timeout * 1000000);
        assert_int_equal(queued(container), 0);
    }
    assert_kept_ok(guise_signal_set(signal)); /* no waiter is left that could take it */
    assert_ready(container, signal);
    assert_none(container);
    drop(container);
    drop_signal(signal);
}

/* Of several set members the one added first is returned, in any order of the sets (Y-14). */
static void test_first_added_is_told_first(void **state)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    guise_signal *signals[3];
    guise_container *container = make();

    (void)state;
    for (int i = 0; i < 3; i++) {
        signals[i] = make_signal(GUISE_SIGNAL_AUTO);
        add(container, signals[i]);
    }
    for (int order = 0; order < 6; order++) {
        for (int i = 0; i < 3; i++) {
            assert_kept_ok(guise_signal_set(signals[orders[order][i]]));
        }
        for (int i = 0; i < 3; i++) {
            assert_ready(container, signals[i]);
        }
        assert_none(container);
    }
    drop(container);
    for (int i = 0; i < 3; i++) {
        drop_signal(signals[i]);
    }
}

/* Y-14: however often it is set again, and however long another has been set. */
static void test_first_member_goes_first_every_time(void **state)
{
    guise_signal *first = make_signal(GUISE_SIGNAL_AUTO), *second = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(first, second);

    (void)state;
    assert_kept_ok(guise_signal_set(second));
    for (unsigned i = 0; i < 1000; i++) {
        assert_kept_ok(guise_signal_set(first));
        assert_ready(container, first);
    }
    assert_ready(container, second);
    assert_none(container);
    drop(container);
    drop_signal(first);
    drop_signal(second);
}

/* Y-15 */
static void test_signal_stays_in_its_container(void **state)
{
    guise_signal *manual = make_signal(GUISE_SIGNAL_MANUAL), *automatic;
    guise_container *container = make_of(manual, automatic = make_signal(GUISE_SIGNAL_AUTO));

    (void)state;
    assert_kept_ok(guise_signal_set(manual));
    for (int i = 0; i < 3; i++) {
        assert_ready(container, manual);
    }
    assert_kept_ok(guise_signal_reset(manual));
    for (int i = 0; i < 3; i++) {
        assert_none(container);
        assert_kept_ok(guise_signal_set(automatic));
        assert_ready(container, automatic);
    }
    assert_int_equal(signal_refs(manual), 2);
    assert_int_equal(signal_refs(automatic), 2);
    drop(container);
    drop_signal(manual);
    drop_signal(automatic);
}

/* Y-07: taken through the container is taken, and the other way round. */
static void test_auto_member_is_taken_once(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, NULL);

    (void)state;
    assert_kept_ok(guise_signal_set(signal));
    assert_ready(container, signal);
    assert_clear(signal);
    assert_kept_ok(guise_signal_set(signal));
    assert_kept_ok(guise_signal_wait(signal, 0));
    assert_none(container);
    assert_kept_ok(guise_signal_set(signal));
    assert_kept_ok(guise_signal_reset(signal));
    assert_none(container);
    drop(container);
    drop_signal(signal);
}

static uint64_t hints_of(guise_container *container)
{
    return atomic_load(&container->hints);
}

/* A hint outlives its signal's being taken, but not for ever: a few looks later it is gone, and only
 * of signals that are clear. */
static void test_stale_hints_go(void **state)
{
    guise_signal *stale = make_signal(GUISE_SIGNAL_AUTO), *good = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(stale, good);

    (void)state;
    assert_int_equal(hints_of(container), 0);
    for (unsigned round = 0; round < 2; round++) {
        assert_kept_ok(guise_signal_set(stale));
        assert_kept_ok(guise_signal_set(good));
        assert_int_equal(hints_of(container), 3);
        assert_ready(container, stale);
        for (unsigned look = 1; look < STALE_HITS_MAX; look++) {
            assert_ready(container, good);
            assert_kept_ok(guise_signal_set(good));
            assert_int_equal(hints_of(container), 3);
        }
        assert_ready(container, good); /* the last look in vain at the first signal */
        assert_int_equal(hints_of(container), 2);
    }
    /* A waiter that finds no set member meets it too. */
    for (unsigned look = 1; look < STALE_HITS_MAX; look++) {
        assert_none(container);
        assert_int_equal(hints_of(container), 2);
    }
    assert_none(container);
    assert_int_equal(hints_of(container), 0);
    assert_kept_ok(guise_signal_set(stale));
    assert_ready(container, stale);
    drop(container);
    drop_signal(stale);
    drop_signal(good);
}

/* Set again in the moment between the look in vain and the lock. */
static void test_hint_of_a_set_signal_stays(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, NULL);

    (void)state;
    assert_kept_ok(guise_signal_set(signal));
    signal_lower_hints(container, signal);
    assert_int_equal(hints_of(container), 1);
    assert_ready(container, signal);
    signal_lower_hints(container, signal);
    assert_int_equal(hints_of(container), 0);
    drop(container);
    drop_signal(signal);
}

static void test_signal_set_before_it_is_added(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *container = make();

    (void)state;
    assert_kept_ok(guise_signal_set(signal));
    add(container, signal);
    assert_ready(container, signal);
    drop(container);
    assert_kept_ok(guise_signal_wait(signal, 0));
    drop_signal(signal);
}

static void test_same_signal_twice_in_one_container(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, signal);

    (void)state;
    assert_int_equal(signal_refs(signal), 3);
    assert_kept_ok(guise_signal_set(signal));
    assert_ready(container, signal);
    assert_none(container);
    for (int i = 2; i < 63; i++) { /* Y-13: it counts twice */
        add(container, signal);
    }
    assert_kept(guise_container_add(container, signal), GUISE_E_OUT_OF_RESOURCES);
    assert_int_equal(signal_refs(signal), 64);
    drop(container);
    drop_signal(signal);
}

static void test_same_signal_in_two_containers(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *one = make_of(signal, NULL), *other = make_of(signal, NULL);

    (void)state;
    assert_int_equal(signal_refs(signal), 3);
    assert_kept_ok(guise_signal_set(signal));
    assert_ready(other, signal);
    assert_none(one);
    assert_kept_ok(guise_signal_set(signal));
    assert_ready(one, signal);
    assert_none(other);
    drop(one);
    assert_int_equal(signal_refs(signal), 2);
    assert_kept_ok(guise_signal_set(signal));
    assert_ready(other, signal);
    drop(other);
    drop_signal(signal);
}

/* ---- lives ----------------------------------------------------------------------------------------------- */

static void test_container_goes_before_its_signals(void **state)
{
    guise_signal *manual = make_signal(GUISE_SIGNAL_MANUAL), *automatic;
    guise_container *container = make_of(manual, automatic = make_signal(GUISE_SIGNAL_AUTO));

    (void)state;
    drop(container);
    assert_int_equal(signal_refs(manual), 1);
    assert_kept_ok(guise_signal_set(manual));
    assert_kept_ok(guise_signal_set(automatic));
    assert_kept_ok(guise_signal_wait(manual, 0));
    assert_kept_ok(guise_signal_wait(automatic, 0));
    drop_signal(manual);
    drop_signal(automatic);
}

/* The container's reference is enough; what wait_any answers is borrowed from it. */
static void test_container_keeps_its_signals(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *container = make_of(signal, NULL);

    (void)state;
    guise_signal_unref(signal);
    assert_int_equal(signal_refs(signal), 1);
    assert_kept_ok(guise_signal_set(signal));
    assert_ready(container, signal);
    assert_int_equal(signal_refs(signal), 1);
    drop(container);
}

static void test_references_are_counted_exactly(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *container = make_of(signal, NULL), *same = NULL;

    (void)state;
    for (unsigned i = 2; i < 20; i++) {
        assert_keeps_errno(same = guise_container_ref(container));
        assert_ptr_equal(same, container);
        assert_int_equal(atomic_load(&container->refs), i);
    }
    for (unsigned i = 18; i > 0; i--) {
        assert_keeps_errno(guise_container_unref(container));
        assert_int_equal(atomic_load(&container->refs), i);
        assert_int_equal(signal_refs(signal), 2);
    }
    drop(container);
    drop_signal(signal);
    assert_keeps_errno(assert_null(guise_container_ref(NULL)));
    assert_keeps_errno(guise_container_unref(NULL));
}

static void overflow(void *arg)
{
    guise_container *container;

    (void)arg;
    CHILD_CHECK_RESULT(guise_container_create(&container), GUISE_OK);
    atomic_store(&container->refs, UINT_MAX / 2 - 1);
    CHILD_CHECK(guise_container_ref(container) == container);
    (void)fputs("the last one fits. ", stderr);
    (void)guise_container_ref(container);
}

/* L-7 */
static void test_too_many_references_end_the_process(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    assert_child_dies(overflow, NULL, "the last one fits. guise: fatal: ");
}

/* ---- removed members ------------------------------------------------------------------------------------- */

static void take_out(guise_container *container, guise_signal *signal)
{
    unsigned before = signal_refs(signal);

    assert_kept_ok(guise_container_remove(container, signal));
    assert_int_equal(signal_refs(signal), before - 1);
}

static void assert_not_in(guise_container *container, guise_signal *signal)
{
    unsigned before = signal_refs(signal);

    assert_kept(guise_container_remove(container, signal), GUISE_E_NOT_FOUND);
    assert_int_equal(signal_refs(signal), before);
}

/* Y-22: it is neither reported nor taken any more, set before or after; the others are. */
static void test_removed_signal_is_not_reported(void **state)
{
    guise_signal *gone = make_signal(GUISE_SIGNAL_AUTO), *stays = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(gone, stays);

    (void)state;
    assert_kept_ok(guise_signal_set(gone));
    assert_int_equal(hints_of(container), 1);
    take_out(container, gone);
    assert_int_equal(hints_of(container), 0);
    assert_none(container);
    assert_kept_ok(guise_signal_set(gone));
    assert_none(container);
    assert_kept_ok(guise_signal_wait(gone, 0));
    assert_not_in(container, gone);
    drop_signal(gone);
    assert_kept_ok(guise_signal_set(stays));
    assert_ready(container, stays);
    take_out(container, stays);
    assert_not_in(container, stays);
    drop(container);
    drop_signal(stays);
}

/* Y-14: as one that nothing was ever added to. */
static void test_emptied_container_is_no_sync(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *container = make_of(signal, NULL);
    guise_signal *which = TEST_POISON(guise_signal);

    (void)state;
    assert_kept_ok(guise_signal_set(signal));
    take_out(container, signal);
    assert_kept(guise_container_wait_any(container, GUISE_INFINITE, &which), GUISE_E_NO_SYNC);
    assert_null(which);
    add(container, signal);
    assert_ready(container, signal);
    drop(container);
    drop_signal(signal);
}

/* Y-22: one of those added, each time, and the last one first. */
static void test_signal_added_twice_is_removed_twice(void **state)
{
    guise_signal *twice = make_signal(GUISE_SIGNAL_MANUAL), *other;
    guise_container *container = make_of(twice, other = make_signal(GUISE_SIGNAL_MANUAL));

    (void)state;
    add(container, twice);
    assert_kept_ok(guise_signal_set(twice));
    assert_kept_ok(guise_signal_set(other));
    take_out(container, twice);
    assert_ready(container, twice); /* still the first */
    take_out(container, twice);
    assert_ready(container, other);
    assert_not_in(container, twice);
    drop(container);
    drop_signal(twice);
    drop_signal(other);
}

/* Y-13, Y-14: a place is free again, and the signal that takes it was still added last. */
static void test_order_survives_a_place_taken_again(void **state)
{
    guise_signal *signals[64];
    guise_container *container = make();

    (void)state;
    for (size_t i = 0; i < 64; i++) {
        signals[i] = make_signal(GUISE_SIGNAL_AUTO);
    }
    for (size_t i = 0; i < 63; i++) {
        add(container, signals[i]);
    }
    for (size_t round = 0; round < 200;
         round++) { /* the one in the middle goes, and comes back last */
        guise_signal *moved = signals[31];

        take_out(container, moved);
        memmove(&signals[31], &signals[32], 31 * sizeof signals[0]);
        signals[62] = moved;
        add(container, moved);
        assert_kept(guise_container_add(container, signals[63]), GUISE_E_OUT_OF_RESOURCES);
    }
    for (size_t i = 63; i-- > 0;) {
        assert_kept_ok(guise_signal_set(signals[i]));
    }
    for (size_t i = 0; i < 63; i++) {
        assert_ready(container, signals[i]);
    }
    assert_none(container);
    drop(container);
    for (size_t i = 0; i < 64; i++) {
        drop_signal(signals[i]);
    }
}

/* The one added last goes first, also where its place is a lower one than that of the first. */
static void test_last_added_goes_first_from_a_lower_place(void **state)
{
    guise_signal *filler = make_signal(GUISE_SIGNAL_MANUAL);
    guise_signal *moved = make_signal(GUISE_SIGNAL_MANUAL);
    guise_signal *twice = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *container = make_of(moved, twice);

    (void)state;
    for (unsigned i = 2; i < GUISE__MEMBERS_MAX; i++) {
        add(container, filler);
    }
    take_out(container, moved);
    add(container, twice); /* in place 0 */
    assert_int_equal(atomic_load(&container->members), UINT64_MAX >> 1);
    take_out(container, twice);
    assert_int_equal(atomic_load(&container->members), (UINT64_MAX >> 1) - 1);
    take_out(container, twice);
    assert_int_equal(atomic_load(&container->members), (UINT64_MAX >> 1) - 3);
    assert_not_in(container, twice);
    drop(container);
    drop_signal(filler);
    drop_signal(moved);
    drop_signal(twice);
}

/* A signal's stale hint goes in the container that met it, and stays in the other one. */
static void test_stale_hint_of_another_container_stays(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *meets = make_of(signal, NULL), *other = make_of(signal, NULL);

    (void)state;
    assert_kept_ok(guise_signal_set(signal));
    assert_kept_ok(guise_signal_wait(signal, 0));
    for (unsigned look = 1; look < STALE_HITS_MAX; look++) {
        assert_none(meets);
        assert_int_equal(hints_of(meets), 1);
    }
    assert_none(meets);
    assert_int_equal(hints_of(meets), 0);
    assert_int_equal(hints_of(other), 1);
    drop(meets);
    drop(other);
    drop_signal(signal);
}

/* What was found clear may have left its place to another before its hint is lowered. */
static void test_hint_of_the_next_in_the_place_stays(void **state)
{
    guise_signal *first = make_signal(GUISE_SIGNAL_AUTO), *next = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(first, NULL);

    (void)state;
    take_out(container, first);
    add(container, next);
    assert_kept_ok(guise_signal_set(next));
    signal_lower_hints(container, first);
    assert_int_equal(hints_of(container), 1);
    assert_ready(container, next);
    drop(container);
    drop_signal(first);
    drop_signal(next);
}

/* Y-22 */
static void test_waiter_waits_for_the_rest(void **state)
{
    static const guise_signal_kind kinds[] = {GUISE_SIGNAL_MANUAL, GUISE_SIGNAL_AUTO};

    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < 2; i++) {
        guise_signal *gone = make_signal(kinds[i]), *stays = make_signal(kinds[i]);
        guise_container *container = make_of(gone, stays);
        struct waiter waiter;

        start_waiter(&waiter, container);
        take_out(container, gone);
        assert_kept_ok(guise_signal_set(gone));
        assert_kept_ok(guise_signal_wait(gone, 0)); /* handed to no waiter */
        assert_int_equal(queued(container), 1);
        assert_kept_ok(guise_signal_set(stays));
        join_waiter(&waiter, stays);
        drop(container);
        drop_signal(gone);
        drop_signal(stays);
    }
}

/* Y-22: for what is added later too, when there is no rest. */
static void test_waiter_of_an_emptied_container_waits_on(void **state)
{
    guise_signal *gone = make_signal(GUISE_SIGNAL_AUTO), *late = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(gone, NULL);
    struct waiter waiter;

    (void)state;
    test_watchdog(SECONDS);
    start_waiter(&waiter, container);
    take_out(container, gone);
    assert_int_equal(queued(container), 1);
    assert_kept_ok(guise_signal_set(late));
    add(container, late);
    join_waiter(&waiter, late);
    assert_clear(late);
    drop(container);
    drop_signal(gone);
    drop_signal(late);
}

struct change {
    guise_container *container;
    guise_signal *signal;
};

static void remove_it(struct wt *w)
{
    struct change *change = w->arg;

    WT_CHECK_RESULT(w, guise_container_remove(change->container, change->signal), GUISE_OK);
}

static void add_late(struct wt *w)
{
    struct change *change = w->arg;

    WT_CHECK_RESULT(w, guise_container_add(change->container, change->signal), GUISE_OK);
}

/* The signal's lock is held by the test, so that the add cannot finish: it is not in there yet. */
static void test_remove_in_the_middle_of_an_add(void **state)
{
    struct change change = {make(), make_signal(GUISE_SIGNAL_MANUAL)};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    (void)guise__lock_take(&change.signal->lock);
    wt_start(&w, add_late, &change);
    while (atomic_load(&change.container->places) != 1) {
        (void)sched_yield();
    }
    assert_not_in(change.container, change.signal);
    guise__lock_release(&change.signal->lock);
    wt_join(&w);
    take_out(change.container, change.signal);
    drop(change.container);
    drop_signal(change.signal);
}

/* The signal's lock is held by the test, so that its removal cannot finish: but it has begun. */
static void test_hidden_signal_is_not_taken(void **state)
{
    guise_signal *gone = make_signal(GUISE_SIGNAL_AUTO), *rest = make_signal(GUISE_SIGNAL_AUTO);
    struct change change = {make_of(gone, rest), gone};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    assert_kept_ok(guise_signal_set(gone));
    (void)guise__lock_take(&gone->lock);
    wt_start(&w, remove_it, &change);
    while (guise__container_members_locked(change.container) != 2) {
        (void)sched_yield();
    }
    assert_int_equal(hints_of(change.container), 1);
    assert_none(change.container);
    assert_kept_ok(guise_signal_set(rest));
    assert_ready(change.container, rest);
    guise__lock_release(&gone->lock);
    wt_join(&w);
    assert_kept_ok(guise_signal_wait(gone, 0));
    drop(change.container);
    drop_signal(gone);
    drop_signal(rest);
}

/* ---- company ----------------------------------------------------------------------------------------------- */

/* Y-08 */
static void test_manual_member_releases_all(void **state)
{
    guise_signal *other = make_signal(GUISE_SIGNAL_AUTO), *signal;
    guise_container *container = make_of(other, signal = make_signal(GUISE_SIGNAL_MANUAL));
    struct waiter waiters[4];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 4, container);
    assert_kept_ok(guise_signal_set(signal));
    join_waiters(waiters, 4, signal);
    assert_ready(container, signal);
    drop(container);
    drop_signal(signal);
    drop_signal(other);
}

/* Y-05, Y-08: also when it is clear again before any of them can look. */
static void test_pulse_releases_who_waited(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *container = make_of(signal, NULL);
    struct waiter waiters[4];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 4, container);
    assert_kept_ok(guise_signal_set(signal));
    assert_kept_ok(guise_signal_reset(signal));
    assert_none(container);
    join_waiters(waiters, 4, signal);
    assert_none(container);
    drop(container);
    drop_signal(signal);
}

/* Y-07: one for each set, the longest-waiting first; none is left over. */
static void test_auto_member_releases_one_waiter(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, NULL);
    struct waiter waiters[4];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 4, container);
    for (unsigned i = 0; i < 4; i++) {
        assert_kept_ok(guise_signal_set(signal));
        assert_int_equal(queued(container), 3 - i);
        assert_clear(signal);
        join_waiter(&waiters[i], signal);
    }
    assert_none(container);
    drop(container);
    drop_signal(signal);
}

/* Y-07: an auto pulse is taken too. */
static void test_auto_pulse_releases_one_waiter(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, NULL);
    struct waiter waiters[2];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 2, container);
    assert_kept_ok(guise_signal_set(signal));
    assert_kept_ok(guise_signal_reset(signal));
    join_waiter(&waiters[0], signal);
    assert_int_equal(queued(container), 1);
    assert_kept_ok(guise_signal_set(signal));
    join_waiter(&waiters[1], signal);
    drop(container);
    drop_signal(signal);
}

/* One set releases one waiter, of those that wait on the signal and on containers (Y-07). */
static void test_auto_signal_of_two_containers_releases_one(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *containers[2] = {make_of(signal, NULL), make_of(signal, NULL)};
    struct waiter waiters[2];
    int first;

    (void)state;
    test_watchdog(SECONDS);
    start_waiter(&waiters[0], containers[0]);
    start_waiter(&waiters[1], containers[1]);
    assert_kept_ok(guise_signal_set(signal));
    assert_int_equal(queued(containers[0]) + queued(containers[1]), 1);
    first = queued(containers[0]) == 0 ? 0 : 1;
    join_waiter(&waiters[first], signal);
    assert_clear(signal);
    assert_kept_ok(guise_signal_set(signal));
    join_waiter(&waiters[1 - first], signal);
    assert_clear(signal);
    drop(containers[0]);
    drop(containers[1]);
    drop_signal(signal);
}

/* Y-08 */
static void test_manual_signal_of_two_containers_releases_all(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *containers[2] = {make_of(signal, NULL), make_of(signal, NULL)};
    struct waiter waiters[2];

    (void)state;
    test_watchdog(SECONDS);
    start_waiter(&waiters[0], containers[0]);
    start_waiter(&waiters[1], containers[1]);
    assert_kept_ok(guise_signal_set(signal));
    assert_kept_ok(guise_signal_reset(signal));
    join_waiters(waiters, 2, signal);
    drop(containers[0]);
    drop(containers[1]);
    drop_signal(signal);
}

/* Y-07: one direct waiter and one of the container: each set releases exactly one of them. */
static void wait_directly(struct wt *w)
{
    WT_CHECK_RESULT(w, guise_signal_wait(w->arg, GUISE_INFINITE), GUISE_OK);
}

static void await_direct(guise_signal *signal)
{
    bool waits = false;

    while (!waits) {
        (void)sched_yield();
        (void)guise__lock_take(&signal->lock);
        waits = signal->waiters.first != NULL;
        guise__lock_release(&signal->lock);
    }
}

static void test_direct_waiter_and_container(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, NULL);
    struct waiter waiter;
    struct wt direct;

    (void)state;
    test_watchdog(SECONDS);
    start_waiter(&waiter, container);
    wt_start(&direct, wait_directly, signal);
    await_direct(signal);
    assert_kept_ok(guise_signal_set(signal));
    assert_clear(signal);
    assert_int_equal(queued(container) + (signal->waiters.first != NULL ? 1 : 0), 1);
    assert_kept_ok(guise_signal_set(signal));
    wt_join(&direct);
    join_waiter(&waiter, signal);
    assert_clear(signal);
    drop(container);
    drop_signal(signal);
}

static void test_twice_in_one_container_releases_one_waiter(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, signal);
    struct waiter waiters[2];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 2, container);
    assert_kept_ok(guise_signal_set(signal));
    assert_int_equal(queued(container), 1);
    join_waiter(&waiters[0], signal);
    assert_kept_ok(guise_signal_set(signal));
    join_waiter(&waiters[1], signal);
    assert_none(container);
    drop(container);
    drop_signal(signal);
}

/* Waiters see a new member at once; Y-07 holds for them. */
static void test_set_signal_added_while_others_wait(void **state)
{
    guise_signal *other = make_signal(GUISE_SIGNAL_MANUAL);
    guise_signal *automatic = make_signal(GUISE_SIGNAL_AUTO);
    guise_signal *manual = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *container = make_of(other, NULL);
    struct waiter waiters[3];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 3, container);
    assert_kept_ok(guise_signal_set(automatic));
    add(container, automatic);
    join_waiter(&waiters[0], automatic);
    assert_int_equal(queued(container), 2);
    assert_clear(automatic);
    assert_kept_ok(guise_signal_set(manual));
    add(container, manual);
    join_waiters(waiters + 1, 2, manual);
    drop(container);
    drop_signal(other);
    drop_signal(automatic);
    drop_signal(manual);
}

static void test_clear_signal_added_while_others_wait(void **state)
{
    guise_signal *other = make_signal(GUISE_SIGNAL_MANUAL), *late;
    guise_container *container = make_of(other, NULL);
    struct waiter waiter;

    (void)state;
    test_watchdog(SECONDS);
    start_waiter(&waiter, container);
    add(container, late = make_signal(GUISE_SIGNAL_AUTO));
    assert_int_equal(queued(container), 1);
    assert_kept_ok(guise_signal_set(late));
    join_waiter(&waiter, late);
    drop(container);
    drop_signal(other);
    drop_signal(late);
}

/* The descriptor follows what a container takes. */
static void test_descriptor_of_a_member(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, NULL);
    struct waiter waiter;
    int fd;

    (void)state;
    test_watchdog(SECONDS);
    assert_kept_ok(guise_signal_fd(signal, &fd));
    assert_kept_ok(guise_signal_set(signal));
    assert_true(signal->raised);
    assert_ready(container, signal);
    assert_false(signal->raised);
    start_waiter(&waiter, container);
    assert_kept_ok(guise_signal_set(signal));
    join_waiter(&waiter, signal);
    assert_false(signal->raised);
    drop(container);
    assert_int_equal(signal_refs(signal), 1);
    guise_signal_unref(signal);
}

/* Set between the first look of a wait and its last: there is nothing to queue for. */
static void test_descriptor_of_a_member_set_at_the_last_look(void **state)
{
    static const guise_signal_kind kinds[] = {GUISE_SIGNAL_MANUAL, GUISE_SIGNAL_AUTO};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make_signal(kinds[i]);
        guise_container *container = make_of(signal, NULL);
        struct guise__waiter waiter = {0};
        int fd;

        assert_kept_ok(guise_signal_fd(signal, &fd));
        assert_kept_ok(guise_signal_set(signal));
        assert_ptr_equal(waiter_queue_unless_ready(container, &waiter), signal);
        assert_null(container->waiters.first);
        assert_true(signal->raised == (kinds[i] == GUISE_SIGNAL_MANUAL));
        assert_int_equal(signal_refs(signal), 2);
        drop(container);
        guise_signal_unref(signal);
    }
}

/* Nothing in here between the wait and the disabling may be a cancellation point. */
static void wait_while_canceled(struct wt *w)
{
    struct waiter *waiter = w->arg;
    guise_result result;

    result = guise_container_wait_any(waiter->container, GUISE_INFINITE, &waiter->which);
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    WT_CHECK_RESULT(w, result, GUISE_OK);
}

static void test_wait_is_no_cancellation_point(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    struct waiter waiter = {.container = make_of(signal, NULL)};

    (void)state;
    test_watchdog(SECONDS);
    wt_start(&waiter.wt, wait_while_canceled, &waiter);
    await_queue(waiter.container, 1);
    assert_int_equal(pthread_cancel(waiter.wt.thread), 0);
    assert_int_equal(queued(waiter.container), 1);
    assert_kept_ok(guise_signal_set(signal));
    join_waiter(&waiter, signal); /* which stays NULL in a thread that was canceled */
    drop(waiter.container);
    drop_signal(signal);
}

/* ---- between the bit and the container ------------------------------------------------------------------ */

/* In the place of a member's own watcher: what happens while a set is on its way to the container. Runs
 * on the setter's thread, which is the test's own, with the signal's lock held: no assertions. */
static struct {
    struct guise__watcher own;
    void (*meanwhile)(guise_signal *signal);
    guise_signal *signal;
    struct wt resetter;
    bool latecomer_took_it, was_set;
} s_way;

static bool hand_later(struct guise__watcher *watcher, struct guise__waiters *woken)
{
    s_way.meanwhile(s_way.signal);
    return s_way.own.hand_over(watcher, woken);
}

static void tell_later(struct guise__watcher *watcher, struct guise__waiters *woken,
                       bool release_all)
{
    s_way.meanwhile(s_way.signal);
    s_way.own.notify(watcher, woken, release_all);
}

/* Before any thread waits. */
static void stand_in_the_way(guise_container *container, void (*meanwhile)(guise_signal *signal))
{
    struct guise__member *member = &container->member[0];

    memset(&s_way, 0, sizeof s_way);
    s_way.own = member->watcher;
    s_way.meanwhile = meanwhile;
    s_way.signal = member->signal;
    member->watcher.hand_over = hand_later;
    member->watcher.notify = tell_later;
}

static bool is_set(guise_signal *signal)
{
    return (atomic_load(&signal->word) & GUISE__SIGNAL_SET) != 0;
}

static void reset_it(struct wt *w)
{
    WT_CHECK_RESULT(w, guise_signal_wait(w->arg, 0), GUISE_OK);
    WT_CHECK_RESULT(w, guise_signal_reset(w->arg), GUISE_OK);
}

/* The resetter clears the bit, then waits for the setter to let go of the lock. */
static void reset_meanwhile(guise_signal *signal)
{
    s_way.was_set = is_set(signal);
    wt_start(&s_way.resetter, reset_it, signal);
    while (is_set(signal)) {
        (void)sched_yield();
    }
}

/* A waiter is released if it waited when the signal was set, even if the bit changes before the
 * container is notified (Y-05, Y-08). */
static void test_reset_before_the_container_is_told(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_MANUAL);
    guise_container *container = make_of(signal, NULL);
    struct waiter waiters[2];

    (void)state;
    test_watchdog(SECONDS);
    stand_in_the_way(container, reset_meanwhile);
    start_waiters(waiters, 2, container);
    assert_kept_ok(guise_signal_set(signal));
    wt_join(&s_way.resetter);
    assert_true(s_way.was_set);
    assert_int_equal(queued(container), 0);
    join_waiters(waiters, 2, signal);
    assert_none(container);
    drop(container);
    drop_signal(signal);
}

/* What a wait of 0 does first; if it succeeded, the rest would need the lock. */
static void take_meanwhile(guise_signal *signal)
{
    s_way.was_set = s_way.was_set || is_set(signal);
    s_way.latecomer_took_it = guise__signal_take(signal) || s_way.latecomer_took_it;
}

/* An auto signal is handed to a waiter, and is not set for a thread that comes later (Y-07). */
static void test_latecomer_before_the_container_is_told(void **state)
{
    guise_signal *signal = make_signal(GUISE_SIGNAL_AUTO);
    guise_container *container = make_of(signal, NULL);
    struct waiter waiters[2];

    (void)state;
    test_watchdog(SECONDS);
    stand_in_the_way(container, take_meanwhile);
    start_waiters(waiters, 2, container);
    for (unsigned i = 0; i < 2; i++) {
        assert_kept_ok(guise_signal_set(signal));
        assert_false(s_way.was_set);
        assert_false(s_way.latecomer_took_it);
        assert_int_equal(queued(container), 1 - i);
        join_waiter(&waiters[i], signal);
    }
    assert_clear(signal);
    drop(container);
    drop_signal(signal);
}

/* Another thread removes the signal, and gets as far as the signal's lock, which the setter holds. */
static struct change s_change;

static void remove_meanwhile(guise_signal *signal)
{
    if (s_change.signal != NULL) {
        return;
    }
    s_change.signal = signal;
    wt_start(&s_way.resetter, remove_it, &s_change);
    while (guise__container_members_locked(s_change.container) != 2) {
        (void)sched_yield();
    }
}

/* Y-22: from there on it is not handed to a wait of the container's. */
static void test_removed_before_the_container_is_told(void **state)
{
    static const guise_signal_kind kinds[] = {GUISE_SIGNAL_MANUAL, GUISE_SIGNAL_AUTO};

    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make_signal(kinds[i]), *rest = make_signal(GUISE_SIGNAL_AUTO);
        guise_container *container = make_of(signal, rest);
        struct waiter waiter;

        s_change = (struct change){container, NULL};
        stand_in_the_way(container, remove_meanwhile);
        start_waiter(&waiter, container);
        assert_kept_ok(guise_signal_set(signal));
        wt_join(&s_way.resetter);
        assert_int_equal(queued(container), 1);
        assert_kept_ok(guise_signal_wait(signal, 0));
        assert_int_equal(hints_of(container), 0);
        assert_kept_ok(guise_signal_set(rest));
        join_waiter(&waiter, rest);
        drop(container);
        drop_signal(signal);
        drop_signal(rest);
    }
}

/* ---- forked children ---------------------------------------------------------------------------------------- */

/* They start no thread: the parent has more than one. */

struct inherited {
    guise_container *container;
    guise_signal *automatic, *manual;
};

static struct inherited make_inherited(void)
{
    struct inherited inherited = {.automatic = make_signal(GUISE_SIGNAL_AUTO),
                                  .manual = make_signal(GUISE_SIGNAL_MANUAL)};

    inherited.container = make_of(inherited.automatic, inherited.manual);
    return inherited;
}

static void drop_inherited(struct inherited *inherited)
{
    drop(inherited->container);
    drop_signal(inherited->automatic);
    drop_signal(inherited->manual);
}

static void check_which(guise_container *container, uint32_t timeout_ms, guise_result expected,
                        const guise_signal *signal)
{
    guise_signal *which = TEST_POISON(guise_signal);

    CHILD_CHECK_KEPT(guise_container_wait_any(container, timeout_ms, &which), expected);
    CHILD_CHECK(which == signal);
}

/* Everything works here as in a process that was not forked. */
static void use_in_child(void *arg)
{
    struct inherited *own = arg;

    CHILD_CHECK_KEPT(guise_signal_set(own->automatic), GUISE_OK);
    check_which(own->container, 0, GUISE_OK, own->automatic);
    check_which(own->container, 1, GUISE_E_TIMEOUT, NULL);
    CHILD_CHECK_KEPT(guise_signal_set(own->manual), GUISE_OK);
    check_which(own->container, 0, GUISE_OK, own->manual);
    CHILD_CHECK_KEPT(guise_signal_reset(own->manual), GUISE_OK);
    CHILD_CHECK_KEPT(guise_container_add(own->container, own->automatic), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_set(own->automatic), GUISE_OK);
    check_which(own->container, 1, GUISE_OK, own->automatic);
    CHILD_CHECK(own->container->waiters.first == NULL);
    guise_container_unref(own->container);
    guise_signal_unref(own->automatic);
    guise_signal_unref(own->manual);
}

/* The sleeper's thread does not exist here, and its stack may be reused. */
static void use_without_the_sleeper(void *arg)
{
    struct inherited *own = arg;

    memset(own->container->waiters.first, 0xA5, sizeof *own->container->waiters.first);
    use_in_child(arg);
}

/* Y-07: a set in the child is not handed to a thread of the parent. */
static void test_fork_while_another_thread_waits(void **state)
{
    struct inherited inherited = make_inherited();
    struct waiter waiter;

    (void)state;
    test_watchdog(3 * SECONDS); /* longer than a child's */
    start_waiter(&waiter, inherited.container);
    assert_child_passes(use_in_child, &inherited);
    assert_child_passes(use_without_the_sleeper, &inherited);
    assert_int_equal(queued(inherited.container), 1);
    assert_kept_ok(guise_signal_set(inherited.manual));
    join_waiter(&waiter, inherited.manual);
    drop_inherited(&inherited);
}

struct holder {
    struct guise__lock *lock;
    struct wt_latch held, release;
};

static void hold(struct wt *w)
{
    struct holder *holder = w->arg;

    (void)guise__lock_take(holder->lock);
    wt_latch_open(&holder->held);
    wt_latch_wait(&holder->release);
    guise__lock_release(holder->lock);
}

static void use_while_it_is_held(struct inherited *inherited, struct guise__lock *lock)
{
    struct holder holder = {.lock = lock, .held = WT_LATCH_INIT, .release = WT_LATCH_INIT};
    struct wt w;

    wt_start(&w, hold, &holder);
    wt_latch_wait(&holder.held);
    assert_child_passes(use_in_child, inherited);
    wt_latch_open(&holder.release);
    wt_join(&w);
}

/* No lock is held in the child, even if it was in the parent. */
static void test_fork_while_another_thread_holds_a_lock(void **state)
{
    struct inherited inherited = make_inherited();

    (void)state;
    test_watchdog(3 * SECONDS);
    use_while_it_is_held(&inherited, &inherited.container->lock);
    use_while_it_is_held(&inherited, &inherited.automatic->lock);
    use_while_it_is_held(&inherited, &inherited.manual->lock);
    drop_inherited(&inherited);
}

static void find_it_set(void *arg)
{
    struct inherited *own = arg;

    CHILD_CHECK_KEPT(guise_signal_wait(own->manual, 0), GUISE_OK);
    check_which(own->container, 0, GUISE_OK, own->manual);
    check_which(own->container, 1, GUISE_OK, own->manual);
}

/* The setter, which has set the bit, holds the lock and has not told the container yet, is not in
 * the child. */
static void test_fork_before_the_container_is_told(void **state)
{
    struct inherited inherited = make_inherited();

    (void)state;
    test_watchdog(3 * SECONDS);
    (void)guise__lock_take(&inherited.manual->lock);
    (void)atomic_fetch_or(&inherited.manual->word, GUISE__SIGNAL_SET);
    assert_int_equal(atomic_load(&inherited.container->hints), 0);
    assert_child_passes(find_it_set, &inherited);
    (void)atomic_fetch_and(&inherited.manual->word, ~GUISE__SIGNAL_SET);
    guise__lock_release(&inherited.manual->lock);
    drop_inherited(&inherited);
}

/* A thread of the child has taken the container's lock over, and has not forgotten the parent yet. */
struct takeover {
    struct inherited *own;
    guise_signal *which;
    guise_result result;
    atomic_bool done;
};

static void look_in_takeover(struct wt *w)
{
    struct takeover *takeover = w->arg;

    takeover->result = guise_container_wait_any(takeover->own->container, 0, &takeover->which);
    atomic_store(&takeover->done, true);
}

static void look_while_another_takes_over(void *arg)
{
    struct takeover takeover = {.own = arg};
    struct guise__lock *lock = &takeover.own->container->lock;
    struct wt w;

    CHILD_CHECK(guise__lock_take(lock));
    wt_start(&w, look_in_takeover, &takeover);
    while (!atomic_load(&takeover.done) && (atomic_load(&lock->word) & GUISE__LOCK_AWAITED) == 0) {
        (void)sched_yield();
    }
    guise__container_forget_parent_locked(takeover.own->container);
    guise__lock_release(lock);
    wt_join(&w);
    CHILD_CHECK_RESULT(takeover.result, GUISE_OK);
    CHILD_CHECK(takeover.which == takeover.own->manual);
}

/* As above, but two threads of the child are the first to look. */
static void test_fork_before_the_container_is_told_and_two_look(void **state)
{
    struct inherited inherited = make_inherited();

    (void)state;
    test_watchdog(3 * SECONDS);
    (void)guise__lock_take(&inherited.manual->lock);
    (void)atomic_fetch_or(&inherited.manual->word, GUISE__SIGNAL_SET);
    assert_child_passes(look_while_another_takes_over, &inherited);
    (void)atomic_fetch_and(&inherited.manual->word, ~GUISE__SIGNAL_SET);
    guise__lock_release(&inherited.manual->lock);
    drop_inherited(&inherited);
}

static void add_it(struct wt *w)
{
    struct inherited *own = w->arg;

    WT_CHECK_RESULT(w, guise_container_add(own->container, own->manual), GUISE_OK);
}

static void drop_it(void *arg)
{
    struct inherited *own = arg;

    guise_container_unref(own->container);
}

/* The thread that adds has counted the signal, but does not watch it yet. */
static void test_fork_in_add(void **state)
{
    struct inherited inherited = make_inherited();
    struct wt w;

    (void)state;
    test_watchdog(3 * SECONDS);
    (void)guise__lock_take(&inherited.manual->lock);
    wt_start(&w, add_it, &inherited);
    while (atomic_load(&inherited.container->places) != 7) {
        (void)sched_yield();
    }
    assert_child_passes(drop_it, &inherited);
    guise__lock_release(&inherited.manual->lock);
    wt_join(&w);
    drop_inherited(&inherited);
}

/* It is not in the container of the child, where no thread goes on to remove it. */
static void find_it_removed(void *arg)
{
    struct inherited *own = arg;

    CHILD_CHECK_KEPT(guise_container_remove(own->container, own->manual), GUISE_E_NOT_FOUND);
    CHILD_CHECK_KEPT(guise_signal_set(own->manual), GUISE_OK);
    check_which(own->container, 1, GUISE_E_TIMEOUT, NULL);
    CHILD_CHECK_KEPT(guise_signal_set(own->automatic), GUISE_OK);
    check_which(own->container, 1, GUISE_OK, own->automatic);
    guise_container_unref(own->container);
    CHILD_CHECK(atomic_load(&own->manual->refs) == 1);
    CHILD_CHECK(own->manual->watchers == NULL);
}

/* The thread that removes it has hidden it, and the signal still tells the container. */
static void test_fork_in_remove(void **state)
{
    struct inherited inherited = make_inherited();
    struct change change = {inherited.container, inherited.manual};
    struct wt w;

    (void)state;
    test_watchdog(3 * SECONDS);
    (void)guise__lock_take(&inherited.manual->lock);
    wt_start(&w, remove_it, &change);
    while (guise__container_members_locked(inherited.container) != 1) {
        (void)sched_yield();
    }
    assert_child_passes(find_it_removed, &inherited);
    guise__lock_release(&inherited.manual->lock);
    wt_join(&w);
    drop_inherited(&inherited);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_no_fork_handler_to_be_had),
        cmocka_unit_test(test_empty_is_no_sync),
        cmocka_unit_test(test_container_takes_63),
        cmocka_unit_test(test_time_out),
        cmocka_unit_test(test_first_added_is_told_first),
        cmocka_unit_test(test_first_member_goes_first_every_time),
        cmocka_unit_test(test_signal_stays_in_its_container),
        cmocka_unit_test(test_auto_member_is_taken_once),
        cmocka_unit_test(test_stale_hints_go),
        cmocka_unit_test(test_hint_of_a_set_signal_stays),
        cmocka_unit_test(test_signal_set_before_it_is_added),
        cmocka_unit_test(test_same_signal_twice_in_one_container),
        cmocka_unit_test(test_same_signal_in_two_containers),
        cmocka_unit_test(test_container_goes_before_its_signals),
        cmocka_unit_test(test_container_keeps_its_signals),
        cmocka_unit_test(test_references_are_counted_exactly),
        cmocka_unit_test(test_too_many_references_end_the_process),
        cmocka_unit_test(test_removed_signal_is_not_reported),
        cmocka_unit_test(test_emptied_container_is_no_sync),
        cmocka_unit_test(test_signal_added_twice_is_removed_twice),
        cmocka_unit_test(test_order_survives_a_place_taken_again),
        cmocka_unit_test(test_last_added_goes_first_from_a_lower_place),
        cmocka_unit_test(test_stale_hint_of_another_container_stays),
        cmocka_unit_test(test_hint_of_the_next_in_the_place_stays),
        cmocka_unit_test(test_waiter_waits_for_the_rest),
        cmocka_unit_test(test_waiter_of_an_emptied_container_waits_on),
        cmocka_unit_test(test_remove_in_the_middle_of_an_add),
        cmocka_unit_test(test_hidden_signal_is_not_taken),
        cmocka_unit_test(test_manual_member_releases_all),
        cmocka_unit_test(test_pulse_releases_who_waited),
        cmocka_unit_test(test_auto_member_releases_one_waiter),
        cmocka_unit_test(test_auto_pulse_releases_one_waiter),
        cmocka_unit_test(test_auto_signal_of_two_containers_releases_one),
        cmocka_unit_test(test_manual_signal_of_two_containers_releases_all),
        cmocka_unit_test(test_direct_waiter_and_container),
        cmocka_unit_test(test_twice_in_one_container_releases_one_waiter),
        cmocka_unit_test(test_set_signal_added_while_others_wait),
        cmocka_unit_test(test_clear_signal_added_while_others_wait),
        cmocka_unit_test(test_descriptor_of_a_member),
        cmocka_unit_test(test_descriptor_of_a_member_set_at_the_last_look),
        cmocka_unit_test(test_wait_is_no_cancellation_point),
        cmocka_unit_test(test_reset_before_the_container_is_told),
        cmocka_unit_test(test_latecomer_before_the_container_is_told),
        cmocka_unit_test(test_removed_before_the_container_is_told),
        cmocka_unit_test(test_fork_while_another_thread_waits),
        cmocka_unit_test(test_fork_before_the_container_is_told),
        cmocka_unit_test(test_fork_before_the_container_is_told_and_two_look),
        cmocka_unit_test(test_fork_in_add),
        cmocka_unit_test(test_fork_in_remove),
        cmocka_unit_test(test_fork_while_another_thread_holds_a_lock),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("container", tests, NULL, NULL);
}
