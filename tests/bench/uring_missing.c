/* SPDX-License-Identifier: MIT */
#include "suites.h"

static const char *refuse(void)
{
    return "built without guise-uring (Debian: liburing-dev)";
}

static const struct bench_meter meters[] = {
    {.name = "open-ring", .unit = "ns"},        {.name = "open-ring-8", .unit = "ns"},
    {.name = "open-ring-self", .unit = "ns"},   {.name = "open-switch-16", .unit = "ns"},
    {.name = "open-switch-0", .unit = "ns"},    {.name = "open-plain", .unit = "ns"},
    {.name = "open-ring-worker", .unit = "ns"}, {.name = "open-switch-worker", .unit = "ns"},
};

const struct bench_suite suite_uring = {"uring", refuse, meters, BENCH_COUNT(meters), false};
