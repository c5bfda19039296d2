/* SPDX-License-Identifier: MIT */
/* Is this token good enough to act as the client, and not only to know who it is? */
#include <windows.h>

#include "real.h"

BOOL real_can_be_client(HANDLE token, BOOL *can)
{
    SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
    TOKEN_STATISTICS statistics;
    TOKEN_TYPE type;
    DWORD size;

    *can = FALSE;
    if (!GetTokenInformation(token, TokenType, &type, sizeof(type), &size) ||
        !GetTokenInformation(token, TokenStatistics, &statistics, sizeof(statistics), &size))
        return FALSE;
    if (type == TokenPrimary) {
        *can = statistics.TokenType == TokenPrimary;
        return TRUE;
    }
    if (!GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof(level), &size))
        return FALSE;
    *can = level >= SecurityImpersonation && level == statistics.ImpersonationLevel;
    return TRUE;
}
