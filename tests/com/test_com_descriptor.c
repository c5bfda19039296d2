/* SPDX-License-Identifier: MIT */
/* Descriptors in both forms and as text, and their lists' entries. Only what the SDK declares. */
#include "com_test.h"

#include <stdbool.h>
#include <string.h>

#include <windows.h>

#include <sddl.h>

#define ALL_PARTS                                                                                  \
    (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |         \
     SACL_SECURITY_INFORMATION)
#define SID_SIZE 12 /* one sub-authority */
#define ACE_SIZE (8 + SID_SIZE)
#define LIST_SIZE (8 + ACE_SIZE)
#define RELATIVE_SIZE 20
#define WHOLE_SIZE (RELATIVE_SIZE + 2 * SID_SIZE + 2 * LIST_SIZE)

static SID s_user = {SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {1000}};
static SID s_world = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};

/* A list with room behind its end, to see that nothing is written there. */
union list {
    DWORD words[64];
    BYTE bytes[256];
    ACL acl;
};

/* One with an entry for each of count masks, 1, 2, 3 and so on. */
static PACL make_list(union list *list, DWORD size, DWORD count)
{
    memset(list, 0xCC, sizeof *list);
    assert_true(InitializeAcl(&list->acl, size, ACL_REVISION));
    for (DWORD i = 0; i < count; i++) {
        assert_true(AddAccessAllowedAce(&list->acl, ACL_REVISION, i + 1, &s_user));
    }
    return &list->acl;
}

static DWORD mask_at(PACL acl, DWORD index)
{
    void *ace = NULL;

    assert_true(GetAce(acl, index, &ace));
    return ((ACCESS_ALLOWED_ACE *)ace)->Mask;
}

/* ---- entries --------------------------------------------------------------------------------- */

