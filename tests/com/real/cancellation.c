/* SPDX-License-Identifier: MIT */
/* A long piece of work that stops when the client no longer wants it, and the other side of it. */
#include <objbase.h>

#include "real.h"

HRESULT real_work_until_cancelled(int steps, int *done)
{
    for (*done = 0; *done < steps; (*done)++) {
        HRESULT hr = CoTestCancel();

        if (hr == RPC_E_CALL_CANCELED || hr == RPC_E_CALL_COMPLETE)
            return hr;
        if (hr != RPC_S_CALLPENDING)
            return E_UNEXPECTED;
    }
    return S_OK;
}

HRESULT real_cancel_thread(DWORD thread)
{
    HRESULT hr = CoEnableCallCancellation(NULL);

    if (FAILED(hr))
        return hr;
    hr = CoCancelCall(thread, RPC_C_CANCEL_INFINITE_TIMEOUT);
    (void)CoDisableCallCancellation(NULL);
    return hr == E_NOINTERFACE ? S_FALSE : hr;
}
