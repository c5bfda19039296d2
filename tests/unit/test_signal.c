/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/kept.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif

#include "support/child.h"
#include "support/wt.h"
#include "sync/signal.h"

enum { SECONDS = 20 };

static const guise_signal_kind s_kinds[] = {GUISE_SIGNAL_MANUAL, GUISE_SIGNAL_AUTO};

static unsigned refs_of(guise_signal *signal)
{
    return atomic_load(&signal->refs);
}

static guise_signal *make(guise_signal_kind kind)
{
    guise_signal *signal = NULL;

    assert_kept_ok(guise_signal_create(kind, &signal));
    assert_non_null(signal);
    assert_int_equal(refs_of(signal), 1);
    return signal;
}

/* Only the test has a reference, and no waiter was left in the queue. */
static void drop(guise_signal *signal)
{
    assert_int_equal(refs_of(signal), 1);
    assert_null(signal->waiters.first);
    assert_null(signal->waiters.last);
    assert_keeps_errno(guise_signal_unref(signal));
}

static void assert_set(guise_signal *signal)
{
    assert_kept_ok(guise_signal_wait(signal, 0));
}

static void assert_clear(guise_signal *signal)
{
    assert_kept(guise_signal_wait(signal, 0), GUISE_E_CALL_PENDING);
}

static unsigned queued(guise_signal *signal)
{
    unsigned count = 0;

    (void)guise__lock_take(&signal->lock);
    for (struct guise__waiter *waiter = signal->waiters.first; waiter; waiter = waiter->next) {
        count++;
    }
    guise__lock_release(&signal->lock);
    return count;
}

/* Until so many threads really wait. */
static void await_queue(guise_signal *signal, unsigned count)
{
    while (queued(signal) != count) {
        (void)sched_yield();
    }
}

/* ---- waiters, one thread each ---------------------------------------------------------------------- */

struct waiter {
    struct wt wt;
    guise_signal *signal;
    uint32_t timeout_ms;
    guise_result expected;
};

static void wait_once(struct wt *w)
{
    struct waiter *waiter = w->arg;

    errno = KEPT_ERRNO;
    WT_CHECK_RESULT(w, guise_signal_wait(waiter->signal, waiter->timeout_ms), waiter->expected);
    WT_CHECK(w, errno == KEPT_ERRNO);
}

/* When this returns the waiter is in the queue, behind those that were there. */
static void start_waiter(struct waiter *waiter, guise_signal *signal, uint32_t timeout_ms)
{
    unsigned before = queued(signal);

    *waiter = (struct waiter){.signal = signal, .timeout_ms = timeout_ms, .expected = GUISE_OK};
    wt_start(&waiter->wt, wait_once, waiter);
    await_queue(signal, before + 1);
}

static void start_waiters(struct waiter *waiters, unsigned count, guise_signal *signal)
{
    for (unsigned i = 0; i < count; i++) {
        start_waiter(&waiters[i], signal, GUISE_INFINITE);
    }
}

static void join_waiters(struct waiter *waiters, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        wt_join(&waiters[i].wt);
    }
}

/* ---- arguments ----------------------------------------------------------------------------------------- */

/* Y-03 */
static void test_arguments(void **state)
{
    guise_signal *signal = TEST_POISON(guise_signal);
    int fd = 77;

    (void)state;
    assert_kept(guise_signal_create(GUISE_SIGNAL_MANUAL, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_signal_create((guise_signal_kind)2, &signal), GUISE_E_INVALID_ARGUMENT);
    assert_null(signal);
    assert_kept(guise_signal_set(NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_signal_reset(NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_signal_wait(NULL, 0), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_signal_wait(NULL, GUISE_INFINITE), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_signal_fd(NULL, &fd), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(fd, -1);
    signal = make(GUISE_SIGNAL_MANUAL);
    assert_kept(guise_signal_fd(signal, NULL), GUISE_E_INVALID_ARGUMENT);
    drop(signal);
}

static void test_references_are_counted_exactly(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO), *same = NULL;

    (void)state;
    for (unsigned i = 2; i < 20; i++) {
        assert_keeps_errno(same = guise_signal_ref(signal));
        assert_ptr_equal(same, signal);
        assert_int_equal(refs_of(signal), i);
    }
    for (unsigned i = 18; i > 0; i--) {
        assert_keeps_errno(guise_signal_unref(signal));
        assert_int_equal(refs_of(signal), i);
    }
    drop(signal);
    assert_keeps_errno(assert_null(guise_signal_ref(NULL)));
    assert_keeps_errno(guise_signal_unref(NULL));
}

static void overflow(void *arg)
{
    guise_signal *signal;

    (void)arg;
    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_MANUAL, &signal), GUISE_OK);
    atomic_store(&signal->refs, UINT_MAX / 2 - 1);
    CHILD_CHECK(guise_signal_ref(signal) == signal);
    (void)fputs("the last one fits. ", stderr);
    (void)guise_signal_ref(signal);
}

/* L-7 */
static void test_too_many_references_end_the_process(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    assert_child_dies(overflow, NULL, "the last one fits. guise: fatal: ");
}

/* ---- one thread ------------------------------------------------------------------------------------------ */

/* V-27 for signals; Y-01, Y-02 */
static void test_poll_before_and_after_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make(s_kinds[i]);

        assert_clear(signal);
        assert_kept_ok(guise_signal_set(signal));
        assert_set(signal);
        drop(signal);
    }
}

/* Y-07 */
static void test_V_28_auto_is_taken_by_one_wait(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);

    (void)state;
    assert_kept_ok(guise_signal_set(signal));
    assert_set(signal);
    assert_clear(signal);
    assert_clear(signal);
    drop(signal);
}