static void entries_are_where_they_stand(void **state)
{
    union list list;
    PACL acl = make_list(&list, 100, 3);
    void *ace = POISON;

    (void)state;
    for (DWORD i = 0; i < 3; i++) {
        assert_true(GetAce(acl, i, &ace));
        assert_ptr_equal(ace, list.bytes + 8 + i * ACE_SIZE);
        assert_int_equal(((ACCESS_ALLOWED_ACE *)ace)->Mask, i + 1);
    }
    SetLastError(0);
    assert_false(GetAce(acl, 3, &ace));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void entries_for_heirs_have_flags(void **state)
{
    union list list;
    PACL acl = make_list(&list, 100, 0);
    ACE_HEADER *ace = NULL;

    (void)state;
    assert_true(AddAccessDeniedAceEx(acl, ACL_REVISION, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE, 7,
                                     &s_world));
    assert_true(AddAccessAllowedAceEx(acl, ACL_REVISION, VALID_INHERIT_FLAGS, 5, &s_user));
    assert_int_equal(acl->AceCount, 2);
    assert_true(GetAce(acl, 0, (LPVOID *)&ace));
    assert_int_equal(ace->AceType, ACCESS_DENIED_ACE_TYPE);
    assert_int_equal(ace->AceFlags, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE);
    assert_int_equal(ace->AceSize, ACE_SIZE);
    assert_true(GetAce(acl, 1, (LPVOID *)&ace));
    assert_int_equal(ace->AceType, ACCESS_ALLOWED_ACE_TYPE);
    assert_int_equal(ace->AceFlags, VALID_INHERIT_FLAGS);
    assert_true(IsValidAcl(acl));
}

static void flags_of_audits_are_refused(void **state)
{
    union list list;
    PACL acl = make_list(&list, 100, 0);

    (void)state;
    SetLastError(0);
    assert_false(AddAccessAllowedAceEx(acl, ACL_REVISION, FAILED_ACCESS_ACE_FLAG, 1, &s_user));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    assert_false(AddAccessDeniedAceEx(acl, ACL_REVISION, 0x100, 1, &s_user));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_int_equal(acl->AceCount, 0);
}

static void a_deleted_entry_leaves_no_gap(void **state)
{
    union list list;
    PACL acl = make_list(&list, 8 + 3 * ACE_SIZE, 3);

    (void)state;
    assert_true(DeleteAce(acl, 1));
    assert_int_equal(acl->AceCount, 2);
    assert_int_equal(mask_at(acl, 0), 1);
    assert_int_equal(mask_at(acl, 1), 3);
    assert_int_equal(list.bytes[8 + 3 * ACE_SIZE], 0xCC);
    SetLastError(0);
    assert_false(DeleteAce(acl, 2));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_true(DeleteAce(acl, 1));
    assert_true(DeleteAce(acl, 0));
    assert_int_equal(acl->AceCount, 0);
    assert_true(IsValidAcl(acl));
}

static void entries_go_where_they_are_told(void **state)
{
    static const struct {
        DWORD index, masks[3];
    } cases[] = {
        {0, {9, 1, 2}}, {1, {1, 9, 2}}, {2, {1, 2, 9}}, {3, {1, 2, 9}}, {0xFFFFFFFFu, {1, 2, 9}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        union list list, from;
        PACL acl = make_list(&list, 8 + 3 * ACE_SIZE, 2);
        void *entry;

        (void)make_list(&from, 100, 0);
        assert_true(AddAccessDeniedAce(&from.acl, ACL_REVISION, 9, &s_world));
        entry = from.bytes + 8;
        assert_true(AddAce(acl, ACL_REVISION_DS, cases[i].index, entry, ACE_SIZE));
        assert_int_equal(acl->AceCount, 3);
        assert_int_equal(acl->AclRevision, ACL_REVISION_DS);
        for (DWORD j = 0; j < 3; j++) {
            assert_int_equal(mask_at(acl, j), cases[i].masks[j]);
        }
        assert_int_equal(list.bytes[8 + 3 * ACE_SIZE], 0xCC);
        SetLastError(0);
        assert_false(AddAce(acl, ACL_REVISION_DS, 0, entry, ACE_SIZE));
        assert_int_equal(GetLastError(), ERROR_ALLOTTED_SPACE_EXCEEDED);
        assert_int_equal(acl->AceCount, 3);
    }
}

static void several_entries_go_in_at_once(void **state)
{
    union list list, from;
    PACL acl = make_list(&list, 200, 1);

    (void)state;
    (void)make_list(&from, 100, 3);
    assert_true(AddAce(acl, ACL_REVISION, 0, from.bytes + 8, 3 * ACE_SIZE));
    assert_int_equal(acl->AceCount, 4);
    for (DWORD i = 0; i < 4; i++) {
        assert_int_equal(mask_at(acl, i), i < 3 ? i + 1 : 1);
    }
}

static void half_an_entry_is_refused(void **state)
{
    union list list, from, before;
    PACL acl = make_list(&list, 200, 1);

    (void)state;
    (void)make_list(&from, 100, 1);
    before = list;
    for (DWORD length = 1; length < ACE_SIZE; length++) {
        SetLastError(0);
        assert_false(AddAce(acl, ACL_REVISION, 0, from.bytes + 8, length));
        assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    }
    assert_memory_equal(&list, &before, sizeof list);
}

static void lists_tell_their_size(void **state)
{
    union list list;
    PACL acl = make_list(&list, 100, 2);
    ACL_SIZE_INFORMATION size = {1, 2, 3};
    ACL_REVISION_INFORMATION revision = {0};
    void *ace = POISON;

    (void)state;
    assert_true(GetAclInformation(acl, &size, sizeof size, AclSizeInformation));
    assert_int_equal(size.AceCount, 2);
    assert_int_equal(size.AclBytesInUse, 8 + 2 * ACE_SIZE);
    assert_int_equal(size.AclBytesFree, 100 - 8 - 2 * ACE_SIZE);
    assert_true(GetAclInformation(acl, &revision, sizeof revision, AclRevisionInformation));
    assert_int_equal(revision.AclRevision, ACL_REVISION);
    assert_true(FindFirstFreeAce(acl, &ace));
    assert_ptr_equal(ace, list.bytes + 8 + 2 * ACE_SIZE);
    acl = make_list(&list, 8 + 2 * ACE_SIZE, 2);
    assert_true(FindFirstFreeAce(acl, &ace));
    assert_ptr_equal(ace, list.bytes + 8 + 2 * ACE_SIZE);
    SetLastError(0);
    assert_false(GetAclInformation(acl, &size, sizeof size - 1, AclSizeInformation));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    SetLastError(0);
    assert_false(GetAclInformation(acl, &revision, sizeof revision - 1, AclRevisionInformation));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    SetLastError(0);
    assert_false(GetAclInformation(acl, &size, sizeof size, (ACL_INFORMATION_CLASS)3));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

/* ---- what a descriptor has ------------------------------------------------------------------- */

struct whole {
    SECURITY_DESCRIPTOR descriptor;
    union list dacl, sacl;
};

static void make_whole(struct whole *whole)
{
    SECURITY_DESCRIPTOR *descriptor = &whole->descriptor;

    assert_true(InitializeSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorOwner(descriptor, &s_user, TRUE));
    assert_true(SetSecurityDescriptorGroup(descriptor, &s_world, FALSE));
    assert_true(SetSecurityDescriptorDacl(descriptor, TRUE, make_list(&whole->dacl, LIST_SIZE, 1),
                                          FALSE));
    assert_true(SetSecurityDescriptorSacl(descriptor, TRUE, make_list(&whole->sacl, LIST_SIZE, 1),
                                          TRUE));
}

static void assert_control(PSECURITY_DESCRIPTOR descriptor, unsigned expected)
{
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;

    assert_true(GetSecurityDescriptorControl(descriptor, &control, &revision));
    assert_int_equal(control, expected);
    assert_int_equal(revision, SECURITY_DESCRIPTOR_REVISION);
}

/* Whole, as make_whole makes it, in either form. */
static void assert_whole(PSECURITY_DESCRIPTOR descriptor, unsigned form)
{
    BOOL present = 7, defaulted = 7;
    PSID sid = NULL;
    PACL acl = NULL;

    assert_true(IsValidSecurityDescriptor(descriptor));
    assert_control(descriptor, form | SE_OWNER_DEFAULTED | SE_DACL_PRESENT | SE_SACL_PRESENT |
                                   SE_SACL_DEFAULTED);
    assert_true(GetSecurityDescriptorOwner(descriptor, &sid, &defaulted));
    assert_true(EqualSid(sid, &s_user));
    assert_int_equal(defaulted, TRUE);
    assert_true(GetSecurityDescriptorGroup(descriptor, &sid, &defaulted));
    assert_true(EqualSid(sid, &s_world));
    assert_int_equal(defaulted, FALSE);
    assert_true(GetSecurityDescriptorDacl(descriptor, &present, &acl, &defaulted));
    assert_int_equal(present, TRUE);
    assert_int_equal(defaulted, FALSE);
    assert_int_equal(acl->AclSize, LIST_SIZE);
    assert_int_equal(mask_at(acl, 0), 1);
    assert_true(GetSecurityDescriptorSacl(descriptor, &present, &acl, &defaulted));
    assert_int_equal(present, TRUE);
    assert_int_equal(defaulted, TRUE);
    assert_int_equal(mask_at(acl, 0), 1);
}

static void descriptors_tell_their_parts(void **state)
{
    struct whole whole;

    (void)state;
    make_whole(&whole);
    assert_whole(&whole.descriptor, 0);
    assert_int_equal(GetSecurityDescriptorLength(&whole.descriptor),
                     sizeof whole.descriptor + 2 * SID_SIZE + 2 * LIST_SIZE);
}

static void what_is_not_there_is_told(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    BOOL present = 7, defaulted = 7;
    PSID sid = POISON;
    PACL acl = POISON;

    (void)state;
    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_control(&descriptor, 0);
    assert_true(GetSecurityDescriptorOwner(&descriptor, &sid, &defaulted));
    assert_null(sid);
    sid = POISON;
    assert_true(GetSecurityDescriptorGroup(&descriptor, &sid, &defaulted));
    assert_null(sid);
    assert_true(GetSecurityDescriptorDacl(&descriptor, &present, &acl, &defaulted));
    assert_int_equal(present, FALSE);
    present = 7;
    assert_true(GetSecurityDescriptorSacl(&descriptor, &present, &acl, &defaulted));
    assert_int_equal(present, FALSE);
    assert_null(acl);
    assert_int_equal(GetSecurityDescriptorLength(&descriptor), sizeof descriptor);
}

static void a_null_list_is_there(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    BOOL present = 7, defaulted = 7;
    PACL acl = POISON;

    (void)state;
    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, TRUE));
    assert_true(GetSecurityDescriptorDacl(&descriptor, &present, &acl, &defaulted));
    assert_int_equal(present, TRUE);
    assert_null(acl);
    assert_int_equal(defaulted, TRUE);
}

static void other_revisions_tell_theirs_only(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_DESCRIPTOR_CONTROL control = 0x5AFE;
    DWORD revision = 0;
    BOOL defaulted;
    PSID sid = NULL;

    (void)state;
    memset(&descriptor, 0, sizeof descriptor);
    descriptor.Revision = 9;
    SetLastError(0);
    assert_false(GetSecurityDescriptorControl(&descriptor, &control, &revision));
    assert_int_equal(GetLastError(), ERROR_UNKNOWN_REVISION);
    assert_int_equal(revision, 9);
    assert_false(IsValidSecurityDescriptor(&descriptor));
    SetLastError(0);
    assert_false(GetSecurityDescriptorOwner(&descriptor, &sid, &defaulted));
    assert_int_equal(GetLastError(), ERROR_UNKNOWN_REVISION);
}

static void control_bits_are_those_of_inheritance(void **state)
{
    struct whole whole;
    const unsigned before =
        SE_OWNER_DEFAULTED | SE_DACL_PRESENT | SE_SACL_PRESENT | SE_SACL_DEFAULTED;

    (void)state;
    make_whole(&whole);
    assert_true(SetSecurityDescriptorControl(&whole.descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED));
    assert_control(&whole.descriptor, before | SE_DACL_PROTECTED);
    assert_true(SetSecurityDescriptorControl(
        &whole.descriptor, SE_DACL_PROTECTED | SE_SACL_AUTO_INHERITED, SE_SACL_AUTO_INHERITED));
    assert_control(&whole.descriptor, before | SE_SACL_AUTO_INHERITED);
    SetLastError(0);
    assert_false(SetSecurityDescriptorControl(&whole.descriptor, SE_DACL_PRESENT, 0));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_true(SetSecurityDescriptorControl(&whole.descriptor, SE_DACL_PROTECTED,
                                             SE_SACL_PROTECTED)); /* only what is in the mask */
    assert_control(&whole.descriptor, before | SE_SACL_AUTO_INHERITED);
}

/* ---- from one form to the other -------------------------------------------------------------- */

static void the_relative_form_is_laid_out_as_on_windows(void **state)
{
    (void)state;
    assert_int_equal(sizeof(SECURITY_DESCRIPTOR_RELATIVE), RELATIVE_SIZE);
    assert_int_equal(offsetof(SECURITY_DESCRIPTOR_RELATIVE, Control), 2);
    assert_int_equal(offsetof(SECURITY_DESCRIPTOR_RELATIVE, Owner), 4);
    assert_int_equal(offsetof(SECURITY_DESCRIPTOR_RELATIVE, Group), 8);
    assert_int_equal(offsetof(SECURITY_DESCRIPTOR_RELATIVE, Sacl), 12);
    assert_int_equal(offsetof(SECURITY_DESCRIPTOR_RELATIVE, Dacl), 16);
}

static void relative_ones_take_what_is_said(void **state)
{
    union list bytes, copy;
    struct whole whole;
    DWORD size = 0;

    (void)state;
    make_whole(&whole);
    SetLastError(0);
    assert_false(MakeSelfRelativeSD(&whole.descriptor, NULL, &size));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(size, WHOLE_SIZE);
    memset(&bytes, 0xCC, sizeof bytes);
    size = WHOLE_SIZE - 1;
    assert_false(MakeSelfRelativeSD(&whole.descriptor, &bytes, &size));
    assert_int_equal(size, WHOLE_SIZE);
    assert_int_equal(bytes.bytes[0], 0xCC);
    assert_true(MakeSelfRelativeSD(&whole.descriptor, &bytes, &size));
    assert_int_equal(size, WHOLE_SIZE);
    assert_int_equal(bytes.bytes[WHOLE_SIZE], 0xCC);
    assert_whole(&bytes, SE_SELF_RELATIVE);
    assert_int_equal(GetSecurityDescriptorLength(&bytes), WHOLE_SIZE);
    assert_true(MakeSelfRelativeSD(&bytes, &copy, &size));
    assert_int_equal(size, WHOLE_SIZE);
    assert_whole(&copy, SE_SELF_RELATIVE);
}

static void absolute_ones_take_what_is_said(void **state)
{
    SECURITY_DESCRIPTOR made;
    union list bytes, dacl, sacl;
    struct whole whole;
    BYTE owner[SID_SIZE], group[SID_SIZE];
    DWORD sizes[5] = {0}, size = sizeof bytes;

    (void)state;
    make_whole(&whole);
    assert_true(MakeSelfRelativeSD(&whole.descriptor, &bytes, &size));
    SetLastError(0);
    assert_false(MakeAbsoluteSD(&bytes, NULL, &sizes[0], NULL, &sizes[1], NULL, &sizes[2], NULL,
                                &sizes[3], NULL, &sizes[4]));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(sizes[0], sizeof made);
    assert_int_equal(sizes[1], LIST_SIZE);
    assert_int_equal(sizes[2], LIST_SIZE);
    assert_int_equal(sizes[3], SID_SIZE);
    assert_int_equal(sizes[4], SID_SIZE);
    assert_true(MakeAbsoluteSD(&bytes, &made, &sizes[0], &dacl.acl, &sizes[1], &sacl.acl, &sizes[2],
                               owner, &sizes[3], group, &sizes[4]));
    assert_whole(&made, 0);
    assert_ptr_equal(made.Owner, owner);
    assert_ptr_equal(made.Group, group);
    assert_ptr_equal(made.Dacl, &dacl);
    assert_ptr_equal(made.Sacl, &sacl);
    SetLastError(0);
    assert_false(MakeAbsoluteSD(&made, &whole.descriptor, &sizes[0], &dacl.acl, &sizes[1],
                                &sacl.acl, &sizes[2], owner, &sizes[3], group, &sizes[4]));
    assert_int_equal(GetLastError(), ERROR_BAD_DESCRIPTOR_FORMAT);
}

static void nothing_stays_nothing(void **state)
{
    SECURITY_DESCRIPTOR empty, made;
    SECURITY_DESCRIPTOR_RELATIVE relative;
    DWORD sizes[5] = {sizeof made, 0, 0, 0, 0}, size = sizeof relative;

    (void)state;
    assert_true(InitializeSecurityDescriptor(&empty, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorDacl(&empty, TRUE, NULL, FALSE));
    assert_true(MakeSelfRelativeSD(&empty, &relative, &size));
    assert_int_equal(size, RELATIVE_SIZE);
    assert_int_equal(relative.Control, SE_SELF_RELATIVE | SE_DACL_PRESENT);
    assert_int_equal(relative.Owner, 0);
    assert_int_equal(relative.Group, 0);
    assert_int_equal(relative.Sacl, 0);
    assert_int_equal(relative.Dacl, 0);
    assert_true(IsValidSecurityDescriptor(&relative));
    assert_true(MakeAbsoluteSD(&relative, &made, &sizes[0], NULL, &sizes[1], NULL, &sizes[2], NULL,
                               &sizes[3], NULL, &sizes[4]));
    assert_int_equal(made.Control, SE_DACL_PRESENT);
    assert_null(made.Owner);
    assert_null(made.Dacl);
}

/* ---- text ------------------------------------------------------------------------------------ */

static bool reads(const char *text, DWORD error)
{
    PSECURITY_DESCRIPTOR descriptor = POISON;
    ULONG size = 0x5AFE;
    BOOL did;

    SetLastError(0);
    did = ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &descriptor,
                                                               &size);
    if (error != 0) {
        return !did && GetLastError() == error;
    }
    did = did && IsValidSecurityDescriptor(descriptor) &&
          GetSecurityDescriptorLength(descriptor) == size;
    (void)LocalFree(descriptor);
    return did;
}

static void assert_becomes(const char *text, const char *expected)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    char *printed = NULL;
    ULONG length = 0;

    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1,
                                                                     &descriptor, NULL));
    assert_non_null(descriptor);
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(
        descriptor, SDDL_REVISION_1, ALL_PARTS, &printed, &length));
    assert_non_null(printed);
    assert_string_equal(printed, expected);
    assert_int_equal(length, strlen(expected) + 1);
    (void)LocalFree(printed);
    (void)LocalFree(descriptor);
}

