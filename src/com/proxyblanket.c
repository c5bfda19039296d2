/* SPDX-License-Identifier: MIT */
/* The security of calls through a proxy: each function calls the proxy's own IClientSecurity. */
#define COBJMACROS
#define CONST_VTABLE
#include <guise/com/objbase.h>

#include "com/unknown.h"

/* Queries the proxy for its IClientSecurity; the caller owns the reference. */
static HRESULT query_security(IUnknown *proxy, IClientSecurity **security)
{
    if (proxy == NULL) {
        return E_INVALIDARG;
    }
    return guise__com_query(proxy, &IID_IClientSecurity, (void **)security);
}

HRESULT STDAPICALLTYPE CoQueryProxyBlanket(IUnknown *proxy, DWORD *authn_service,
                                           DWORD *authz_service, LPOLESTR *server_principal,
                                           DWORD *authn_level, DWORD *imp_level,
                                           RPC_AUTH_IDENTITY_HANDLE *auth_info, DWORD *capabilities)
{
    IClientSecurity *security;
    HRESULT result = query_security(proxy, &security);

    if (SUCCEEDED(result)) {
        result = IClientSecurity_QueryBlanket(security, proxy, authn_service, authz_service,
                                              server_principal, authn_level, imp_level, auth_info,
                                              capabilities);
        (void)IClientSecurity_Release(security);
    }
    return result;
}

HRESULT STDAPICALLTYPE CoSetProxyBlanket(IUnknown *proxy, DWORD authn_service, DWORD authz_service,
                                         OLECHAR *server_principal, DWORD authn_level,
                                         DWORD imp_level, RPC_AUTH_IDENTITY_HANDLE auth_info,
                                         DWORD capabilities)
{
    IClientSecurity *security;
    HRESULT result = query_security(proxy, &security);

    if (SUCCEEDED(result)) {
        result = IClientSecurity_SetBlanket(security, proxy, authn_service, authz_service,
                                            server_principal, authn_level, imp_level, auth_info,
                                            capabilities);
        (void)IClientSecurity_Release(security);
    }
    return result;
}

HRESULT STDAPICALLTYPE CoCopyProxy(IUnknown *proxy, IUnknown **copy)
{
    IClientSecurity *security;
    HRESULT result;

    if (copy == NULL) {
        return E_INVALIDARG;
    }
    *copy = NULL;
    result = query_security(proxy, &security);
    if (SUCCEEDED(result)) {
        result = IClientSecurity_CopyProxy(security, proxy, copy);
        (void)IClientSecurity_Release(security);
    }
    return result;
}
