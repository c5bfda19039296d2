/* SPDX-License-Identifier: MIT */
/*
 * GetCurrentProcessId, alone in its file because a program may have a function of that name (sleep.c).
 */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include <guise/com/processthreadsapi.h>

DWORD WINAPI GetCurrentProcessId(void)
{
    return (DWORD)getpid();
}
