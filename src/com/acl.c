/* SPDX-License-Identifier: MIT */
/*
 * Access control lists as bytes: a header with the size of the whole and the number of entries, then
 * the entries, each with its own size. A walk reads one entry after the other and stops at the first that
 * does not fit, so no function here trusts the sizes and the count that a list has.
 */
#include "com/acl.h"

#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/lasterror.h"
#include "com/sid.h"

enum { ACE_MASK = 4, ACE_SID = 8, ACE_OBJECTS = 8, ACE_UNIT = 4 };

/* ---- reading --------------------------------------------------------------------------------- */

bool guise__com_acl_begin(struct guise__com_acl_walk *walk, const void *acl)
{
    ACL header;

    if (acl == NULL) {
        return false;
    }
    memcpy(&header, acl, sizeof header);
    if (header.AclRevision < MIN_ACL_REVISION || header.AclRevision > MAX_ACL_REVISION ||
        header.AclSize < sizeof header) {
        return false;
    }
    walk->next = (const BYTE *)acl + sizeof header;
    walk->end = (const BYTE *)acl + header.AclSize;
    walk->left = header.AceCount;
    GUISE__CHECK(guise__com_acl_walk_is_valid(walk));
    return true;
}

/* Returns whether entries of this type are a mask and a SID and no more. */
static bool is_plain(BYTE type)
{
    return type <= SYSTEM_ALARM_ACE_TYPE;
}

static bool read_plain(const BYTE *entry, struct guise__com_ace *out)
{
    GUISE__CHECK(is_plain(out->header.AceType));
    if (out->header.AceSize < ACE_SID ||
        guise__com_sid_length(entry + ACE_SID, (size_t)out->header.AceSize - ACE_SID) == 0) {
        return false;
    }
    memcpy(&out->mask, entry + ACE_MASK, sizeof out->mask);
    out->sid = (PSID)(uintptr_t)(entry + ACE_SID); /* a PSID is not const; nothing writes to it */
    return true;
}

/* Returns the offset of the SID: after the mask and, in object entries, after the identifiers. 0: the
 * entry has none. */
static size_t sid_place(const BYTE *entry, const ACE_HEADER *header)
{
    DWORD objects = 0;

    switch (header->AceType) {
    case ACCESS_ALLOWED_CALLBACK_ACE_TYPE:
    case ACCESS_DENIED_CALLBACK_ACE_TYPE:
    case SYSTEM_MANDATORY_LABEL_ACE_TYPE:
        return ACE_SID;
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
    case ACCESS_DENIED_OBJECT_ACE_TYPE:
    case SYSTEM_AUDIT_OBJECT_ACE_TYPE:
    case SYSTEM_ALARM_OBJECT_ACE_TYPE:
    case ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE:
    case ACCESS_DENIED_CALLBACK_OBJECT_ACE_TYPE:
        if (header->AceSize >= ACE_OBJECTS + sizeof objects) {
            memcpy(&objects, entry + ACE_OBJECTS, sizeof objects);
        }
        return ACE_OBJECTS + sizeof objects + ((objects & 1) + (objects >> 1 & 1)) * sizeof(GUID);
    default:
        return 0;
    }
}

/* Reads only the SID, because the entry is of a type that has no meaning here. */
static void read_other(const BYTE *entry, struct guise__com_ace *out)
{
    size_t place = sid_place(entry, &out->header);

    if (place != 0 && place < out->header.AceSize &&
        guise__com_sid_length(entry + place, out->header.AceSize - place) != 0) {
        out->sid = (PSID)(uintptr_t)(entry + place); /* as above */
    }
}

bool guise__com_ace_is_valid(const struct guise__com_ace *ace)
{
    if (ace->header.AceSize < sizeof ace->header || ace->header.AceSize % ACE_UNIT != 0) {
        return false;
    }
    return ace->sid == NULL ? !is_plain(ace->header.AceType)
                            : guise__com_sid_length(ace->sid, ace->header.AceSize) != 0;
}

bool guise__com_acl_next(struct guise__com_acl_walk *walk, struct guise__com_ace *out)
{
    const BYTE *entry = walk->next;
    size_t room = (size_t)(walk->end - entry);

    GUISE__CHECK(guise__com_acl_walk_is_valid(walk));
    GUISE__CHECK(walk->left != 0);
    memset(out, 0, sizeof *out);
    if (room < sizeof out->header) {
        return false;
    }
    memcpy(&out->header, entry, sizeof out->header);
    if (out->header.AceSize < sizeof out->header || out->header.AceSize > room ||
        out->header.AceSize % ACE_UNIT != 0) {
        return false;
    }
    walk->next += out->header.AceSize;
    walk->left--;
    GUISE__CHECK(guise__com_acl_walk_is_valid(walk));
    if (is_plain(out->header.AceType)) {
        return read_plain(entry, out);
    }
    read_other(entry, out);
    GUISE__CHECK(guise__com_ace_is_valid(out));
    return true;
}

bool guise__com_acl_walk_all(struct guise__com_acl_walk *walk, const void *acl)
{
    struct guise__com_ace ace;

    if (!guise__com_acl_begin(walk, acl)) {
        return false;
    }
    while (walk->left != 0) {
        if (!guise__com_acl_next(walk, &ace)) {
            return false;
        }
    }
    return true;
}

