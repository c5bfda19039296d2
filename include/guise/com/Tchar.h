/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_TCHAR_H
#define GUISE_COM_TCHAR_H

#include "tcharbase.h"

#endif
