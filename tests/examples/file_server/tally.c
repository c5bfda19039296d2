/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "tally.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Relaxed throughout: a tally is judged after the threads that counted have been joined, and the
 * join orders their steps before the reading. */
static atomic_uint_fast64_t s_connections, s_calls, s_live_contexts, s_live_calls, s_live_blocks;

static void count_up(atomic_uint_fast64_t *count)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

static void count_down(atomic_uint_fast64_t *count)
{
    atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
}

static uint64_t count_of(const atomic_uint_fast64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

static int count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = -3; /* ".", ".." and the descriptor that reads the directory */

    if (directory == NULL) {
        return -1;
    }
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

struct tally tally_read(void)
{
    return (struct tally){.connections = count_of(&s_connections),
                          .calls = count_of(&s_calls),
                          .live_contexts = count_of(&s_live_contexts),
                          .live_calls = count_of(&s_live_calls),
                          .live_blocks = count_of(&s_live_blocks),
                          .descriptors = count_descriptors()};
}

bool tally_is_even(const struct tally *before, const struct tally *after)
{
    return after->live_contexts == before->live_contexts &&
           after->live_calls == before->live_calls && after->live_blocks == before->live_blocks &&
           after->descriptors == before->descriptors;
}

int tally_accept4(int listener, struct sockaddr *address, socklen_t *size, int flags)
{
    int accepted = accept4(listener, address, size, flags);

    if (accepted >= 0) {
        count_up(&s_connections);
    }
    return accepted;
}

void *tally_calloc(size_t count, size_t size)
{
    void *block = calloc(count, size);

    if (block != NULL) {
        count_up(&s_live_blocks);
    }
    return block;
}

void tally_free(void *block)
{
    if (block != NULL) {
        count_down(&s_live_blocks);
    }
    free(block);
}

guise_result tally_context_from_peer(int socket, guise_level granted, guise_context **out)
{
    guise_result result = guise_context_from_peer(socket, granted, out);

    if (result == GUISE_OK) {
        count_up(&s_live_contexts);
    }
    return result;
}

void tally_context_unref(guise_context *context)
{
    if (context != NULL) {
        count_down(&s_live_contexts);
    }
    guise_context_unref(context);
}

guise_result tally_call_create(guise_context *context, guise_call **out)
{
    guise_result result = guise_call_create(context, out);

    if (result == GUISE_OK) {
        count_up(&s_calls);
        count_up(&s_live_calls);
    }
    return result;
}

void tally_call_unref(guise_call *call)
{
    if (call != NULL) {
        count_down(&s_live_calls);
    }
    guise_call_unref(call);
}
