/* SPDX-License-Identifier: MIT */
/* A run: rounds over all selected meters, and their figures. */
#ifndef GUISE_BENCH_RUN_H
#define GUISE_BENCH_RUN_H

#include "noise.h"
#include "options.h"
#include "worker.h"

enum { ROUNDS_MAX = 99, METERS_MAX = 160, NAME_ROOM = 64 };

/* The figures of one meter. */
struct series {
    const struct bench_meter *meter;
    const struct bench_suite *suite;
    bool wanted;
    bool failed;          /* the measurement failed */
    char why[WORKER_WHY]; /* or it was skipped, for this reason */
    bool has[ROUNDS_MAX]; /* by round */
    struct bench_sample samples[ROUNDS_MAX];
    double instructions; /* for one operation; < 0: not counted */
};

struct run {
    const struct options *options;
    unsigned rounds;
    struct series series[METERS_MAX];
    size_t count;
    struct noise noise;
};

/* A number with its spread over the rounds. */
struct figure {
    bool known;
    double p10, median, p90;
};

enum verdict { VERDICT_NONE, VERDICT_MET, VERDICT_MISSED, VERDICT_SKIPPED, VERDICT_FAILED };

/* A row of the table, made from a run. */
struct finding {
    const struct bench_row *row;
    const struct series *ours, *against; /* against: NULL where the row has none */
    struct figure mine, theirs, ratio;   /* ratio: what the goal is about; see compare */
    enum verdict verdict;
    const char *why; /* not measured */
};

void run_measure(struct run *run, const struct options *options);
void run_find(const struct run *run, const struct bench_row *row, struct finding *out);
const char *run_verdict_name(enum verdict verdict);
/* "<= 2.5 x" */
void run_goal_text(const struct finding *finding, char *out, size_t room);

#endif
