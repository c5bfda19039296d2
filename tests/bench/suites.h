/* SPDX-License-Identifier: MIT */
#ifndef GUISE_BENCH_SUITES_H
#define GUISE_BENCH_SUITES_H

#include "bench.h"

extern const struct bench_suite suite_com, suite_core, suite_kernel, suite_nsync, suite_pending,
    suite_signal, suite_threads, suite_uring, suite_wake, suite_wine;

#endif
