/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_ERRHANDLINGAPI_H
#define GUISE_COM_ERRHANDLINGAPI_H

#include "windef.h"
#include "winnt.h"

/*
 * The calling thread's last error: what the last function that failed here wrote, for functions
 * that say so with FALSE or NULL. 0 in a new thread. errno is another thing and is left alone.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API DWORD WINAPI GetLastError(void);
EXTERN_C GUISE_API void WINAPI SetLastError(DWORD error);

#endif
