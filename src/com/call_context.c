/* SPDX-License-Identifier: MIT */
/*
 * The current context of a thread: the one that CoSwitchCallContext installed, or else that of the
 * current call. It is borrowed throughout. The core keeps the slot, and restores it when a frame ends.
 */
#define CONST_VTABLE
#include "com/call_context.h"

#include <stdbool.h>

#include <guise/thread.h>

#include "base/check.h"
#include "com/unknown.h"
#include "thread/slot.h"

/* Stored in the slot when the thread has switched to no context, because NULL there means that the thread
 * has not switched. Only the address is used. */
static IUnknown s_no_context;

/* Finds the current context, borrowed. Succeeds with NULL if there is none. */
static HRESULT current_context(IUnknown **out)
{
    guise_call *call;
    IUnknown *switched = *guise__thread_extension_and_call(&call);
    IServerSecurity *security = NULL;
    HRESULT result = S_OK;

    if (switched != NULL) {
        *out = switched == &s_no_context ? NULL : switched;
        return S_OK;
    }
    if (call != NULL) {
        /* The current call is that of the innermost frame, also after Signal (S-01, X-19). */
        result = guise__com_server_security(call, &security);
    }
    *out = (IUnknown *)security;
    GUISE__CHECK(GUISE__IMPLIES(FAILED(result), *out == NULL));
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
    /* Outside a frame, and on a worker, there is no current call (S-02, X-20). */
    return context == NULL ? RPC_E_CALL_COMPLETE : guise__com_query(context, riid, object);
}

/* The call takes no reference to the context and gives none (S-04). */
HRESULT STDAPICALLTYPE CoSwitchCallContext(IUnknown *context, IUnknown **old)
{
    HRESULT result;

    if (old == NULL) {
        return E_INVALIDARG;
    }
    result = current_context(old);
    if (SUCCEEDED(result)) {
        *guise__thread_extension() = context == NULL ? &s_no_context : context;
    }
    return result;
}

/* ---- the context's own methods (S-09) -------------------------------------------------------- */

/* Returns whether the thread has switched to a context. If not, the context is the current call's, and
 * the core does what its methods do. */
static bool is_switched(void)
{
    return *guise__thread_extension() != NULL;
}

static HRESULT current_security(IServerSecurity **out)
{
    void *found;
    HRESULT result = CoGetCallContext(&IID_IServerSecurity, &found);

    *out = found;
    GUISE__CHECK(SUCCEEDED(result) == (found != NULL));
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

/* After Signal Begin_ still has a context, so the revert works; without a context nothing changes
 * (S-23). */
HRESULT STDAPICALLTYPE CoRevertToSelf(void)
{
    IServerSecurity *security;
    guise_call *call;
    HRESULT result;

    if (*guise__thread_extension_and_call(&call) == NULL) {
        return call == NULL ? RPC_E_CALL_COMPLETE : (HRESULT)guise_revert_to_self();
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

/* The server asks whether its current call was cancelled (K-07). */
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
