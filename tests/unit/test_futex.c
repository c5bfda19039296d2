/* SPDX-License-Identifier: MIT */
/*
 * Waiting by the kernel's futex, on every kernel: as on a 32-bit system with a 64-bit time_t, where
 * the newer of two calls may be missing, and where neither is to be had. What the kernel answers is
 * said here; what must never happen is a loop that does not sleep.
 */
#define _GNU_SOURCE
#include "support/kept.h"

#include <linux/futex.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool s_time_is_longer = true;
static long fake_syscall(long number, ...);
static int fake_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

/* The file itself, not its object from the library, with other calls. */
#ifndef SYS_futex_time64
#define SYS_futex_time64 422
#endif
#define GUISE__TIME_IS_LONGER s_time_is_longer
#define syscall fake_syscall
#define poll fake_poll
#include "port/futex_linux.c"
#undef syscall
#undef poll

#include <guise/signal.h>

#include "support/wt.h"
#include "sync/signal.h"

enum { SECONDS = 20, OLDER = 0, NEWER = 1 };

/* ---- the kernel ------------------------------------------------------------------------------ */

static struct {
    atomic_int answer[2]; /* an errno for waits by the older and the newer call; or 0 */
    atomic_uint waits[2], wakes[2], naps;
    long number, sec, nsec; /* of the last wait; one thread only */
    bool had_deadline;
    int most; /* of the last wake */
    int nap_error;
} s_kernel;

static void forget(int older, int newer)
{
    memset(&s_kernel, 0, sizeof s_kernel);
    atomic_store(&s_kernel.answer[OLDER], older);
    atomic_store(&s_kernel.answer[NEWER], newer);
    atomic_store(&s_refused, false);
    s_time_is_longer = true;
}

static void note_deadline(const long *deadline)
{
    s_kernel.had_deadline = deadline != NULL;
    s_kernel.sec = deadline == NULL ? 0 : deadline[0];
    s_kernel.nsec = deadline == NULL ? 0 : deadline[1];
}

static long fake_syscall(long number, ...)
{
    int which = number == SYS_futex_time64 ? NEWER : OLDER, op;
    const long *deadline;
    unsigned value;
    void *word;
    va_list args;

    va_start(args, number);
    word = va_arg(args, void *);
    op = va_arg(args, int);
    value = va_arg(args, unsigned);
    deadline = va_arg(args, const long *);
    va_end(args);
    if (op == FUTEX_WAKE_PRIVATE) {
        (void)atomic_fetch_add(&s_kernel.wakes[which], 1);
        s_kernel.most = (int)value;
        errno = EFAULT;
        return -1;
    }
    (void)atomic_fetch_add(&s_kernel.waits[which], 1);
    s_kernel.number = number;
    note_deadline(deadline);
    (void)word;
    errno = atomic_load(&s_kernel.answer[which]);
    return errno == 0 ? 0 : -1;
}

static int fake_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    (void)atomic_fetch_add(&s_kernel.naps, 1);
    if (s_kernel.nap_error != 0) {
        errno = s_kernel.nap_error;
        return -1;
    }
    return poll(fds, count, timeout_ms);
}

static bool wait_once(const struct timespec *deadline)
{
    atomic_uint word = 7;
    bool in_time = false;

    assert_keeps_errno(in_time = guise__futex_wait(&word, 7, deadline));
    return in_time;
}

static void assert_counts(unsigned older, unsigned newer, unsigned naps)
{
    assert_int_equal(atomic_load(&s_kernel.waits[OLDER]), older);
    assert_int_equal(atomic_load(&s_kernel.waits[NEWER]), newer);
    assert_int_equal(atomic_load(&s_kernel.naps), naps);
}

static const int s_refusals[] = {ENOSYS, EPERM, EACCES, EINVAL, EFAULT, ENOMEM};
enum { REFUSALS = sizeof s_refusals / sizeof s_refusals[0] };

/* ---- tests ----------------------------------------------------------------------------------- */

static const struct {
    int answer;
    bool in_time;
} s_usual[] = {{0, true}, {EAGAIN, true}, {EINTR, true}, {ETIMEDOUT, false}};

/* Y-02: only the deadline is one. */
static void what_a_futex_answers(void **state)
{
    const struct timespec deadline = {1234, 567};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        forget(ENOSYS, s_usual[i].answer);
        assert_int_equal(wait_once(&deadline), s_usual[i].in_time);
        assert_counts(0, 1, 0);
        assert_true(s_kernel.sec == 1234 && s_kernel.nsec == 567);
        assert_int_equal(wait_once(NULL), s_usual[i].in_time);
        assert_false(s_kernel.had_deadline);
        assert_counts(0, 2, 0);
    }
}

