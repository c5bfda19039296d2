/* SPDX-License-Identifier: MIT */
/*
 * The last error of a thread: a number that only its own thread reads and writes.
 */
#include <guise/com/errhandlingapi.h>

static _Thread_local DWORD tl_last_error;

DWORD WINAPI GetLastError(void)
{
    return tl_last_error;
}

void WINAPI SetLastError(DWORD error)
{
    tl_last_error = error;
}
