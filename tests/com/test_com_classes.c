/* SPDX-License-Identifier: MIT */
/*
 * The class objects that a program registers: which lookups find them, how often, and what
 * references they have.
 */
#include "com_test.h"

#include <string.h>

#include <windows.h>

#include "support/wt.h"

static const CLSID CLSID_Own = {0x5D1A7C31, 0x2B0E, 0x4F6B, {1, 2, 3, 4, 5, 6, 7, 8}};

struct own_class {
    IClassFactory iface;
    LONG references;
    HRESULT result; /* of CreateInstance */
    IUnknown *outer;
};

static struct own_class *class_of(IClassFactory *iface)
{
    return CONTAINING_RECORD(iface, struct own_class, iface);
}

static HRESULT STDMETHODCALLTYPE class_query(IClassFactory *This, REFIID riid, void **object)
{
    *object = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IClassFactory)) {
        return E_NOINTERFACE;
    }
    *object = This;
    (void)InterlockedIncrement(&class_of(This)->references);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE class_addref(IClassFactory *This)
{
    return (ULONG)InterlockedIncrement(&class_of(This)->references);
}

static ULONG STDMETHODCALLTYPE class_release(IClassFactory *This)
{
    return (ULONG)InterlockedDecrement(&class_of(This)->references);
}

/* Its only object is itself. */
static HRESULT STDMETHODCALLTYPE class_create(IClassFactory *This, IUnknown *outer, REFIID riid,
                                              void **object)
{
    struct own_class *own = class_of(This);

    own->outer = outer;
    if (own->result != S_OK) {
        *object = NULL;
        return own->result;
    }
    return class_query(This, riid, object);
}

static HRESULT STDMETHODCALLTYPE class_lock(IClassFactory *This, BOOL lock)
{
    (void)This;
    (void)lock;
    return S_OK;
}

static IClassFactoryVtbl class_vtbl = {class_query, class_addref, class_release, class_create,
                                       class_lock};

static void make_class(struct own_class *own)
{
    *own = (struct own_class){.iface = {&class_vtbl}, .references = 1};
}

static DWORD put(struct own_class *own, DWORD context, DWORD flags)
{
    DWORD cookie = 0;

    assert_hr(
        CoRegisterClassObject(&CLSID_Own, (IUnknown *)&own->iface, context, flags, &cookie),
        S_OK);
    assert_int_not_equal(cookie, 0);
    return cookie;
}

/* Asks once; found: one reference, given back. */
static HRESULT find(struct own_class *own, DWORD context)
{
    const LONG before = own->references;
    void *object = POISON;
    HRESULT result = CoGetClassObject(&CLSID_Own, context, NULL, &IID_IClassFactory, &object);

    if (result == S_OK) {
        assert_ptr_equal(object, own);
        assert_int_equal(own->references, before + 1);
        (void)IClassFactory_Release((IClassFactory *)object);
    } else {
        assert_null(object);
    }
    assert_int_equal(own->references, before);
    return result;
}

static void a_registered_class_is_found(void **state)
{
    struct own_class own;
    void *object = POISON;
    DWORD cookie;

    (void)state;
    make_class(&own);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
    cookie = put(&own, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);
    assert_int_equal(own.references, 2); /* the registration's */
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), S_OK);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), S_OK);
    assert_hr(CoGetClassObject(&CLSID_Own, CLSCTX_INPROC_SERVER, NULL, &IID_ISynchronize, &object),
              E_NOINTERFACE);
    assert_null(object);
    assert_int_equal(own.references, 2);
    assert_hr(CoRevokeClassObject(cookie), S_OK);
    assert_int_equal(own.references, 1);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
    assert_hr(CoRevokeClassObject(cookie), E_INVALIDARG);
    assert_hr(CoRevokeClassObject(0), E_INVALIDARG);
}

