/* SPDX-License-Identifier: MIT */
/*
 * Sleep. The linker puts this program's nanosleep in the place of libc's: what is asked for is noted,
 * and answered as a test says, so that no test sleeps.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_test.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <guiseport.h>

enum { ASKED_MAX = 4 };

static struct timespec s_asked[ASKED_MAX];
static unsigned s_count;  /* since the test began */
static unsigned s_broken; /* so many of the next ones are interrupted, each half way */
static int s_error;       /* or fail with this */
static unsigned s_last;   /* the thread ends in this one; 0: it goes on */

int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    const struct timespec half = {time->tv_sec / 2, time->tv_nsec / 2};

    if (s_count < ASKED_MAX) {
        s_asked[s_count] = *time;
    }
    if (++s_count == s_last) {
        pthread_exit(NULL);
    }
    if (s_error != 0) {
        errno = s_error;
        return -1;
    }
    if (s_broken != 0) {
        s_broken--;
        *left = half;
        errno = EINTR;
        return -1;
    }
    return 0;
}

static int begin(void **state)
{
    (void)state;
    s_count = s_broken = s_last = 0;
    s_error = 0;
    errno = ERANGE;
    return 0;
}

static void assert_asked(unsigned index, time_t seconds, long nanoseconds)
{
    assert_int_equal(s_asked[index].tv_sec, seconds);
    assert_int_equal(s_asked[index].tv_nsec, nanoseconds);
}

static void milliseconds_are_slept(void **state)
{
    (void)state;
    Sleep(1999);
    assert_int_equal(s_count, 1);
    assert_asked(0, 1, 999000000);
    assert_int_equal(errno, ERANGE);
}

static void none_are_only_a_turn_for_others(void **state)
{
    (void)state;
    Sleep(0);
    assert_int_equal(s_count, 0);
    assert_int_equal(errno, ERANGE);
}

static void what_is_left_is_slept_too(void **state)
{
    (void)state;
    s_broken = 2;
    Sleep(4000);
    assert_int_equal(s_count, 3);
    assert_asked(0, 4, 0);
    assert_asked(1, 2, 0);
    assert_asked(2, 1, 0);
    assert_int_equal(errno, ERANGE);
}

/* As under a system call filter: it is no reason to go on for ever. */
static void a_sleep_that_fails_ends(void **state)
{
    (void)state;
    s_error = EPERM;
    Sleep(4000);
    assert_int_equal(s_count, 1);
    assert_int_equal(errno, ERANGE);
}

static void *sleep_for_ever(void *arg)
{
    Sleep(INFINITE);
    return arg;
}

static void for_ever_is_begun_again(void **state)
{
    pthread_t thread;
    void *returned = POISON;

    (void)state;
    s_last = 3;
    assert_int_equal(pthread_create(&thread, NULL, sleep_for_ever, POISON), 0);
    assert_int_equal(pthread_join(thread, &returned), 0);
    assert_null(returned); /* it ended within */
    assert_int_equal(s_count, 3);
    assert_asked(0, 4294967, 295000000);
    assert_asked(2, 4294967, 295000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(milliseconds_are_slept, begin),
        cmocka_unit_test_setup(none_are_only_a_turn_for_others, begin),
        cmocka_unit_test_setup(what_is_left_is_slept_too, begin),
        cmocka_unit_test_setup(a_sleep_that_fails_ends, begin),
        cmocka_unit_test_setup(for_ever_is_begun_again, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
