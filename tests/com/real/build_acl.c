/* SPDX-License-Identifier: MIT */
/* A list with everything for one, reading for another, and nothing over the network. */
#include <windows.h>

#include <stdlib.h>

#include "real.h"

PACL real_build_acl(PSID admin, PSID reader)
{
    BYTE network[SECURITY_MAX_SID_SIZE];
    SID_IDENTIFIER_AUTHORITY authority = SECURITY_NT_AUTHORITY;
    PACL acl = NULL;
    DWORD size;

    if (!InitializeSid(network, &authority, 1))
        return NULL;
    *GetSidSubAuthority(network, 0) = SECURITY_NETWORK_RID;
    size = sizeof(ACL) + sizeof(ACCESS_DENIED_ACE) + 2 * sizeof(ACCESS_ALLOWED_ACE) -
           3 * sizeof(DWORD) + GetLengthSid(network) + GetLengthSid(admin) + GetLengthSid(reader);
    acl = (PACL)malloc(size);
    if (acl == NULL || !InitializeAcl(acl, size, ACL_REVISION) ||
        !AddAccessDeniedAce(acl, ACL_REVISION, GENERIC_ALL, network) ||
        !AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, admin) ||
        !AddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ | SYNCHRONIZE, reader) ||
        !IsValidAcl(acl)) {
        free(acl);
        return NULL;
    }
    return acl;
}
