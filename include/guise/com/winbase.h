/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_WINBASE_H
#define GUISE_COM_WINBASE_H

#include "errhandlingapi.h"
#include "handleapi.h"
#include "processthreadsapi.h"
#include "winerror.h"
#include "winnt.h"

/* A wait without end. */
#define INFINITE 0xFFFFFFFFu

#endif
