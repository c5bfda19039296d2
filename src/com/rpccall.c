/* SPDX-License-Identifier: MIT */
/*
 * RPC's own two functions for the client of the call that a thread serves. They go to the
 * core's current call, also if CoSwitchCallContext has installed a context, because RPC has no contexts.
 */
#include <guise/com/rpc.h>
#include <guise/thread.h>

/* Maps the core's results to RPC's, which are fewer. */
static RPC_STATUS status_of(guise_result result)
{
    switch (result) {
    case GUISE_OK:
        return RPC_S_OK;
    case GUISE_E_CALL_COMPLETE:
        /* Without a call, or with a completed one, no call is active. */
        return RPC_S_NO_CALL_ACTIVE;
    case GUISE_E_OUT_OF_MEMORY:
        return RPC_S_OUT_OF_RESOURCES;
    default:
        return RPC_S_NO_CONTEXT_AVAILABLE;
    }
}

RPC_STATUS RPC_ENTRY RpcImpersonateClient(RPC_BINDING_HANDLE binding)
{
    if (binding != NULL) {
        return RPC_S_INVALID_BINDING;
    }
    return status_of(guise_impersonate_client());
}

RPC_STATUS RPC_ENTRY RpcRevertToSelf(void)
{
    if (guise_current_call() == NULL) {
        return RPC_S_NO_CALL_ACTIVE;
    }
    return status_of(guise_revert_to_self());
}
