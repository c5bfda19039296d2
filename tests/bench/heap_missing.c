/* SPDX-License-Identifier: MIT */
#include "heap.h"

size_t heap_in_use(void)
{
    return HEAP_UNKNOWN;
}
