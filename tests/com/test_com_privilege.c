/* SPDX-License-Identifier: MIT */
/* Privileges by name and number, and that no token holds any: nothing but the SDK's names. */
#include "com_test.h"

#include <string.h>
#include <windows.h>

#define UNTOUCHED 0x5AFE5AFEu

#define assert_refused(call, error)                                                                \
    (SetLastError(UNTOUCHED), assert_int_equal((call), FALSE),                                     \
     assert_int_equal(GetLastError(), (error)))

/* Success, and the last error says how much of it. */
#define assert_adjusted(call, error)                                                               \
    (SetLastError(UNTOUCHED), assert_int_equal((call), TRUE),                                      \
     assert_int_equal(GetLastError(), (error)))

static const char *const s_names[] = {
    SE_CREATE_TOKEN_NAME,
    SE_ASSIGNPRIMARYTOKEN_NAME,
    SE_LOCK_MEMORY_NAME,
    SE_INCREASE_QUOTA_NAME,
    SE_MACHINE_ACCOUNT_NAME,
    SE_TCB_NAME,
    SE_SECURITY_NAME,
    SE_TAKE_OWNERSHIP_NAME,
    SE_LOAD_DRIVER_NAME,
    SE_SYSTEM_PROFILE_NAME,
    SE_SYSTEMTIME_NAME,
    SE_PROF_SINGLE_PROCESS_NAME,
    SE_INC_BASE_PRIORITY_NAME,
    SE_CREATE_PAGEFILE_NAME,
    SE_CREATE_PERMANENT_NAME,
    SE_BACKUP_NAME,
    SE_RESTORE_NAME,
    SE_SHUTDOWN_NAME,
    SE_DEBUG_NAME,
    SE_AUDIT_NAME,
    SE_SYSTEM_ENVIRONMENT_NAME,
    SE_CHANGE_NOTIFY_NAME,
    SE_REMOTE_SHUTDOWN_NAME,
    SE_UNDOCK_NAME,
    SE_SYNC_AGENT_NAME,
    SE_ENABLE_DELEGATION_NAME,
    SE_MANAGE_VOLUME_NAME,
    SE_IMPERSONATE_NAME,
    SE_CREATE_GLOBAL_NAME,
};

enum { NAMES = sizeof s_names / sizeof *s_names };

static void com_privileges_have_numbers_and_names(void **state)
{
    (void)state;
    for (DWORD i = 0; i < NAMES; i++) {
        LUID luid = {UNTOUCHED, 1};
        char name[64];
        DWORD length = sizeof name;

        assert_true(LookupPrivilegeValueA(NULL, s_names[i], &luid));
        assert_int_equal(luid.LowPart, i + 2);
        assert_int_equal(luid.HighPart, 0);
        assert_true(LookupPrivilegeNameA(NULL, &luid, name, &length));
        assert_string_equal(name, s_names[i]);
        assert_int_equal(length, strlen(name));
    }
}

static void com_privileges_wide(void **state)
{
    LUID luid = {UNTOUCHED, 1};
    WCHAR name[64];
    DWORD length = 64;

    (void)state;
    assert_true(LookupPrivilegeValueW(NULL, u"sedebugprivilege", &luid));
    assert_int_equal(luid.LowPart, 20);
    assert_true(LookupPrivilegeNameW(NULL, &luid, name, &length));
    assert_memory_equal(name, u"SeDebugPrivilege", sizeof u"SeDebugPrivilege");
    assert_int_equal(length, 16);
    length = 16;
    assert_refused(LookupPrivilegeNameW(NULL, &luid, name, &length), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(length, 17);
}

static void com_unknown_privileges(void **state)
{
    LUID luid = {UNTOUCHED, 1}, none = {0, 0}, beyond = {37, 0}, high = {20, 1};
    char name[64];
    DWORD length = sizeof name;

    (void)state;
    assert_refused(LookupPrivilegeValueA(NULL, "SeNoSuchPrivilege", &luid),
                   ERROR_NO_SUCH_PRIVILEGE);
    assert_refused(LookupPrivilegeValueA(NULL, "SeDebugPrivileges", &luid),
                   ERROR_NO_SUCH_PRIVILEGE);
    assert_int_equal(luid.LowPart, UNTOUCHED);
    assert_refused(LookupPrivilegeNameA(NULL, &none, name, &length), ERROR_NO_SUCH_PRIVILEGE);
    assert_refused(LookupPrivilegeNameA(NULL, &beyond, name, &length), ERROR_NO_SUCH_PRIVILEGE);
    assert_refused(LookupPrivilegeNameA(NULL, &high, name, &length), ERROR_NO_SUCH_PRIVILEGE);
    assert_int_equal(length, sizeof name);
}

static void privilege_lookups_check_their_arguments(void **state)
{
    LUID luid = {20, 0};
    char name[64];
    DWORD length = sizeof name;

    (void)state;
    assert_refused(LookupPrivilegeValueA(NULL, NULL, &luid), ERROR_INVALID_PARAMETER);
    assert_refused(LookupPrivilegeValueA(NULL, SE_DEBUG_NAME, NULL), ERROR_INVALID_PARAMETER);
    assert_refused(LookupPrivilegeValueA("elsewhere", SE_DEBUG_NAME, &luid),
                   RPC_S_SERVER_UNAVAILABLE);
    assert_true(LookupPrivilegeValueA("", SE_DEBUG_NAME, &luid));
    assert_refused(LookupPrivilegeNameA(NULL, NULL, name, &length), ERROR_INVALID_PARAMETER);
    assert_refused(LookupPrivilegeNameA(NULL, &luid, name, NULL), ERROR_INVALID_PARAMETER);
    assert_refused(LookupPrivilegeNameA(NULL, &luid, NULL, &length), ERROR_INVALID_PARAMETER);
    assert_refused(LookupPrivilegeNameA("elsewhere", &luid, name, &length),
                   RPC_S_SERVER_UNAVAILABLE);
}

static HANDLE process_token(DWORD access)
{
    HANDLE token = POISON;

    assert_true(OpenProcessToken(GetCurrentProcess(), access, &token));
    return token;
}

static TOKEN_PRIVILEGES one(DWORD number)
{
    TOKEN_PRIVILEGES wanted = {1, {{{0, 0}, SE_PRIVILEGE_ENABLED}}};

    wanted.Privileges[0].Luid.LowPart = number;
    return wanted;
}

/* W-26: one that no process of either world holds: to make tokens. */
static void com_a_privilege_that_is_not_held(void **state)
{
    HANDLE token = process_token(TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY);
    TOKEN_PRIVILEGES wanted = one(2), none = {0, {{{0, 0}, 0}}};

    (void)state;
    assert_adjusted(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL),
                    ERROR_NOT_ALL_ASSIGNED);
    assert_adjusted(AdjustTokenPrivileges(token, FALSE, &none, 0, NULL, NULL), ERROR_SUCCESS);
    assert_true(CloseHandle(token));
}

