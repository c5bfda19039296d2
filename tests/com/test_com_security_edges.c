/* SPDX-License-Identifier: MIT */
/*
 * Security functions at the edges of what they take: lists with entries of every type, names that
 * are nearly the known ones, results that are not asked for, and wide texts. Of the library itself,
 * not compared with Wine, because part of it differs there.
 */
#include "security_test.h"

#include <stdlib.h>
#include <string.h>

#include <aclapi.h>
#include <sddl.h>
#include <windows.h>

#define GUID_TEXT "bf967aba-0de6-11d0-a285-00aa003049e2"

static SID s_user = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {1000}};
static SID s_malformed = {SID_REVISION, 16, {SECURITY_NT_AUTHORITY}, {1000}};

static PACL dacl_of(PSECURITY_DESCRIPTOR descriptor)
{
    BOOL present = FALSE;
    PACL dacl = NULL;

    assert_true(GetSecurityDescriptorDacl(descriptor, &present, &dacl, NULL));
    assert_int_equal(present, TRUE);
    return dacl;
}

/* ---- lists from what trustees are to have ---------------------------------------------------- */

/* S-1-5-1000 is to have the right CC, so or so. */
static PACL list_with(PACL old, ACCESS_MODE mode)
{
    EXPLICIT_ACCESS_A access = {.grfAccessPermissions = 1, .grfAccessMode = mode};
    PACL made = POISON;

    BuildTrusteeWithSidA(&access.Trustee, &s_user);
    assert_int_equal(SetEntriesInAclA(1, &access, old, &made), ERROR_SUCCESS);
    assert_true(IsValidAcl(made));
    return made;
}

static void check_list(const char *old, ACCESS_MODE mode, const char *expected)
{
    PSECURITY_DESCRIPTOR descriptor = descriptor_of(old);
    PACL made = list_with(dacl_of(descriptor), mode);

    assert_list(made, expected);
    (void)LocalFree(made);
    (void)LocalFree(descriptor);
}

#define U "S-1-5-1000)"

static void audits_join_those_of_their_kind(void **state)
{
    (void)state;
    check_list("D:", SET_AUDIT_SUCCESS, "D:(AU;SA;CC;;;" U);
    check_list("D:", SET_AUDIT_FAILURE, "D:(AU;FA;CC;;;" U);
    check_list("D:(AU;SA;DC;;;" U, SET_AUDIT_SUCCESS, "D:(AU;SA;CCDC;;;" U);
    check_list("D:(AU;SA;DC;;;" U, SET_AUDIT_FAILURE, "D:(AU;SA;DC;;;" U "(AU;FA;CC;;;" U);
    check_list("D:(A;;DC;;;" U, SET_AUDIT_SUCCESS, "D:(A;;DC;;;" U "(AU;SA;CC;;;" U);
}

#define OF_ALL_TYPES                                                                               \
    "D:(D;;DC;;;" U "(OD;;DC;;;" U "(A;;DC;;;" U "(OA;;DC;;;" U "(AU;SA;DC;;;" U "(OU;SA;DC;;;" U  \
    "(AL;SA;DC;;;" U "(OL;SA;DC;;;" U "(A;;DC;;;WD)"

/* What allows or denies is replaced, what audits stays. */
static void setting_replaces_what_decides(void **state)
{
    (void)state;
    check_list(OF_ALL_TYPES, SET_ACCESS,
               "D:(AU;SA;DC;;;" U "(OU;SA;DC;;;" U "(AL;SA;DC;;;" U "(OL;SA;DC;;;" U
               "(A;;DC;;;WD)(A;;CC;;;" U);
}

/* What allows or audits goes, what denies stays. */
static void revoking_removes_what_gives(void **state)
{
    (void)state;
    check_list(OF_ALL_TYPES, REVOKE_ACCESS,
               "D:(D;;DC;;;" U "(OD;;DC;;;" U "(AL;SA;DC;;;" U "(OL;SA;DC;;;" U "(A;;DC;;;WD)");
}

