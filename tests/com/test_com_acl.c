/* SPDX-License-Identifier: MIT */
/* Lists and descriptors, as programs make them. Only what the SDK declares. */
#include "com_test.h"

#include <stdbool.h>
#include <string.h>

#include <windows.h>

#define SID_SIZE 12 /* one sub-authority */
#define ACE_SIZE (8 + SID_SIZE)

static SID s_user = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {1000}};
static SID s_world = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};

/* A list with room behind its end, to see that nothing is written there. */
union list {
    DWORD words[32];
    BYTE bytes[128];
    ACL acl;
};

static PACL empty(union list *list, DWORD size)
{
    memset(list, 0xCC, sizeof *list);
    assert_true(InitializeAcl(&list->acl, size, ACL_REVISION));
    return &list->acl;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static void lists_are_laid_out_as_on_windows(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ACL), 8);
    assert_int_equal(offsetof(ACL, AclSize), 2);
    assert_int_equal(offsetof(ACL, AceCount), 4);
    assert_int_equal(sizeof(ACE_HEADER), 4);
    assert_int_equal(offsetof(ACE_HEADER, AceFlags), 1);
    assert_int_equal(offsetof(ACE_HEADER, AceSize), 2);
    assert_int_equal(sizeof(ACCESS_ALLOWED_ACE), 12);
    assert_int_equal(offsetof(ACCESS_ALLOWED_ACE, Mask), 4);
    assert_int_equal(offsetof(ACCESS_ALLOWED_ACE, SidStart), 8);
    assert_int_equal(sizeof(ACCESS_DENIED_ACE), 12);
    assert_int_equal(sizeof(GENERIC_MAPPING), 16);
}

static void constants_are_those_of_windows(void **state)
{
    static const struct {
        DWORD actual, expected;
    } constants[] = {
        {(DWORD)ACL_REVISION, 2},
        {(DWORD)ACL_REVISION_DS, 4},
        {(DWORD)MIN_ACL_REVISION, 2},
        {(DWORD)MAX_ACL_REVISION, 4},
        {(DWORD)ACCESS_ALLOWED_ACE_TYPE, 0},
        {(DWORD)ACCESS_DENIED_ACE_TYPE, 1},
        {(DWORD)SYSTEM_AUDIT_ACE_TYPE, 2},
        {(DWORD)SYSTEM_ALARM_ACE_TYPE, 3},
        {(DWORD)ACCESS_ALLOWED_COMPOUND_ACE_TYPE, 4},
        {(DWORD)ACCESS_ALLOWED_OBJECT_ACE_TYPE, 5},
        {(DWORD)ACCESS_DENIED_OBJECT_ACE_TYPE, 6},
        {(DWORD)ACCESS_ALLOWED_CALLBACK_ACE_TYPE, 9},
        {(DWORD)ACCESS_DENIED_CALLBACK_ACE_TYPE, 10},
        {(DWORD)ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE, 11},
        {(DWORD)ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE, 12},
        {(DWORD)OBJECT_INHERIT_ACE, 0x01},
        {(DWORD)CONTAINER_INHERIT_ACE, 0x02},
        {(DWORD)NO_PROPAGATE_INHERIT_ACE, 0x04},
        {(DWORD)INHERIT_ONLY_ACE, 0x08},
        {(DWORD)INHERITED_ACE, 0x10},
        {(DWORD)VALID_INHERIT_FLAGS, 0x1F},
        {(DWORD)SECURITY_DESCRIPTOR_REVISION, 1},
        {(DWORD)SE_OWNER_DEFAULTED, 0x0001},
        {(DWORD)SE_GROUP_DEFAULTED, 0x0002},
        {(DWORD)SE_DACL_PRESENT, 0x0004},
        {(DWORD)SE_DACL_DEFAULTED, 0x0008},
        {(DWORD)SE_SACL_PRESENT, 0x0010},
        {(DWORD)SE_SACL_DEFAULTED, 0x0020},
        {(DWORD)SE_DACL_AUTO_INHERIT_REQ, 0x0100},
        {(DWORD)SE_SACL_AUTO_INHERIT_REQ, 0x0200},
        {(DWORD)SE_DACL_AUTO_INHERITED, 0x0400},
        {(DWORD)SE_SACL_AUTO_INHERITED, 0x0800},
        {(DWORD)SE_DACL_PROTECTED, 0x1000},
        {(DWORD)SE_SACL_PROTECTED, 0x2000},
        {(DWORD)SE_RM_CONTROL_VALID, 0x4000},
        {(DWORD)SE_SELF_RELATIVE, 0x8000},
        {(DWORD)SE_GROUP_MANDATORY, 0x00000001},
        {(DWORD)SE_GROUP_ENABLED_BY_DEFAULT, 0x00000002},
        {(DWORD)SE_GROUP_ENABLED, 0x00000004},
        {(DWORD)SE_GROUP_OWNER, 0x00000008},
        {(DWORD)SE_GROUP_USE_FOR_DENY_ONLY, 0x00000010},
        {(DWORD)SE_GROUP_INTEGRITY, 0x00000020},
        {(DWORD)SE_GROUP_INTEGRITY_ENABLED, 0x00000040},
        {(DWORD)SE_GROUP_RESOURCE, 0x20000000},
        {(DWORD)SE_GROUP_LOGON_ID, 0xC0000000},
        {(DWORD)ANYSIZE_ARRAY, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        assert_int_equal(constants[i].actual, constants[i].expected);
    }
}

static void a_new_list_is_empty(void **state)
{
    static const struct {
        DWORD size, revision, error;
    } cases[] = {
        {8, ACL_REVISION, 0},
        {65535, ACL_REVISION, 0},
        {100, ACL_REVISION_DS, 0},
        {100, 3, 0},
        {7, ACL_REVISION, ERROR_INSUFFICIENT_BUFFER},
        {0, ACL_REVISION, ERROR_INSUFFICIENT_BUFFER},
        {65536, ACL_REVISION, ERROR_INVALID_PARAMETER},
        {100, 1, ERROR_INVALID_PARAMETER},
        {100, 5, ERROR_INVALID_PARAMETER},
        {100, 0x102, ERROR_INVALID_PARAMETER},
    };
    static const BYTE untouched[8] = {0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC, 0xCC};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ACL acl;

        memset(&acl, 0xCC, sizeof acl);
        SetLastError(0);
        assert_int_equal(InitializeAcl(&acl, cases[i].size, cases[i].revision) != 0,
                         cases[i].error == 0);
        assert_int_equal(GetLastError(), cases[i].error);
        if (cases[i].error != 0) {
            assert_memory_equal(&acl, untouched, sizeof acl);
            continue;
        }
        assert_int_equal(acl.AclRevision, cases[i].revision);
        assert_int_equal(acl.AclSize, cases[i].size);
        assert_int_equal(acl.AceCount, 0);
        assert_true(IsValidAcl(&acl));
    }
}

