/* SPDX-License-Identifier: MIT */
/* The table as JSON. README.md explains the keys. */
#include <math.h>

#include "file.h"
#include "report.h"

static void write_key(FILE *file, const char *key)
{
    (void)fputs(", ", file);
    file_json_string(file, key);
    (void)fputs(": ", file);
}

static void write_number(FILE *file, const char *key, double value)
{
    write_key(file, key);
    file_json_number(file, value);
}

static void write_text(FILE *file, const char *key, const char *text)
{
    write_key(file, key);
    file_json_string(file, text);
}

static void write_spread(FILE *file, const struct figure *figure)
{
    double none = NAN;

    (void)fputs("\"median\": ", file);
    file_json_number(file, figure->known ? figure->median : none);
    write_number(file, "p10", figure->known ? figure->p10 : none);
    write_number(file, "p90", figure->known ? figure->p90 : none);
}

static void write_side(FILE *file, const char *key, const struct series *series,
                       const struct figure *figure)
{
    write_key(file, key);
    if (series == NULL) {
        (void)fputs("null", file);
        return;
    }
    (void)fputc('{', file);
    write_spread(file, figure);
    write_text(file, "meter", series->meter->name);
    write_text(file, "unit", series->meter->unit);
    write_number(file, "instructions", series->instructions < 0 ? NAN : series->instructions);
    (void)fputc('}', file);
}

static const char *field_name(enum bench_field field)
{
    static const char *const names[] = {
        [BENCH_MEDIAN] = "median", [BENCH_P99] = "p99", [BENCH_SPREAD] = "p90-p10"};

    return names[field];
}

static void write_goal(FILE *file, const struct bench_row *row)
{
    static const char *const kinds[] = {[BENCH_NO_GOAL] = "none",
                                        [BENCH_RATIO_MAX] = "ratio at most",
                                        [BENCH_RATIO_MIN] = "ratio at least",
                                        [BENCH_FASTER_MIN] = "times faster at least",
                                        [BENCH_OVER_MAX] = "difference at most",
                                        [BENCH_VALUE_MAX] = "value at most"};

    write_text(file, "goal", kinds[row->kind]);
    write_number(file, "goal_value", row->kind == BENCH_NO_GOAL ? NAN : row->goal);
}

static void write_finding(FILE *file, const struct finding *finding)
{
    (void)fputs("{\"id\": ", file);
    file_json_string(file, finding->row->id);
    write_text(file, "operation", finding->row->what);
    write_text(file, "statistic", field_name(finding->row->field));
    write_side(file, "ours", finding->ours, &finding->mine);
    write_side(file, "against", finding->against, &finding->theirs);
    write_key(file, "ratio");
    (void)fputc('{', file);
    write_spread(file, &finding->ratio);
    (void)fputc('}', file);
    write_goal(file, finding->row);
    write_text(file, "verdict", run_verdict_name(finding->verdict));
    write_text(file, "why", finding->why == NULL ? "" : finding->why);
    (void)fputc('}', file);
}

static void write_rows(FILE *file, const struct run *run)
{
    bool first = true;

    for (size_t i = 0; i < bench_row_count; i++) {
        struct finding finding;

        if (options_want(run->options, bench_rows[i].id)) {
            run_find(run, &bench_rows[i], &finding);
            (void)fputs(first ? "\n  " : ",\n  ", file);
            write_finding(file, &finding);
            first = false;
        }
    }
}

static void write_noise(FILE *file, const struct noise *noise)
{
    (void)fprintf(file, ",\n \"noise\": {\"noisy\": %s", noise_is_bad(noise) ? "true" : "false");
    write_number(file, "others_percent", noise->known ? noise->others : NAN);
    write_number(file, "stolen_percent", noise->known ? noise->stolen : NAN);
    write_number(file, "interruptions_per_second",
                 noise->interrupted < 0 ? NAN : noise->interrupted);
    write_number(file, "constant_spread_percent", noise->spread < 0 ? NAN : noise->spread);
    (void)fputc('}', file);
}

bool report_json(const struct run *run, const char *path)
{
    FILE *file = file_begin(path);

    if (file == NULL) {
        return false;
    }
    (void)fprintf(file, "{\"format\": 1, \"rounds\": %u, \"quick\": %s, \"cpus\": %u", run->rounds,
                  run->options->quick ? "true" : "false", bench_cpu_count());
    write_noise(file, &run->noise);
    (void)fputs(",\n \"rows\": [", file);
    write_rows(file, run);
    (void)fputs("\n ]}\n", file);
    return file_end(file, path);
}
