/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_RPC_H
#define GUISE_COM_RPC_H

#include "rpcbase.h"

#endif
