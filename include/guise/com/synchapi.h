/* SPDX-License-Identifier: MIT */
/*
 * Events behind handles, and waits for them. CloseHandle ends the use of one; a wait that goes on
 * meanwhile keeps the event, and goes on.
 *
 * Safety: any thread, also several at once with the same event. errno is left alone.
 */
#ifndef GUISE_COM_SYNCHAPI_H
#define GUISE_COM_SYNCHAPI_H

#include "errhandlingapi.h"
#include "minwinbase.h"
#include "windef.h"

/*
 * A new event behind a handle with EVENT_ALL_ACCESS, which the caller closes. manual_reset: set
 * until ResetEvent (Y-08); else a successful wait takes its being set (Y-07). attributes may be
 * NULL; its nLength is not looked at. Success makes the last error 0, as where names exist: no
 * event of that name was there before.
 *
 * NULL, last error:
 * ERROR_NOT_SUPPORTED      a name, a security descriptor, a handle to be inherited.
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 */
EXTERN_C GUISE_API HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset,
                                              BOOL initial_state, LPCSTR name);
EXTERN_C GUISE_API HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset,
                                              BOOL initial_state, LPCWSTR name);
#ifdef UNICODE
#define CreateEvent CreateEventW
#else
#define CreateEvent CreateEventA
#endif

/*
 * Sets the event and releases its waiters (Y-05), and clears it (Y-06).
 *
 * FALSE, last error:
 * ERROR_INVALID_HANDLE  not an open handle of an event.
 * ERROR_ACCESS_DENIED   one without EVENT_MODIFY_STATE.
 */
EXTERN_C GUISE_API BOOL WINAPI SetEvent(HANDLE event);
EXTERN_C GUISE_API BOOL WINAPI ResetEvent(HANDLE event);

/*
 * Waits for one event, for the first of several, or for all of them at once; 0 milliseconds ask,
 * INFINITE waits for ever (Y-01). It blocks, and nothing is pumped (Y-19).
 *
 * Several, any: takes the first in the array that is set; one may be there twice. All: takes none
 * before all are set, and then all at once, so that no thread can see some of them taken.
 *
 * WAIT_OBJECT_0 + index  set; 0 where all are waited for.
 * WAIT_TIMEOUT           the time is over; no error, and nothing taken.
 * WAIT_FAILED            nothing waited for or taken; last error:
 *   ERROR_INVALID_HANDLE     not an open handle of an event: nothing else can be waited for, but
 *                            GetCurrentProcess() and GetCurrentThread(), which are never set.
 *   ERROR_ACCESS_DENIED      one without SYNCHRONIZE.
 *   ERROR_INVALID_PARAMETER  no handles, more than MAXIMUM_WAIT_OBJECTS, a NULL array; all: one
 *                            event is there twice, behind whichever handles.
 *   ERROR_NOT_ENOUGH_MEMORY  no memory.
 */
EXTERN_C GUISE_API DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD milliseconds);
EXTERN_C GUISE_API DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *handles,
                                                       BOOL wait_all, DWORD milliseconds);

/* Sleeps that long at least, for ever with INFINITE; 0 lets another thread run. Signal handlers do
 * not end it. A cancellation point. Not declared if the name is a macro already (docs/com.md). */
#ifndef Sleep
EXTERN_C GUISE_API void WINAPI Sleep(DWORD milliseconds);
#endif

#endif