static void instances_come_from_the_class_object(void **state)
{
    struct own_class own, other;
    void *object = POISON;
    DWORD cookie;

    (void)state;
    make_class(&own);
    make_class(&other);
    cookie = put(&own, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);
    assert_hr(CoCreateInstance(&CLSID_Own, NULL, CLSCTX_ALL, &IID_IUnknown, &object), S_OK);
    assert_ptr_equal(object, &own);
    assert_null(own.outer);
    assert_int_equal(own.references, 3);
    (void)IUnknown_Release((IUnknown *)object);
    own.result = CLASS_E_NOAGGREGATION;
    object = POISON;
    assert_hr(CoCreateInstance(&CLSID_Own, (IUnknown *)&other.iface, CLSCTX_ALL, &IID_IUnknown,
                               &object),
              CLASS_E_NOAGGREGATION);
    assert_null(object);
    assert_ptr_equal(own.outer, &other);
    assert_int_equal(own.references, 2);
    assert_int_equal(other.references, 1);
    assert_hr(CoRevokeClassObject(cookie), S_OK);
    assert_int_equal(own.references, 1);
}

/* Also one of a class that is there without it. */
static void a_registered_class_comes_first(void **state)
{
    struct own_class own;
    void *object = POISON;
    DWORD cookie;

    (void)state;
    make_class(&own);
    assert_hr(CoRegisterClassObject(&CLSID_ManualResetEvent, (IUnknown *)&own.iface,
                                    CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE, &cookie),
              S_OK);
    assert_hr(CoGetClassObject(&CLSID_ManualResetEvent, CLSCTX_INPROC_SERVER, NULL, &IID_IUnknown,
                               &object),
              S_OK);
    assert_ptr_equal(object, &own);
    (void)IUnknown_Release((IUnknown *)object);
    assert_hr(CoRevokeClassObject(cookie), S_OK);
    assert_hr(CoGetClassObject(&CLSID_ManualResetEvent, CLSCTX_INPROC_SERVER, NULL, &IID_IUnknown,
                               &object),
              S_OK);
    assert_ptr_not_equal(object, &own);
    (void)IUnknown_Release((IUnknown *)object);
}

static void check_contexts(DWORD context, DWORD flags, HRESULT expected)
{
    struct own_class own;
    DWORD cookie;

    make_class(&own);
    cookie = put(&own, context, flags);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), expected);
    assert_hr(find(&own, CLSCTX_INPROC_HANDLER), REGDB_E_CLASSNOTREG);
    assert_hr(CoRevokeClassObject(cookie), S_OK);
    assert_int_equal(own.references, 1);
}

static void a_class_is_for_its_contexts(void **state)
{
    const DWORD local = CLSCTX_LOCAL_SERVER, both = CLSCTX_LOCAL_SERVER | CLSCTX_INPROC_SERVER;

    (void)state;
    check_contexts(local, REGCLS_SINGLEUSE, REGDB_E_CLASSNOTREG);
    check_contexts(local, REGCLS_MULTI_SEPARATE, REGDB_E_CLASSNOTREG);
    check_contexts(local, REGCLS_MULTIPLEUSE, S_OK);
    check_contexts(both, REGCLS_SINGLEUSE, S_OK);
    check_contexts(both, REGCLS_MULTI_SEPARATE, S_OK);
    check_contexts(both, REGCLS_MULTIPLEUSE | REGCLS_AGILE, S_OK);
    check_contexts(0, REGCLS_MULTI_SEPARATE, REGDB_E_CLASSNOTREG);
}

/* By a transport of the server's own, in the context that its clients would ask in. */
static void com_a_local_server_is_found_here(void **state)
{
    struct own_class own;
    DWORD cookie;

    (void)state;
    make_class(&own);
    cookie = put(&own, CLSCTX_LOCAL_SERVER, REGCLS_MULTI_SEPARATE);
    assert_hr(find(&own, CLSCTX_LOCAL_SERVER), S_OK);
    assert_hr(find(&own, CLSCTX_ALL), S_OK);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
    assert_hr(CoRevokeClassObject(cookie), S_OK);
}

