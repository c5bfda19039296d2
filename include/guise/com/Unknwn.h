/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_UNKNWN_H
#define GUISE_COM_UNKNWN_H

#include "unknwnbase.h"

#endif
