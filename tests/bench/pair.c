/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <stdatomic.h>

#include "bench.h"

enum { WARM_UP = 50, SUSTAINED = 400 };

/* ---- round trips ---- */

struct partner {
    const struct pair_way *way;
    size_t trips;
};

static void *answer(void *arg)
{
    const struct partner *partner = arg;

    for (size_t i = 0; i < partner->trips; i++) {
        partner->way->wait(1);
        partner->way->post(0);
    }
    return NULL;
}

static void trip(const struct pair_way *way)
{
    way->post(1);
    way->wait(0);
}

size_t pair_round_trips(const struct pair_way *way, unsigned cpu, double *out, size_t room)
{
    struct partner partner = {way, room + WARM_UP};
    pthread_t thread = bench_start(cpu, answer, &partner);

    for (size_t i = 0; i < WARM_UP; i++) {
        trip(way);
    }
    for (size_t i = 0; i < room; i++) {
        uint64_t begin = bench_now();

        trip(way);
        out[i] = (double)(bench_now() - begin);
    }
    bench_join(thread);
    return room;
}

double pair_sustained(const struct pair_way *way)
{
    struct partner partner = {way, SUSTAINED + WARM_UP};
    pthread_t thread = bench_start(1, answer, &partner);
    uint64_t begin;
    double took;

    for (size_t i = 0; i < WARM_UP; i++) {
        trip(way);
    }
    begin = bench_now();
    for (size_t i = 0; i < SUSTAINED; i++) {
        trip(way);
    }
    took = (double)(bench_now() - begin);
    bench_join(thread);
    return took / SUSTAINED / 1000;
}

/* ---- hand-off ---- */

struct relay {
    const struct pair_way *way;
    size_t count;
    _Alignas(64) atomic_size_t waits; /* counts the waits that the waiter has begun */
    _Alignas(64)
        atomic_size_t woken; /* counts the waits that have ended; woken_at belongs to the last */
    uint64_t woken_at;
};

static void await(atomic_size_t *number, size_t value)
{
    /* Acquire: pairs with the release of the counting thread, for woken_at. */
    while (atomic_load_explicit(number, memory_order_acquire) != value) {
    }
}

static void *be_woken(void *arg)
{
    struct relay *relay = arg;

    for (size_t i = 1; i <= relay->count; i++) {
        atomic_store_explicit(&relay->waits, i, memory_order_release);
        relay->way->wait(1);
        relay->woken_at = bench_now();
        atomic_store_explicit(&relay->woken, i, memory_order_release);
    }
    return NULL;
}

/* Pauses 0 to 255 ns, each equally often, and in the same order for every kind of object. */
static void pause_a_moment(size_t i)
{
    uint64_t until = bench_now() + i * 101 % 256;

    while (bench_now() < until) {
    }
}

static double hand_off(struct relay *relay, size_t i)
{
    uint64_t posted_at;

    await(&relay->waits, i);
    pause_a_moment(i);
    posted_at = bench_now();
    relay->way->post(1);
    await(&relay->woken, i);
    return (double)(int64_t)(relay->woken_at - posted_at);
}

size_t pair_hand_offs(const struct pair_way *way, double *out, size_t room)
{
    struct relay relay = {.way = way, .count = room + WARM_UP};
    pthread_t thread = bench_start(1, be_woken, &relay);

    for (size_t i = 1; i <= WARM_UP; i++) {
        (void)hand_off(&relay, i);
    }
    for (size_t i = 0; i < room; i++) {
        out[i] = hand_off(&relay, WARM_UP + 1 + i);
    }
    bench_join(thread);
    return room;
}
