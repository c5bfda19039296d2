/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"

static void say(const char *text)
{
    /* Nobody is left to tell that this failed. */
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));

    (void)ignored;
}

_Noreturn void guise__die(const char *reason)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t all, abort_only;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, NULL);
    say("guise: fatal: ");
    say(reason);
    say("; ending the process\n");
    (void)sigaction(SIGABRT, &standard, NULL);
    (void)sigemptyset(&abort_only);
    (void)sigaddset(&abort_only, SIGABRT);
    (void)raise(SIGABRT);
    (void)pthread_sigmask(SIG_UNBLOCK, &abort_only, NULL);
    /* Another thread may have put a handler back in between: this cannot be caught. */
    (void)kill(getpid(), SIGKILL);
    abort();
}
