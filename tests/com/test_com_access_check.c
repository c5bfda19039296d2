/* SPDX-License-Identifier: MIT */
/*
 * The access check on the library's own tokens, and the identity of a token.
 */
#include "com_test.h"

#include <stdbool.h>
#include <string.h>

#include <sddl.h>
#include <windows.h>

#include "com/accesscheck.h"
#include "com/sid.h"

#define USER "S-1-22-1-1000"
#define OTHER_USER "S-1-22-1-1001"
#define GROUP "S-1-22-2-200"
#define OTHER_GROUP "S-1-22-2-300"

enum { ENTRIES_MAX = 4, LIST_SIZE = 1024 };

static const GENERIC_MAPPING s_mapping = {READ_CONTROL | 0x1, 0x2, 0x4,
                                          STANDARD_RIGHTS_REQUIRED | 0x7};

static guise_token *make_token(uid_t uid, guise_level level)
{
    const gid_t groups[] = {300000, 200};
    guise_token_desc desc = {.size = sizeof desc,
                             .name = "client",
                             .uid = uid,
                             .gid = 100,
                             .groups = groups,
                             .group_count = 2,
                             .level = level};
    guise_token *token = NULL;

    assert_ok(guise_token_create(&desc, &token));
    return token;
}

static PSID sid_of(const char *text)
{
    PSID sid = NULL;

    assert_true(ConvertStringSidToSidA(text, &sid));
    return sid;
}

/* ---- the identity of a token ----------------------------------------------------------------- */

static void unix_ids_have_sids(void **state)
{
    BYTE sid[GUISE__COM_UNIX_SID_SIZE];
    char *text;

    (void)state;
    guise__com_sid_from_uid(1000, sid);
    assert_int_equal(GetLengthSid(sid), GUISE__COM_UNIX_SID_SIZE);
    assert_true(ConvertSidToStringSidA(sid, &text));
    assert_string_equal(text, USER);
    (void)LocalFree(text);
    guise__com_sid_from_gid(4294967294u, sid);
    assert_int_equal(GetLengthSid(sid), GUISE__COM_UNIX_SID_SIZE);
    assert_true(ConvertSidToStringSidA(sid, &text));
    assert_string_equal(text, "S-1-22-2-4294967294");
    (void)LocalFree(text);
}

static void a_token_is_its_user_its_groups_and_everyone(void **state)
{
    static const struct {
        const char *sid;
        bool identified, anonymous;
    } cases[] = {
        {USER, true, false},
        {"S-1-22-2-100", true, false},
        {GROUP, true, false},
        {"S-1-22-2-300000", true, false},
        {"S-1-1-0", true, false},
        {"S-1-5-11", true, false},
        {"S-1-5-7", false, true},
        {OTHER_USER, false, false},
        {OTHER_GROUP, false, false},
        {"S-1-22-2-1000", false, false}, /* the user's number as a group's, and the reverse */
        {"S-1-22-1-200", false, false},
        {"S-1-22-3-1000", false, false},
        {"S-1-22-2", false, false},
        {"S-1-22-2-200-1", false, false},
        {"S-1-23-2-200", false, false},
        {"S-1-23-1-1000", false, false},
        {"S-1-1-1", false, false},
        {"S-1-1-0-0", false, false},
        {"S-1-5-18", false, false},
        {"S-1-5-32-544", false, false},
    };
    guise_token *identified = make_token(1000, GUISE_LEVEL_IDENTIFY);
    guise_token *anonymous = make_token(1000, GUISE_LEVEL_ANONYMOUS);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PSID sid = sid_of(cases[i].sid);

        assert_int_equal(guise__com_token_has_sid(identified, sid), cases[i].identified);
        assert_int_equal(guise__com_token_has_sid(anonymous, sid), cases[i].anonymous);
        *(BYTE *)sid = 2; /* malformed: no identity */
        assert_false(guise__com_token_has_sid(identified, sid));
        assert_false(guise__com_token_has_sid(anonymous, sid));
        (void)LocalFree(sid);
    }
    assert_false(guise__com_token_has_sid(identified, NULL));
    guise_token_unref(identified);
    guise_token_unref(anonymous);
}

