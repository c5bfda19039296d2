/* SPDX-License-Identifier: MIT */
/* How much this process may. */
#include <windows.h>

#include <stdlib.h>

#include "more.h"

BOOL real_is_elevated(BOOL *elevated, DWORD *integrity)
{
    TOKEN_ELEVATION elevation;
    TOKEN_ELEVATION_TYPE type;
    TOKEN_MANDATORY_LABEL *label = NULL;
    HANDLE token = NULL;
    DWORD size = 0, session = 0;
    BOOL done = FALSE;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return FALSE;
    if (GetTokenInformation(token, TokenElevation, &elevation, sizeof(elevation), &size) &&
        GetTokenInformation(token, TokenElevationType, &type, sizeof(type), &size) &&
        GetTokenInformation(token, TokenSessionId, &session, sizeof(session), &size)) {
        *elevated = elevation.TokenIsElevated != 0 || type == TokenElevationTypeFull;
        GetTokenInformation(token, TokenIntegrityLevel, NULL, 0, &size);
        label = (TOKEN_MANDATORY_LABEL *)LocalAlloc(LPTR, size);
        if (label != NULL &&
            GetTokenInformation(token, TokenIntegrityLevel, label, size, &size)) {
            *integrity = *GetSidSubAuthority(label->Label.Sid,
                                             *GetSidSubAuthorityCount(label->Label.Sid) - 1u);
            done = TRUE;
        }
        LocalFree(label);
    }
    CloseHandle(token);
    return done;
}
