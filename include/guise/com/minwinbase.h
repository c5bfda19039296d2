/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_MINWINBASE_H
#define GUISE_COM_MINWINBASE_H

#include <string.h>

#include "windef.h"

#define ZeroMemory(destination, length) memset((destination), 0, (length))
#define FillMemory(destination, length, fill) memset((destination), (fill), (length))
#define CopyMemory(destination, source, length) memcpy((destination), (source), (length))
#define MoveMemory(destination, source, length) memmove((destination), (source), (length))

/* The access to a new object, and whether its handle is inherited. Neither exists here, so every
 * function that takes this structure refuses a value that it could not keep. */
typedef struct _SECURITY_ATTRIBUTES {
    DWORD nLength;
    LPVOID lpSecurityDescriptor;
    BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

#endif
