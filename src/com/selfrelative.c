/* SPDX-License-Identifier: MIT */
/* Reading the parts of a descriptor, and converting one form into the other. */
#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/descriptor.h"
#include "com/token_handle.h"

static bool is_relative(const struct guise__com_descriptor *parts)
{
    return (parts->control & SE_SELF_RELATIVE) != 0;
}

/* ---- reading the parts ----------------------------------------------------------------------- */

BOOL WINAPI GetSecurityDescriptorControl(PSECURITY_DESCRIPTOR descriptor,
                                         PSECURITY_DESCRIPTOR_CONTROL control, LPDWORD revision)
{
    struct guise__com_descriptor parts;
    DWORD error;

    if (descriptor == NULL || control == NULL || revision == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    *revision = *(const BYTE *)descriptor; /* its first byte, also of a malformed one */
    error = guise__com_descriptor_read(descriptor, SIZE_MAX, &parts);
    if (error == ERROR_SUCCESS) {
        *control = parts.control;
    }
    return guise__com_done(error);
}

static BOOL report_sid(PSID sid, bool is_default, PSID *out, LPBOOL defaulted)
{
    *out = sid;
    if (sid != NULL && defaulted != NULL) {
        *defaulted = is_default;
    }
    return TRUE;
}

BOOL WINAPI GetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID *owner,
                                       LPBOOL defaulted)
{
    struct guise__com_descriptor parts;
    DWORD error = guise__com_descriptor_read(descriptor, SIZE_MAX, &parts);

    if (owner == NULL || error != ERROR_SUCCESS) {
        return guise__com_done(owner == NULL ? ERROR_INVALID_PARAMETER : error);
    }
    return report_sid(parts.owner, (parts.control & SE_OWNER_DEFAULTED) != 0, owner, defaulted);
}

BOOL WINAPI GetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID *group,
                                       LPBOOL defaulted)
{
    struct guise__com_descriptor parts;
    DWORD error = guise__com_descriptor_read(descriptor, SIZE_MAX, &parts);

    if (group == NULL || error != ERROR_SUCCESS) {
        return guise__com_done(group == NULL ? ERROR_INVALID_PARAMETER : error);
    }
    return report_sid(parts.group, (parts.control & SE_GROUP_DEFAULTED) != 0, group, defaulted);
}

/* present and acl are not NULL. */
static void report_acl(bool is_present, PACL acl, bool is_default, LPBOOL present, PACL *out,
                       LPBOOL defaulted)
{
    GUISE__CHECK(present != NULL && out != NULL);
    *present = is_present;
    *out = is_present ? acl : NULL;
    if (is_present && defaulted != NULL) {
        *defaulted = is_default;
    }
}

BOOL WINAPI GetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, LPBOOL present, PACL *dacl,
                                      LPBOOL defaulted)
{
    struct guise__com_descriptor parts;
    DWORD error = guise__com_descriptor_read(descriptor, SIZE_MAX, &parts);

    if (present == NULL || dacl == NULL) {
        error = ERROR_INVALID_PARAMETER;
    }
    if (error == ERROR_SUCCESS) {
        report_acl((parts.control & SE_DACL_PRESENT) != 0, parts.dacl,
                   (parts.control & SE_DACL_DEFAULTED) != 0, present, dacl, defaulted);
    }
    return guise__com_done(error);
}

BOOL WINAPI GetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, LPBOOL present, PACL *sacl,
                                      LPBOOL defaulted)
{
    struct guise__com_descriptor parts;
    DWORD error = guise__com_descriptor_read(descriptor, SIZE_MAX, &parts);

    if (present == NULL || sacl == NULL) {
        error = ERROR_INVALID_PARAMETER;
    }
    if (error == ERROR_SUCCESS) {
        report_acl((parts.control & SE_SACL_PRESENT) != 0, parts.sacl,
                   (parts.control & SE_SACL_DEFAULTED) != 0, present, sacl, defaulted);
    }
    return guise__com_done(error);
}

/* ---- to the self-relative form --------------------------------------------------------------- */

static DWORD parts_size(const struct guise__com_descriptor *parts)
{
    GUISE__CHECK(guise__com_descriptor_is_valid(parts));
    return guise__com_descriptor_sid_size(parts->owner) +
           guise__com_descriptor_sid_size(parts->group) +
           guise__com_descriptor_acl_size(guise__com_descriptor_sacl(parts)) +
           guise__com_descriptor_acl_size(guise__com_descriptor_dacl(parts));
}