/* Y-08 */
static void test_V_29_manual_stays_set_until_reset(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_MANUAL);

    (void)state;
    assert_kept_ok(guise_signal_set(signal));
    assert_set(signal);
    assert_set(signal);
    assert_kept_ok(guise_signal_reset(signal));
    assert_clear(signal);
    drop(signal);
}

/* Y-05: twice is harmless, and is one. */
static void test_set_twice_is_set_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make(s_kinds[i]);

        assert_kept_ok(guise_signal_set(signal));
        assert_kept_ok(guise_signal_set(signal));
        assert_set(signal);
        assert_kept(guise_signal_wait(signal, 0),
                    s_kinds[i] == GUISE_SIGNAL_AUTO ? GUISE_E_CALL_PENDING : GUISE_OK);
        drop(signal);
    }
}

/* Y-06 */
static void test_reset_always_succeeds(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make(s_kinds[i]);

        assert_kept_ok(guise_signal_reset(signal));
        assert_clear(signal);
        assert_kept_ok(guise_signal_set(signal));
        assert_kept_ok(guise_signal_reset(signal));
        assert_clear(signal);
        assert_kept_ok(guise_signal_reset(signal));
        assert_clear(signal);
        drop(signal);
    }
}

/* Y-01: no time-out matters to a signal that is set. */
static void test_set_signal_is_waited_for_at_once(void **state)
{
    static const uint32_t timeouts[] = {0, 1, 1000, GUISE_INFINITE - 1, GUISE_INFINITE};

    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        guise_signal *signal = make(GUISE_SIGNAL_AUTO);

        assert_kept_ok(guise_signal_set(signal));
        assert_kept_ok(guise_signal_wait(signal, timeouts[i]));
        assert_clear(signal);
        drop(signal);
    }
}

static int64_t now_ns(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Y-02. There is no upper bound, because no system promises when a thread runs again. */
static void test_time_out_is_never_early(void **state)
{
    static const uint32_t timeouts[] = {1, 7, 30};

    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < 6; i++) {
        guise_signal *signal = make(s_kinds[i % 2]);
        uint32_t timeout = timeouts[i / 2];
        int64_t start = now_ns();

        assert_kept(guise_signal_wait(signal, timeout), GUISE_E_CALL_PENDING);
        assert_true(now_ns() - start >= (int64_t)timeout * 1000000);
        drop(signal);
    }
}

/* Y-02: a wait that timed out has left nothing behind that could take a later set; the short way of
 * one step is open again. */
static void test_time_out_leaves_no_trace(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);

    (void)state;
    test_watchdog(SECONDS);
    assert_kept(guise_signal_wait(signal, 1), GUISE_E_CALL_PENDING);
    assert_int_equal(queued(signal), 0);
    assert_int_equal(atomic_load(&signal->word), 0);
    assert_kept_ok(guise_signal_set(signal));
    assert_int_equal(atomic_load(&signal->word), GUISE__SIGNAL_SET);
    assert_set(signal);
    assert_clear(signal);
    drop(signal);
}

/* ---- company ------------------------------------------------------------------------------------------------ */

/* All waiters are released, and every thread that comes later (Y-08, Y-05). */
static void test_manual_releases_all(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_MANUAL);
    struct waiter waiters[4];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 4, signal);
    assert_kept_ok(guise_signal_set(signal));
    join_waiters(waiters, 4);
    assert_set(signal);
    drop(signal);
}

/* Y-07: one for each set, the longest-waiting first, and the signal stays clear. */
static void test_auto_releases_in_order_of_arrival(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    struct waiter waiters[4];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 4, signal);
    for (unsigned i = 0; i < 4; i++) {
        assert_kept_ok(guise_signal_set(signal));
        wt_join(&waiters[i].wt); /* no other thread would end this */
        assert_int_equal(queued(signal), 3 - i);
        assert_clear(signal);
    }
    drop(signal);
}

/* Y-07 */
static void test_n_sets_release_n_waiters(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    struct waiter waiters[4];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 4, signal);
    for (unsigned i = 0; i < 3; i++) {
        assert_kept_ok(guise_signal_set(signal));
    }
    assert_int_equal(queued(signal), 1);
    assert_clear(signal);
    join_waiters(waiters, 3);
    assert_int_equal(queued(signal), 1);
    assert_kept_ok(guise_signal_set(signal));
    wt_join(&waiters[3].wt);
    assert_clear(signal);
    drop(signal);
}

/* Y-05, Y-07: one set more than waiters stays for a later wait; two more are still one. */
static void test_sets_beyond_the_waiters_stay(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    struct waiter waiters[2];

    (void)state;
    test_watchdog(SECONDS);
    start_waiters(waiters, 2, signal);
    for (unsigned i = 0; i < 4; i++) {
        assert_kept_ok(guise_signal_set(signal));
    }
    join_waiters(waiters, 2);
    assert_set(signal);
    assert_clear(signal);
    drop(signal);
}

/* A thread that waited when the signal was set is released, and no other, with any later operation
 * (Y-05, Y-06). */
static void test_reset_takes_nothing_from_who_waited(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make(s_kinds[i]);
        struct waiter waiters[3];
        unsigned released = s_kinds[i] == GUISE_SIGNAL_MANUAL ? 3 : 1;

        start_waiters(waiters, 3, signal);
        assert_kept_ok(guise_signal_set(signal));
        assert_kept_ok(guise_signal_reset(signal));
        assert_clear(signal);
        join_waiters(waiters, released);
        assert_int_equal(queued(signal), 3 - released);
        for (unsigned k = released; k < 3; k++) {
            assert_kept_ok(guise_signal_set(signal));
        }
        join_waiters(waiters + released, 3 - released);
        drop(signal);
    }
}

