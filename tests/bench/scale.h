/* SPDX-License-Identifier: MIT */
/* The sweeps: cost over size. */
#ifndef GUISE_BENCH_SCALE_H
#define GUISE_BENCH_SCALE_H

#include "noise.h"
#include "options.h"
#include "sweeps.h"
#include "worker.h"

enum { SWEEPS_MAX = 8, SCALE_ROUNDS_MAX = 99 };

struct scale_point {
    size_t count; /* samples */
    double samples[SCALE_ROUNDS_MAX];
    double p10, median, p90; /* valid if there are samples */
};

struct scale {
    const struct options *options;
    unsigned rounds;
    struct noise noise;
    bool failed; /* a measurement failed */
    struct scale_point points[SWEEPS_MAX][SWEEP_CURVES][SWEEP_POINTS];
    char why[SWEEPS_MAX][SWEEP_CURVES][WORKER_WHY]; /* skipped */
};

/* Measures and reports; returns what main returns. */
int scale_run(const struct options *options);

void scale_table(const struct scale *scale);
bool scale_json(const struct scale *scale, const char *path);
bool scale_plot(const struct scale *scale, const char *path);

#endif
