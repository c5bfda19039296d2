/* SPDX-License-Identifier: MIT */
/* Work as the caller, through the call's IServerSecurity. */
#define COBJMACROS
#include <objbase.h>

#include <stdlib.h>

#include "real.h"

HRESULT real_run_as_caller(HRESULT (*work)(void *state), void *state)
{
    IServerSecurity *security = NULL;
    HRESULT hr;

    hr = CoGetCallContext(&IID_IServerSecurity, (void **)&security);
    if (FAILED(hr))
        return hr;
    if (IServerSecurity_IsImpersonating(security)) {
        hr = E_UNEXPECTED;
        goto done;
    }
    hr = IServerSecurity_ImpersonateClient(security);
    if (FAILED(hr))
        goto done;
    hr = work(state);
    if (FAILED(IServerSecurity_RevertToSelf(security)))
        abort();
done:
    IServerSecurity_Release(security);
    return hr;
}
