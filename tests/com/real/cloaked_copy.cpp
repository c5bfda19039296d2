/* SPDX-License-Identifier: MIT */
/* A copy of a proxy, so that others that use it keep their blanket. */
#include <objbase.h>

#include "real.h"

HRESULT real_cloaked_copy(IUnknown *proxy, IUnknown **copy)
{
    IClientSecurity *security = NULL;
    HRESULT hr;

    *copy = NULL;
    hr = proxy->QueryInterface(&security);
    if (FAILED(hr))
        return hr;
    hr = security->CopyProxy(proxy, copy);
    if (SUCCEEDED(hr))
        hr = security->SetBlanket(*copy, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL,
                                  RPC_C_AUTHN_LEVEL_PKT_PRIVACY, RPC_C_IMP_LEVEL_IMPERSONATE, NULL,
                                  EOAC_STATIC_CLOAKING);
    security->Release();
    return hr;
}
