/* SPDX-License-Identifier: MIT */
/* Identifiers that mingw-w64 declares and has in no library. */
#include <initguid.h>

#include <guiddef.h>

#define DEFINE_COM_GUID(name, number) DEFINE_GUID(name, number, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46)

DEFINE_COM_GUID(CLSID_StdEvent, 0x0000032B);
DEFINE_COM_GUID(CLSID_ManualResetEvent, 0x0000032C);
DEFINE_COM_GUID(CLSID_SynchronizeContainer, 0x0000032D);
