/* SPDX-License-Identifier: MIT */
/* What import "ocidl.idl" makes interface compilers include. Controls are not here. */
#ifndef GUISE_COM_OCIDL_H
#define GUISE_COM_OCIDL_H

#include "oaidl.h"

#endif
