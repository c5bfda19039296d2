/* SPDX-License-Identifier: MIT */
/* The process and its threads, from the inside. */
#ifndef GUISE_SRC_COM_PROCESS_H
#define GUISE_SRC_COM_PROCESS_H

#include <stdbool.h>

#include <guise/com/objbase.h>

/* This thread is, by its own CoInitialize or because there is a multithreaded apartment. */
bool guise__com_is_initialized(void);

/* The authentication level below which calls are refused (C-03), never DEFAULT. Asking decides it,
 * unless CoInitializeSecurity has: a call is about to be let in (C-01). */
DWORD guise__com_authn_level(void);

#endif
