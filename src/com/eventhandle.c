/* SPDX-License-Identifier: MIT */
/* Event handles: CreateEvent, SetEvent and ResetEvent. Waits for them: waits.c. */
#include "com/eventhandle.h"

#include <guise/com/objbase.h>

#include "base/check.h"

/* ---- the object of a handle ------------------------------------------------------------------ */

static void destroy_event(struct guise__com_handled *handled)
{
    struct guise__com_event_handled *event = (struct guise__com_event_handled *)handled;

    guise_signal_unref(event->signal);
    CoTaskMemFree(event);
}

static const struct guise__com_handle_kind event_kind = {destroy_event};

struct guise__com_event_handled *guise__com_event_handled_create(guise_signal *signal)
{
    struct guise__com_event_handled *event = CoTaskMemAlloc(sizeof *event);

    GUISE__CHECK(signal != NULL);
    if (event != NULL) {
        guise__com_handled_init(&event->handled, &event_kind);
        event->signal = guise_signal_ref(signal);
    }
    return event;
}

void guise__com_event_handled_unref(struct guise__com_event_handled *event)
{
    GUISE__CHECK(guise__com_event_handled_is_valid(event));
    guise__com_handled_unref(&event->handled);
}

HANDLE guise__com_event_handle_open(struct guise__com_event_handled *event)
{
    GUISE__CHECK(guise__com_event_handled_is_valid(event));
    guise__com_handled_ref(&event->handled);
    return guise__com_handle_open(&event->handled, EVENT_ALL_ACCESS);
}

struct guise__com_event_handled *guise__com_event_handle_take(HANDLE handle, DWORD rights)
{
    DWORD access = 0;
    struct guise__com_handled *handled = guise__com_handle_take(handle, &event_kind, &access);

    if (handled == NULL) {
        return NULL;
    }
    if ((access & rights) != rights) {
        guise__com_handled_unref(handled);
        SetLastError(ERROR_ACCESS_DENIED);
        return NULL;
    }
    GUISE__CHECK(guise__com_event_handled_is_valid((struct guise__com_event_handled *)handled));
    return (struct guise__com_event_handled *)handled;
}

/* ---- CreateEvent ----------------------------------------------------------------------------- */

/* Refuses a descriptor, inheritance and a name instead of ignoring them, because events have none. */
static BOOL is_supported(const SECURITY_ATTRIBUTES *attributes, const void *name)
{
    return name == NULL && (attributes == NULL || (attributes->lpSecurityDescriptor == NULL &&
                                                   !attributes->bInheritHandle));
}

static guise_signal *make_signal(BOOL manual_reset, BOOL initial_state)
{
    guise_signal *signal = NULL;
    guise_result result =
        guise_signal_create(manual_reset ? GUISE_SIGNAL_MANUAL : GUISE_SIGNAL_AUTO, &signal);

    if (result == GUISE_OK && initial_state) {
        (void)!guise_signal_set(signal); /* succeeds, because there is a signal (Y-05) */
    }
    return signal;
}

static HANDLE open_signal(guise_signal *signal)
{
    struct guise__com_event_handled *event = guise__com_event_handled_create(signal);
    HANDLE handle = NULL;

    GUISE__CHECK(signal != NULL);
    if (event != NULL) {
        handle = guise__com_event_handle_open(event);
        guise__com_event_handled_unref(event);
    }
    return handle;
}

static HANDLE create_event_handle(const SECURITY_ATTRIBUTES *attributes, BOOL manual_reset,
                                  BOOL initial_state, const void *name)
{
    HANDLE handle = NULL;
    guise_signal *signal;

    if (!is_supported(attributes, name)) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    signal = make_signal(manual_reset, initial_state);
    if (signal != NULL) {
        handle = open_signal(signal);
        guise_signal_unref(signal);
    }
    SetLastError(handle == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
    return handle;
}

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL initial_state,
                           LPCSTR name)
{
    return create_event_handle(attributes, manual_reset, initial_state, name);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL initial_state,
                           LPCWSTR name)
{
    return create_event_handle(attributes, manual_reset, initial_state, name);
}

/* ---- SetEvent, ResetEvent -------------------------------------------------------------------- */

static BOOL change_event(HANDLE handle, guise_result (*how)(guise_signal *signal))
{
    struct guise__com_event_handled *event =
        guise__com_event_handle_take(handle, EVENT_MODIFY_STATE);

    if (event == NULL) {
        return FALSE;
    }
    (void)!how(event->signal); /* succeeds, because there is a signal (Y-05, Y-06) */
    guise__com_event_handled_unref(event);
    return TRUE;
}

BOOL WINAPI SetEvent(HANDLE event)
{
    return change_event(event, guise_signal_set);
}

BOOL WINAPI ResetEvent(HANDLE event)
{
    return change_event(event, guise_signal_reset);
}
