/* SPDX-License-Identifier: MIT */
/* The rule for structs with a size: too small is refused, a longer one must be zero beyond what we
 * know, and none is longer than a page: that is a size nobody has set. The size is the struct's
 * first member, so all functions take the struct as bytes. */
#ifndef GUISE_SIZED_H
#define GUISE_SIZED_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { GUISE__SIZED_MAX = 4096 };

static inline size_t guise__sized_size(const void *given)
{
    size_t size;

    memcpy(&size, given, sizeof size);
    return size <= GUISE__SIZED_MAX ? size : 0;
}

static inline bool guise__sized_in(const void *given, size_t known)
{
    size_t size = guise__sized_size(given);

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

/* Zeroes everything but the size of a struct that a caller wants filled; is there room for it? */
static inline bool guise__sized_out(void *out, size_t known)
{
    size_t size = guise__sized_size(out);

    if (size > sizeof size) {
        memset((unsigned char *)out + sizeof size, 0, size - sizeof size);
    }
    return size >= known;
}

#endif
