/* SPDX-License-Identifier: MIT */
/* Sweeps: costs as functions of a size. */
#ifndef GUISE_BENCH_SWEEPS_H
#define GUISE_BENCH_SWEEPS_H

#include <stddef.h>

enum { SWEEP_POINTS = 8, SWEEP_CURVES = 6 };

struct sweep_curve {
    const char *name;
    /* One sample, in a process of its own; or bench_skip. NULL: no more curves. */
    double (*cost)(size_t size);
};

struct sweep {
    const char *name; /* what --only takes */
    const char *what; /* the objects that size counts */
    const char *unit;
    size_t points[SWEEP_POINTS];
    size_t count;
    struct sweep_curve curves[SWEEP_CURVES];
};

extern const struct sweep sweeps[];
extern const size_t sweep_count;

#endif
