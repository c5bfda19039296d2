/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <sched.h>
#include <stdatomic.h>

#include "bench.h"

struct race {
    void (*work)(void);
    unsigned threads;
    atomic_uint ready; /* one for each thread that is warm; one more starts them all */
};

struct runner {
    struct race *race;
    uint64_t ended;
};

/* There may be more threads than CPUs. */
static void await(atomic_uint *ready, unsigned least)
{
    while (atomic_load_explicit(ready, memory_order_acquire) < least) {
        (void)sched_yield();
    }
}

static void *run(void *arg)
{
    struct runner *runner = arg;
    struct race *race = runner->race;

    race->work();
    (void)atomic_fetch_add_explicit(&race->ready, 1, memory_order_acq_rel);
    await(&race->ready, race->threads + 1);
    race->work();
    runner->ended = bench_now();
    return NULL;
}

static uint64_t last_end(const struct runner *runners, unsigned count)
{
    uint64_t last = 0;

    for (unsigned i = 0; i < count; i++) {
        last = runners[i].ended > last ? runners[i].ended : last;
    }
    return last;
}

double crowd_time(void (*work)(void), unsigned threads)
{
    struct race race = {.work = work, .threads = threads};
    struct runner runners[CROWD_MAX];
    pthread_t started[CROWD_MAX];
    uint64_t begin;

    bench_must(threads > 0 && threads <= CROWD_MAX);
    for (unsigned i = 0; i < threads; i++) {
        runners[i] = (struct runner){&race, 0};
        started[i] = bench_start(i, run, &runners[i]);
    }
    await(&race.ready, threads);
    begin = bench_now();
    (void)atomic_fetch_add_explicit(&race.ready, 1, memory_order_acq_rel);
    for (unsigned i = 0; i < threads; i++) {
        bench_join(started[i]);
    }
    return (double)(last_end(runners, threads) - begin);
}
