/* SPDX-License-Identifier: MIT */
/*
 * Security descriptors: one reader for both forms, which copies the header and locates the parts, the
 * predicate that examines the parts, and the setters of the absolute form.
 */
#include "com/descriptor.h"

#include <string.h>

#include <guise/com/guisecom.h>
#include <guise/com/securitybaseapi.h>

#include "base/check.h"
#include "com/acl.h"
#include "com/sid.h"

enum { PART_UNIT = 4 };

/* The size of the members that both forms begin with. */
#define COMMON_SIZE (offsetof(SECURITY_DESCRIPTOR, Control) + sizeof(SECURITY_DESCRIPTOR_CONTROL))

/* ---- reading both forms ---------------------------------------------------------------------- */

/* Finds the address of a part; not const, because a PSID is not. Returns false if the part would overlap
 * the header, or would begin at the end or after it. */
static bool locate_part(const BYTE *descriptor, size_t size, DWORD offset, void *out)
{
    void *part = NULL;

    if (offset != 0) {
        if (offset < sizeof(SECURITY_DESCRIPTOR_RELATIVE) || offset >= size) {
            return false;
        }
        part = (void *)(uintptr_t)(descriptor + offset);
    }
    memcpy(out, &part, sizeof part);
    return true;
}

static DWORD read_relative(const BYTE *descriptor, size_t size, struct guise__com_descriptor *out)
{
    SECURITY_DESCRIPTOR_RELATIVE parts;

    memcpy(&parts, descriptor, sizeof parts);
    out->end = size != SIZE_MAX ? descriptor + size : NULL;
    return locate_part(descriptor, size, parts.Owner, &out->owner) &&
                   locate_part(descriptor, size, parts.Group, &out->group) &&
                   locate_part(descriptor, size, parts.Sacl, &out->sacl) &&
                   locate_part(descriptor, size, parts.Dacl, &out->dacl)
               ? ERROR_SUCCESS
               : ERROR_INVALID_SECURITY_DESCR;
}

static void read_absolute(const void *descriptor, struct guise__com_descriptor *out)
{
    SECURITY_DESCRIPTOR parts;

    memcpy(&parts, descriptor, sizeof parts);
    out->owner = parts.Owner;
    out->group = parts.Group;
    out->sacl = parts.Sacl;
    out->dacl = parts.Dacl;
}

DWORD guise__com_descriptor_read(const void *descriptor, size_t size,
                                 struct guise__com_descriptor *out)
{
    SECURITY_DESCRIPTOR_RELATIVE header;

    memset(out, 0, sizeof *out);
    if (descriptor == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    if (size < sizeof header) {
        return ERROR_INVALID_SECURITY_DESCR;
    }
    memcpy(&header, descriptor, COMMON_SIZE);
    if (header.Revision != SECURITY_DESCRIPTOR_REVISION) {
        return ERROR_UNKNOWN_REVISION;
    }
    out->sbz1 = header.Sbz1;
    out->control = header.Control;
    if ((header.Control & SE_SELF_RELATIVE) != 0) {
        return read_relative(descriptor, size, out);
    }
    if (size != SIZE_MAX) {
        return ERROR_INVALID_SECURITY_DESCR; /* a descriptor from outside must not have addresses */
    }
    read_absolute(descriptor, out);
    return ERROR_SUCCESS;
}

/* Returns how many bytes may be read from the address of the part on. */
static size_t room_of(const struct guise__com_descriptor *descriptor, const void *part)
{
    GUISE__CHECK(descriptor->end == NULL || (const BYTE *)part <= descriptor->end);
    return descriptor->end != NULL ? (size_t)(descriptor->end - (const BYTE *)part) : SIZE_MAX;
}

static bool is_valid_sid(const struct guise__com_descriptor *descriptor, PSID sid)
{
    return sid == NULL || guise__com_sid_length(sid, room_of(descriptor, sid)) != 0;
}

static bool is_valid_acl(const struct guise__com_descriptor *descriptor, PACL acl)
{
    return acl == NULL ||
           (guise__com_acl_fits(acl, room_of(descriptor, acl)) && guise__com_acl_is_valid(acl));
}

bool guise__com_descriptor_is_valid(const struct guise__com_descriptor *descriptor)
{
    return is_valid_sid(descriptor, descriptor->owner) &&
           is_valid_sid(descriptor, descriptor->group) &&
           is_valid_acl(descriptor, guise__com_descriptor_sacl(descriptor)) &&
           is_valid_acl(descriptor, guise__com_descriptor_dacl(descriptor));
}

DWORD guise__com_descriptor_read_valid(const void *descriptor, size_t size,
                                       struct guise__com_descriptor *out)
{
    DWORD error = guise__com_descriptor_read(descriptor, size, out);

