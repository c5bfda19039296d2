/* SPDX-License-Identifier: MIT */
/* Identifiers that belong to no interface. */
#ifndef GUISE_COM_CGUID_H
#define GUISE_COM_CGUID_H

#include "guiddef.h"

EXTERN_C GUISE_API const GUID GUID_NULL;
#define IID_NULL GUID_NULL
#define CLSID_NULL GUID_NULL

EXTERN_C GUISE_API const CLSID CLSID_StdEvent;
EXTERN_C GUISE_API const CLSID CLSID_ManualResetEvent;
EXTERN_C GUISE_API const CLSID CLSID_SynchronizeContainer;

#endif
