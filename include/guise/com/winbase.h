/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_WINBASE_H
#define GUISE_COM_WINBASE_H

#include "errhandlingapi.h"
#include "handleapi.h"
#include "minwinbase.h"
#include "processthreadsapi.h"
#include "securitybaseapi.h"
#include "winerror.h"
#include "winnt.h"

/* A wait without end. */
#define INFINITE 0xFFFFFFFFu

/* Frees the texts and SIDs that sddl.h's functions return, and nothing else: there is no local
 * heap. Returns NULL, always. NULL is fine. Safety: any thread. */
EXTERN_C GUISE_API HLOCAL WINAPI LocalFree(HLOCAL memory);

#endif
