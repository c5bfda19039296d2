/* SPDX-License-Identifier: MIT */
/* Ticks: the time since some moment before, on a clock that is never set. */
#ifndef GUISE_COM_SYSINFOAPI_H
#define GUISE_COM_SYSINFOAPI_H

#include "windef.h"

/*
 * Milliseconds; the first begins anew after 49.7 days. A name that is a macro already is not
 * declared (docs/com.md).
 *
 * Safety: any thread; signal handlers. Cannot fail.
 */
#ifndef GetTickCount
EXTERN_C GUISE_API DWORD WINAPI GetTickCount(void);
#endif
#ifndef GetTickCount64
EXTERN_C GUISE_API ULONGLONG WINAPI GetTickCount64(void);
#endif

#endif