static void com_a_single_use_is_one(void **state)
{
    struct own_class own;
    void *object = POISON;
    DWORD cookie;

    (void)state;
    make_class(&own);
    cookie = put(&own, CLSCTX_INPROC_SERVER, REGCLS_SINGLEUSE);
    assert_hr(CoGetClassObject(&CLSID_Own, CLSCTX_ALL, NULL, &IID_ISynchronize, &object),
              E_NOINTERFACE); /* which is no use */
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), S_OK);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
    assert_int_equal(own.references, 2);
    assert_hr(CoRevokeClassObject(cookie), S_OK);
    assert_int_equal(own.references, 1);
}

static void com_a_suspended_class_is_found_later(void **state)
{
    struct own_class own;
    DWORD cookie;

    (void)state;
    make_class(&own);
    cookie = put(&own, CLSCTX_LOCAL_SERVER, REGCLS_MULTIPLEUSE | REGCLS_SUSPENDED);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
    assert_hr(CoResumeClassObjects(), S_OK);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), S_OK);
    assert_hr(CoSuspendClassObjects(), S_OK);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
    assert_hr(CoResumeClassObjects(), S_OK);
    assert_int_equal(CoAddRefServerProcess(), 1);
    assert_int_equal(CoAddRefServerProcess(), 2);
    assert_int_equal(CoReleaseServerProcess(), 1);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), S_OK);
    assert_int_equal(CoReleaseServerProcess(), 0);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
    assert_int_equal(CoReleaseServerProcess(), 0);
    assert_hr(CoRevokeClassObject(cookie), S_OK);
}

static void com_each_registration_has_its_cookie(void **state)
{
    struct own_class first, second;
    DWORD cookies[2];

    (void)state;
    make_class(&first);
    make_class(&second);
    cookies[0] = put(&first, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);
    cookies[1] = put(&second, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);
    assert_int_not_equal(cookies[0], cookies[1]);
    assert_hr(find(&first, CLSCTX_INPROC_SERVER), S_OK);
    assert_hr(CoRevokeClassObject(cookies[0]), S_OK);
    assert_hr(find(&second, CLSCTX_INPROC_SERVER), S_OK);
    assert_hr(CoRevokeClassObject(cookies[1]), S_OK);
    assert_int_equal(first.references, 1);
    assert_int_equal(second.references, 1);
}

static void registering_checks_its_arguments(void **state)
{
    struct own_class own;
    DWORD cookie = 0x5A5A;

    (void)state;
    make_class(&own);
    assert_hr(CoRegisterClassObject(&CLSID_Own, NULL, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE,
                                    &cookie),
              E_INVALIDARG);
    assert_hr(CoRegisterClassObject(&CLSID_Own, (IUnknown *)&own.iface, CLSCTX_INPROC_SERVER,
                                    REGCLS_MULTIPLEUSE, NULL),
              E_INVALIDARG);
    assert_int_equal(own.references, 1);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
}

static void com_registering_checks_the_rest(void **state)
{
    struct own_class own;
    DWORD cookie = 0x5A5A;

    (void)state;
    make_class(&own);
    assert_hr(CoRegisterClassObject(NULL, (IUnknown *)&own.iface, CLSCTX_INPROC_SERVER, 1, &cookie),
              E_INVALIDARG);
    assert_int_equal(cookie, 0);
    cookie = 0x5A5A;
    assert_hr(CoRegisterClassObject(&CLSID_Own, (IUnknown *)&own.iface, CLSCTX_INPROC_SERVER, 0x20,
                                    &cookie),
              E_INVALIDARG);
    assert_int_equal(cookie, 0);
    assert_int_equal(own.references, 1);
}

/* ---- apartments ------------------------------------------------------------------------------ */

