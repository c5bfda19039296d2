/* SPDX-License-Identifier: MIT */
/*
 * Counts the allocations of a whole call: of a thread's first call, and of a later one. This program's
 * allocator replaces libc's in the whole process; it counts, and reuses no memory. The process has one
 * thread.
 */
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

static alignas(max_align_t) unsigned char s_arena[1 << 22];
static size_t s_used;
static unsigned long s_count;

enum { HEADER = sizeof(max_align_t) }; /* before each block: its size */

static void *take(size_t size)
{
    unsigned char *block = s_arena + s_used + HEADER;
    size_t whole = (size + 2 * HEADER - 1) / HEADER * HEADER;

    if (whole > sizeof s_arena - s_used) {
        return NULL;
    }
    s_used += whole;
    s_count++;
    memcpy(block - HEADER, &size, sizeof size);
    return block;
}

void *malloc(size_t size)
{
    return take(size);
}

void free(void *block)
{
    (void)block;
}

/* The arena's memory has not been used before, so it is zero. */
void *calloc(size_t count, size_t size)
{
    return size != 0 && count > SIZE_MAX / size ? NULL : take(count * size);
}

void *realloc(void *old, size_t size)
{
    unsigned char *block = take(size);
    size_t length = 0;

    if (old != NULL && block != NULL) {
        memcpy(&length, (unsigned char *)old - HEADER, sizeof length);
        memcpy(block, old, length < size ? length : size);
    }
    return block;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return alignment > HEADER ? NULL : take(size);
}

static unsigned long count_call(guise_context *client)
{
    unsigned long before = s_count;

    bench_must(stage_whole_call_replied(client) == GUISE_OK);
    return s_count - before;
}

int main(void)
{
    guise_context *client = stage_client(1001, 1001, NULL, 0);
    unsigned long first = count_call(client);

    (void)printf("%lu %lu\n", first, count_call(client));
    return 0;
}
