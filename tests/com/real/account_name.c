/* SPDX-License-Identifier: MIT */
/* DOMAIN\name, for people. */
#include <windows.h>

#include <Lmcons.h>

#include <stdio.h>

#include "more.h"

BOOL real_account_name(PSID sid, char *text, size_t room)
{
    char name[UNLEN + 1], domain[UNLEN + 1];
    DWORD name_length = _countof(name), domain_length = _countof(domain);
    SID_NAME_USE use = SidTypeUnknown;

    if (!LookupAccountSidA(NULL, sid, name, &name_length, domain, &domain_length, &use))
        return FALSE;
    if (use != SidTypeUser && use != SidTypeGroup && use != SidTypeAlias &&
        use != SidTypeWellKnownGroup) {
        SetLastError(ERROR_NONE_MAPPED);
        return FALSE;
    }
    return snprintf(text, room, "%s\\%s", domain, name) < (int)room;
}
