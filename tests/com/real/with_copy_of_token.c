/* SPDX-License-Identifier: MIT */
/* Work as somebody else, with a token of the thread's own. */
#include <windows.h>

#include <stdlib.h>

#include "real.h"

DWORD real_with_copy_of_token(HANDLE token, DWORD (*work)(void))
{
    HANDLE copy = NULL;
    DWORD error;

    if (!DuplicateTokenEx(token, TOKEN_QUERY | TOKEN_IMPERSONATE, NULL, SecurityImpersonation,
                          TokenImpersonation, &copy))
        return GetLastError();
    if (!SetThreadToken(NULL, copy)) {
        error = GetLastError();
        CloseHandle(copy);
        return error;
    }
    error = work();
    if (!RevertToSelf())
        abort();
    if (error == ERROR_SUCCESS) {
        if (!ImpersonateLoggedOnUser(copy))
            error = GetLastError();
        else if (!SetThreadToken(NULL, NULL))
            abort();
    }
    CloseHandle(copy);
    return error;
}
