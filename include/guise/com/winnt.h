/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_WINNT_H
#define GUISE_COM_WINNT_H

#include "guiddef.h"
#include "windef.h"

/* Only ever NULL: see CoInitializeSecurity. */
typedef PVOID PSECURITY_DESCRIPTOR;

#endif
