/* SPDX-License-Identifier: MIT */
/*
 * For servers that are being ported, and for nothing else: Windows' locks inside a process, by
 * their names and with their rules. windows.h does not include it. What it has not got is not
 * portable by a name alone: CreateThread becomes pthread_create (docs/com.md).
 *
 * Locks are memory of the caller's, may not be moved or copied, and need nothing given back. In a
 * forked child a lock that another thread of the parent held stays held, as a pthread_mutex_t
 * would. None of these functions is a cancellation point, and none depends on the thread's identity.
 */
#ifndef GUISE_COM_GUISEPORT_H
#define GUISE_COM_GUISEPORT_H

#include "minwinbase.h"
#include "winbase.h"

/* ---- CRITICAL_SECTION: one thread, any number of times --------------------------------------- */

/* Not to be looked into. */
typedef struct _RTL_CRITICAL_SECTION {
    uint32_t word;
    uint32_t depth;
    uintptr_t owner;
} RTL_CRITICAL_SECTION, CRITICAL_SECTION, *PRTL_CRITICAL_SECTION, *PCRITICAL_SECTION,
    *LPCRITICAL_SECTION;

/* Before first use. The spin count and the flags mean nothing. TRUE, always. Safety: one thread. */
EXTERN_C GUISE_API void WINAPI InitializeCriticalSection(LPCRITICAL_SECTION section);
EXTERN_C GUISE_API BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section,
                                                                     DWORD spin_count);
EXTERN_C GUISE_API BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION section,
                                                           DWORD spin_count, DWORD flags);

/* After last use: no thread is in it or waits for it. Safety: one thread. */
EXTERN_C GUISE_API void WINAPI DeleteCriticalSection(LPCRITICAL_SECTION section);

/*
 * A thread that is in the section enters it again at once, and has to leave it as often: a server
 * that calls Signal inside, and has a Finish_ that enters too, does not wait for itself. Every other
 * thread waits; TryEnter returns FALSE instead. Threads enter in no certain order.
 *
 * LeaveCriticalSection by a thread that is not in it does nothing; on Windows it breaks the
 * section.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API void WINAPI EnterCriticalSection(LPCRITICAL_SECTION section);
EXTERN_C GUISE_API BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION section);
EXTERN_C GUISE_API void WINAPI LeaveCriticalSection(LPCRITICAL_SECTION section);

/* ---- SRWLOCK: one writer or any number of readers -------------------------------------------- */

/* Not to be looked into. All zero: free. */
typedef struct _RTL_SRWLOCK {
    uint32_t word;
} RTL_SRWLOCK, SRWLOCK, *PRTL_SRWLOCK, *PSRWLOCK;

#define RTL_SRWLOCK_INIT                                                                           \
    {                                                                                              \
        0                                                                                          \
    }
#define SRWLOCK_INIT RTL_SRWLOCK_INIT

/*
 * A thread that has the lock waits for itself if it acquires it again, in whichever way: a reader
 * comes behind a writer that waits already. TryAcquire returns FALSE instead of waiting (Windows:
 * BOOLEAN). Released by the thread that acquired it, in the same way.
 *
 * Safety: any thread; InitializeSRWLock: one thread.
 */
EXTERN_C GUISE_API void WINAPI InitializeSRWLock(PSRWLOCK lock);
EXTERN_C GUISE_API void WINAPI AcquireSRWLockExclusive(PSRWLOCK lock);
EXTERN_C GUISE_API void WINAPI AcquireSRWLockShared(PSRWLOCK lock);
EXTERN_C GUISE_API BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK lock);
EXTERN_C GUISE_API BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK lock);
EXTERN_C GUISE_API void WINAPI ReleaseSRWLockExclusive(PSRWLOCK lock);
EXTERN_C GUISE_API void WINAPI ReleaseSRWLockShared(PSRWLOCK lock);

/* ---- CONDITION_VARIABLE ---------------------------------------------------------------------- */

/* Not to be looked into. All zero: no thread waits. */
typedef struct _RTL_CONDITION_VARIABLE {
    uint32_t sequence;
    uint32_t waiters;
} RTL_CONDITION_VARIABLE, CONDITION_VARIABLE, *PRTL_CONDITION_VARIABLE, *PCONDITION_VARIABLE;

#define RTL_CONDITION_VARIABLE_INIT                                                                \
    {                                                                                              \
        0, 0                                                                                       \
    }
#define CONDITION_VARIABLE_INIT RTL_CONDITION_VARIABLE_INIT

/* The lock was acquired shared. */
#define CONDITION_VARIABLE_LOCKMODE_SHARED 0x1u

