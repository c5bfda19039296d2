/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <malloc.h>

#include "heap.h"

size_t heap_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    /* Blocks that are kept for the next one of their size count as free here. */
    return info.uordblks + info.hblkhd;
}
