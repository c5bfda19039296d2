/* SPDX-License-Identifier: MIT */
#include "com/acl.h"

#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "com/sid.h"

enum { ACE_MASK = 4, ACE_SID = 8, ACE_OBJECTS = 8, ACE_UNIT = 4 };

/* ---- reading --------------------------------------------------------------------------------- */

bool guise__acl_begin(struct guise__acl_walk *walk, const void *acl)
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
    return true;
}

/* The types with a mask and a SID and nothing before them. */
static bool is_plain(BYTE type)
{
    return type <= SYSTEM_ALARM_ACE_TYPE;
}

static bool read_plain(const BYTE *entry, struct guise__ace *out)
{
    if (out->header.AceSize < ACE_SID ||
        guise__sid_length(entry + ACE_SID, (size_t)out->header.AceSize - ACE_SID) == 0) {
        return false;
    }
    memcpy(&out->mask, entry + ACE_MASK, sizeof out->mask);
    out->sid = (PSID)(uintptr_t)(entry + ACE_SID); /* a PSID is not const; nothing writes to it */
    return true;
}

/* Behind the mask, and in entries for parts of objects behind which parts those are. 0: nowhere. */
static size_t sid_place(const BYTE *entry, const ACE_HEADER *header)
{
    DWORD objects = 0;

    switch (header->AceType) {
    case ACCESS_ALLOWED_CALLBACK_ACE_TYPE:
    case ACCESS_DENIED_CALLBACK_ACE_TYPE:
        return ACE_SID;
    case ACCESS_ALLOWED_OBJECT_ACE_TYPE:
    case ACCESS_DENIED_OBJECT_ACE_TYPE:
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

/* What the types without a meaning here say is not needed, but for whom they say it. */
static void read_other(const BYTE *entry, struct guise__ace *out)
{
    size_t place = sid_place(entry, &out->header);

    if (place != 0 && place < out->header.AceSize &&
        guise__sid_length(entry + place, out->header.AceSize - place) != 0) {
        out->sid = (PSID)(uintptr_t)(entry + place); /* as above */
    }
}

bool guise__acl_next(struct guise__acl_walk *walk, struct guise__ace *out)
{
    const BYTE *entry = walk->next;
    size_t room = (size_t)(walk->end - entry);

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
    if (is_plain(out->header.AceType)) {
        return read_plain(entry, out);
    }
    read_other(entry, out);
    return true;
}

/* Leaves the walk behind the last entry. */
static bool walk_all(struct guise__acl_walk *walk, const void *acl)
{
    struct guise__ace ace;

    if (!guise__acl_begin(walk, acl)) {
        return false;
    }
    while (walk->left != 0) {
        if (!guise__acl_next(walk, &ace)) {
            return false;
        }
    }
    return true;
}

bool guise__acl_is_valid(const void *acl)
{
    struct guise__acl_walk walk;

    return walk_all(&walk, acl);
}

/* ---- the SDK's functions --------------------------------------------------------------------- */

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

BOOL WINAPI IsValidAcl(PACL acl)
{
    return guise__acl_is_valid(acl);
}

BOOL WINAPI InitializeAcl(PACL acl, DWORD size, DWORD revision)
{
    ACL header = {0};

    if (acl == NULL || size > UINT16_MAX || revision < MIN_ACL_REVISION ||
        revision > MAX_ACL_REVISION) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    if (size < sizeof header) {
        return fail(ERROR_INSUFFICIENT_BUFFER);
    }
    header.AclRevision = (BYTE)revision;
    header.AclSize = (WORD)size;
    memcpy(acl, &header, sizeof header);
    return TRUE;
}

/* The entry goes behind the last one; there is room. */
static void append(PACL acl, DWORD revision, BYTE *place, const struct guise__ace *ace)
{
    ACL header;

    memcpy(&header, acl, sizeof header);
    header.AclRevision = revision > header.AclRevision ? (BYTE)revision : header.AclRevision;
    header.AceCount++;
    memcpy(acl, &header, sizeof header);
    memcpy(place, &ace->header, sizeof ace->header);
    memcpy(place + ACE_MASK, &ace->mask, sizeof ace->mask);
    memmove(place + ACE_SID, ace->sid, (size_t)ace->header.AceSize - ACE_SID);
}

static BOOL add(PACL acl, DWORD revision, BYTE type, ACCESS_MASK mask, PSID sid)
{
    struct guise__ace ace = {.header = {.AceType = type}, .mask = mask, .sid = sid};
    size_t length = guise__sid_length(sid, SIZE_MAX);
    struct guise__acl_walk walk;

    if (length == 0) {
        return fail(ERROR_INVALID_SID);
    }
    if (!walk_all(&walk, acl)) {
        return fail(ERROR_INVALID_ACL);
    }
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION) {
        return fail(ERROR_REVISION_MISMATCH);
    }
    if (ACE_SID + length > (size_t)(walk.end - walk.next)) {
        return fail(ERROR_ALLOTTED_SPACE_EXCEEDED);
    }
    ace.header.AceSize = (WORD)(ACE_SID + length);
    append(acl, revision, (BYTE *)acl + (walk.next - (const BYTE *)acl), &ace);
    return TRUE;
}

BOOL WINAPI AddAccessAllowedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
    return add(acl, revision, ACCESS_ALLOWED_ACE_TYPE, mask, sid);
}

BOOL WINAPI AddAccessDeniedAce(PACL acl, DWORD revision, DWORD mask, PSID sid)
{
    return add(acl, revision, ACCESS_DENIED_ACE_TYPE, mask, sid);
}
