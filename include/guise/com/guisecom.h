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
 * It is the call's ICancelMethodCalls too (K-01), valid as it is. Cancel asks for the call to be
 * cancelled, and waits so many seconds for it to complete and its completion function to return:
 * 0 never, RPC_C_CANCEL_INFINITE_TIMEOUT until it has. The server may look (TestCancel), and may go
 * on (K-05); it can still become the client (K-12). Who asks for a wait on the only thread that
 * could complete the call waits in vain. Cancel's results (K-03):
 *
 * S_OK                 asked for; the call was not done in that time.
 * RPC_E_CALL_CANCELED  somebody asked before; this does not wait.
 * RPC_E_CALL_COMPLETE  it had completed before, or was done in that time.
 *
 * TestCancel never says S_OK (K-06):
 *
 * RPC_E_CALL_CANCELED  asked for, also once the call has completed.
 * RPC_S_CALLPENDING    not asked for.
 * RPC_E_CALL_COMPLETE  completed, and nobody had asked.
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

/*
 * A handle to a token of the program's own, as an impersonation token, for code that has Win32's
 * names: SetThreadToken, GetTokenInformation, AccessCheck. Access rights and failures are those of
 * OpenThreadToken, but that nobody asks whose slot it is in: at every level it is opened.
 * The way back is SetThreadToken and guise_thread_token.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  token or out is NULL.
 * ERROR_PRIVILEGE_NOT_HELD, ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY  as OpenProcessToken.
 *
 * Lifetime: the handle has a reference of its own; the caller's stays the caller's.
 * Safety: any thread that has a reference. *out is NULL on failure.
 */
EXTERN_C GUISE_API BOOL WINAPI GuiseOpenToken(const guise_token *token, DWORD access, PHANDLE out);

#endif
