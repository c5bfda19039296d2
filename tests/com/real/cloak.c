/* SPDX-License-Identifier: MIT */
/* Calls on behalf of the client: a proxy's blanket, raised and with cloaking. */
#include <objbase.h>

#include "real.h"

HRESULT real_cloak(IUnknown *proxy)
{
    DWORD authn_service, authz_service, level;
    HRESULT hr;

    hr = CoQueryProxyBlanket(proxy, &authn_service, &authz_service, NULL, &level, NULL, NULL, NULL);
    if (FAILED(hr))
        return hr;
    if (level < RPC_C_AUTHN_LEVEL_PKT_PRIVACY)
        level = RPC_C_AUTHN_LEVEL_PKT_PRIVACY;
    return CoSetProxyBlanket(proxy, authn_service, authz_service, COLE_DEFAULT_PRINCIPAL, level,
                             RPC_C_IMP_LEVEL_IMPERSONATE, COLE_DEFAULT_AUTHINFO,
                             EOAC_DYNAMIC_CLOAKING);
}
