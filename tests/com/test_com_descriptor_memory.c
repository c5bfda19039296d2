/* SPDX-License-Identifier: MIT */
/*
 * Descriptors and lists from outside: cut off, with offsets that lead elsewhere, and with entries
 * that no text stands for; each just before memory that must not be read. And what is NULL.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "security_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <aclapi.h>
#include <guisecom.h>
#include <sddl.h>
#include <windows.h>

#define WHOLE "O:BAG:SYD:P(D;OICI;0x1f;;;BG)(A;;GA;;;WD)S:(AU;FA;CC;;;AU)"

static SID s_user = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {1000}};
static SID s_malformed = {SID_REVISION, 16, {SECURITY_NT_AUTHORITY}, {1000}};

/* ---- the edge -------------------------------------------------------------------------------- */

static BYTE *s_end; /* behind it nothing may be read */

static int map_edge(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 4 * page;
    BYTE *memory =
        mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)state;
    if (memory == MAP_FAILED || mprotect(memory + size, page, PROT_NONE) != 0) {
        return 1;
    }
    s_end = memory + size;
    return 0;
}

/* The descriptor of a text, just before the edge. */
static BYTE *place(const char *text, ULONG *size)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    BYTE *bytes;

    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1,
                                                                     &descriptor, size));
    bytes = s_end - *size;
    memcpy(bytes, descriptor, *size);
    (void)LocalFree(descriptor);
    return bytes;
}

static void the_whole_is_valid_and_no_beginning_is(void **state)
{
    ULONG size;
    BYTE *bytes = place(WHOLE, &size);

    (void)state;
    assert_true(IsValidSecurityDescriptor(bytes));
    assert_true(GuiseIsValidRelativeDescriptor(bytes, size));
    for (DWORD less = 0; less < size; less++) {
        memmove(s_end - less, bytes, less);
        assert_false(GuiseIsValidRelativeDescriptor(s_end - less, less));
        bytes = place(WHOLE, &size);
    }
    assert_false(GuiseIsValidRelativeDescriptor(NULL, 0));
    assert_false(GuiseIsValidRelativeDescriptor(NULL, 100));
}

static void absolute_forms_are_not_taken_from_outside(void **state)
{
    SECURITY_DESCRIPTOR absolute;

    (void)state;
    assert_true(InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION));
    assert_true(IsValidSecurityDescriptor(&absolute));
    assert_false(GuiseIsValidRelativeDescriptor(&absolute, sizeof absolute));
}

static void offsets_lead_to_the_parts_or_nowhere(void **state)
{
    static const DWORD wrong[] = {1, 4, 19, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF, 1000};

    (void)state;
    for (size_t at = 4; at < 20; at += 4) {
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            ULONG size;
            BYTE *bytes = place(WHOLE, &size);

            memcpy(bytes + at, &wrong[i], sizeof wrong[i]);
            assert_false(GuiseIsValidRelativeDescriptor(bytes, size));
            for (DWORD edge = size - 8; edge <= size + 1; edge++) {
                memcpy(bytes + at, &edge, sizeof edge);
                assert_false(GuiseIsValidRelativeDescriptor(bytes, size));
            }
        }
    }
}

/* Bytes of the header that would be a SID are none. */
static void no_part_lies_in_the_header(void **state)
{
    static const BYTE sid[8] = {SID_REVISION, 0};
    SECURITY_DESCRIPTOR_RELATIVE header = {
        .Revision = SECURITY_DESCRIPTOR_REVISION, .Control = SE_SELF_RELATIVE, .Owner = 12};

    (void)state;
    memcpy((BYTE *)&header + 12, sid, sizeof sid);
    assert_false(GuiseIsValidRelativeDescriptor(&header, sizeof header));
    assert_false(IsValidSecurityDescriptor(&header));
    assert_fails(GetSecurityDescriptorLength(&header), ERROR_INVALID_SECURITY_DESCR);
}

