/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_ACCCTRL_H
#define GUISE_COM_ACCCTRL_H

#include "accctrlbase.h"

#endif
