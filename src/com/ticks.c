/* SPDX-License-Identifier: MIT */
/*
 * GetTickCount64: the monotonic clock in milliseconds.
 */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include <guise/com/sysinfoapi.h>

enum { MS_IN_SECOND = 1000, NS_IN_MS = 1000000 };

ULONGLONG WINAPI GetTickCount64(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* every system has this clock, so it cannot fail */
    return (ULONGLONG)now.tv_sec * MS_IN_SECOND + (ULONGLONG)now.tv_nsec / NS_IN_MS;
}
