/* SPDX-License-Identifier: MIT */
/* What the headers that interface compilers write include. */
#ifndef GUISE_COM_OLE2_H
#define GUISE_COM_OLE2_H

#include "objbase.h"

#endif
