/* SPDX-License-Identifier: MIT */
/* Failing with a last error. */
#ifndef GUISE_SRC_COM_LASTERROR_H
#define GUISE_SRC_COM_LASTERROR_H

#include <guise/com/errhandlingapi.h>

/* Sets the thread's last error and returns FALSE. */
static inline BOOL guise__com_fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

#endif