/* Every byte takes every value; what is valid then has a text or says why not. */
static void any_byte_may_be_any(void **state)
{
    unsigned valid = 0, invalid = 0, printed = 0;
    ULONG size;

    (void)state;
    (void)place(WHOLE, &size);
    for (DWORD at = 0; at < size; at++) {
        for (unsigned value = 0; value < 256; value++) {
            BYTE *bytes = place(WHOLE, &size);
            char *text = NULL;

            bytes[at] = (BYTE)value;
            if (!GuiseIsValidRelativeDescriptor(bytes, size)) {
                invalid++;
                continue;
            }
            valid++;
            if (ConvertSecurityDescriptorToStringSecurityDescriptorA(bytes, SDDL_REVISION_1, 0xF,
                                                                     &text, NULL)) {
                printed++;
            } else {
                assert_true(GetLastError() == ERROR_INVALID_ACL ||
                            GetLastError() == ERROR_INVALID_SID);
                assert_null(text);
            }
            (void)LocalFree(text);
        }
    }
    assert_true(valid > 1000 && invalid > 1000 && printed > 1000 && valid > printed);
}

/* ---- what has no text ------------------------------------------------------------------------ */

static DWORD print_error_of(PSID owner, PACL dacl)
{
    SECURITY_DESCRIPTOR descriptor;
    char *text = POISON;
    ULONG length = 7;

    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorOwner(&descriptor, owner, FALSE));
    assert_true(SetSecurityDescriptorDacl(&descriptor, dacl != NULL, dacl, FALSE));
    SetLastError(0);
    if (ConvertSecurityDescriptorToStringSecurityDescriptorA(&descriptor, SDDL_REVISION_1, 0xF,
                                                             &text, &length)) {
        (void)LocalFree(text);
        return 0;
    }
    assert_null(text);
    assert_int_equal(length, 0);
    return GetLastError();
}

static void what_no_text_stands_for_is_refused(void **state)
{
    static SID bare = {SID_REVISION, 0, {SECURITY_NT_AUTHORITY}, {0}};
    union {
        ACL acl;
        BYTE bytes[64];
    } list;

    (void)state;
    assert_int_equal(print_error_of(&bare, NULL), ERROR_INVALID_SID);
    assert_int_equal(print_error_of(&s_malformed, NULL), ERROR_INVALID_SECURITY_DESCR);
    for (unsigned type = 0; type < 256; type++) {
        const BOOL has_text = type <= 3 || type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;

        memset(&list, 0, sizeof list);
        assert_true(InitializeAcl(&list.acl, sizeof list, ACL_REVISION));
        assert_true(AddAccessAllowedAce(&list.acl, ACL_REVISION, 1, &s_user));
        list.bytes[8] = (BYTE)type;
        if (type < 5 || type > 8) { /* those have their SID elsewhere */
            assert_int_equal(print_error_of(&s_user, &list.acl), has_text ? 0 : ERROR_INVALID_ACL);
        }
    }
    list.bytes[8] = ACCESS_ALLOWED_ACE_TYPE;
    assert_int_equal(print_error_of(&s_user, &list.acl), 0);
    list.bytes[9] = 0x20; /* a flag without letters */
    assert_int_equal(print_error_of(&s_user, &list.acl), ERROR_INVALID_ACL);
}

static DWORD read_error_of(const char *text)
{
    PSECURITY_DESCRIPTOR descriptor = POISON;
    ULONG size = 7;

    SetLastError(0);
    if (ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor,
                                                             &size)) {
        assert_true(GuiseIsValidRelativeDescriptor(descriptor, size));
        (void)LocalFree(descriptor);
        return 0;
    }
    assert_null(descriptor);
    assert_int_equal(size, 0);
    return GetLastError();
}

