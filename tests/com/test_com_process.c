/* SPDX-License-Identifier: MIT */
/* CoInitialize and CoInitializeSecurity, memory, and GUIDs as text. */
#define _POSIX_C_SOURCE 200809L
#include "com_test.h"

#include <errno.h>
#include <string.h>

#include "support/child.h"
#include "support/wt.h"

/* ---- CoInitialize ---------------------------------------------------------------------------- */

static HRESULT create(void)
{
    void *object = POISON;
    HRESULT result =
        CoCreateInstance(&CLSID_ManualResetEvent, NULL, CLSCTX_ALL, &IID_IUnknown, &object);

    if (object != NULL) {
        (void)IUnknown_Release((IUnknown *)object);
    }
    return result;
}

static void initialization_is_counted(void **state)
{
    (void)state;
    assert_hr(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    assert_hr(CoInitializeEx(NULL, COINIT_MULTITHREADED | COINIT_SPEED_OVER_MEMORY), S_FALSE);
    CoUninitialize();
    assert_hr(create(), S_OK);
    CoUninitialize();
    assert_hr(create(), CO_E_NOTINITIALIZED);
    CoUninitialize();
    assert_hr(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    CoUninitialize();
}

/* Y-19 and X-21: the mode is remembered and compared, no more. */
static void the_mode_cannot_change(void **state)
{
    (void)state;
    assert_hr(CoInitialize(NULL), S_OK);
    assert_hr(CoInitialize(NULL), S_FALSE);
    assert_hr(CoInitializeEx(NULL, COINIT_MULTITHREADED), RPC_E_CHANGED_MODE);
    CoUninitialize();
    CoUninitialize();
    assert_hr(create(), CO_E_NOTINITIALIZED);
    assert_hr(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    assert_hr(CoInitialize(NULL), RPC_E_CHANGED_MODE);
    CoUninitialize();
    assert_hr(create(), CO_E_NOTINITIALIZED);
}

static void initialization_checks_its_arguments(void **state)
{
    (void)state;
    assert_hr(CoInitializeEx(NULL, 0x1), E_INVALIDARG);
    assert_hr(CoInitializeEx(NULL, 0x10), E_INVALIDARG);
    assert_hr(CoInitialize(POISON), E_INVALIDARG);
    assert_hr(create(), CO_E_NOTINITIALIZED);
}

static void create_here(struct wt *w)
{
    *(HRESULT *)w->arg = create();
}

/* What a thread gets that did not initialize anything itself. */
static HRESULT another_thread_gets(void)
{
    HRESULT result = S_FALSE;
    struct wt w;

    wt_start(&w, create_here, &result);
    wt_join(&w);
    return result;
}

/* The multithreaded apartment lets every thread in, a single-threaded one only its own. */
static void who_is_let_in(void **state)
{
    (void)state;
    assert_hr(another_thread_gets(), CO_E_NOTINITIALIZED);
    assert_hr(CoInitialize(NULL), S_OK);
    assert_hr(another_thread_gets(), CO_E_NOTINITIALIZED);
    CoUninitialize();
    assert_hr(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    assert_hr(another_thread_gets(), S_OK);
    CoUninitialize();
    assert_hr(another_thread_gets(), CO_E_NOTINITIALIZED);
}

static void initialize_and_end(struct wt *w)
{
    WT_CHECK_RESULT(w, CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    WT_CHECK_RESULT(w, CoInitializeEx(NULL, COINIT_MULTITHREADED), S_FALSE);
}

static void a_thread_that_ends_leaves(void **state)
{
    struct wt w;

    (void)state;
    wt_start(&w, initialize_and_end, NULL);
    wt_join(&w);
    assert_hr(create(), CO_E_NOTINITIALIZED);
}

/* ---- CoInitializeSecurity -------------------------------------------------------------------- */

/* What servers call it with. */
static HRESULT secure(DWORD authn_level, DWORD imp_level, DWORD capabilities)
{
    return CoInitializeSecurity(NULL, -1, NULL, NULL, authn_level, imp_level, NULL, capabilities,
                                NULL);
}

static void initialize(void)
{
    CHILD_CHECK_RESULT(CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
}

static void secure_once(void *arg)
{
    (void)arg;
    CHILD_CHECK_RESULT(secure(2, 2, EOAC_NONE), CO_E_NOTINITIALIZED);
    initialize();
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_NONE, RPC_C_IMP_LEVEL_IDENTIFY, EOAC_NONE), S_OK);
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_NONE, RPC_C_IMP_LEVEL_IDENTIFY, EOAC_NONE),
                       RPC_E_TOO_LATE);
    CoUninitialize();
    initialize();
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_NONE, RPC_C_IMP_LEVEL_DELEGATE,
                              EOAC_DISABLE_AAA | EOAC_NO_CUSTOM_MARSHAL),
                       RPC_E_TOO_LATE);
}

