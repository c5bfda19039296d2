/* SPDX-License-Identifier: MIT */
/* How the library ends the process (fatal.h): with one line that fits, even if no reader takes it.
 * */
#define _GNU_SOURCE
#include "support/child.h"
#include "support/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fatal.h"

#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define PREFIX "guise: fatal: "

enum { LINE_MAX_LENGTH = 200, SECONDS = 20 };

static void die_of_something(void *arg)
{
    guise__fatal(arg);
}

static void test_the_line_says_why(void **state)
{
    char reason[] = "a reason";

    (void)state;
    assert_child_dies(die_of_something, reason, PREFIX "a reason; ending the process\n");
}

/* What does not fit is cut off, and what is there is still written. */
static void test_a_long_reason_is_cut_off(void **state)
{
    char reason[] = HUNDRED HUNDRED HUNDRED;
    char said[LINE_MAX_LENGTH + 1] = PREFIX;

    (void)state;
    memcpy(said + strlen(PREFIX), reason, LINE_MAX_LENGTH - strlen(PREFIX));
    assert_int_equal(strlen(said), LINE_MAX_LENGTH);
    assert_child_dies(die_of_something, reason, said);
}

static void handle_abort(int number)
{
    (void)number;
    _exit(0);
}

/* A handler would run as the client; and so would it if another thread put it back. */
static void die_with_a_handler(void *arg)
{
    (void)signal(SIGABRT, handle_abort);
    guise__fatal(arg);
}

static void test_no_handler_runs(void **state)
{
    char reason[] = "a reason";

    (void)state;
    assert_child_dies(die_with_a_handler, reason, PREFIX "a reason");
}

/* A pipe that is full, for good: this process holds its other end and does not read. */
static void fill(int fds[2])
{
    static const char page[4096];

    assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
    while (write(fds[1], page, sizeof page) > 0) {
    }
    while (write(fds[1], page, 1) > 0) {
    }
    assert_int_equal(fcntl(fds[1], F_SETFL, 0), 0); /* from now on a write would block */
}

static void test_a_reader_that_is_stuck_holds_nothing_up(void **state)
{
    struct rlimit no_core = {0, 0};
    int fds[2], status = 0;
    pid_t child;

    (void)state;
    test_watchdog(SECONDS);
    fill(fds);
    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)dup2(fds[1], STDERR_FILENO);
        (void)close(fds[0]); /* so that a write which blocks ends with the test */
        guise__fatal("what is never read");
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    (void)close(fds[0]);
    (void)close(fds[1]);
    test_watchdog(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_line_says_why),
        cmocka_unit_test(test_a_long_reason_is_cut_off),
        cmocka_unit_test(test_no_handler_runs),
        cmocka_unit_test(test_a_reader_that_is_stuck_holds_nothing_up),
    };

    return cmocka_run_group_tests_name("die", tests, NULL, NULL);
}
