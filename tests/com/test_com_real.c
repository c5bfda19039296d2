/* SPDX-License-Identifier: MIT */
/* The uses of tests/com/real, called: outside a call, in one of a mock's, and with the process's token. */
#define _POSIX_C_SOURCE 200809L
#include "com_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sddl.h>

#include "mock.h"
#include "real.h"

static HANDLE process_token(void)
{
    HANDLE token = NULL;

    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &token));
    return token;
}

/* What access is checked with. */
static HANDLE impersonation_token(void)
{
    HANDLE primary = process_token();
    HANDLE token = NULL;

    assert_true(DuplicateToken(primary, SecurityImpersonation, &token));
    assert_true(CloseHandle(primary));
    return token;
}

static PSID sid_of(const char *text)
{
    PSID sid = NULL;

    assert_true(ConvertStringSidToSidA(text, &sid));
    return sid;
}

/* ---- impersonation --------------------------------------------------------------------------- */

static HRESULT count(void *state)
{
    ++*(int *)state;
    return S_FALSE;
}

static void nothing_is_done_outside_a_call(void **state)
{
    int file = 0, runs = 0;

    (void)state;
    assert_hr(real_open_as_client("/", &file), RPC_E_CALL_COMPLETE);
    assert_int_equal(file, -1);
    assert_hr(real_run_as_caller(count, &runs), RPC_E_CALL_COMPLETE);
    assert_int_equal(runs, 0);
    assert_hr(real_require_level(RPC_C_AUTHN_LEVEL_NONE), CO_E_FAILEDTOQUERYCLIENTBLANKET);
}

static void work_runs_as_the_caller(void **state)
{
    struct mock mock = make_mock(S_OK);
    void *before = switch_to(&mock);
    int file = -1, runs = 0;

    (void)state;
    assert_hr(real_open_as_client("/", &file), S_OK);
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
    assert_hr(real_open_as_client("/no such file", &file), STG_E_FILENOTFOUND);
    assert_int_equal(mock.impersonated, 2);
    assert_int_equal(mock.reverted, 2);
    assert_hr(real_run_as_caller(count, &runs), S_FALSE);
    assert_int_equal(runs, 1);
    assert_int_equal(mock.impersonated, 3);
    assert_int_equal(mock.reverted, 3);
    assert_int_equal(mock.refs, 1);
    assert_ptr_equal(switch_to(before), &mock);
}

static void a_refused_client_gets_nothing(void **state)
{
    struct mock mock = make_mock(E_ACCESSDENIED);
    void *before = switch_to(&mock);
    int file = 0, runs = 0;

    (void)state;
    assert_hr(real_open_as_client("/", &file), E_ACCESSDENIED);
    assert_int_equal(file, -1);
    mock.impersonated = 0; /* its own count takes a refusal for a success */
    assert_hr(real_run_as_caller(count, &runs), E_ACCESSDENIED);
    assert_int_equal(runs, 0);
    assert_int_equal(mock.reverted, 0);
    assert_int_equal(mock.refs, 1);
    assert_ptr_equal(switch_to(before), &mock);
}

static void a_level_is_demanded(void **state)
{
    struct mock mock = make_mock(S_OK);
    void *before = switch_to(&mock);

    (void)state;
    assert_hr(real_require_level(RPC_C_AUTHN_LEVEL_PKT), S_OK);
    assert_hr(real_require_level(RPC_C_AUTHN_LEVEL_PKT_PRIVACY), E_ACCESSDENIED);
    assert_ptr_equal(switch_to(before), &mock);
}

/* ---- tokens and access ----------------------------------------------------------------------- */

static void the_caller_is_named(void **state)
{
    char text[64] = "", expected[64];

    (void)state;
    (void)snprintf(expected, sizeof expected, "S-1-22-1-%u", (unsigned)geteuid());
    assert_hr(real_caller_sid(text, sizeof text), S_OK);
    assert_string_equal(text, expected);
    assert_hr(real_caller_sid(text, 4), HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER));
}

static void groups_are_looked_through(void **state)
{
    HANDLE token = process_token();
    char text[64];
    PSID group, other = sid_of("S-1-22-2-4294967290");
    BOOL member = FALSE;

    (void)state;
    (void)snprintf(text, sizeof text, "S-1-22-2-%u", (unsigned)getegid());
    group = sid_of(text);
    assert_true(real_is_member(token, group, &member));
    assert_true(member);
    assert_true(real_is_member(token, other, &member));
    assert_false(member);
    assert_false(real_is_member(NULL, other, &member));
    assert_false(real_is_admin(NULL));
    assert_null(LocalFree(group));
    assert_null(LocalFree(other));
    assert_true(CloseHandle(token));
}

static DWORD s_work_result;

static DWORD work(void)
{
    HANDLE token = NULL;

    assert_true(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    assert_true(CloseHandle(token));
    return s_work_result;
}

static void a_copy_of_a_token_is_worn(void **state)
{
    HANDLE token = process_token(), none = NULL;
    BOOL can = FALSE;

    (void)state;
    assert_true(real_can_be_client(token, &can));
    assert_true(can);
    s_work_result = ERROR_SUCCESS;
    assert_int_equal(real_with_copy_of_token(token, work), ERROR_SUCCESS);
    s_work_result = ERROR_BUSY;
    assert_int_equal(real_with_copy_of_token(token, work), ERROR_BUSY);
    assert_int_equal(real_with_copy_of_token(NULL, work), ERROR_INVALID_HANDLE);
    assert_false(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &none));
    assert_int_equal(GetLastError(), ERROR_NO_TOKEN);
    assert_true(CloseHandle(token));
}

