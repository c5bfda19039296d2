/* SPDX-License-Identifier: MIT */
/* A file of the client's, opened with the client's rights. */
#include <ObjBase.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "real.h"

HRESULT real_open_as_client(const char *path, int *file)
{
    HRESULT hr = CoImpersonateClient();

    *file = -1;
    if (FAILED(hr))
        return hr;
    *file = open(path, O_RDONLY | O_CLOEXEC);
    if (*file < 0)
        hr = errno == ENOENT ? STG_E_FILENOTFOUND : STG_E_ACCESSDENIED;
    if (FAILED(CoRevertToSelf()))
        abort();
    return hr;
}
