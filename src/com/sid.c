/* SPDX-License-Identifier: MIT */
/*
 * Security identifiers as bytes: revision, number of sub-authorities, six bytes of authority, and the
 * sub-authorities of four bytes each. Every function reads them by copy, because a SID may lie at any
 * address.
 */
#include "com/sid.h"

#include <stdlib.h>
#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/local.h"

enum { HEADER = 8, PART = 4, ALLOCATED_PARTS_MAX = 8 };
enum { UNIX_AUTHORITY = 22, UNIX_USER = 1, UNIX_GROUP = 2 };

static const SID s_everyone = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};
static const SID s_anonymous = {
    SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_ANONYMOUS_LOGON_RID}};
static const SID s_authenticated = {
    SID_REVISION, 1, {SECURITY_NT_AUTHORITY}, {SECURITY_AUTHENTICATED_USER_RID}};

/* ---- reading --------------------------------------------------------------------------------- */

size_t guise__com_sid_length(const void *sid, size_t room)
{
    const BYTE *bytes = sid;
    size_t length;

    if (bytes == NULL || room < HEADER || bytes[0] != SID_REVISION ||
        bytes[1] > SID_MAX_SUB_AUTHORITIES) {
        return 0;
    }
    length = HEADER + (size_t)bytes[1] * PART;
    return length <= room ? length : 0;
}

bool guise__com_sid_equal(const void *left, const void *right)
{
    size_t length = guise__com_sid_length(left, SIZE_MAX);

    return length != 0 && guise__com_sid_length(right, SIZE_MAX) == length &&
           memcmp(left, right, length) == 0;
}

DWORD guise__com_sid_part(const void *sid, unsigned index)
{
    DWORD part;

    GUISE__CHECK(guise__com_sid_is_valid(sid));
    GUISE__CHECK(index < ((const BYTE *)sid)[1]);
    memcpy(&part, (const BYTE *)sid + HEADER + (size_t)index * PART, sizeof part);
    return part;
}

/* ---- Unix ids and tokens --------------------------------------------------------------------- */

static void write_unix_sid(DWORD kind, DWORD id, PSID out)
{
    const BYTE header[HEADER] = {SID_REVISION, 2, 0, 0, 0, 0, 0, UNIX_AUTHORITY};
    const DWORD parts[2] = {kind, id};

    memcpy(out, header, sizeof header);
    memcpy((BYTE *)out + HEADER, parts, sizeof parts);
    GUISE__CHECK(guise__com_sid_length(out, GUISE__COM_UNIX_SID_SIZE) == GUISE__COM_UNIX_SID_SIZE);
}

void guise__com_sid_from_uid(uid_t uid, PSID out)
{
    write_unix_sid(UNIX_USER, (DWORD)uid, out);
}

void guise__com_sid_from_gid(gid_t gid, PSID out)
{
    write_unix_sid(UNIX_GROUP, (DWORD)gid, out);
}

static size_t write_anonymous(PSID out)
{
    size_t length = guise__com_sid_length(&s_anonymous, sizeof s_anonymous);

    GUISE__CHECK(length != 0 && length <= GUISE__COM_UNIX_SID_SIZE);
    memcpy(out, &s_anonymous, length);
    return length;
}

size_t guise__com_sid_of_user(const guise_token *token, PSID out)
{
    if (!guise_token_has_ids(token)) {
        return write_anonymous(out);
    }
    guise__com_sid_from_uid(guise_token_uid(token), out);
    return GUISE__COM_UNIX_SID_SIZE;
}

size_t guise__com_sid_of_group(const guise_token *token, PSID out)
{
    if (!guise_token_has_ids(token)) {
        return write_anonymous(out);
    }
    guise__com_sid_from_gid(guise_token_gid(token), out);
    return GUISE__COM_UNIX_SID_SIZE;
}

static bool has_user(const guise_token *token, PSID sid)
{
    BYTE user[GUISE__COM_UNIX_SID_SIZE];

    guise__com_sid_from_uid(guise_token_uid(token), user);
    return guise__com_sid_equal(sid, user);
}

static int compare_gids(const void *left, const void *right)
{
    gid_t a = *(const gid_t *)left;
    gid_t b = *(const gid_t *)right;

    return (a > b) - (a < b);
}

static bool has_group(const guise_token *token, PSID sid)
{
    BYTE group[GUISE__COM_UNIX_SID_SIZE];
    const gid_t *groups;
    size_t count;
    gid_t gid;

    if (guise__com_sid_length(sid, SIZE_MAX) != sizeof group) {
        return false;
    }
    gid = (gid_t)guise__com_sid_part(sid, 1);
    guise__com_sid_from_gid(gid, group);
    groups = guise_token_groups(token, &count);
    return guise__com_sid_equal(sid, group) &&
           bsearch(&gid, groups, count, sizeof gid, compare_gids) != NULL;
}

