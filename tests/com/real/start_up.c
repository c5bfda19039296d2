/* SPDX-License-Identifier: MIT */
/* How a server begins. */
#include <objbase.h>

#include "real.h"

HRESULT real_start_up(void)
{
    HRESULT hr = CoInitializeEx(NULL, COINIT_MULTITHREADED | COINIT_DISABLE_OLE1DDE);

    if (FAILED(hr))
        return hr;
    hr = CoInitializeSecurity(NULL, -1, NULL, NULL, RPC_C_AUTHN_LEVEL_CONNECT,
                              RPC_C_IMP_LEVEL_IDENTIFY, NULL, EOAC_NONE, NULL);
    if (hr == RPC_E_TOO_LATE)
        hr = S_FALSE;
    if (FAILED(hr))
        CoUninitialize();
    return hr;
}
