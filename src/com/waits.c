/* SPDX-License-Identifier: MIT */
/*
 * Waits for events behind handles. Whoever waits has references of its own to all of them, so that
 * neither CloseHandle nor a new tenant of a handle's place reaches a wait that has begun. Nothing
 * is dispatched meanwhile (Y-19), so the thread's slot and frame are what they were (Y-20).
 */
#include "com/eventhandle.h"
#include "com/unknown.h"

#include "../com_hooks.h"

_Static_assert(MAXIMUM_WAIT_OBJECTS == GUISE__WAIT_MANY_MAX, "both may be waited for at once");

struct taken {
    struct guise__event_handled *events[MAXIMUM_WAIT_OBJECTS]; /* owned */
    guise_signal *signals[MAXIMUM_WAIT_OBJECTS];               /* theirs */
    DWORD count;
};

static void let_go(const struct taken *taken)
{
    for (DWORD i = 0; i < taken->count; i++) {
        guise__event_handled_unref(taken->events[i]);
    }
}

/* All of them, or FALSE, none, and the last error. */
static BOOL take(DWORD count, const HANDLE *handles, struct taken *taken)
{
    for (taken->count = 0; taken->count < count; taken->count++) {
        struct guise__event_handled *event =
            guise__event_handle_take(handles[taken->count], SYNCHRONIZE);

        if (event == NULL) {
            let_go(taken);
            return FALSE;
        }
        taken->events[taken->count] = event;
        taken->signals[taken->count] = event->signal;
    }
    return TRUE;
}

static DWORD failed(DWORD error)
{
    SetLastError(error);
    return WAIT_FAILED;
}

static DWORD wait_for_taken(const struct taken *taken, bool all, DWORD milliseconds)
{
    size_t which = 0;

    switch (guise__wait_many(taken->signals, taken->count, all, milliseconds, &which)) {
    case GUISE_OK:
        return WAIT_OBJECT_0 + (DWORD)which;
    case GUISE_E_CALL_PENDING:
        return WAIT_TIMEOUT;
    case GUISE_E_INVALID_ARGUMENT: /* one twice */
        return failed(ERROR_INVALID_PARAMETER);
    default:
        return failed(ERROR_NOT_ENOUGH_MEMORY);
    }
}

DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL wait_all,
                                    DWORD milliseconds)
{
    struct taken taken;
    DWORD result;

    if (count == 0 || count > MAXIMUM_WAIT_OBJECTS || handles == NULL) {
        return failed(ERROR_INVALID_PARAMETER);
    }
    if (!take(count, handles, &taken)) {
        return WAIT_FAILED;
    }
    result = wait_for_taken(&taken, wait_all != FALSE, milliseconds);
    let_go(&taken);
    return result;
}

DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD milliseconds)
{
    return WaitForMultipleObjects(1, &handle, FALSE, milliseconds);
}

HRESULT STDAPICALLTYPE CoWaitForMultipleHandles(DWORD flags, DWORD milliseconds, ULONG count,
                                                LPHANDLE handles, LPDWORD index)
{
    DWORD result;

    if (index == NULL) {
        return E_INVALIDARG; /* Y-18 */
    }
    *index = 0;
    if (handles == NULL || (flags & ~GUISE__COM_WAIT_FLAGS) != 0) {
        return E_INVALIDARG; /* Y-18, Y-21 */
    }
    if (count == 0) {
        return RPC_E_NO_SYNC;
    }
    result = WaitForMultipleObjects(count, handles, (flags & COWAIT_WAITALL) != 0, milliseconds);
    if (result == WAIT_TIMEOUT) {
        return RPC_S_CALLPENDING;
    }
    if (result == WAIT_FAILED) {
        return HRESULT_FROM_WIN32(GetLastError());
    }
    *index = result - WAIT_OBJECT_0;
    return S_OK;
}
