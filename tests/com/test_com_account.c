/* SPDX-License-Identifier: MIT */
/* Accounts that have a fixed name, and how the lookups use their buffers: nothing but the SDK's names. */
#include "com_test.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* A number that no function writes. */
#define UNTOUCHED 0x5AFE5AFEu

#define assert_refused(call, error)                                                                \
    (SetLastError(UNTOUCHED), assert_int_equal((call), FALSE),                                     \
     assert_int_equal(GetLastError(), (error)))

struct known {
    const char *domain, *name;
    SID_NAME_USE use;
    BYTE authority, parts;
    DWORD part[2];
};

static const struct known s_known[] = {
    {"", "NULL SID", SidTypeWellKnownGroup, 0, 1, {0, 0}},
    {"", "Everyone", SidTypeWellKnownGroup, 1, 1, {0, 0}},
    {"", "LOCAL", SidTypeWellKnownGroup, 2, 1, {0, 0}},
    {"", "CREATOR OWNER", SidTypeWellKnownGroup, 3, 1, {0, 0}},
    {"", "CREATOR GROUP", SidTypeWellKnownGroup, 3, 1, {1, 0}},
    {"NT AUTHORITY", "NETWORK", SidTypeWellKnownGroup, 5, 1, {2, 0}},
    {"NT AUTHORITY", "INTERACTIVE", SidTypeWellKnownGroup, 5, 1, {4, 0}},
    {"NT AUTHORITY", "ANONYMOUS LOGON", SidTypeWellKnownGroup, 5, 1, {7, 0}},
    {"NT AUTHORITY", "Authenticated Users", SidTypeWellKnownGroup, 5, 1, {11, 0}},
    {"NT AUTHORITY", "SYSTEM", SidTypeWellKnownGroup, 5, 1, {18, 0}},
    {"NT AUTHORITY", "LOCAL SERVICE", SidTypeWellKnownGroup, 5, 1, {19, 0}},
    {"NT AUTHORITY", "NETWORK SERVICE", SidTypeWellKnownGroup, 5, 1, {20, 0}},
    {"BUILTIN", "Administrators", SidTypeAlias, 5, 2, {32, 544}},
    {"BUILTIN", "Users", SidTypeAlias, 5, 2, {32, 545}},
    {"BUILTIN", "Guests", SidTypeAlias, 5, 2, {32, 546}},
};

enum { KNOWN = sizeof s_known / sizeof *s_known };

union sid {
    SID sid;
    BYTE bytes[SECURITY_MAX_SID_SIZE];
};

static DWORD make_sid(const struct known *known, union sid *sid)
{
    SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, known->authority}};

    memset(sid, 0, sizeof *sid);
    assert_true(InitializeSid(sid, &authority, known->parts));
    for (DWORD i = 0; i < known->parts; i++) {
        *GetSidSubAuthority(sid, i) = known->part[i];
    }
    return GetLengthSid(sid);
}

static void com_well_known_sids_have_fixed_names(void **state)
{
    (void)state;
    for (int i = 0; i < KNOWN; i++) {
        char name[64], domain[64];
        DWORD name_length = sizeof name, domain_length = sizeof domain;
        SID_NAME_USE use = SidTypeInvalid;
        union sid sid;

        (void)make_sid(&s_known[i], &sid);
        assert_true(
            LookupAccountSidA(NULL, &sid, name, &name_length, domain, &domain_length, &use));
        assert_string_equal(name, s_known[i].name);
        assert_string_equal(domain, s_known[i].domain);
        assert_int_equal(name_length, strlen(s_known[i].name));
        assert_int_equal(domain_length, strlen(s_known[i].domain));
        assert_int_equal(use, s_known[i].use);
    }
}

static void com_fixed_names_have_sids(void **state)
{
    (void)state;
    for (int i = 0; i < KNOWN; i++) {
        union sid expected, sid;
        char domain[64];
        DWORD size = sizeof sid, domain_length = sizeof domain;
        SID_NAME_USE use = SidTypeInvalid;
        DWORD length = make_sid(&s_known[i], &expected);

        memset(&sid, 0x5A, sizeof sid);
        assert_true(
            LookupAccountNameA(NULL, s_known[i].name, &sid, &size, domain, &domain_length, &use));
        assert_int_equal(size, length);
        assert_memory_equal(&sid, &expected, length);
        assert_string_equal(domain, s_known[i].domain);
        assert_int_equal(domain_length, strlen(s_known[i].domain));
        assert_int_equal(use, s_known[i].use);
    }
}