/* The types of entries with a condition, which have no text here. */
static void entries_with_conditions_are_replaced_too(void **state)
{
    static const BYTE types[] = {ACCESS_ALLOWED_CALLBACK_ACE_TYPE, ACCESS_DENIED_CALLBACK_ACE_TYPE,
                                 ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE,
                                 ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE};
    PSECURITY_DESCRIPTOR descriptor =
        descriptor_of("D:(A;;DC;;;" U "(D;;DC;;;" U "(OA;;DC;;;" U "(OD;;DC;;;" U);
    PACL old = dacl_of(descriptor), made;
    ACE_HEADER *ace = NULL;

    (void)state;
    for (DWORD i = 0; i < 4; i++) {
        assert_true(GetAce(old, i, (LPVOID *)&ace));
        ace->AceType = types[i];
    }
    made = list_with(old, SET_ACCESS);
    assert_list(made, "D:(A;;CC;;;" U);
    (void)LocalFree(made);
    made = list_with(old, REVOKE_ACCESS);
    assert_int_equal(made->AceCount, 2);
    for (DWORD i = 0; i < 2; i++) {
        assert_true(GetAce(made, i, (LPVOID *)&ace));
        assert_int_equal(ace->AceType, types[2 * i + 1]);
    }
    (void)LocalFree(made);
    (void)LocalFree(descriptor);
}

static DWORD name_error(const char *name)
{
    char copy[32];
    EXPLICIT_ACCESS_A access;
    PACL made = POISON;
    DWORD error;

    (void)strcpy(copy, name);
    BuildExplicitAccessWithNameA(&access, copy, 1, GRANT_ACCESS, NO_INHERITANCE);
    error = SetEntriesInAclA(1, &access, NULL, &made);
    assert_true((made != NULL) == (error == ERROR_SUCCESS));
    (void)LocalFree(made);
    return error;
}

static void only_two_names_are_known(void **state)
{
    (void)state;
    assert_int_equal(name_error("EVERYONE"), ERROR_SUCCESS);
    assert_int_equal(name_error("current_user"), ERROR_SUCCESS);
    assert_int_equal(name_error("EVERYONE "), ERROR_NONE_MAPPED);
    assert_int_equal(name_error("EVERYON"), ERROR_NONE_MAPPED);
    assert_int_equal(name_error("CURRENT_USERS"), ERROR_NONE_MAPPED);
    assert_int_equal(name_error(""), ERROR_NONE_MAPPED);
}

/* The token of the thread comes before that of the process. */
static void an_anonymous_thread_is_no_current_user(void **state)
{
    (void)state;
    assert_true(ImpersonateAnonymousToken(GetCurrentThread()));
    assert_int_equal(name_error("CURRENT_USER"), ERROR_NONE_MAPPED);
    assert_int_equal(name_error("EVERYONE"), ERROR_SUCCESS);
    assert_true(RevertToSelf());
    assert_int_equal(name_error("CURRENT_USER"), ERROR_SUCCESS);
}

/* Nothing is made where one of several is wrong, whichever it is. */
static void one_wrong_request_is_enough(void **state)
{
    EXPLICIT_ACCESS_A list[2] = {{.grfAccessPermissions = 1, .grfAccessMode = GRANT_ACCESS},
                                 {.grfAccessPermissions = 1, .grfAccessMode = GRANT_ACCESS}};
    PACL made;

    (void)state;
    for (unsigned wrong = 0; wrong < 2; wrong++) {
        BuildTrusteeWithSidA(&list[wrong].Trustee, &s_malformed);
        BuildTrusteeWithSidA(&list[1 - wrong].Trustee, &s_user);
        made = POISON;
        assert_int_equal(SetEntriesInAclA(2, list, NULL, &made), ERROR_INVALID_PARAMETER);
        assert_null(made);
    }
    list[1] = list[0];
    list[0].grfAccessMode = NOT_USED_ACCESS;
    made = POISON;
    assert_int_equal(SetEntriesInAclA(2, list, NULL, &made), ERROR_INVALID_PARAMETER);
    assert_null(made);
    made = POISON;
    assert_int_equal(SetEntriesInAclA(0x10000, list, NULL, &made), ERROR_INVALID_PARAMETER);
    assert_null(made);
}

