/* SPDX-License-Identifier: MIT */
/*
 * IServerSecurity on a guise call, and its ICancelMethodCalls. The call and the thread have all the
 * state; only the client's name is kept here.
 *
 * A call has one such object, made when it is first asked for, and freed with the call. So it can be
 * lent as the thread's context, the name it hands out lives as long as the call, and a server that
 * keeps it cannot reach the client of another call.
 */
#define CONST_VTABLE
#include "com/call_context.h"

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/com/guisecom.h>
#include <guise/thread.h>

#include "base/check.h"
#include "call/call.h"
#include "com/cancel.h"
#include "com/predicate.h"

struct security {
    struct guise__call_extension part; /* first */
    IServerSecurity iface;
    struct guise__com_cancel cancel;
    guise_call
        *call; /* this object is its extension; each reference to the object is one to the call */
    atomic_uint refs; /* what AddRef and Release return; has no other use */
    bool has_client;
    OLECHAR client[]; /* the name; empty if there is none */
};

GUISE__COM_PREDICATE security_is_valid(const struct security *security)
{
    return security->part.destroy != NULL && security->iface.lpVtbl != NULL &&
           security->call != NULL && guise__com_cancel_is_valid(&security->cancel) &&
           security->cancel.call == security->call;
}

static struct security *security_of(IServerSecurity *iface)
{
    struct security *security = CONTAINING_RECORD(iface, struct security, iface);

    GUISE__CHECK(security_is_valid(security));
    return security;
}

/* ---- IUnknown -------------------------------------------------------------------------------- */

/* Finds an interface, not counted yet; NULL: the object does not have it. */
static void *security_find(IServerSecurity *This, const IID *riid)
{
    if (IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_IServerSecurity)) {
        return This;
    }
    /* A call's cancel interface is asked of its object (K-01). */
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

    (void)guise_call_ref(security->call); /* an overflow ends the process */
    /* Relaxed, because the reference to the call keeps the object. */
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

static void store_number(DWORD *out, uint32_t value)
{
    if (out != NULL) {
        *out = value;
    }
}

/* Copies the principal for the caller, so that the copy may outlive the call (S-36). */
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

/* Describes how the call is secured (S-30, S-32). Numbers are written only on success; pointers are NULL on
 * failure. */
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
        return E_INVALIDARG; /* the impersonation level cannot be asked for (S-31) */
    }
    /* After completion there is no blanket to query (S-34). */
    result = (HRESULT)guise_call_query_blanket(security->call, &blanket);
    if (FAILED(result)) {
        return result;
    }
    result = copy_principal(blanket.server_principal, server_principal);
    if (FAILED(result)) {
        return result;
    }
    /* A call that is not authenticated has a blanket too (S-33). */
    store_number(authn_service, blanket.authn_service);
    store_number(authz_service, blanket.authz_service);
    store_number(authn_level, blanket.authn_level);
    store_number(capabilities, blanket.capabilities);
    if (privileges != NULL && security->has_client) {
        *privileges = security->client; /* the name, and not the token (X-10, S-35) */
    }
    return S_OK;
}

/* The core decides: before Signal the thread becomes the client of this call, after it the call is
 * refused (N-01, S-07, S-08). */
static HRESULT STDMETHODCALLTYPE security_impersonate(IServerSecurity *This)
{
    return (HRESULT)guise_call_impersonate(security_of(This)->call);
}

/* Reverts the thread, also if the object belongs to another call (S-12) or to a completed one (S-21). */
static HRESULT STDMETHODCALLTYPE security_revert(IServerSecurity *This)
{
    (void)This;
    return (HRESULT)guise_revert_to_self();
}

/* Returns whether RevertToSelf would undo something, so the answer is about the thread too (X-17, S-18).
 * FALSE for an object kept beyond its call's frame, whose end removed the token (N-07). TRUE on a thread
 * outside any frame that impersonates, because only its own code reverts it (S-20). */
static BOOL STDMETHODCALLTYPE security_is_impersonating(IServerSecurity *This)
{
    (void)This;
    return guise_is_impersonating() ? TRUE : FALSE;
}

static const IServerSecurityVtbl security_vtbl = {
    security_query,       security_addref, security_release,         security_query_blanket,
    security_impersonate, security_revert, security_is_impersonating};

/* ---- life ------------------------------------------------------------------------------------ */

static void security_destroy(struct guise__call_extension *part)
{
    CoTaskMemFree(part);
}

/* Returns the client's name. NULL if the call is not authenticated, because its name is then unproven
 * or if the client is anonymous. */
static const char *client_name(const guise_call *call)
{
    const guise_context *client = guise__call_client(call);
    const guise_token *token = guise_context_token(client);

    GUISE__CHECK(client != NULL && token != NULL);
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
    security->part = (struct guise__call_extension){.destroy = security_destroy};
    security->iface.lpVtbl = &security_vtbl;
    guise__com_cancel_init(&security->cancel, (IUnknown *)&security->iface, call);
    security->call = call;
    security->has_client = name != NULL;
    atomic_init(&security->refs, 0);
    if (name != NULL) {
        (void)guise__com_widen(name, security->client);
    }
    GUISE__CHECK(security_is_valid(security));
    return security;
}

HRESULT guise__com_server_security(guise_call *call, IServerSecurity **out)
{
    _Atomic(struct guise__call_extension *) *place = guise__call_extension(call);
    /* Acquire: pairs with the release below, of another thread. */
    struct guise__call_extension *part = atomic_load_explicit(place, memory_order_acquire);
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
            security_destroy(&mine->part); /* another thread was faster */
        }
    }
    GUISE__CHECK(((struct security *)part)->call == call);
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
