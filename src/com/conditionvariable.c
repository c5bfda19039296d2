/* SPDX-License-Identifier: MIT */
/*
 * CONDITION_VARIABLE: a number that each wake changes, and the count of waiting threads.
 *
 * sequence  A waiter reads it while it still holds its lock, and sleeps only while it has that value. So
 *           a wake after the lock was released is not missed.
 * waiters   Counted up under the lock. The waking thread has held the same lock since it changed the
 *           state, so it sees every thread that may sleep because of the old state. With no waiter it
 *           makes no system call.
 *
 * All orders are relaxed, because the lock orders the state, and the kernel compares the sequence again.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdbool.h>
#include <time.h>

#include <guise/com/guiseport.h>

#include "com/portlock.h"
#include "port/port.h"

static atomic_uint *sequence_of(CONDITION_VARIABLE *condition)
{
    return guise__com_word(&condition->sequence);
}

static atomic_uint *waiters_of(CONDITION_VARIABLE *condition)
{
    return guise__com_word(&condition->waiters);
}

void WINAPI InitializeConditionVariable(PCONDITION_VARIABLE condition)
{
    atomic_init(sequence_of(condition), 0);
    atomic_init(waiters_of(condition), 0);
}

/* ---- sleeping -------------------------------------------------------------------------------- */

/* Counts the waiter and returns the sequence. The lock is held. */
static unsigned register_waiter(CONDITION_VARIABLE *condition)
{
    (void)atomic_fetch_add_explicit(waiters_of(condition), 1, memory_order_relaxed);
    return atomic_load_explicit(sequence_of(condition), memory_order_relaxed);
}

static bool is_woken(CONDITION_VARIABLE *condition, unsigned seen)
{
    return atomic_load_explicit(sequence_of(condition), memory_order_relaxed) != seen;
}

/* Sleeps without the lock. Returns false if the time passed before a wake. */
static bool sleep_until_woken(CONDITION_VARIABLE *condition, unsigned seen, DWORD milliseconds)
{
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(milliseconds, &storage);
    bool has_time = true;

    while (has_time && !is_woken(condition, seen)) {
        has_time = guise__futex_wait(sequence_of(condition), seen, deadline);
    }
    (void)atomic_fetch_sub_explicit(waiters_of(condition), 1, memory_order_relaxed);
    return is_woken(condition, seen);
}

static BOOL report_wait(bool woken)
{
    if (!woken) {
        SetLastError(ERROR_TIMEOUT);
    }
    return woken;
}

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE condition, PCRITICAL_SECTION section,
                                     DWORD milliseconds)
{
    unsigned seen = register_waiter(condition);
    bool woken;

    LeaveCriticalSection(section);
    woken = sleep_until_woken(condition, seen, milliseconds);
    EnterCriticalSection(section);
    return report_wait(woken);
}

static void release_lock(PSRWLOCK lock, bool shared)
{
    if (shared) {
        ReleaseSRWLockShared(lock);
    } else {
        ReleaseSRWLockExclusive(lock);
    }
}

static void acquire_lock(PSRWLOCK lock, bool shared)
{
    if (shared) {
        AcquireSRWLockShared(lock);
    } else {
        AcquireSRWLockExclusive(lock);
    }
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE condition, PSRWLOCK lock,
                                      DWORD milliseconds, ULONG flags)
{
    const bool shared = (flags & CONDITION_VARIABLE_LOCKMODE_SHARED) != 0;
    unsigned seen;
    bool woken;

    if ((flags & ~(ULONG)CONDITION_VARIABLE_LOCKMODE_SHARED) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    seen = register_waiter(condition);
    release_lock(lock, shared);
    woken = sleep_until_woken(condition, seen, milliseconds);
    acquire_lock(lock, shared);
    return report_wait(woken);
}

/* ---- waking ---------------------------------------------------------------------------------- */

static bool has_waiters(CONDITION_VARIABLE *condition)
{
    return atomic_load_explicit(waiters_of(condition), memory_order_relaxed) != 0;
}

static void change_sequence(CONDITION_VARIABLE *condition)
{
    (void)atomic_fetch_add_explicit(sequence_of(condition), 1, memory_order_relaxed);
}

void WINAPI WakeConditionVariable(PCONDITION_VARIABLE condition)
{
    if (has_waiters(condition)) {
        change_sequence(condition);
        guise__futex_wake_one(sequence_of(condition));
    }
}

void WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE condition)
{
    if (has_waiters(condition)) {
        change_sequence(condition);
        guise__futex_wake(sequence_of(condition));
    }
}
