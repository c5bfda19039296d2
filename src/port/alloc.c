/* SPDX-License-Identifier: MIT */
/* The only two functions that reach the heap; nothing else is in here so that a test can link its
 * own pair instead. */
#include <errno.h>
#include <stdlib.h>

#include "port/port.h"

void *guise__alloc(size_t size)
{
    int kept = errno;
    void *memory = calloc(1, size);

    errno = kept;
    return memory;
}

void guise__free(void *memory)
{
    int kept = errno;

    free(memory);
    errno = kept;
}
