/* SPDX-License-Identifier: MIT */
#ifndef GUISE_BENCH_SCALE_H
#define GUISE_BENCH_SCALE_H

#include "options.h"

/* The sweeps: cost over size. Returns what main returns. */
int scale_run(const struct options *options);

#endif
