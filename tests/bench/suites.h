/* SPDX-License-Identifier: MIT */
#ifndef GUISE_BENCH_SUITES_H
#define GUISE_BENCH_SUITES_H

#include "bench.h"

extern const struct bench_suite suite_core, suite_com, suite_signal;

#endif
