/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stats.h"

enum { ROUNDS = 15, QUICK_ROUNDS = 3, RARELY = 3, WORKERS_MAX = 16 };

static const char *const verdict_names[] = {[VERDICT_NONE] = "",
                                            [VERDICT_MET] = "met",
                                            [VERDICT_MISSED] = "missed",
                                            [VERDICT_SKIPPED] = "SKIPPED",
                                            [VERDICT_FAILED] = "NOT MEASURED"};

const char *run_verdict_name(enum verdict verdict)
{
    return verdict_names[verdict];
}

/* ---- which meters ---- */

static void add_suite(struct run *run, const struct bench_suite *suite)
{
    for (size_t i = 0; i < suite->count; i++) {
        bench_must(run->count < METERS_MAX);
        run->series[run->count++] =
            (struct series){.meter = &suite->meters[i], .suite = suite, .instructions = -1};
    }
}

static struct series *find_series(const struct run *run, const char *name)
{
    for (size_t i = 0; name != NULL && i < run->count; i++) {
        if (strcmp(run->series[i].meter->name, name) == 0) {
            return (struct series *)&run->series[i];
        }
    }
    bench_must(name == NULL); /* a row names a meter that does not exist */
    return NULL;
}

static void want(struct series *series)
{
    if (series != NULL) {
        series->wanted = true;
    }
}

static void choose(struct run *run)
{
    for (size_t i = 0; bench_suites[i] != NULL; i++) {
        add_suite(run, bench_suites[i]);
    }
    for (size_t i = 0; i < bench_row_count; i++) {
        if (options_want(run->options, bench_rows[i].id)) {
            want(find_series(run, bench_rows[i].ours));
            want(find_series(run, bench_rows[i].against));
        }
    }
}

/* ---- instructions, counted by another program (tests/bench/instructions) ---- */

static void read_counts(struct run *run, const char *path)
{
    FILE *file = fopen(path, "re");
    char line[160], name[NAME_ROOM];
    double count;

    if (file == NULL) {
        return; /* could not be counted: the column stays empty */
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "%63s %lf", name, &count) == 2 && name[0] != '#') {
            for (size_t i = 0; i < run->count; i++) {
                if (strcmp(run->series[i].meter->name, name) == 0) {
                    run->series[i].instructions = count;
                }
            }
        }
    }
    (void)fclose(file);
}

/* ---- rounds ---- */

struct crew {
    struct worker workers[WORKERS_MAX];
    size_t count;
};

static struct worker *worker_of(struct crew *crew, const struct bench_suite *suite, bool quick)
{
    for (size_t i = 0; i < crew->count; i++) {
        if (crew->workers[i].suite == suite) {
            return &crew->workers[i];
        }
    }
    bench_must(crew->count < WORKERS_MAX);
    worker_init(&crew->workers[crew->count], suite, quick);
    return &crew->workers[crew->count++];
}

static bool is_due(const struct series *series, unsigned round)
{
    unsigned flags = series->meter->flags;

    if (!series->wanted || series->failed || series->why[0] != '\0' || series->has[round]) {
        return false;
    }
    return round == 0 ||
           ((flags & BENCH_ONCE) == 0 && ((flags & BENCH_RARELY) == 0 || round % RARELY == 0));
}

static void note(struct series *series, unsigned round, const struct worker_answer *answer)
{
    series->has[round] = answer->measured;
    series->samples[round] = answer->sample;
    if (!answer->measured) {
        series->failed = answer->why[0] == '\0';
        memcpy(series->why, answer->why, sizeof series->why);
    }
}

static void measure(struct run *run, struct crew *crew, struct series *series, unsigned round)
{
    struct worker_answer answer;

    if (series == NULL || !is_due(series, round)) {
        return;
    }
    if (series->suite->has_others) {
        noise_pause(&run->noise);
    }
    answer = worker_ask(worker_of(crew, series->suite, run->options->quick), series->meter);
    if (series->suite->has_others) {
        noise_resume(&run->noise);
    }
    note(series, round, &answer);
}

/* Measures both sides of a row one right after the other, and in the other order in the next round. */
static void measure_row(struct run *run, struct crew *crew, const struct bench_row *row,
                        unsigned round)
{
    struct series *ours = find_series(run, row->ours), *against = find_series(run, row->against);

    measure(run, crew, round % 2 == 0 ? ours : against, round);
    measure(run, crew, round % 2 == 0 ? against : ours, round);
}

static void measure_round(struct run *run, struct crew *crew, unsigned round)
{
    if (isatty(STDERR_FILENO) == 1) {
        (void)fprintf(stderr, round + 1 == run->rounds ? "\r\033[K" : "\rround %u of %u ",
                      round + 1, run->rounds);
    }
    for (size_t i = 0; i < bench_row_count; i++) {
        if (options_want(run->options, bench_rows[i].id)) {
            measure_row(run, crew, &bench_rows[i], round);
        }
    }
}

static uint64_t interruptions(const struct run *run)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < run->count; i++) {
        for (unsigned round = 0; round < run->rounds; round++) {
            sum += run->series[i].samples[round].interrupted;
        }
    }
    return sum;
}

static bool figure_of(const struct series *series, enum bench_field field, unsigned rounds,
                      struct figure *out);

/* The spread of two steps on a word that no other thread uses: their time changes only with the machine. */
static double constant_spread(const struct run *run)
{
    struct figure figure;

    if (!figure_of(find_series(run, "floor-2-rmw"), BENCH_MEDIAN, run->rounds, &figure)) {
        return -1;
    }
    return 100 * (figure.p90 - figure.p10) / figure.median;
}

