/* SPDX-License-Identifier: MIT */
/*
 * Waits for events by their handles. A wait has references of its own to the events, so that closing or
 * reusing a handle does not affect a wait that has begun. No call is dispatched during a wait (Y-19), so
 * the thread's slot and frame do not change (Y-20).
 */
#include "com/eventhandle.h"

#include <guise/com/processthreadsapi.h>

#include "base/check.h"
#include "com/predicate.h"
#include "com/unknown.h"

#include "sync/wait_multiple.h"

_Static_assert(MAXIMUM_WAIT_OBJECTS == GUISE__WAIT_MULTIPLE_MAX, "both may be waited for at once");

struct taken {
    struct guise__com_event_handled *events[MAXIMUM_WAIT_OBJECTS]; /* owned */
    guise_signal *signals[MAXIMUM_WAIT_OBJECTS];                   /* owned by the events */
    DWORD count;
};

GUISE__COM_PREDICATE taken_is_valid(const struct taken *taken)
{
    for (DWORD i = 0; i < taken->count; i++) {
        if (!guise__com_event_handled_is_valid(taken->events[i]) ||
            taken->signals[i] != taken->events[i]->signal) {
            return false;
        }
    }
    return taken->count <= MAXIMUM_WAIT_OBJECTS;
}

static void release_taken(const struct taken *taken)
{
    GUISE__CHECK(taken_is_valid(taken));
    for (DWORD i = 0; i < taken->count; i++) {
        guise__com_event_handled_unref(taken->events[i]);
    }
}

/* Makes an event that is never set. It stands for the process and the calling thread, which are set when
 * they have ended, so that this wait cannot see it. */
static struct guise__com_event_handled *make_unset(void)
{
    struct guise__com_event_handled *event = NULL;
    guise_signal *signal = NULL;

    if (guise_signal_create(GUISE_SIGNAL_MANUAL, &signal) == GUISE_OK) {
        event = guise__com_event_handled_create(signal);
        guise_signal_unref(signal);
    }
    if (event == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    return event;
}

/* Finds the event of handles[which], after those before it. The same pseudo-handle gives the same event
 * each time. On failure sets the last error and returns NULL. */
static struct guise__com_event_handled *take_event(const HANDLE *handles, const struct taken *taken,
                                                   DWORD which)
{
    HANDLE handle = handles[which];

    GUISE__CHECK(which == taken->count && which < MAXIMUM_WAIT_OBJECTS);
    if (handle != GetCurrentProcess() && handle != GetCurrentThread()) {
        return guise__com_event_handle_take(handle, SYNCHRONIZE);
    }
    for (DWORD i = 0; i < which; i++) {
        if (handles[i] == handle) {
            guise__com_handled_ref(&taken->events[i]->handled);
            return taken->events[i];
        }
    }
    return make_unset();
}

/* Finds all events. On failure takes none, sets the last error and returns FALSE. */
static BOOL take_events(DWORD count, const HANDLE *handles, struct taken *taken)
{
    for (taken->count = 0; taken->count < count; taken->count++) {
        struct guise__com_event_handled *event = take_event(handles, taken, taken->count);

        if (event == NULL) {
            release_taken(taken);
            return FALSE;
        }
        taken->events[taken->count] = event;
        taken->signals[taken->count] = event->signal;
    }
    return TRUE;
}

static DWORD fail_wait(DWORD error)
{
    SetLastError(error);
    return WAIT_FAILED;
}

static DWORD wait_for_taken(const struct taken *taken, bool all, DWORD milliseconds)
{
    size_t which = 0;

    GUISE__CHECK(taken->count != 0 && taken_is_valid(taken));
    switch (guise__wait_multiple(taken->signals, taken->count, all, milliseconds, &which)) {
    case GUISE_OK:
        GUISE__CHECK(which < taken->count);
        return WAIT_OBJECT_0 + (DWORD)which;
    case GUISE_E_CALL_PENDING:
        return WAIT_TIMEOUT;
    case GUISE_E_INVALID_ARGUMENT: /* the same handle twice */
        return fail_wait(ERROR_INVALID_PARAMETER);
    default:
        return fail_wait(ERROR_NOT_ENOUGH_MEMORY);
    }
}

DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL wait_all,
                                    DWORD milliseconds)
{
    struct taken taken;
    DWORD result;

    if (count == 0 || count > MAXIMUM_WAIT_OBJECTS || handles == NULL) {
        return fail_wait(ERROR_INVALID_PARAMETER);
    }
    if (!take_events(count, handles, &taken)) {
        return WAIT_FAILED;
    }
    result = wait_for_taken(&taken, wait_all != FALSE, milliseconds);
    release_taken(&taken);
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
        return E_INVALIDARG; /* a NULL pointer or an unknown flag is an invalid argument (Y-18) */
    }
    *index = 0;
    if (handles == NULL || (flags & ~GUISE__COM_WAIT_FLAGS) != 0) {
        /* A NULL pointer or an unknown flag is an invalid argument (Y-18, Y-21). */
        return E_INVALIDARG;
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
