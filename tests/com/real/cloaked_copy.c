/* SPDX-License-Identifier: MIT */
/* A copy of a proxy, so that others that use it keep their blanket. */
#define COBJMACROS
#include <objbase.h>

#include "real.h"

HRESULT real_cloaked_copy(IUnknown *proxy, IUnknown **copy)
{
    IClientSecurity *security = NULL;
    HRESULT hr;

    *copy = NULL;
    hr = IUnknown_QueryInterface(proxy, &IID_IClientSecurity, (void **)&security);
    if (FAILED(hr))
        return hr;
    hr = IClientSecurity_CopyProxy(security, proxy, copy);
    if (SUCCEEDED(hr))
        hr = IClientSecurity_SetBlanket(security, *copy, RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, NULL,
                                        RPC_C_AUTHN_LEVEL_PKT_PRIVACY, RPC_C_IMP_LEVEL_IMPERSONATE,
                                        NULL, EOAC_STATIC_CLOAKING);
    IClientSecurity_Release(security);
    return hr;
}
