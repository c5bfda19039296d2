/* SPDX-License-Identifier: MIT */
/* ICancelMethodCalls of a call: the request itself is the core's. */
#define CONST_VTABLE
#include "com/cancel.h"

#include <stdbool.h>

#include "base/check.h"
#include "call/call.h"

/* ---- what the methods do --------------------------------------------------------------------- */

/* Waits in steps, because the seconds may be more than fit into milliseconds below GUISE_INFINITE. */
static bool is_announced_within(guise_call *call, ULONG seconds)
{
    const ULONG most = (GUISE_INFINITE - 1) / 1000;

    if (seconds == (ULONG)RPC_C_CANCEL_INFINITE_TIMEOUT) {
        return guise_call_wait(call, GUISE_INFINITE) == GUISE_OK;
    }
    for (; seconds > most; seconds -= most) {
        if (guise_call_wait(call, most * 1000) == GUISE_OK) {
            return true;
        }
    }
    return guise_call_wait(call, seconds * 1000) == GUISE_OK;
}

/* Cancel asks for cancellation and waits for completion (K-03). A canceled call's server may still
 * impersonate (K-12, X-22). */
HRESULT guise__com_cancel_call(guise_call *call, ULONG seconds)
{
    guise_result result = guise_call_cancel(call);

    if (result != GUISE_OK || seconds == 0) {
        return (HRESULT)result;
    }
    return is_announced_within(call, seconds) ? RPC_E_CALL_COMPLETE : S_OK;
}

/* TestCancel says canceled, complete or pending (K-06). Completion is loaded first: a completed call
 * cannot be canceled any more, so no caller reads "complete" and later "canceled". */
HRESULT guise__com_test_cancel(const guise_call *call)
{
    bool complete = guise__call_is_completed(call);

    if (guise_call_is_canceled(call)) {
        return RPC_E_CALL_CANCELED; /* a cancelled call keeps its own code */
    }
    return complete ? RPC_E_CALL_COMPLETE : RPC_S_CALLPENDING;
}

/* ---- the interface --------------------------------------------------------------------------- */

static struct guise__com_cancel *cancel_of(ICancelMethodCalls *iface)
{
    struct guise__com_cancel *cancel = (struct guise__com_cancel *)iface;

    GUISE__CHECK(guise__com_cancel_is_valid(cancel));
    return cancel;
}

static HRESULT STDMETHODCALLTYPE cancel_query(ICancelMethodCalls *This, REFIID riid, void **out)
{
    IUnknown *identity = cancel_of(This)->identity;

    return identity->lpVtbl->QueryInterface(identity, riid, out);
}

static ULONG STDMETHODCALLTYPE cancel_addref(ICancelMethodCalls *This)
{
    IUnknown *identity = cancel_of(This)->identity;

    return identity->lpVtbl->AddRef(identity);
}

static ULONG STDMETHODCALLTYPE cancel_release(ICancelMethodCalls *This)
{
    IUnknown *identity = cancel_of(This)->identity;

    return identity->lpVtbl->Release(identity);
}

static HRESULT STDMETHODCALLTYPE cancel_cancel(ICancelMethodCalls *This, ULONG seconds)
{
    return guise__com_cancel_call(cancel_of(This)->call, seconds);
}

static HRESULT STDMETHODCALLTYPE cancel_test(ICancelMethodCalls *This)
{
    return guise__com_test_cancel(cancel_of(This)->call);
}

static const ICancelMethodCallsVtbl cancel_vtbl = {cancel_query, cancel_addref, cancel_release,
                                                   cancel_cancel, cancel_test};

void guise__com_cancel_init(struct guise__com_cancel *cancel, IUnknown *identity, guise_call *call)
{
    cancel->iface.lpVtbl = &cancel_vtbl;
    cancel->identity = identity;
    cancel->call = call;
    GUISE__CHECK(guise__com_cancel_is_valid(cancel));
}
