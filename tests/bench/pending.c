/* SPDX-License-Identifier: MIT */
/* What a pending call takes: memory, and time when there are many. P5's allocations, P8. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>

#include "ring.h"
#include "stats.h"
#include "suites.h"
#include "tool.h"

enum { FEW = 1000, MANY = 1000000, WEIGHED = 100000, TURNS = 250, STEPS = 1000 };

static guise_context *s_client;

static const char *open_pending(void)
{
    s_client = stage_client(1001, 1001, NULL, 0);
    return NULL;
}

static double bytes(void)
{
    double found = ring_bytes(s_client, WEIGHED);

    return isnan(found) ? bench_skip("this libc does not say how much memory is in use") : found;
}

/* Measures both in turns, so that noise affects both; the steps reach every one of the many. */
static double many_over_few(struct ring *many, struct ring *few)
{
    double of_many[TURNS], of_few[TURNS];
    struct bench_sample many_sample, few_sample;

    for (int i = 0; i < TURNS; i++) {
        of_few[i] = ring_time(few, STEPS);
        of_many[i] = ring_time(many, MANY / TURNS);
    }
    ring_free(many);
    ring_free(few);
    stats_summarize(of_many, TURNS, &many_sample);
    stats_summarize(of_few, TURNS, &few_sample);
    return many_sample.median / few_sample.median;
}

static double calls_many_over_few(bool any)
{
    struct ring *many = ring_of_calls(s_client, MANY, any);

    return many_over_few(many, ring_of_calls(s_client, FEW, any));
}

/* Blocks as long as a call, less what the allocator adds. */
static double blocks_many_over_few(bool any)
{
    double with_overhead = ring_bytes(s_client, WEIGHED);
    size_t size = isnan(with_overhead) ? 64 : (size_t)with_overhead - sizeof(size_t);
    struct ring *many = ring_of_blocks(size, MANY, any);

    return many_over_few(many, ring_of_blocks(size, FEW, any));
}

static double calls_in_order(void)
{
    return calls_many_over_few(false);
}

static double calls_in_any_order(void)
{
    return calls_many_over_few(true);
}

static double blocks_in_order(void)
{
    return blocks_many_over_few(false);
}

static double blocks_in_any_order(void)
{
    return blocks_many_over_few(true);
}

/* A program of its own counts, because it replaces malloc. */
static bool count_allocations(double *first, double *later)
{
    FILE *counter = tool_open("guise-bench-allocations");
    bool counted = counter != NULL && fscanf(counter, "%lf %lf", first, later) == 2;

    if (counter != NULL) {
        (void)pclose(counter);
    }
    return counted;
}

static double no_allocations(void)
{
    return bench_skip("guise-bench-allocations is not beside this program");
}

static double first_allocations(void)
{
    double first, later;

    return count_allocations(&first, &later) ? first : no_allocations();
}

static double later_allocations(void)
{
    double first, later;

    return count_allocations(&first, &later) ? later : no_allocations();
}

static const struct bench_meter meters[] = {
    {.name = "call-bytes", .unit = "bytes", .flags = BENCH_FRESH | BENCH_ONCE, .value = bytes},
    {.name = "first-call-allocations", .unit = "", .flags = BENCH_ONCE, .value = first_allocations},
    {.name = "call-allocations", .unit = "", .flags = BENCH_ONCE, .value = later_allocations},
    {.name = "calls-in-order",
     .unit = "x",
     .flags = BENCH_FRESH | BENCH_RARELY,
     .value = calls_in_order},
    {.name = "calls-in-any-order",
     .unit = "x",
     .flags = BENCH_FRESH | BENCH_RARELY,
     .value = calls_in_any_order},
    {.name = "blocks-in-order",
     .unit = "x",
     .flags = BENCH_FRESH | BENCH_RARELY,
     .value = blocks_in_order},
    {.name = "blocks-in-any-order",
     .unit = "x",
     .flags = BENCH_FRESH | BENCH_RARELY,
     .value = blocks_in_any_order},
};

const struct bench_suite suite_pending = {"pending", open_pending, meters, BENCH_COUNT(meters),
                                          false};
