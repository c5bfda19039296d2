/* SPDX-License-Identifier: MIT */
/* Security identifiers: made, compared, copied, and as text. Only what the SDK declares. */
#include "com_test.h"

#include <stdbool.h>
#include <string.h>

#include <windows.h>

#include <sddl.h>

static SID_IDENTIFIER_AUTHORITY s_world = {SECURITY_WORLD_SID_AUTHORITY};
static SID_IDENTIFIER_AUTHORITY s_nt = {SECURITY_NT_AUTHORITY};

/* Room for any SID, aligned as one. */
union buffer {
    BYTE bytes[SECURITY_MAX_SID_SIZE];
    SID sid;
};

static PSID make(SID_IDENTIFIER_AUTHORITY *authority, BYTE count)
{
    PSID sid = NULL;

    assert_true(AllocateAndInitializeSid(authority, count, 11, 12, 13, 14, 15, 16, 17, 18, &sid));
    assert_non_null(sid);
    return sid;
}

/* ---- what they are made of ------------------------------------------------------------------- */

static void a_sid_is_laid_out_as_on_windows(void **state)
{
    (void)state;
    assert_int_equal(sizeof(SID_IDENTIFIER_AUTHORITY), 6);
    assert_int_equal(sizeof(SID), 12);
    assert_int_equal(offsetof(SID, Revision), 0);
    assert_int_equal(offsetof(SID, SubAuthorityCount), 1);
    assert_int_equal(offsetof(SID, IdentifierAuthority), 2);
    assert_int_equal(offsetof(SID, SubAuthority), 8);
    assert_int_equal(SECURITY_MAX_SID_SIZE, 68);
    assert_int_equal(SID_REVISION, 1);
    assert_int_equal(SID_MAX_SUB_AUTHORITIES, 15);
}

static void allocated_sids_have_what_they_were_given(void **state)
{
    (void)state;
    for (BYTE count = 0; count <= 8; count++) {
        SID *sid = make(&s_nt, count);

        assert_int_equal(sid->Revision, SID_REVISION);
        assert_int_equal(sid->SubAuthorityCount, count);
        assert_memory_equal(&sid->IdentifierAuthority, &s_nt, sizeof s_nt);
        assert_int_equal(GetLengthSid(sid), 8 + 4 * count);
        for (DWORD i = 0; i < count; i++) {
            assert_int_equal(*GetSidSubAuthority(sid, i), 11 + i);
        }
        assert_null(FreeSid(sid));
    }
}

static void a_ninth_sub_authority_is_refused(void **state)
{
    PSID sid = NULL;

    (void)state;
    SetLastError(0);
    assert_false(AllocateAndInitializeSid(&s_nt, 9, 1, 2, 3, 4, 5, 6, 7, 8, &sid));
    assert_int_equal(GetLastError(), ERROR_INVALID_SID);
    assert_null(sid);
}

static void a_sid_can_be_made_in_place(void **state)
{
    union buffer made;
    SID *sid = &made.sid;

    (void)state;
    memset(&made, 0xCC, sizeof made);
    assert_true(InitializeSid(sid, &s_nt, 8));
    assert_true(IsValidSid(sid));
    assert_int_equal(GetLengthSid(sid), 40);
    assert_int_equal(*GetSidSubAuthorityCount(sid), 8);
    assert_ptr_equal(GetSidSubAuthorityCount(sid), &sid->SubAuthorityCount);
    assert_ptr_equal(GetSidIdentifierAuthority(sid), &sid->IdentifierAuthority);
    assert_memory_equal(GetSidIdentifierAuthority(sid), &s_nt, sizeof s_nt);
    for (DWORD i = 0; i < 8; i++) {
        assert_ptr_equal(GetSidSubAuthority(sid, i), made.bytes + 8 + 4 * i);
    }
    assert_false(InitializeSid(sid, &s_nt, 16));
    assert_int_equal(*GetSidSubAuthorityCount(sid), 8);
}

static void lengths_go_by_the_count(void **state)
{
    (void)state;
    for (unsigned count = 0; count <= 15; count++) {
        assert_int_equal(GetSidLengthRequired((UCHAR)count), 8 + 4 * count);
    }
}

