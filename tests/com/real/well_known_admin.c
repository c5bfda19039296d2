/* SPDX-License-Identifier: MIT */
/* Well-known SIDs by their names. */
#include <windows.h>

#include "more.h"

BOOL real_is_well_known_admin(PSID sid)
{
    BYTE admins[SECURITY_MAX_SID_SIZE];
    DWORD size = sizeof(admins);

    if (!CreateWellKnownSid(WinBuiltinAdministratorsSid, NULL, admins, &size))
        return FALSE;
    return EqualSid(sid, admins) && IsWellKnownSid(sid, WinBuiltinAdministratorsSid);
}