/* A waiter that gives up in the middle of the queue takes no other one along (Y-02). */
static void test_time_out_in_the_middle_of_the_queue(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    struct waiter first, impatient, last;

    (void)state;
    test_watchdog(SECONDS);
    start_waiter(&first, signal, GUISE_INFINITE);
    impatient =
        (struct waiter){.signal = signal, .timeout_ms = 5, .expected = GUISE_E_CALL_PENDING};
    wt_start(&impatient.wt, wait_once, &impatient);
    start_waiter(&last, signal, GUISE_INFINITE); /* before or behind the impatient one */
    wt_join(&impatient.wt);
    await_queue(signal, 2);
    assert_kept_ok(guise_signal_set(signal));
    wt_join(&first.wt);
    assert_int_equal(queued(signal), 1);
    assert_kept_ok(guise_signal_set(signal));
    wt_join(&last.wt);
    assert_clear(signal);
    drop(signal);
}

/* Y-05: a released waiter may drop the last reference at once, though the setter owns none. */
static void drop_after_wait(struct wt *w)
{
    guise_signal *signal = w->arg;

    WT_CHECK_RESULT(w, guise_signal_wait(signal, GUISE_INFINITE), GUISE_OK);
    guise_signal_unref(signal);
}

static void test_set_survives_the_waiter_who_drops_the_signal(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (int i = 0; i < 200; i++) {
        guise_signal *signal = make(s_kinds[i % 2]);
        struct wt w;

        wt_start(&w, drop_after_wait, signal);
        await_queue(signal, 1);
        assert_kept_ok(guise_signal_set(signal)); /* the reference is the waiter's by now */
        wt_join(&w);
    }
}

/* ---- interruptions ----------------------------------------------------------------------------------------- */

static atomic_uint s_handled;

static void note_signal(int number)
{
    (void)number;
    (void)atomic_fetch_add(&s_handled, 1);
}

static void test_signal_handlers_interrupt_no_wait(void **state)
{
    struct sigaction action = {.sa_handler = note_signal}, before;
    guise_signal *signal = make(GUISE_SIGNAL_MANUAL);
    struct waiter waiter;

    (void)state;
    test_watchdog(SECONDS);
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    start_waiter(&waiter, signal, GUISE_INFINITE);
    for (unsigned i = 1; i <= 50; i++) {
        unsigned seen = atomic_load(&s_handled);

        /* More than once if need be: the thread sanitizer keeps one that comes just before the sleep
         * until something ends the sleep. */
        while (atomic_load(&s_handled) == seen) {
            assert_int_equal(pthread_kill(waiter.wt.thread, SIGUSR1), 0);
            (void)sched_yield();
        }
        assert_int_equal(queued(signal), 1);
    }
    assert_kept_ok(guise_signal_set(signal));
    wt_join(&waiter.wt);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    drop(signal);
}

/* Nothing in here between the wait and the disabling may be a cancellation point. */
static void wait_while_canceled(struct wt *w)
{
    guise_result result = guise_signal_wait(w->arg, GUISE_INFINITE);

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    WT_CHECK_RESULT(w, result, GUISE_OK);
}

/* Canceled before the set: the thread waits on, is released, and is still there. */
static void test_wait_is_no_cancellation_point(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make(s_kinds[i]);
        struct wt w;

        wt_start(&w, wait_while_canceled, signal);
        await_queue(signal, 1);
        assert_int_equal(pthread_cancel(w.thread), 0);
        assert_int_equal(queued(signal), 1);
        assert_kept_ok(guise_signal_set(signal));
        wt_join(&w);
        drop(signal);
    }
}

struct canceled {
    guise_signal *signal;
    bool alive; /* a canceled thread never says so */
};

static void cancel_self_and_wait(struct wt *w)
{
    struct canceled *canceled = w->arg;
    guise_result taken, timed_out;

    (void)pthread_cancel(pthread_self());
    taken = guise_signal_wait(canceled->signal, GUISE_INFINITE);
    timed_out = guise_signal_wait(canceled->signal, 2);
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    canceled->alive = true;
    WT_CHECK_RESULT(w, taken, GUISE_OK);
    WT_CHECK_RESULT(w, timed_out, GUISE_E_CALL_PENDING);
}

static void cancel_self_and_set(struct wt *w)
{
    struct canceled *canceled = w->arg;
    guise_result set, reset, set_again;

    (void)pthread_cancel(pthread_self());
    set = guise_signal_set(canceled->signal);
    reset = guise_signal_reset(canceled->signal);
    set_again = guise_signal_set(canceled->signal);
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    canceled->alive = true;
    WT_CHECK_RESULT(w, set, GUISE_OK);
    WT_CHECK_RESULT(w, reset, GUISE_OK);
    WT_CHECK_RESULT(w, set_again, GUISE_OK);
}

static void survive_cancellation(wt_fn *fn, guise_signal_kind kind, bool has_fd, bool set_before)
{
    struct canceled canceled = {.signal = make(kind)};
    struct wt w;
    int fd;

    if (has_fd) {
        assert_kept_ok(guise_signal_fd(canceled.signal, &fd));
    }
    if (set_before) {
        assert_kept_ok(guise_signal_set(canceled.signal));
    }
    wt_start(&w, fn, &canceled);
    wt_join(&w);
    assert_true(canceled.alive);
    drop(canceled.signal);
}

/* The same for a thread that was canceled before it waited. */
static void test_pending_cancellation_is_left_pending_by_waits(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    survive_cancellation(cancel_self_and_wait, GUISE_SIGNAL_AUTO, false, true);
    survive_cancellation(cancel_self_and_wait, GUISE_SIGNAL_AUTO, true, true);
}

/* Set and reset always succeed (Y-05, Y-06). With a descriptor they read and write, which are
 * cancellation points elsewhere, and hold a lock meanwhile. */