static void validity_is_revision_and_count(void **state)
{
    static const struct {
        BYTE revision, count;
        bool valid;
    } cases[] = {
        {1, 0, true},    {1, 1, true},  {1, 15, true}, {1, 16, false},
        {1, 255, false}, {0, 1, false}, {2, 1, false}, {255, 1, false},
    };
    union buffer made;

    (void)state;
    memset(&made, 0, sizeof made);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        made.sid.Revision = cases[i].revision;
        made.sid.SubAuthorityCount = cases[i].count;
        assert_int_equal(IsValidSid(&made) != 0, cases[i].valid);
    }
}

/* What returns an address says with the last error whether it is one: 0. The others leave it. */
static void places_in_a_sid_are_no_error(void **state)
{
    PSID sid = make(&s_nt, 2);

    (void)state;
    SetLastError(4711);
    assert_ptr_equal(GetSidSubAuthorityCount(sid), (BYTE *)sid + 1);
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    SetLastError(4711);
    assert_ptr_equal(GetSidIdentifierAuthority(sid), (BYTE *)sid + 2);
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    for (DWORD i = 0; i < 2; i++) {
        SetLastError(4711);
        assert_ptr_equal(GetSidSubAuthority(sid, i), (BYTE *)sid + 8 + 4 * i);
        assert_int_equal(GetLastError(), ERROR_SUCCESS);
    }
    SetLastError(4711);
    assert_int_equal(GetLengthSid(sid), 16);
    assert_int_equal(GetSidLengthRequired(2), 16);
    assert_true(IsValidSid(sid));
    assert_int_equal(GetLastError(), 4711);
    (void)FreeSid(sid);
}

/* ---- comparing and copying ------------------------------------------------------------------- */

static void equal_means_the_same_all_through(void **state)
{
    union buffer one, other;

    (void)state;
    for (size_t i = 0; i <= 16; i++) {
        memset(&one, 7, sizeof one);
        assert_true(InitializeSid(&one, &s_world, 2));
        other = one;
        if (i >= 2 && i < 16) {
            other.bytes[i] ^= 0x80; /* each byte of authority and sub-authorities */
        } else if (i == 0) {
            other.bytes[1] = 1; /* the beginning of the other */
        } else if (i == 1) {
            other.bytes[1] = 3;
        } else {
            other.bytes[16] ^= 0x80; /* behind the end */
        }
        SetLastError(ERROR_ACCESS_DENIED);
        assert_int_equal(EqualSid(&one, &other) != 0, i == 16);
        assert_int_equal(GetLastError(), ERROR_SUCCESS);
        assert_int_equal(EqualSid(&other, &one) != 0, i == 16);
    }
}

static void copies_need_room_for_all_of_it(void **state)
{
    PSID sid = make(&s_nt, 3);
    BYTE copy[24];

    (void)state;
    memset(copy, 0xCC, sizeof copy);
    assert_false(CopySid(19, copy, sid));
    for (size_t i = 0; i < sizeof copy; i++) {
        assert_int_equal(copy[i], 0xCC);
    }
    assert_true(CopySid(20, copy, sid));
    assert_memory_equal(copy, sid, 20);
    assert_int_equal(copy[20], 0xCC);
    assert_null(FreeSid(sid));
}

