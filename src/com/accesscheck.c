/* SPDX-License-Identifier: MIT */
/*
 * The access check walks a descriptor's list once, in its order, and keeps two masks: the rights that an
 * entry has allowed and those that one has denied. The first entry about a right decides it. An entry
 * of a type that this library does not know can only take rights away.
 */
#include "com/accesscheck.h"

#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/acl.h"
#include "com/descriptor.h"
#include "com/lasterror.h"
#include "com/predicate.h"
#include "com/sid.h"

#define GENERIC_RIGHTS (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)
/* The rights that a list can decide. ACCESS_SYSTEM_SECURITY is not among them. */
#define RIGHTS (STANDARD_RIGHTS_ALL | SPECIFIC_RIGHTS_ALL)
#define OWNERS_RIGHTS (READ_CONTROL | WRITE_DAC)

static const SID s_owner_rights = {
    SID_REVISION, 1, {SECURITY_CREATOR_SID_AUTHORITY}, {SECURITY_CREATOR_OWNER_RIGHTS_RID}};

/* The rights decided so far. A right that was denied first stays denied, and one that was allowed first
 * stays allowed. */
struct decision {
    ACCESS_MASK allowed;
    ACCESS_MASK denied;
};

struct check {
    const guise_token *token;
    const GENERIC_MAPPING *mapping;
    PACL dacl;
    bool is_owner;
};

GUISE__COM_PREDICATE check_is_valid(const struct check *check)
{
    return check->token != NULL && check->mapping != NULL &&
           (check->dacl == NULL || guise__com_acl_is_valid(check->dacl));
}

/* ---- one entry ------------------------------------------------------------------------------- */

/* Maps generic rights in an entry to those of this kind of object. */
static ACCESS_MASK map_rights(const struct check *check, ACCESS_MASK mask)
{
    GENERIC_MAPPING mapping = *check->mapping;

    MapGenericMask(&mask, &mapping);
    return mask & RIGHTS;
}

static bool is_about_token(const struct check *check, PSID sid)
{
    GUISE__CHECK(sid != NULL);
    return guise__com_token_has_sid(check->token, sid) ||
           (check->is_owner && guise__com_sid_equal(sid, &s_owner_rights));
}

/* Returns whether entries of this type only allow or audit, so that ignoring one denies no less. */
static bool never_denies(BYTE type)
{
    switch (type) {
    case SYSTEM_AUDIT_ACE_TYPE:
    case SYSTEM_ALARM_ACE_TYPE:
    case ACCESS_ALLOWED_COMPOUND_ACE_TYPE:
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE:
        return true;
    default:
        return false;
    }
}

static void apply_entry(const struct check *check, const struct guise__com_ace *ace,
                        struct decision *decision)
{
    GUISE__CHECK(guise__com_ace_is_valid(ace));
    if ((ace->header.AceFlags & INHERIT_ONLY_ACE) != 0 || never_denies(ace->header.AceType)) {
        return;
    }
    if (ace->header.AceType > ACCESS_DENIED_ACE_TYPE) {
        decision->denied = ~(ACCESS_MASK)0;
    } else if (!is_about_token(check, ace->sid)) {
        return;
    } else if (ace->header.AceType == ACCESS_DENIED_ACE_TYPE) {
        decision->denied |= map_rights(check, ace->mask);
    } else {
        decision->allowed |= map_rights(check, ace->mask) & ~decision->denied;
    }
}

/* ---- the list -------------------------------------------------------------------------------- */

/* Returns whether the entry is for OWNER RIGHTS. Its type may be one that is otherwise ignored, because
 * the entry takes implied rights away. */
static bool is_about_owner(const struct guise__com_ace *ace)
{
    return (ace->header.AceFlags & INHERIT_ONLY_ACE) == 0 &&
           ace->header.AceType != SYSTEM_AUDIT_ACE_TYPE &&
           ace->header.AceType != SYSTEM_ALARM_ACE_TYPE &&
           guise__com_sid_equal(ace->sid, &s_owner_rights);
}

