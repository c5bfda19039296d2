/* SPDX-License-Identifier: MIT */
/* The uses of tests/com/real that more.h declares, called. */
#define _POSIX_C_SOURCE 200809L
#include "com_test.h"

#include <stdlib.h>
#include <string.h>

#include <sddl.h>

#include "more.h"

static PSID sid_of(const char *text)
{
    PSID sid = NULL;

    assert_true(ConvertStringSidToSidA(text, &sid));
    return sid;
}

static void lists_are_made_and_walked(void **state)
{
    SECURITY_ATTRIBUTES attributes;
    PSID sid = sid_of("S-1-5-32-544"), everyone = sid_of("S-1-1-0");
    PACL list = NULL, dacl = NULL;
    PSECURITY_DESCRIPTOR packed;
    BOOL present = FALSE, defaulted = FALSE;
    char text[80];

    (void)state;
    assert_int_equal(real_grant(sid, NULL, &list), ERROR_SUCCESS);
    assert_int_equal(real_count_denied(list), 0);
    packed = real_packed(sid, list);
    assert_non_null(packed);
    assert_true(GetSecurityDescriptorDacl(packed, &present, &dacl, &defaulted));
    assert_true(present);
    assert_int_equal(dacl->AceCount, list->AceCount);
    free(packed);
    assert_null(LocalFree(list));
    assert_true(real_pipe_security(&attributes, text, sizeof text));
    assert_string_equal(text, "D:(D;;GA;;;NU)(A;;GA;;;BA)(A;;GR;;;AU)");
    assert_true(GetSecurityDescriptorDacl(attributes.lpSecurityDescriptor, &present, &dacl,
                                          &defaulted));
    assert_int_equal(real_count_denied(dacl), 1);
    assert_null(LocalFree(attributes.lpSecurityDescriptor));
    assert_true(real_is_well_known_admin(sid));
    assert_false(real_is_well_known_admin(everyone));
    assert_null(LocalFree(sid));
    assert_null(LocalFree(everyone));
}

static void accounts_and_privileges(void **state)
{
    PSID root = sid_of("S-1-22-1-0");
    BOOL elevated = TRUE;
    DWORD integrity = 0;
    char text[64];

    (void)state;
    assert_true(real_account_name(root, text, sizeof text));
    assert_non_null(strstr(text, "\\root"));
    assert_int_equal(real_enable_privilege("SeDebugPrivilege"), ERROR_NOT_ALL_ASSIGNED);
    assert_int_equal(real_enable_privilege("SeNoSuchPrivilege"), ERROR_NO_SUCH_PRIVILEGE);
    assert_true(real_is_elevated(&elevated, &integrity));
    assert_int_equal(integrity, 0x2000);
    assert_null(LocalFree(root));
}

static void messages_and_identifiers(void **state)
{
    char text[128], other[39];

    (void)state;
    assert_true(real_message(ERROR_ACCESS_DENIED, text, sizeof text));
    assert_non_null(strstr(text, "(5)"));
    assert_hr(real_new_id(text, sizeof text), S_OK);
    assert_hr(real_new_id(other, sizeof other), S_OK);
    assert_string_not_equal(text, other);
}

static DWORD never(void)
{
    abort();
}

static void locks_and_calls(void **state)
{
    ISynchronize *done = NULL;
    LONG entered = 0;

    (void)state;
    assert_hr(CoCreateInstance(&CLSID_StdEvent, NULL, CLSCTX_INPROC_SERVER, &IID_ISynchronize,
                               (void **)&done), S_OK);
    assert_hr(real_signal_under_lock(done, &entered), S_OK);
    assert_int_equal(entered, 3);
    assert_hr(ISynchronize_Wait(done, 0, 0), S_OK);
    assert_int_equal(ISynchronize_Release(done), 0);
    assert_int_equal(real_initialized_once(), 1);
    assert_int_equal(real_initialized_once(), 1);
    assert_hr(real_rpc_as_client(never), HRESULT_FROM_WIN32(RPC_S_NO_CALL_ACTIVE));
}

/* The class object is any object: a class of the library's that has one. */
static void a_class_is_served(void **state)
{
    void *object = NULL;

    (void)state;
    assert_hr(CoCreateInstance(&CLSID_StdEvent, NULL, CLSCTX_ALL, &IID_IUnknown, &object), S_OK);
    assert_hr(real_serve_class(&CLSID_NULL, object), S_OK);
    assert_int_equal(IUnknown_Release((IUnknown *)object), 0);
}

static void work_is_waited_for(void **state)
{
    LONG item = -1;

    (void)state;
    assert_false(real_wait_for_work(10, &item));
    assert_int_equal(GetLastError(), ERROR_TIMEOUT);
    for (LONG i = 1; i <= 20; i++) {
        assert_true(real_post_work(i));
    }
    for (LONG i = 20; i >= 1; i--) {
        assert_true(real_wait_for_work(INFINITE, &item));
        assert_int_equal(item, i);
    }
    assert_false(real_wait_for_work(0, &item));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_made_and_walked),
        cmocka_unit_test(accounts_and_privileges),
        cmocka_unit_test(messages_and_identifiers),
        cmocka_unit_test(locks_and_calls),
        cmocka_unit_test(a_class_is_served),
        cmocka_unit_test(work_is_waited_for),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
