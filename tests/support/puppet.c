/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "support/puppet.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "support/test.h"

enum { PUPPET_SECONDS = 60 };

/* ---- in the child ---------------------------------------------------------------------------- */

#if defined(__GNUC__)
/* NULL unless a sanitizer that finds leaks is linked. */
__attribute__((weak)) int __lsan_do_recoverable_leak_check(void);

static bool leaked(void)
{
#ifdef __linux__
    /* The leak check attaches to its own threads, which the kernel refuses to a process that has
     * changed its identity. */
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
    return __lsan_do_recoverable_leak_check != NULL && __lsan_do_recoverable_leak_check() != 0;
}
#else
static bool leaked(void)
{
    return false;
}
#endif

void child_pass(void)
{
    test_exit_child(leaked() ? 1 : 0);
}

void child_skip(const char *reason)
{
    (void)fprintf(stderr, "SKIPPED: %s\n", reason);
    test_exit_child(TEST_SKIPPED);
}

void child_thread(void *(*fn)(void *), void *arg)
{
    pthread_t thread;

    CHILD_CHECK(pthread_create(&thread, NULL, fn, arg) == 0);
    CHILD_CHECK(pthread_join(thread, NULL) == 0);
}

/* ---- the pipes between leader and puppet ----------------------------------------------------- */

static bool read_all(int fd, void *message, size_t size)
{
    char *place = message;

    while (size != 0) {
        ssize_t got = read(fd, place, size);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        place += got;
        size -= (size_t)got;
    }
    return true;
}

void puppet_hear(struct puppet_end *end, void *message, size_t size)
{
    if (!read_all(end->in, message, size)) {
        _exit(1);
    }
}

void puppet_say(struct puppet_end *end, const void *message, size_t size)
{
    CHILD_CHECK(write(end->out, message, size) == (ssize_t)size);
}

void puppet_tell(struct puppet *puppet, const void *message, size_t size)
{
    /* Ignored, because the next question shows that the puppet is dead. */
    ssize_t ignored = write(puppet->out, message, size);

    (void)ignored;
}

bool puppet_ask(struct puppet *puppet, void *message, size_t size)
{
    return read_all(puppet->in, message, size);
}

/* ---- in the test ----------------------------------------------------------------------------- */

struct strings {
    int to[2], from[2], error[2];
};

static void become_puppet(const struct strings *strings, puppet_fn *fn, void *arg)
{
    struct puppet_end end = {.in = strings->to[0], .out = strings->from[1]};
    struct rlimit no_core = {0, 0};

    (void)close(strings->to[1]);
    (void)close(strings->from[0]);
    (void)close(strings->error[0]);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    if (dup2(strings->error[1], STDERR_FILENO) < 0) {
        _exit(1);
    }
    (void)close(strings->error[1]);
    test_watchdog_start("a puppet", PUPPET_SECONDS);
    fn(&end, arg);
    child_pass();
}

void puppet_start(struct puppet *puppet, puppet_fn *fn, void *arg)
{
    struct strings strings;

    memset(puppet, 0, sizeof *puppet);
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(strings.to), 0);
    assert_int_equal(pipe(strings.from), 0);
    assert_int_equal(pipe(strings.error), 0);
    (void)fflush(NULL); /* because a buffer that both processes have would be written twice */
    puppet->pid = fork();
    assert_true(puppet->pid >= 0);
    if (puppet->pid == 0) {
        become_puppet(&strings, fn, arg);
    }
    (void)close(strings.to[0]);
    (void)close(strings.from[1]);
    (void)close(strings.error[1]);
    puppet->out = strings.to[1];
    puppet->in = strings.from[0];
    puppet->error = strings.error[0];
}

static void listen_to_the_end(struct puppet *puppet)
{
    char rest[256];
    ssize_t got;

    do {
        size_t room = sizeof puppet->said - 1 - puppet->length;

        got = room == 0 ? read(puppet->error, rest, sizeof rest)
                        : read(puppet->error, puppet->said + puppet->length, room);
        puppet->length += got > 0 && room != 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    puppet->said[puppet->length] = '\0';
}

int puppet_finish(struct puppet *puppet)
{
    int status = -1;

    (void)close(puppet->out);
    (void)close(puppet->in);
    listen_to_the_end(puppet);
    (void)close(puppet->error);
    while (waitpid(puppet->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

bool puppet_gave_up(const struct puppet *puppet, int status, const char *reason)
{
    const char *line = strstr(puppet->said, "guise: fatal: ");

    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && line != NULL &&
           strstr(line, reason) != NULL;
}
