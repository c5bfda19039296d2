/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_WINBASE_H
#define GUISE_COM_WINBASE_H

#include "errhandlingapi.h"
#include "handleapi.h"
#include "minwinbase.h"
#include "processthreadsapi.h"
#include "securitybaseapi.h"
#include "synchapi.h"
#include "winerror.h"
#include "winnt.h"

/* A wait without end. */
#define INFINITE 0xFFFFFFFFu

/* Frees the texts and SIDs that sddl.h's functions return, and nothing else: there is no local
 * heap. Returns NULL, always. NULL is fine. Safety: any thread. */
EXTERN_C GUISE_API HLOCAL WINAPI LocalFree(HLOCAL memory);

/* What waits return, with WAIT_TIMEOUT (winerror.h). Nothing here is ever abandoned. */
#define WAIT_OBJECT_0 ((DWORD)0x00000000u)
#define WAIT_ABANDONED ((DWORD)0x00000080u)
#define WAIT_ABANDONED_0 ((DWORD)0x00000080u)
#define WAIT_FAILED ((DWORD)0xFFFFFFFFu)

#endif
