/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_RPC_H
#define GUISE_COM_RPC_H

#include "rpcdce.h"
#include "winerror.h"

typedef LONG RPC_STATUS;

#endif
