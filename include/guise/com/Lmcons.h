/* SPDX-License-Identifier: MIT */
/* How long names can be on Windows, in characters, without the final 0. */
#ifndef GUISE_COM_LMCONS_H
#define GUISE_COM_LMCONS_H

#include "windef.h"

#define UNLEN 256
#define GNLEN UNLEN
#define PWLEN 256
#define CNLEN 15
#define DNLEN CNLEN

typedef DWORD NET_API_STATUS;

#endif
