/* SPDX-License-Identifier: MIT */
/* Sweeps as text and as JSON. */
#include <math.h>
#include <stdio.h>

#include "file.h"
#include "scale.h"

static bool is_wanted(const struct scale *scale, size_t sweep)
{
    return options_want(scale->options, sweeps[sweep].name);
}

/* ---- text ---- */

static void print_point(const struct scale_point *point)
{
    char text[32];

    if (point->count == 0) {
        (void)printf(" %9s", "");
        return;
    }
    (void)snprintf(text, sizeof text, "%.*f", point->median < 99.95 ? 1 : 0, point->median);
    (void)printf(" %9s", text);
}

static void print_curve(const struct scale *scale, size_t sweep, size_t curve)
{
    (void)printf("  %-36s", sweeps[sweep].curves[curve].name);
    if (scale->why[sweep][curve][0] != '\0') {
        (void)printf(" SKIPPED: %s\n", scale->why[sweep][curve]);
        return;
    }
    for (size_t point = 0; point < sweeps[sweep].count; point++) {
        print_point(&scale->points[sweep][curve][point]);
    }
    (void)putchar('\n');
}

static void print_sweep(const struct scale *scale, size_t sweep)
{
    char head[64];

    (void)snprintf(head, sizeof head, "%s: %s, by", sweeps[sweep].name, sweeps[sweep].unit);
    (void)printf("%-38s", head);
    for (size_t point = 0; point < sweeps[sweep].count; point++) {
        (void)printf(" %9zu", sweeps[sweep].points[point]);
    }
    (void)printf(" %s\n", sweeps[sweep].what);
    for (size_t curve = 0; curve < SWEEP_CURVES; curve++) {
        if (sweeps[sweep].curves[curve].cost != NULL) {
            print_curve(scale, sweep, curve);
        }
    }
    (void)putchar('\n');
}

void scale_table(const struct scale *scale)
{
    for (size_t sweep = 0; sweep < sweep_count; sweep++) {
        if (is_wanted(scale, sweep)) {
            print_sweep(scale, sweep);
        }
    }
    (void)printf("Medians of %u rounds. ", scale->rounds);
    noise_print(&scale->noise);
}

/* ---- JSON ---- */

enum which { P10, MEDIAN, P90 };

static double pick(const struct scale_point *point, enum which which)
{
    if (point->count == 0) {
        return NAN;
    }
    return which == P10 ? point->p10 : which == P90 ? point->p90 : point->median;
}

static void write_values(FILE *file, const char *key, const struct scale *scale, size_t sweep,
                         size_t curve, enum which which)
{
    (void)fprintf(file, ", \"%s\": [", key);
    for (size_t point = 0; point < sweeps[sweep].count; point++) {
        (void)fputs(point == 0 ? "" : ", ", file);
        file_json_number(file, pick(&scale->points[sweep][curve][point], which));
    }
    (void)fputc(']', file);
}

static void write_curve(FILE *file, const struct scale *scale, size_t sweep, size_t curve)
{
    (void)fputs(curve == 0 ? "\n   {\"name\": " : ",\n   {\"name\": ", file);
    file_json_string(file, sweeps[sweep].curves[curve].name);
    write_values(file, "median", scale, sweep, curve, MEDIAN);
    write_values(file, "p10", scale, sweep, curve, P10);
    write_values(file, "p90", scale, sweep, curve, P90);
    (void)fputs(", \"skipped\": ", file);
    file_json_string(file, scale->why[sweep][curve]);
    (void)fputc('}', file);
}

static void write_sweep(FILE *file, const struct scale *scale, size_t sweep)
{
    (void)fputs("{\"name\": ", file);
    file_json_string(file, sweeps[sweep].name);
    (void)fputs(", \"of\": ", file);
    file_json_string(file, sweeps[sweep].what);
    (void)fputs(", \"unit\": ", file);
    file_json_string(file, sweeps[sweep].unit);
    (void)fputs(", \"points\": [", file);
    for (size_t point = 0; point < sweeps[sweep].count; point++) {
        (void)fprintf(file, "%s%zu", point == 0 ? "" : ", ", sweeps[sweep].points[point]);
    }
    (void)fputs("], \"curves\": [", file);
    for (size_t curve = 0; curve < SWEEP_CURVES; curve++) {
        if (sweeps[sweep].curves[curve].cost != NULL) {
            write_curve(file, scale, sweep, curve);
        }
    }
    (void)fputs("]}", file);
}

bool scale_json(const struct scale *scale, const char *path)
{
    FILE *file = file_begin(path);
    bool first = true;

    if (file == NULL) {
        return false;
    }
    (void)fprintf(file,
                  "{\"format\": 1, \"rounds\": %u, \"cpus\": %u, \"noisy\": %s,\n \"sweeps\": [",
                  scale->rounds, bench_cpu_count(), noise_is_bad(&scale->noise) ? "true" : "false");
    for (size_t sweep = 0; sweep < sweep_count; sweep++) {
        if (is_wanted(scale, sweep)) {
            (void)fputs(first ? "\n  " : ",\n  ", file);
            write_sweep(file, scale, sweep);
            first = false;
        }
    }
    (void)fputs("\n ]}\n", file);
    return file_end(file, path);
}
