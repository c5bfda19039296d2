/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "scale.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "stats.h"

enum { ROUNDS = 5 };

/* Each point is a meter in a suite of its own, so that a worker can measure it. Written before the worker
 * is forked, which has a copy. */
static const struct sweep_curve *s_curve;
static size_t s_size;

static double measure_point(void)
{
    return s_curve->cost(s_size);
}

static const struct bench_meter point_meter = {
    .name = "point", .unit = "", .flags = BENCH_FRESH, .value = measure_point};
static const struct bench_suite point_suite = {"scale", NULL, &point_meter, 1, false};

static void sample(struct scale *scale, size_t sweep, size_t curve, size_t point)
{
    struct scale_point *out = &scale->points[sweep][curve][point];
    char *why = scale->why[sweep][curve];
    struct worker_answer answer;
    struct worker worker;

    if (why[0] != '\0') {
        return;
    }
    s_curve = &sweeps[sweep].curves[curve];
    s_size = sweeps[sweep].points[point];
    worker_init(&worker, &point_suite, scale->options->quick);
    answer = worker_ask(&worker, &point_meter);
    if (answer.measured) {
        out->samples[out->count++] = answer.sample.median;
        return;
    }
    scale->failed = scale->failed || answer.why[0] == '\0';
    (void)snprintf(why, WORKER_WHY, "%s",
                   answer.why[0] == '\0' ? "the process that measured it ended" : answer.why);
}

static void sample_sweep(struct scale *scale, size_t sweep)
{
    for (size_t point = 0; point < sweeps[sweep].count; point++) {
        for (size_t curve = 0; curve < SWEEP_CURVES; curve++) {
            if (sweeps[sweep].curves[curve].cost != NULL) {
                sample(scale, sweep, curve, point);
            }
        }
    }
}

static void show_progress(const struct scale *scale, unsigned round, size_t sweep)
{
    if (isatty(STDERR_FILENO) == 1) {
        (void)fprintf(stderr, "\r\033[Kround %u of %u: %s ", round + 1, scale->rounds,
                      sweeps[sweep].name);
    }
}

static void summarize(struct scale_point *point)
{
    struct bench_sample sample;

    if (point->count != 0) {
        stats_summarize(point->samples, point->count, &sample);
        point->p10 = sample.p10;
        point->median = sample.median;
        point->p90 = sample.p90;
    }
}

static void summarize_all(struct scale *scale)
{
    for (size_t sweep = 0; sweep < sweep_count; sweep++) {
        for (size_t curve = 0; curve < SWEEP_CURVES; curve++) {
            for (size_t point = 0; point < SWEEP_POINTS; point++) {
                summarize(&scale->points[sweep][curve][point]);
            }
        }
    }
}

static void measure(struct scale *scale)
{
    noise_begin(&scale->noise);
    for (unsigned round = 0; round < scale->rounds; round++) {
        for (size_t sweep = 0; sweep < sweep_count; sweep++) {
            if (options_want(scale->options, sweeps[sweep].name)) {
                show_progress(scale, round, sweep);
                sample_sweep(scale, sweep);
            }
        }
    }
    if (isatty(STDERR_FILENO) == 1) {
        (void)fputs("\r\033[K", stderr);
    }
    noise_end(&scale->noise, NOISE_UNCOUNTED, -1);
    summarize_all(scale);
}

int scale_run(const struct options *options)
{
    static struct scale s_scale;
    bool written = true;

    bench_must(sweep_count <= SWEEPS_MAX);
    s_scale.options = options;
    s_scale.rounds = options->rounds != 0 ? options->rounds : options->quick ? 1 : ROUNDS;
    measure(&s_scale);
    scale_table(&s_scale);
    if (options->json != NULL) {
        written = scale_json(&s_scale, options->json) && written;
    }
    if (options->plot != NULL) {
        written = scale_plot(&s_scale, options->plot) && written;
    }
    return !written || s_scale.failed ? 1 : 0;
}
