/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <guise/signal.h>

#include "port/port.h"

enum { MS_PER_S = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

const struct timespec *guise__deadline(uint32_t timeout_ms, struct timespec *storage)
{
    if (timeout_ms == GUISE_INFINITE) {
        return NULL;
    }
    /* CLOCK_MONOTONIC always exists where this builds; the call cannot fail. */
    (void)clock_gettime(CLOCK_MONOTONIC, storage);
    storage->tv_sec += (time_t)(timeout_ms / MS_PER_S);
    storage->tv_nsec += (long)(timeout_ms % MS_PER_S) * NS_PER_MS;
    if (storage->tv_nsec >= NS_PER_S) {
        storage->tv_nsec -= NS_PER_S;
        storage->tv_sec++;
    }
    return storage;
}
