/* SPDX-License-Identifier: MIT */
/*
 * The leaf for systems without wait-on-address: its mutexes, where a fork finds them held. Built
 * everywhere, so that it is tried everywhere.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/kept.h"

/* The file itself, not the leaf that the library has here. */
#include "port/futex_mutex.c"

#include <sched.h>

#include <guise/signal.h>

#include "support/child.h"
#include "support/wt.h"

enum { SECONDS = 20 };

/* A thread that waits, and one that sets, meet in the buckets. */
static void use_the_buckets(void *arg)
{
    guise_signal *signal;
    static atomic_uint words[BUCKETS]; /* each in a bucket of its own */
    const struct timespec past = {0, 1};

    (void)arg;
    CHILD_CHECK_KEPT(guise_signal_create(GUISE_SIGNAL_AUTO, &signal), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_wait(signal, 2), GUISE_E_CALL_PENDING);
    CHILD_CHECK_KEPT(guise_signal_set(signal), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_wait(signal, 2), GUISE_OK);
    for (unsigned i = 0; i < BUCKETS; i++) {
        guise__futex_wake(&words[i]);
        CHILD_CHECK(!guise__futex_wait(&words[i], 0, &past));
        CHILD_CHECK(guise__futex_wait(&words[i], 1, &past));
    }
    guise_signal_unref(signal);
}

struct holder {
    pthread_mutex_t *lock;
    struct wt_latch held, release;
};

static void hold(struct wt *w)
{
    struct holder *holder = w->arg;

    (void)pthread_mutex_lock(holder->lock);
    wt_latch_open(&holder->held);
    wt_latch_wait(&holder->release);
    (void)pthread_mutex_unlock(holder->lock);
}

static void fork_while_it_is_held(pthread_mutex_t *lock)
{
    struct holder holder = {.lock = lock, .held = WT_LATCH_INIT, .release = WT_LATCH_INIT};
    struct wt w;

    wt_start(&w, hold, &holder);
    wt_latch_wait(&holder.held);
    assert_child_passes(use_the_buckets, NULL);
    wt_latch_open(&holder.release);
    wt_join(&w);
}

/* First of all: the buckets are being made by a thread that is not in the child. */
static void test_fork_while_the_buckets_are_made(void **state)
{
    guise_signal *signal; /* has the fork handler registered, and needs no bucket */

    (void)state;
    test_watchdog(3 * SECONDS);
    assert_ok(guise_signal_create(GUISE_SIGNAL_AUTO, &signal));
    assert_false(is_ready());
    fork_while_it_is_held(&s_once);
    assert_false(is_ready());
    guise_signal_unref(signal);
}

static void test_fork_while_a_bucket_is_held(void **state)
{
    atomic_uint word = 0;

    (void)state;
    test_watchdog(3 * SECONDS);
    fork_while_it_is_held(&bucket_of(&word)->lock);
    assert_true(is_ready());
}

static void wait_for_it(struct wt *w)
{
    WT_CHECK_RESULT(w, guise_signal_wait(w->arg, GUISE_INFINITE), GUISE_OK);
}

/* Y-01, Y-02 */
static void test_waits_and_wakes(void **state)
{
    guise_signal *signal;
    struct wt w[3];

    (void)state;
    test_watchdog(SECONDS);
    assert_ok(guise_signal_create(GUISE_SIGNAL_MANUAL, &signal));
    assert_kept(guise_signal_wait(signal, 3), GUISE_E_CALL_PENDING);
    wt_start_all(w, 3, wait_for_it, signal);
    (void)sched_yield();
    assert_ok(guise_signal_set(signal));
    wt_join_all(w, 3);
    guise_signal_unref(signal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fork_while_the_buckets_are_made),
        cmocka_unit_test(test_fork_while_a_bucket_is_held),
        cmocka_unit_test(test_waits_and_wakes),
    };

    return cmocka_run_group_tests_name("futex_mutex", tests, NULL, NULL);
}
