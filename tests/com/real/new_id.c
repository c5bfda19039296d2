/* SPDX-License-Identifier: MIT */
/* A new identifier, as text on the process's heap. */
#include <objbase.h>

#include <string.h>

#include "more.h"

HRESULT real_new_id(char *text, size_t room)
{
    LPOLESTR wide = NULL;
    char *narrow;
    GUID guid;
    HRESULT hr = CoCreateGuid(&guid);
    int i;

    if (FAILED(hr))
        return hr;
#ifdef __cplusplus
    hr = StringFromCLSID(guid, &wide);
#else
    hr = StringFromCLSID(&guid, &wide);
#endif
    if (FAILED(hr))
        return hr;
    narrow = (char *)HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 39);
    if (narrow == NULL) {
        CoTaskMemFree(wide);
        return E_OUTOFMEMORY;
    }
    for (i = 0; i < 38; i++)
        narrow[i] = (char)wide[i];
    hr = room < 39 ? HRESULT_FROM_WIN32(ERROR_INSUFFICIENT_BUFFER) : CLSIDFromString(wide, &guid);
    if (SUCCEEDED(hr))
        memcpy(text, narrow, 39);
    HeapFree(GetProcessHeap(), 0, narrow);
    CoTaskMemFree(wide);
    return hr;
}
