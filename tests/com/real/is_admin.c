/* SPDX-License-Identifier: MIT */
/* Is it one of the administrators? */
#include <windows.h>

#include "real.h"

BOOL real_is_admin(HANDLE token)
{
    SID_IDENTIFIER_AUTHORITY NtAuthority = SECURITY_NT_AUTHORITY;
    PSID AdministratorsGroup = NULL;
    BOOL b;

    b = AllocateAndInitializeSid(&NtAuthority, 2, SECURITY_BUILTIN_DOMAIN_RID,
                                 DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &AdministratorsGroup);
    if (b) {
        if (!CheckTokenMembership(token, AdministratorsGroup, &b))
            b = FALSE;
        FreeSid(AdministratorsGroup);
    }
    return b;
}
