/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_OBJBASE_H
#define GUISE_COM_OBJBASE_H

#include "combaseapi.h"
#include "objidl.h"
#include "unknwn.h"
#include "winbase.h"

typedef enum tagCOINIT {
    COINIT_MULTITHREADED = COINITBASE_MULTITHREADED,
    COINIT_APARTMENTTHREADED = 0x2,
    COINIT_DISABLE_OLE1DDE = 0x4,
    COINIT_SPEED_OVER_MEMORY = 0x8
} COINIT;

/* CoInitializeEx with COINIT_APARTMENTTHREADED. */
WINOLEAPI CoInitialize(LPVOID reserved);

#endif
