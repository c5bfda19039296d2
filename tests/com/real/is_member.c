/* SPDX-License-Identifier: MIT */
/* Looks through a token's groups for one that counts. */
#include <windows.h>

#include <stdlib.h>

#include "real.h"

BOOL real_is_member(HANDLE token, PSID group, BOOL *member)
{
    PTOKEN_GROUPS groups = NULL;
    DWORD i, size = 0;

    *member = FALSE;
    GetTokenInformation(token, TokenGroups, NULL, 0, &size);
    if (GetLastError() != ERROR_INSUFFICIENT_BUFFER)
        return FALSE;
    groups = (PTOKEN_GROUPS)malloc(size);
    if (groups == NULL || !GetTokenInformation(token, TokenGroups, groups, size, &size)) {
        free(groups);
        return FALSE;
    }
    for (i = 0; i < groups->GroupCount && !*member; i++) {
        DWORD attributes = groups->Groups[i].Attributes;

        if ((attributes & SE_GROUP_ENABLED) != 0 && (attributes & SE_GROUP_USE_FOR_DENY_ONLY) == 0)
            *member = EqualSid(groups->Groups[i].Sid, group);
    }
    free(groups);
    return TRUE;
}
