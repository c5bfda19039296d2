/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"

enum { LINE_MAX_LENGTH = 200 };

static size_t append(char *line, size_t used, const char *text)
{
    size_t length = strlen(text);

    if (length > LINE_MAX_LENGTH - used) {
        length = LINE_MAX_LENGTH - used;
    }
    memcpy(line + used, text, length);
    return used + length;
}

/* One write, and only if it cannot block: whoever should read it may be stuck, and the thread that
 * waits for them would still be somebody else. */
static void say(const char *reason)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    char line[LINE_MAX_LENGTH];
    size_t length = append(line, 0, "guise: fatal: ");
    ssize_t ignored;

    length = append(line, length, reason);
    length = append(line, length, "; ending the process\n");
    if (poll(&out, 1, 0) == 1) {
        ignored = write(STDERR_FILENO, line, length);
        (void)ignored;
    }
}

_Noreturn void guise__die(const char *reason)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t all, abort_only;
    int cancel;

    /* A pending cancellation would unwind the thread from the first write, cleanup handlers and all. */
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    say(reason);
    (void)sigaction(SIGABRT, &standard, NULL);
    (void)sigemptyset(&abort_only);
    (void)sigaddset(&abort_only, SIGABRT);
    (void)raise(SIGABRT);
    (void)pthread_sigmask(SIG_UNBLOCK, &abort_only, NULL);
    /* Another thread may have put a handler back in between: this cannot be caught. What is left is
     * the first process of a pid namespace, which signals of its own do not end; abort's trap does. */
    (void)kill(getpid(), SIGKILL);
    abort();
}
