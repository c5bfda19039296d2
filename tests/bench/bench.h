/* SPDX-License-Identifier: MIT */
/*
 * Meters measure, rows compare meters, and a suite is a table of meters in one file.
 *
 * A suite runs in a process of its own (worker.h), so that it can choose its provider, and so that a
 * suite that dies loses no figure of another one.
 */
#ifndef GUISE_BENCH_H
#define GUISE_BENCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- meters ---------------------------------------------------------------------------------- */

/* A meter has exactly one of loop, events and value. */
struct bench_meter {
    const char *name; /* unique in the program; rows, baselines and users name the meter by it */
    const char *unit; /* of its figure; always "ns" for loop and events */
    unsigned flags;
    /* Does the operation that many times. Called often, with numbers that suit the clock. */
    void (*loop)(uint64_t times);
    /* Measures single events, in nanoseconds; returns how many it had room for. */
    size_t (*events)(double *out, size_t room);
    /* Measures and returns the figure. */
    double (*value)(void);
};

#define BENCH_COUNTED 1u  /* a loop that is the same instructions each time: can be a baseline */
#define BENCH_TWO_CPUS 2u /* cannot be measured on one */
#define BENCH_RARELY 4u   /* takes long: in some rounds only */
#define BENCH_ONCE 8u     /* does not vary: in the first round only */
#define BENCH_FRESH 16u   /* needs an unused heap: a process for each sample */

struct bench_suite {
    const char *name;
    /* Called first in the suite's process. Returns NULL, or why the suite cannot be measured here. */
    const char *(*open)(void);
    const struct bench_meter *meters;
    size_t count;
    bool has_others; /* the suite runs other processes, which do not count as noise */
};

#define BENCH_COUNT(array) (sizeof(array) / sizeof *(array))

/* Runs a loop; never inlined, so that a tool that counts instructions finds it by name. */
void bench_counted_loop(const struct bench_meter *meter, uint64_t times);

/* All suites; ends with NULL. */
extern const struct bench_suite *const bench_suites[];

/* The figures of a meter in one round: percentiles of its batches, or of its events. */
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
    const char *id; /* of the goal; the argument of --only */
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

/* The CPUs that this program may use; a suite's own thread runs on the first. */
unsigned bench_cpu_count(void);
void bench_pin(unsigned index);
void bench_unpin(void);
pthread_t bench_start(unsigned cpu, void *(*fn)(void *), void *arg);
void bench_join(pthread_t thread);

/* Ends the process of a measurement that does not do what it should; it is reported as not measured. */
#define bench_must(condition) ((condition) ? (void)0 : bench_failed(#condition, __FILE__, __LINE__))
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void bench_failed(const char *condition, const char *file, int line);

/* Returns a number that is not a figure, and has the meter reported as skipped. why is not copied. */
double bench_skip(const char *why);

#endif