static void root_is_not_administrator(void **state)
{
    guise_token *root = make_token(0, GUISE_LEVEL_DELEGATE);
    PSID administrators = sid_of("BA"), system = sid_of("SY"), user = sid_of("S-1-22-1-0");

    (void)state;
    assert_false(guise__com_token_has_sid(root, administrators));
    assert_false(guise__com_token_has_sid(root, system));
    assert_true(guise__com_token_has_sid(root, user));
    (void)LocalFree(administrators);
    (void)LocalFree(system);
    (void)LocalFree(user);
    guise_token_unref(root);
}

/* ---- lists ----------------------------------------------------------------------------------- */

struct entry {
    BYTE type, flags;
    ACCESS_MASK mask;
    const char *sid; /* NULL: no entry */
};

/* Of any type, as only other code would write it. */
static void put_entry(PACL acl, const struct entry *entry)
{
    BYTE *place = (BYTE *)acl + sizeof *acl;
    ACE_HEADER header = {entry->type, entry->flags, 0};
    PSID sid = sid_of(entry->sid);

    for (unsigned i = 0; i < acl->AceCount; i++) {
        memcpy(&header, place, sizeof header);
        place += header.AceSize;
    }
    header = (ACE_HEADER){entry->type, entry->flags, (WORD)(8 + GetLengthSid(sid))};
    memcpy(place, &header, sizeof header);
    memcpy(place + 4, &entry->mask, sizeof entry->mask);
    assert_true(CopySid(GetLengthSid(sid), place + 8, sid));
    acl->AceCount++;
    (void)LocalFree(sid);
}

struct guarded {
    SECURITY_DESCRIPTOR descriptor;
    union {
        ACL acl;
        BYTE bytes[LIST_SIZE];
    } list;
    PSID owner, group;
};