static void com_names_have_domains_and_no_case(void **state)
{
    union sid sid;
    char domain[64];
    DWORD size = sizeof sid, domain_length = sizeof domain;
    SID_NAME_USE use = SidTypeInvalid;

    (void)state;
    assert_true(LookupAccountNameA(NULL, "builtin\\ADMINISTRATORS", &sid, &size, domain,
                                   &domain_length, &use));
    assert_int_equal(size, 16);
    assert_int_equal(*GetSidSubAuthority(&sid, 1), 544);
    assert_string_equal(domain, "BUILTIN");
    assert_int_equal(use, SidTypeAlias);
}

static void com_wide_names(void **state)
{
    union sid sid;
    WCHAR name[64], domain[64];
    DWORD name_length = 64, domain_length = 64, size = sizeof sid;
    SID_NAME_USE use = SidTypeInvalid;

    (void)state;
    (void)make_sid(&s_known[12], &sid);
    assert_true(LookupAccountSidW(NULL, &sid, name, &name_length, domain, &domain_length, &use));
    assert_memory_equal(name, u"Administrators", sizeof u"Administrators");
    assert_memory_equal(domain, u"BUILTIN", sizeof u"BUILTIN");
    assert_int_equal(name_length, 14);
    assert_int_equal(domain_length, 7);
    assert_int_equal(use, SidTypeAlias);
    domain_length = 64;
    assert_true(LookupAccountNameW(NULL, u"Everyone", &sid, &size, domain, &domain_length, &use));
    assert_int_equal(size, 12);
    assert_int_equal(domain[0], 0);
    assert_int_equal(domain_length, 0);
    assert_int_equal(use, SidTypeWellKnownGroup);
}

