/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

enum { CHILD_FAILED = 1, CHILD_SECONDS = 20, SAID_SIZE = 2048 };

void child_failed(const char *expression, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: in a child: %s\n", file, line, expression);
    test_exit_child(CHILD_FAILED);
}

void child_check_result(guise_result actual, guise_result expected, const char *expression,
                        const char *file, int line)
{
    if (actual == expected) {
        return;
    }
    (void)fprintf(stderr, "%s:%d: in a child: %s: %s (0x%08X), expected %s\n", file, line,
                  expression, guise_result_name(actual), (unsigned)actual,
                  guise_result_name(expected));
    test_exit_child(CHILD_FAILED);
}

static pid_t start(child_fn *fn, void *arg, const char *name, int error_fd)
{
    struct rlimit no_core = {0, 0};
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    if (child != 0) {
        return child;
    }
    if (error_fd >= 0) {
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)dup2(error_fd, STDERR_FILENO);
        (void)close(error_fd);
    }
    test_watchdog_start(name, CHILD_SECONDS);
    fn(arg);
    test_exit_child(EXIT_SUCCESS);
}

void child_assert_passes(child_fn *fn, void *arg, const char *name, const char *file, int line)
{
    pid_t child = start(fn, arg, name, -1);
    int status = 0;

    assert_true(child > 0);
    assert_true(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIPPED) {
        _skip(file, line);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS) {
        print_error("child %s: wait status 0x%X\n", name, (unsigned)status);
        _fail(file, line);
    }
}

void child_read_all(int fd, char *text, size_t size)
{
    char piece[512];
    size_t length = 0;
    ssize_t got;

    while ((got = read(fd, piece, sizeof piece)) > 0) {
        size_t room = size - 1 - length, kept = (size_t)got < room ? (size_t)got : room;

        memcpy(text + length, piece, kept);
        length += kept;
    }
    text[length] = '\0';
    (void)close(fd);
}

void child_assert_dies(child_fn *fn, void *arg, const char *text, const char *name,
                       const char *file, int line)
{
    char said[SAID_SIZE];
    int fds[2], status = 0;
    pid_t child;

    assert_int_equal(pipe(fds), 0);
    child = start(fn, arg, name, fds[1]);
    assert_true(child > 0);
    (void)close(fds[1]);
    child_read_all(fds[0], said, sizeof said);
    assert_true(waitpid(child, &status, 0) == child);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || strstr(said, text) == NULL) {
        print_error("child %s: wait status 0x%X; it said: %s\n", name, (unsigned)status, said);
        _fail(file, line);
    }
}