/* C-01 */
static void com_security_is_initialized_once(void **state)
{
    (void)state;
    assert_child_passes(secure_once, NULL);
}

/* C-02, C-04; then it can still be done right. */
static void secure_wrongly(void *arg)
{
    SOLE_AUTHENTICATION_SERVICE service = {RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL, S_OK};

    (void)arg;
    initialize();
    CHILD_CHECK_RESULT(secure(2, RPC_C_IMP_LEVEL_DEFAULT, 0), E_INVALIDARG);
    CHILD_CHECK_RESULT(secure(2, 5, 0), E_INVALIDARG);
    CHILD_CHECK_RESULT(secure(7, 2, 0), E_INVALIDARG);
    CHILD_CHECK_RESULT(secure(2, 2, 0x8000), E_INVALIDARG);
    CHILD_CHECK_RESULT(secure(2, 2, EOAC_STATIC_CLOAKING | EOAC_DYNAMIC_CLOAKING), E_INVALIDARG);
    CHILD_CHECK_RESULT(CoInitializeSecurity(NULL, -1, NULL, POISON, 2, 2, NULL, 0, NULL),
                       E_INVALIDARG);
    CHILD_CHECK_RESULT(CoInitializeSecurity(NULL, -1, NULL, NULL, 2, 2, NULL, 0, POISON),
                       E_INVALIDARG);
    CHILD_CHECK_RESULT(CoInitializeSecurity(NULL, -2, NULL, NULL, 2, 2, NULL, 0, NULL),
                       E_INVALIDARG);
    CHILD_CHECK_RESULT(CoInitializeSecurity(NULL, 1, NULL, NULL, 2, 2, NULL, 0, NULL),
                       E_INVALIDARG);
    CHILD_CHECK_RESULT(CoInitializeSecurity(NULL, -1, &service, NULL, 2, 2, NULL, 0, NULL),
                       E_INVALIDARG);
    CHILD_CHECK_RESULT(CoInitializeSecurity(NULL, 1, &service, NULL, 2, 2, NULL, 0, NULL),
                       RPC_E_NO_GOOD_SECURITY_PACKAGES);
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_NONE, 2, 0), S_OK);
}

static void com_security_checks_its_arguments(void **state)
{
    (void)state;
    assert_child_passes(secure_wrongly, NULL);
}

static void secure_with_more(void *arg)
{
    (void)arg;
    initialize();
    CHILD_CHECK_RESULT(CoInitializeSecurity(POISON, -1, NULL, NULL, 1, 2, NULL, 0, NULL),
                       E_NOTIMPL);
    CHILD_CHECK_RESULT(CoInitializeSecurity(NULL, -1, NULL, NULL, 1, 2, POISON, 0, NULL),
                       E_NOTIMPL);
    CHILD_CHECK_RESULT(CoInitializeSecurity(NULL, 0, NULL, NULL, 1, 2, NULL, 0, NULL), E_NOTIMPL);
    CHILD_CHECK_RESULT(secure(1, 2, EOAC_STATIC_CLOAKING), E_NOTIMPL);
    CHILD_CHECK_RESULT(secure(1, 2, EOAC_ACCESS_CONTROL), E_NOTIMPL);
    CHILD_CHECK_RESULT(secure(1, 2, EOAC_MUTUAL_AUTH | EOAC_DISABLE_AAA), E_NOTIMPL);
    CHILD_CHECK_RESULT(secure(RPC_C_AUTHN_LEVEL_NONE, 2, 0), S_OK);
}

