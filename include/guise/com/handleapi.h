/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_HANDLEAPI_H
#define GUISE_COM_HANDLEAPI_H

#include "errhandlingapi.h"

#define INVALID_HANDLE_VALUE GUISE__POINTER(HANDLE, -1)

/*
 * Ends the use of a handle; what it stands for goes with its last handle and its last use. A
 * number that is no open handle is told apart always, in any thread, also when its place has a new
 * tenant; only the two lowest bits do not count, in any function, so a program may mark handles with
 * them. Pseudo-handles (processthreadsapi.h), INVALID_HANDLE_VALUE among them by its number,
 * stand for nothing that could be closed: TRUE, and nothing happens.
 *
 * FALSE, last error:
 * ERROR_INVALID_HANDLE  not an open handle.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI CloseHandle(HANDLE handle);

#endif
