/* SPDX-License-Identifier: MIT */
#include "asclient.h"

#include <stdlib.h>

#include <guise/thread.h>

#include <objbase.h>

/* Impersonating a client that allows less than impersonation succeeds. Such a client may be asked
 * about, but nothing may be done in its name. */
static HRESULT check_level(void)
{
    const guise_token *client = guise_thread_token();

    if (client == NULL || guise_token_level(client) < GUISE_LEVEL_IMPERSONATE)
        return HRESULT_FROM_WIN32(ERROR_BAD_IMPERSONATION_LEVEL);
    return S_OK;
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
