/* SPDX-License-Identifier: MIT */
/* Where COM's names meet Guise's own. */
#ifndef GUISE_COM_GUISECOM_H
#define GUISE_COM_GUISECOM_H

#include <guise/call.h>

#include "objbase.h"

/*
 * The IServerSecurity of a call: the same object whoever asks, so long as the call lives. It is
 * bound to this call and never reaches the client of another. It is valid on any thread;
 * after the call has completed only RevertToSelf, IsImpersonating and IUnknown's methods still
 * work, the others say RPC_E_CALL_COMPLETE (S-05, S-06, X-08).
 *
 * Each reference to it is one to the call: an open call whose last owner calls Release here is
 * completed as by guise_call_unref.
 *
 * E_INVALIDARG   a NULL.
 * E_OUTOFMEMORY  no memory.
 *
 * Safety: any thread that owns a reference to the call. *security is NULL on failure.
 */
WINOLEAPI GuiseGetServerSecurity(guise_call *call, IServerSecurity **security);

#endif
