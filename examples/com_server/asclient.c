/* SPDX-License-Identifier: MIT */
#include "asclient.h"

#include <stdlib.h>

#include <objbase.h>

/* The server asks, not the client: who may only be identified could not open the token itself. */
static HRESULT get_level(SECURITY_IMPERSONATION_LEVEL *level)
{
    DWORD size, error = ERROR_SUCCESS;
    HANDLE token;

    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        return HRESULT_FROM_WIN32(GetLastError());
    if (!GetTokenInformation(token, TokenImpersonationLevel, level, sizeof *level, &size))
        error = GetLastError();
    (void)CloseHandle(token);
    return HRESULT_FROM_WIN32(error);
}

/* Impersonating a client that allows less than impersonation succeeds. Such a client may be asked
 * about, but nothing may be done in its name. */
static HRESULT check_level(void)
{
    SECURITY_IMPERSONATION_LEVEL level;
    HRESULT result = get_level(&level);

    if (FAILED(result))
        return result;
    return level < SecurityImpersonation ? HRESULT_FROM_WIN32(ERROR_BAD_IMPERSONATION_LEVEL) : S_OK;
}

HRESULT open_as_client(const struct folder *folder, LPCWSTR name, int *file)
{
    *file = -1;
    HRESULT result = CoImpersonateClient();
    if (FAILED(result))
        return result; /* to go on now would be to open the file as the server */
    result = check_level();
    if (SUCCEEDED(result))
        result = folder_open(folder, name, file);
    if (FAILED(CoRevertToSelf()))
        abort(); /* a server that does not know who it is must not go on */
    return result;
}
