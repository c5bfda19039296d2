/* SPDX-License-Identifier: MIT */
/*
 * SIDs, lists and descriptors that no program should make: NULL, at odd addresses, and of random
 * bytes in front of memory that must not be read. Stricter than Windows, where some of this is
 * undefined.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "security_test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sddl.h>
#include <windows.h>

#include "com/accesscheck.h"
#include "com/sid.h"

static SID_IDENTIFIER_AUTHORITY s_nt = {SECURITY_NT_AUTHORITY};
static SID s_user = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {1000}};
static SID s_malformed = {SID_REVISION, 16, {SECURITY_NT_AUTHORITY}, {1000}};

/* ---- NULL and malformed ---------------------------------------------------------------------- */

static void sids_that_are_none_have_nothing(void **state)
{
    PSID none[] = {NULL, &s_malformed};

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        BYTE copy[SECURITY_MAX_SID_SIZE] = {0xCC};

        assert_fails(IsValidSid(none[i]), UNTOUCHED);
        assert_fails(GetLengthSid(none[i]), ERROR_INVALID_SID);
        assert_fails(EqualSid(none[i], &s_user), ERROR_INVALID_SID);
        assert_fails(EqualSid(&s_user, none[i]), ERROR_INVALID_SID);
        assert_fails(EqualSid(none[i], none[i]), ERROR_INVALID_SID);
        assert_fails(CopySid(sizeof copy, copy, none[i]), ERROR_INVALID_SID);
        assert_int_equal(copy[0], 0xCC);
        assert_fails(GetSidIdentifierAuthority(none[i]), ERROR_INVALID_SID);
        assert_fails(GetSidSubAuthorityCount(none[i]), ERROR_INVALID_SID);
        assert_fails(GetSidSubAuthority(none[i], 0), ERROR_INVALID_SID);
    }
    assert_fails(GetSidSubAuthority(&s_user, 1), ERROR_INVALID_PARAMETER);
    assert_fails(GetSidSubAuthority(&s_user, 0xFFFFFFFFu), ERROR_INVALID_PARAMETER);
    assert_fails(CopySid(100, NULL, &s_user), ERROR_INVALID_PARAMETER);
    assert_fails(CopySid(11, &s_malformed, &s_user), ERROR_INSUFFICIENT_BUFFER);
    assert_null(FreeSid(NULL));
    assert_null(LocalFree(NULL));
}

static void sids_are_not_made_from_nothing(void **state)
{
    BYTE made[SECURITY_MAX_SID_SIZE] = {0xCC};
    PSID sid = POISON;

    (void)state;
    assert_fails(InitializeSid(NULL, &s_nt, 1), ERROR_INVALID_PARAMETER);
    assert_fails(InitializeSid(made, NULL, 1), ERROR_INVALID_PARAMETER);
    assert_fails(InitializeSid(made, &s_nt, 16), ERROR_INVALID_PARAMETER);
    assert_int_equal(made[0], 0xCC);
    assert_true(InitializeSid(made, &s_nt, 15));
    assert_int_equal(GetLengthSid(made), sizeof made);
    assert_fails(AllocateAndInitializeSid(&s_nt, 1, 1, 2, 3, 4, 5, 6, 7, 8, NULL),
                 ERROR_INVALID_PARAMETER);
    assert_fails(AllocateAndInitializeSid(NULL, 1, 1, 2, 3, 4, 5, 6, 7, 8, &sid),
                 ERROR_INVALID_PARAMETER);
    assert_null(sid);
    sid = POISON;
    assert_fails(AllocateAndInitializeSid(&s_nt, 9, 1, 2, 3, 4, 5, 6, 7, 8, &sid),
                 ERROR_INVALID_SID);
    assert_null(sid);
}

