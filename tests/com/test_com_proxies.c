/* SPDX-License-Identifier: MIT */
/* The security of a proxy's calls: shorthand for the IClientSecurity that the proxy has. */
#include "com_test.h"

#include <stdbool.h>

/* ---- a proxy of a program's own -------------------------------------------------------------- */

struct arguments {
    IUnknown *proxy;
    const void *pointers[3]; /* principal, identity, where the copy goes */
    DWORD numbers[5];
};

struct proxy {
    IUnknown iface;
    IClientSecurity security;
    LONG references;
    bool cannot_be_told;
    HRESULT answer;
    struct arguments asked;
};

static struct proxy *proxy_of_security(IClientSecurity *security)
{
    return CONTAINING_RECORD(security, struct proxy, security);
}

static HRESULT STDMETHODCALLTYPE proxy_query(IUnknown *This, REFIID riid, void **object)
{
    struct proxy *proxy = CONTAINING_RECORD(This, struct proxy, iface);

    *object = NULL;
    if (IsEqualIID(riid, &IID_IUnknown)) {
        *object = This;
    } else if (IsEqualIID(riid, &IID_IClientSecurity) && !proxy->cannot_be_told) {
        *object = &proxy->security;
    } else {
        return E_NOINTERFACE;
    }
    (void)InterlockedIncrement(&proxy->references);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE proxy_addref(IUnknown *This)
{
    return (ULONG)InterlockedIncrement(&CONTAINING_RECORD(This, struct proxy, iface)->references);
}

static ULONG STDMETHODCALLTYPE proxy_release(IUnknown *This)
{
    return (ULONG)InterlockedDecrement(&CONTAINING_RECORD(This, struct proxy, iface)->references);
}

static HRESULT STDMETHODCALLTYPE security_query(IClientSecurity *This, REFIID riid, void **object)
{
    return proxy_query(&proxy_of_security(This)->iface, riid, object);
}

static ULONG STDMETHODCALLTYPE security_addref(IClientSecurity *This)
{
    return proxy_addref(&proxy_of_security(This)->iface);
}

static ULONG STDMETHODCALLTYPE security_release(IClientSecurity *This)
{
    return proxy_release(&proxy_of_security(This)->iface);
}

static HRESULT STDMETHODCALLTYPE security_query_blanket(
    IClientSecurity *This, IUnknown *proxy, DWORD *authn_service, DWORD *authz_service,
    OLECHAR **server_principal, DWORD *authn_level, DWORD *imp_level, void **auth_info,
    DWORD *capabilities)
{
    struct proxy *self = proxy_of_security(This);

    self->asked.proxy = proxy;
    *authn_service = 1;
    *authz_service = 2;
    *server_principal = NULL;
    *authn_level = 3;
    *imp_level = 4;
    *auth_info = self;
    *capabilities = 5;
    return self->answer;
}

static HRESULT STDMETHODCALLTYPE security_set_blanket(
    IClientSecurity *This, IUnknown *proxy, DWORD authn_service, DWORD authz_service,
    OLECHAR *server_principal, DWORD authn_level, DWORD imp_level, void *auth_info,
    DWORD capabilities)
{
    struct proxy *self = proxy_of_security(This);

    self->asked = (struct arguments){
        proxy,
        {server_principal, auth_info, NULL},
        {authn_service, authz_service, authn_level, imp_level, capabilities}};
    return self->answer;
}

static HRESULT STDMETHODCALLTYPE security_copy(IClientSecurity *This, IUnknown *proxy,
                                               IUnknown **copy)
{
    struct proxy *self = proxy_of_security(This);

    self->asked = (struct arguments){proxy, {NULL, NULL, copy}, {0}};
    if (SUCCEEDED(self->answer)) {
        *copy = proxy;
        (void)IUnknown_AddRef(proxy);
    }
    return self->answer;
}

static IUnknownVtbl s_proxy_vtbl = {proxy_query, proxy_addref, proxy_release};
static IClientSecurityVtbl s_security_vtbl = {
    security_query, security_addref, security_release,
    security_query_blanket, security_set_blanket, security_copy};

static struct proxy make_proxy(HRESULT answer)
{
    return (struct proxy){
        .iface = {&s_proxy_vtbl}, .security = {&s_security_vtbl}, .references = 1, .answer = answer};
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void a_blanket_is_set_on_the_proxy_itself(void **state)
{
    static OLECHAR name[] = OLESTR("server");
    struct proxy proxy = make_proxy(S_FALSE);
    int identity;

    (void)state;
    assert_hr(CoSetProxyBlanket(&proxy.iface, 10, 11, name, 12, 13, &identity, 14), S_FALSE);
    assert_ptr_equal(proxy.asked.proxy, &proxy.iface);
    assert_ptr_equal(proxy.asked.pointers[0], name);
    assert_ptr_equal(proxy.asked.pointers[1], &identity);
    for (DWORD i = 0; i < 5; i++) {
        assert_int_equal(proxy.asked.numbers[i], 10 + i);
    }
    assert_int_equal(proxy.references, 1);
    proxy.answer = E_ACCESSDENIED;
    assert_hr(CoSetProxyBlanket(&proxy.iface, 0, 0, NULL, 0, 0, NULL, 0), E_ACCESSDENIED);
    assert_int_equal(proxy.references, 1);
}

static void a_blanket_is_asked_of_the_proxy_itself(void **state)
{
    struct proxy proxy = make_proxy(S_OK);
    DWORD numbers[5] = {0};
    OLECHAR *principal = POISON;
    void *identity = NULL;

    (void)state;
    assert_hr(CoQueryProxyBlanket(&proxy.iface, &numbers[0], &numbers[1], &principal, &numbers[2],
                                  &numbers[3], &identity, &numbers[4]), S_OK);
    assert_ptr_equal(proxy.asked.proxy, &proxy.iface);
    for (DWORD i = 0; i < 5; i++) {
        assert_int_equal(numbers[i], 1 + i);
    }
    assert_null(principal);
    assert_ptr_equal(identity, &proxy);
    assert_int_equal(proxy.references, 1);
}

static void a_copy_is_the_callers(void **state)
{
    struct proxy proxy = make_proxy(S_OK);
    IUnknown *copy = POISON;

    (void)state;
    assert_hr(CoCopyProxy(&proxy.iface, &copy), S_OK);
    assert_ptr_equal(copy, &proxy.iface);
    assert_ptr_equal(proxy.asked.proxy, &proxy.iface);
    assert_int_equal(proxy.references, 2);
    assert_int_equal(IUnknown_Release(copy), 1);
}

/* An object in the process is called without a proxy, so there is nothing to set. */
static void what_is_no_proxy_has_no_blanket(void **state)
{
    struct proxy proxy = make_proxy(S_OK);
    DWORD level = 77;
    IUnknown *copy = NULL;

    (void)state;
    proxy.cannot_be_told = true;
    assert_hr(CoSetProxyBlanket(&proxy.iface, 10, 0, NULL, 3, 3, NULL, 0), E_NOINTERFACE);
    assert_hr(CoQueryProxyBlanket(&proxy.iface, NULL, NULL, NULL, &level, NULL, NULL, NULL),
              E_NOINTERFACE);
    assert_int_equal(level, 77);
    assert_hr(CoCopyProxy(&proxy.iface, &copy), E_NOINTERFACE);
    assert_null(copy);
    assert_null(proxy.asked.proxy);
    assert_int_equal(proxy.references, 1);
}

static void objects_of_the_library_are_no_proxies(void **state)
{
    IUnknown *event = NULL;
    IUnknown *copy = NULL;

    (void)state;
    assert_hr(CoCreateInstance(&CLSID_ManualResetEvent, NULL, CLSCTX_INPROC_SERVER, &IID_IUnknown,
                               (void **)&event), S_OK);
    assert_hr(CoSetProxyBlanket(event, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL,
                                RPC_C_AUTHN_LEVEL_CALL, RPC_C_IMP_LEVEL_IMPERSONATE, NULL,
                                EOAC_STATIC_CLOAKING), E_NOINTERFACE);
    assert_hr(CoCopyProxy(event, &copy), E_NOINTERFACE);
    assert_null(copy);
    assert_int_equal(IUnknown_Release(event), 0);
}

static void nothing_is_no_proxy(void **state)
{
    struct proxy proxy = make_proxy(S_OK);
    IUnknown *copy = POISON;

    (void)state;
    assert_hr(CoSetProxyBlanket(NULL, 0, 0, NULL, 0, 0, NULL, 0), E_INVALIDARG);
    assert_hr(CoQueryProxyBlanket(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), E_INVALIDARG);
    assert_hr(CoCopyProxy(NULL, &copy), E_INVALIDARG);
    assert_null(copy);
    assert_hr(CoCopyProxy(&proxy.iface, NULL), E_INVALIDARG);
    assert_int_equal(proxy.references, 1);
}

static void a_failed_copy_is_none(void **state)
{
    struct proxy proxy = make_proxy(E_OUTOFMEMORY);
    IUnknown *copy = POISON;

    (void)state;
    assert_hr(CoCopyProxy(&proxy.iface, &copy), E_OUTOFMEMORY);
    assert_null(copy);
    assert_int_equal(proxy.references, 1);
}

/* ---- called without one ---------------------------------------------------------------------- */

static void a_marshaler_is_aggregated(void **state)
{
    struct proxy outer = make_proxy(S_OK);
    IUnknown *inner = NULL;
    void *object = POISON;

    (void)state;
    assert_hr(CoCreateFreeThreadedMarshaler(&outer.iface, &inner), S_OK);
    assert_int_equal(outer.references, 1);
    assert_hr(IUnknown_QueryInterface(inner, &IID_IUnknown, &object), S_OK);
    assert_ptr_equal(object, inner); /* its own, not the outer object's */
    assert_int_equal(IUnknown_Release(inner), 1);
    object = POISON;
    assert_hr(IUnknown_QueryInterface(inner, &IID_ISynchronize, &object), E_NOINTERFACE);
    assert_null(object);
    assert_int_equal(IUnknown_Release(inner), 0);
    assert_int_equal(outer.references, 1);
}

static void a_marshaler_stands_alone(void **state)
{
    IUnknown *marshaler = NULL;

    (void)state;
    assert_hr(CoCreateFreeThreadedMarshaler(NULL, &marshaler), S_OK);
    assert_int_equal(references_of(marshaler), 1);
    assert_int_equal(IUnknown_Release(marshaler), 0);
}

static void a_marshaler_needs_a_place(void **state)
{
    (void)state;
    assert_hr(CoCreateFreeThreadedMarshaler(NULL, NULL), E_INVALIDARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blanket_is_set_on_the_proxy_itself),
        cmocka_unit_test(a_blanket_is_asked_of_the_proxy_itself),
        cmocka_unit_test(a_copy_is_the_callers),
        cmocka_unit_test(what_is_no_proxy_has_no_blanket),
        cmocka_unit_test(objects_of_the_library_are_no_proxies),
        cmocka_unit_test(nothing_is_no_proxy),
        cmocka_unit_test(a_failed_copy_is_none),
        cmocka_unit_test(a_marshaler_is_aggregated),
        cmocka_unit_test(a_marshaler_stands_alone),
        cmocka_unit_test(a_marshaler_needs_a_place),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