/*
 * Leaves the section, or releases the lock, waits for a wake, and enters or acquires it again in
 * the same way; in one step, as seen by threads that had the lock before they wake. The calling
 * thread is in the section once, or has the lock as flags say. It may return without a wake, so
 * what it waits for is looked at again.
 *
 * FALSE, last error; the lock is the thread's again:
 * ERROR_TIMEOUT            the time was over first.
 * ERROR_INVALID_PARAMETER  unknown flags; the lock was not released.
 *
 * Safety: any thread; InitializeConditionVariable: one thread.
 */
EXTERN_C GUISE_API void WINAPI InitializeConditionVariable(PCONDITION_VARIABLE condition);
EXTERN_C GUISE_API BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE condition,
                                                        PCRITICAL_SECTION section,
                                                        DWORD milliseconds);
EXTERN_C GUISE_API BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE condition,
                                                         PSRWLOCK lock, DWORD milliseconds,
                                                         ULONG flags);

/* One of the threads that wait, at least; all of them. Threads that come later wait. Call it after
 * the change that is waited for, which is made under the lock; with or without the lock. Safety:
 * any thread. */
EXTERN_C GUISE_API void WINAPI WakeConditionVariable(PCONDITION_VARIABLE condition);
EXTERN_C GUISE_API void WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE condition);

/* ---- INIT_ONCE ------------------------------------------------------------------------------- */

/* Not to be looked into. All zero: not done. */
typedef struct _RTL_RUN_ONCE {
    uint32_t word;
    uintptr_t context;
} RTL_RUN_ONCE, INIT_ONCE, *PRTL_RUN_ONCE, *PINIT_ONCE, *LPINIT_ONCE;

#define RTL_RUN_ONCE_INIT                                                                          \
    {                                                                                              \
        0, 0                                                                                       \
    }
#define INIT_ONCE_STATIC_INIT RTL_RUN_ONCE_INIT

typedef BOOL(CALLBACK *PINIT_ONCE_FN)(PINIT_ONCE once, PVOID parameter, PVOID *context);

EXTERN_C GUISE_API void WINAPI InitOnceInitialize(PINIT_ONCE once);

/*
 * Runs fn if no thread has with success, and waits while another one does; TRUE once it is done.
 * *context, unless context is NULL, is what fn stored then. FALSE: fn returned FALSE here, or ended
 * by an exception or pthread_exit, which goes on from here; the next thread runs it again.
 *
 * fn must not come here with the same once: it would wait for itself.
 *
 * Safety: any thread; InitOnceInitialize: one thread.
 */
EXTERN_C GUISE_API BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE once, PINIT_ONCE_FN fn,
                                                   PVOID parameter, LPVOID *context);

#define INIT_ONCE_CHECK_ONLY 0x1u
#define INIT_ONCE_ASYNC 0x2u
#define INIT_ONCE_INIT_FAILED 0x4u
#define INIT_ONCE_CTX_RESERVED_BITS 2

/*
 * The same in two steps. Begin: TRUE, and *pending says whether the calling thread is to initialize
 * and to call Complete, or whether that is done; then *context, unless context is NULL, is what
 * Complete was given. Without flags one thread initializes, and others wait here until it is done
 * or has failed. With INIT_ONCE_ASYNC no thread waits: any number initialize at once, and the first
 * that completes wins; the others' Complete fails, and Begin with INIT_ONCE_CHECK_ONLY tells them
 * what won.
 *
 * Begin: FALSE, last error; nothing is written:
 * ERROR_GEN_FAILURE        INIT_ONCE_CHECK_ONLY, and it is not done.
 * ERROR_INVALID_PARAMETER  other flags than these, or both; or it is under way in the other manner
 *                          (InitOnceExecuteOnce says so too).
 *
 * Complete takes INIT_ONCE_ASYNC if Begin did, or INIT_ONCE_INIT_FAILED: then the next thread
 * initializes. The two low bits of context must be 0. FALSE, last error; nothing has changed:
 * ERROR_INVALID_PARAMETER  flags that Begin was not called with, or unknown; INIT_ONCE_INIT_FAILED with
 *                          INIT_ONCE_ASYNC or a context; low bits in context.
 * ERROR_GEN_FAILURE        nothing is under way: another thread has won, or none began.
 *
 * A thread that ends between the two leaves it under way, as on Windows. Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI InitOnceBeginInitialize(PINIT_ONCE once, DWORD flags, PBOOL pending,
                                                       LPVOID *context);
EXTERN_C GUISE_API BOOL WINAPI InitOnceComplete(PINIT_ONCE once, DWORD flags, LPVOID context);

#endif
