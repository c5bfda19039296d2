/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_WTYPES_H
#define GUISE_COM_WTYPES_H

#include "wtypesbase.h"

#endif
