/* SPDX-License-Identifier: MIT */
/*
 * A suite's process. The one that asks sleeps while the worker measures, so there is never more
 * than one measurement at a time.
 */
#ifndef GUISE_BENCH_WORKER_H
#define GUISE_BENCH_WORKER_H

#include <sys/types.h>

#include "bench.h"

struct worker {
    const struct bench_suite *suite;
    pid_t pid;
    int socket;
    bool quick;
};

enum { WORKER_WHY = 120 };

struct worker_answer {
    bool measured;
    struct bench_sample sample;
    char why[WORKER_WHY]; /* not measured: skipped, with this reason; or "" if it went wrong */
};

/* Nothing is started yet. */
void worker_init(struct worker *worker, const struct bench_suite *suite, bool quick);
/* One sample of one of the suite's meters. */
struct worker_answer worker_ask(struct worker *worker, const struct bench_meter *meter);
void worker_stop(struct worker *worker);

/* In a worker, and for counting instructions: the suite is opened, the meter measured. */
struct worker_answer worker_measure(const struct bench_meter *meter, bool quick);

#endif
