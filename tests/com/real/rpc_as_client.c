/* SPDX-License-Identifier: MIT */
/* Work as the client of a remote procedure call. */
#include <Rpc.h>
#include <windows.h>

#include <stdlib.h>

#include "more.h"

HRESULT real_rpc_as_client(DWORD (*work)(void))
{
    RPC_STATUS status = RpcImpersonateClient(NULL);
    DWORD error;

    if (status != RPC_S_OK)
        return HRESULT_FROM_WIN32(status);
    error = work();
    if (RpcRevertToSelf() != RPC_S_OK)
        abort();
    return HRESULT_FROM_WIN32(error);
}