static void com_what_was_before(void **state)
{
    HANDLE token = process_token(TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY);
    TOKEN_PRIVILEGES wanted = one(2), before = {UNTOUCHED, {{{UNTOUCHED, 0}, 0}}};
    DWORD needed = UNTOUCHED;

    (void)state;
    assert_adjusted(AdjustTokenPrivileges(token, FALSE, &wanted, sizeof before, &before, &needed),
                    ERROR_NOT_ALL_ASSIGNED);
    assert_int_equal(before.PrivilegeCount, 0);
    assert_int_equal(before.Privileges[0].Luid.LowPart, UNTOUCHED);
    assert_int_equal(needed, 4);
    before.PrivilegeCount = UNTOUCHED;
    needed = UNTOUCHED;
    assert_refused(AdjustTokenPrivileges(token, FALSE, &wanted, 3, &before, &needed),
                   ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(before.PrivilegeCount, UNTOUCHED);
    assert_int_equal(needed, 4);
    assert_true(CloseHandle(token));
}

/* There are none to disable, and wanted is not looked at. */
static void all_privileges_are_disabled_already(void **state)
{
    HANDLE token = process_token(TOKEN_ADJUST_PRIVILEGES);

    (void)state;
    assert_adjusted(AdjustTokenPrivileges(token, TRUE, NULL, 0, NULL, NULL), ERROR_SUCCESS);
    assert_true(CloseHandle(token));
}

static void com_adjusting_needs_the_right(void **state)
{
    HANDLE query = process_token(TOKEN_QUERY), adjust = process_token(TOKEN_ADJUST_PRIVILEGES);
    TOKEN_PRIVILEGES wanted = one(2), before = {UNTOUCHED, {{{0, 0}, 0}}};
    DWORD needed = UNTOUCHED;

    (void)state;
    assert_refused(AdjustTokenPrivileges(query, FALSE, &wanted, 0, NULL, NULL),
                   ERROR_ACCESS_DENIED);
    assert_refused(AdjustTokenPrivileges(adjust, FALSE, &wanted, sizeof before, &before, &needed),
                   ERROR_ACCESS_DENIED);
    assert_int_equal(before.PrivilegeCount, UNTOUCHED);
    assert_refused(AdjustTokenPrivileges(NULL, FALSE, &wanted, 0, NULL, NULL),
                   ERROR_INVALID_HANDLE);
    assert_refused(AdjustTokenPrivileges(adjust, FALSE, NULL, 0, NULL, NULL),
                   ERROR_INVALID_PARAMETER);
    assert_true(CloseHandle(query));
    assert_true(CloseHandle(adjust));
}

static void adjusting_tells_where_it_can(void **state)
{
    HANDLE token = process_token(TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY);
    TOKEN_PRIVILEGES wanted = one(2), before = {UNTOUCHED, {{{0, 0}, 0}}};

    (void)state;
    assert_refused(AdjustTokenPrivileges(token, FALSE, &wanted, sizeof before, &before, NULL),
                   ERROR_INVALID_PARAMETER);
    assert_int_equal(before.PrivilegeCount, UNTOUCHED);
    assert_true(CloseHandle(token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(com_privileges_have_numbers_and_names),
        cmocka_unit_test(com_privileges_wide),
        cmocka_unit_test(com_unknown_privileges),
        cmocka_unit_test(privilege_lookups_check_their_arguments),
        cmocka_unit_test(com_a_privilege_that_is_not_held),
        cmocka_unit_test(com_what_was_before),
        cmocka_unit_test(all_privileges_are_disabled_already),
        cmocka_unit_test(com_adjusting_needs_the_right),
        cmocka_unit_test(adjusting_tells_where_it_can),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
