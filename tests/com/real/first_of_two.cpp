/* SPDX-License-Identifier: MIT */
/* Waits for the first of two things, through a container. */
#include <objbase.h>

#include "real.h"

static HRESULT wait_for(ISynchronizeContainer *container, ISynchronize *expected)
{
    ISynchronize *first = NULL;
    HRESULT hr = container->WaitMultiple(COWAIT_DEFAULT, 10000, &first);

    if (FAILED(hr))
        return hr;
    hr = first == expected ? S_OK : E_FAIL;
    first->Release();
    return hr;
}

HRESULT real_first_of_two(int which)
{
    ISynchronizeContainer *container;
    ISynchronize *events[2];
    HRESULT hr = CoCreateInstance(CLSID_SynchronizeContainer, NULL, CLSCTX_INPROC_SERVER,
                                  IID_PPV_ARGS(&container));

    if (FAILED(hr))
        return hr;
    for (int i = 0; i < 2; i++) {
        hr = CoCreateInstance(CLSID_StdEvent, NULL, CLSCTX_INPROC_SERVER, IID_PPV_ARGS(&events[i]));
        if (FAILED(hr))
            return hr;
        hr = container->AddSynchronize(events[i]);
        events[i]->Release(); /* the container has one */
        if (FAILED(hr))
            return hr;
    }
    hr = events[which]->Signal();
    if (SUCCEEDED(hr))
        hr = wait_for(container, events[which]);
    container->Release();
    return hr;
}
