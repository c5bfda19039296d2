/* SPDX-License-Identifier: MIT */
/* Refuses calls that are not protected well enough. */
#include <objbase.h>
#include <rpcdce.h>

#include "real.h"

HRESULT real_require_level(DWORD least)
{
    DWORD authn_service = RPC_C_AUTHN_DEFAULT, level = RPC_C_AUTHN_LEVEL_DEFAULT, capabilities = 0;
    OLECHAR *principal = NULL;
    RPC_AUTHZ_HANDLE client = NULL;
    HRESULT hr;

    hr = CoQueryClientBlanket(&authn_service, NULL, &principal, &level, NULL, &client,
                              &capabilities);
    if (hr == RPC_E_CALL_COMPLETE)
        return CO_E_FAILEDTOQUERYCLIENTBLANKET;
    if (FAILED(hr))
        return hr;
    CoTaskMemFree(principal);
    if (authn_service == RPC_C_AUTHN_NONE || level < least)
        return E_ACCESSDENIED;
    return client == NULL ? S_FALSE : S_OK;
}