static void texts_come_back(void **state)
{
    static const char *const texts[] = {
        "",
        "O:BA",
        "G:SY",
        "O:BAG:SY",
        "O:S-1-5-21-1-2-3-500G:S-1-22-2-100",
        "D:",
        "S:",
        "D:S:",
        "D:(A;;GA;;;WD)",
        "D:(D;;CC;;;S-1-22-1-1000)(A;;GR;;;AU)",
        "D:P(A;OICI;GA;;;BA)(A;OICIIO;GA;;;CO)(A;NPID;GR;;;BU)",
        "D:PARAI(A;;CCDC;;;SU)",
        "S:PARAI(AU;SAFA;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;WD)",
        "D:(A;;FA;;;WD)(A;;FR;;;WD)(A;;FW;;;WD)(A;;KA;;;WD)(A;;KR;;;WD)",
        "O:BAG:SYD:(A;;RC;;;WD)S:(AU;FA;WDWO;;;WD)",
        "D:(A;;GAGXGWGR;;;SY)",
        "D:(A;;0x12019f;;;WD)",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_becomes(texts[i], texts[i]);
    }
}

static void other_spellings_are_the_same(void **state)
{
    static const char *const cases[][2] = {
        {"G:SYO:BA", "O:BAG:SY"},
        {"S:D:O:BA", "O:BAD:S:"},
        {"O:S-1-5-32-544", "O:BA"},
        {"D:(A;;0x10000000;;;S-1-1-0)", "D:(A;;GA;;;WD)"},
        {"D:(A;;0x1f01ff;;;WD)", "D:(A;;FA;;;WD)"},
        {"D: (A;;GA;;;WD)", "D:(A;;GA;;;WD)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_becomes(cases[i][0], cases[i][1]);
    }
}

static void entries_are_read_field_by_field(void **state)
{
    static const struct {
        const char *text;
        BYTE type, flags;
        DWORD mask;
    } cases[] = {
        {"D:(A;;GA;;;WD)", ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_ALL},
        {"D:(D;;GR;;;WD)", ACCESS_DENIED_ACE_TYPE, 0, GENERIC_READ},
        {"D:(D;;GWGX;;;WD)", ACCESS_DENIED_ACE_TYPE, 0, GENERIC_WRITE | GENERIC_EXECUTE},
        {"D:(A;OI;1;;;WD)", ACCESS_ALLOWED_ACE_TYPE, OBJECT_INHERIT_ACE, 1},
        {"D:(A;CI;0x10;;;WD)", ACCESS_ALLOWED_ACE_TYPE, CONTAINER_INHERIT_ACE, 0x10},
        {"D:(A;NP;RCSDWDWO;;;WD)", ACCESS_ALLOWED_ACE_TYPE, NO_PROPAGATE_INHERIT_ACE, 0xF0000},
        {"D:(A;IO;CCDCLCSW;;;WD)", ACCESS_ALLOWED_ACE_TYPE, INHERIT_ONLY_ACE, 0xF},
        {"D:(A;ID;RPWPDTLO;;;WD)", ACCESS_ALLOWED_ACE_TYPE, INHERITED_ACE, 0xF0},
        {"D:(A;OICINPIOID;CR;;;WD)", ACCESS_ALLOWED_ACE_TYPE, 0x1F, 0x100},
        {"D:(A;;FA;;;WD)", ACCESS_ALLOWED_ACE_TYPE, 0, 0x1F01FF},
        {"D:(A;;FRFWFX;;;WD)", ACCESS_ALLOWED_ACE_TYPE, 0, 0x1201BF},
        {"D:(A;;KAKRKW;;;WD)", ACCESS_ALLOWED_ACE_TYPE, 0, 0xF003F},
        {"D:(A;;KX;;;WD)", ACCESS_ALLOWED_ACE_TYPE, 0, 0x20019},
        {"D:(A;;;;;WD)", ACCESS_ALLOWED_ACE_TYPE, 0, 0},
        {"D:(AU;SA;GA;;;WD)", SYSTEM_AUDIT_ACE_TYPE, SUCCESSFUL_ACCESS_ACE_FLAG, GENERIC_ALL},
        {"D:(AU;FA;GA;;;WD)", SYSTEM_AUDIT_ACE_TYPE, FAILED_ACCESS_ACE_FLAG, GENERIC_ALL},
        {"D:(A;;0xffffffff;;;WD)", ACCESS_ALLOWED_ACE_TYPE, 0, 0xFFFFFFFF},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PSECURITY_DESCRIPTOR descriptor = NULL;
        BOOL present, defaulted;
        PACL acl = NULL;
        ACCESS_ALLOWED_ACE *ace = NULL;

        assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
            cases[i].text, SDDL_REVISION_1, &descriptor, NULL));
        assert_non_null(descriptor);
        assert_true(GetSecurityDescriptorDacl(descriptor, &present, &acl, &defaulted));
        assert_non_null(acl);
        assert_int_equal(acl->AceCount, 1);
        assert_int_equal(acl->AclRevision, ACL_REVISION);
        assert_true(GetAce(acl, 0, (LPVOID *)&ace));
        assert_int_equal(ace->Header.AceType, cases[i].type);
        assert_int_equal(ace->Header.AceFlags, cases[i].flags);
        assert_int_equal(ace->Mask, cases[i].mask);
        assert_true(EqualSid(&ace->SidStart, &s_world));
        (void)LocalFree(descriptor);
    }
}