static void guard(struct guarded *guarded, const char *owner)
{
    guarded->owner = sid_of(owner);
    guarded->group = sid_of(OTHER_GROUP);
    memset(&guarded->list, 0, sizeof guarded->list);
    assert_true(InitializeAcl(&guarded->list.acl, LIST_SIZE, ACL_REVISION));
    assert_true(InitializeSecurityDescriptor(&guarded->descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorOwner(&guarded->descriptor, guarded->owner, FALSE));
    assert_true(SetSecurityDescriptorGroup(&guarded->descriptor, guarded->group, FALSE));
    assert_true(SetSecurityDescriptorDacl(&guarded->descriptor, TRUE, &guarded->list.acl, FALSE));
}

static void unguard(struct guarded *guarded)
{
    (void)LocalFree(guarded->owner);
    (void)LocalFree(guarded->group);
}

static bool answers(const guise_token *token, PSECURITY_DESCRIPTOR descriptor, DWORD desired,
                    DWORD granted, DWORD reason)
{
    DWORD actual = 0x5AFE5AFE;
    BOOL status = 0x5AFE;

    SetLastError(0);
    assert_int_equal(
        guise__com_access_check(token, descriptor, desired, &s_mapping, &actual, &status), 0);
    return actual == granted && status == (granted != 0) &&
           GetLastError() == (granted != 0 ? 0 : reason);
}

/* The same descriptor in self-relative form, at an odd address. */
static PSECURITY_DESCRIPTOR relative_form(struct guarded *guarded)
{
    static BYTE bytes[1 + 20 + 2 * SECURITY_MAX_SID_SIZE + LIST_SIZE];
    DWORD size = sizeof bytes - 1;

    assert_true(MakeSelfRelativeSD(&guarded->descriptor, bytes + 1, &size));
    return bytes + 1;
}

/* In both forms. granted 0: refused for this reason. */
static bool gives(const guise_token *token, struct guarded *guarded, DWORD desired, DWORD granted,
                  DWORD reason)
{
    return answers(token, &guarded->descriptor, desired, granted, reason) &&
           answers(token, relative_form(guarded), desired, granted, reason);
}

#define assert_check(token, guarded, desired, granted, reason)                                     \
    assert_true(gives((token), (guarded), (desired), (granted), (reason)))

#define ALLOW ACCESS_ALLOWED_ACE_TYPE, 0
#define DENY ACCESS_DENIED_ACE_TYPE, 0
#define EVERYBODY "S-1-1-0"
#define OWNER_RIGHTS "S-1-3-4"

struct check_case {
    const char *owner;
    struct entry entries[ENTRIES_MAX];
    DWORD desired, granted;
};

/* By the token of user 1000 with groups 100, 200 and 300000. */
static const struct check_case s_cases[] = {
    /* an empty list allows nothing, but to its owner to read and write it */
    {OTHER_USER, {{0}}, 1, 0},
    {OTHER_USER, {{0}}, READ_CONTROL, 0},
    {OTHER_USER, {{0}}, MAXIMUM_ALLOWED, 0},
    {USER, {{0}}, READ_CONTROL, READ_CONTROL},
    {USER, {{0}}, READ_CONTROL | WRITE_DAC, READ_CONTROL | WRITE_DAC},
    {USER, {{0}}, WRITE_OWNER, 0},
    {USER, {{0}}, DELETE, 0},
    {USER, {{0}}, READ_CONTROL | 1, 0},
    {USER, {{0}}, MAXIMUM_ALLOWED, READ_CONTROL | WRITE_DAC},
    {GROUP, {{0}}, WRITE_DAC, WRITE_DAC},
    {OTHER_GROUP, {{0}}, WRITE_DAC, 0},
    {USER, {{DENY, WRITE_DAC, USER}}, WRITE_DAC, WRITE_DAC},

    /* the SID of an entry */
    {OTHER_USER, {{ALLOW, 1, USER}}, 1, 1},
    {OTHER_USER, {{ALLOW, 1, GROUP}}, 1, 1},
    {OTHER_USER, {{ALLOW, 1, EVERYBODY}}, 1, 1},
    {OTHER_USER, {{ALLOW, 1, "S-1-5-11"}}, 1, 1},
    {OTHER_USER, {{ALLOW, 1, OTHER_USER}}, 1, 0},
    {OTHER_USER, {{ALLOW, 1, OTHER_GROUP}}, 1, 0},
    {OTHER_USER, {{ALLOW, 1, "S-1-5-7"}}, 1, 0},
    {OTHER_USER, {{ALLOW, 1, "S-1-5-32-544"}}, 1, 0},
    {USER, {{ALLOW, 1, "S-1-3-0"}}, 1, 0},
    {OTHER_USER, {{DENY, 1, OTHER_USER}, {ALLOW, 1, USER}}, 1, 1},

    /* rights add up; all of them or none */
    {OTHER_USER, {{ALLOW, 1, USER}}, 3, 0},
    {OTHER_USER, {{ALLOW, 3, USER}}, 1, 1},
    {OTHER_USER, {{ALLOW, 1, USER}, {ALLOW, 2, GROUP}}, 3, 3},
    {OTHER_USER, {{ALLOW, 1, USER}, {ALLOW, 2, OTHER_GROUP}, {ALLOW, 4, EVERYBODY}}, 7, 0},
    {OTHER_USER, {{ALLOW, SYNCHRONIZE, USER}}, SYNCHRONIZE, SYNCHRONIZE},

    /* in order: what is decided stays */
    {OTHER_USER, {{DENY, 1, USER}, {ALLOW, 1, EVERYBODY}}, 1, 0},
    {OTHER_USER, {{ALLOW, 1, EVERYBODY}, {DENY, 1, USER}}, 1, 1},
    {OTHER_USER, {{DENY, 1, GROUP}, {ALLOW, 3, USER}}, 2, 2},
    {OTHER_USER, {{DENY, 1, GROUP}, {ALLOW, 3, USER}}, 3, 0},
    {OTHER_USER, {{ALLOW, 1, USER}, {DENY, 3, USER}, {ALLOW, 2, USER}}, 3, 0},
    {OTHER_USER, {{ALLOW, 1, USER}, {DENY, 3, USER}, {ALLOW, 2, USER}}, 1, 1},
    {OTHER_USER, {{DENY, 0, USER}, {ALLOW, 1, USER}}, 1, 1},

    /* generic rights in entries, both kinds */
    {OTHER_USER, {{ALLOW, GENERIC_READ, USER}}, READ_CONTROL | 1, READ_CONTROL | 1},
    {OTHER_USER, {{ALLOW, GENERIC_READ, USER}}, 2, 0},
    {OTHER_USER, {{ALLOW, GENERIC_WRITE, USER}}, 2, 2},
    {OTHER_USER, {{ALLOW, GENERIC_EXECUTE, USER}}, 4, 4},
    {OTHER_USER, {{ALLOW, GENERIC_ALL, USER}}, WRITE_OWNER | 7, WRITE_OWNER | 7},
    {OTHER_USER, {{ALLOW, GENERIC_ALL, USER}}, 8, 0},
    {OTHER_USER, {{DENY, GENERIC_READ, USER}, {ALLOW, GENERIC_ALL, USER}}, 1, 0},
    {OTHER_USER, {{DENY, GENERIC_READ, USER}, {ALLOW, GENERIC_ALL, USER}}, 2, 2},

    /* as much as there is */
    {OTHER_USER, {{ALLOW, 5, USER}}, MAXIMUM_ALLOWED, 5},
    {OTHER_USER, {{ALLOW, 5, USER}}, MAXIMUM_ALLOWED | 1, 5},
    {OTHER_USER, {{ALLOW, 5, USER}}, MAXIMUM_ALLOWED | 2, 0},
    {OTHER_USER, {{DENY, 1, GROUP}, {ALLOW, 7, USER}}, MAXIMUM_ALLOWED, 6},
    {OTHER_USER, {{ALLOW, 1, USER}, {DENY, 7, GROUP}}, MAXIMUM_ALLOWED, 1},
    {USER, {{ALLOW, 1, USER}}, MAXIMUM_ALLOWED, READ_CONTROL | WRITE_DAC | 1},
    {OTHER_USER,
     {{ALLOW, 1 | MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY | 0x0C000000, USER}},
     MAXIMUM_ALLOWED,
     1},

    /* nothing asked for */
    {OTHER_USER, {{ALLOW, GENERIC_ALL, EVERYBODY}}, 0, 0},
    {USER, {{0}}, 0, 0},

    /* for heirs only; other flags change nothing */
    {OTHER_USER, {{ACCESS_ALLOWED_ACE_TYPE, INHERIT_ONLY_ACE, 1, USER}}, 1, 0},
    {OTHER_USER, {{ACCESS_DENIED_ACE_TYPE, INHERIT_ONLY_ACE, 1, USER}, {ALLOW, 1, USER}}, 1, 1},
    {OTHER_USER, {{ACCESS_ALLOWED_ACE_TYPE, 0xFF & ~INHERIT_ONLY_ACE, 1, USER}}, 1, 1},
    {OTHER_USER, {{0x77, INHERIT_ONLY_ACE, 1, USER}, {ALLOW, 1, USER}}, 1, 1},

    /* what the owner may, if the list says so itself */
    {USER, {{ALLOW, READ_CONTROL, OWNER_RIGHTS}}, READ_CONTROL, READ_CONTROL},
    {USER, {{ALLOW, READ_CONTROL, OWNER_RIGHTS}}, WRITE_DAC, 0},
    {USER, {{DENY, READ_CONTROL, OWNER_RIGHTS}, {ALLOW, 0xFFFF, USER}}, READ_CONTROL, 0},
    {USER, {{ALLOW, 0xFFFF, USER}, {ALLOW, 0, OWNER_RIGHTS}}, WRITE_DAC, 0},
    {USER, {{ALLOW, 1, OWNER_RIGHTS}}, 1, 1},
    {USER, {{ACCESS_ALLOWED_ACE_TYPE, INHERIT_ONLY_ACE, 1, OWNER_RIGHTS}}, WRITE_DAC, WRITE_DAC},
    {USER, {{SYSTEM_AUDIT_ACE_TYPE, 0, 1, OWNER_RIGHTS}}, WRITE_DAC, WRITE_DAC},
    {USER, {{SYSTEM_ALARM_ACE_TYPE, 0, 1, OWNER_RIGHTS}}, WRITE_DAC, WRITE_DAC},
    {USER, {{ACCESS_ALLOWED_CALLBACK_ACE_TYPE, 0, 1, OWNER_RIGHTS}}, WRITE_DAC, 0},
    {OTHER_USER, {{ALLOW, 1, OWNER_RIGHTS}}, 1, 0},
};

static bool holds(const guise_token *token, const struct check_case *row)
{
    struct guarded guarded;
    bool did;

    guard(&guarded, row->owner);
    for (unsigned i = 0; i < ENTRIES_MAX && row->entries[i].sid != NULL; i++) {
        put_entry(&guarded.list.acl, &row->entries[i]);
    }
    assert_true(IsValidAcl(&guarded.list.acl));
    did = gives(token, &guarded, row->desired, row->granted, ERROR_ACCESS_DENIED);
    unguard(&guarded);
    return did;
}

static void lists_decide(void **state)
{
    guise_token *token = make_token(1000, GUISE_LEVEL_IMPERSONATE);

    (void)state;
    for (size_t i = 0; i < sizeof s_cases / sizeof s_cases[0]; i++) {
        if (!holds(token, &s_cases[i])) {
            fail_msg("s_cases[%zu]", i);
        }
    }
    guise_token_unref(token);
}

static void root_is_a_user_like_others(void **state)
{
    const struct check_case foreign = {USER, {{ALLOW, 1, USER}}, 1, 0};
    const struct check_case own = {USER, {{ALLOW, 1, "S-1-22-1-0"}}, 1, 1};
    guise_token *root = make_token(0, GUISE_LEVEL_DELEGATE);

    (void)state;
    assert_true(holds(root, &foreign));
    assert_true(holds(root, &own));
    guise_token_unref(root);
}

/* What cannot deny is passed by; what may, ends the list. */
static void entries_without_a_meaning_here_never_help(void **state)
{
    guise_token *token = make_token(1000, GUISE_LEVEL_IMPERSONATE);

    (void)state;
    for (unsigned type = 2; type <= 255; type++) {
        bool harmless = type <= 5 || type == 9 || type == 11;
        const struct check_case alone = {OTHER_USER, {{(BYTE)type, 0, 7, USER}}, 1, 0};
        const struct check_case before = {
            OTHER_USER, {{(BYTE)type, 0, 7, OTHER_USER}, {ALLOW, 1, USER}}, 1, harmless};
        const struct check_case behind = {
            OTHER_USER, {{ALLOW, 1, USER}, {(BYTE)type, 0, 7, USER}}, MAXIMUM_ALLOWED, 1};

        assert_true(holds(token, &alone));
        assert_true(holds(token, &before));
        assert_true(holds(token, &behind));
    }
    guise_token_unref(token);
}

/* The SID behind so many identifiers of parts of an object, as the bits in `parts` say. */
static void put_object_entry(PACL acl, BYTE type, BYTE flags, DWORD parts, const char *text)
{
    BYTE *place = (BYTE *)acl + sizeof *acl;
    PSID sid = sid_of(text);
    size_t offset = 12 + ((parts & 1) + (parts >> 1 & 1)) * sizeof(GUID);
    const ACE_HEADER header = {type, flags, (WORD)(offset + GetLengthSid(sid))};

    memset(place, 0, header.AceSize);
    memcpy(place, &header, sizeof header);
    memcpy(place + 8, &parts, sizeof parts);
    assert_true(CopySid(GetLengthSid(sid), place + offset, sid));
    acl->AceCount = 1;
    (void)LocalFree(sid);
}

/* May the owner write the list? */
static bool owner_writes(const guise_token *token, struct guarded *guarded)
{
    assert_true(IsValidAcl(&guarded->list.acl));
    return !gives(token, guarded, WRITE_DAC, 0, ERROR_ACCESS_DENIED);
}

/* Nothing that such an entry allows or denies under its conditions is implied any more. */
static void any_entry_for_owner_rights_is_about_them(void **state)
{
    static const BYTE conditional[] = {ACCESS_ALLOWED_CALLBACK_ACE_TYPE,
                                       ACCESS_DENIED_CALLBACK_ACE_TYPE};
    static const BYTE of_parts[] = {ACCESS_ALLOWED_OBJECT_ACE_TYPE, ACCESS_DENIED_OBJECT_ACE_TYPE,
                                    ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE,
                                    ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE};
    guise_token *token = make_token(1000, GUISE_LEVEL_IMPERSONATE);
    struct guarded guarded;

    (void)state;
    for (unsigned i = 0; i < sizeof conditional; i++) {
        const struct check_case named = {
            USER, {{conditional[i], 0, READ_CONTROL, OWNER_RIGHTS}}, WRITE_DAC, 0};
        const struct check_case other = {
            USER, {{conditional[i], 0, READ_CONTROL, OTHER_USER}}, WRITE_DAC, WRITE_DAC};
        const struct check_case heirs = {
            USER, {{conditional[i], INHERIT_ONLY_ACE, 0, OWNER_RIGHTS}}, WRITE_DAC, WRITE_DAC};

        assert_true(holds(token, &named));
        assert_true(holds(token, &other));
        assert_true(holds(token, &heirs));
    }
    guard(&guarded, USER);
    for (unsigned i = 0; i < sizeof of_parts; i++) {
        for (DWORD parts = 0; parts <= 3; parts++) {
            put_object_entry(&guarded.list.acl, of_parts[i], 0, parts, OWNER_RIGHTS);
            assert_false(owner_writes(token, &guarded));
            put_object_entry(&guarded.list.acl, of_parts[i], 0, parts, OTHER_USER);
            assert_true(owner_writes(token, &guarded));
            put_object_entry(&guarded.list.acl, of_parts[i], INHERIT_ONLY_ACE, parts, OWNER_RIGHTS);
            assert_true(owner_writes(token, &guarded));
        }
    }
    unguard(&guarded);
    guise_token_unref(token);
}

static void no_list_allows_everything(void **state)
{
    guise_token *token = make_token(1000, GUISE_LEVEL_IDENTIFY);
    struct guarded guarded;

    (void)state;
    guard(&guarded, OTHER_USER);
    for (int present = 0; present <= 1; present++) {
        assert_true(SetSecurityDescriptorDacl(&guarded.descriptor, present, NULL, FALSE));
        assert_check(token, &guarded, 0x8007, 0x8007, 0);
        assert_check(token, &guarded, MAXIMUM_ALLOWED, s_mapping.GenericAll, 0);
        assert_check(token, &guarded, MAXIMUM_ALLOWED | 0x8000, s_mapping.GenericAll | 0x8000, 0);
        assert_check(token, &guarded, 0, 0, ERROR_ACCESS_DENIED);
        assert_check(token, &guarded, ACCESS_SYSTEM_SECURITY, 0, ERROR_PRIVILEGE_NOT_HELD);
    }
    /* An address that is not marked present is not looked at. */
    guarded.descriptor.Control = 0;
    guarded.descriptor.Dacl = &guarded.list.acl;
    assert_check(token, &guarded, 1, 1, 0);
    unguard(&guarded);
    guise_token_unref(token);
}

static void the_audit_list_takes_a_privilege(void **state)
{
    const struct entry all = {ALLOW, GENERIC_ALL | ACCESS_SYSTEM_SECURITY, EVERYBODY};
    guise_token *token = make_token(1000, GUISE_LEVEL_DELEGATE);
    struct guarded guarded;

    (void)state;
    guard(&guarded, USER);
    put_entry(&guarded.list.acl, &all);
    assert_check(token, &guarded, ACCESS_SYSTEM_SECURITY, 0, ERROR_PRIVILEGE_NOT_HELD);
    assert_check(token, &guarded, ACCESS_SYSTEM_SECURITY | 1, 0, ERROR_PRIVILEGE_NOT_HELD);
    assert_check(token, &guarded, ACCESS_SYSTEM_SECURITY | MAXIMUM_ALLOWED, 0,
                 ERROR_PRIVILEGE_NOT_HELD);
    unguard(&guarded);
    guise_token_unref(token);
}

/* ---- what cannot be checked ------------------------------------------------------------------ */

static void assert_not_checked(const guise_token *token, PSECURITY_DESCRIPTOR descriptor,
                               DWORD desired, const GENERIC_MAPPING *mapping, DWORD error)
{
    DWORD granted = 0x5AFE5AFE;
    BOOL status = 0x5AFE;

    assert_int_equal(
        guise__com_access_check(token, descriptor, desired, mapping, &granted, &status), error);
    assert_int_equal(granted, 0x5AFE5AFE);
    assert_int_equal(status, 0x5AFE);
}

static void arguments_are_checked(void **state)
{
    guise_token *token = make_token(1000, GUISE_LEVEL_IDENTIFY);
    guise_token *anonymous = make_token(1000, GUISE_LEVEL_ANONYMOUS);
    struct guarded guarded;
    PSECURITY_DESCRIPTOR descriptor = &guarded.descriptor;
    DWORD granted = 7;
    BOOL status = TRUE;

    (void)state;
    guard(&guarded, OTHER_USER);
    assert_true(SetSecurityDescriptorDacl(descriptor, TRUE, NULL, FALSE)); /* everything */
    assert_not_checked(NULL, descriptor, 1, &s_mapping, ERROR_INVALID_PARAMETER);
    assert_not_checked(token, NULL, 1, &s_mapping, ERROR_INVALID_PARAMETER);
    assert_not_checked(token, descriptor, 1, NULL, ERROR_INVALID_PARAMETER);
    assert_not_checked(anonymous, descriptor, 1, &s_mapping, ERROR_BAD_IMPERSONATION_LEVEL);
    assert_int_equal(guise__com_access_check(token, descriptor, 1, &s_mapping, NULL, &status),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(status, TRUE);
    assert_int_equal(guise__com_access_check(token, descriptor, 1, &s_mapping, &granted, NULL),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(granted, 7);
    for (DWORD generic = GENERIC_ALL; generic != 0; generic <<= 1) {
        assert_not_checked(token, descriptor, generic | 1, &s_mapping, ERROR_GENERIC_NOT_MAPPED);
    }
    unguard(&guarded);
    guise_token_unref(token);
    guise_token_unref(anonymous);
}

enum breakage {
    NO_OWNER,
    NO_GROUP,
    BAD_OWNER,
    BAD_GROUP,
    REVISION,
    INTO_HEADER,
    BAD_LIST,
    BAD_SACL,
    ALL
};

static void break_descriptor(struct guarded *guarded, enum breakage how)
{
    SECURITY_DESCRIPTOR *descriptor = &guarded->descriptor;
    const SECURITY_DESCRIPTOR_RELATIVE into_header = {
        .Revision = SECURITY_DESCRIPTOR_REVISION, .Control = SE_SELF_RELATIVE, .Owner = 8};

    descriptor->Owner = how == NO_OWNER ? NULL : descriptor->Owner;
    descriptor->Group = how == NO_GROUP ? NULL : descriptor->Group;
    ((BYTE *)guarded->owner)[1] = how == BAD_OWNER ? 16 : ((BYTE *)guarded->owner)[1];
    ((BYTE *)guarded->group)[0] = how == BAD_GROUP ? 0 : 1;
    descriptor->Revision = how == REVISION ? 2 : descriptor->Revision;
    if (how == INTO_HEADER) {
        memcpy(descriptor, &into_header, sizeof into_header);
    }
    guarded->list.acl.AceCount = how == BAD_LIST ? 2 : 1;
    if (how == BAD_SACL) {
        descriptor->Control |= SE_SACL_PRESENT;
        descriptor->Sacl = (PACL)guarded->owner; /* revision 1 */
    }
}

static void descriptors_are_checked(void **state)
{
    const struct entry all = {ALLOW, 7, EVERYBODY};
    guise_token *token = make_token(1000, GUISE_LEVEL_IDENTIFY);
    struct guarded guarded;

    (void)state;
    for (int how = 0; how <= ALL; how++) {
        guard(&guarded, OTHER_USER);
        put_entry(&guarded.list.acl, &all);
        assert_true(IsValidSecurityDescriptor(&guarded.descriptor));
        break_descriptor(&guarded, (enum breakage)how);
        assert_int_equal(IsValidSecurityDescriptor(&guarded.descriptor),
                         how == ALL || how == NO_OWNER || how == NO_GROUP);
        if (how == ALL) {
            assert_check(token, &guarded, 7, 7, 0);
        } else {
            assert_not_checked(token, &guarded.descriptor, 1, &s_mapping,
                               ERROR_INVALID_SECURITY_DESCR);
        }
        unguard(&guarded);
    }
    guise_token_unref(token);
}

/* ---- against a second opinion ---------------------------------------------------------------- */

static uint32_t s_random = 2463534242u;

static uint32_t random_below(uint32_t limit)
{
    s_random ^= s_random << 13;
    s_random ^= s_random >> 17;
    s_random ^= s_random << 5;
    return s_random % limit;
}

/* Right by right: the first entry about a right decides. */
static ACCESS_MASK second_opinion(const struct entry *entries, unsigned count)
{
    ACCESS_MASK allowed = 0;

    for (ACCESS_MASK right = 1; right <= SYNCHRONIZE; right <<= 1) {
        for (unsigned i = 0; i < count; i++) {
            bool about = strcmp(entries[i].sid, OTHER_USER) != 0;

            if (entries[i].flags == 0 && about && (entries[i].mask & right) != 0) {
                allowed |= entries[i].type == ACCESS_ALLOWED_ACE_TYPE ? right : 0;
                break;
            }
        }
    }
    return allowed;
}

static void random_lists_decide_right_by_right(void **state)
{
    static const char *const sids[] = {USER, GROUP, EVERYBODY, OTHER_USER};
    guise_token *token = make_token(1000, GUISE_LEVEL_IMPERSONATE);
    struct entry entries[8];
    struct guarded guarded;

    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        unsigned count = random_below(9);
        ACCESS_MASK allowed, desired = random_below(16);

        guard(&guarded, OTHER_USER);
        for (unsigned i = 0; i < count; i++) {
            entries[i] = (struct entry){
                (BYTE)random_below(2), random_below(5) == 0 ? INHERIT_ONLY_ACE : 0,
                random_below(0x200000) & random_below(0x200000), sids[random_below(4)]};
            put_entry(&guarded.list.acl, &entries[i]);
        }
        allowed = second_opinion(entries, count);
        assert_check(token, &guarded, MAXIMUM_ALLOWED, allowed, ERROR_ACCESS_DENIED);
        assert_check(token, &guarded, desired, (desired & ~allowed) == 0 ? desired : 0,
                     ERROR_ACCESS_DENIED);
        unguard(&guarded);
    }
    guise_token_unref(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unix_ids_have_sids),
        cmocka_unit_test(a_token_is_its_user_its_groups_and_everyone),
        cmocka_unit_test(root_is_not_administrator),
        cmocka_unit_test(lists_decide),
        cmocka_unit_test(root_is_a_user_like_others),
        cmocka_unit_test(entries_without_a_meaning_here_never_help),
        cmocka_unit_test(any_entry_for_owner_rights_is_about_them),
        cmocka_unit_test(no_list_allows_everything),
        cmocka_unit_test(the_audit_list_takes_a_privilege),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(descriptors_are_checked),
        cmocka_unit_test(random_lists_decide_right_by_right),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
