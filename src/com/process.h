/* SPDX-License-Identifier: MIT */
/* Initialization and the security level, for the other parts of the library. */
#ifndef GUISE_SRC_COM_PROCESS_H
#define GUISE_SRC_COM_PROCESS_H

#include <stdbool.h>

#include <guise/com/objbase.h>

/* Returns whether this thread is initialized, by its own CoInitialize or because a thread is in the
 * multithreaded apartment. */
bool guise__com_is_initialized(void);

/* Returns the apartment of the calling thread, a pointer to compare only; NULL: the multithreaded one. */
const void *guise__com_apartment(void);

/* Returns the authentication level below which calls are refused, never DEFAULT (C-03). Decides the level
 * if CoInitializeSecurity has not, because a call is about to be accepted (C-01). */
DWORD guise__com_authn_level(void);

#endif
