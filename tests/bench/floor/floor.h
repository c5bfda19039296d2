/* SPDX-License-Identifier: MIT */
/*
 * What the machine takes for the least that could be done, in a shared library of its own and
 * compiled as Guise is: a user of either pays for the same kind of call.
 */
#ifndef GUISE_BENCH_FLOOR_H
#define GUISE_BENCH_FLOOR_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define FLOOR_API __attribute__((visibility("default")))

/* Impersonate: what this thread is now, stored; and a look at whether it still may be. */
FLOOR_API unsigned floor_put_on(const void *token, const atomic_uint *state);
/* Revert. */
FLOOR_API void floor_take_off(void);

/* So many times, in line: a read-modify-write of memory that nobody else uses; a load of it. */
FLOOR_API void floor_rmw(uint64_t times);
FLOOR_API void floor_acquire(uint64_t times);

/* One call that does nothing. */
FLOOR_API void floor_nothing(void);

/* Allocates, steps four times on the block, frees. */
FLOOR_API void floor_block(uint64_t times, size_t size);
/* The same with cancellation off: one call turns it off, one puts back what it was. */
FLOOR_API void floor_block_uncancelled(uint64_t times, size_t size);
/* The four steps. */
FLOOR_API void floor_four_rmw(atomic_uint *word, uint64_t times);

#endif
