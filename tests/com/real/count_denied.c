/* SPDX-License-Identifier: MIT */
/* Walks through a list. */
#include <windows.h>

#include "more.h"

LONG real_count_denied(PACL list)
{
    ACL_SIZE_INFORMATION information;
    LONG denied = 0;
    DWORD i;

    if (!GetAclInformation(list, &information, sizeof(information), AclSizeInformation))
        return -1;
    for (i = 0; i < information.AceCount; i++) {
        LPVOID ace = NULL;

        if (!GetAce(list, i, &ace))
            return -1;
        if (((PACE_HEADER)ace)->AceType == ACCESS_DENIED_ACE_TYPE &&
            IsValidSid(&((ACCESS_DENIED_ACE *)ace)->SidStart))
            denied++;
    }
    return denied;
}
