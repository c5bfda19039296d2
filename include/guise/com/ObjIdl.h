/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_OBJIDL_H
#define GUISE_COM_OBJIDL_H

#include "objidlbase.h"

#endif
