/* SPDX-License-Identifier: MIT */
/* Signals while it holds a lock that what runs then may take again. */
#define COBJMACROS
#include <objbase.h>

#include <guiseport.h>

#include "more.h"

static HRESULT signal_again(LPCRITICAL_SECTION lock, ISynchronize *done, LONG *entered)
{
    HRESULT hr;

    EnterCriticalSection(lock);
    ++*entered;
#ifdef __cplusplus
    hr = done->Signal();
#else
    hr = ISynchronize_Signal(done);
#endif
    LeaveCriticalSection(lock);
    return hr;
}

HRESULT real_signal_under_lock(ISynchronize *done, LONG *entered)
{
    CRITICAL_SECTION lock;
    HRESULT hr;

    InitializeCriticalSection(&lock);
    EnterCriticalSection(&lock);
    ++*entered;
    hr = signal_again(&lock, done, entered);
    if (TryEnterCriticalSection(&lock)) {
        ++*entered;
        LeaveCriticalSection(&lock);
    }
    LeaveCriticalSection(&lock);
    DeleteCriticalSection(&lock);
    return hr;
}
