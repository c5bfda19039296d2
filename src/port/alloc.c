/* SPDX-License-Identifier: MIT */
/* The only two functions that reach the heap. Nothing else is in this file, so that a test can link a pair
 * of its own instead. */
#include <errno.h>
#include <stdlib.h>

#include "port/port.h"

/* Volatile, because clang takes it that malloc and free leave errno alone, and would leave this out. */
static void restore_errno(int saved_errno)
{
    *(volatile int *)&errno = saved_errno;
}

/* Not calloc, because glibc's does not use the thread's own cache. Success may change errno too: glibc sets
 * ENOMEM when it has found memory only in a second place. */
void *guise__alloc_raw(size_t size)
{
    int saved_errno = errno;
    void *memory = malloc(size);

    restore_errno(saved_errno);
    return memory;
}

/* free keeps errno by POSIX.1-2024, as in glibc since 2.33. To find the address of errno costs a good part
 * of what free costs. */
#if defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 33)
#define FREE_KEEPS_ERRNO
#endif
#endif

void guise__free(void *memory)
{
#if defined(FREE_KEEPS_ERRNO)
    free(memory);
#else
    int saved_errno = errno;

    free(memory);
    restore_errno(saved_errno);
#endif
}