static void test_pending_cancellation_is_left_pending_by_set_and_reset(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    survive_cancellation(cancel_self_and_set, GUISE_SIGNAL_MANUAL, false, false);
    survive_cancellation(cancel_self_and_set, GUISE_SIGNAL_AUTO, false, false);
    survive_cancellation(cancel_self_and_set, GUISE_SIGNAL_MANUAL, true, false);
    survive_cancellation(cancel_self_and_set, GUISE_SIGNAL_AUTO, true, false);
}

static void cancel_self_and_drop(struct wt *w)
{
    struct canceled *canceled = w->arg;

    (void)pthread_cancel(pthread_self());
    guise_signal_unref(canceled->signal);
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    canceled->alive = true;
}

static void test_pending_cancellation_is_left_pending_by_the_last_unref(void **state)
{
    struct canceled canceled = {.signal = make(GUISE_SIGNAL_MANUAL)};
    struct wt w;
    int fd;

    (void)state;
    test_watchdog(SECONDS);
    assert_kept_ok(guise_signal_fd(canceled.signal, &fd));
    wt_start(&w, cancel_self_and_drop, &canceled);
    wt_join(&w);
    assert_true(canceled.alive);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* ---- what set publishes --------------------------------------------------------------------------------------- */

struct publication {
    guise_signal *signal;
    int data; /* plain: only the signal orders it */
    atomic_int done;
};

/* The flag is relaxed, so it orders nothing; it only makes the reader come later. */
static void publish(struct wt *w)
{
    struct publication *publication = w->arg;

    publication->data = 42;
    WT_CHECK_RESULT(w, guise_signal_set(publication->signal), GUISE_OK);
    atomic_store_explicit(&publication->done, 1, memory_order_relaxed);
}

static void take_publication(struct wt *w)
{
    struct publication *publication = w->arg;

    while (atomic_load_explicit(&publication->done, memory_order_relaxed) == 0) {
        (void)sched_yield();
    }
    WT_CHECK_RESULT(w, guise_signal_wait(publication->signal, 0), GUISE_OK);
    WT_CHECK(w, publication->data == 42);
}

static void set_set_publishes(guise_signal_kind kind, bool in_company)
{
    struct publication publication = {.signal = make(kind)};
    struct wt reader, writer;
    int fd;

    if (in_company) {
        assert_ok(guise_signal_fd(publication.signal, &fd));
    }
    assert_kept_ok(guise_signal_set(publication.signal));
    wt_start(&reader, take_publication, &publication);
    wt_start(&writer, publish, &publication);
    wt_join(&writer);
    wt_join(&reader);
    drop(publication.signal);
}

/* Y-05: a set of a signal that is set is a read-modify-write too, never just a look. It takes the
 * thread sanitizer to see the difference; it forgets, so it is asked often. */
static void test_set_on_a_set_signal_still_publishes(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < 4 * 50; i++) {
        set_set_publishes(s_kinds[i % 2], i % 4 < 2);
    }
}

static void take_handed_over(struct wt *w)
{
    struct publication *publication = w->arg;

    WT_CHECK_RESULT(w, guise_signal_wait(publication->signal, GUISE_INFINITE), GUISE_OK);
    WT_CHECK(w, publication->data == 42);
}

/* Y-07: the waiter that an auto signal is handed to sees it all. */
static void test_hand_over_publishes(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < 2; i++) {
        struct publication publication = {.signal = make(s_kinds[i])};
        struct wt reader, writer;

        wt_start(&reader, take_handed_over, &publication);
        await_queue(publication.signal, 1);
        wt_start(&writer, publish, &publication);
        wt_join(&reader);
        wt_join(&writer);
        drop(publication.signal);
    }
}

/* ---- the descriptor --------------------------------------------------------------------------------------------- */

static int fd_of(guise_signal *signal)
{
    int fd = -2;

    assert_kept_ok(guise_signal_fd(signal, &fd));
    assert_true(fd >= 0);
    return fd;
}

static bool is_readable(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    int ready = poll(&watched, 1, 0);

    assert_true(ready >= 0);
    return ready == 1 && watched.revents == POLLIN;
}

static void test_fd_follows_the_signal(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_MANUAL);
    int fd = fd_of(signal);

    (void)state;
    assert_false(is_readable(fd));
    for (int round = 0; round < 3; round++) {
        assert_kept_ok(guise_signal_set(signal));
        assert_true(is_readable(fd));
        assert_kept_ok(guise_signal_set(signal));
        assert_true(is_readable(fd));
        assert_set(signal);
        assert_true(is_readable(fd));
        assert_kept_ok(guise_signal_reset(signal));
        assert_false(is_readable(fd));
        assert_kept_ok(guise_signal_reset(signal));
        assert_false(is_readable(fd));
    }
    drop(signal);
}

/* The thread that takes the signal lowers the descriptor (Y-07). */
static void test_fd_of_auto_is_lowered_by_the_wait(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    int fd = fd_of(signal);

    (void)state;
    test_watchdog(SECONDS);
    assert_kept_ok(guise_signal_set(signal));
    assert_kept_ok(guise_signal_set(signal));
    assert_true(is_readable(fd));
    assert_set(signal);
    assert_false(is_readable(fd));
    assert_kept_ok(guise_signal_set(signal));
    assert_true(is_readable(fd));
    assert_kept_ok(guise_signal_wait(signal, GUISE_INFINITE));
    assert_false(is_readable(fd));
    drop(signal);
}

/* A signal that was handed to a waiter is not set for another thread (Y-07). */
static void test_fd_of_auto_is_not_raised_by_a_hand_over(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    int fd = fd_of(signal);
    struct waiter waiter;

    (void)state;
    test_watchdog(SECONDS);
    start_waiter(&waiter, signal, GUISE_INFINITE);
    assert_kept_ok(guise_signal_set(signal));
    assert_false(is_readable(fd));
    wt_join(&waiter.wt);
    assert_false(is_readable(fd));
    drop(signal);
}