DWORD WINAPI GetSecurityDescriptorLength(PSECURITY_DESCRIPTOR descriptor)
{
    struct guise__com_descriptor parts;
    DWORD error = guise__com_descriptor_read_valid(descriptor, SIZE_MAX, &parts);

    if (error != ERROR_SUCCESS) {
        SetLastError(error);
        return 0;
    }
    return parts_size(&parts) + (DWORD)(is_relative(&parts) ? sizeof(SECURITY_DESCRIPTOR_RELATIVE)
                                                            : sizeof(SECURITY_DESCRIPTOR));
}

/* Writes a part at *next, and moves *next past it and past the zeroes up to the next multiple of 4.
 * Returns the offset of the part. */
static DWORD put_part(BYTE *to, DWORD *next, const void *part, DWORD length, DWORD size)
{
    DWORD offset = *next;

    GUISE__CHECK(length <= size);
    GUISE__CHECK(offset % sizeof(DWORD) == 0);
    if (part == NULL) {
        return 0;
    }
    memcpy(to + offset, part, length);
    memset(to + offset + length, 0, size - length);
    *next += size;
    return offset;
}

static DWORD put_sid(BYTE *to, DWORD *next, PSID sid)
{
    DWORD size = guise__com_descriptor_sid_size(sid);

    return put_part(to, next, sid, size, size);
}

static DWORD put_acl(BYTE *to, DWORD *next, PACL acl)
{
    ACL header = {0};

    if (acl != NULL) {
        memcpy(&header, acl, sizeof header);
    }
    return put_part(to, next, acl, header.AclSize, guise__com_descriptor_acl_size(acl));
}

static void write_relative(const struct guise__com_descriptor *parts, BYTE *to)
{
    SECURITY_DESCRIPTOR_RELATIVE header = {
        .Revision = SECURITY_DESCRIPTOR_REVISION,
        .Sbz1 = parts->sbz1,
        .Control = (SECURITY_DESCRIPTOR_CONTROL)(parts->control | SE_SELF_RELATIVE),
    };
    DWORD next = sizeof header;

    header.Owner = put_sid(to, &next, parts->owner);
    header.Group = put_sid(to, &next, parts->group);
    header.Sacl = put_acl(to, &next, guise__com_descriptor_sacl(parts));
    header.Dacl = put_acl(to, &next, guise__com_descriptor_dacl(parts));
    memcpy(to, &header, sizeof header);
}

BOOL WINAPI MakeSelfRelativeSD(PSECURITY_DESCRIPTOR absolute, PSECURITY_DESCRIPTOR relative,
                               LPDWORD length)
{
    struct guise__com_descriptor parts;
    DWORD error = guise__com_descriptor_read_valid(absolute, SIZE_MAX, &parts);
    DWORD needed, room;

    if (length == NULL || error != ERROR_SUCCESS) {
        return guise__com_done(length == NULL ? ERROR_INVALID_PARAMETER : error);
    }
    needed = (DWORD)sizeof(SECURITY_DESCRIPTOR_RELATIVE) + parts_size(&parts);
    room = *length;
    *length = needed;
    if (room < needed) {
        return guise__com_done(ERROR_INSUFFICIENT_BUFFER);
    }
    if (relative == NULL) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    write_relative(&parts, relative);
    return TRUE;
}

/* ---- to the absolute form -------------------------------------------------------------------- */

/* A part, and the caller's buffer for it. */
struct destination {
    const void *from;
    DWORD needed;
    void *place;
    LPDWORD room;
};

enum { PART_SELF, PART_DACL, PART_SACL, PART_OWNER, PART_GROUP, PART_COUNT };

static DWORD acl_size(PACL acl)
{
    ACL header = {0};

    if (acl != NULL) {
        memcpy(&header, acl, sizeof header);
    }
    return header.AclSize;
}

/* Stores every needed size. Returns an error if one of the buffers is too small. */
static DWORD check_room(const struct destination destinations[PART_COUNT])
{
    DWORD error = ERROR_SUCCESS;

    for (unsigned i = 0; i < PART_COUNT; i++) {
        if (destinations[i].room == NULL) {
            return ERROR_INVALID_PARAMETER;
        }
    }
    for (unsigned i = 0; i < PART_COUNT; i++) {
        if (*destinations[i].room < destinations[i].needed) {
            error = ERROR_INSUFFICIENT_BUFFER;
        } else if (error == ERROR_SUCCESS && destinations[i].needed != 0 &&
                   destinations[i].place == NULL) {
            error = ERROR_INVALID_PARAMETER;
        }
    }
    for (unsigned i = 0; i < PART_COUNT; i++) {
        *destinations[i].room = destinations[i].needed;
    }
    return error;
}

