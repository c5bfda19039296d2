/* SPDX-License-Identifier: MIT */
/* Security descriptors in absolute form. Read by copy: they lie where the program put them. */
#include <stdbool.h>
#include <string.h>

#include <guise/com/securitybaseapi.h>

#include "com/acl.h"
#include "com/sid.h"

/* ---- reading and writing --------------------------------------------------------------------- */

/* Both forms begin with these. */
#define COMMON_SIZE (offsetof(SECURITY_DESCRIPTOR, Control) + sizeof(SECURITY_DESCRIPTOR_CONTROL))

/* 0, or why that is no descriptor of this revision and form. */
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
        return ERROR_INVALID_SECURITY_DESCR; /* offsets where the pointers would be */
    }
    memcpy(out, descriptor, sizeof *out);
    return 0;
}

static bool load(PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR *out)
{
    DWORD error = read_parts(descriptor, out);

    if (error != 0) {
        SetLastError(error);
    }
    return error == 0;
}

static BOOL store(PSECURITY_DESCRIPTOR descriptor, const SECURITY_DESCRIPTOR *parts)
{
    memcpy(descriptor, parts, sizeof *parts);
    return TRUE;
}

static void set_bit(SECURITY_DESCRIPTOR *parts, SECURITY_DESCRIPTOR_CONTROL bit, BOOL on)
{
    unsigned without = parts->Control & ~(unsigned)bit;

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
    return store(descriptor, &empty);
}

BOOL WINAPI IsValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR parts;

    return read_parts(descriptor, &parts) == 0 &&
           (parts.Owner == NULL || IsValidSid(parts.Owner)) &&
           (parts.Group == NULL || IsValidSid(parts.Group)) &&
           ((parts.Control & SE_DACL_PRESENT) == 0 || parts.Dacl == NULL ||
            guise__acl_is_valid(parts.Dacl)) &&
           ((parts.Control & SE_SACL_PRESENT) == 0 || parts.Sacl == NULL ||
            guise__acl_is_valid(parts.Sacl));
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, PACL dacl,
                                      BOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;

    if (!load(descriptor, &parts)) {
        return FALSE;
    }
    set_bit(&parts, SE_DACL_PRESENT, present);
    set_bit(&parts, SE_DACL_DEFAULTED, present && defaulted);
    parts.Dacl = present ? dacl : NULL;
    return store(descriptor, &parts);
}

BOOL WINAPI SetSecurityDescriptorOwner(PSECURITY_DESCRIPTOR descriptor, PSID owner, BOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;

    if (!load(descriptor, &parts)) {
        return FALSE;
    }
    parts.Owner = owner;
    set_bit(&parts, SE_OWNER_DEFAULTED, defaulted);
    return store(descriptor, &parts);
}

BOOL WINAPI SetSecurityDescriptorGroup(PSECURITY_DESCRIPTOR descriptor, PSID group, BOOL defaulted)
{
    SECURITY_DESCRIPTOR parts;

    if (!load(descriptor, &parts)) {
        return FALSE;
    }
    parts.Group = group;
    set_bit(&parts, SE_GROUP_DEFAULTED, defaulted);
    return store(descriptor, &parts);
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
