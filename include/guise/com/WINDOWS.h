/* SPDX-License-Identifier: MIT */
/*
 * COM's asynchronous-call security for code written against the Windows SDK, over Guise. What is
 * not in these headers is not there: code that needs more fails to compile, not to work.
 */
#ifndef GUISE_COM_WINDOWS_H
#define GUISE_COM_WINDOWS_H

#include "winbase.h"
#include "windef.h"
#include "winerror.h"
#include "winnt.h"

#ifndef WIN32_LEAN_AND_MEAN
#include "objbase.h"
#endif

#endif