static void access_is_checked_against_a_list(void **state)
{
    HANDLE token = impersonation_token();
    PSID admin = sid_of("S-1-5-32-544"), everyone = sid_of("S-1-1-0");
    PACL list = real_build_acl(admin, everyone);
    BOOL allowed = FALSE;

    (void)state;
    assert_non_null(list);
    assert_int_equal(list->AceCount, 3);
    assert_int_equal(real_check_access(token, list, admin, GENERIC_READ, &allowed), ERROR_SUCCESS);
    assert_true(allowed);
    assert_int_equal(real_check_access(token, list, admin, GENERIC_WRITE, &allowed),
                     ERROR_ACCESS_DENIED);
    assert_false(allowed);
    free(list);
    assert_null(LocalFree(admin));
    assert_null(LocalFree(everyone));
    assert_true(CloseHandle(token));
}

/* ---- events, cancellation, proxies ----------------------------------------------------------- */

static void a_worker_does_what_was_posted(void **state)
{
    struct real_worker *worker = real_worker_start();

    (void)state;
    assert_non_null(worker);
    for (int i = 0; i < 100; i++) {
        assert_true(real_worker_post(worker));
    }
    assert_int_equal(real_worker_stop(worker), 100);
}

static void events_are_waited_for(void **state)
{
    LONG runs = 0;

    (void)state;
    assert_hr(real_signal_when_done(&runs), S_OK);
    assert_int_equal(runs, 1);
    assert_hr(real_first_of_two(0), S_OK);
    assert_hr(real_first_of_two(1), S_OK);
}

static void cancellation_is_asked_for(void **state)
{
    int done = -1;

    (void)state;
    assert_hr(real_work_until_cancelled(3, &done), RPC_E_CALL_COMPLETE);
    assert_int_equal(done, 0);
    assert_hr(real_cancel_thread(GetCurrentThreadId()), S_FALSE);
}

static void what_is_no_proxy_is_not_cloaked(void **state)
{
    IUnknown *object = NULL, *copy = POISON;

    (void)state;
    assert_hr(real_factory_make(&IID_IUnknown, (void **)&object), S_OK);
    assert_hr(real_cloak(object), E_NOINTERFACE);
    assert_hr(real_cloaked_copy(object, &copy), E_NOINTERFACE);
    assert_null(copy);
    assert_int_equal(IUnknown_Release(object), 0);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void objects_come_from_a_factory(void **state)
{
    ISynchronizeHandle *object = NULL;
    HANDLE handle = NULL;
    void *other = POISON;

    (void)state;
    assert_hr(real_factory_make(&IID_ISynchronizeHandle, (void **)&object), S_OK);
    assert_hr(ISynchronizeHandle_GetHandle(object, &handle), S_OK);
    assert_true(SetEvent(handle));
    assert_int_equal(ISynchronizeHandle_Release(object), 0);
    assert_hr(real_factory_make(&IID_IServerSecurity, &other), E_NOINTERFACE);
    assert_null(other);
}

static void identifiers_and_errors_are_logged(void **state)
{
    char text[39];

    (void)state;
    assert_true(real_iid_text(&IID_IServerSecurity, text, sizeof text));
    assert_string_equal(text, "{0000013E-0000-0000-C000-000000000046}");
    assert_false(real_iid_text(&IID_IServerSecurity, text, 38));
    SetLastError(ERROR_SUCCESS);
    assert_hr(real_last_error(), S_OK);
    SetLastError(ERROR_NOACCESS);
    assert_hr(real_last_error(), E_POINTER);
    SetLastError(ERROR_NONE_MAPPED);
    assert_hr(real_last_error(), CO_E_NOMATCHINGSIDFOUND);
    SetLastError(ERROR_DISK_FULL);
    assert_hr(real_last_error(), HRESULT_FROM_WIN32(ERROR_DISK_FULL));
}

static void a_server_starts_up_twice(void **state)
{
    (void)state;
    assert_hr(real_start_up(), S_OK);
    assert_hr(real_start_up(), S_FALSE);
    CoUninitialize();
    CoUninitialize();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_done_outside_a_call),
        cmocka_unit_test(work_runs_as_the_caller),
        cmocka_unit_test(a_refused_client_gets_nothing),
        cmocka_unit_test(a_level_is_demanded),
        cmocka_unit_test(the_caller_is_named),
        cmocka_unit_test(groups_are_looked_through),
        cmocka_unit_test(a_copy_of_a_token_is_worn),
        cmocka_unit_test(access_is_checked_against_a_list),
        cmocka_unit_test(a_worker_does_what_was_posted),
        cmocka_unit_test(events_are_waited_for),
        cmocka_unit_test(cancellation_is_asked_for),
        cmocka_unit_test(what_is_no_proxy_is_not_cloaked),
        cmocka_unit_test(objects_come_from_a_factory),
        cmocka_unit_test(identifiers_and_errors_are_logged),
        cmocka_unit_test(a_server_starts_up_twice),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