static void texts_of_descriptors_are_read_strictly(void **state)
{
    static const struct {
        const char *text;
        DWORD error;
    } cases[] = {
        {"  O: BA  G: SY D: P AR ( a ; oi ci ; ga ; ; ; wd )  ( D ; ; 0x1 ; ; ; BA ) ",
         ERROR_INVALID_ACL}, /* spaces around fields, not within */
        {"  O: BA  G: SY D: P AR ( a ; oici ; ga ; ; ; wd )  ( D ; ; 0x1 ; ; ; BA ) ", 0},
        {"o:ba", 0},
        {"O:BAO:BA", ERROR_INVALID_PARAMETER},
        {"G:BAG:BA", ERROR_INVALID_PARAMETER},
        {"D:D:", ERROR_INVALID_PARAMETER},
        {"S:S:", ERROR_INVALID_PARAMETER},
        {"D:NO_ACCESS_CONTROLD:", ERROR_INVALID_PARAMETER},
        {"O", ERROR_INVALID_PARAMETER},
        {":", ERROR_INVALID_PARAMETER},
        {"O::", ERROR_INVALID_SID},
        {"O:BA:", ERROR_INVALID_SID},
        {"D:NO_ACCESS_CONTROL(A;;GA;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;GA;;;WD)P", ERROR_INVALID_ACL},
        {"D:(A;;GA;;;WD)x", ERROR_INVALID_ACL},
        {"D:)", ERROR_INVALID_ACL},
        {"D:()", ERROR_INVALID_ACL},
        {"D:(A;;GA;;;WD;)", ERROR_INVALID_ACL},
        {"D:(XA;;GA;;;WD;(a==1))", ERROR_INVALID_ACL},
        {"D:(A;;G;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;O;GA;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;NW;;;WD)", ERROR_INVALID_ACL},
        {"S:(ML;;GA;;;LW)", ERROR_INVALID_ACL},
        {"D:(A;;0x;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;0x100000000;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;4294967296;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;08;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;1GA;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;037777777777;;;WD)", 0},
        {"D:(A;;GA;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)", ERROR_INVALID_ACL},
        {"D:(OA;;GA;bf967aba-0de6-11d0-a285-00aa003049e;;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:(OA;;GA;bf967aba-0de6-11d0-a285+00aa003049e2;;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:(OA;;GA;;bf967abg-0de6-11d0-a285-00aa003049e2;WD)", RPC_S_INVALID_STRING_UUID},
        {"D:(OL;;GA;;;WD)", 0},
        {"O:B\xC1", ERROR_INVALID_SID},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (read_error_of(cases[i].text) != cases[i].error) {
            fail_msg("%s: %u", cases[i].text, (unsigned)GetLastError());
        }
    }
}

/* count entries of 20 bytes. */
static DWORD read_long_list(unsigned count)
{
    static const char entry[] = "(A;;GA;;;WD)";
    const size_t length = sizeof entry - 1;
    char *text = malloc(2 + count * length + 1);
    DWORD error;

    assert_non_null(text);
    memcpy(text, "D:", 3);
    for (unsigned i = 0; i < count; i++) {
        memcpy(text + 2 + i * length, entry, length + 1);
    }
    error = read_error_of(text);
    free(text);
    return error;
}

static void a_list_is_as_long_as_its_size_can_tell(void **state)
{
    (void)state;
    assert_int_equal(read_long_list((65535 - 8) / 20), 0);
    assert_int_equal(read_long_list((65535 - 8) / 20 + 1), ERROR_INVALID_ACL);
    assert_int_equal(read_long_list(30000), ERROR_INVALID_ACL);
}

/* ---- NULL ------------------------------------------------------------------------------------ */