static void wide_requests_are_read_like_narrow_ones(void **state)
{
    WCHAR everyone[] = {'E', 'V', 'E', 'R', 'Y', 'O', 'N', 'E', 0};
    EXPLICIT_ACCESS_W access = {.grfAccessPermissions = 1, .grfAccessMode = GRANT_ACCESS};
    PACL made = POISON;

    (void)state;
    BuildTrusteeWithSidW(&access.Trustee, &s_user);
    assert_int_equal(SetEntriesInAclW(1, &access, NULL, &made), ERROR_SUCCESS);
    assert_list(made, "D:(A;;CC;;;" U);
    (void)LocalFree(made);
    access.grfAccessMode = NOT_USED_ACCESS;
    assert_int_equal(SetEntriesInAclW(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
    access.grfAccessMode = GRANT_ACCESS;
    access.Trustee.TrusteeForm = TRUSTEE_BAD_FORM;
    assert_int_equal(SetEntriesInAclW(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
    BuildTrusteeWithNameW(&access.Trustee, NULL);
    assert_int_equal(SetEntriesInAclW(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
    assert_null(made);
    BuildTrusteeWithNameW(&access.Trustee, everyone);
    assert_int_equal(SetEntriesInAclW(1, &access, NULL, &made), ERROR_SUCCESS);
    assert_list(made, "D:(A;;CC;;;WD)");
    (void)LocalFree(made);
}

/* ---- texts of descriptors -------------------------------------------------------------------- */

static DWORD read_error_of(const char *text)
{
    PSECURITY_DESCRIPTOR descriptor = POISON;

    SetLastError(0);
    if (ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor,
                                                             NULL)) {
        assert_true(IsValidSecurityDescriptor(descriptor));
        (void)LocalFree(descriptor);
        return 0;
    }
    assert_null(descriptor);
    return GetLastError();
}

static void texts_are_read_to_the_letter(void **state)
{
    static const struct {
        const char *text;
        DWORD error;
    } cases[] = {
        {"D:(A;;0;;;WD)", 0},
        {"D:(A;;0X1F;;;WD)", 0},
        {"D:(A;;0Y1F;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;0x1g;;;WD)", ERROR_INVALID_ACL},
        {"D:(AX;;GA;;;WD)", ERROR_INVALID_ACL},
        {"D:(OAU;;GA;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;GA;;" GUID_TEXT ";WD)", ERROR_INVALID_ACL},
        {"D:(OA;;GA;" GUID_TEXT ";" GUID_TEXT ";WD)", 0},
        {"D:(OA;;GA;bf967aba+0de6-11d0-a285-00aa003049e2;;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:(OA;;GA;bf967aba-0de6+11d0-a285-00aa003049e2;;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:(OA;;GA;bf967aba-0de6-11d0+a285-00aa003049e2;;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:(OA;;GA;bf967aba-0dg6-11d0-a285-00aa003049e2;;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:(OA;;GA;bf967aba-0de6-11x0-a285-00aa003049e2;;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:(OA;;GA;bf967aba-0de6-11d0-a2g5-00aa003049e2;;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:(OA;;GA;bf967aba-0de6-11d0-a285-00aa003049ez;;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:NO_ACCESS_CONTROLNO_ACCESS_CONTROL", 0},
        {"D:NO_ACCESS_CONTROLP", 0},
        {"D:PNO_ACCESS_CONTROL", 0},
        {"D:{", ERROR_INVALID_ACL},
        {"D:~A:", ERROR_INVALID_ACL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        DWORD error = read_error_of(cases[i].text);

        if (error != cases[i].error) {
            fail_msg("%s: %u", cases[i].text, (unsigned)error);
        }
    }
}

/* A list that is not there keeps what is said of it beside that. */
static void a_list_that_allows_all_can_be_protected(void **state)
{
    PSECURITY_DESCRIPTOR descriptor = descriptor_of("D:PNO_ACCESS_CONTROLAI");
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    BOOL present = FALSE;
    DWORD revision = 0;
    PACL dacl = POISON;

    (void)state;
    assert_true(GetSecurityDescriptorDacl(descriptor, &present, &dacl, NULL));
    assert_int_equal(present, TRUE);
    assert_null(dacl);
    assert_true(GetSecurityDescriptorControl(descriptor, &control, &revision));
    assert_int_equal(control, SE_SELF_RELATIVE | SE_DACL_PRESENT | SE_DACL_PROTECTED |
                                  SE_DACL_AUTO_INHERITED);
    (void)LocalFree(descriptor);
}

static void conversions_need_both_ends(void **state)
{
    SECURITY_DESCRIPTOR empty;
    PSECURITY_DESCRIPTOR made = POISON;
    LPSTR narrow = POISON;
    LPWSTR wide = POISON;
    ULONG length = 7;
    PSID sid = POISON;

    (void)state;
    assert_true(InitializeSecurityDescriptor(&empty, SECURITY_DESCRIPTOR_REVISION));
    assert_fails(
        ConvertStringSecurityDescriptorToSecurityDescriptorW(NULL, SDDL_REVISION_1, &made, &length),
        ERROR_INVALID_PARAMETER);
    assert_true(made == NULL && length == 0);
    length = 7;
    assert_fails(ConvertSecurityDescriptorToStringSecurityDescriptorA(NULL, SDDL_REVISION_1, 0,
                                                                      &narrow, &length),
                 ERROR_INVALID_PARAMETER);
    assert_true(narrow == NULL && length == 0);
    assert_fails(ConvertSecurityDescriptorToStringSecurityDescriptorA(&empty, SDDL_REVISION_1, 0,
                                                                      NULL, NULL),
                 ERROR_INVALID_PARAMETER);
    assert_fails(
        ConvertSecurityDescriptorToStringSecurityDescriptorW(NULL, SDDL_REVISION_1, 0, &wide, NULL),
        ERROR_INVALID_PARAMETER);
    assert_null(wide);
    assert_fails(ConvertSecurityDescriptorToStringSecurityDescriptorW(&empty, SDDL_REVISION_1, 0,
                                                                      NULL, NULL),
                 ERROR_INVALID_PARAMETER);
    assert_fails(ConvertSidToStringSidW(&s_user, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(ConvertStringSidToSidW(NULL, &sid), ERROR_INVALID_PARAMETER);
    assert_null(sid);
}

/* A bit of the entry's own flags that has no meaning. */
static void objects_with_unknown_flags_have_no_text(void **state)
{
    PSECURITY_DESCRIPTOR descriptor = descriptor_of("D:(OA;;GA;" GUID_TEXT ";;WD)");
    BYTE *ace = NULL;
    DWORD flags;
    char *text = POISON;

    (void)state;
    assert_true(GetAce(dacl_of(descriptor), 0, (LPVOID *)&ace));
    memcpy(&flags, ace + 8, sizeof flags);
    assert_int_equal(flags, ACE_OBJECT_TYPE_PRESENT);
    flags |= 4;
    memcpy(ace + 8, &flags, sizeof flags);
    assert_fails(ConvertSecurityDescriptorToStringSecurityDescriptorA(
                     descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL),
                 ERROR_INVALID_ACL);
    assert_null(text);
    (void)LocalFree(descriptor);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void defaults_need_not_be_asked_for(void **state)
{
    PSECURITY_DESCRIPTOR descriptor = descriptor_of("O:BAG:SYD:(A;;GA;;;WD)S:(AU;SA;GA;;;WD)");
    BOOL present = FALSE, defaulted = 2;
    PSID owner = NULL, group = NULL;
    PACL acl = NULL;

    (void)state;
    assert_true(GetSecurityDescriptorOwner(descriptor, &owner, NULL));
    assert_true(GetSecurityDescriptorGroup(descriptor, &group, NULL));
    assert_true(IsWellKnownSid(owner, WinBuiltinAdministratorsSid));
    assert_true(IsWellKnownSid(group, WinLocalSystemSid));
    assert_true(GetSecurityDescriptorSacl(descriptor, &present, &acl, NULL));
    assert_true(present == TRUE && acl != NULL && acl->AceCount == 1);
    assert_true(GetSecurityDescriptorSacl(descriptor, &present, &acl, &defaulted));
    assert_int_equal(defaulted, FALSE);
    assert_fails(GetSecurityDescriptorSacl(descriptor, NULL, &acl, &defaulted),
                 ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorSacl(descriptor, &present, NULL, &defaulted),
                 ERROR_INVALID_PARAMETER);
    (void)LocalFree(descriptor);
}

static void a_sacl_that_is_not_present_says_nothing(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    BOOL present, defaulted;
    PACL found;
    ACL empty;

    (void)state;
    assert_true(InitializeAcl(&empty, sizeof empty, ACL_REVISION));
    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorSacl(&descriptor, TRUE, &empty, TRUE));
    assert_int_equal(descriptor.Control, SE_SACL_PRESENT | SE_SACL_DEFAULTED);
    assert_true(SetSecurityDescriptorSacl(&descriptor, TRUE, &empty, FALSE));
    assert_int_equal(descriptor.Control, SE_SACL_PRESENT);
    assert_true(GetSecurityDescriptorSacl(&descriptor, &present, &found, &defaulted));
    assert_true(present == TRUE && found == &empty && defaulted == FALSE);
    assert_true(SetSecurityDescriptorSacl(&descriptor, FALSE, &empty, TRUE));
    assert_int_equal(descriptor.Control, 0);
    assert_null(descriptor.Sacl);
    found = POISON;
    defaulted = 2;
    assert_true(GetSecurityDescriptorSacl(&descriptor, &present, &found, &defaulted));
    assert_true(present == FALSE && found == NULL && defaulted == 2);
}

static void what_is_no_descriptor_has_no_absolute_form(void **state)
{
    BYTE parts[5][64];
    DWORD sizes[5] = {64, 64, 64, 64, 64};
    SECURITY_DESCRIPTOR absolute;

    (void)state;
    memset(parts, 0xCC, sizeof parts);
    assert_fails(MakeAbsoluteSD(NULL, parts[0], &sizes[0], (PACL)parts[1], &sizes[1],
                                (PACL)parts[2], &sizes[2], parts[3], &sizes[3], parts[4],
                                &sizes[4]),
                 ERROR_INVALID_PARAMETER);
    assert_true(InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION));
    assert_fails(MakeAbsoluteSD(&absolute, parts[0], &sizes[0], (PACL)parts[1], &sizes[1],
                                (PACL)parts[2], &sizes[2], parts[3], &sizes[3], parts[4],
                                &sizes[4]),
                 ERROR_BAD_DESCRIPTOR_FORMAT);
    absolute.Revision = 2;
    assert_fails(MakeAbsoluteSD(&absolute, parts[0], &sizes[0], (PACL)parts[1], &sizes[1],
                                (PACL)parts[2], &sizes[2], parts[3], &sizes[3], parts[4],
                                &sizes[4]),
                 ERROR_UNKNOWN_REVISION);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(sizes[i], 64);
        assert_int_equal(parts[i][0], 0xCC);
    }
}

static void lists_take_entries_of_their_revisions(void **state)
{
    union {
        ACL acl;
        BYTE bytes[64];
    } list;
    BYTE entry[20] = {ACCESS_ALLOWED_ACE_TYPE};
    const WORD size = sizeof entry;

    (void)state;
    memcpy(entry + 2, &size, sizeof size);
    memcpy(entry + 8, &s_user, sizeof s_user);
    assert_true(InitializeAcl(&list.acl, sizeof list, ACL_REVISION));
    assert_fails(AddAce(&list.acl, 1, 0, entry, sizeof entry), ERROR_REVISION_MISMATCH);
    assert_fails(AddAce(&list.acl, 5, 0, entry, sizeof entry), ERROR_REVISION_MISMATCH);
    assert_int_equal(list.acl.AceCount, 0);
    assert_true(AddAce(&list.acl, ACL_REVISION_DS, 0, entry, sizeof entry));
    assert_int_equal(list.acl.AceCount, 1);
    assert_int_equal(list.acl.AclRevision, ACL_REVISION_DS);
}

/* More entries than a list can count are none, and are not read past the last one. */
static void more_entries_than_can_be_counted(void **state)
{
    enum { EACH = 16, COUNT = 65536 };
    BYTE *entries = calloc(COUNT, EACH);
    const WORD size = EACH;
    ACL empty;

    (void)state;
    assert_non_null(entries);
    for (size_t i = 0; i < COUNT; i++) {
        memcpy(entries + EACH * i + 2, &size, sizeof size);
        entries[EACH * i + 8] = SID_REVISION; /* of no part */
    }
    assert_true(InitializeAcl(&empty, sizeof empty, ACL_REVISION));
    assert_fails(AddAce(&empty, ACL_REVISION, 0, entries, EACH * (COUNT - 1)),
                 ERROR_ALLOTTED_SPACE_EXCEEDED);
    assert_fails(AddAce(&empty, ACL_REVISION, 0, entries, EACH * COUNT), ERROR_INVALID_PARAMETER);
    assert_int_equal(empty.AceCount, 0);
    free(entries);
}

/* A primary token is asked like one that may be identified. */
static void the_process_holds_no_privilege(void **state)
{
    PRIVILEGE_SET required = {.PrivilegeCount = 1, .Control = PRIVILEGE_SET_ALL_NECESSARY};
    HANDLE token = NULL;
    BOOL held = 2;

    (void)state;
    assert_true(LookupPrivilegeValueA(NULL, "SeDebugPrivilege", &required.Privilege[0].Luid));
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_true(PrivilegeCheck(token, &required, &held));
    assert_int_equal(held, FALSE);
    required.PrivilegeCount = 0;
    assert_true(PrivilegeCheck(token, &required, &held));
    assert_int_equal(held, TRUE);
    assert_true(CloseHandle(token));
}

/* ---- SIDs ------------------------------------------------------------------------------------ */

static void accounts_are_those_of_domains(void **state)
{
    static const struct {
        const char *text;
        BOOL known;
    } cases[] = {
        {"S-1-5-21-1-2-3-500", TRUE},    {"S-1-5-22-1-2-3-500", FALSE},
        {"S-1-5-21-1-2-3-501", FALSE},   {"S-1-5-21-1-2-500", FALSE},
        {"S-1-5-21-1-2-3-4-500", FALSE}, {"S-1-4-21-1-2-3-500", FALSE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PSID sid = NULL;

        assert_true(ConvertStringSidToSidA(cases[i].text, &sid));
        assert_int_equal(IsWellKnownSid(sid, WinAccountAdministratorSid), cases[i].known);
        assert_false(IsWellKnownSid(sid, (WELL_KNOWN_SID_TYPE)4711));
        (void)LocalFree(sid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audits_join_those_of_their_kind),
        cmocka_unit_test(setting_replaces_what_decides),
        cmocka_unit_test(revoking_removes_what_gives),
        cmocka_unit_test(entries_with_conditions_are_replaced_too),
        cmocka_unit_test(only_two_names_are_known),
        cmocka_unit_test(an_anonymous_thread_is_no_current_user),
        cmocka_unit_test(one_wrong_request_is_enough),
        cmocka_unit_test(wide_requests_are_read_like_narrow_ones),
        cmocka_unit_test(texts_are_read_to_the_letter),
        cmocka_unit_test(a_list_that_allows_all_can_be_protected),
        cmocka_unit_test(conversions_need_both_ends),
        cmocka_unit_test(objects_with_unknown_flags_have_no_text),
        cmocka_unit_test(defaults_need_not_be_asked_for),
        cmocka_unit_test(a_sacl_that_is_not_present_says_nothing),
        cmocka_unit_test(what_is_no_descriptor_has_no_absolute_form),
        cmocka_unit_test(lists_take_entries_of_their_revisions),
        cmocka_unit_test(more_entries_than_can_be_counted),
        cmocka_unit_test(accounts_are_those_of_domains),
        cmocka_unit_test(the_process_holds_no_privilege),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