static void labels_are_read(void **state)
{
    (void)state;
    assert_becomes("S:(ML;;NW;;;LW)", "S:(ML;;NW;;;LW)");
    assert_becomes("S:(ML;;NWNRNX;;;S-1-16-12288)", "S:(ML;;NWNRNX;;;HI)");
}

static void entries_of_objects_are_read(void **state)
{
    static const char first[] = "D:(OA;;CR;bf967aba-0de6-11d0-a285-00aa003049e2;;AU)";
    static const char second[] = "D:(OD;CI;CC;;bf967aba-0de6-11d0-a285-00aa003049e2;AU)";

    (void)state;
    assert_becomes(first, first);
    assert_becomes(second, second);
}

static void a_null_list_has_a_name(void **state)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    BOOL present = FALSE, defaulted;
    PACL acl = POISON;

    (void)state;
    assert_becomes("D:NO_ACCESS_CONTROL", "D:NO_ACCESS_CONTROL");
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
        "D:NO_ACCESS_CONTROL", SDDL_REVISION_1, &descriptor, NULL));
    assert_true(GetSecurityDescriptorDacl(descriptor, &present, &acl, &defaulted));
    assert_int_equal(present, TRUE);
    assert_null(acl);
    (void)LocalFree(descriptor);
}

static void other_texts_are_refused(void **state)
{
    static const struct {
        const char *text;
        DWORD error;
    } cases[] = {
        {"X:BA", ERROR_INVALID_PARAMETER},
        {"nonsense", ERROR_INVALID_PARAMETER},
        {"O:", ERROR_INVALID_SID},
        {"O:XX", ERROR_INVALID_SID},
        {"O:S-1-5G:BA", ERROR_INVALID_SID},
        {"D:(A;;GA;;;)", ERROR_INVALID_SID},
        {"D:(A;;GA;;;XX)", ERROR_INVALID_SID},
        {"D:(;;GA;;;WD)", ERROR_INVALID_ACL},
        {"D:(WRONG;;GA;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;WRONG;GA;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;WRONG;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;ROB;;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;GA;;WD)", ERROR_INVALID_ACL},
        {"D:(A;;GA;;;WD", ERROR_INVALID_ACL},
        {"D:WRONG(A;;GA;;;WD)", ERROR_INVALID_ACL},
        {"D:(OA;;CR;wrong;;AU)", RPC_S_INVALID_STRING_UUID},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SetLastError(0);
        if (!reads(cases[i].text, cases[i].error)) {
            print_error("%s: %u\n", cases[i].text, (unsigned)GetLastError());
            fail();
        }
    }
}