static void test_fd_asked_for_later_knows_what_happened(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make(s_kinds[i]);

        assert_kept_ok(guise_signal_set(signal));
        assert_true(is_readable(fd_of(signal)));
        drop(signal);
    }
}

static void test_fd_is_one_and_keeps_to_itself(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_MANUAL), *other = make(GUISE_SIGNAL_MANUAL);
    int fd = fd_of(signal);

    (void)state;
    assert_int_equal(fd_of(signal), fd);
    assert_int_equal(fd_of(signal), fd);
    assert_int_not_equal(fd_of(other), fd);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_kept_ok(guise_signal_set(signal));
    assert_true(is_readable(fd));
    assert_false(is_readable(fd_of(other)));
    drop(signal);
    drop(other);
}

enum { FDS_LOOKED_AT = 256 };

static unsigned open_fds(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < FDS_LOOKED_AT; fd++) {
        count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    }
    return count;
}

static void test_fd_is_closed_with_the_last_reference(void **state)
{
    unsigned before = open_fds();
    guise_signal *signal = make(GUISE_SIGNAL_MANUAL);
    int fd;

    (void)state;
    assert_int_equal(open_fds(), before); /* none until it is asked for */
    fd = fd_of(guise_signal_ref(signal));
    assert_keeps_errno(guise_signal_unref(signal));
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    drop(signal);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(open_fds(), before);
}

/* A pipe needs two: there is one, then none. */
static void run_out_of_fds(void *arg)
{
    guise_signal *signal = arg;
    unsigned before = open_fds();
    struct rlimit limit, none;
    int fd = 77;

    CHILD_CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    none = (struct rlimit){0, limit.rlim_max};
    CHILD_CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    for (int i = 0; i < 3; i++) {
        errno = KEPT_ERRNO;
        CHILD_CHECK_RESULT(guise_signal_fd(signal, &fd), GUISE_E_OUT_OF_RESOURCES);
        CHILD_CHECK(errno == KEPT_ERRNO && fd == -1);
    }
    CHILD_CHECK_RESULT(guise_signal_set(signal), GUISE_OK);
    CHILD_CHECK_RESULT(guise_signal_wait(signal, 0), GUISE_OK);
    CHILD_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHILD_CHECK(open_fds() == before);
    CHILD_CHECK_RESULT(guise_signal_fd(signal, &fd), GUISE_OK);
    CHILD_CHECK(fd >= 0);
}

/* More than there are lists of them by number: those of one list are kept apart. */
static void test_fds_of_many_signals(void **state)
{
    enum { COUNT = 200 };
    guise_signal *signals[COUNT];
    int fds[COUNT], again;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        assert_ok(guise_signal_create(GUISE_SIGNAL_MANUAL, &signals[i]));
        assert_ok(guise_signal_fd(signals[i], &fds[i]));
    }
    for (int i = 0; i < COUNT; i++) {
        guise_signal_set(signals[i]);
        for (int other = 0; other < COUNT; other += COUNT / 8) {
            assert_int_equal(is_readable(fds[other]), other <= i);
        }
        assert_ok(guise_signal_fd(signals[i], &again));
        assert_int_equal(again, fds[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        guise_signal_unref(signals[i]);
    }
}

static void test_no_fd_to_be_had(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_MANUAL);

    (void)state;
    test_watchdog(SECONDS);
    assert_child_passes(run_out_of_fds, signal);
    drop(signal);
}

/* Two threads ask at once: the descriptor is made once. */
static void ask_for_fd(struct wt *w)
{
    struct publication *shared = w->arg;
    int fd = -1, none = -1;

    WT_CHECK_RESULT(w, guise_signal_fd(shared->signal, &fd), GUISE_OK);
    if (!atomic_compare_exchange_strong(&shared->done, &none, fd)) {
        WT_CHECK(w, none == fd);
    }
}

static void test_fd_is_made_once(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    for (int round = 0; round < 20; round++) {
        struct publication shared = {.signal = make(GUISE_SIGNAL_MANUAL)};
        struct wt workers[3];
        unsigned before = open_fds();

        atomic_store(&shared.done, -1);
        wt_start_all(workers, 3, ask_for_fd, &shared);
        wt_join_all(workers, 3);
        assert_int_equal(open_fds() - before, shared.signal->descriptor.event.read_fd ==
                                                      shared.signal->descriptor.event.write_fd
                                                  ? 1
                                                  : 2);
        drop(shared.signal);
    }
}

#ifdef __linux__
static int epoll_once(int epoll_fd)
{
    struct epoll_event event = {0};
    int ready = epoll_wait(epoll_fd, &event, 1, 0);

    assert_true(ready == 0 || event.events == EPOLLIN);
    return ready;
}

/* The fd is a level: as often as it is asked, until the signal is reset. */
static void test_fd_is_a_level_for_epoll(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_MANUAL);
    int fd = fd_of(signal), epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event wanted = {.events = EPOLLIN};

    (void)state;
    assert_true(epoll_fd >= 0);
    assert_int_equal(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &wanted), 0);
    assert_int_equal(epoll_once(epoll_fd), 0);
    assert_kept_ok(guise_signal_set(signal));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(epoll_once(epoll_fd), 1);
    }
    assert_kept_ok(guise_signal_reset(signal));
    assert_int_equal(epoll_once(epoll_fd), 0);
    assert_kept_ok(guise_signal_set(signal));
    assert_int_equal(epoll_once(epoll_fd), 1);
    assert_int_equal(close(epoll_fd), 0);
    drop(signal);
}
#else
static void test_fd_is_a_level_for_epoll(void **state)
{
    (void)state;
    print_message("SKIPPED: only Linux has epoll\n");
    skip();
}
#endif

