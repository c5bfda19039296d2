/* SPDX-License-Identifier: MIT */
/* The only two functions that reach the heap; nothing else is in here so that a test can link its
 * own pair instead. */
#include <errno.h>
#include <stdlib.h>

#include "port/port.h"

/* Not calloc: glibc's goes past the thread's own cache. Success may change errno too: glibc's says
 * ENOMEM where it has found memory elsewhere than it looked first. */
void *guise__alloc_raw(size_t size)
{
    int kept = errno;
    void *memory = malloc(size);

    errno = kept;
    return memory;
}

/* POSIX.1-2024 has free keep errno, as glibc's does since 2.33. Asking where errno is costs a good
 * part of what free does. */
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
    int kept = errno;

    free(memory);
    errno = kept;
#endif
}