static void com_security_pretends_nothing(void **state)
{
    (void)state;
    assert_child_passes(secure_with_more, NULL);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void memory_grows_and_goes(void **state)
{
    unsigned char *memory = CoTaskMemAlloc(0);

    (void)state;
    assert_non_null(memory);
    memory = CoTaskMemRealloc(memory, 100);
    assert_non_null(memory);
    memset(memory, 0x5A, 100);
    memory = CoTaskMemRealloc(memory, 10000);
    assert_non_null(memory);
    assert_int_equal(memory[99], 0x5A);
    assert_null(CoTaskMemRealloc(memory, 0));
    memory = CoTaskMemRealloc(NULL, 0);
    assert_non_null(memory);
    CoTaskMemFree(memory);
    CoTaskMemFree(NULL);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOCATOR_DIES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOCATOR_DIES 1
#endif
#endif

static void too_much_memory(void **state)
{
    (void)state;
#ifdef ALLOCATOR_DIES
    print_message("SKIPPED: this sanitizer's allocator ends the process\n");
    skip();
#else
    volatile SIZE_T size = SIZE_MAX / 2 + 1; /* half of all that can be addressed */
    char *memory = CoTaskMemAlloc(1);

    errno = 0x5AFE;
    *memory = 'm';
    assert_null(CoTaskMemAlloc(size));
    assert_null(CoTaskMemRealloc(memory, size));
    assert_int_equal(errno, 0x5AFE);
    assert_int_equal(*memory, 'm');
    CoTaskMemFree(memory);
#endif
}

/* ---- text ------------------------------------------------------------------------------------ */

static const IID s_iid = {
    0x01234567, 0x89AB, 0xCDEF, {0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10}};
static const OLECHAR s_text[] = u"{01234567-89AB-CDEF-FEDC-BA9876543210}";

static void guid_to_string(void **state)
{
    OLECHAR string[40];

    (void)state;
    memset(string, 0x5A, sizeof string);
    assert_int_equal(StringFromGUID2(&s_iid, string, 38), 0);
    assert_int_equal(string[0], 0x5A5A);
    assert_int_equal(StringFromGUID2(&s_iid, string, 39), 39);
    assert_memory_equal(string, s_text, sizeof s_text);
    assert_int_equal(string[39], 0x5A5A);
    assert_int_equal(StringFromGUID2(&s_iid, string, 0), 0);
    assert_int_equal(StringFromGUID2(&s_iid, string, -1), 0);
    assert_int_equal(StringFromGUID2(&s_iid, NULL, 39), 0);
    memset(string, 0x5A, sizeof string);
    assert_int_equal(StringFromGUID2(NULL, string, 39), 0);
    assert_int_equal(string[0], 0x5A5A);
}

static void string_to_iid(void **state)
{
    IID iid;

    (void)state;
    memset(&iid, 0x5A, sizeof iid);
    assert_hr(IIDFromString(s_text, &iid), S_OK);
    assert_true(IsEqualIID(&iid, &s_iid));
    assert_hr(IIDFromString(u"{01234567-89ab-cdef-fedc-ba9876543210}", &iid), S_OK);
    assert_true(IsEqualIID(&iid, &s_iid));
    assert_hr(IIDFromString(NULL, &iid), S_OK);
    assert_true(IsEqualIID(&iid, &IID_NULL));
    assert_hr(IIDFromString(s_text, NULL), E_INVALIDARG);
}

static void check_bad_string(const OLECHAR *string, HRESULT expected)
{
    IID iid;

    memset(&iid, 0x5A, sizeof iid);
    assert_hr(IIDFromString(string, &iid), expected);
    assert_true(IsEqualIID(&iid, &IID_NULL));
}

static void bad_strings(void **state)
{
    (void)state;
    check_bad_string(u"", E_INVALIDARG);
    check_bad_string(u"{", E_INVALIDARG);
    check_bad_string(u"01234567-89AB-CDEF-FEDC-BA9876543210", E_INVALIDARG);
    check_bad_string(u"{01234567-89AB-CDEF-FEDC-BA9876543210} ", E_INVALIDARG);
    check_bad_string(u"{01234567-89AB-CDEF-FEDC-BA987654321}", E_INVALIDARG);
    check_bad_string(u"x01234567-89AB-CDEF-FEDC-BA9876543210}", CO_E_IIDSTRING);
    check_bad_string(u"{01234567-89AB-CDEF-FEDC-BA9876543210x", CO_E_IIDSTRING);
    check_bad_string(u"{0123456789AB--CDEF-FEDC-BA9876543210}", CO_E_IIDSTRING);
    check_bad_string(u"{01234567-89AB-CDEF-FEDCBBA9876543210}", CO_E_IIDSTRING);
    check_bad_string(u"{01234567-89AB-CDEF-FEDC-BA987654321G}", CO_E_IIDSTRING);
    check_bad_string(u"{0123456 -89AB-CDEF-FEDC-BA9876543210}", CO_E_IIDSTRING);
    check_bad_string(u"{01234567-89AB-CDEF-FEDC-BA98765432\uFF11\uFF10}", CO_E_IIDSTRING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(initialization_is_counted),
        cmocka_unit_test(the_mode_cannot_change),
        cmocka_unit_test(initialization_checks_its_arguments),
        cmocka_unit_test(who_is_let_in),
        cmocka_unit_test(a_thread_that_ends_leaves),
        cmocka_unit_test(com_security_is_initialized_once),
        cmocka_unit_test(com_security_checks_its_arguments),
        cmocka_unit_test(com_security_pretends_nothing),
        cmocka_unit_test(memory_grows_and_goes),
        cmocka_unit_test(too_much_memory),
        cmocka_unit_test(guid_to_string),
        cmocka_unit_test(string_to_iid),
        cmocka_unit_test(bad_strings),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
