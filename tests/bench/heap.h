/* SPDX-License-Identifier: MIT */
#ifndef GUISE_BENCH_HEAP_H
#define GUISE_BENCH_HEAP_H

#include <stddef.h>

#define HEAP_UNKNOWN ((size_t)-1)

/* Returns the bytes in use, including what the allocator adds to each block. */
size_t heap_in_use(void);

#endif
