/* SPDX-License-Identifier: MIT */
/* The end of the process. The thread may be a client here, so no handler runs, no stdio is used, and
 * nothing is waited for. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"

enum { LINE_MAX_LENGTH = 200 };

static size_t line_append(char *line, size_t used, const char *text)
{
    size_t length = strlen(text);

    if (length > LINE_MAX_LENGTH - used) {
        length = LINE_MAX_LENGTH - used;
    }
    memcpy(line + used, text, length);
    return used + length;
}

/* Writes once, and only if that cannot block, because a blocked reader of standard error must not keep
 * alive a thread that still carries another user's identity. */
static void reason_write(const char *reason)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    char line[LINE_MAX_LENGTH];
    size_t length = line_append(line, 0, "guise: fatal: ");
    ssize_t ignored;

    length = line_append(line, length, reason);
    length = line_append(line, length, "; ending the process\n");
    if (poll(&out, 1, 0) == 1) {
        ignored = write(STDERR_FILENO, line, length);
        (void)ignored;
    }
}

_Noreturn void guise__fatal(const char *reason)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t all, abort_only;
    int cancel;

    /* Because a pending cancellation would unwind the thread from the first write, with its cleanup
     * handlers. */
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    reason_write(reason);
    (void)sigaction(SIGABRT, &standard, NULL);
    (void)sigemptyset(&abort_only);
    (void)sigaddset(&abort_only, SIGABRT);
    (void)raise(SIGABRT);
    (void)pthread_sigmask(SIG_UNBLOCK, &abort_only, NULL);
    /* Another thread may have installed a handler again in between; SIGKILL cannot be caught. The first
     * process of a pid namespace is not ended by its own signals, but it is by the trap in abort. */
    (void)kill(getpid(), SIGKILL);
    abort();
}
