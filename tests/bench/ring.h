/* SPDX-License-Identifier: MIT */
/*
 * Many pending calls, as a busy server has them: one is completed, and a new one is created in its place.
 * The same with bare blocks of memory shows the part of the machine's caches in that cost.
 */
#ifndef GUISE_BENCH_RING_H
#define GUISE_BENCH_RING_H

#include "stage.h"

struct ring;

/* Makes that many pending calls. The oldest is completed first or, with any, one in no order. */
struct ring *ring_of_calls(guise_context *client, size_t pending, bool any);
struct ring *ring_of_blocks(size_t size, size_t pending, bool any);
void ring_free(struct ring *ring);

/* Returns the nanoseconds for completing one and creating another, over that many steps. */
double ring_time(struct ring *ring, size_t steps);

/* Returns the bytes of a pending call, including overhead; NAN if libc cannot tell. */
double ring_bytes(guise_context *client, size_t pending);

#endif
