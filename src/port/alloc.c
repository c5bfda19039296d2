/* SPDX-License-Identifier: MIT */
/* The only two functions that reach the heap; nothing else is in here so that a test can link its
 * own pair instead. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/port.h"

void *guise__alloc(size_t size)
{
    int kept = errno;
    void *memory = malloc(size); /* not calloc: glibc's goes past the thread's own cache */

    if (memory == NULL) {
        errno = kept;
        return NULL;
    }
    return memset(memory, 0, size);
}

void guise__free(void *memory)
{
    int kept = errno;

    free(memory);
    errno = kept;
}
