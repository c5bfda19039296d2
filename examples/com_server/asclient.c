/* SPDX-License-Identifier: MIT */
#include "asclient.h"

#include <stdlib.h>

#include <objbase.h>

/* Opened as the server (TRUE), because a client that may only be identified cannot open its token. */
static HRESULT get_level(SECURITY_IMPERSONATION_LEVEL *level)
{
    DWORD size, error = ERROR_SUCCESS;
    HANDLE token;

    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token)) {
        return HRESULT_FROM_WIN32(GetLastError());
    }
    if (!GetTokenInformation(token, TokenImpersonationLevel, level, sizeof *level, &size)) {
        error = GetLastError();
    }
    (void)CloseHandle(token);
    return HRESULT_FROM_WIN32(error);
}

/* CoImpersonateClient also succeeds for a client that allows only to be identified. The server may
 * then read the client's identity, but must do nothing in its name. */
static HRESULT check_level(void)
{
    SECURITY_IMPERSONATION_LEVEL level;
    HRESULT result = get_level(&level);

    if (FAILED(result)) {
        return result;
    }
    return level < SecurityImpersonation ? HRESULT_FROM_WIN32(ERROR_BAD_IMPERSONATION_LEVEL) : S_OK;
}

HRESULT open_as_client(const struct folder *folder, LPCWSTR name, int *file)
{
    HRESULT result;

    *file = -1;
    result = CoImpersonateClient();
    if (FAILED(result)) {
        return result; /* to go on now would be to open the file as the server */
    }
    result = check_level();
    if (SUCCEEDED(result)) {
        result = folder_open(folder, name, file);
    }
    if (FAILED(CoRevertToSelf())) {
        abort(); /* the identity of this thread is unknown, so nothing may run on it */
    }
    return result;
}
