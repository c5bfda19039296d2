/* SPDX-License-Identifier: MIT */
/* What a second thread adds: twice the work at best. P9. */
#include <math.h>
#include <stdatomic.h>

#include "crowd.h"
#include "floor/floor.h"
#include "stage.h"
#include "suites.h"

/* So many that starting a thread does not matter, and so few that some tries are not interrupted; the best
 * of TRIES counts. */
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

/* Frames one after the other on a call of the thread's own; other threads have calls of the same client. */
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

/* Returns 2 at best. Takes the least time of each, because noise is twice as likely with two threads. */
static double scaling(void (*work)(void))
{
    double one = crowd_time(work, 1), two = crowd_time(work, 2);

    for (int i = 1; i < TRIES; i++) {
        one = fmin(one, crowd_time(work, 1));
        two = fmin(two, crowd_time(work, 2));
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

const struct bench_suite suite_threads = {"threads", open_threads, meters, BENCH_COUNT(meters),
                                          false};