    if (error != ERROR_SUCCESS) {
        return error;
    }
    return guise__com_descriptor_is_valid(out) ? ERROR_SUCCESS : ERROR_INVALID_SECURITY_DESCR;
}

PACL guise__com_descriptor_dacl(const struct guise__com_descriptor *descriptor)
{
    return (descriptor->control & SE_DACL_PRESENT) != 0 ? descriptor->dacl : NULL;
}

PACL guise__com_descriptor_sacl(const struct guise__com_descriptor *descriptor)
{
    return (descriptor->control & SE_SACL_PRESENT) != 0 ? descriptor->sacl : NULL;
}

DWORD guise__com_descriptor_sid_size(PSID sid)
{
    return (DWORD)guise__com_sid_length(sid, SIZE_MAX);
}

/* Rounded up, because the part after a list begins at a multiple of 4. */
DWORD guise__com_descriptor_acl_size(PACL acl)
{
    ACL header;

    if (acl == NULL) {
        return 0;
    }
    memcpy(&header, acl, sizeof header);
    return ((DWORD)header.AclSize + PART_UNIT - 1) / PART_UNIT * PART_UNIT;
}

/* ---- writing the absolute form --------------------------------------------------------------- */

/* Copies the descriptor. Returns an error if it is not of this revision and in absolute form. */
static DWORD read_parts(PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR *out)
{
    memset(out, 0, sizeof *out);
    if (descriptor == NULL) {
        return ERROR_INVALID_PARAMETER;
    }
    memcpy(out, descriptor, COMMON_SIZE);
    if (out->Revision != SECURITY_DESCRIPTOR_REVISION) {
        return ERROR_UNKNOWN_REVISION;
    }
    if ((out->Control & SE_SELF_RELATIVE) != 0) {
        return ERROR_INVALID_SECURITY_DESCR; /* it has offsets instead of pointers */
    }
    memcpy(out, descriptor, sizeof *out);
    return 0;
}

static bool load_absolute(PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR *out)
{
    DWORD error = read_parts(descriptor, out);

    if (error != 0) {
        SetLastError(error);
    }
    return error == 0;
}

static BOOL store_absolute(PSECURITY_DESCRIPTOR descriptor, const SECURITY_DESCRIPTOR *parts)
{
    GUISE__CHECK(parts->Revision == SECURITY_DESCRIPTOR_REVISION);
    GUISE__CHECK((parts->Control & SE_SELF_RELATIVE) == 0);
    memcpy(descriptor, parts, sizeof *parts);
    return TRUE;
}

static void set_control_bit(SECURITY_DESCRIPTOR *parts, SECURITY_DESCRIPTOR_CONTROL bit, BOOL on)
{
    unsigned without = parts->Control & ~(unsigned)bit;

    GUISE__CHECK((bit & (bit - 1u)) == 0);
    parts->Control = (SECURITY_DESCRIPTOR_CONTROL)(on ? without | bit : without);
}

/* ---- the SDK's functions --------------------------------------------------------------------- */

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision)
{
    const SECURITY_DESCRIPTOR empty = {.Revision = SECURITY_DESCRIPTOR_REVISION};

    if (descriptor == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (revision != SECURITY_DESCRIPTOR_REVISION) {
        SetLastError(ERROR_UNKNOWN_REVISION);
        return FALSE;
    }
    return store_absolute(descriptor, &empty);
}

BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    struct guise__com_descriptor parts;

    return guise__com_descriptor_read_valid(descriptor, SIZE_MAX, &parts) == ERROR_SUCCESS;
}

BOOL WINAPI GuiseIsValidRelativeDescriptor(LPCVOID bytes, DWORD size)
{
    struct guise__com_descriptor parts;

    return guise__com_descriptor_read_valid(bytes, size, &parts) == ERROR_SUCCESS;
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, PACL dacl,
                                      BOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;

    if (!load_absolute(descriptor, &parts)) {
        return FALSE;
    }
    set_control_bit(&parts, SE_DACL_PRESENT, present);
    set_control_bit(&parts, SE_DACL_DEFAULTED, present && defaulted);
    parts.Dacl = present ? dacl : NULL;
    return store_absolute(descriptor, &parts);
}

BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID owner, BOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;

    if (!load_absolute(descriptor, &parts)) {
        return FALSE;
    }
    parts.Owner = owner;
    set_control_bit(&parts, SE_OWNER_DEFAULTED, defaulted);
    return store_absolute(descriptor, &parts);
}

BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID group, BOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;

    if (!load_absolute(descriptor, &parts)) {
        return FALSE;
    }
    parts.Group = group;
    set_control_bit(&parts, SE_GROUP_DEFAULTED, defaulted);
    return store_absolute(descriptor, &parts);
}

BOOL WINAPI SetSecurityDescriptorSacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, PACL sacl,
                                      BOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;

    if (!load_absolute(descriptor, &parts)) {
        return FALSE;
    }
    set_control_bit(&parts, SE_SACL_PRESENT, present);
    set_control_bit(&parts, SE_SACL_DEFAULTED, present && defaulted);
    parts.Sacl = present ? sacl : NULL;
    return store_absolute(descriptor, &parts);
}

VOID WINAPI MapGenericMask(PDWORD access, PGENERIC_MAPPING mapping)
{
    DWORD mapped;

    if (access == NULL || mapping == NULL) {
        return;
    }
    mapped = *access;
    mapped |= (*access & GENERIC_READ) != 0 ? mapping->GenericRead : 0;
    mapped |= (*access & GENERIC_WRITE) != 0 ? mapping->GenericWrite : 0;
    mapped |= (*access & GENERIC_EXECUTE) != 0 ? mapping->GenericExecute : 0;
    mapped |= (*access & GENERIC_ALL) != 0 ? mapping->GenericAll : 0;
    *access = mapped & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}
