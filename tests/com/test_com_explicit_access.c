/* SPDX-License-Identifier: MIT */
/* SetEntriesInAcl and SIDs that are the same everywhere. Only what the SDK declares. */
#include "security_test.h"

#include <string.h>

#include <windows.h>

#include <accctrl.h>
#include <aclapi.h>
#include <sddl.h>

static SID s_user = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {1000}};
static SID s_world = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};
static SID s_malformed = {SID_REVISION, 16, {SECURITY_NT_AUTHORITY}, {1000}};

/* ---- lists ----------------------------------------------------------------------------------- */

struct list_case {
    const char *old; /* text of the descriptor of the list; NULL: none */
    DWORD mask;
    ACCESS_MODE mode;
    DWORD inheritance;
    const char *made;
};

static EXPLICIT_ACCESS_A access_for(PSID sid, DWORD mask, ACCESS_MODE mode, DWORD inheritance)
{
    EXPLICIT_ACCESS_A access;

    memset(&access, 0, sizeof access);
    access.grfAccessPermissions = mask;
    access.grfAccessMode = mode;
    access.grfInheritance = inheritance;
    BuildTrusteeWithSidA(&access.Trustee, sid);
    return access;
}

/* For S-1-5-1000. */
static void check_case(const struct list_case *row)
{
    EXPLICIT_ACCESS_A access = access_for(&s_user, row->mask, row->mode, row->inheritance);
    PSECURITY_DESCRIPTOR descriptor = row->old != NULL ? descriptor_of(row->old) : NULL;
    BOOL present, defaulted;
    PACL old = NULL, made = NULL;

    if (descriptor != NULL) {
        assert_true(GetSecurityDescriptorDacl(descriptor, &present, &old, &defaulted));
    }
    assert_int_equal(SetEntriesInAclA(1, &access, old, &made), ERROR_SUCCESS);
    assert_non_null(made);
    assert_list(made, row->made);
    (void)LocalFree(made);
    (void)LocalFree(descriptor);
}