static void texts_need_their_arguments(void **state)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    SECURITY_DESCRIPTOR empty;
    char *text = NULL;

    (void)state;
    SetLastError(0);
    assert_false(ConvertStringSecurityDescriptorToSecurityDescriptorA("D:", 0, &descriptor, NULL));
    assert_int_equal(GetLastError(), ERROR_UNKNOWN_REVISION);
    SetLastError(0);
    assert_false(ConvertStringSecurityDescriptorToSecurityDescriptorA(NULL, SDDL_REVISION_1,
                                                                      &descriptor, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    assert_false(
        ConvertStringSecurityDescriptorToSecurityDescriptorA("D:", SDDL_REVISION_1, NULL, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_true(InitializeSecurityDescriptor(&empty, SECURITY_DESCRIPTOR_REVISION));
    SetLastError(0);
    assert_false(
        ConvertSecurityDescriptorToStringSecurityDescriptorA(&empty, 0, ALL_PARTS, &text, NULL));
    assert_int_equal(GetLastError(), ERROR_UNKNOWN_REVISION);
}

static void only_the_parts_asked_for_are_written(void **state)
{
    static const struct {
        SECURITY_INFORMATION parts;
        const char *text;
    } cases[] = {
        {OWNER_SECURITY_INFORMATION, "O:BA"},
        {GROUP_SECURITY_INFORMATION, "G:SY"},
        {DACL_SECURITY_INFORMATION, "D:(A;;GA;;;WD)"},
        {SACL_SECURITY_INFORMATION, "S:"},
        {OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, "O:BAD:(A;;GA;;;WD)"},
        {0, ""},
    };
    PSECURITY_DESCRIPTOR descriptor = NULL;

    (void)state;
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(
        "O:BAG:SYD:(A;;GA;;;WD)S:", SDDL_REVISION_1, &descriptor, NULL));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = NULL;

        assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(
            descriptor, SDDL_REVISION_1, cases[i].parts, &text, NULL));
        assert_non_null(text);
        assert_string_equal(text, cases[i].text);
        (void)LocalFree(text);
    }
    (void)LocalFree(descriptor);
}

