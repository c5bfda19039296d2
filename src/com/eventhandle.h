/* SPDX-License-Identifier: MIT */
/* The object of an event's handle: a signal, which it may share with a COM object. */
#ifndef GUISE_SRC_COM_EVENTHANDLE_H
#define GUISE_SRC_COM_EVENTHANDLE_H

#include <guise/signal.h>

#include "com/handle.h"

struct guise__com_event_handled {
    struct guise__com_handled handled; /* first */
    guise_signal *signal;              /* owned */
};

/* Holds for an event with at least one reference. */
static inline bool guise__com_event_handled_is_valid(const struct guise__com_event_handled *event)
{
    return guise__com_handled_is_valid(&event->handled) && event->signal != NULL;
}

/* Makes an object with one reference, the caller's; it takes one to the signal. NULL: no memory. */
struct guise__com_event_handled *guise__com_event_handled_create(guise_signal *signal);
void guise__com_event_handled_unref(struct guise__com_event_handled *event);

/* Opens a handle with EVENT_ALL_ACCESS, which has a reference of its own. Fails as
 * guise__com_handle_open does. */
HANDLE guise__com_event_handle_open(struct guise__com_event_handled *event);

/*
 * Finds the event of a handle that has all of these rights; the caller owns the reference. Returns NULL
 * with last error ERROR_INVALID_HANDLE or, if a right is missing, ERROR_ACCESS_DENIED.
 */
struct guise__com_event_handled *guise__com_event_handle_take(HANDLE handle, DWORD rights);

#endif