static void assert_ace(const void *at, BYTE type, ACCESS_MASK mask, const SID *sid)
{
    const ACCESS_ALLOWED_ACE *ace = at;

    assert_int_equal(ace->Header.AceType, type);
    assert_int_equal(ace->Header.AceFlags, 0);
    assert_int_equal(ace->Header.AceSize, ACE_SIZE);
    assert_int_equal(ace->Mask, mask);
    assert_memory_equal(&ace->SidStart, sid, SID_SIZE);
}

static void entries_stand_in_the_order_they_came(void **state)
{
    union list list;
    PACL acl = empty(&list, 8 + 2 * ACE_SIZE);

    (void)state;
    assert_true(AddAccessDeniedAce(acl, ACL_REVISION, WRITE_DAC, &s_world));
    assert_true(AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ | 1, &s_user));
    assert_int_equal(acl->AceCount, 2);
    assert_int_equal(acl->AclRevision, ACL_REVISION);
    assert_ace(list.bytes + 8, ACCESS_DENIED_ACE_TYPE, WRITE_DAC, &s_world);
    assert_ace(list.bytes + 8 + ACE_SIZE, ACCESS_ALLOWED_ACE_TYPE, GENERIC_READ | 1, &s_user);
    assert_int_equal(list.bytes[8 + 2 * ACE_SIZE], 0xCC);
    assert_true(IsValidAcl(acl));
}

static void a_refused_entry_changes_nothing(void **state)
{
    static SID malformed = {SID_REVISION, 16, {SECURITY_NT_AUTHORITY}, {1}};
    static const struct {
        DWORD size, revision, error;
        SID *sid;
    } cases[] = {
        {8 + ACE_SIZE - 1, ACL_REVISION, ERROR_ALLOTTED_SPACE_EXCEEDED, &s_user},
        {8, ACL_REVISION, ERROR_ALLOTTED_SPACE_EXCEEDED, &s_user},
        {100, 5, ERROR_REVISION_MISMATCH, &s_user},
        {100, ACL_REVISION, ERROR_INVALID_SID, &malformed},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        union list list, before;
        PACL acl = empty(&list, cases[i].size);

        before = list;
        SetLastError(0);
        assert_false(AddAccessAllowedAce(acl, cases[i].revision, 1, cases[i].sid));
        assert_int_equal(GetLastError(), cases[i].error);
        SetLastError(0);
        assert_false(AddAccessDeniedAce(acl, cases[i].revision, 1, cases[i].sid));
        assert_int_equal(GetLastError(), cases[i].error);
        assert_memory_equal(&list, &before, sizeof list);
    }
}

