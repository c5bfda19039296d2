/* SPDX-License-Identifier: MIT */
/*
 * IServerSecurity on a guise call, and its ICancelMethodCalls. Everything is asked of the call and
 * of the thread: there is no state here but who the client was called.
 *
 * One object for a call, made when it is first wanted, and it goes with the call. So it can be lent
 * out as the thread's context, what is handed out of it lives as long as the call, and nobody who
 * keeps it can reach another call's client.
 */
#define CONST_VTABLE
#include "com/call_context.h"

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/com/guisecom.h>
#include <guise/thread.h>

#include "com/cancel.h"
#include "com_hooks.h"

struct security {
    struct guise__call_part part; /* first */
    IServerSecurity iface;
    struct guise__com_cancel cancel;
    guise_call *call; /* whose part this is; each reference to the object is one to it */
    atomic_uint refs; /* what AddRef and Release say; decides nothing */
    bool has_client;
    OLECHAR client[]; /* the name, if there is one to tell */
};

static struct security *security_of(IServerSecurity *iface)
{
    return (struct security *)((char *)iface - offsetof(struct security, iface));
}

/* ---- IUnknown -------------------------------------------------------------------------------- */

/* Not counted yet; NULL: it has none such. */
static void *security_find(IServerSecurity *This, const IID *riid)
{
    if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IServerSecurity)) {
        return This;
    }
    /* K-01 */
    return IsEqualIID(riid, &IID_ICancelMethodCalls) ? &security_of(This)->cancel.iface : NULL;
}