bool guise__com_acl_fits(const void *acl, size_t room)
{
    ACL header;

    if (room < sizeof header) {
        return false;
    }
    memcpy(&header, acl, sizeof header);
    return header.AclSize <= room;
}

DWORD guise__com_acl_find(struct guise__com_acl_walk *walk, const void *acl, DWORD index)
{
    struct guise__com_ace ace;

    if (!guise__com_acl_begin(walk, acl)) {
        return ERROR_INVALID_ACL;
    }
    if (index >= walk->left) {
        return ERROR_INVALID_PARAMETER;
    }
    while (index-- != 0) {
        if (!guise__com_acl_next(walk, &ace)) {
            return ERROR_INVALID_ACL;
        }
    }
    return ERROR_SUCCESS;
}

bool guise__com_acl_is_valid(const void *acl)
{
    struct guise__com_acl_walk walk;

    return guise__com_acl_walk_all(&walk, acl);
}

/* ---- the SDK's functions --------------------------------------------------------------------- */

BOOL WINAPI IsValidAcl(PACL acl)
{
    return guise__com_acl_is_valid(acl);
}

BOOL WINAPI InitializeAcl(PACL acl, DWORD size, DWORD revision)
{
    ACL header = {0};

    if (acl == NULL || size > UINT16_MAX || revision < MIN_ACL_REVISION ||
        revision > MAX_ACL_REVISION) {
        return guise__com_fail(ERROR_INVALID_PARAMETER);
    }
    if (size < sizeof header) {
        return guise__com_fail(ERROR_INSUFFICIENT_BUFFER);
    }
    header.AclRevision = (BYTE)revision;
    header.AclSize = (WORD)size;
    memcpy(acl, &header, sizeof header);
    return TRUE;
}

/* Appends an entry, for which the list has room. */
static void append_entry(PACL acl, DWORD revision, BYTE *place, const struct guise__com_ace *ace)
{
    ACL header;

    GUISE__CHECK(guise__com_ace_is_valid(ace));
    GUISE__CHECK((size_t)ace->header.AceSize ==
                 ACE_SID + guise__com_sid_length(ace->sid, SIZE_MAX));
    memcpy(&header, acl, sizeof header);
    header.AclRevision = revision > header.AclRevision ? (BYTE)revision : header.AclRevision;
    header.AceCount++;
    memcpy(acl, &header, sizeof header);
    memcpy(place, &ace->header, sizeof ace->header);
    memcpy(place + ACE_MASK, &ace->mask, sizeof ace->mask);
    memmove(place + ACE_SID, ace->sid, (size_t)ace->header.AceSize - ACE_SID);
}

DWORD guise__com_acl_add(PACL acl, DWORD revision, BYTE type, BYTE flags, ACCESS_MASK mask,
                         PSID sid)
{
    struct guise__com_ace ace = {.header = {type, flags, 0}, .mask = mask, .sid = sid};
    size_t length = guise__com_sid_length(sid, SIZE_MAX);
    struct guise__com_acl_walk walk;

    if (length == 0) {
        return ERROR_INVALID_SID;
    }
    if (!guise__com_acl_walk_all(&walk, acl)) {
        return ERROR_INVALID_ACL;
    }
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION) {
        return ERROR_REVISION_MISMATCH;
    }
    if (ACE_SID + length > (size_t)(walk.end - walk.next)) {
        return ERROR_ALLOTTED_SPACE_EXCEEDED;
    }
    ace.header.AceSize = (WORD)(ACE_SID + length);
    append_entry(acl, revision, (BYTE *)acl + (walk.next - (const BYTE *)acl), &ace);
    return ERROR_SUCCESS;
}

static BOOL add_access_entry(PACL acl, DWORD revision, BYTE type, DWORD flags, ACCESS_MASK mask,
                             PSID sid)
{
    DWORD error = (flags & ~(DWORD)VALID_INHERIT_FLAGS) == 0
                      ? guise__com_acl_add(acl, revision, type, (BYTE)flags, mask, sid)
                      : ERROR_INVALID_PARAMETER;

    return error == ERROR_SUCCESS ? TRUE : guise__com_fail(error);
}

BOOL WINAPI AddAccessAllowedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
    return add_access_entry(acl, revision, ACCESS_ALLOWED_ACE_TYPE, 0, mask, sid);
}

BOOL WINAPI AddAccessAllowedAceEx(PACL acl, DWORD revision, DWORD flags, DWORD mask, PSID sid)
{
    return add_access_entry(acl, revision, ACCESS_ALLOWED_ACE_TYPE, flags, mask, sid);
}

BOOL WINAPI AddAccessDeniedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
    return add_access_entry(acl, revision, ACCESS_DENIED_ACE_TYPE, 0, mask, sid);
}

BOOL WINAPI AddAccessDeniedAceEx(PACL acl, DWORD revision, DWORD flags, DWORD mask, PSID sid)
{
    return add_access_entry(acl, revision, ACCESS_DENIED_ACE_TYPE, flags, mask, sid);
}
