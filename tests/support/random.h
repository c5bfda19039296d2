/* SPDX-License-Identifier: MIT */
/* Random numbers for stress tests: a generator for each thread, so that a run can be repeated. */
#ifndef GUISE_TEST_RANDOM_H
#define GUISE_TEST_RANDOM_H

#include <stdint.h>

/* Returns a number below limit. The state, which is not 0, is that of xorshift64*. */
static inline unsigned random_below(uint64_t *state, unsigned limit)
{
    uint64_t x = *state;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return (unsigned)((x * UINT64_C(2685821657736338717)) >> 33) % limit;
}

#endif
