/* SPDX-License-Identifier: MIT */
/*
 * Memory that programs free with LocalFree.
 */
#include "com/local.h"

#include <string.h>

#include <guise/com/combaseapi.h>

/* Uses the task allocator, so that all memory comes from one place. */
void *guise__com_local_alloc(SIZE_T size)
{
    void *memory = CoTaskMemAlloc(size);

    if (memory == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    return memory;
}

/* Refuses all flags but LMEM_ZEROINIT, for example movable memory, whose handles are not addresses. */
HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size)
{
    void *memory;

    if ((flags & ~(UINT)LMEM_ZEROINIT) != 0) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    memory = guise__com_local_alloc(size);
    if (memory != NULL && (flags & LMEM_ZEROINIT) != 0) {
        memset(memory, 0, size);
    }
    return memory;
}

HLOCAL WINAPI LocalFree(HLOCAL memory)
{
    CoTaskMemFree(memory);
    return NULL;
}
