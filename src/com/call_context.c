/* SPDX-License-Identifier: MIT */
/*
 * The current context of a thread: what somebody switched to, or else that of the current call. It
 * is borrowed throughout. The core keeps the slot, and puts it back when a frame ends.
 */
#define CONST_VTABLE
#include "com/call_context.h"

#include <stdbool.h>

#include <guise/thread.h>

#include "com/unknown.h"
#include "com_hooks.h"

/* In the slot, switched to no context at all; NULL there says that nobody has switched. An address
 * and no object. */
static IUnknown s_none;

/* Borrowed; NULL, with success, if there is none. */
static HRESULT current_context(IUnknown **out)
{
    IUnknown *switched = *guise__com_slot();
    guise_call *call = guise_current_call();
    IServerSecurity *security = NULL;
    HRESULT result = S_OK;

    if (switched != NULL) {
        *out = switched == &s_none ? NULL : switched;
        return S_OK;
    }
    if (call != NULL) {
        result = guise__com_server_security(call, &security); /* S-01, X-19 */
    }
    *out = (IUnknown *)security;
    return result;
}

HRESULT STDAPICALLTYPE CoGetCallContext(REFIID riid, void **object)
{
    IUnknown *context;
    HRESULT result;

    if (object == NULL) {
        return E_INVALIDARG;
    }
    *object = NULL;
    if (riid == NULL) {
        return E_INVALIDARG;
    }
    result = current_context(&context);
    if (FAILED(result)) {
        return result;
    }
    /* S-02, X-20 */
    return context == NULL ? RPC_E_CALL_COMPLETE : guise__com_query(context, riid, object);
}

/* S-04: no reference is taken, and none is given. */
HRESULT STDAPICALLTYPE CoSwitchCallContext(IUnknown *context, IUnknown **old)
{
    HRESULT result;

    if (old == NULL) {
        return E_INVALIDARG;
    }
    result = current_context(old);
    if (SUCCEEDED(result)) {
        *guise__com_slot() = context == NULL ? &s_none : context;
    }
    return result;
}

/* ---- S-09: the context's own method ---------------------------------------------------------- */

/* Where nobody has switched, the context is the current call's, and its methods are the core's. */
static bool is_switched(void)
{
    return *guise__com_slot() != NULL;
}

static HRESULT current_security(IServerSecurity **out)
{
    void *found;
    HRESULT result = CoGetCallContext(&IID_IServerSecurity, &found);

    *out = found;
    return result;
}

HRESULT STDAPICALLTYPE CoImpersonateClient(void)
{
    IServerSecurity *security;
    HRESULT result;

    if (!is_switched()) {
        return (HRESULT)guise_impersonate_client();
    }
    result = current_security(&security);
    if (FAILED(result)) {
        return result;
    }
    result = security->lpVtbl->ImpersonateClient(security);
    (void)security->lpVtbl->Release(security);
    return result;
}

/* S-23: after Signal Begin_ still has a context, so it works; without one nothing changes. */
HRESULT STDAPICALLTYPE CoRevertToSelf(void)
{
    IServerSecurity *security;
    HRESULT result;

    if (!is_switched()) {
        return guise_current_call() == NULL ? RPC_E_CALL_COMPLETE : (HRESULT)guise_revert_to_self();
    }
    result = current_security(&security);
    if (FAILED(result)) {
        return result;
    }
    result = security->lpVtbl->RevertToSelf(security);
    (void)security->lpVtbl->Release(security);
    return result;
}

HRESULT STDAPICALLTYPE CoQueryClientBlanket(DWORD *authn_service, DWORD *authz_service,
                                            OLECHAR **server_principal, DWORD *authn_level,
                                            DWORD *imp_level, RPC_AUTHZ_HANDLE *privileges,
                                            DWORD *capabilities)
{
    IServerSecurity *security;
    HRESULT result;

    guise__com_clear_blanket(server_principal, privileges);
    result = current_security(&security);
    if (FAILED(result)) {
        return result;
    }
    result =
        security->lpVtbl->QueryBlanket(security, authn_service, authz_service, server_principal,
                                       authn_level, imp_level, privileges, capabilities);
    (void)security->lpVtbl->Release(security);
    return result;
}

/* K-07 */
HRESULT STDAPICALLTYPE CoTestCancel(void)
{
    ICancelMethodCalls *cancel;
    void *found;
    HRESULT result = CoGetCallContext(&IID_ICancelMethodCalls, &found);

    if (FAILED(result)) {
        return result;
    }
    cancel = found;
    result = cancel->lpVtbl->TestCancel(cancel);
    (void)cancel->lpVtbl->Release(cancel);
    return result;
}
