/* SPDX-License-Identifier: MIT */
/*
 * What is measured (meters), what is compared (rows), and what a suite of meters has to use.
 *
 * A suite is a table of meters in one file. All of it runs in a process of its own (worker.h), so
 * that it can choose its provider, and so that one that dies takes no other figure with it.
 */
#ifndef GUISE_BENCH_H
#define GUISE_BENCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- meters ---------------------------------------------------------------------------------- */

/* Give a meter exactly one of loop, events and value. */
struct bench_meter {
    const char *name; /* of its own in the whole program: rows, baselines and users know it by it */
    const char *unit; /* of what it gives; of a loop's and of events' always "ns" */
    unsigned flags;
    /* Does the operation so many times. It is called often, with numbers that suit the clock. */
    void (*loop)(uint64_t times);
    /* Measures single events, in nanoseconds; returns how many it had room for. */
    size_t (*events)(double *out, size_t room);
    /* Measures by itself. */
    double (*value)(void);
};

#define BENCH_COUNTED 1u  /* a loop that is the same instructions each time: can be a baseline */
#define BENCH_TWO_CPUS 2u /* cannot be measured on one */
#define BENCH_RARELY 4u   /* takes long: in some rounds only */
#define BENCH_ONCE 8u     /* does not vary: in the first round only */
#define BENCH_FRESH 16u   /* needs a heap that nobody has used: a process for each sample */

struct bench_suite {
    const char *name;
    /* In the suite's process, before anything else: NULL, or why nothing here can be measured. */
    const char *(*open)(void);
    const struct bench_meter *meters;
    size_t count;
    bool has_others; /* processes that are not this program's, and no noise for all that */
};

#define BENCH_COUNT(array) (sizeof(array) / sizeof *(array))

/* The same, by a name that a tool which counts instructions can look for. Not in line. */
void bench_counted_loop(const struct bench_meter *meter, uint64_t times);

/* All there are; ends with a NULL. */
extern const struct bench_suite *const bench_suites[];

/* What a meter gives in one round: percentiles of its batches, or of its events. */
struct bench_sample {
    double p10, median, p90, p99;
    uint64_t interrupted; /* how often the measuring thread was made to wait for another one */
};

/* ---- rows ------------------------------------------------------------------------------------ */

enum bench_field { BENCH_MEDIAN, BENCH_P99, BENCH_SPREAD /* p90 - p10 */ };

enum bench_goal {
    BENCH_NO_GOAL,   /* for orientation */
    BENCH_RATIO_MAX, /* ours / against */
    BENCH_RATIO_MIN,
    BENCH_FASTER_MIN, /* against / ours */
    BENCH_OVER_MAX,   /* ours - against */
    BENCH_VALUE_MAX   /* ours; against is shown beside it */
};

struct bench_row {
    const char *id; /* of the contract's line; what --only takes */
    const char *what;
    const char *ours;    /* a meter */
    const char *against; /* a meter, or NULL */
    enum bench_field field;
    enum bench_goal kind;
    double goal;
};

extern const struct bench_row bench_rows[];
extern const size_t bench_row_count;

/* ---- for meters ------------------------------------------------------------------------------ */

/* Nanoseconds of CLOCK_MONOTONIC_RAW; the same on all CPUs. */
uint64_t bench_now(void);

/* The CPUs this program may use; the first is where a suite's own thread is. */
unsigned bench_cpu_count(void);
void bench_pin(unsigned index);
void bench_unpin(void);
pthread_t bench_start(unsigned cpu, void *(*fn)(void *), void *arg);
void bench_join(pthread_t thread);

/* A measurement that does not do what it says ends its process, and is reported as not measured. */
#define bench_must(condition) ((condition) ? (void)0 : bench_failed(#condition, __FILE__, __LINE__))
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void bench_failed(const char *condition, const char *file, int line);

/* A number that a value cannot be; "why" must last. The meter is reported as skipped. */
double bench_skip(const char *why);

#endif