/* ---- a program that closes what is not its own ------------------------------------------------- */

/* All it has: a signal's descriptor, or the two ends of its pipe, with something else in its place. */
struct usurped {
    guise_signal *signal;
    int theirs[2]; /* a pipe with one byte in it, or a file that is empty, or both an eventfd */
};

typedef void usurp_fn(struct usurped *usurped);

static void make_pipe(struct usurped *usurped)
{
    CHILD_CHECK(pipe(usurped->theirs) == 0 && write(usurped->theirs[1], "x", 1) == 1);
}

static void make_file(struct usurped *usurped)
{
    char name[] = "/tmp/guise-test.XXXXXX";

    usurped->theirs[0] = usurped->theirs[1] = mkstemp(name);
    CHILD_CHECK(usurped->theirs[0] >= 0 && unlink(name) == 0);
    CHILD_CHECK(write(usurped->theirs[0], "x", 1) == 1 &&
                lseek(usurped->theirs[0], 0, SEEK_SET) == 0);
}

#ifdef __linux__
static void make_eventfd(struct usurped *usurped)
{
    usurped->theirs[0] = usurped->theirs[1] = eventfd(1, EFD_NONBLOCK);
    CHILD_CHECK(usurped->theirs[0] >= 0);
}
#else
#define make_eventfd make_pipe
#endif

static usurp_fn *const s_usurpers[] = {make_pipe, make_file, make_eventfd};

/* Their file has the signal's number, or numbers. */
static void usurp(struct usurped *usurped)
{
    const struct guise__event *event = &usurped->signal->descriptor.event;

    CHILD_CHECK(dup2(usurped->theirs[0], event->read_fd) == event->read_fd);
    if (event->write_fd != event->read_fd) {
        CHILD_CHECK(dup2(usurped->theirs[1], event->write_fd) == event->write_fd);
    }
}

/* Nothing was read from it and nothing written; and it is open. */
static void check_untouched(const struct usurped *usurped, int read_fd, int write_fd)
{
    char found[16] = {0};
    ssize_t size;

    CHILD_CHECK(fcntl(read_fd, F_GETFD) >= 0 && fcntl(write_fd, F_GETFD) >= 0);
    size = read(usurped->theirs[0], found, sizeof found);
    CHILD_CHECK((size == 1 && found[0] == 'x') ||
                (size == sizeof(uint64_t) && memcmp(found, &(uint64_t){1}, sizeof(uint64_t)) == 0));
}

/* Set before or not: with something to lower, or to raise. */
static void use_usurped(usurp_fn *make_theirs, bool set_before, bool own)
{
    struct usurped usurped = {.signal = NULL};
    int fd, read_fd, write_fd;

    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_MANUAL, &usurped.signal), GUISE_OK);
    CHILD_CHECK_RESULT(guise_signal_fd(usurped.signal, &fd), GUISE_OK);
    usurped.signal->event_generation -= own ? 0 : 1; /* as if a parent had asked for it */
    read_fd = usurped.signal->descriptor.event.read_fd;
    write_fd = usurped.signal->descriptor.event.write_fd;
    if (set_before) {
        CHILD_CHECK_KEPT(guise_signal_set(usurped.signal), GUISE_OK);
    }
    make_theirs(&usurped);
    usurp(&usurped);
    CHILD_CHECK_KEPT(guise_signal_reset(usurped.signal), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_set(usurped.signal), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_wait(usurped.signal, 0), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_reset(usurped.signal), GUISE_OK);
    errno = KEPT_ERRNO;
    guise_signal_unref(usurped.signal);
    CHILD_CHECK(errno == KEPT_ERRNO);
    check_untouched(&usurped, read_fd, write_fd);
}

static void use_all_usurped(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < 3; i++) {
        use_usurped(s_usurpers[i], false, true);
        use_usurped(s_usurpers[i], true, true);
        use_usurped(s_usurpers[i], false, false);
        use_usurped(s_usurpers[i], true, false);
    }
}

/* A descriptor that the program closed is neither written to nor read nor closed, if its number is
 * another file's now (W-20); also in a process that never forked. */
static void test_closed_fd_harms_nobody(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    assert_child_passes(use_all_usurped, NULL);
}

/* The number is another signal's now: to the system both look alike. */
static void test_closed_fd_of_one_signal_is_anothers(void **state)
{
    guise_signal *closed = make(GUISE_SIGNAL_MANUAL), *other = make(GUISE_SIGNAL_MANUAL);
    int fd = fd_of(closed);

    (void)state;
    assert_int_equal(close(fd), 0);
    assert_int_equal(fd_of(other), fd);
    assert_kept_ok(guise_signal_set(closed));
    assert_false(is_readable(fd));
    assert_kept_ok(guise_signal_set(other));
    assert_kept_ok(guise_signal_reset(closed));
    assert_true(is_readable(fd));
    drop(closed);
    assert_true(is_readable(fd));
    assert_kept_ok(guise_signal_reset(other));
    assert_false(is_readable(fd));
    drop(other);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* A second request gets a descriptor that works. */
static void test_closed_fd_is_made_again(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_AUTO);
    int fd = fd_of(signal), null = open("/dev/null", O_RDONLY);

    (void)state;
    assert_true(null >= 0);
    for (int round = 0; round < 3; round++) {
        int taken = fd;

        assert_kept_ok(guise_signal_set(signal));
        assert_int_equal(dup2(null, taken), taken);
        fd = fd_of(signal);
        assert_int_not_equal(fd, taken);
        assert_true(is_readable(fd));
        assert_set(signal);
        assert_false(is_readable(fd));
        assert_int_equal(fd_of(signal), fd);
        assert_int_equal(close(taken), 0);
    }
    assert_int_equal(close(null), 0);
    drop(signal);
}

