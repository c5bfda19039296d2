/* SPDX-License-Identifier: MIT */
/*
 * Signals and containers while no thread sleeps. P2, and P10 where a signal is ready.
 */
#include "floor/floor.h"
#include "stage.h"
#include "suites.h"

enum { MEMBERS = 63 };

struct company {
    guise_container *container;
    guise_signal *members[MEMBERS];
};

static guise_signal *s_manual, *s_auto;
/* In the first only the ends are set, in the second every member. There are two because a signal that was
 * set may leave a hint in the container, and a wait searches all hints. */
static struct company s_ends, s_all;

static void open_company(struct company *company)
{
    bench_must(guise_container_create(&company->container) == GUISE_OK);
    for (int i = 0; i < MEMBERS; i++) {
        company->members[i] = stage_signal(GUISE_SIGNAL_AUTO);
        bench_must(guise_container_add(company->container, company->members[i]) == GUISE_OK);
    }
}

static const char *open_signal(void)
{
    s_manual = stage_signal(GUISE_SIGNAL_MANUAL);
    s_auto = stage_signal(GUISE_SIGNAL_AUTO);
    open_company(&s_ends);
    open_company(&s_all);
    return NULL;
}

static void set_reset(uint64_t times)
{
    guise_result result = GUISE_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= guise_signal_set(s_manual);
        result |= guise_signal_reset(s_manual);
    }
    bench_must(result == GUISE_OK);
}

static void set_wait(uint64_t times)
{
    guise_result result = GUISE_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= guise_signal_set(s_auto);
        result |= guise_signal_wait(s_auto, GUISE_INFINITE);
    }
    bench_must(result == GUISE_OK);
}

static void set_when_set(uint64_t times)
{
    guise_result result = GUISE_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= guise_signal_set(s_manual);
    }
    bench_must(result == GUISE_OK);
}

static void reset_when_clear(uint64_t times)
{
    guise_result result = GUISE_OK;

    for (uint64_t i = 0; i < times; i++) {
        result |= guise_signal_reset(s_manual);
    }
    bench_must(result == GUISE_OK);
}

static void wait_when_set(uint64_t times)
{
    guise_result result = guise_signal_set(s_manual);

    for (uint64_t i = 0; i < times; i++) {
        result |= guise_signal_wait(s_manual, GUISE_INFINITE);
    }
    bench_must(result == GUISE_OK);
}

static void life(uint64_t times)
{
    guise_result result = GUISE_OK;

    for (uint64_t i = 0; i < times; i++) {
        guise_signal *signal;

        result |= guise_signal_create(GUISE_SIGNAL_MANUAL, &signal);
        result |= guise_signal_set(signal);
        result |= guise_signal_wait(signal, GUISE_INFINITE);
        guise_signal_unref(signal);
    }
    bench_must(result == GUISE_OK);
}

/* ---- the first of 63 that is set already ---- */

static void set_wait_any(uint64_t times, guise_signal *member)
{
    guise_result result = GUISE_OK;
    guise_signal *which = NULL;

    for (uint64_t i = 0; i < times; i++) {
        result |= guise_signal_set(member);
        result |= guise_container_wait_any(s_ends.container, GUISE_INFINITE, &which);
    }
    bench_must(result == GUISE_OK && (times == 0 || which == member));
}

static void set_wait_any_first(uint64_t times)
{
    set_wait_any(times, s_ends.members[0]);
}

static void set_wait_any_last(uint64_t times)
{
    set_wait_any(times, s_ends.members[MEMBERS - 1]);
}

enum { STRIDE = 23 }; /* coprime to 63, so the steps reach all; and no neighbour */

static void set_wait_any_in_turn(uint64_t times)
{
    guise_result result = GUISE_OK;
    uint64_t right = 0;
    unsigned at = 0;

    for (uint64_t i = 0; i < times; i++) {
        guise_signal *which;

        result |= guise_signal_set(s_all.members[at]);
        result |= guise_container_wait_any(s_all.container, 0, &which);
        right += which == s_all.members[at];
        at = (at + STRIDE) % MEMBERS;
    }
    bench_must(result == GUISE_OK && right == times);
}

/* ---- floors ---- */

static void two_rmw(uint64_t times)
{
    floor_rmw(2 * times);
}

static const struct bench_meter meters[] = {
    {.name = "set-reset", .unit = "ns", .flags = BENCH_COUNTED, .loop = set_reset},
    {.name = "set-wait-auto", .unit = "ns", .flags = BENCH_COUNTED, .loop = set_wait},
    {.name = "set-when-set", .unit = "ns", .flags = BENCH_COUNTED, .loop = set_when_set},
    {.name = "reset-when-clear", .unit = "ns", .flags = BENCH_COUNTED, .loop = reset_when_clear},
    {.name = "wait-when-set", .unit = "ns", .flags = BENCH_COUNTED, .loop = wait_when_set},
    {.name = "signal-life", .unit = "ns", .flags = BENCH_COUNTED, .loop = life},
    {.name = "set-wait-any-first",
     .unit = "ns",
     .flags = BENCH_COUNTED,
     .loop = set_wait_any_first},
    {.name = "set-wait-any-last", .unit = "ns", .flags = BENCH_COUNTED, .loop = set_wait_any_last},
    {.name = "set-wait-any-in-turn",
     .unit = "ns",
     .flags = BENCH_COUNTED,
     .loop = set_wait_any_in_turn},
    {.name = "floor-2-rmw", .unit = "ns", .loop = two_rmw},
    {.name = "floor-1-rmw", .unit = "ns", .loop = floor_rmw},
    {.name = "floor-acquire", .unit = "ns", .loop = floor_acquire},
};

const struct bench_suite suite_signal = {"signal", open_signal, meters, BENCH_COUNT(meters), false};