bool guise__com_token_has_sid(const guise_token *token, PSID sid)
{
    GUISE__CHECK(token != NULL);
    if (guise_token_level(token) == GUISE_LEVEL_ANONYMOUS || !guise_token_has_ids(token)) {
        return guise__com_sid_equal(sid, &s_anonymous);
    }
    return guise__com_sid_equal(sid, &s_everyone) || guise__com_sid_equal(sid, &s_authenticated) ||
           has_user(token, sid) || has_group(token, sid);
}

bool guise__com_token_is_owner(const guise_token *token, PSID owner)
{
    return guise_token_has_ids(token) && guise__com_token_has_sid(token, owner);
}

/* ---- the SDK's functions --------------------------------------------------------------------- */

/* Returns the length of a program's SID. If it is not valid, sets the last error and returns 0. */
static size_t check_sid(PSID sid)
{
    size_t length = guise__com_sid_length(sid, SIZE_MAX);

    if (length == 0) {
        SetLastError(ERROR_INVALID_SID);
    }
    return length;
}

BOOL WINAPI IsValidSid(PSID sid)
{
    return guise__com_sid_length(sid, SIZE_MAX) != 0;
}

DWORD WINAPI GetSidLengthRequired(UCHAR count)
{
    return (DWORD)(HEADER + PART * count);
}

DWORD WINAPI GetLengthSid(PSID sid)
{
    return (DWORD)check_sid(sid);
}

BOOL WINAPI EqualSid(PSID left, PSID right)
{
    if (check_sid(left) == 0 || check_sid(right) == 0) {
        return FALSE;
    }
    SetLastError(ERROR_SUCCESS);
    return guise__com_sid_equal(left, right);
}

BOOL WINAPI EqualPrefixSid(PSID left, PSID right)
{
    size_t length = check_sid(left);

    if (length == 0 || check_sid(right) == 0) {
        return FALSE;
    }
    SetLastError(ERROR_SUCCESS);
    return guise__com_sid_length(right, SIZE_MAX) == length &&
           memcmp(left, right, length > HEADER ? length - PART : length) == 0;
}

BOOL WINAPI CopySid(DWORD room, PSID destination, PSID source)
{
    size_t length = check_sid(source);

    if (length == 0) {
        return FALSE;
    }
    if (destination == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (length > room) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memmove(destination, source, length);
    return TRUE;
}

BOOL WINAPI InitializeSid(PSID sid, PSID_IDENTIFIER_AUTHORITY authority, BYTE count)
{
    const BYTE start[2] = {SID_REVISION, count};

    if (sid == NULL || authority == NULL || count > SID_MAX_SUB_AUTHORITIES) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    memmove((BYTE *)sid + sizeof start, authority, sizeof *authority);
    memcpy(sid, start, sizeof start);
    return TRUE;
}

/* Returns a pointer into the SID. Clears the last error, because callers cannot tell success by the
 * result. */
static BYTE *succeed_at(PSID sid, size_t offset)
{
    GUISE__CHECK(offset < guise__com_sid_length(sid, SIZE_MAX));
    SetLastError(ERROR_SUCCESS);
    return (BYTE *)sid + offset;
}

PSID_IDENTIFIER_AUTHORITY WINAPI GetSidIdentifierAuthority(PSID sid)
{
    return check_sid(sid) != 0 ? (PSID_IDENTIFIER_AUTHORITY)(void *)succeed_at(
                                     sid, offsetof(SID, IdentifierAuthority))
                               : NULL;
}

PUCHAR WINAPI GetSidSubAuthorityCount(PSID sid)
{
    return check_sid(sid) != 0 ? succeed_at(sid, offsetof(SID, SubAuthorityCount)) : NULL;
}

PDWORD WINAPI GetSidSubAuthority(PSID sid, DWORD index)
{
    size_t length = check_sid(sid);

    if (length == 0) {
        return NULL;
    }
    if (index >= (length - HEADER) / PART) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return (PDWORD)(void *)succeed_at(sid, HEADER + (size_t)index * PART);
}

BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY authority, BYTE count, DWORD part0,
                                     DWORD part1, DWORD part2, DWORD part3, DWORD part4,
                                     DWORD part5, DWORD part6, DWORD part7, PSID *sid)
{
    const DWORD parts[ALLOCATED_PARTS_MAX] = {part0, part1, part2, part3,
                                              part4, part5, part6, part7};
    BYTE *bytes;

    if (sid == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    *sid = NULL;
    if (authority == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (count > ALLOCATED_PARTS_MAX) {
        SetLastError(ERROR_INVALID_SID);
        return FALSE;
    }
    bytes = guise__com_local_alloc(GetSidLengthRequired(count));
    if (bytes == NULL) {
        return FALSE;
    }
    (void)InitializeSid(bytes, authority, count);
    memcpy(bytes + HEADER, parts, (size_t)count * PART);
    GUISE__CHECK(guise__com_sid_is_valid(bytes));
    *sid = bytes;
    return TRUE;
}

PVOID WINAPI FreeSid(PSID sid)
{
    (void)LocalFree(sid);
    return NULL;
}