static void not_initialized(void **state)
{
    struct own_class own;
    DWORD cookie;

    (void)state;
    make_class(&own);
    cookie = put(&own, CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE);
    assert_int_equal(own.references, 2);
    CoUninitialize(); /* the last in the apartment takes it away */
    assert_int_equal(own.references, 1);
    assert_hr(CoRevokeClassObject(cookie), CO_E_NOTINITIALIZED);
    assert_hr(CoRegisterClassObject(&CLSID_Own, (IUnknown *)&own.iface, CLSCTX_INPROC_SERVER,
                                    REGCLS_MULTIPLEUSE, &cookie),
              CO_E_NOTINITIALIZED);
    assert_int_equal(own.references, 1);
    assert_hr(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    assert_hr(find(&own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
    assert_hr(CoRevokeClassObject(cookie), E_INVALIDARG);
}

struct in_thread {
    struct own_class own;
    DWORD cookie, mode;
    bool leaves;
};

static void register_in_thread(struct wt *w)
{
    struct in_thread *t = w->arg;

    WT_CHECK_RESULT(w, CoInitializeEx(NULL, t->mode), S_OK);
    WT_CHECK_RESULT(w,
                    CoRegisterClassObject(&CLSID_Own, (IUnknown *)&t->own.iface,
                                          CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE, &t->cookie),
                    S_OK);
    WT_CHECK(w, t->own.references == 2);
    if (t->leaves) {
        CoUninitialize();
    }
}

static void run_in_thread(struct in_thread *t, DWORD mode, bool leaves)
{
    struct wt w;

    make_class(&t->own);
    t->mode = mode;
    t->leaves = leaves;
    wt_start(&w, register_in_thread, t);
    wt_join(&w);
}

/* The main thread is in the multithreaded apartment meanwhile. */
static void an_apartment_takes_its_classes_along(void **state)
{
    struct in_thread t;

    (void)state;
    run_in_thread(&t, COINIT_MULTITHREADED, true);
    assert_int_equal(t.own.references, 2);
    assert_hr(find(&t.own, CLSCTX_INPROC_SERVER), S_OK);
    assert_hr(CoRevokeClassObject(t.cookie), S_OK);
    assert_int_equal(t.own.references, 1);
    run_in_thread(&t, COINIT_APARTMENTTHREADED, true);
    assert_int_equal(t.own.references, 1);
    assert_hr(CoRevokeClassObject(t.cookie), E_INVALIDARG);
}

/* As if it had left. */
static void a_thread_that_ends_takes_its_classes_along(void **state)
{
    struct in_thread t;

    (void)state;
    run_in_thread(&t, COINIT_APARTMENTTHREADED, false);
    assert_int_equal(t.own.references, 1);
    assert_hr(find(&t.own, CLSCTX_INPROC_SERVER), REGDB_E_CLASSNOTREG);
    assert_hr(CoRevokeClassObject(t.cookie), E_INVALIDARG);
    run_in_thread(&t, COINIT_MULTITHREADED, false);
    assert_int_equal(t.own.references, 2);
    assert_hr(CoRevokeClassObject(t.cookie), S_OK);
    assert_int_equal(t.own.references, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registered_class_is_found),
        cmocka_unit_test(instances_come_from_the_class_object),
        cmocka_unit_test(a_registered_class_comes_first),
        cmocka_unit_test(a_class_is_for_its_contexts),
        cmocka_unit_test(com_a_local_server_is_found_here),
        cmocka_unit_test(com_a_single_use_is_one),
        cmocka_unit_test(com_a_suspended_class_is_found_later),
        cmocka_unit_test(com_each_registration_has_its_cookie),
        cmocka_unit_test(registering_checks_its_arguments),
        cmocka_unit_test(com_registering_checks_the_rest),
        cmocka_unit_test(not_initialized),
        cmocka_unit_test(an_apartment_takes_its_classes_along),
        cmocka_unit_test(a_thread_that_ends_takes_its_classes_along),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
