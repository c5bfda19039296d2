/* SPDX-License-Identifier: MIT */
/* A port that has functions of its own by names that windows.h declares too: static ones, and a macro. */
#include "own_names.h"

#define Sleep Sleep
#define GetTickCount GetTickCount
#define GetTickCount64() (own_ticks += 1)
#include <windows.h>

static unsigned own_ticks;

static void Sleep(unsigned milliseconds)
{
    own_ticks += milliseconds;
}

static unsigned GetTickCount(void)
{
    return own_ticks;
}

unsigned own_time(void)
{
    own_ticks = 0;
    Sleep(40);
    (void)GetTickCount64();
    return GetTickCount() + 1;
}
