/* SPDX-License-Identifier: MIT */
/* Waits for the first of two things, through a container. */
#define COBJMACROS
#include <objbase.h>

#include "real.h"

HRESULT real_first_of_two(int which)
{
    ISynchronizeContainer *container = NULL;
    ISynchronize *events[2] = {NULL, NULL}, *first = NULL;
    HRESULT hr;
    int i;

    hr = CoCreateInstance(&CLSID_SynchronizeContainer, NULL, CLSCTX_INPROC_SERVER,
                          &IID_ISynchronizeContainer, (void **)&container);
    for (i = 0; i < 2 && SUCCEEDED(hr); i++) {
        hr = CoCreateInstance(&CLSID_StdEvent, NULL, CLSCTX_INPROC_SERVER, &IID_ISynchronize,
                              (void **)&events[i]);
        if (SUCCEEDED(hr))
            hr = ISynchronizeContainer_AddSynchronize(container, events[i]);
    }
    if (SUCCEEDED(hr))
        hr = ISynchronize_Signal(events[which]);
    if (SUCCEEDED(hr))
        hr = ISynchronizeContainer_WaitMultiple(container, COWAIT_DEFAULT, 10000, &first);
    if (SUCCEEDED(hr)) {
        hr = first == events[which] ? S_OK : E_FAIL;
        ISynchronize_Release(first);
    }
    for (i = 0; i < 2; i++) {
        if (events[i] != NULL)
            ISynchronize_Release(events[i]);
    }
    if (container != NULL)
        ISynchronizeContainer_Release(container);
    return hr;
}