static void lists_and_descriptors_can_be_missing(void **state)
{
    DWORD access = GENERIC_READ;
    GENERIC_MAPPING mapping = {1, 2, 4, 7};

    (void)state;
    assert_fails(IsValidAcl(NULL), UNTOUCHED);
    assert_fails(InitializeAcl(NULL, 100, ACL_REVISION), ERROR_INVALID_PARAMETER);
    assert_fails(AddAccessAllowedAce(NULL, ACL_REVISION, 1, &s_user), ERROR_INVALID_ACL);
    assert_fails(IsValidSecurityDescriptor(NULL), UNTOUCHED);
    assert_fails(InitializeSecurityDescriptor(NULL, 1), ERROR_INVALID_PARAMETER);
    assert_fails(SetSecurityDescriptorDacl(NULL, FALSE, NULL, FALSE), ERROR_INVALID_PARAMETER);
    assert_fails(SetSecurityDescriptorOwner(NULL, NULL, FALSE), ERROR_INVALID_PARAMETER);
    assert_fails(SetSecurityDescriptorGroup(NULL, NULL, FALSE), ERROR_INVALID_PARAMETER);
    MapGenericMask(NULL, &mapping);
    MapGenericMask(&access, NULL);
    assert_int_equal(access, GENERIC_READ);
}

static void a_mapping_to_a_generic_right_leads_nowhere(void **state)
{
    GENERIC_MAPPING mapping = {GENERIC_ALL | 1, 2, GENERIC_READ | 4, 0x1F};
    DWORD access = GENERIC_READ;

    (void)state;
    MapGenericMask(&access, &mapping);
    assert_int_equal(access, 1);
    access = GENERIC_EXECUTE;
    MapGenericMask(&access, &mapping);
    assert_int_equal(access, 4);
}

static void entries_have_a_known_revision(void **state)
{
    DWORD words[25] = {0};
    PACL acl = (PACL)words;

    (void)state;
    assert_true(InitializeAcl(acl, sizeof words, ACL_REVISION));
    assert_fails(AddAccessAllowedAce(acl, 0, 1, &s_user), ERROR_REVISION_MISMATCH);
    assert_fails(AddAccessDeniedAce(acl, 1, 1, &s_user), ERROR_REVISION_MISMATCH);
    assert_fails(AddAccessDeniedAce(acl, 0x102, 1, &s_user), ERROR_REVISION_MISMATCH);
    assert_int_equal(acl->AceCount, 0);
}