static void a_full_list_takes_no_more(void **state)
{
    union list list;
    PACL acl = empty(&list, 8 + 2 * ACE_SIZE - 1);

    (void)state;
    assert_true(AddAccessAllowedAce(acl, ACL_REVISION, 1, &s_user));
    SetLastError(0);
    assert_false(AddAccessAllowedAce(acl, ACL_REVISION, 1, &s_user));
    assert_int_equal(GetLastError(), ERROR_ALLOTTED_SPACE_EXCEEDED);
    assert_int_equal(acl->AceCount, 1);
}

static void an_entry_can_raise_the_revision(void **state)
{
    union list list;
    PACL acl = empty(&list, 100);

    (void)state;
    assert_true(AddAccessAllowedAce(acl, ACL_REVISION_DS, 1, &s_user));
    assert_int_equal(acl->AclRevision, ACL_REVISION_DS);
    assert_true(AddAccessAllowedAce(acl, ACL_REVISION, 1, &s_user));
    assert_int_equal(acl->AclRevision, ACL_REVISION_DS);
    assert_int_equal(acl->AceCount, 2);
}

static void malformed_lists_are_told(void **state)
{
    /* One byte of a list with one entry; 8 + 20 bytes of 100 are in use. */
    static const struct {
        BYTE at, value;
        bool valid;
    } cases[] = {
        /* AclRevision */
        {0, 2, true},
        {0, 4, true},
        {0, 1, false},
        {0, 5, false},
        /* AclSize: just what it takes, and less */
        {LOW_BYTE(2), 28, true},
        {LOW_BYTE(2), 27, false},
        {LOW_BYTE(2), 8, false},
        /* AceSize: longer than its SID needs, and past the end */
        {LOW_BYTE(8 + 2), 24, true},
        {LOW_BYTE(8 + 2), 96, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        union list list;
        PACL acl = empty(&list, 100);

        memset(list.bytes + 8, 0, sizeof list - 8);
        assert_true(AddAccessAllowedAce(acl, ACL_REVISION, 1, &s_user));
        assert_true(IsValidAcl(acl));
        list.bytes[cases[i].at] = cases[i].value;
        assert_int_equal(IsValidAcl(acl) != 0, cases[i].valid);
    }
}

static void a_malformed_list_takes_no_entry(void **state)
{
    union list list, before;
    PACL acl = empty(&list, 100);

    (void)state;
    assert_true(AddAccessAllowedAce(acl, ACL_REVISION, 1, &s_user));
    list.bytes[8 + 2] = 96;
    before = list;
    SetLastError(0);
    assert_false(AddAccessAllowedAce(acl, ACL_REVISION, 1, &s_user));
    assert_int_equal(GetLastError(), ERROR_INVALID_ACL);
    assert_memory_equal(&list, &before, sizeof list);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void a_new_descriptor_has_nothing(void **state)
{
    SECURITY_DESCRIPTOR descriptor;

    (void)state;
    memset(&descriptor, 0xCC, sizeof descriptor);
    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_int_equal(SECURITY_DESCRIPTOR_MIN_LENGTH, sizeof descriptor);
    assert_int_equal(offsetof(SECURITY_DESCRIPTOR, Control), 2);
    assert_int_equal(descriptor.Revision, 1);
    assert_int_equal(descriptor.Control, 0);
    assert_null(descriptor.Owner);
    assert_null(descriptor.Group);
    assert_null(descriptor.Sacl);
    assert_null(descriptor.Dacl);
    assert_true(IsValidSecurityDescriptor(&descriptor));
}

static void there_is_one_revision(void **state)
{
    SECURITY_DESCRIPTOR descriptor, before;

    (void)state;
    memset(&descriptor, 0xCC, sizeof descriptor);
    before = descriptor;
    SetLastError(0);
    assert_false(InitializeSecurityDescriptor(&descriptor, 2));
    assert_int_equal(GetLastError(), ERROR_UNKNOWN_REVISION);
    assert_memory_equal(&descriptor, &before, sizeof descriptor);
    SetLastError(0);
    assert_false(SetSecurityDescriptorOwner(&descriptor, &s_user, FALSE));
    assert_int_equal(GetLastError(), ERROR_UNKNOWN_REVISION);
    assert_false(SetSecurityDescriptorGroup(&descriptor, &s_user, FALSE));
    assert_false(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    assert_memory_equal(&descriptor, &before, sizeof descriptor);
    assert_false(IsValidSecurityDescriptor(&descriptor));
}

static void the_parts_are_kept_by_address(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    union list list;

    (void)state;
    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorOwner(&descriptor, &s_user, TRUE));
    assert_ptr_equal(descriptor.Owner, &s_user);
    assert_int_equal(descriptor.Control, SE_OWNER_DEFAULTED);
    assert_true(SetSecurityDescriptorGroup(&descriptor, &s_world, TRUE));
    assert_ptr_equal(descriptor.Group, &s_world);
    assert_int_equal(descriptor.Control, SE_OWNER_DEFAULTED | SE_GROUP_DEFAULTED);
    assert_true(SetSecurityDescriptorOwner(&descriptor, NULL, FALSE));
    assert_null(descriptor.Owner);
    assert_true(SetSecurityDescriptorGroup(&descriptor, NULL, FALSE));
    assert_null(descriptor.Group);
    assert_int_equal(descriptor.Control, 0);
    assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, empty(&list, 100), TRUE));
    assert_ptr_equal(descriptor.Dacl, &list);
    assert_int_equal(descriptor.Control, SE_DACL_PRESENT | SE_DACL_DEFAULTED);
    assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    assert_null(descriptor.Dacl);
    assert_int_equal(descriptor.Control, SE_DACL_PRESENT);
    assert_true(SetSecurityDescriptorDacl(&descriptor, FALSE, NULL, FALSE));
    assert_int_equal(descriptor.Control & SE_DACL_PRESENT, 0);
}

