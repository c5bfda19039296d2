/* SPDX-License-Identifier: MIT */
/* A descriptor in one piece, to be stored or sent. */
#include <windows.h>

#include <stdlib.h>

#include "more.h"

PSECURITY_DESCRIPTOR real_packed(PSID owner, PACL list)
{
    SECURITY_DESCRIPTOR absolute;
    PSECURITY_DESCRIPTOR packed;
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD size = 0, revision = 0;

    if (!InitializeSecurityDescriptor(&absolute, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorOwner(&absolute, owner, FALSE) ||
        !SetSecurityDescriptorDacl(&absolute, TRUE, list, FALSE))
        return NULL;
    MakeSelfRelativeSD(&absolute, NULL, &size);
    if (GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return NULL;
    packed = malloc(size);
    if (packed == NULL || !MakeSelfRelativeSD(&absolute, packed, &size) ||
        !GetSecurityDescriptorControl(packed, &control, &revision) ||
        (control & SE_SELF_RELATIVE) == 0 || GetSecurityDescriptorLength(packed) != size) {
        free(packed);
        return NULL;
    }
    return packed;
}
