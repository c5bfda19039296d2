/* SPDX-License-Identifier: MIT */
#include "com/local.h"

#include <guise/com/combaseapi.h>

/* The task allocator underneath, so that there is one place where memory comes from. */
void *guise__local_alloc(SIZE_T size)
{
    void *memory = CoTaskMemAlloc(size);

    if (memory == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    return memory;
}

HLOCAL WINAPI LocalFree(HLOCAL memory)
{
    CoTaskMemFree(memory);
    return NULL;
}
