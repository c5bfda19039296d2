/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_RPCBASE_H
#define GUISE_COM_RPCBASE_H

#include "rpcdce.h"
#include "winerror.h"

typedef LONG RPC_STATUS;

#define RPC_ENTRY

/*
 * Becomes the client of the call that this thread serves, as CoImpersonateClient (S-09), but with
 * RPC's words for a failure, and of the call itself: CoSwitchCallContext makes no difference. On a
 * failure the thread keeps its identity; to go on then is to serve the client as the server (S-24).
 *
 * RPC_S_INVALID_BINDING       binding is not NULL: there are no others.
 * RPC_S_NO_CALL_ACTIVE        no frame, or the call has completed (N-01, R-05).
 * RPC_S_NO_CONTEXT_AVAILABLE  the client is not authenticated, or the provider refuses.
 * RPC_S_OUT_OF_RESOURCES      no memory.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API GUISE_MUST_USE RPC_STATUS RPC_ENTRY RpcImpersonateClient(RPC_BINDING_HANDLE binding);

/*
 * Undoes it: the slot is what it was when the frame began, or at the first impersonation since. Works
 * after Signal too (N-03). A thread that cannot be put back ends the process.
 *
 * RPC_S_NO_CALL_ACTIVE  no frame; nothing has changed.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API RPC_STATUS RPC_ENTRY RpcRevertToSelf(void);

#endif
