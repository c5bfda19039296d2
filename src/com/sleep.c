/* SPDX-License-Identifier: MIT */
/* Sleep. It is alone in its file, as are GetTickCount, GetTickCount64, GetCurrentProcessId and
 * GetCurrentThreadId, so that a program with a function of such a name can link the static library. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <sched.h>
#include <time.h>

#include <guise/com/winbase.h>

enum { MS_IN_SECOND = 1000, NS_IN_MS = 1000000 };

/* Sleeps the whole time, also if a signal handler interrupts it. */
static void sleep_for(DWORD milliseconds)
{
    struct timespec left = {(time_t)(milliseconds / MS_IN_SECOND),
                            (long)(milliseconds % MS_IN_SECOND) * NS_IN_MS};

    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

void WINAPI Sleep(DWORD milliseconds)
{
    int saved_errno = errno;

    if (milliseconds == 0) {
        (void)sched_yield();
    } else {
        do {
            sleep_for(milliseconds);
        } while (milliseconds == INFINITE);
    }
    errno = saved_errno;
}