static void descriptors_can_be_missing(void **state)
{
    SECURITY_DESCRIPTOR_CONTROL control;
    SECURITY_DESCRIPTOR empty;
    DWORD size = 0, revision;
    BOOL present;
    PSID sid;
    PACL acl;

    (void)state;
    assert_true(InitializeSecurityDescriptor(&empty, SECURITY_DESCRIPTOR_REVISION));
    assert_fails(GetSecurityDescriptorControl(NULL, &control, &revision), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorControl(&empty, NULL, &revision), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorControl(&empty, &control, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorOwner(NULL, &sid, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorOwner(&empty, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorGroup(NULL, &sid, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorGroup(&empty, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorDacl(NULL, &present, &acl, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorDacl(&empty, NULL, &acl, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorDacl(&empty, &present, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorSacl(NULL, &present, &acl, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(GetSecurityDescriptorLength(NULL), ERROR_INVALID_PARAMETER);
    assert_fails(SetSecurityDescriptorControl(NULL, 0, 0), ERROR_INVALID_PARAMETER);
    assert_fails(SetSecurityDescriptorSacl(NULL, FALSE, NULL, FALSE), ERROR_INVALID_PARAMETER);
    assert_fails(MakeSelfRelativeSD(NULL, &empty, &size), ERROR_INVALID_PARAMETER);
    assert_fails(MakeSelfRelativeSD(&empty, &empty, NULL), ERROR_INVALID_PARAMETER);
    size = sizeof empty;
    assert_fails(MakeSelfRelativeSD(&empty, NULL, &size), ERROR_INVALID_PARAMETER);
    assert_int_equal(size, sizeof(SECURITY_DESCRIPTOR_RELATIVE));
    assert_true(GetSecurityDescriptorOwner(&empty, &sid, NULL));
}

/* NULL places of enough room, and sizes that are NULL. */
static void parts_need_their_places(void **state)
{
    ULONG whole;
    BYTE *bytes = place(WHOLE, &whole);

    (void)state;
    for (unsigned missing = 0; missing < 5; missing++) {
        SECURITY_DESCRIPTOR made;
        BYTE parts[4][128];
        DWORD sizes[5] = {sizeof made, 128, 128, 128, 128};
        void *places[5] = {&made, parts[0], parts[1], parts[2], parts[3]};
        DWORD *counts[5] = {&sizes[0], &sizes[1], &sizes[2], &sizes[3], &sizes[4]};

        memset(&made, 0xCC, sizeof made);
        counts[missing] = NULL;
        assert_fails(MakeAbsoluteSD(bytes, places[0], counts[0], places[1], counts[1], places[2],
                                    counts[2], places[3], counts[3], places[4], counts[4]),
                     ERROR_INVALID_PARAMETER);
        counts[missing] = &sizes[missing];
        places[missing] = NULL;
        assert_fails(MakeAbsoluteSD(bytes, places[0], counts[0], places[1], counts[1], places[2],
                                    counts[2], places[3], counts[3], places[4], counts[4]),
                     ERROR_INVALID_PARAMETER);
        assert_int_equal(made.Revision, 0xCC);
        sizes[missing]--; /* and a byte too few, which is told */
        assert_fails(MakeAbsoluteSD(bytes, places[0], counts[0], places[1], counts[1], places[2],
                                    counts[2], places[3], counts[3], places[4], counts[4]),
                     ERROR_INSUFFICIENT_BUFFER);
    }
}

static void lists_can_be_missing(void **state)
{
    ACL_SIZE_INFORMATION size;
    ACL empty;
    void *ace = POISON;
    BYTE entry[20] = {0};

    (void)state;
    assert_true(InitializeAcl(&empty, sizeof empty, ACL_REVISION));
    assert_fails(GetAce(NULL, 0, &ace), ERROR_INVALID_PARAMETER);
    assert_fails(GetAce(&empty, 0, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(AddAce(NULL, ACL_REVISION, 0, entry, sizeof entry), ERROR_INVALID_PARAMETER);
    assert_fails(AddAce(&empty, ACL_REVISION, 0, NULL, sizeof entry), ERROR_INVALID_PARAMETER);
    assert_fails(AddAce(&empty, ACL_REVISION, 0, entry, 0), ERROR_INVALID_PARAMETER);
    assert_fails(AddAce(&empty, 5, 0, entry, sizeof entry), ERROR_REVISION_MISMATCH);
    assert_fails(DeleteAce(NULL, 0), ERROR_INVALID_PARAMETER);
    assert_fails(GetAclInformation(NULL, &size, sizeof size, AclSizeInformation),
                 ERROR_INVALID_PARAMETER);
    assert_fails(GetAclInformation(&empty, NULL, sizeof size, AclSizeInformation),
                 ERROR_INVALID_PARAMETER);
    assert_fails(FindFirstFreeAce(&empty, NULL), ERROR_INVALID_PARAMETER);
    assert_ptr_equal(ace, POISON);
    assert_fails(FindFirstFreeAce(NULL, &ace), ERROR_INVALID_ACL);
    assert_null(ace);
}

static void malformed_lists_are_not_changed(void **state)
{
    ACL_SIZE_INFORMATION size;
    union {
        ACL acl;
        BYTE bytes[64];
    } list, before;
    BYTE entry[20];
    void *ace = POISON;
    PACL made = POISON;

    (void)state;
    assert_true(InitializeAcl(&list.acl, sizeof list, ACL_REVISION));
    assert_true(AddAccessAllowedAce(&list.acl, ACL_REVISION, 1, &s_user));
    memcpy(entry, list.bytes + 8, sizeof entry);
    list.acl.AceCount = 3; /* two more, that are none */
    memset(list.bytes + 28, 0, 36);
    before = list;
    assert_true(GetAce(&list.acl, 0, &ace));
    assert_fails(GetAce(&list.acl, 1, &ace), ERROR_INVALID_ACL);
    assert_null(ace);
    assert_fails(GetAce(&list.acl, 2, &ace), ERROR_INVALID_ACL);
    assert_fails(DeleteAce(&list.acl, 0), ERROR_INVALID_ACL);
    assert_fails(AddAce(&list.acl, ACL_REVISION, 0, entry, sizeof entry), ERROR_INVALID_ACL);
    assert_fails(GetAclInformation(&list.acl, &size, sizeof size, AclSizeInformation),
                 ERROR_INVALID_ACL);
    assert_int_equal(SetEntriesInAclA(0, NULL, &list.acl, &made), ERROR_INVALID_ACL);
    assert_null(made);
    assert_memory_equal(&list, &before, sizeof list);
}

static void trustees_can_be_missing(void **state)
{
    char name[] = "nobody we know";
    EXPLICIT_ACCESS_A access;
    PACL made = POISON;

    (void)state;
    BuildTrusteeWithSidA(NULL, &s_user);
    BuildTrusteeWithSidW(NULL, &s_user);
    BuildTrusteeWithNameA(NULL, name);
    BuildTrusteeWithNameW(NULL, NULL);
    BuildExplicitAccessWithNameA(NULL, name, 1, GRANT_ACCESS, 0);
    BuildExplicitAccessWithNameW(NULL, NULL, 1, GRANT_ACCESS, 0);
    SetLastError(4711);
    BuildExplicitAccessWithNameA(&access, name, 1, GRANT_ACCESS, 0);
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_NONE_MAPPED);
    assert_null(made);
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_int_equal(SetEntriesInAclA(1, NULL, NULL, &made), ERROR_INVALID_PARAMETER);
    assert_int_equal(SetEntriesInAclW(1, NULL, NULL, &made), ERROR_INVALID_PARAMETER);
    access.Trustee.ptstrName = NULL;
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
    BuildTrusteeWithSidA(&access.Trustee, NULL);
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
    BuildTrusteeWithSidA(&access.Trustee, &s_user);
    access.Trustee.pMultipleTrustee = &access.Trustee;
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
    access.Trustee.pMultipleTrustee = NULL;
    access.grfInheritance = 0x10;
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_INVALID_PARAMETER);
    access.grfInheritance = 0;
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &made), ERROR_SUCCESS);
    (void)LocalFree(made);
    assert_int_equal(GetLastError(), 4711);
}

static void a_list_of_entries_can_be_too_long(void **state)
{
    enum { COUNT = 4000 };
    EXPLICIT_ACCESS_A *list = calloc(COUNT, sizeof *list);
    SID *sids = calloc(COUNT, sizeof *sids);
    PACL made = POISON;

    (void)state;
    assert_non_null(list);
    assert_non_null(sids);
    for (DWORD i = 0; i < COUNT; i++) {
        sids[i] = s_user;
        sids[i].SubAuthority[0] = i;
        list[i].grfAccessPermissions = 1;
        list[i].grfAccessMode = GRANT_ACCESS;
        BuildTrusteeWithSidA(&list[i].Trustee, &sids[i]);
    }
    assert_int_equal(SetEntriesInAclA((65535 - 8) / 20 + 1, list, NULL, &made),
                     ERROR_ALLOTTED_SPACE_EXCEEDED);
    assert_null(made);
    assert_int_equal(SetEntriesInAclA((65535 - 8) / 20, list, NULL, &made), ERROR_SUCCESS);
    assert_int_equal(made->AceCount, (65535 - 8) / 20);
    assert_true(IsValidAcl(made));
    (void)LocalFree(made);
    free(sids);
    free(list);
}

static void sids_need_what_they_are_made_of(void **state)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    PSID long_one = NULL;
    DWORD size = sizeof sid;

    (void)state;
    assert_fails(CreateWellKnownSid(WinWorldSid, NULL, sid, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(CreateWellKnownSid(WinWorldSid, NULL, NULL, &size), ERROR_INVALID_PARAMETER);
    size = sizeof sid;
    assert_fails(CreateWellKnownSid(WinWorldSid, &s_malformed, sid, &size),
                 ERROR_INVALID_PARAMETER);
    assert_fails(CreateWellKnownSid(WinLogonIdsSid, NULL, sid, &size), ERROR_INVALID_PARAMETER);
    assert_fails(CreateWellKnownSid((WELL_KNOWN_SID_TYPE)-1, NULL, sid, &size),
                 ERROR_INVALID_PARAMETER);
    assert_int_equal(size, sizeof sid);
    assert_true(ConvertStringSidToSidA("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15", &long_one));
    assert_fails(CreateWellKnownSid(WinAccountGuestSid, long_one, sid, &size),
                 ERROR_INVALID_PARAMETER); /* with one more it would have 16 */
    (void)LocalFree(long_one);
    assert_false(IsWellKnownSid(NULL, WinWorldSid));
    assert_false(IsWellKnownSid(&s_malformed, WinWorldSid));
    assert_fails(EqualPrefixSid(NULL, &s_user), ERROR_INVALID_SID);
    assert_fails(EqualPrefixSid(&s_user, &s_malformed), ERROR_INVALID_SID);
    assert_true(CreateWellKnownSid(WinNtAuthoritySid, NULL, sid, &size));
    assert_int_equal(size, 8);
    assert_true(EqualPrefixSid(sid, sid));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_is_valid_and_no_beginning_is),
        cmocka_unit_test(absolute_forms_are_not_taken_from_outside),
        cmocka_unit_test(offsets_lead_to_the_parts_or_nowhere),
        cmocka_unit_test(no_part_lies_in_the_header),
        cmocka_unit_test(any_byte_may_be_any),
        cmocka_unit_test(what_no_text_stands_for_is_refused),
        cmocka_unit_test(texts_of_descriptors_are_read_strictly),
        cmocka_unit_test(a_list_is_as_long_as_its_size_can_tell),
        cmocka_unit_test(descriptors_can_be_missing),
        cmocka_unit_test(parts_need_their_places),
        cmocka_unit_test(lists_can_be_missing),
        cmocka_unit_test(malformed_lists_are_not_changed),
        cmocka_unit_test(trustees_can_be_missing),
        cmocka_unit_test(a_list_of_entries_can_be_too_long),
        cmocka_unit_test(sids_need_what_they_are_made_of),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, map_edge, NULL);
}