/* Returns whether the list, which is valid, has an entry for OWNER RIGHTS, so that the owner has no
 * implied rights. */
static bool has_owner_rights_entry(PACL dacl)
{
    struct guise__com_acl_walk walk;
    struct guise__com_ace ace;

    if (!guise__com_acl_begin(&walk, dacl)) {
        return false;
    }
    while (walk.left != 0 && guise__com_acl_next(&walk, &ace)) {
        if (is_about_owner(&ace)) {
            return true;
        }
    }
    return false;
}

/* Collects every right that the list allows the token. */
static ACCESS_MASK collect_allowed(const struct check *check)
{
    struct decision decision = {0, 0};
    struct guise__com_acl_walk walk;
    struct guise__com_ace ace;

    GUISE__CHECK(check->dacl != NULL);
    if (check->is_owner && !has_owner_rights_entry(check->dacl)) {
        decision.allowed = OWNERS_RIGHTS;
    }
    if (!guise__com_acl_begin(&walk, check->dacl)) {
        return 0;
    }
    while (walk.left != 0) {
        if (!guise__com_acl_next(&walk, &ace)) {
            return 0;
        }
        apply_entry(check, &ace, &decision);
    }
    GUISE__CHECK((decision.allowed & ~(ACCESS_MASK)RIGHTS) == 0);
    return decision.allowed;
}

/* ---- the check ------------------------------------------------------------------------------- */

static bool is_allowed(const struct check *check, DWORD desired, DWORD *granted)
{
    DWORD wanted = desired & ~MAXIMUM_ALLOWED;
    DWORD allowed;

    GUISE__CHECK(check_is_valid(check));
    if ((desired & ACCESS_SYSTEM_SECURITY) != 0) {
        return guise__com_fail(ERROR_PRIVILEGE_NOT_HELD);
    }
    allowed = check->dacl == NULL ? wanted | (check->mapping->GenericAll & RIGHTS)
                                  : collect_allowed(check);
    if ((wanted & ~allowed) != 0) {
        return guise__com_fail(ERROR_ACCESS_DENIED);
    }
    *granted = (desired & MAXIMUM_ALLOWED) != 0 ? allowed : wanted;
    return *granted != 0 ? true : guise__com_fail(ERROR_ACCESS_DENIED);
}

static DWORD check_arguments(const guise_token *token, PSECURITY_DESCRIPTOR descriptor,
                             DWORD desired, const GENERIC_MAPPING *mapping)
{
    if (token == NULL || descriptor == NULL || mapping == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if (guise_token_level(token) < GUISE_LEVEL_IDENTIFY) {
        return ERROR_BAD_IMPERSONATION_LEVEL;
    }
    if ((desired & GENERIC_RIGHTS) != 0) {
        return ERROR_GENERIC_NOT_MAPPED;
    }
    return 0;
}

/* Reads a descriptor of either form. Returns an error if it is not valid, or has no owner or no group. */
static DWORD load_descriptor(PSECURITY_DESCRIPTOR descriptor, struct guise__com_descriptor *out)
{
    return guise__com_descriptor_read_valid(descriptor, SIZE_MAX, out) == 0 && out->owner != NULL &&
                   out->group != NULL
               ? 0
               : ERROR_INVALID_SECURITY_DESCR;
}

DWORD guise__com_access_check(const guise_token *token, PSECURITY_DESCRIPTOR descriptor,
                              DWORD desired, const GENERIC_MAPPING *mapping, DWORD *granted,
                              BOOL *status)
{
    struct guise__com_descriptor parts;
    struct check check;
    DWORD error;

    if (granted == NULL || status == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    error = check_arguments(token, descriptor, desired, mapping);
    if (error == 0) {
        error = load_descriptor(descriptor, &parts);
    }
    if (error != 0) {
        return error;
    }
    check = (struct check){token, mapping, guise__com_descriptor_dacl(&parts),
                           guise__com_token_is_owner(token, parts.owner)};
    *granted = 0;
    *status = is_allowed(&check, desired, granted);
    return 0;
}
