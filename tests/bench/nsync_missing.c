/* SPDX-License-Identifier: MIT */
#include "suites.h"

static const char *refuse(void)
{
    return "built without nsync (Debian: libnsync-dev)";
}

static const struct bench_meter meters[] = {
    {.name = "nsync-note-life", .unit = "ns"},
    {.name = "wake-nsync", .unit = "ns"},
};

const struct bench_suite suite_nsync = {"nsync", refuse, meters, BENCH_COUNT(meters), false};
