/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <math.h>
#include <stdlib.h>

#include "floor/floor.h"
#include "heap.h"

struct kind {
    void *(*make)(void *context);
    void (*end)(void *item);
};

struct ring {
    const struct kind *kind;
    void *context; /* the client, or &size */
    size_t size;   /* of blocks */
    size_t count, at, stride;
    void *places[];
};

/* A prime, so that the steps reach every place once before any twice; and so large that each is on
 * another page. */
enum { FAR = 307 };

static struct ring *make_ring(const struct kind *kind, void *context, size_t count, bool any)
{
    struct ring *ring = calloc(1, sizeof *ring + count * sizeof ring->places[0]);

    bench_must(ring != NULL);
    ring->kind = kind;
    ring->context = context;
    ring->count = count;
    ring->stride = any ? FAR : 1;
    return ring;
}

static void fill(struct ring *ring)
{
    for (size_t i = 0; i < ring->count; i++) {
        ring->places[i] = ring->kind->make(ring->context);
    }
    (void)ring_time(
        ring, ring->count); /* one round, after which memory is not in the order of allocation */
}

double ring_time(struct ring *ring, size_t steps)
{
    uint64_t begin = bench_now();

    for (size_t i = 0; i < steps; i++) {
        ring->kind->end(ring->places[ring->at]);
        ring->places[ring->at] = ring->kind->make(ring->context);
        ring->at = (ring->at + ring->stride) % ring->count;
    }
    return (double)(bench_now() - begin) / (double)steps;
}

void ring_free(struct ring *ring)
{
    for (size_t i = 0; i < ring->count; i++) {
        ring->kind->end(ring->places[i]);
    }
    free(ring);
}

/* ---- calls ---- */

static guise_result leave_open(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return guise_impersonate_client() | guise_revert_to_self();
}

static void *make_call(void *client)
{
    guise_call *call = stage_call(client);

    bench_must(guise_call_dispatch(call, leave_open, NULL) == GUISE_OK);
    return call;
}

static void end_call(void *call)
{
    bench_must(guise_call_signal(call) == GUISE_OK);
    guise_call_unref(call);
}

struct ring *ring_of_calls(guise_context *client, size_t pending, bool any)
{
    static const struct kind kind = {make_call, end_call};
    struct ring *ring = make_ring(&kind, client, pending, any);

    fill(ring);
    return ring;
}

/* ---- blocks ---- */

static void *make_block(void *size)
{
    atomic_uint *block = malloc(*(size_t *)size);

    bench_must(block != NULL);
    atomic_init(block, 0);
    floor_four_rmw(block, 1);
    return block;
}

static void end_block(void *block)
{
    floor_four_rmw(block, 1);
    free(block);
}

struct ring *ring_of_blocks(size_t size, size_t pending, bool any)
{
    static const struct kind kind = {make_block, end_block};
    struct ring *ring = make_ring(&kind, NULL, pending, any);

    ring->size = size;
    ring->context = &ring->size;
    fill(ring);
    return ring;
}

/* ---- bytes ---- */

double ring_bytes(guise_context *client, size_t pending)
{
    guise_call **calls = calloc(pending, sizeof *calls);
    size_t before, after;

    bench_must(calls != NULL);
    guise_call_unref(stage_call(client)); /* the first call allocates more than later ones */
    before = heap_in_use();
    for (size_t i = 0; i < pending; i++) {
        calls[i] = make_call(client);
    }
    after = heap_in_use();
    for (size_t i = 0; i < pending; i++) {
        end_call(calls[i]);
    }
    free(calls);
    /* If the heap did not grow the number is unknown, or another heap is in use. */
    return after <= before ? NAN : (double)(after - before) / (double)pending;
}