/* W-25, of Administrators in BUILTIN, with this room: both lengths are told, and nothing else. */
static void check_small(DWORD name_room, DWORD domain_room)
{
    char name[64], domain[64];
    SID_NAME_USE use = SidTypeInvalid;
    union sid sid;

    memset(name, 0x5A, sizeof name);
    memset(domain, 0x5A, sizeof domain);
    (void)make_sid(&s_known[12], &sid);
    assert_refused(LookupAccountSidA(NULL, &sid, name, &name_room, domain, &domain_room, &use),
                   ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(name_room, sizeof "Administrators");
    assert_int_equal(domain_room, sizeof "BUILTIN");
    assert_int_equal(name[0], 0x5A);
    assert_int_equal(domain[0], 0x5A);
}

static void com_too_small_a_place_is_told_both_lengths(void **state)
{
    DWORD name_length = 0, domain_length = 0;
    SID_NAME_USE use = SidTypeInvalid;
    union sid sid;

    (void)state;
    check_small(0, 0);
    check_small(sizeof "Administrators" - 1, sizeof "BUILTIN");
    check_small(sizeof "Administrators", sizeof "BUILTIN" - 1);
    (void)make_sid(&s_known[12], &sid);
    assert_refused(LookupAccountSidW(NULL, &sid, NULL, &name_length, NULL, &domain_length, &use),
                   ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(name_length, sizeof "Administrators");
    assert_int_equal(domain_length, sizeof "BUILTIN");
}

static void check_small_sid(DWORD size, DWORD domain_room)
{
    union sid sid;
    char domain[64];
    SID_NAME_USE use = SidTypeInvalid;

    memset(&sid, 0x5A, sizeof sid);
    memset(domain, 0x5A, sizeof domain);
    assert_refused(
        LookupAccountNameA(NULL, "Administrators", &sid, &size, domain, &domain_room, &use),
        ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(size, 16);
    assert_int_equal(domain_room, sizeof "BUILTIN");
    assert_int_equal(sid.bytes[0], 0x5A);
    assert_int_equal(domain[0], 0x5A);
}

static void com_too_small_a_place_for_a_sid(void **state)
{
    (void)state;
    check_small_sid(0, 0);
    check_small_sid(15, sizeof "BUILTIN");
    check_small_sid(16, sizeof "BUILTIN" - 1);
}

static void com_what_has_no_name(void **state)
{
    static const struct known none = {"", "", SidTypeUnknown, 9, 1, {1, 0}};
    char name[64], domain[64];
    DWORD name_length = sizeof name, domain_length = sizeof domain, size = 64;
    SID_NAME_USE use = SidTypeInvalid;
    union sid sid;

    (void)state;
    (void)make_sid(&none, &sid);
    assert_refused(LookupAccountSidA(NULL, &sid, name, &name_length, domain, &domain_length, &use),
                   ERROR_NONE_MAPPED);
    assert_refused(
        LookupAccountNameA(NULL, "no-such-account-here", &sid, &size, domain, &domain_length, &use),
        ERROR_NONE_MAPPED);
    assert_refused(LookupAccountNameA(NULL, "BUILTIN\\no-such-account-here", &sid, &size, domain,
                                      &domain_length, &use),
                   ERROR_NONE_MAPPED);
}

static void account_lookups_check_their_arguments(void **state)
{
    char name[64], domain[64];
    DWORD name_length = sizeof name, domain_length = sizeof domain;
    SID_NAME_USE use = SidTypeInvalid;
    union sid sid;

    (void)state;
    (void)make_sid(&s_known[1], &sid);
    assert_refused(LookupAccountSidA(NULL, NULL, name, &name_length, domain, &domain_length, &use),
                   ERROR_INVALID_PARAMETER);
    assert_refused(LookupAccountSidA(NULL, &sid, name, NULL, domain, &domain_length, &use),
                   ERROR_INVALID_PARAMETER);
    assert_refused(LookupAccountSidA(NULL, &sid, name, &name_length, domain, NULL, &use),
                   ERROR_INVALID_PARAMETER);
    assert_refused(LookupAccountSidA(NULL, &sid, name, &name_length, domain, &domain_length, NULL),
                   ERROR_INVALID_PARAMETER);
    assert_refused(
        LookupAccountSidA("elsewhere", &sid, name, &name_length, domain, &domain_length, &use),
        RPC_S_SERVER_UNAVAILABLE);
    assert_true(LookupAccountSidA("", &sid, name, &name_length, domain, &domain_length, &use));
    sid.bytes[0] = 2;
    assert_refused(LookupAccountSidA(NULL, &sid, name, &name_length, domain, &domain_length, &use),
                   ERROR_INVALID_SID);
}

static void account_names_are_checked(void **state)
{
    char domain[64];
    DWORD size = 64, domain_length = sizeof domain;
    SID_NAME_USE use = SidTypeInvalid;
    union sid sid;

    (void)state;
    assert_refused(LookupAccountNameA(NULL, NULL, &sid, &size, domain, &domain_length, &use),
                   ERROR_INVALID_PARAMETER);
    assert_refused(LookupAccountNameA(NULL, "Everyone", &sid, NULL, domain, &domain_length, &use),
                   ERROR_INVALID_PARAMETER);
    assert_refused(LookupAccountNameA(NULL, "Everyone", &sid, &size, domain, NULL, &use),
                   ERROR_INVALID_PARAMETER);
    assert_refused(LookupAccountNameA(NULL, "Everyone", &sid, &size, domain, &domain_length, NULL),
                   ERROR_INVALID_PARAMETER);
    assert_refused(
        LookupAccountNameA("elsewhere", "Everyone", &sid, &size, domain, &domain_length, &use),
        RPC_S_SERVER_UNAVAILABLE);
    assert_refused(LookupAccountNameA(NULL, "", &sid, &size, domain, &domain_length, &use),
                   ERROR_NONE_MAPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(com_well_known_sids_have_fixed_names),
        cmocka_unit_test(com_fixed_names_have_sids),
        cmocka_unit_test(com_names_have_domains_and_no_case),
        cmocka_unit_test(com_wide_names),
        cmocka_unit_test(com_too_small_a_place_is_told_both_lengths),
        cmocka_unit_test(com_too_small_a_place_for_a_sid),
        cmocka_unit_test(com_what_has_no_name),
        cmocka_unit_test(account_lookups_check_their_arguments),
        cmocka_unit_test(account_names_are_checked),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
