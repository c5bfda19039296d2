/* SPDX-License-Identifier: MIT */
/* The rule for structs with a size: too small is refused, a longer one must be zero beyond what we
 * know. The size is the struct's first member, so both functions take the struct as bytes. */
#ifndef GUISE_SIZED_H
#define GUISE_SIZED_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool guise__sized_in(const void *given, size_t known)
{
    size_t size;

    memcpy(&size, given, sizeof size);
    if (size < known) {
        return false;
    }
    for (size_t i = known; i < size; i++) {
        if (((const unsigned char *)given)[i] != 0) {
            return false;
        }
    }
    return true;
}

/* Zeroes everything but the size of a struct that a caller wants filled. */
static inline void guise__sized_clear(void *out)
{
    size_t size;

    memcpy(&size, out, sizeof size);
    if (size > sizeof size) {
        memset((unsigned char *)out + sizeof size, 0, size - sizeof size);
    }
}

#endif
