/* SPDX-License-Identifier: MIT */
/* What import "oaidl.idl" makes interface compilers include. Automation is not here. */
#ifndef GUISE_COM_OAIDL_H
#define GUISE_COM_OAIDL_H

#include "objidl.h"

#endif
