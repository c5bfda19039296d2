/* SPDX-License-Identifier: MIT */
/* A list of work that grows, which threads wait for; and a store that is made once. */
#include <windows.h>

#include <guiseport.h>

#include "more.h"

static CRITICAL_SECTION s_section;
static CONDITION_VARIABLE s_filled = CONDITION_VARIABLE_INIT;
static INIT_ONCE s_ready = INIT_ONCE_STATIC_INIT;
static LONG *s_work;
static SIZE_T s_count;

static BOOL make_ready(void)
{
    PVOID context = NULL;
    BOOL pending = FALSE;

    if (!InitOnceBeginInitialize(&s_ready, 0, &pending, &context))
        return FALSE;
    if (!pending)
        return TRUE;
    InitializeCriticalSectionAndSpinCount(&s_section, 4000);
    return InitOnceComplete(&s_ready, 0, NULL);
}

BOOL real_post_work(LONG item)
{
    HANDLE heap = GetProcessHeap();
    LONG *larger;

    if (!make_ready())
        return FALSE;
    EnterCriticalSection(&s_section);
    if (s_work == NULL)
        larger = (LONG *)HeapAlloc(heap, HEAP_ZERO_MEMORY, sizeof(LONG));
    else if (HeapSize(heap, 0, s_work) < (s_count + 1) * sizeof(LONG))
        larger = (LONG *)HeapReAlloc(heap, 0, s_work, (s_count + 1) * 2 * sizeof(LONG));
    else
        larger = s_work;
    if (larger != NULL) {
        s_work = larger;
        s_work[s_count++] = item;
    }
    LeaveCriticalSection(&s_section);
    WakeConditionVariable(&s_filled);
    return larger != NULL;
}

BOOL real_wait_for_work(DWORD milliseconds, LONG *item)
{
    BOOL done = make_ready();

    EnterCriticalSection(&s_section);
    while (done && s_count == 0)
        done = SleepConditionVariableCS(&s_filled, &s_section, milliseconds);
    if (done)
        *item = s_work[--s_count];
    if (s_count == 0 && s_work != NULL) {
        HeapFree(GetProcessHeap(), 0, s_work);
        s_work = NULL;
    }
    LeaveCriticalSection(&s_section);
    return done;
}