/* Where both times are alike there is but one call. */
static void one_call_where_one_is_enough(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        forget(s_usual[i].answer, 0);
        s_time_is_longer = false;
        assert_int_equal(wait_once(NULL), s_usual[i].in_time);
        assert_counts(1, 0, 0);
    }
}

/* Linux before 5.1 says ENOSYS, and filters of system calls that do not know it say EPERM. */
static void the_older_call_where_the_newer_is_missing(void **state)
{
    const struct timespec deadline = {1234, 567};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < REFUSALS; k++) {
            forget(s_usual[i].answer, s_refusals[k]);
            assert_int_equal(wait_once(&deadline), s_usual[i].in_time);
            assert_counts(1, 1, 0);
            assert_true(s_kernel.sec == 1234 && s_kernel.nsec == 567);
            assert_int_equal(wait_once(NULL), s_usual[i].in_time);
            assert_false(s_kernel.had_deadline);
            assert_counts(2, 1, 0); /* not asked for again */
        }
    }
}

/* One nap for each look, and never early, never after the deadline. */
static void no_call_at_all(void **state)
{
    const struct timespec past = {0, 1};
    struct timespec storage_of_far;
    /* Its nanoseconds are over already, its seconds are not. */
    const struct timespec *far = guise__deadline(60000, &storage_of_far);
    struct timespec storage;

    (void)state;
    test_watchdog(SECONDS);
    for (size_t i = 0; i < REFUSALS; i++) {
        const struct timespec *deadline = guise__deadline(5, &storage);
        unsigned looks = 1;

        forget(s_refusals[i], ENOSYS);
        assert_true(wait_once(NULL));
        assert_counts(1, 1, 1);
        assert_false(wait_once(&past));
        assert_counts(2, 1, 1);
        assert_true(wait_once(far));
        assert_counts(3, 1, 2);
        while (wait_once(deadline)) {
            looks++;
        }
        assert_true(deadline_is_over(deadline));
        assert_counts(3 + looks, 1, 1 + looks);
    }
}

/* Not even that: the thread gives way, and is in time. */
static void no_nap_either(void **state)
{
    static const int errors[] = {EINTR, ENOSYS, EPERM};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        forget(ENOSYS, ENOSYS);
        s_kernel.nap_error = errors[i];
        assert_true(wait_once(NULL));
        assert_counts(1, 1, 1);
    }
}

static void wakes(void **state)
{
    atomic_uint word = 0;

    (void)state;
    forget(0, 0);
    assert_keeps_errno(guise__futex_wake(&word));
    assert_int_equal(s_kernel.most, INT_MAX);
    assert_keeps_errno(guise__futex_wake_one(&word));
    assert_int_equal(s_kernel.most, 1);
    assert_int_equal(atomic_load(&s_kernel.wakes[OLDER]), 2);
    assert_int_equal(atomic_load(&s_kernel.wakes[NEWER]), 0);
    assert_keeps_errno(guise__futex_forked());
}

/* ---- a library with no futex ----------------------------------------------------------------- */

static void wait_for_ever(struct wt *w)
{
    WT_CHECK_RESULT(w, guise_signal_wait(w->arg, GUISE_INFINITE), GUISE_OK);
}

/* Y-01, Y-02: slower, and right; a nap for each look at the word but the last. */
static void signals_without_a_futex(void **state)
{
    guise_signal *signal;
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    forget(ENOSYS, ENOSYS);
    assert_ok(guise_signal_create(GUISE_SIGNAL_AUTO, &signal));
    assert_result(guise_signal_wait(signal, 5), GUISE_E_CALL_PENDING);
    assert_true(atomic_load(&s_kernel.naps) > 0);
    assert_int_equal(atomic_load(&s_kernel.waits[OLDER]), atomic_load(&s_kernel.naps) + 1);
    wt_start(&w, wait_for_ever, signal);
    while (atomic_load(&s_kernel.waits[OLDER]) < 20) {
        (void)sched_yield();
    }
    assert_ok(guise_signal_set(signal));
    wt_join(&w);
    assert_int_equal(atomic_load(&s_kernel.waits[OLDER]), atomic_load(&s_kernel.naps) + 1);
    guise_signal_unref(signal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_futex_answers),
        cmocka_unit_test(one_call_where_one_is_enough),
        cmocka_unit_test(the_older_call_where_the_newer_is_missing),
        cmocka_unit_test(no_call_at_all),
        cmocka_unit_test(no_nap_either),
        cmocka_unit_test(wakes),
        cmocka_unit_test(signals_without_a_futex),
    };

    return cmocka_run_group_tests_name("futex", tests, NULL, NULL);
}
