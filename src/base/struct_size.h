/* SPDX-License-Identifier: MIT */
/*
 * Public structs that begin with their size, which the caller sets. A size that is too small is refused. A
 * struct that is longer than the one that this library knows must be zero beyond it. A size above one page
 * is refused, because it was never set. The functions take the struct as bytes.
 */
#ifndef GUISE_SRC_BASE_STRUCT_SIZE_H
#define GUISE_SRC_BASE_STRUCT_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { GUISE__STRUCT_SIZE_MAX = 4096 };

static inline size_t guise__struct_size_read(const void *given)
{
    size_t size;

    memcpy(&size, given, sizeof size);
    return size <= GUISE__STRUCT_SIZE_MAX ? size : 0;
}

static inline bool guise__struct_size_in(const void *given, size_t known)
{
    size_t size = guise__struct_size_read(given);

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

/* Zeroes everything but the size of a struct that the library fills in; true if the struct is long
 * enough. */
static inline bool guise__struct_size_out(void *out, size_t known)
{
    size_t size = guise__struct_size_read(out);

    if (size > sizeof size) {
        memset((unsigned char *)out + sizeof size, 0, size - sizeof size);
    }
    return size >= known;
}

#endif
