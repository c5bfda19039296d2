/* SPDX-License-Identifier: MIT */
/* The current call context with names of the SDK only: what it answers, and a user's own
 * IServerSecurity in its place, which is how people mock a client. */
#ifndef GUISE_TEST_COM_MOCK_H
#define GUISE_TEST_COM_MOCK_H

#include <stdbool.h>

#include "com_test.h"

/* A number that no function wrote. */
#define UNTOUCHED 0x5AFE5AFEu

static inline bool is_text(const OLECHAR *actual, const OLECHAR *expected)
{
    while (*actual == *expected && *actual != 0) {
        actual++;
        expected++;
    }
    return *actual == *expected;
}

/* What QueryBlanket answers, in variables that were poisoned before. */
struct answer {
    DWORD authn_service, authz_service, authn_level, capabilities;
    OLECHAR *principal;
    void *privileges;
};

static inline struct answer poisoned(void)
{
    return (struct answer){UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED, POISON, POISON};
}

static inline HRESULT ask_current(struct answer *answer)
{
    *answer = poisoned();
    return CoQueryClientBlanket(&answer->authn_service, &answer->authz_service, &answer->principal,
                                &answer->authn_level, NULL, &answer->privileges,
                                &answer->capabilities);
}

/* S-34: a failure clears the pointers and leaves the numbers alone. */
static inline bool is_refused(const struct answer *answer)
{
    return answer->authn_service == UNTOUCHED && answer->authz_service == UNTOUCHED &&
           answer->authn_level == UNTOUCHED && answer->capabilities == UNTOUCHED &&
           answer->principal == NULL && answer->privileges == NULL;
}

/* The context of this thread, without a reference; NULL if there is none. */
static inline void *current(void)
{
    IUnknown *context = POISON;

    if (CoGetCallContext(&IID_IUnknown, (void **)&context) != S_OK) {
        return NULL;
    }
    (void)IUnknown_Release(context);
    return context;
}

/* Switches, and says what was there before. */
static inline void *switch_to(void *context)
{
    IUnknown *old = POISON;

    return CoSwitchCallContext(context, &old) == S_OK ? old : POISON;
}

struct mock {
    IServerSecurity iface; /* first */
    ULONG refs;
    HRESULT answer; /* of everything */
    bool empty;     /* QueryInterface succeeds with nothing */
    unsigned queried, impersonated, reverted;
};

static inline struct mock *mock_of(IServerSecurity *This)
{
    return (struct mock *)This;
}

static inline HRESULT STDMETHODCALLTYPE mock_query(IServerSecurity *This, REFIID riid,
                                                   void **object)
{
    if (mock_of(This)->empty) {
        *object = NULL;
        return S_OK;
    }
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServerSecurity)) {
        *object = POISON; /* careless */
        return E_NOINTERFACE;
    }
    mock_of(This)->refs++;
    *object = This;
    return S_OK;
}

static inline ULONG STDMETHODCALLTYPE mock_addref(IServerSecurity *This)
{
    return ++mock_of(This)->refs;
}

static inline ULONG STDMETHODCALLTYPE mock_release(IServerSecurity *This)
{
    return --mock_of(This)->refs;
}

static inline HRESULT STDMETHODCALLTYPE mock_query_blanket(
    IServerSecurity *This, DWORD *authn_service, DWORD *authz_service, OLECHAR **principal,
    DWORD *authn_level, DWORD *imp_level, void **privileges, DWORD *capabilities)
{
    static OLECHAR name[] = u"mallory";

    (void)authz_service;
    (void)principal;
    (void)capabilities;
    mock_of(This)->queried++;
    if (imp_level != NULL) {
        *imp_level = RPC_C_IMP_LEVEL_DELEGATE; /* its own business */
    }
    *authn_service = RPC_C_AUTHN_WINNT;
    *authn_level = RPC_C_AUTHN_LEVEL_PKT;
    *privileges = name;
    return mock_of(This)->answer;
}

static inline HRESULT STDMETHODCALLTYPE mock_impersonate(IServerSecurity *This)
{
    mock_of(This)->impersonated++;
    return mock_of(This)->answer;
}

static inline HRESULT STDMETHODCALLTYPE mock_revert(IServerSecurity *This)
{
    mock_of(This)->reverted++;
    return mock_of(This)->answer;
}

static inline BOOL STDMETHODCALLTYPE mock_is_impersonating(IServerSecurity *This)
{
    return mock_of(This)->impersonated > mock_of(This)->reverted;
}

static IServerSecurityVtbl mock_vtbl = {mock_query,           mock_addref,      mock_release,
                                        mock_query_blanket,   mock_impersonate, mock_revert,
                                        mock_is_impersonating};

static inline struct mock make_mock(HRESULT answer)
{
    return (struct mock){.iface = {&mock_vtbl}, .refs = 1, .answer = answer};
}

#endif
