/* SPDX-License-Identifier: MIT */
/* The identifiers of filereader.h, defined: DEFINE_GUID does that where INITGUID is. */
#include <initguid.h>

#include "filereader.h"
