/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef GUISE_TEST_COVERAGE
#include <gcov.h>
#endif

void test_assert_result(guise_result actual, guise_result expected, const char *expression,
                        const char *file, int line)
{
    if (actual == expected) {
        return;
    }
    print_error("%s: %s (0x%08X), expected %s (0x%08X)\n", expression, guise_result_name(actual),
                (unsigned)actual, guise_result_name(expected), (unsigned)expected);
    _fail(file, line);
}

void test_require_root(const char *file, int line)
{
    if (geteuid() == 0) {
        return;
    }
    print_message("SKIPPED: needs root\n");
    _skip(file, line);
}

void test_skip_program(const char *reason)
{
    (void)printf("SKIPPED: %s\n", reason);
    exit(TEST_SKIPPED);
}

static const char *s_watched;

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

static void timed_out(int signal_number)
{
    (void)signal_number;
    say("TIMED OUT: ");
    say(s_watched);
    say("\n");
    abort();
}

void test_watchdog_start(const char *name, unsigned seconds)
{
    struct sigaction action = {.sa_handler = timed_out};

    (void)alarm(0);
    s_watched = name;
    if (sigaction(SIGALRM, &action, NULL) != 0) {
        abort();
    }
    (void)alarm(seconds * GUISE_TEST_TIME_SCALE);
}

void test_exit_child(int status)
{
#ifdef GUISE_TEST_COVERAGE
    __gcov_dump();
#endif
    _exit(status);
}
