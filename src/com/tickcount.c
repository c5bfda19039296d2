/* SPDX-License-Identifier: MIT */
/*
 * GetTickCount, alone in its file because a program may have a function of that name (sleep.c).
 */
#include <guise/com/sysinfoapi.h>

DWORD WINAPI GetTickCount(void)
{
    return (DWORD)GetTickCount64();
}
