/* SPDX-License-Identifier: MIT */
/*
 * Many pending calls, as a busy server has them: one is answered, a new one comes in its place. And
 * the same with bare blocks of memory, which says what the machine's caches make of it.
 */
#ifndef GUISE_BENCH_RING_H
#define GUISE_BENCH_RING_H

#include "stage.h"

struct ring;

/* So many pending; the oldest is answered first, or any. */
struct ring *ring_of_calls(guise_context *client, size_t pending, bool any);
struct ring *ring_of_blocks(size_t size, size_t pending, bool any);
void ring_free(struct ring *ring);

/* Nanoseconds for answering one and taking in another, over so many steps. */
double ring_time(struct ring *ring, size_t steps);

/* Bytes for each of so many pending calls, overhead included; NAN if the libc does not say. */
double ring_bytes(guise_context *client, size_t pending);

#endif
