/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_SDDL_H
#define GUISE_COM_SDDL_H

#include "sddlbase.h"

#endif