/* ---- text ------------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    BYTE authority[6];
    BYTE count;
    DWORD parts[15];
} s_texts[] = {
    {"S-1-0-0", SECURITY_NULL_SID_AUTHORITY, 1, {SECURITY_NULL_RID}},
    {"S-1-1-0", SECURITY_WORLD_SID_AUTHORITY, 1, {SECURITY_WORLD_RID}},
    {"S-1-2-0", SECURITY_LOCAL_SID_AUTHORITY, 1, {SECURITY_LOCAL_RID}},
    {"S-1-3-0", SECURITY_CREATOR_SID_AUTHORITY, 1, {SECURITY_CREATOR_OWNER_RID}},
    {"S-1-3-1", SECURITY_CREATOR_SID_AUTHORITY, 1, {SECURITY_CREATOR_GROUP_RID}},
    {"S-1-3-4", SECURITY_CREATOR_SID_AUTHORITY, 1, {SECURITY_CREATOR_OWNER_RIGHTS_RID}},
    {"S-1-4-1", SECURITY_NON_UNIQUE_AUTHORITY, 1, {1}},
    {"S-1-5-1", SECURITY_NT_AUTHORITY, 1, {SECURITY_DIALUP_RID}},
    {"S-1-5-2", SECURITY_NT_AUTHORITY, 1, {SECURITY_NETWORK_RID}},
    {"S-1-5-3", SECURITY_NT_AUTHORITY, 1, {SECURITY_BATCH_RID}},
    {"S-1-5-4", SECURITY_NT_AUTHORITY, 1, {SECURITY_INTERACTIVE_RID}},
    {"S-1-5-5-1-2", SECURITY_NT_AUTHORITY, 3, {SECURITY_LOGON_IDS_RID, 1, 2}},
    {"S-1-5-6", SECURITY_NT_AUTHORITY, 1, {SECURITY_SERVICE_RID}},
    {"S-1-5-7", SECURITY_NT_AUTHORITY, 1, {SECURITY_ANONYMOUS_LOGON_RID}},
    {"S-1-5-8", SECURITY_NT_AUTHORITY, 1, {SECURITY_PROXY_RID}},
    {"S-1-5-9", SECURITY_NT_AUTHORITY, 1, {SECURITY_ENTERPRISE_CONTROLLERS_RID}},
    {"S-1-5-10", SECURITY_NT_AUTHORITY, 1, {SECURITY_PRINCIPAL_SELF_RID}},
    {"S-1-5-11", SECURITY_NT_AUTHORITY, 1, {SECURITY_AUTHENTICATED_USER_RID}},
    {"S-1-5-12", SECURITY_NT_AUTHORITY, 1, {SECURITY_RESTRICTED_CODE_RID}},
    {"S-1-5-13", SECURITY_NT_AUTHORITY, 1, {SECURITY_TERMINAL_SERVER_RID}},
    {"S-1-5-18", SECURITY_NT_AUTHORITY, 1, {SECURITY_LOCAL_SYSTEM_RID}},
    {"S-1-5-19", SECURITY_NT_AUTHORITY, 1, {SECURITY_LOCAL_SERVICE_RID}},
    {"S-1-5-20", SECURITY_NT_AUTHORITY, 1, {SECURITY_NETWORK_SERVICE_RID}},
    {"S-1-5-21-1-2-3-500", SECURITY_NT_AUTHORITY, 5, {SECURITY_NT_NON_UNIQUE, 1, 2, 3, 500}},
    {"S-1-5-32-544",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS}},
    {"S-1-5-32-545",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS}},
    {"S-1-5-32-546",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_GUESTS}},
    {"S-1-5-32-547",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_POWER_USERS}},
    {"S-1-5-32-548",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ACCOUNT_OPS}},
    {"S-1-5-32-549",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_SYSTEM_OPS}},
    {"S-1-5-32-550",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_PRINT_OPS}},
    {"S-1-5-32-551",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_BACKUP_OPS}},
    {"S-1-5-32-552",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_REPLICATOR}},
    {"S-1-5-32-554",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_PREW2KCOMPACCESS}},
    {"S-1-5-32-555",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_REMOTE_DESKTOP_USERS}},
    {"S-1-5-32-556",
     SECURITY_NT_AUTHORITY,
     2,
     {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_NETWORK_CONFIGURATION_OPS}},
    {"S-1-22-1-1000", {0, 0, 0, 0, 0, 22}, 2, {1, 1000}},
    {"S-1-16909060-1", {0, 0, 1, 2, 3, 4}, 1, {1}},
    {"S-1-5-1-4294967295-3-4-5-6-7-8-9-10-11-12-13-14-15",
     SECURITY_NT_AUTHORITY,
     15,
     {1, 4294967295u, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
};

static void assert_text(PSID sid, const char *expected)
{
    char *text = NULL;

    assert_true(ConvertSidToStringSidA(sid, &text));
    assert_string_equal(text, expected);
    assert_null(LocalFree(text));
}

static void sids_become_text_and_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_texts / sizeof s_texts[0]; i++) {
        PSID sid = NULL;
        SID *read;

        assert_true(ConvertStringSidToSidA(s_texts[i].text, &sid));
        read = sid;
        assert_true(IsValidSid(sid));
        assert_int_equal(read->SubAuthorityCount, s_texts[i].count);
        assert_memory_equal(&read->IdentifierAuthority, s_texts[i].authority, 6);
        assert_memory_equal((BYTE *)sid + 8, s_texts[i].parts, (size_t)4 * s_texts[i].count);
        assert_text(sid, s_texts[i].text);
        assert_null(LocalFree(sid));
    }
}

static void other_spellings_are_read_too(void **state)
{
    static const char *const cases[][2] = {
        {"WD", "S-1-1-0"},
        {"AN", "S-1-5-7"},
        {"AU", "S-1-5-11"},
        {"BA", "S-1-5-32-544"},
        {"BG", "S-1-5-32-546"},
        {"BU", "S-1-5-32-545"},
        {"CG", "S-1-3-1"},
        {"CO", "S-1-3-0"},
        {"IU", "S-1-5-4"},
        {"LS", "S-1-5-19"},
        {"NS", "S-1-5-20"},
        {"NU", "S-1-5-2"},
        {"OW", "S-1-3-4"},
        {"PS", "S-1-5-10"},
        {"PU", "S-1-5-32-547"},
        {"RC", "S-1-5-12"},
        {"SU", "S-1-5-6"},
        {"SY", "S-1-5-18"},
        {"wd", "S-1-1-0"},
        {"s-1-5-32", "S-1-5-32"},
        {"S-1-0x5-32", "S-1-5-32"},
        {"S-1-0X00000000000a-1", "S-1-10-1"},
        {"S-1-05-032", "S-1-5-32"},
        {"AO", "S-1-5-32-548"},
        {"BO", "S-1-5-32-551"},
        {"ED", "S-1-5-9"},
        {"NO", "S-1-5-32-556"},
        {"PO", "S-1-5-32-550"},
        {"RD", "S-1-5-32-555"},
        {"RE", "S-1-5-32-552"},
        {"RU", "S-1-5-32-554"},
        {"SO", "S-1-5-32-549"},
        {"ed", "S-1-5-9"},
        {"S-1-0x5-0x20-0x220", "S-1-5-32-544"},
        {"S-1-5-0X20-544", "S-1-5-32-544"},
        {"S-1-5-0xFFFFFFFF-0xffffFFFF", "S-1-5-4294967295-4294967295"},
        {"S-1-5-0x0-0x000000020", "S-1-5-0-32"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PSID sid = NULL;

        assert_true(ConvertStringSidToSidA(cases[i][0], &sid));
        assert_text(sid, cases[i][1]);
        assert_null(LocalFree(sid));
    }
}

static void what_is_no_sid_is_refused(void **state)
{
    static const char *const cases[] = {"S-1-5", "S-1", "S-2-5-32", "XX", "S-1-5-32 "};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PSID sid = NULL;

        SetLastError(0);
        assert_false(ConvertStringSidToSidA(cases[i], &sid));
        assert_int_equal(GetLastError(), ERROR_INVALID_SID);
    }
}

static void texts_need_both_ends(void **state)
{
    PSID sid;

    (void)state;
    SetLastError(0);
    assert_false(ConvertStringSidToSidA(NULL, &sid));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    assert_false(ConvertStringSidToSidA("S-1-1-0", NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void a_malformed_sid_has_no_text(void **state)
{
    union buffer made;
    char *text = NULL;

    (void)state;
    memset(&made, 0, sizeof made);
    made.sid.Revision = 2;
    SetLastError(0);
    assert_false(ConvertSidToStringSidA(&made, &text));
    assert_int_equal(GetLastError(), ERROR_INVALID_SID);
    assert_null(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sid_is_laid_out_as_on_windows),
        cmocka_unit_test(allocated_sids_have_what_they_were_given),
        cmocka_unit_test(a_ninth_sub_authority_is_refused),
        cmocka_unit_test(a_sid_can_be_made_in_place),
        cmocka_unit_test(lengths_go_by_the_count),
        cmocka_unit_test(validity_is_revision_and_count),
        cmocka_unit_test(places_in_a_sid_are_no_error),
        cmocka_unit_test(equal_means_the_same_all_through),
        cmocka_unit_test(copies_need_room_for_all_of_it),
        cmocka_unit_test(sids_become_text_and_back),
        cmocka_unit_test(other_spellings_are_read_too),
        cmocka_unit_test(what_is_no_sid_is_refused),
        cmocka_unit_test(texts_need_both_ends),
        cmocka_unit_test(a_malformed_sid_has_no_text),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
