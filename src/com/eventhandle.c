/* SPDX-License-Identifier: MIT */
/* Events behind handles: how they are made, set and cleared. waits.c waits for them. */
#include "com/eventhandle.h"

#include <guise/com/objbase.h>

/* ---- what is behind -------------------------------------------------------------------------- */

static void destroy(struct guise__handled *handled)
{
    struct guise__event_handled *event = (struct guise__event_handled *)handled;

    guise_signal_unref(event->signal);
    CoTaskMemFree(event);
}

static const struct guise__handle_kind event_kind = {destroy};

struct guise__event_handled *guise__event_handled_create(guise_signal *signal)
{
    struct guise__event_handled *event = CoTaskMemAlloc(sizeof *event);

    if (event != NULL) {
        guise__handled_init(&event->handled, &event_kind);
        event->signal = guise_signal_ref(signal);
    }
    return event;
}

void guise__event_handled_unref(struct guise__event_handled *event)
{
    guise__handled_unref(&event->handled);
}

HANDLE guise__event_handle_open(struct guise__event_handled *event)
{
    guise__handled_ref(&event->handled);
    return guise__handle_open(&event->handled, EVENT_ALL_ACCESS);
}

struct guise__event_handled *guise__event_handle_take(HANDLE handle, DWORD rights)
{
    DWORD access = 0;
    struct guise__handled *handled = guise__handle_take(handle, &event_kind, &access);

    if (handled == NULL) {
        return NULL;
    }
    if ((access & rights) != rights) {
        guise__handled_unref(handled);
        SetLastError(ERROR_ACCESS_DENIED);
        return NULL;
    }
    return (struct guise__event_handled *)handled;
}

/* ---- CreateEvent ----------------------------------------------------------------------------- */

/* Nothing is inherited and nothing has a descriptor: asking for it is refused, not forgotten. */
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
        (void)!guise_signal_set(signal); /* Y-05: there is one, so it works */
    }
    return signal;
}

static HANDLE open_signal(guise_signal *signal)
{
    struct guise__event_handled *event = guise__event_handled_create(signal);
    HANDLE handle = NULL;

    if (event != NULL) {
        handle = guise__event_handle_open(event);
        guise__event_handled_unref(event);
    }
    return handle;
}

static HANDLE create(const SECURITY_ATTRIBUTES *attributes, BOOL manual_reset, BOOL initial_state,
                     const void *name)
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
    return create(attributes, manual_reset, initial_state, name);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manual_reset, BOOL initial_state,
                           LPCWSTR name)
{
    return create(attributes, manual_reset, initial_state, name);
}

/* ---- SetEvent, ResetEvent -------------------------------------------------------------------- */

static BOOL change(HANDLE handle, guise_result (*how)(guise_signal *signal))
{
    struct guise__event_handled *event = guise__event_handle_take(handle, EVENT_MODIFY_STATE);

    if (event == NULL) {
        return FALSE;
    }
    (void)!how(event->signal); /* Y-05, Y-06: there is a signal, so it works */
    guise__event_handled_unref(event);
    return TRUE;
}

BOOL WINAPI SetEvent(HANDLE event)
{
    return change(event, guise_signal_set);
}

BOOL WINAPI ResetEvent(HANDLE event)
{
    return change(event, guise_signal_reset);
}