static void new_lists_have_what_is_said(void **state)
{
    static const struct list_case cases[] = {
        {NULL, 1, GRANT_ACCESS, NO_INHERITANCE, "D:(A;;CC;;;S-1-5-1000)"},
        {NULL, 1, SET_ACCESS, NO_INHERITANCE, "D:(A;;CC;;;S-1-5-1000)"},
        {NULL, 1, DENY_ACCESS, NO_INHERITANCE, "D:(D;;CC;;;S-1-5-1000)"},
        {NULL, 1, REVOKE_ACCESS, NO_INHERITANCE, "D:"},
        {NULL, 1, GRANT_ACCESS, SUB_CONTAINERS_AND_OBJECTS_INHERIT, "D:(A;OICI;CC;;;S-1-5-1000)"},
        {NULL, 1, GRANT_ACCESS, INHERIT_ONLY | SUB_OBJECTS_ONLY_INHERIT,
         "D:(A;OIIO;CC;;;S-1-5-1000)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case(&cases[i]);
    }
}

static void others_keep_what_they_have(void **state)
{
    static const struct list_case cases[] = {
        {"D:(A;;GA;;;WD)", 1, DENY_ACCESS, NO_INHERITANCE, "D:(D;;CC;;;S-1-5-1000)(A;;GA;;;WD)"},
        {"D:(D;;GA;;;WD)", 1, GRANT_ACCESS, NO_INHERITANCE, "D:(D;;GA;;;WD)(A;;CC;;;S-1-5-1000)"},
        {"D:(A;;GA;;;WD)", 1, REVOKE_ACCESS, NO_INHERITANCE, "D:(A;;GA;;;WD)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case(&cases[i]);
    }
}

static void what_the_trustee_has_is_replaced_or_joined(void **state)
{
    static const struct list_case cases[] = {
        {"D:(A;;DC;;;S-1-5-1000)", 1, SET_ACCESS, NO_INHERITANCE, "D:(A;;CC;;;S-1-5-1000)"},
        {"D:(D;;DC;;;S-1-5-1000)", 1, SET_ACCESS, NO_INHERITANCE, "D:(A;;CC;;;S-1-5-1000)"},
        {"D:(A;;DC;;;S-1-5-1000)", 1, GRANT_ACCESS, NO_INHERITANCE, "D:(A;;CCDC;;;S-1-5-1000)"},
        {"D:(D;;DC;;;S-1-5-1000)", 1, DENY_ACCESS, NO_INHERITANCE, "D:(D;;CCDC;;;S-1-5-1000)"},
        {"D:(A;;DC;;;S-1-5-1000)", 0, REVOKE_ACCESS, NO_INHERITANCE, "D:"},
        {"D:(A;;DC;;;S-1-5-1000)(A;;GA;;;WD)", 0, REVOKE_ACCESS, NO_INHERITANCE, "D:(A;;GA;;;WD)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case(&cases[i]);
    }
}

static void denials_and_inherited_entries_keep_their_places(void **state)
{
    static const struct list_case cases[] = {
        {"D:(D;;CC;;;WD)(A;ID;GA;;;WD)", 2, GRANT_ACCESS, NO_INHERITANCE,
         "D:(D;;CC;;;WD)(A;;DC;;;S-1-5-1000)(A;ID;GA;;;WD)"},
        {"D:(D;;CC;;;S-1-5-1000)", 1, GRANT_ACCESS, NO_INHERITANCE,
         "D:(D;;CC;;;S-1-5-1000)(A;;CC;;;S-1-5-1000)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_case(&cases[i]);
    }
}

static void several_are_carried_out_in_their_order(void **state)
{
    EXPLICIT_ACCESS_A list[3];
    PACL made = NULL;

    (void)state;
    list[0] = access_for(&s_user, 1, GRANT_ACCESS, NO_INHERITANCE);
    list[1] = access_for(&s_world, 2, DENY_ACCESS, NO_INHERITANCE);
    list[2] = access_for(&s_user, 4, GRANT_ACCESS, NO_INHERITANCE);
    assert_int_equal(SetEntriesInAclA(3, list, NULL, &made), ERROR_SUCCESS);
    assert_non_null(made);
    assert_list(made, "D:(D;;DC;;;WD)(A;;CCLC;;;S-1-5-1000)");
    (void)LocalFree(made);
}

static void nothing_makes_nothing(void **state)
{
    ACL empty;
    PACL made = POISON;

    (void)state;
    assert_int_equal(SetEntriesInAclA(0, NULL, NULL, &made), ERROR_SUCCESS);
    assert_null(made);
    assert_true(InitializeAcl(&empty, sizeof empty, ACL_REVISION));
    assert_int_equal(SetEntriesInAclA(0, NULL, &empty, &made), ERROR_SUCCESS);
    assert_non_null(made);
    assert_int_equal(made->AceCount, 0);
    assert_true(IsValidAcl(made));
    (void)LocalFree(made);
}

static void the_current_user_needs_no_name_service(void **state)
{
    union {
        TOKEN_USER user;
        BYTE bytes[256];
    } buffer;
    EXPLICIT_ACCESS_A access;
    HANDLE token;
    DWORD size;
    PACL made = NULL;
    ACCESS_ALLOWED_ACE *ace = NULL;
    char name[] = "CURRENT_USER";

    (void)state;
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_true(GetTokenInformation(token, TokenUser, &buffer, sizeof buffer, &size));
    assert_true(CloseHandle(token));
    BuildExplicitAccessWithNameA(&access, name, 1, GRANT_ACCESS, NO_INHERITANCE);
    assert_int_equal(access.Trustee.TrusteeForm, TRUSTEE_IS_NAME);
    assert_ptr_equal(access.Trustee.ptstrName, name);
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_SUCCESS);
    assert_non_null(made);
    assert_true(GetAce(made, 0, (LPVOID *)&ace));
    assert_true(EqualSid(&ace->SidStart, buffer.user.User.Sid));
    (void)LocalFree(made);
}

static void everyone_is_known_by_name(void **state)
{
    WCHAR name[] = {'E', 'v', 'e', 'r', 'y', 'o', 'n', 'e', 0};
    EXPLICIT_ACCESS_W access;
    PACL made = NULL;

    (void)state;
    BuildExplicitAccessWithNameW(&access, name, 1, DENY_ACCESS, NO_INHERITANCE);
    assert_int_equal(SetEntriesInAclW(1, &access, NULL, &made), ERROR_SUCCESS);
    assert_non_null(made);
    assert_list(made, "D:(D;;CC;;;WD)");
    (void)LocalFree(made);
}

static void other_requests_are_refused(void **state)
{
    EXPLICIT_ACCESS_A access = access_for(&s_user, 1, GRANT_ACCESS, NO_INHERITANCE);
    PACL made = POISON;

    (void)state;
    access.Trustee.TrusteeForm = TRUSTEE_BAD_FORM;
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
    access = access_for(&s_malformed, 1, GRANT_ACCESS, NO_INHERITANCE);
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
    access = access_for(&s_user, 1, (ACCESS_MODE)7, NO_INHERITANCE);
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
}

/* ---- SIDs that are the same everywhere ------------------------------------------------------- */

static void well_known_sids_are_known(void **state)
{
    static const struct {
        WELL_KNOWN_SID_TYPE type;
        const char *text;
    } cases[] = {
        {WinNullSid, "S-1-0-0"},
        {WinWorldSid, "S-1-1-0"},
        {WinLocalSid, "S-1-2-0"},
        {WinCreatorOwnerSid, "S-1-3-0"},
        {WinCreatorGroupSid, "S-1-3-1"},
        {WinCreatorOwnerServerSid, "S-1-3-2"},
        {WinCreatorGroupServerSid, "S-1-3-3"},
        {WinDialupSid, "S-1-5-1"},
        {WinNetworkSid, "S-1-5-2"},
        {WinBatchSid, "S-1-5-3"},
        {WinInteractiveSid, "S-1-5-4"},
        {WinServiceSid, "S-1-5-6"},
        {WinAnonymousSid, "S-1-5-7"},
        {WinProxySid, "S-1-5-8"},
        {WinEnterpriseControllersSid, "S-1-5-9"},
        {WinSelfSid, "S-1-5-10"},
        {WinAuthenticatedUserSid, "S-1-5-11"},
        {WinRestrictedCodeSid, "S-1-5-12"},
        {WinTerminalServerSid, "S-1-5-13"},
        {WinRemoteLogonIdSid, "S-1-5-14"},
        {WinLocalSystemSid, "S-1-5-18"},
        {WinLocalServiceSid, "S-1-5-19"},
        {WinNetworkServiceSid, "S-1-5-20"},
        {WinBuiltinDomainSid, "S-1-5-32"},
        {WinBuiltinAdministratorsSid, "S-1-5-32-544"},
        {WinBuiltinUsersSid, "S-1-5-32-545"},
        {WinBuiltinGuestsSid, "S-1-5-32-546"},
        {WinBuiltinPowerUsersSid, "S-1-5-32-547"},
        {WinBuiltinAccountOperatorsSid, "S-1-5-32-548"},
        {WinBuiltinSystemOperatorsSid, "S-1-5-32-549"},
        {WinBuiltinPrintOperatorsSid, "S-1-5-32-550"},
        {WinBuiltinBackupOperatorsSid, "S-1-5-32-551"},
        {WinBuiltinReplicatorSid, "S-1-5-32-552"},
        {WinBuiltinPreWindows2000CompatibleAccessSid, "S-1-5-32-554"},
        {WinBuiltinRemoteDesktopUsersSid, "S-1-5-32-555"},
        {WinBuiltinNetworkConfigurationOperatorsSid, "S-1-5-32-556"},
        {WinNTLMAuthenticationSid, "S-1-5-64-10"},
        {WinDigestAuthenticationSid, "S-1-5-64-21"},
        {WinSChannelAuthenticationSid, "S-1-5-64-14"},
        {WinThisOrganizationSid, "S-1-5-15"},
        {WinOtherOrganizationSid, "S-1-5-1000"},
        {WinBuiltinIncomingForestTrustBuildersSid, "S-1-5-32-557"},
        {WinBuiltinPerfMonitoringUsersSid, "S-1-5-32-558"},
        {WinBuiltinPerfLoggingUsersSid, "S-1-5-32-559"},
        {WinBuiltinAuthorizationAccessSid, "S-1-5-32-560"},
        {WinBuiltinTerminalServerLicenseServersSid, "S-1-5-32-561"},
        {WinBuiltinDCOMUsersSid, "S-1-5-32-562"},
        {WinLowLabelSid, "S-1-16-4096"},
        {WinMediumLabelSid, "S-1-16-8192"},
        {WinHighLabelSid, "S-1-16-12288"},
        {WinSystemLabelSid, "S-1-16-16384"},
        {WinCreatorOwnerRightsSid, "S-1-3-4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BYTE sid[SECURITY_MAX_SID_SIZE];
        DWORD size = sizeof sid;
        char *text = NULL;

        assert_true(CreateWellKnownSid(cases[i].type, NULL, sid, &size));
        assert_int_equal(size, GetLengthSid(sid));
        assert_true(ConvertSidToStringSidA(sid, &text));
        assert_non_null(text);
        assert_string_equal(text, cases[i].text);
        assert_true(IsWellKnownSid(sid, cases[i].type));
        assert_false(IsWellKnownSid(sid, cases[(i + 1) % (sizeof cases / sizeof cases[0])].type));
        (void)LocalFree(text);
    }
}

static void accounts_belong_to_a_domain(void **state)
{
    static const struct {
        WELL_KNOWN_SID_TYPE type;
        const char *text;
    } cases[] = {
        {WinAccountAdministratorSid, "S-1-5-21-1-2-3-500"},
        {WinAccountGuestSid, "S-1-5-21-1-2-3-501"},
        {WinAccountDomainAdminsSid, "S-1-5-21-1-2-3-512"},
        {WinAccountDomainUsersSid, "S-1-5-21-1-2-3-513"},
        {WinAccountRasAndIasServersSid, "S-1-5-21-1-2-3-553"},
    };
    PSID domain = NULL;

    (void)state;
    assert_true(ConvertStringSidToSidA("S-1-5-21-1-2-3", &domain));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BYTE sid[SECURITY_MAX_SID_SIZE];
        DWORD size = sizeof sid;
        char *text = NULL;

        assert_true(CreateWellKnownSid(cases[i].type, domain, sid, &size));
        assert_int_equal(size, 28);
        assert_true(ConvertSidToStringSidA(sid, &text));
        assert_non_null(text);
        assert_string_equal(text, cases[i].text);
        assert_true(IsWellKnownSid(sid, cases[i].type));
        assert_false(IsWellKnownSid(sid, WinAccountKrbtgtSid));
        (void)LocalFree(text);
        SetLastError(0);
        assert_false(CreateWellKnownSid(cases[i].type, NULL, sid, &size));
        assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    }
    assert_false(IsWellKnownSid(domain, WinAccountAdministratorSid));
    (void)LocalFree(domain);
}

static void well_known_sids_need_room(void **state)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    DWORD size = 0;

    (void)state;
    SetLastError(0);
    assert_false(CreateWellKnownSid(WinBuiltinUsersSid, NULL, NULL, &size));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(size, 16);
    memset(sid, 0xCC, sizeof sid);
    size = 15;
    SetLastError(0);
    assert_false(CreateWellKnownSid(WinBuiltinUsersSid, NULL, sid, &size));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(size, 16);
    assert_int_equal(sid[0], 0xCC);
    assert_true(CreateWellKnownSid(WinBuiltinUsersSid, NULL, sid, &size));
    assert_int_equal(sid[16], 0xCC);
    SetLastError(0);
    assert_false(CreateWellKnownSid((WELL_KNOWN_SID_TYPE)4711, NULL, sid, &size));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void prefixes_are_all_but_the_last(void **state)
{
    static const struct {
        const char *one, *other;
        BOOL equal;
    } cases[] = {
        {"S-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-501", TRUE},
        {"S-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-500", TRUE},
        {"S-1-5-21-1-2-3-500", "S-1-5-21-1-2-4-500", FALSE},
        {"S-1-5-21-1-2-3-500", "S-1-5-21-1-2-3", FALSE},
        {"S-1-5-1", "S-1-5-2", TRUE},
        {"S-1-5-1", "S-1-1-1", FALSE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PSID one = NULL, other = NULL;

        assert_true(ConvertStringSidToSidA(cases[i].one, &one));
        assert_true(ConvertStringSidToSidA(cases[i].other, &other));
        assert_int_equal(EqualPrefixSid(one, other), cases[i].equal);
        assert_int_equal(EqualPrefixSid(other, one), cases[i].equal);
        (void)LocalFree(other);
        (void)LocalFree(one);
    }
}

static void wide_sids_are_the_same(void **state)
{
    static const WCHAR user[] = {'S', '-', '1', '-', '5', '-', '1', '0', '0', '0', 0};
    static const WCHAR other[] = {'B', 0x141, 0};
    LPWSTR text = NULL;
    PSID sid = NULL;

    (void)state;
    assert_true(ConvertStringSidToSidW(user, &sid));
    assert_non_null(sid);
    assert_true(EqualSid(sid, &s_user));
    assert_true(ConvertSidToStringSidW(sid, &text));
    assert_non_null(text);
    assert_memory_equal(text, user, sizeof user);
    (void)LocalFree(text);
    (void)LocalFree(sid);
    sid = NULL;
    SetLastError(0);
    assert_false(ConvertStringSidToSidW(other, &sid));
    assert_int_equal(GetLastError(), ERROR_INVALID_SID);
    SetLastError(0);
    assert_false(ConvertStringSidToSidW(NULL, &sid));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    assert_false(ConvertSidToStringSidW(&s_malformed, &text));
    assert_int_equal(GetLastError(), ERROR_INVALID_SID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_lists_have_what_is_said),
        cmocka_unit_test(others_keep_what_they_have),
        cmocka_unit_test(what_the_trustee_has_is_replaced_or_joined),
        cmocka_unit_test(denials_and_inherited_entries_keep_their_places),
        cmocka_unit_test(several_are_carried_out_in_their_order),
        cmocka_unit_test(nothing_makes_nothing),
        cmocka_unit_test(the_current_user_needs_no_name_service),
        cmocka_unit_test(everyone_is_known_by_name),
        cmocka_unit_test(other_requests_are_refused),
        cmocka_unit_test(well_known_sids_are_known),
        cmocka_unit_test(accounts_belong_to_a_domain),
        cmocka_unit_test(well_known_sids_need_room),
        cmocka_unit_test(prefixes_are_all_but_the_last),
        cmocka_unit_test(wide_sids_are_the_same),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
