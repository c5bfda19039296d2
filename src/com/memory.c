/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include <guise/com/objbase.h>

/* No function of the library changes errno. */
static void *resize(void *memory, SIZE_T size)
{
    int saved = errno;
    void *resized = realloc(memory, size != 0 ? size : 1);

    errno = saved;
    return resized;
}

LPVOID STDAPICALLTYPE CoTaskMemAlloc(SIZE_T size)
{
    return resize(NULL, size);
}

LPVOID STDAPICALLTYPE CoTaskMemRealloc(LPVOID memory, SIZE_T size)
{
    if (memory != NULL && size == 0) {
        CoTaskMemFree(memory);
        return NULL;
    }
    return resize(memory, size);
}

void STDAPICALLTYPE CoTaskMemFree(LPVOID memory)
{
    int saved = errno;

    free(memory);
    errno = saved;
}
