/* SPDX-License-Identifier: MIT */
/* Access control lists made and changed by the entries that are wanted. */
#ifndef GUISE_COM_ACLAPI_H
#define GUISE_COM_ACLAPI_H

#include "accctrl.h"
#include "aclapibase.h"
#include "windows.h"

#endif
