/* SPDX-License-Identifier: MIT */
#include "com/accesscheck.h"

#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "com/acl.h"
#include "com/sid.h"

#define GENERIC_RIGHTS (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL)
/* What a list can decide. ACCESS_SYSTEM_SECURITY is not for it. */
#define RIGHTS (STANDARD_RIGHTS_ALL | SPECIFIC_RIGHTS_ALL)
#define OWNERS_RIGHTS (READ_CONTROL | WRITE_DAC)

static const SID s_owner_rights = {
    SID_REVISION, 1, {SECURITY_CREATOR_SID_AUTHORITY}, {SECURITY_CREATOR_OWNER_RIGHTS_RID}};

/* What is decided so far. A right that was denied first does not become allowed; one that was
 * allowed first stays so. */
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

/* ---- one entry ------------------------------------------------------------------------------- */

/* The rights of the kind of object that the entry speaks of. */
static ACCESS_MASK rights_of(const struct check *check, ACCESS_MASK mask)
{
    GENERIC_MAPPING mapping = *check->mapping;

    MapGenericMask(&mask, &mapping);
    return mask & RIGHTS;
}

static bool is_about_token(const struct check *check, PSID sid)
{
    return guise__token_has_sid(check->token, sid) ||
           (check->is_owner && guise__sid_equal(sid, &s_owner_rights));
}

/* The types without a meaning here that cannot take anything away; to pass them by is safe. */
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

static void decide(const struct check *check, const struct guise__ace *ace,
                   struct decision *decision)
{
    if ((ace->header.AceFlags & INHERIT_ONLY_ACE) != 0 || never_denies(ace->header.AceType)) {
        return;
    }
    if (ace->header.AceType > ACCESS_DENIED_ACE_TYPE) {
        decision->denied = ~(ACCESS_MASK)0;
    } else if (!is_about_token(check, ace->sid)) {
        return;
    } else if (ace->header.AceType == ACCESS_DENIED_ACE_TYPE) {
        decision->denied |= rights_of(check, ace->mask);
    } else {
        decision->allowed |= rights_of(check, ace->mask) & ~decision->denied;
    }
}

/* ---- the list -------------------------------------------------------------------------------- */

/* Also one of a type that is not looked at otherwise: it is there to take implied rights away. */
static bool is_about_owner(const struct guise__ace *ace)
{
    return (ace->header.AceFlags & INHERIT_ONLY_ACE) == 0 &&
           ace->header.AceType != SYSTEM_AUDIT_ACE_TYPE &&
           ace->header.AceType != SYSTEM_ALARM_ACE_TYPE &&
           guise__sid_equal(ace->sid, &s_owner_rights);
}

/* Is there an entry about the owner's rights, so that none are implied? Of a valid list. */
static bool names_owner_rights(PACL dacl)
{
    struct guise__acl_walk walk;
    struct guise__ace ace;

    if (!guise__acl_begin(&walk, dacl)) {
        return false;
    }
    while (walk.left != 0 && guise__acl_next(&walk, &ace)) {
        if (is_about_owner(&ace)) {
            return true;
        }
    }
    return false;
}

/* All that the list allows the token. */
static ACCESS_MASK allowed_by(const struct check *check)
{
    struct decision decision = {0, 0};
    struct guise__acl_walk walk;
    struct guise__ace ace;

    if (check->is_owner && !names_owner_rights(check->dacl)) {
        decision.allowed = OWNERS_RIGHTS;
    }
    if (!guise__acl_begin(&walk, check->dacl)) {
        return 0;
    }
    while (walk.left != 0) {
        if (!guise__acl_next(&walk, &ace)) {
            return 0;
        }
        decide(check, &ace, &decision);
    }
    return decision.allowed;
}

/* ---- the check ------------------------------------------------------------------------------- */

static bool refuse(DWORD why)
{
    SetLastError(why);
    return false;
}

static bool is_allowed(const struct check *check, DWORD desired, DWORD *granted)
{
    DWORD wanted = desired & ~MAXIMUM_ALLOWED;
    DWORD allowed;

    if ((desired & ACCESS_SYSTEM_SECURITY) != 0) {
        return refuse(ERROR_PRIVILEGE_NOT_HELD);
    }
    allowed =
        check->dacl == NULL ? wanted | (check->mapping->GenericAll & RIGHTS) : allowed_by(check);
    if ((wanted & ~allowed) != 0) {
        return refuse(ERROR_ACCESS_DENIED);
    }
    *granted = (desired & MAXIMUM_ALLOWED) != 0 ? allowed : wanted;
    return *granted != 0 || refuse(ERROR_ACCESS_DENIED);
}

/* Of a valid descriptor. */
static PACL dacl_of(const SECURITY_DESCRIPTOR *descriptor)
{
    return (descriptor->Control & SE_DACL_PRESENT) != 0 ? descriptor->Dacl : NULL;
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
    return IsValidSecurityDescriptor(descriptor) ? 0 : ERROR_INVALID_SECURITY_DESCR;
}

DWORD guise__access_check(const guise_token *token, PSECURITY_DESCRIPTOR descriptor, DWORD desired,
                          const GENERIC_MAPPING *mapping, DWORD *granted, BOOL *status)
{
    SECURITY_DESCRIPTOR parts;
    struct check check;
    DWORD error;

    if (granted != NULL) {
        *granted = 0;
    }
    if (status != NULL) {
        *status = FALSE;
    }
    if (granted == NULL || status == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    error = check_arguments(token, descriptor, desired, mapping);
    if (error != 0) {
        return error;
    }
    memcpy(&parts, descriptor, sizeof parts);
    if (parts.Owner == NULL || parts.Group == NULL) {
        return ERROR_INVALID_SECURITY_DESCR;
    }
    check =
        (struct check){token, mapping, dacl_of(&parts), guise__token_has_sid(token, parts.Owner)};
    *status = is_allowed(&check, desired, granted);
    return 0;
}
