/* SPDX-License-Identifier: MIT */
/* What stands behind an event's handle: a signal, shared with the object that it may be part of. */
#ifndef GUISE_SRC_COM_EVENTHANDLE_H
#define GUISE_SRC_COM_EVENTHANDLE_H

#include <guise/signal.h>

#include "com/handle.h"

struct guise__event_handled {
    struct guise__handled handled; /* first */
    guise_signal *signal;          /* owned */
};

/* One reference, the caller's; takes one to the signal. NULL: no memory. */
struct guise__event_handled *guise__event_handled_create(guise_signal *signal);
void guise__event_handled_unref(struct guise__event_handled *event);

/* A handle with EVENT_ALL_ACCESS and a reference of its own; NULL and the last error as in
 * handle.h. */
HANDLE guise__event_handle_open(struct guise__event_handled *event);

/*
 * The event behind a handle, with a reference of the caller's own. NULL, last error:
 * ERROR_INVALID_HANDLE or, without one of those rights, ERROR_ACCESS_DENIED.
 */
struct guise__event_handled *guise__event_handle_take(HANDLE handle, DWORD rights);

#endif