/* Copies a part into the caller's buffer. Returns its address, or NULL if there is no part. */
static void *copy_part(const struct destination *destination)
{
    if (destination->needed == 0) {
        return NULL;
    }
    GUISE__CHECK(destination->place != NULL && destination->from != NULL);
    memcpy(destination->place, destination->from, destination->needed);
    return destination->place;
}

static void write_absolute(const struct guise__com_descriptor *parts,
                           const struct destination destinations[PART_COUNT])
{
    const SECURITY_DESCRIPTOR made = {
        .Revision = SECURITY_DESCRIPTOR_REVISION,
        .Sbz1 = parts->sbz1,
        .Control = (SECURITY_DESCRIPTOR_CONTROL)(parts->control & ~(unsigned)SE_SELF_RELATIVE),
        .Owner = copy_part(&destinations[PART_OWNER]),
        .Group = copy_part(&destinations[PART_GROUP]),
        .Sacl = copy_part(&destinations[PART_SACL]),
        .Dacl = copy_part(&destinations[PART_DACL]),
    };

    memcpy(destinations[PART_SELF].place, &made, sizeof made);
}

BOOL WINAPI MakeAbsoluteSD(PSECURITY_DESCRIPTOR relative, PSECURITY_DESCRIPTOR absolute,
                           LPDWORD absolute_size, PACL dacl, LPDWORD dacl_size, PACL sacl,
                           LPDWORD sacl_size, PSID owner, LPDWORD owner_size, PSID group,
                           LPDWORD group_size)
{
    struct guise__com_descriptor parts;
    DWORD error = guise__com_descriptor_read_valid(relative, SIZE_MAX, &parts);
    PACL from_dacl = guise__com_descriptor_dacl(&parts),
         from_sacl = guise__com_descriptor_sacl(&parts);
    const struct destination destinations[PART_COUNT] = {
        [PART_SELF] = {relative, sizeof(SECURITY_DESCRIPTOR), absolute, absolute_size},
        [PART_DACL] = {from_dacl, error == 0 ? acl_size(from_dacl) : 0, dacl, dacl_size},
        [PART_SACL] = {from_sacl, error == 0 ? acl_size(from_sacl) : 0, sacl, sacl_size},
        [PART_OWNER] = {parts.owner, error == 0 ? guise__com_descriptor_sid_size(parts.owner) : 0,
                        owner, owner_size},
        [PART_GROUP] = {parts.group, error == 0 ? guise__com_descriptor_sid_size(parts.group) : 0,
                        group, group_size},
    };

    if (error == ERROR_SUCCESS && !is_relative(&parts)) {
        error = ERROR_BAD_DESCRIPTOR_FORMAT;
    }
    if (error == ERROR_SUCCESS) {
        error = check_room(destinations);
    }
    if (error == ERROR_SUCCESS) {
        write_absolute(&parts, destinations);
    }
    return guise__com_done(error);
}

/* ---- control bits ---------------------------------------------------------------------------- */

/* The bits that programs may change: how lists are inherited. */
#define SETTABLE                                                                                   \
    (SE_DACL_AUTO_INHERIT_REQ | SE_SACL_AUTO_INHERIT_REQ | SE_DACL_AUTO_INHERITED |                \
     SE_SACL_AUTO_INHERITED | SE_DACL_PROTECTED | SE_SACL_PROTECTED)

BOOL WINAPI SetSecurityDescriptorControl(PSECURITY_DESCRIPTOR descriptor,
                                         SECURITY_DESCRIPTOR_CONTROL mask,
                                         SECURITY_DESCRIPTOR_CONTROL bits)
{
    struct guise__com_descriptor parts;
    DWORD error = guise__com_descriptor_read(descriptor, SIZE_MAX, &parts);
    SECURITY_DESCRIPTOR_CONTROL control;

    if (error != ERROR_SUCCESS) {
        return guise__com_done(error);
    }
    if ((mask & ~(unsigned)SETTABLE) != 0) {
        return guise__com_done(ERROR_INVALID_PARAMETER);
    }
    control = (SECURITY_DESCRIPTOR_CONTROL)((parts.control & ~(unsigned)mask) | (bits & mask));
    memcpy((BYTE *)descriptor + offsetof(SECURITY_DESCRIPTOR, Control), &control, sizeof control);
    return TRUE;
}
