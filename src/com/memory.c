/* SPDX-License-Identifier: MIT */
/*
 * The task allocator, from which all memory of guise-com comes: malloc, with errno restored.
 */
#include <errno.h>
#include <stdlib.h>

#include <guise/com/objbase.h>

/* No function of the library changes errno. */
static void *resize_memory(void *memory, SIZE_T size)
{
    int saved_errno = errno;
    void *resized = realloc(memory, size != 0 ? size : 1);

    errno = saved_errno;
    return resized;
}

LPVOID STDAPICALLTYPE CoTaskMemAlloc(SIZE_T size)
{
    return resize_memory(NULL, size);
}

LPVOID STDAPICALLTYPE CoTaskMemRealloc(LPVOID memory, SIZE_T size)
{
    if (memory != NULL && size == 0) {
        CoTaskMemFree(memory);
        return NULL;
    }
    return resize_memory(memory, size);
}

void STDAPICALLTYPE CoTaskMemFree(LPVOID memory)
{
    int saved_errno = errno;

    free(memory);
    errno = saved_errno;
}