static void wide_texts_are_the_same(void **state)
{
    static const WCHAR wide[] = {'D', ':', '(', 'A', ';', ';', 'G', 'A', ';',
                                 ';', ';', 'W', 'D', ')', 0};
    static const WCHAR other[] = {'O', ':', 'B', 0x141, 0};
    PSECURITY_DESCRIPTOR descriptor = NULL;
    LPWSTR text = NULL;
    ULONG size = 0, length = 0;

    (void)state;
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1,
                                                                     &descriptor, &size));
    assert_non_null(descriptor);
    assert_int_equal(size, RELATIVE_SIZE + LIST_SIZE);
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorW(
        descriptor, SDDL_REVISION_1, ALL_PARTS, &text, &length));
    assert_non_null(text);
    assert_int_equal(length, sizeof wide / sizeof wide[0]);
    assert_memory_equal(text, wide, sizeof wide);
    (void)LocalFree(text);
    (void)LocalFree(descriptor);
    SetLastError(0);
    assert_false(ConvertStringSecurityDescriptorToSecurityDescriptorW(other, SDDL_REVISION_1,
                                                                      &descriptor, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_SID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_where_they_stand),
        cmocka_unit_test(entries_for_heirs_have_flags),
        cmocka_unit_test(flags_of_audits_are_refused),
        cmocka_unit_test(a_deleted_entry_leaves_no_gap),
        cmocka_unit_test(entries_go_where_they_are_told),
        cmocka_unit_test(several_entries_go_in_at_once),
        cmocka_unit_test(half_an_entry_is_refused),
        cmocka_unit_test(lists_tell_their_size),
        cmocka_unit_test(descriptors_tell_their_parts),
        cmocka_unit_test(what_is_not_there_is_told),
        cmocka_unit_test(a_null_list_is_there),
        cmocka_unit_test(other_revisions_tell_theirs_only),
        cmocka_unit_test(control_bits_are_those_of_inheritance),
        cmocka_unit_test(the_relative_form_is_laid_out_as_on_windows),
        cmocka_unit_test(relative_ones_take_what_is_said),
        cmocka_unit_test(absolute_ones_take_what_is_said),
        cmocka_unit_test(nothing_stays_nothing),
        cmocka_unit_test(texts_come_back),
        cmocka_unit_test(other_spellings_are_the_same),
        cmocka_unit_test(entries_are_read_field_by_field),
        cmocka_unit_test(labels_are_read),
        cmocka_unit_test(entries_of_objects_are_read),
        cmocka_unit_test(a_null_list_has_a_name),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(texts_need_their_arguments),
        cmocka_unit_test(only_the_parts_asked_for_are_written),
        cmocka_unit_test(wide_texts_are_the_same),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