/* Two bytes of a list with one entry of a SID; 8 + 20 bytes of 100 are in use, the rest are 0. */
static void entries_are_whole(void **state)
{
    static const struct {
        BYTE at, value, at2, value2;
        BOOL valid;
    } cases[] = {
        {LOW_BYTE(4), 1, 0, 2, TRUE},
        /* an entry of no size, or with a header only, of a type with a SID */
        {LOW_BYTE(4), 2, 0, 2, FALSE},
        {LOW_BYTE(4), 2, LOW_BYTE(8 + 20 + 2), 4, FALSE},
        /* AceSize: too small for the SID, none, and not a multiple of 4 */
        {LOW_BYTE(8 + 2), 16, 0, 2, FALSE},
        {LOW_BYTE(8 + 2), 0, 0, 2, FALSE},
        {LOW_BYTE(8 + 2), 22, 0, 2, FALSE},
        /* the SID's revision, its count, and a SID longer than its entry */
        {8 + 8, 2, 0, 2, FALSE},
        {8 + 9, 16, 0, 2, FALSE},
        {8 + 9, 2, 0, 2, FALSE},
        /* what is not counted is not looked at */
        {LOW_BYTE(4), 0, LOW_BYTE(8 + 2), 0, TRUE},
        /* audit and alarm have a SID too */
        {8, 2, 8 + 9, 1, TRUE},
        {8, 3, 8 + 9, 1, TRUE},
        {8, 2, 8 + 9, 2, FALSE},
        {8, 3, 8 + 9, 2, FALSE},
        /* a list without room for its header */
        {LOW_BYTE(2), 7, LOW_BYTE(4), 0, FALSE},
        /* the contents of an entry of an unknown type are not known */
        {8, 0x77, 8 + 9, 99, TRUE},
        {8, 0x77, LOW_BYTE(8 + 2), 4, TRUE},
        {8, 0x77, LOW_BYTE(8 + 2), 3, FALSE},
        {8, 0x77, LOW_BYTE(8 + 2), 96, FALSE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        DWORD words[25] = {0};
        PACL acl = (PACL)words;

        assert_true(InitializeAcl(acl, sizeof words, ACL_REVISION));
        assert_true(AddAccessAllowedAce(acl, ACL_REVISION, 1, &s_user));
        ((BYTE *)words)[cases[i].at] = cases[i].value;
        ((BYTE *)words)[cases[i].at2] = cases[i].value2;
        assert_int_equal(IsValidAcl(acl), cases[i].valid);
    }
}

/* ---- text ------------------------------------------------------------------------------------ */

static void texts_are_read_strictly(void **state)
{
    static const char *const cases[] = {
        "",
        "S",
        "S-",
        "S-1-",
        "S-1-5-",
        "S-1-5-32-",
        "S-1-5--32",
        "S-1--5-32",
        "S-1-5-+32",
        "S-1-5- 32",
        " S-1-5-32",
        "S-1-5-32 ",
        "S-1-5-32\n",
        "S-01-5-32",
        "S-1-5-0x",
        "S-1-5-0x-1",
        "S-1-5-0xG",
        "S-1-5-0x100000000",
        "S-1-5-x20",
        "S-1-5-0x20 ",
        "S-1-5-00x20",
        "S-0x1-5-32",
        "S-1-5-3A",
        "S-1-4294967296-1",
        "S-1-5-4294967296",
        "S-1-5-18446744073709551617",
        "S-1-0x-1",
        "S-1-0x1000000000000-1",
        "S-1-0x0000000000001-1",
        "S-1-0xG-1",
        "S-2-5-32",
        "S-0-5-32",
        "S-10-5-32",
        "T-1-5-32",
        "S_1_5_32",
        "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16",
        "W",
        "WDX",
        "W ",
        "ZZ",
        "AOX",
        "DA",
        "CA",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PSID sid = POISON;

        assert_fails(ConvertStringSidToSidA(cases[i], &sid), ERROR_INVALID_SID);
        assert_null(sid);
    }
}

static void large_authorities_are_hexadecimal(void **state)
{
    static const char *const cases[][2] = {
        {"S-1-4294967295-1", "S-1-4294967295-1"},
        {"S-1-0xFFFFFFFF-1", "S-1-4294967295-1"},
        {"S-1-0x100000000-1", "S-1-0x000100000000-1"},
        {"S-1-0x1122334455AA-1", "S-1-0x1122334455aa-1"},
        {"S-1-0xFFFFFFFFFFFF-4294967295-4294967295-4294967295-4294967295-4294967295-4294967295"
         "-4294967295-4294967295-4294967295-4294967295-4294967295-4294967295-4294967295"
         "-4294967295-4294967295",
         "S-1-0xffffffffffff-4294967295-4294967295-4294967295-4294967295-4294967295-4294967295"
         "-4294967295-4294967295-4294967295-4294967295-4294967295-4294967295-4294967295"
         "-4294967295-4294967295"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL;
        PSID sid = NULL;

        assert_true(ConvertStringSidToSidA(cases[i][0], &sid));
        assert_true(ConvertSidToStringSidA(sid, &text));
        assert_string_equal(text, cases[i][1]);
        (void)LocalFree(text);
        (void)LocalFree(sid);
    }
}

static void no_text_without_a_sid_and_a_place(void **state)
{
    PSID none[] = {NULL, &s_malformed};
    PSID sid = POISON;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        char *text = POISON;

        assert_fails(ConvertSidToStringSidA(none[i], &text),
                     i == 0 ? ERROR_INVALID_PARAMETER : ERROR_INVALID_SID);
        assert_null(text);
    }
    assert_fails(ConvertSidToStringSidA(&s_user, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(ConvertStringSidToSidA(NULL, &sid), ERROR_INVALID_PARAMETER);
    assert_null(sid);
}

/* ---- where they lie -------------------------------------------------------------------------- */

/* A buffer that ends where reading is fatal. */
static BYTE *s_end;

static int map_edge(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = 0x10000 + page;
    BYTE *memory =
        mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    if (memory == MAP_FAILED || mprotect(memory + size, page, PROT_NONE) != 0) {
        return 1;
    }
    s_end = memory + size;
    return 0;
}

/* Their last byte is the last of the memory, with any alignment that gives. */
static void only_their_own_bytes_are_read(void **state)
{
    BYTE *sid = s_end - sizeof s_user;

    (void)state;
    memcpy(sid, &s_user, sizeof s_user);
    assert_true(IsValidSid(sid));
    assert_true(EqualSid(sid, &s_user));
    assert_int_equal(GetLengthSid(sid), sizeof s_user);
    assert_int_equal(*GetSidSubAuthority(sid, 0), 1000);
    sid[1] = 0; /* a header only */
    memmove(s_end - 8, sid, 8);
    assert_int_equal(GetLengthSid(s_end - 8), 8);
    assert_false(EqualSid(s_end - 8, &s_user));
    assert_false(EqualSid(&s_user, s_end - 8)); /* the longer one first */
}

static void a_header_is_no_entry(void **state)
{
    BYTE *acl = s_end - 12;

    (void)state;
    for (BYTE size = 0; size <= 8; size += 4) {
        for (BYTE type = 0; type <= 4; type++) {
            const BYTE bytes[12] = {[0] = ACL_REVISION,
                                    [LOW_BYTE(2)] = 12,
                                    [LOW_BYTE(4)] = 1,
                                    [8] = type,
                                    [LOW_BYTE(8 + 2)] = size};

            memcpy(acl, bytes, sizeof bytes);
            assert_int_equal(IsValidAcl((PACL)(void *)acl), type == 4 && size == 4);
        }
    }
    acl[LOW_BYTE(2)] = 11; /* nor are three bytes of one */
    acl[LOW_BYTE(8 + 2)] = 0;
    memmove(acl + 1, acl, 11);
    assert_false(IsValidAcl((PACL)(void *)(acl + 1)));
}

static void odd_addresses_will_do(void **state)
{
    BYTE bytes[256];
    BYTE *sid = bytes + 1, *acl = bytes + 33, *descriptor = bytes + 133;
    SECURITY_DESCRIPTOR parts;
    char *text;

    (void)state;
    assert_true(InitializeSid(sid, &s_nt, 1));
    memcpy(sid + 8, &s_user.SubAuthority, 4);
    assert_true(EqualSid(sid, &s_user));
    assert_true(ConvertSidToStringSidA(sid, &text));
    assert_string_equal(text, "S-1-5-1000");
    (void)LocalFree(text);
    assert_true(InitializeAcl((PACL)(void *)acl, 100, ACL_REVISION));
    assert_true(AddAccessAllowedAce((PACL)(void *)acl, ACL_REVISION, 1, sid));
    assert_true(IsValidAcl((PACL)(void *)acl));
    assert_true(InitializeSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorOwner(descriptor, sid, FALSE));
    assert_true(SetSecurityDescriptorDacl(descriptor, TRUE, (PACL)(void *)acl, FALSE));
    assert_true(IsValidSecurityDescriptor(descriptor));
    memcpy(&parts, descriptor, sizeof parts);
    assert_ptr_equal(parts.Owner, sid);
    assert_ptr_equal(parts.Dacl, acl);
}

/* ---- random bytes ---------------------------------------------------------------------------- */

static uint32_t s_random = 88172645u;

static uint32_t random_below(uint32_t limit)
{
    s_random ^= s_random << 13;
    s_random ^= s_random >> 17;
    s_random ^= s_random << 5;
    return s_random % limit;
}

/* Entries that would be right, but for what happens to them next. */
static void write_entries(BYTE *acl, size_t size)
{
    for (unsigned i = random_below(6); i > 0; i--) {
        if (random_below(2) == 0) {
            (void)AddAccessAllowedAce((PACL)(void *)acl, ACL_REVISION, random_below(16), &s_user);
        } else {
            (void)AddAccessDeniedAce((PACL)(void *)acl, ACL_REVISION, random_below(16), &s_user);
        }
    }
    for (unsigned i = random_below(4); i > 0; i--) {
        size_t at = random_below((uint32_t)size);

        if (at != 2 && at != 3) { /* its size is the one thing that cannot be checked */
            acl[at] = (BYTE)(random_below(2) == 0 ? random_below(256) : random_below(32));
        }
    }
}

/* Lists of every size up to 200, each just before the edge; about half keep their entries. */
static BYTE *random_list(unsigned round)
{
    size_t size = 8 + random_below(193);
    BYTE *acl = s_end - size;

    for (size_t i = 0; i < size; i++) {
        acl[i] = (BYTE)random_below(256);
    }
    (void)InitializeAcl((PACL)(void *)acl, (DWORD)size, ACL_REVISION);
    if (round % 4 != 0) {
        write_entries(acl, size);
    } else {
        acl[4] = (BYTE)random_below(4); /* random entries, so many */
    }
    return acl;
}

static void random_lists_are_never_left(void **state)
{
    guise_token_desc desc = {
        .size = sizeof desc, .uid = 1000, .gid = 100, .level = GUISE_LEVEL_IDENTIFY};
    const GENERIC_MAPPING mapping = {1, 2, 4, 7};
    SECURITY_DESCRIPTOR descriptor;
    guise_token *token;
    unsigned valid = 0;

    (void)state;
    assert_ok(guise_token_create(&desc, &token));
    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorOwner(&descriptor, &s_user, FALSE));
    assert_true(SetSecurityDescriptorGroup(&descriptor, &s_user, FALSE));
    for (unsigned round = 0; round < 60000; round++) {
        BYTE *acl = random_list(round);
        BOOL is_valid = IsValidAcl((PACL)(void *)acl), status = 7;
        DWORD granted = 7;

        assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, (PACL)(void *)acl, FALSE));
        assert_int_equal(guise__com_access_check(token, &descriptor, MAXIMUM_ALLOWED, &mapping,
                                                 &granted, &status),
                         is_valid ? 0 : ERROR_INVALID_SECURITY_DESCR);
        assert_true(is_valid ? status == (granted != 0) : granted == 7 && status == 7);
        if (!is_valid) {
            assert_fails(AddAccessAllowedAce((PACL)(void *)acl, ACL_REVISION, 1, &s_user),
                         ERROR_INVALID_ACL);
        } else if (AddAccessAllowedAce((PACL)(void *)acl, ACL_REVISION, 1, &s_user)) {
            assert_true(IsValidAcl((PACL)(void *)acl));
        }
        valid += is_valid != 0;
    }
    /* Neither kind is rare, so both were tried. */
    assert_in_range(valid, 6000, 54000);
    guise_token_unref(token);
}

