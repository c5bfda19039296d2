/* SPDX-License-Identifier: MIT */
/*
 * Memory orders that carry a promise, one at a time: plain data is written by one thread and read by
 * another, and nothing but the step in question orders the two. The thread sanitizer reports a race
 * when that step is weaker than it says; without it these only check the values.
 *
 * The sources themselves are in here. In the lock's the sanitizer is told nothing, because from its
 * annotations it would conclude what the orders have to give. In the signal's another thread comes in
 * between the look and the compare-exchange that follows.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include <sched.h>
#include <stdatomic.h>

#define GUISE_SRC_BASE_TSAN_H
#define GUISE__TSAN_TAKING(lock) ((void)(lock))
#define GUISE__TSAN_TAKEN(lock) ((void)(lock))
#define GUISE__TSAN_RELEASING(lock) ((void)(lock))
#define GUISE__TSAN_RELEASED(lock) ((void)(lock))
#define GUISE__TSAN_DESTROYED(lock) ((void)(lock))

/* What this thread does before its next compare-exchange, once. */
static _Thread_local void (*tl_before)(void);

static void come_between(void)
{
    void (*before)(void) = tl_before;

    tl_before = NULL;
    if (before != NULL) {
        before();
    }
}

#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit
#if defined(__clang__)
#define exchange_if(word, expected, desired, good, bad)                                            \
    __c11_atomic_compare_exchange_strong(word, expected, desired, good, bad)
#else
#define exchange_if(word, expected, desired, good, bad)                                            \
    __atomic_compare_exchange_n(word, expected, desired, false, good, bad)
#endif
#define atomic_compare_exchange_strong_explicit(word, expected, desired, good, bad)                \
    (come_between(), exchange_if(word, expected, desired, good, bad))
#define atomic_compare_exchange_weak_explicit atomic_compare_exchange_strong_explicit

#include "base/lifecycle.h"

static guise_result s_prepared = GUISE_OK;

static guise_result prepare_as_told(void)
{
    return s_prepared == GUISE_OK ? guise__fork_prepare() : s_prepared;
}

#define guise__fork_prepare prepare_as_told
#include "base/lock.c"
#include "sync/signal.c"
#undef guise__fork_prepare

#include "support/wt.h"

enum { SECONDS = 20, ROUNDS = 25 };

/* The flags are relaxed, so they order nothing. */
static bool is_up(const atomic_bool *flag)
{
    return atomic_load_explicit(flag, memory_order_relaxed);
}

static void raise_flag(atomic_bool *flag)
{
    atomic_store_explicit(flag, true, memory_order_relaxed);
}

static void await_flag(const atomic_bool *flag)
{
    while (!is_up(flag)) {
        (void)sched_yield();
    }
}

/* ---- the lock -------------------------------------------------------------------------------- */

struct room {
    struct guise__lock lock;
    int data; /* (lock) */
    atomic_bool left;
};

static void enter_at_once(struct wt *w)
{
    struct room *room = w->arg;

    await_flag(&room->left);
    (void)guise__lock_take(&room->lock);
    WT_CHECK(w, room->data == 42);
    guise__lock_release(&room->lock);
}

static void enter_and_wait(struct wt *w)
{
    struct room *room = w->arg;

    (void)guise__lock_take(&room->lock);
    WT_CHECK(w, room->data == 42);
    guise__lock_release(&room->lock);
}

/* The other thread sleeps until it is let go. */
static void until_awaited(struct room *room)
{
    while ((atomic_load_explicit(&room->lock.word, memory_order_relaxed) & GUISE__LOCK_AWAITED) ==
           0) {
        (void)sched_yield();
    }
}

static void share_a_room(bool contended)
{
    struct room room = {.data = 0};
    struct wt other;

    guise__lock_init(&room.lock);
    if (contended) {
        (void)guise__lock_take(&room.lock);
        wt_start(&other, enter_and_wait, &room);
        until_awaited(&room);
    } else {
        wt_start(&other, enter_at_once, &room);
        (void)guise__lock_take(&room.lock);
    }
    room.data = 42;
    guise__lock_release(&room.lock);
    raise_flag(&room.left);
    wt_join(&other);
}

static void a_lock_taken_at_once(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        share_a_room(false);
    }
}

static void a_lock_waited_for(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        share_a_room(true);
    }
}

/* ---- signals --------------------------------------------------------------------------------- */

static struct {
    guise_signal *signal;
    int data;
    atomic_bool looked, set; /* the taker has; the setter has */
} s_play;

