/* SPDX-License-Identifier: MIT */
/*
 * The process, the calling thread, and their tokens. They have no handles but these, which are
 * numbers with a fixed meaning in each thread that uses them; CloseHandle does nothing to them.
 */
#ifndef GUISE_COM_PROCESSTHREADSAPI_H
#define GUISE_COM_PROCESSTHREADSAPI_H

#include "errhandlingapi.h"
#include "winnt.h"

/* Safety: any thread. Cannot fail. */
EXTERN_C GUISE_API HANDLE WINAPI GetCurrentProcess(void);
EXTERN_C GUISE_API HANDLE WINAPI GetCurrentThread(void);

/* The system's number of this process (getpid), in a forked child the child's. Not declared if the
 * name is a macro already (docs/com.md). Safety: any thread; signal handlers. Cannot fail. */
#ifndef GetCurrentProcessId
EXTERN_C GUISE_API DWORD WINAPI GetCurrentProcessId(void);
#endif

/*
 * The calling thread's number: not 0, and no other living thread's that has asked for its own.
 * Small, counted up, and used again only after all the others; it is not the system's number. A
 * forked child's thread keeps the number it had. Not declared if the name is a macro already.
 *
 * Safety: any thread; not in a signal handler.
 */
#ifndef GetCurrentThreadId
EXTERN_C GUISE_API DWORD WINAPI GetCurrentThreadId(void);
#endif

/*
 * Tokens that are looked at without being opened, by GetTokenInformation, CheckTokenMembership and
 * AccessCheck: that of the process, that in the calling thread's slot (ERROR_NO_TOKEN if there is
 * none), and the thread's if there is one, else the process's. Good for TOKEN_QUERY only; to every
 * other function they are no handles.
 */
static FORCEINLINE HANDLE GetCurrentProcessToken(void)
{
    return GUISE__POINTER(HANDLE, -4);
}

static FORCEINLINE HANDLE GetCurrentThreadToken(void)
{
    return GUISE__POINTER(HANDLE, -5);
}

static FORCEINLINE HANDLE GetCurrentThreadEffectiveToken(void)
{
    return GUISE__POINTER(HANDLE, -6);
}

/*
 * A primary token: the process's effective ids and groups as they are now, never those of the
 * client that the calling thread may be (W-20); a client's own right to open it is not asked for.
 * Each has an id of its own. No name is looked up. Making a token settles the provider
 * (provider.h).
 *
 * Access rights, here and below: TOKEN_*, GENERIC_* and MAXIMUM_ALLOWED. Everything that tokens
 * have is given, and only what was asked for can be used.
 *
 * FALSE, last error, the first that holds:
 * ERROR_INVALID_PARAMETER  token is NULL.
 * ERROR_INVALID_HANDLE     process is not GetCurrentProcess().
 * ERROR_ACCESS_DENIED      the calling thread is not the process's self and cannot be made it
 *                          (thread.h); the last guise_use_provider failed; the process's ids
 *                          are, or include, the overflow id.
 * ERROR_PRIVILEGE_NOT_HELD ACCESS_SYSTEM_SECURITY.
 * ERROR_ACCESS_DENIED      no right at all, or one that tokens do not have.
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 *
 * Lifetime: *token is the caller's to close. Safety: any thread. *token is NULL on failure.
 */
EXTERN_C GUISE_API BOOL WINAPI OpenProcessToken(HANDLE process, DWORD access, PHANDLE token);

/*
 * The impersonation token in the calling thread's slot, whether COM, Win32 or the core put it there
 * (W-01). as_self: the process asks, not the client; a client that may only be identified cannot ask (W-02).
 *
 * FALSE, last error, the first that holds:
 * ERROR_INVALID_PARAMETER        token is NULL.
 * ERROR_INVALID_HANDLE           thread is not GetCurrentThread().
 * ERROR_NO_TOKEN                 the slot is empty (W-01).
 * ERROR_CANT_OPEN_ANONYMOUS      the token is at anonymous level, with as_self too (W-03).
 * ERROR_BAD_IMPERSONATION_LEVEL  it is at identification level and as_self is FALSE (W-02).
 * ERROR_PRIVILEGE_NOT_HELD, ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY  as OpenProcessToken.
 *
 * Lifetime: *token is the caller's to close. Safety: any thread. *token is NULL on failure.
 */
EXTERN_C GUISE_API BOOL WINAPI OpenThreadToken(HANDLE thread, DWORD access, BOOL as_self,
                                               PHANDLE token);

/*
 * Puts an impersonation token into the calling thread's slot, or empties it with NULL (W-04); as
 * guise_set_thread_token, which says what that means for the kernel and for frames. The slot has a
 * reference of its own (W-23), so the handle may be closed. A new thread has no token (W-21), and
 * none follows work that is handed to another thread (W-22).
 *
 * FALSE, last error, the first that holds; the slot is what it was:
 * ERROR_INVALID_HANDLE     thread is not NULL and *thread not GetCurrentThread(); token is not NULL
 *                          and no handle of a token.
 * ERROR_ACCESS_DENIED      the handle lacks TOKEN_IMPERSONATE.
 * ERROR_BAD_TOKEN_TYPE     a primary token (W-05).
 * ERROR_ACCESS_DENIED      the thread could not become that client.
 * ERROR_NOT_ENOUGH_MEMORY  as guise_set_thread_token.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI SetThreadToken(PHANDLE thread, HANDLE token);

#endif
