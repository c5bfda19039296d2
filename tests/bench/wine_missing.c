/* SPDX-License-Identifier: MIT */
#include "suites.h"

static const char *refuse(void)
{
    return "built without Wine (Debian: wine64, gcc-mingw-w64-x86-64)";
}

static const struct bench_meter meters[] = {{.name = "wine-set-revert", .unit = "ns"}};

const struct bench_suite suite_wine = {"wine", refuse, meters, BENCH_COUNT(meters), false};
