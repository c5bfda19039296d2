/* SPDX-License-Identifier: MIT */
/* Finding, inserting, deleting and counting the entries of a list. */
#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/acl.h"
#include "com/token_handle.h"

/* Returns the address, in the program's own list, of the entry that the walk reads next. */
static BYTE *entry_address(PACL acl, const struct guise__com_acl_walk *walk)
{
    GUISE__CHECK(guise__com_acl_walk_is_valid(walk));
    return (BYTE *)acl + (walk->next - (const BYTE *)acl);
}

static void count_entries(PACL acl, DWORD revision, int more)
{
    ACL header;

    memcpy(&header, acl, sizeof header);
    header.AclRevision = revision > header.AclRevision ? (BYTE)revision : header.AclRevision;
    GUISE__CHECK(header.AceCount + more >= 0 && header.AceCount + more <= UINT16_MAX);
    header.AceCount = (WORD)(header.AceCount + more);
    memcpy(acl, &header, sizeof header);
}

/* ---- reading --------------------------------------------------------------------------------- */

BOOL WINAPI GetAce(PACL acl, DWORD index, LPVOID *ace)
{
    struct guise__com_acl_walk walk;
    struct guise__com_ace found;
    DWORD error;

    if (ace == NULL || acl == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    error = guise__com_acl_find(&walk, acl, index);
    if (error != ERROR_SUCCESS) {
        *ace = error == ERROR_INVALID_ACL ? NULL : *ace;
        return guise__com_done(error);
    }
    *ace = entry_address(acl, &walk);
    if (!guise__com_acl_next(&walk, &found)) {
        *ace = NULL;
        return guise__com_done(ERROR_INVALID_ACL);
    }
    return TRUE;
}

BOOL WINAPI FindFirstFreeAce(PACL acl, LPVOID *ace)
{
    struct guise__com_acl_walk walk;

    if (ace == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    *ace = NULL;
    if (!guise__com_acl_walk_all(&walk, acl)) {
        return guise__com_done(ERROR_INVALID_ACL);
    }
    *ace = entry_address(acl, &walk);
    return TRUE;
}

static void fill_size_information(PACL acl, const struct guise__com_acl_walk *walk,
                                  ACL_SIZE_INFORMATION *out)
{
    ACL header;

    GUISE__CHECK(guise__com_acl_walk_is_valid(walk));
    memcpy(&header, acl, sizeof header);
    out->AceCount = header.AceCount;
    out->AclBytesInUse = (DWORD)(walk->next - (const BYTE *)acl);
    GUISE__CHECK(out->AclBytesInUse <= header.AclSize);
    out->AclBytesFree = header.AclSize - out->AclBytesInUse;
}

BOOL WINAPI GetAclInformation(PACL acl, LPVOID information, DWORD length,
                              ACL_INFORMATION_CLASS name)
{
    ACL_REVISION_INFORMATION revision;
    ACL_SIZE_INFORMATION size;
    struct guise__com_acl_walk walk;
    const bool is_size = name == AclSizeInformation;
    const DWORD needed = (DWORD)(is_size ? sizeof size : sizeof revision);

    if (information == NULL || (!is_size && name != AclRevisionInformation)) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    if (!guise__com_acl_walk_all(&walk, acl)) {
        return guise__com_done(acl == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_ACL);
    }
    if (length < needed) {
        return guise__com_done(ERROR_INSUFFICIENT_BUFFER);
    }
    revision.AclRevision = *(const BYTE *)acl; /* the first of the list's bytes */
    fill_size_information(acl, &walk, &size);
    memcpy(information, is_size ? (const void *)&size : &revision, needed);
    return TRUE;
}

/* ---- changing -------------------------------------------------------------------------------- */

BOOL WINAPI DeleteAce(PACL acl, DWORD index)
{
    struct guise__com_acl_walk walk, all;
    struct guise__com_ace ace;
    BYTE *place;
    DWORD error;

    if (!guise__com_acl_walk_all(&all, acl)) {
        return guise__com_done(acl == NULL ? ERROR_INVALID_PARAMETER : ERROR_INVALID_ACL);
    }
    error = guise__com_acl_find(&walk, acl, index);
    if (error != ERROR_SUCCESS) {
        return guise__com_done(error);
    }
    place = entry_address(acl, &walk);
    (void)guise__com_acl_next(&walk, &ace);
    memmove(place, walk.next, (size_t)(all.next - walk.next));
    memset(place + (all.next - walk.next), 0, ace.header.AceSize);
    count_entries(acl, 0, -1);
    GUISE__CHECK(guise__com_acl_is_valid(acl));
    return TRUE;
}

/* Returns how many entries the bytes hold; 0 if they are not whole and valid entries only. */
static unsigned count_list(const BYTE *list, DWORD length)
{
    struct guise__com_acl_walk walk = {list, list + length, UINT16_MAX};
    struct guise__com_ace ace;
    unsigned count = 0;

    while (walk.next != walk.end) {
        if (count == UINT16_MAX || !guise__com_acl_next(&walk, &ace)) {
            return 0;
        }
        count++;
    }
    return count;
}

/* Returns 0, or why these entries cannot be inserted. *at is where they go. */
static DWORD check_insert(PACL acl, DWORD index, unsigned count, DWORD length,
                          struct guise__com_acl_walk *at, struct guise__com_acl_walk *all)
{
    if (count == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    if (!guise__com_acl_walk_all(all, acl)) {
        return ERROR_INVALID_ACL;
    }
    /* The count cannot overflow, because a list has at most UINT16_MAX bytes. */
    if (length > (size_t)(all->end - all->next)) {
        return ERROR_ALLOTTED_SPACE_EXCEEDED;
    }
    if (guise__com_acl_find(at, acl, index) != ERROR_SUCCESS) {
        *at = *all; /* an index behind the last one is the end */
    }
    return ERROR_SUCCESS;
}

BOOL WINAPI AddAce(PACL acl, DWORD revision, DWORD index, LPVOID list, DWORD length)
{
    struct guise__com_acl_walk at, all;
    unsigned count;
    BYTE *place;
    DWORD error;

    if (acl == NULL || list == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    if (revision < MIN_ACL_REVISION || revision > MAX_ACL_REVISION) {
        return guise__com_done(ERROR_REVISION_MISMATCH);
    }
    count = count_list(list, length);
    error = check_insert(acl, index, count, length, &at, &all);
    if (error != ERROR_SUCCESS) {
        return guise__com_done(error);
    }
    place = entry_address(acl, &at);
    memmove(place + length, place, (size_t)(all.next - at.next));
    memcpy(place, list, length);
    count_entries(acl, revision, (int)count);
    return TRUE;
}
