/* SPDX-License-Identifier: MIT */
/*
 * The process's heap, with the functions of heapapi.h, on the task allocator. The requested size is stored
 * in front of each block, because HeapSize returns exactly that, and the allocator cannot be asked for it.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <guise/com/combaseapi.h>
#include <guise/com/heapapi.h>

#include "base/check.h"

/* Only its address is used: it is the heap's handle. */
static const char s_heap;

HANDLE WINAPI GetProcessHeap(void)
{
    return (HANDLE)(uintptr_t)&s_heap;
}

static LPVOID fail_with(DWORD error)
{
    SetLastError(error);
    return NULL;
}

/* A block. The caller has the address of its bytes, which is aligned for any type and, as on Windows, for
 * two pointers; the second is more on some processors (s390x). */
struct block {
    _Alignas(max_align_t) _Alignas(2 * sizeof(void *)) SIZE_T size;
    _Alignas(max_align_t) _Alignas(2 * sizeof(void *)) BYTE bytes[];
};

static struct block *block_of(LPCVOID memory)
{
    return CONTAINING_RECORD((uintptr_t)memory, struct block, bytes);
}

/* Allocates a block, or changes the size of an old one. Zeroes the new bytes if the flags say so. Without
 * memory sets the last error and returns NULL; the old block is unchanged then. */
static LPVOID resize_block(struct block *old, SIZE_T size, DWORD flags)
{
    const SIZE_T had = old == NULL ? 0 : old->size;
    struct block *block = NULL;

    if (size <= SIZE_MAX - sizeof *block) {
        block = old == NULL ? CoTaskMemAlloc(sizeof *block + size)
                            : CoTaskMemRealloc(old, sizeof *block + size);
    }
    if (block == NULL) {
        return fail_with(ERROR_NOT_ENOUGH_MEMORY);
    }
    block->size = size;
    GUISE__CHECK(block_of(block->bytes) == block);
    if ((flags & HEAP_ZERO_MEMORY) != 0 && size > had) {
        memset(block->bytes + had, 0, size - had);
    }
    return block->bytes;
}

LPVOID WINAPI HeapAlloc(HANDLE heap, DWORD flags, SIZE_T size)
{
    return heap != GetProcessHeap() ? fail_with(ERROR_INVALID_HANDLE)
                                    : resize_block(NULL, size, flags);
}

/* A block that may not move cannot grow, because realloc does not promise to leave it in place. */
static LPVOID shrink_block(struct block *block, SIZE_T size)
{
    if (size > block->size) {
        return fail_with(ERROR_NOT_ENOUGH_MEMORY);
    }
    block->size = size;
    return block->bytes;
}

LPVOID WINAPI HeapReAlloc(HANDLE heap, DWORD flags, LPVOID memory, SIZE_T size)
{
    if (heap != GetProcessHeap()) {
        return fail_with(ERROR_INVALID_HANDLE);
    }
    if (memory == NULL) {
        return fail_with(ERROR_INVALID_PARAMETER);
    }
    if ((flags & HEAP_REALLOC_IN_PLACE_ONLY) != 0) {
        return shrink_block(block_of(memory), size);
    }
    return resize_block(block_of(memory), size, flags);
}

SIZE_T WINAPI HeapSize(HANDLE heap, DWORD flags, LPCVOID memory)
{
    (void)flags;
    if (heap == GetProcessHeap() && memory != NULL) {
        return block_of(memory)->size;
    }
    SetLastError(heap != GetProcessHeap() ? ERROR_INVALID_HANDLE : ERROR_INVALID_PARAMETER);
    return (SIZE_T)-1;
}

BOOL WINAPI HeapFree(HANDLE heap, DWORD flags, LPVOID memory)
{
    (void)flags;
    if (heap != GetProcessHeap()) {
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    if (memory != NULL) {
        CoTaskMemFree(block_of(memory));
    }
    return TRUE;
}