/* The taker has seen an earlier set. This thread takes that one, and sets the signal anew. */
static void take_and_set_again(struct wt *w)
{
    await_flag(&s_play.looked);
    WT_CHECK_RESULT(w, guise_signal_wait(s_play.signal, 0), GUISE_OK);
    s_play.data = 42;
    guise__signal_set(s_play.signal);
    raise_flag(&s_play.set);
}

static void let_the_other_set_again(void)
{
    raise_flag(&s_play.looked);
    await_flag(&s_play.set);
}

static bool take_by_wait(void)
{
    return guise_signal_wait(s_play.signal, 0) == GUISE_OK;
}

static bool take_by_try(void)
{
    return guise__signal_try(s_play.signal) == GUISE__TRY_TAKEN;
}

static bool take_by_hold(void)
{
    /* Without the lock, because the signal has no listeners. */
    bool held = signal_take_tentatively_locked(s_play.signal);

    signal_commit_locked(s_play.signal);
    return held;
}

/* The waiter sees what the last setter wrote, not only the setter before it (Y-07). */
static void take_what_was_set_again(bool (*take)(void))
{
    struct wt setter;

    memset(&s_play, 0, sizeof s_play);
    assert_ok(guise_signal_create(GUISE_SIGNAL_AUTO, &s_play.signal));
    assert_ok(guise_signal_set(s_play.signal));
    wt_start(&setter, take_and_set_again, NULL);
    tl_before = let_the_other_set_again;
    assert_true(take());
    assert_null(tl_before);
    assert_int_equal(s_play.data, 42);
    wt_join(&setter);
    assert_int_equal(atomic_load(&s_play.signal->word), 0);
    guise_signal_unref(s_play.signal);
}

static void a_taken_auto_signal(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        take_what_was_set_again(take_by_wait);
        take_what_was_set_again(take_by_try);
        take_what_was_set_again(take_by_hold);
    }
}

static void write_and_set(struct wt *w)
{
    (void)w;
    s_play.data = 42;
    guise__signal_set(s_play.signal);
    raise_flag(&s_play.set);
}

/* Y-06: in one step, and in the other way. */
static void reset_what_was_set(unsigned more_bits)
{
    struct wt setter;

    memset(&s_play, 0, sizeof s_play);
    assert_ok(guise_signal_create(GUISE_SIGNAL_MANUAL, &s_play.signal));
    atomic_store(&s_play.signal->word, more_bits);
    wt_start(&setter, write_and_set, NULL);
    await_flag(&s_play.set);
    assert_ok(guise_signal_reset(s_play.signal));
    assert_int_equal(s_play.data, 42);
    wt_join(&setter);
    guise_signal_unref(s_play.signal);
}

static void a_signal_that_is_reset(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        reset_what_was_set(0);
        reset_what_was_set(GUISE__SIGNAL_HAS_EVENT); /* no listeners, so that no lock orders it */
    }
}

/* Y-08: the look alone. */
static void a_manual_signal_that_is_set(void **state)
{
    struct wt setter;

    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        memset(&s_play, 0, sizeof s_play);
        assert_ok(guise_signal_create(GUISE_SIGNAL_MANUAL, &s_play.signal));
        wt_start(&setter, write_and_set, NULL);
        await_flag(&s_play.set);
        assert_ok(guise_signal_wait(s_play.signal, 0));
        assert_int_equal(s_play.data, 42);
        wt_join(&setter);
        guise_signal_unref(s_play.signal);
    }
}

/* Only here is the signal's source in the program: without a fork handler a child could not tell
 * itself from its parent. */
static void no_fork_handler_to_be_had(void **state)
{
    guise_signal *signal = TEST_POISON(guise_signal);

    (void)state;
    s_prepared = GUISE_E_OUT_OF_MEMORY;
    assert_result(guise_signal_create(GUISE_SIGNAL_AUTO, &signal), GUISE_E_OUT_OF_MEMORY);
    s_prepared = GUISE_OK;
    assert_null(signal);
    assert_ok(guise_signal_create(GUISE_SIGNAL_AUTO, &signal));
    guise_signal_unref(signal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_taken_at_once),        cmocka_unit_test(a_lock_waited_for),
        cmocka_unit_test(a_taken_auto_signal),         cmocka_unit_test(a_signal_that_is_reset),
        cmocka_unit_test(a_manual_signal_that_is_set), cmocka_unit_test(no_fork_handler_to_be_had),
    };

    return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}