void run_measure(struct run *run, const struct options *options)
{
    struct crew crew = {.count = 0};

    *run = (struct run){.options = options,
                        .rounds = options->rounds != 0 ? options->rounds
                                  : options->quick     ? QUICK_ROUNDS
                                                       : ROUNDS};
    choose(run);
    find_series(run, "floor-2-rmw")->wanted = true; /* for constant_spread */
    noise_begin(&run->noise);
    for (unsigned round = 0; round < run->rounds; round++) {
        measure(run, &crew, find_series(run, "floor-2-rmw"), round);
        measure_round(run, &crew, round);
    }
    for (size_t i = 0; i < crew.count; i++) {
        worker_stop(&crew.workers[i]);
    }
    noise_end(&run->noise, interruptions(run), constant_spread(run));
    if (options->counts != NULL) {
        read_counts(run, options->counts);
    }
}

/* ---- findings ---- */

static double field_of(const struct bench_sample *sample, enum bench_field field)
{
    switch (field) {
    case BENCH_P99:
        return sample->p99;
    case BENCH_SPREAD:
        return sample->p90 - sample->p10;
    case BENCH_MEDIAN:
        break;
    }
    return sample->median;
}

static void figure_from(double *values, size_t count, struct figure *out)
{
    struct bench_sample sample;

    stats_summarize(values, count, &sample);
    *out = (struct figure){true, sample.p10, sample.median, sample.p90};
}

static bool figure_of(const struct series *series, enum bench_field field, unsigned rounds,
                      struct figure *out)
{
    double values[ROUNDS_MAX];
    size_t count = 0;

    *out = (struct figure){.known = false};
    for (unsigned round = 0; series != NULL && round < rounds; round++) {
        if (series->has[round]) {
            values[count++] = field_of(&series->samples[round], field);
        }
    }
    if (count != 0) {
        figure_from(values, count, out);
    }
    return out->known;
}

static double compare(enum bench_goal kind, double ours, double against)
{
    switch (kind) {
    case BENCH_FASTER_MIN:
        return ours == 0 ? NAN : against / ours;
    case BENCH_OVER_MAX:
        return ours - against;
    case BENCH_NO_GOAL:
    case BENCH_RATIO_MAX:
    case BENCH_RATIO_MIN:
    case BENCH_VALUE_MAX:
        break;
    }
    return against == 0 ? NAN : ours / against;
}

/* Compares round by round, because noise in a whole round affects both sides. */
static void compare_rounds(const struct finding *finding, unsigned rounds, struct figure *out)
{
    const struct series *ours = finding->ours, *against = finding->against;
    double values[ROUNDS_MAX];
    size_t count = 0;

    for (unsigned round = 0; round < rounds; round++) {
        if (ours->has[round] && against->has[round]) {
            double ratio =
                compare(finding->row->kind, field_of(&ours->samples[round], finding->row->field),
                        field_of(&against->samples[round], finding->row->field));

            if (!isnan(ratio)) {
                values[count++] = ratio;
            }
        }
    }
    if (count != 0) {
        figure_from(values, count, out);
    }
}

static bool is_met(const struct finding *finding)
{
    double goal = finding->row->goal;

    switch (finding->row->kind) {
    case BENCH_RATIO_MIN:
    case BENCH_FASTER_MIN:
        return finding->ratio.known && finding->ratio.median >= goal;
    case BENCH_VALUE_MAX:
        return finding->mine.median <= goal;
    case BENCH_NO_GOAL:
    case BENCH_RATIO_MAX:
    case BENCH_OVER_MAX:
        break;
    }
    return finding->ratio.known && finding->ratio.median <= goal;
}

static bool is_missing(const struct series *series, struct finding *out)
{
    if (series == NULL || (!series->failed && series->why[0] == '\0')) {
        return false;
    }
    out->verdict = series->failed ? VERDICT_FAILED : VERDICT_SKIPPED;
    out->why = series->failed ? "the process that measured it ended" : series->why;
    return true;
}

void run_find(const struct run *run, const struct bench_row *row, struct finding *out)
{
    *out = (struct finding){
        .row = row, .ours = find_series(run, row->ours), .against = find_series(run, row->against)};
    (void)figure_of(out->ours, row->field, run->rounds, &out->mine);
    (void)figure_of(out->against, row->field, run->rounds, &out->theirs);
    if (is_missing(out->ours, out) || is_missing(out->against, out)) {
        return;
    }
    if (out->against != NULL) {
        compare_rounds(out, run->rounds, &out->ratio);
    }
    if (row->kind != BENCH_NO_GOAL) {
        out->verdict = is_met(out) ? VERDICT_MET : VERDICT_MISSED;
    }
}

void run_goal_text(const struct finding *finding, char *out, size_t room)
{
    static const char *const before[] = {
        [BENCH_NO_GOAL] = "",       [BENCH_RATIO_MAX] = "<= ", [BENCH_RATIO_MIN] = ">= ",
        [BENCH_FASTER_MIN] = ">= ", [BENCH_OVER_MAX] = "<= ",  [BENCH_VALUE_MAX] = "<= "};
    static const char *const after[] = {[BENCH_RATIO_MAX] = "x",
                                        [BENCH_RATIO_MIN] = "x",
                                        [BENCH_FASTER_MIN] = "faster",
                                        [BENCH_OVER_MAX] = "ns over"};
    enum bench_goal kind = finding->row->kind;

    out[0] = '\0';
    if (kind != BENCH_NO_GOAL) {
        (void)snprintf(out, room, "%s%g %s", before[kind], finding->row->goal,
                       kind == BENCH_VALUE_MAX ? finding->ours->meter->unit : after[kind]);
    }
}
