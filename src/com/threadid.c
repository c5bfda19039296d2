/* SPDX-License-Identifier: MIT */
/*
 * GetCurrentThreadId, alone in its file because a program may have a function of that name (sleep.c).
 */
#include "com/threads.h"

DWORD WINAPI GetCurrentThreadId(void)
{
    return guise__com_thread_id();
}
