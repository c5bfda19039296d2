/* SPDX-License-Identifier: MIT */
/* Deadlines on the monotonic clock. */
#define _POSIX_C_SOURCE 200809L
#include <guise/signal.h>

#include "port/port.h"

enum { MS_PER_S = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

const struct timespec *guise__deadline(uint32_t timeout_ms, struct timespec *storage)
{
    if (timeout_ms == GUISE_INFINITE) {
        return NULL;
    }
    /* Cannot fail, because CLOCK_MONOTONIC exists wherever this file compiles. */
    (void)clock_gettime(CLOCK_MONOTONIC, storage);
    storage->tv_sec += (time_t)(timeout_ms / MS_PER_S);
    storage->tv_nsec += (long)(timeout_ms % MS_PER_S) * NS_PER_MS;
    if (storage->tv_nsec >= NS_PER_S) {
        storage->tv_nsec -= NS_PER_S;
        storage->tv_sec++;
    }
    return storage;
}

/* Rounded up, so that a wait for the time left does not end before the deadline. */
uint32_t guise__deadline_left(const struct timespec *deadline)
{
    struct timespec now;
    int64_t left;

    if (deadline == NULL) {
        return GUISE_INFINITE;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    left = ((int64_t)deadline->tv_sec - now.tv_sec) * NS_PER_S + deadline->tv_nsec - now.tv_nsec;
    return left <= 0 ? 0 : (uint32_t)((left + NS_PER_MS - 1) / NS_PER_MS);
}