static void random_sids_are_never_left(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        size_t room = random_below(80);
        BYTE *sid = s_end - room;
        size_t length;

        for (size_t i = 0; i < room; i++) {
            sid[i] = (BYTE)(random_below(2) == 0 ? 1 : random_below(20));
        }
        length = guise__com_sid_length(sid, room);
        assert_true(length <= room);
        assert_int_equal(length != 0, room >= 8 && sid[0] == 1 && sid[1] <= 15 &&
                                          (size_t)8 + 4 * sid[1] <= room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sids_that_are_none_have_nothing),
        cmocka_unit_test(sids_are_not_made_from_nothing),
        cmocka_unit_test(lists_and_descriptors_can_be_missing),
        cmocka_unit_test(a_mapping_to_a_generic_right_leads_nowhere),
        cmocka_unit_test(entries_have_a_known_revision),
        cmocka_unit_test(entries_are_whole),
        cmocka_unit_test(texts_are_read_strictly),
        cmocka_unit_test(large_authorities_are_hexadecimal),
        cmocka_unit_test(no_text_without_a_sid_and_a_place),
        cmocka_unit_test(only_their_own_bytes_are_read),
        cmocka_unit_test(a_header_is_no_entry),
        cmocka_unit_test(odd_addresses_will_do),
        cmocka_unit_test(random_lists_are_never_left),
        cmocka_unit_test(random_sids_are_never_left),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, map_edge, NULL);
}
