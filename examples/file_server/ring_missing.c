/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <errno.h>
#include <stdio.h>

struct ring *ring_create(void)
{
    fprintf(stderr, "file_server: built without guise-uring\n");
    errno = 0;
    return NULL;
}

void ring_destroy(struct ring *ring)
{
    (void)ring;
}

guise_result ring_open(struct ring *ring, guise_call *call, int directory, const char *name,
                       int flags, int *file, int *error)
{
    (void)ring;
    (void)call;
    (void)directory;
    (void)name;
    (void)flags;
    *file = -1;
    *error = ENOSYS;
    return GUISE_E_NOT_SUPPORTED;
}
