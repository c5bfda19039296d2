/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>

#include <guise/guise.h>
#include <guise/uring.h>

/* struct ring is guise_uring by another name: without guise-uring there is none (ring_missing.c). */
static guise_uring *uring_of(struct ring *ring)
{
    return (guise_uring *)ring;
}

struct ring *ring_create(void)
{
    guise_uring *uring;
    guise_result result = guise_uring_create(1, &uring);

    if (result < 0) {
        fprintf(stderr, "file_server: no io_uring: %s\n", guise_result_name(result));
    }
    errno = 0;
    return (struct ring *)uring;
}

void ring_destroy(struct ring *ring)
{
    guise_uring_unref(uring_of(ring));
}

/* One request at a time: the ring is empty again when this returns. */
guise_result ring_open(struct ring *ring, guise_call *call, int directory, const char *name,
                       int flags, int *file, int *error)
{
    guise_uring_how how = {.size = sizeof how, .flags = (uint64_t)flags};
    guise_uring_done done = {.size = sizeof done};
    guise_result result = guise_uring_openat(uring_of(ring), call, directory, name, &how, NULL);

    if (result == GUISE_OK) {
        result = guise_uring_submit(uring_of(ring), NULL);
    }
    if (result == GUISE_OK) {
        result = guise_uring_wait(uring_of(ring), GUISE_INFINITE, &done);
    }
    if (result == GUISE_OK) {
        result = done.result; /* refused, if the call has completed meanwhile */
    }
    *file = result == GUISE_OK && done.value >= 0 ? done.value : -1;
    *error = done.value < 0 ? -done.value : 0;
    return result;
}