static bool child_sees(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    int ready = poll(&watched, 1, 0);

    CHILD_CHECK(ready == 0 || (ready == 1 && watched.revents == POLLIN));
    return ready == 1;
}

/* As a daemon begins: every descriptor is closed, and its number is used again. */
static void close_all_and_use(void *arg)
{
    guise_signal *inherited = arg, *own;
    int theirs[2], fd;

    CHILD_CHECK_RESULT(guise_signal_create(GUISE_SIGNAL_MANUAL, &own), GUISE_OK);
    CHILD_CHECK_RESULT(guise_signal_fd(own, &fd), GUISE_OK);
    for (int each = 3; each < FDS_LOOKED_AT; each++) {
        (void)close(each);
    }
    CHILD_CHECK(pipe(theirs) == 0); /* numbers 3 and 4 */
    while (dup(theirs[0]) < FDS_LOOKED_AT / 2) {
    }
    CHILD_CHECK_KEPT(guise_signal_set(own), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_set(inherited), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_reset(own), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_reset(inherited), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_fd(inherited, &fd), GUISE_OK);
    CHILD_CHECK(fd > FDS_LOOKED_AT / 2 && !child_sees(fd));
    CHILD_CHECK_KEPT(guise_signal_set(inherited), GUISE_OK);
    CHILD_CHECK(child_sees(fd));
    guise_signal_unref(own);
    guise_signal_unref(inherited);
    for (int each = 3; each <= FDS_LOOKED_AT / 2; each++) {
        CHILD_CHECK(fcntl(each, F_GETFD) >= 0);
    }
    CHILD_CHECK(!child_sees(theirs[0]));
}

static void test_child_closes_everything(void **state)
{
    guise_signal *signal = make(GUISE_SIGNAL_MANUAL);
    int fd = fd_of(signal);

    (void)state;
    test_watchdog(3 * SECONDS);
    assert_child_passes(close_all_and_use, signal);
    assert_false(is_readable(fd));
    assert_kept_ok(guise_signal_set(signal));
    assert_true(is_readable(fd));
    assert_child_passes(close_all_and_use, signal);
    assert_true(is_readable(fd));
    drop(signal);
}

/* ---- forked children ---------------------------------------------------------------------------------------- */

/* They start no thread: the parent may have more than one. */

static void child_sets(guise_signal *signal)
{
    CHILD_CHECK_KEPT(guise_signal_set(signal), GUISE_OK);
}

static void child_resets(guise_signal *signal)
{
    CHILD_CHECK_KEPT(guise_signal_reset(signal), GUISE_OK);
}

static void child_waits(guise_signal *signal)
{
    (void)!guise_signal_wait(signal, 1);
}

static void child_unrefs(guise_signal *signal)
{
    guise_signal_unref(signal);
}

/* With a descriptor of its own, one after the other. */
static void child_has_its_own(guise_signal *signal)
{
    bool is_set = (atomic_load(&signal->word) & GUISE__SIGNAL_SET) != 0;
    unsigned before = open_fds();
    int fd = -2, same = -2;

    CHILD_CHECK_KEPT(guise_signal_fd(signal, &fd), GUISE_OK);
    CHILD_CHECK(open_fds() == before); /* in the place of the parent's */
    CHILD_CHECK(child_sees(fd) == is_set);
    for (int round = 0; round < 3; round++) {
        CHILD_CHECK_KEPT(guise_signal_set(signal), GUISE_OK);
        CHILD_CHECK(child_sees(fd));
        CHILD_CHECK_KEPT(guise_signal_wait(signal, GUISE_INFINITE), GUISE_OK);
        CHILD_CHECK(child_sees(fd) == (signal->kind == GUISE_SIGNAL_MANUAL));
        CHILD_CHECK_KEPT(guise_signal_reset(signal), GUISE_OK);
        CHILD_CHECK(!child_sees(fd));
    }
    CHILD_CHECK_KEPT(guise_signal_fd(signal, &same), GUISE_OK);
    CHILD_CHECK(same == fd);
    CHILD_CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
}

static void grandchild_has_its_own(guise_signal *signal)
{
    int status = -1;

    child_has_its_own(signal);
    child_sets(signal);
    if (fork() == 0) {
        test_watchdog_start("grandchild", SECONDS);
        child_has_its_own(signal);
        test_exit_child(0);
    }
    CHILD_CHECK(wait(&status) > 0 && status == 0);
    CHILD_CHECK(child_sees(signal->descriptor.event.read_fd));
}

typedef void child_act_fn(guise_signal *signal);

struct act {
    child_act_fn *fn;
    guise_signal *signal;
};

static void act_in_child(void *arg)
{
    const struct act *act = arg;

    act->fn(act->signal);
}

/* The kernel's object behind the descriptor is the same in the child. */
static void assert_parent_is_left_alone(guise_signal_kind kind, bool set, child_act_fn *fn)
{
    struct act act = {.fn = fn, .signal = make(kind)};
    int fd = fd_of(act.signal);

    if (set) {
        assert_kept_ok(guise_signal_set(act.signal));
    }
    assert_child_passes(act_in_child, &act);
    assert_true(is_readable(fd) == set);
    assert_kept(guise_signal_wait(act.signal, 0), set ? GUISE_OK : GUISE_E_CALL_PENDING);
    assert_true(is_readable(fd) == (set && kind == GUISE_SIGNAL_MANUAL));
    assert_kept_ok(guise_signal_reset(act.signal));
    assert_false(is_readable(fd));
    assert_kept_ok(guise_signal_set(act.signal));
    assert_true(is_readable(fd));
    assert_int_equal(fd_of(act.signal), fd);
    drop(act.signal);
}

