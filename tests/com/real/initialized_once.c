/* SPDX-License-Identifier: MIT */
/* Something that is made when it is first needed, and read under a lock. */
#include <windows.h>

#include <guiseport.h>

#include "more.h"

static INIT_ONCE s_once = INIT_ONCE_STATIC_INIT;
static SRWLOCK s_lock = SRWLOCK_INIT;
static LONG s_made;

static BOOL CALLBACK make(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    UNREFERENCED_PARAMETER(once);
    UNREFERENCED_PARAMETER(parameter);
    UNREFERENCED_PARAMETER(context);
    AcquireSRWLockExclusive(&s_lock);
    s_made++;
    ReleaseSRWLockExclusive(&s_lock);
    return TRUE;
}

LONG real_initialized_once(void)
{
    ULONGLONG before = GetTickCount64();
    LONG made;

    if (!InitOnceExecuteOnce(&s_once, make, NULL, NULL))
        return -1;
    Sleep(0);
    AcquireSRWLockShared(&s_lock);
    made = s_made;
    ReleaseSRWLockShared(&s_lock);
    return GetTickCount64() >= before ? made : -1;
}
