/* SPDX-License-Identifier: MIT */
/*
 * Impersonation, frames and whole calls, emulated: the kernel is not asked. P1 and P5.
 */
#include "floor/floor.h"
#include "stage.h"
#include "suites.h"

/* The size of a call in the design; the blocks for the floor have the same size. */
enum { BLOCK_SIZE = 64 };

static guise_context *s_client;

static const char *open_core(void)
{
    s_client = stage_client(1001, 1001, NULL, 0);
    return NULL;
}

/* ---- in one frame ---- */

static guise_result switch_in_frame(guise_call *call, void *arg)
{
    const uint64_t *times = arg;
    guise_result result = GUISE_OK;

    (void)call;
    for (uint64_t i = 0; i < *times; i++) {
        result |= guise_impersonate_client();
        result |= guise_revert_to_self();
    }
    return result;
}

static void impersonate_revert(uint64_t times)
{
    stage_frame(s_client, switch_in_frame, &times);
}

static guise_result ask_in_frame(guise_call *call, void *arg)
{
    const uint64_t *times = arg;
    uint64_t same = 0;

    for (uint64_t i = 0; i < *times; i++) {
        same += guise_current_call() == call;
    }
    return same == *times ? GUISE_OK : GUISE_E_UNEXPECTED;
}

static void current_call(uint64_t times)
{
    stage_frame(s_client, ask_in_frame, &times);
}

/* ---- frames and calls ---- */

static guise_result do_nothing(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return GUISE_OK;
}

static void frame(uint64_t times)
{
    guise_call *call = stage_call(s_client);
    guise_result result = GUISE_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= guise_call_run(call, do_nothing, NULL);
    }
    bench_must(result == GUISE_OK);
    guise_call_unref(call);
}

static void whole_call(uint64_t times)
{
    guise_result result = GUISE_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= stage_whole_call(s_client);
    }
    bench_must(result == GUISE_OK);
}

static void whole_call_replied(uint64_t times)
{
    guise_result result = GUISE_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= stage_whole_call_replied(s_client);
    }
    bench_must(result == GUISE_OK);
}

/* ---- floors ---- */

static void floor_slot(uint64_t times)
{
    static atomic_uint s_open = 1;
    unsigned seen = 1;

    for (uint64_t i = 0; i < times; i++) {
        seen &= floor_put_on(&s_open, &s_open);
        floor_take_off();
    }
    bench_must(seen == 1);
}

static void floor_call(uint64_t times)
{
    for (uint64_t i = 0; i < times; i++) {
        floor_nothing();
    }
}

static void floor_block_meter(uint64_t times)
{
    floor_block(times, BLOCK_SIZE);
}

static void floor_block_uncancelled_meter(uint64_t times)
{
    floor_block_uncancelled(times, BLOCK_SIZE);
}

static const struct bench_meter meters[] = {
    {.name = "impersonate-revert",
     .unit = "ns",
     .flags = BENCH_COUNTED,
     .loop = impersonate_revert},
    {.name = "current-call", .unit = "ns", .flags = BENCH_COUNTED, .loop = current_call},
    {.name = "frame", .unit = "ns", .flags = BENCH_COUNTED, .loop = frame},
    {.name = "whole-call", .unit = "ns", .flags = BENCH_COUNTED, .loop = whole_call},
    {.name = "whole-call-replied",
     .unit = "ns",
     .flags = BENCH_COUNTED,
     .loop = whole_call_replied},
    {.name = "floor-slot", .unit = "ns", .loop = floor_slot},
    {.name = "floor-nothing", .unit = "ns", .loop = floor_call},
    {.name = "floor-block", .unit = "ns", .loop = floor_block_meter},
    {.name = "floor-block-uncancelled", .unit = "ns", .loop = floor_block_uncancelled_meter},
};

const struct bench_suite suite_core = {"core", open_core, meters, BENCH_COUNT(meters), false};