static HRESULT STDMETHODCALLTYPE security_query(IServerSecurity *This, REFIID riid, void **object)
{
    if (object == NULL) {
        return E_POINTER;
    }
    *object = NULL;
    if (riid == NULL) {
        return E_INVALIDARG;
    }
    *object = security_find(This, riid);
    if (*object == NULL) {
        return E_NOINTERFACE;
    }
    (void)This->lpVtbl->AddRef(This);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE security_addref(IServerSecurity *This)
{
    struct security *security = security_of(This);

    (void)guise_call_ref(security->call); /* too many end the process */
    /* Relaxed: the call's count keeps the object. */
    return atomic_fetch_add_explicit(&security->refs, 1, memory_order_relaxed) + 1;
}

static ULONG STDMETHODCALLTYPE security_release(IServerSecurity *This)
{
    struct security *security = security_of(This);
    ULONG left = atomic_fetch_sub_explicit(&security->refs, 1, memory_order_relaxed) - 1;

    guise_call_unref(security->call); /* the object may go with it (S-06) */
    return left;
}

/* ---- the client ------------------------------------------------------------------------------ */

static void put(DWORD *out, uint32_t value)
{
    if (out != NULL) {
        *out = value;
    }
}

/* The caller's own, so it may outlive the call (S-36). */
static HRESULT copy_principal(const char *principal, OLECHAR **out)
{
    if (out == NULL || principal == NULL) {
        return S_OK;
    }
    *out = CoTaskMemAlloc(guise__com_widen(principal, NULL) * sizeof **out);
    if (*out == NULL) {
        return E_OUTOFMEMORY;
    }
    (void)guise__com_widen(principal, *out);
    return S_OK;
}

void guise__com_clear_blanket(OLECHAR **server_principal, void **privileges)
{
    if (server_principal != NULL) {
        *server_principal = NULL;
    }
    if (privileges != NULL) {
        *privileges = NULL;
    }
}

/* S-30, S-32; the numbers are written only with success, and pointers never stay what they were. */
static HRESULT STDMETHODCALLTYPE security_query_blanket(IServerSecurity *This, DWORD *authn_service,
                                                        DWORD *authz_service,
                                                        OLECHAR **server_principal,
                                                        DWORD *authn_level, DWORD *imp_level,
                                                        void **privileges, DWORD *capabilities)
{
    struct security *security = security_of(This);
    guise_blanket blanket = {.size = sizeof blanket};
    HRESULT result;

    guise__com_clear_blanket(server_principal, privileges);
    if (imp_level != NULL) {
        return E_INVALIDARG; /* S-31 */
    }
    result = (HRESULT)guise_call_query_blanket(security->call, &blanket); /* S-34 */
    if (FAILED(result)) {
        return result;
    }
    result = copy_principal(blanket.server_principal, server_principal);
    if (FAILED(result)) {
        return result;
    }
    put(authn_service, blanket.authn_service); /* S-33 */
    put(authz_service, blanket.authz_service);
    put(authn_level, blanket.authn_level);
    put(capabilities, blanket.capabilities);
    if (privileges != NULL && security->has_client) {
        *privileges = security->client; /* X-10; S-35: the name, not the token */
    }
    return S_OK;
}

/* N-01, S-07, S-08: all of it is the core's. */
static HRESULT STDMETHODCALLTYPE security_impersonate(IServerSecurity *This)
{
    return (HRESULT)guise_call_impersonate(security_of(This)->call);
}

/* Of the thread, whichever call's object it is asked of (S-12); on a completed one too (S-21). */
static HRESULT STDMETHODCALLTYPE security_revert(IServerSecurity *This)
{
    (void)This;
    return (HRESULT)guise_revert_to_self();
}

/* X-17, S-18: what RevertToSelf would undo, so of the thread too. FALSE when kept beyond its call's
 * frame, which took the token along (N-07); TRUE on a thread that nobody else reverts (S-20). */
static BOOL STDMETHODCALLTYPE security_is_impersonating(IServerSecurity *This)
{
    (void)This;
    return guise_is_impersonating() ? TRUE : FALSE;
}

static const IServerSecurityVtbl security_vtbl = {
    security_query,       security_addref, security_release,         security_query_blanket,
    security_impersonate, security_revert, security_is_impersonating};

/* ---- life ------------------------------------------------------------------------------------ */

static void security_destroy(struct guise__call_part *part)
{
    CoTaskMemFree(part);
}

/* What the client is called, or NULL: nobody vouches for it, or it wants to be anonymous. */
static const char *client_name(const guise_call *call)
{
    const guise_context *client = guise__call_client(call);
    const guise_token *token = guise_context_token(client);

    if (guise_context_blanket(client)->authn_level == GUISE_AUTHN_LEVEL_NONE ||
        guise_token_level(token) == GUISE_LEVEL_ANONYMOUS || guise_token_name(token)[0] == 0) {
        return NULL;
    }
    return guise_token_name(token);
}

static struct security *security_create(guise_call *call)
{
    const char *name = client_name(call);
    size_t length = name == NULL ? 0 : guise__com_widen(name, NULL);
    struct security *security =
        CoTaskMemAlloc(sizeof *security + length * sizeof security->client[0]);

    if (security == NULL) {
        return NULL;
    }
    security->part.destroy = security_destroy;
    security->iface.lpVtbl = &security_vtbl;
    guise__com_cancel_init(&security->cancel, (IUnknown *)&security->iface, call);
    security->call = call;
    security->has_client = name != NULL;
    atomic_init(&security->refs, 0);
    if (name != NULL) {
        (void)guise__com_widen(name, security->client);
    }
    return security;
}

HRESULT guise__com_server_security(guise_call *call, IServerSecurity **out)
{
    _Atomic(struct guise__call_part *) *place = guise__call_part(call);
    /* Acquire: pairs with the release below, of another thread. */
    struct guise__call_part *part = atomic_load_explicit(place, memory_order_acquire);
    struct security *mine;

    *out = NULL;
    if (part == NULL) {
        mine = security_create(call);
        if (mine == NULL) {
            return E_OUTOFMEMORY;
        }
        if (atomic_compare_exchange_strong_explicit(place, &part, &mine->part, memory_order_acq_rel,
                                                    memory_order_acquire)) {
            part = &mine->part;
        } else {
            security_destroy(&mine->part); /* somebody was faster */
        }
    }
    *out = &((struct security *)part)->iface;
    return S_OK;
}

HRESULT STDAPICALLTYPE GuiseGetServerSecurity(guise_call *call, IServerSecurity **security)
{
    HRESULT result;

    if (security == NULL) {
        return E_INVALIDARG;
    }
    *security = NULL;
    if (call == NULL) {
        return E_INVALIDARG;
    }
    result = guise__com_server_security(call, security);
    if (SUCCEEDED(result)) {
        (void)(*security)->lpVtbl->AddRef(*security);
    }
    return result;
}