/* Signals in the child are copies, and so are their descriptors. */
static void test_fork_leaves_the_parents_fd_alone(void **state)
{
    child_act_fn *const acts[] = {child_sets,   child_resets,      child_waits,
                                  child_unrefs, child_has_its_own, grandchild_has_its_own};

    (void)state;
    test_watchdog(3 * SECONDS); /* longer than a child's */
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        for (size_t kind = 0; kind < 2; kind++) {
            assert_parent_is_left_alone(s_kinds[kind], false, acts[i]);
            assert_parent_is_left_alone(s_kinds[kind], true, acts[i]);
        }
    }
}

/* Everything works here as in a process that was not forked. */
static void use_in_child(void *arg)
{
    guise_signal *signal = arg;

    CHILD_CHECK_KEPT(guise_signal_set(signal), GUISE_OK);
    CHILD_CHECK(signal->waiters.first == NULL);
    CHILD_CHECK_KEPT(guise_signal_wait(signal, 0), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_reset(signal), GUISE_OK);
    CHILD_CHECK_KEPT(guise_signal_wait(signal, 1), GUISE_E_CALL_PENDING);
    child_has_its_own(signal);
    guise_signal_unref(signal);
}

/* The sleeper's thread does not exist here, and its stack may be reused. */
static void use_without_the_sleeper(void *arg)
{
    guise_signal *signal = arg;

    memset(signal->waiters.first, 0xA5, sizeof *signal->waiters.first);
    use_in_child(arg);
}

/* Y-07: a set in the child is not handed to a thread of the parent. */
static void test_fork_while_another_thread_waits(void **state)
{
    (void)state;
    test_watchdog(3 * SECONDS); /* longer than a child's */
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make(s_kinds[i]);
        struct waiter waiter;
        int fd = fd_of(signal);

        start_waiter(&waiter, signal, GUISE_INFINITE);
        assert_child_passes(use_in_child, signal);
        assert_child_passes(use_without_the_sleeper, signal);
        assert_int_equal(queued(signal), 1);
        assert_false(is_readable(fd));
        assert_kept_ok(guise_signal_set(signal));
        wt_join(&waiter.wt);
        drop(signal);
    }
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

/* No lock is held in the child, even if it was in the parent. */
static void test_fork_while_another_thread_holds_the_lock(void **state)
{
    (void)state;
    test_watchdog(3 * SECONDS);
    for (size_t i = 0; i < 2; i++) {
        guise_signal *signal = make(s_kinds[i]);
        struct holder holder = {
            .lock = &signal->lock, .held = WT_LATCH_INIT, .release = WT_LATCH_INIT};
        struct wt w;

        (void)fd_of(signal);
        wt_start(&w, hold, &holder);
        wt_latch_wait(&holder.held);
        assert_child_passes(use_in_child, signal);
        wt_latch_open(&holder.release);
        wt_join(&w);
        drop(signal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_references_are_counted_exactly),
        cmocka_unit_test(test_too_many_references_end_the_process),
        cmocka_unit_test(test_poll_before_and_after_set),
        cmocka_unit_test(test_V_28_auto_is_taken_by_one_wait),
        cmocka_unit_test(test_V_29_manual_stays_set_until_reset),
        cmocka_unit_test(test_set_twice_is_set_once),
        cmocka_unit_test(test_reset_always_succeeds),
        cmocka_unit_test(test_set_signal_is_waited_for_at_once),
        cmocka_unit_test(test_time_out_is_never_early),
        cmocka_unit_test(test_time_out_leaves_no_trace),
        cmocka_unit_test(test_manual_releases_all),
        cmocka_unit_test(test_auto_releases_in_order_of_arrival),
        cmocka_unit_test(test_n_sets_release_n_waiters),
        cmocka_unit_test(test_sets_beyond_the_waiters_stay),
        cmocka_unit_test(test_reset_takes_nothing_from_who_waited),
        cmocka_unit_test(test_time_out_in_the_middle_of_the_queue),
        cmocka_unit_test(test_set_survives_the_waiter_who_drops_the_signal),
        cmocka_unit_test(test_signal_handlers_interrupt_no_wait),
        cmocka_unit_test(test_wait_is_no_cancellation_point),
        cmocka_unit_test(test_pending_cancellation_is_left_pending_by_waits),
        cmocka_unit_test(test_pending_cancellation_is_left_pending_by_set_and_reset),
        cmocka_unit_test(test_pending_cancellation_is_left_pending_by_the_last_unref),
        cmocka_unit_test(test_set_on_a_set_signal_still_publishes),
        cmocka_unit_test(test_hand_over_publishes),
        cmocka_unit_test(test_fd_follows_the_signal),
        cmocka_unit_test(test_fd_of_auto_is_lowered_by_the_wait),
        cmocka_unit_test(test_fd_of_auto_is_not_raised_by_a_hand_over),
        cmocka_unit_test(test_fd_asked_for_later_knows_what_happened),
        cmocka_unit_test(test_fd_is_one_and_keeps_to_itself),
        cmocka_unit_test(test_fd_is_closed_with_the_last_reference),
        cmocka_unit_test(test_fds_of_many_signals),
        cmocka_unit_test(test_no_fd_to_be_had),
        cmocka_unit_test(test_fd_is_made_once),
        cmocka_unit_test(test_fd_is_a_level_for_epoll),
        cmocka_unit_test(test_closed_fd_harms_nobody),
        cmocka_unit_test(test_closed_fd_of_one_signal_is_anothers),
        cmocka_unit_test(test_closed_fd_is_made_again),
        cmocka_unit_test(test_child_closes_everything),
        cmocka_unit_test(test_fork_leaves_the_parents_fd_alone),
        cmocka_unit_test(test_fork_while_another_thread_waits),
        cmocka_unit_test(test_fork_while_another_thread_holds_the_lock),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("signal", tests, NULL, NULL);
}
