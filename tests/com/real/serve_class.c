/* SPDX-License-Identifier: MIT */
/* A server that registers its class when it starts, all at once, and takes it back when it stops. */
#include <objbase.h>

#include "more.h"

static HRESULT find_class(REFCLSID clsid)
{
    IUnknown *found = NULL;
#ifdef __cplusplus
    HRESULT hr =
        CoGetClassObject(clsid, CLSCTX_LOCAL_SERVER, NULL, IID_PPV_ARGS(&found));
#else
    HRESULT hr =
        CoGetClassObject(clsid, CLSCTX_LOCAL_SERVER, NULL, &IID_IUnknown, (void **)&found);
#endif

    if (FAILED(hr))
        return hr;
#ifdef __cplusplus
    found->Release();
#else
    found->lpVtbl->Release(found);
#endif
    return S_OK;
}

HRESULT real_serve_class(REFCLSID clsid, IUnknown *factory)
{
    DWORD cookie = 0;
    HRESULT hr = CoRegisterClassObject(clsid, factory, CLSCTX_LOCAL_SERVER,
                                       REGCLS_MULTIPLEUSE | REGCLS_SUSPENDED, &cookie);

    if (FAILED(hr))
        return hr;
    if (find_class(clsid) != REGDB_E_CLASSNOTREG)
        hr = E_UNEXPECTED;
    else
        hr = CoResumeClassObjects();
    CoAddRefServerProcess();
    if (SUCCEEDED(hr))
        hr = find_class(clsid);
    if (CoReleaseServerProcess() == 0 && find_class(clsid) != REGDB_E_CLASSNOTREG)
        hr = E_UNEXPECTED;
    CoRevokeClassObject(cookie);
    return hr;
}
