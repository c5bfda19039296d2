/* SPDX-License-Identifier: MIT */
/* What a second thread adds: twice the work at best. P9. */
#include <math.h>
#include <sched.h>
#include <stdatomic.h>

#include "floor/floor.h"
#include "stage.h"
#include "suites.h"

/* Long enough that starting is nothing, short enough that some are not interrupted; and the best of
 * so many. */
enum { TIMES = 30000, TRIES = 7 };

static guise_context *s_client;
static _Alignas(64) atomic_uint s_shared;

static const char *open_threads(void)
{
    s_client = stage_client(1001, 1001, NULL, 0);
    return NULL;
}

/* ---- the work ---- */

static guise_result begin(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return guise_impersonate_client() | guise_revert_to_self();
}

/* A call of the thread's own, whose client others have too: frames on it, one after the other. */
static void frames(void)
{
    guise_call *call = stage_call(s_client);
    guise_result result = GUISE_OK;

    for (int i = 0; i < TIMES; i++) {
        result |= guise_call_run(call, begin, NULL);
    }
    bench_must(result == GUISE_OK);
    guise_call_unref(call);
}

static void calls(void)
{
    guise_result result = GUISE_OK;

    for (int i = 0; i < TIMES; i++) {
        result |= stage_whole_call(s_client);
    }
    bench_must(result == GUISE_OK);
}

static void private_work(void)
{
    _Alignas(64) atomic_uint own = 0;

    floor_four_rmw(&own, TIMES);
}

static void private_blocks(void)
{
    floor_block(TIMES, 64);
}

static void shared_count(void)
{
    for (int i = 0; i < TIMES; i++) {
        (void)atomic_fetch_add_explicit(&s_shared, 1, memory_order_relaxed);
        (void)atomic_fetch_sub_explicit(&s_shared, 1, memory_order_acq_rel);
    }
}

/* ---- one thread, two threads ---- */

struct race {
    void (*work)(void);
    unsigned threads;
    atomic_uint ready;
    uint64_t ended[2];
};

struct runner {
    struct race *race;
    unsigned index;
};

static void *run(void *arg)
{
    struct runner *runner = arg;
    struct race *race = runner->race;

    race->work(); /* warm, and attached */
    (void)atomic_fetch_add_explicit(&race->ready, 1, memory_order_acq_rel);
    while (atomic_load_explicit(&race->ready, memory_order_acquire) <= race->threads) {
    }
    race->work();
    race->ended[runner->index] = bench_now();
    return NULL;
}

/* How long until all are done. The one who starts them waits for them asleep but for a moment. */
static double time_threads(void (*work)(void), unsigned threads)
{
    struct race race = {.work = work, .threads = threads};
    struct runner runners[2] = {{&race, 0}, {&race, 1}};
    pthread_t started[2];
    uint64_t begin;

    for (unsigned i = 0; i < threads; i++) {
        started[i] = bench_start(i, run, &runners[i]);
    }
    while (atomic_load_explicit(&race.ready, memory_order_acquire) < threads) {
        (void)sched_yield();
    }
    begin = bench_now();
    (void)atomic_fetch_add_explicit(&race.ready, 1, memory_order_acq_rel);
    for (unsigned i = 0; i < threads; i++) {
        bench_join(started[i]);
    }
    return (double)((race.ended[0] > race.ended[1] ? race.ended[0] : race.ended[1]) - begin);
}

/* A thread more gives work and takes time: 2 at best. The least time each way, because what disturbs
 * two threads is twice as likely to happen. */
static double scaling(void (*work)(void))
{
    double one = time_threads(work, 1), two = time_threads(work, 2);

    for (int i = 1; i < TRIES; i++) {
        one = fmin(one, time_threads(work, 1));
        two = fmin(two, time_threads(work, 2));
    }
    return 2 * one / two;
}

static double frames_scale(void)
{
    return scaling(frames);
}

static double calls_scale(void)
{
    return scaling(calls);
}

static double private_scales(void)
{
    return scaling(private_work);
}

static double blocks_scale(void)
{
    return scaling(private_blocks);
}

static double shared_scales(void)
{
    return scaling(shared_count);
}

static const struct bench_meter meters[] = {
    {.name = "scale-frames", .unit = "x", .flags = BENCH_TWO_CPUS, .value = frames_scale},
    {.name = "scale-calls", .unit = "x", .flags = BENCH_TWO_CPUS, .value = calls_scale},
    {.name = "scale-private", .unit = "x", .flags = BENCH_TWO_CPUS, .value = private_scales},
    {.name = "scale-blocks", .unit = "x", .flags = BENCH_TWO_CPUS, .value = blocks_scale},
    {.name = "scale-shared-count", .unit = "x", .flags = BENCH_TWO_CPUS, .value = shared_scales},
};

const struct bench_suite suite_threads = {"threads", open_threads, meters, BENCH_COUNT(meters)};