static void what_the_self_relative_form_lacks_is_not_written(void **state)
{
    SECURITY_DESCRIPTOR descriptor, before;

    (void)state;
    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    descriptor.Control = SE_SELF_RELATIVE;
    before = descriptor;
    SetLastError(0);
    assert_false(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    assert_int_equal(GetLastError(), ERROR_INVALID_SECURITY_DESCR);
    SetLastError(0);
    assert_false(SetSecurityDescriptorOwner(&descriptor, &s_user, FALSE));
    assert_int_equal(GetLastError(), ERROR_INVALID_SECURITY_DESCR);
    SetLastError(0);
    assert_false(SetSecurityDescriptorGroup(&descriptor, &s_user, FALSE));
    assert_int_equal(GetLastError(), ERROR_INVALID_SECURITY_DESCR);
    assert_memory_equal(&descriptor, &before, sizeof descriptor);
}

/* ---- generic rights -------------------------------------------------------------------------- */

static void generic_rights_become_what_they_stand_for(void **state)
{
    static const struct {
        DWORD access, mapped;
    } cases[] = {
        {0, 0},
        {0x100, 0x100},
        {GENERIC_READ, 0x1},
        {GENERIC_WRITE, 0x2},
        {GENERIC_EXECUTE, 0x4},
        {GENERIC_ALL, 0x1F},
        {GENERIC_READ | GENERIC_EXECUTE | DELETE, DELETE | 0x5},
        {MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY, MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY},
    };
    GENERIC_MAPPING mapping = {0x1, 0x2, 0x4, 0x1F};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        DWORD access = cases[i].access;

        MapGenericMask(&access, &mapping);
        assert_int_equal(access, cases[i].mapped);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_laid_out_as_on_windows),
        cmocka_unit_test(constants_are_those_of_windows),
        cmocka_unit_test(a_new_list_is_empty),
        cmocka_unit_test(entries_stand_in_the_order_they_came),
        cmocka_unit_test(a_refused_entry_changes_nothing),
        cmocka_unit_test(a_full_list_takes_no_more),
        cmocka_unit_test(an_entry_can_raise_the_revision),
        cmocka_unit_test(malformed_lists_are_told),
        cmocka_unit_test(a_malformed_list_takes_no_entry),
        cmocka_unit_test(a_new_descriptor_has_nothing),
        cmocka_unit_test(there_is_one_revision),
        cmocka_unit_test(the_parts_are_kept_by_address),
        cmocka_unit_test(what_the_self_relative_form_lacks_is_not_written),
        cmocka_unit_test(generic_rights_become_what_they_stand_for),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
