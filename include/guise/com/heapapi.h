/* SPDX-License-Identifier: MIT */
/*
 * The process's heap: the one there is, under a name. CoTaskMemAlloc, LocalAlloc and HeapAlloc take
 * from the same place, but each has its own function that gives back.
 */
#ifndef GUISE_COM_HEAPAPI_H
#define GUISE_COM_HEAPAPI_H

#include "errhandlingapi.h"
#include "windef.h"
#include "winerror.h"
#include "winnt.h"

/* Locks are the heap's own business, so the first means nothing. A heap that raises an exception
 * instead of returning NULL (HEAP_GENERATE_EXCEPTIONS) is not here. */
#define HEAP_NO_SERIALIZE 0x00000001u
#define HEAP_ZERO_MEMORY 0x00000008u
#define HEAP_REALLOC_IN_PLACE_ONLY 0x00000010u

/* The heap's handle, for the functions below only: CloseHandle does not know it. Safety: any
 * thread. Cannot fail. */
EXTERN_C GUISE_API HANDLE WINAPI GetProcessHeap(void);

/*
 * Memory of so many bytes, aligned for everything; zeroed with HEAP_ZERO_MEMORY. 0 bytes are an
 * allocation like any other. The caller owns it: HeapFree. Other flags are not looked at.
 *
 * NULL, last error:
 * ERROR_INVALID_HANDLE     heap is not GetProcessHeap().
 * ERROR_NOT_ENOUGH_MEMORY  no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API LPVOID WINAPI HeapAlloc(HANDLE heap, DWORD flags, SIZE_T size);

/*
 * Makes what HeapAlloc returned larger or smaller; it may move, and what is returned takes its
 * place. The bytes up to the smaller size stay; with HEAP_ZERO_MEMORY new ones are zeroed. With
 * HEAP_REALLOC_IN_PLACE_ONLY it does not move, and so can become smaller only. Other flags are not
 * looked at.
 *
 * NULL, last error, and the memory is as it was:
 * ERROR_INVALID_HANDLE     heap is not GetProcessHeap().
 * ERROR_INVALID_PARAMETER  memory is NULL.
 * ERROR_NOT_ENOUGH_MEMORY  no memory, or larger where it may not move.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API LPVOID WINAPI HeapReAlloc(HANDLE heap, DWORD flags, LPVOID memory, SIZE_T size);

/*
 * The size that was asked for last, exactly. The flags are not looked at.
 *
 * (SIZE_T)-1, last error:
 * ERROR_INVALID_HANDLE     heap is not GetProcessHeap().
 * ERROR_INVALID_PARAMETER  memory is NULL.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API SIZE_T WINAPI HeapSize(HANDLE heap, DWORD flags, LPCVOID memory);

/*
 * Frees what HeapAlloc or HeapReAlloc returned. NULL is fine. The flags are not looked at.
 *
 * FALSE, last error, and nothing is freed:
 * ERROR_INVALID_HANDLE  heap is not GetProcessHeap().
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI HeapFree(HANDLE heap, DWORD flags, LPVOID memory);

#endif
