/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_PROCESSTHREADSAPI_H
#define GUISE_COM_PROCESSTHREADSAPI_H

#include "windef.h"
#include "winnt.h"

/*
 * The calling thread's number: not 0, and no other living thread's that has asked for its own.
 * Small, counted up, and used again only after all the others; it is not the system's number. A
 * forked child's thread keeps the number it had.
 *
 * Safety: any thread; not in a signal handler.
 */
EXTERN_C GUISE_API DWORD WINAPI GetCurrentThreadId(void);

#endif
