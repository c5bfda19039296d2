/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_OBJBASE_H
#define GUISE_COM_OBJBASE_H

#include "combaseapi.h"
#include "objidl.h"
#include "unknwn.h"
#include "winbase.h"

#endif
