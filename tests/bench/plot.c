/* SPDX-License-Identifier: MIT */
/*
 * The table as bars: the ratios on a logarithmic axis, a whisker from p10 to p90, and a mark at the goal.
 */
#include <math.h>

#include "file.h"
#include "report.h"
#include "svg.h"

enum { WIDTH = 1000, LEFT = 400, RIGHT = 890, TOP = 70, STEP = 22, BAR = 12, FOOT = 46 };

static const double least = 0.01, most = 10000;

static double x_of(double ratio)
{
    double inside = ratio < least ? least : ratio > most ? most : ratio;

    return LEFT + (RIGHT - LEFT) * (log10(inside / least) / log10(most / least));
}

/* Differences and single values have no place on an axis of ratios. */
static bool is_drawn(const struct finding *finding)
{
    enum bench_goal kind = finding->row->kind;

    return finding->why == NULL && finding->ratio.known && kind != BENCH_OVER_MAX &&
           kind != BENCH_VALUE_MAX;
}

static void draw_axis(FILE *file, double bottom)
{
    char text[32];

    for (double ratio = least; ratio <= most * 1.001; ratio *= 10) {
        svg_line(file, ratio > 0.99 && ratio < 1.01 ? "axis" : "grid", x_of(ratio), TOP - 8,
                 x_of(ratio), bottom);
        (void)snprintf(text, sizeof text, "%g", ratio);
        svg_text(file, "small", "middle", x_of(ratio), TOP - 14, text);
    }
}

static const char *class_of(const struct finding *finding)
{
    return finding->verdict == VERDICT_MET      ? "met"
           : finding->verdict == VERDICT_MISSED ? "missed"
                                                : "none";
}

static void draw_finding(FILE *file, const struct finding *finding, double y)
{
    const struct bench_row *row = finding->row;
    double base = x_of(1), end = x_of(finding->ratio.median), middle = y + BAR / 2.0;
    char text[160];

    (void)snprintf(text, sizeof text, "%s  %s", row->id, row->what);
    svg_text(file, "label", "end", LEFT - 10, y + BAR - 2, text);
    svg_rect(file, class_of(finding), fmin(base, end), y, fabs(end - base), BAR);
    svg_line(file, "whisker", x_of(finding->ratio.p10), middle, x_of(finding->ratio.p90), middle);
    if (row->kind != BENCH_NO_GOAL) {
        svg_line(file, "goal", x_of(row->goal), y - 3, x_of(row->goal), y + BAR + 3);
    }
    (void)snprintf(text, sizeof text, finding->ratio.median < 1000 ? "%.3g%s" : "%.0f%s",
                   finding->ratio.median, row->kind == BENCH_FASTER_MIN ? " faster" : "");
    svg_text(file, "small", "start", RIGHT + 10, y + BAR - 2, text);
}

static size_t draw_rows(FILE *file, const struct run *run)
{
    size_t drawn = 0;

    for (size_t i = 0; i < bench_row_count; i++) {
        struct finding finding;

        if (!options_want(run->options, bench_rows[i].id)) {
            continue;
        }
        run_find(run, &bench_rows[i], &finding);
        if (is_drawn(&finding)) {
            if (file != NULL) {
                draw_finding(file, &finding, TOP + (double)drawn * STEP);
            }
            drawn++;
        }
    }
    return drawn;
}

bool report_plot(const struct run *run, const char *path)
{
    FILE *file = file_begin(path);
    double bottom = TOP + (double)draw_rows(NULL, run) * STEP;

    if (file == NULL) {
        return false;
    }
    svg_begin(file, WIDTH, bottom + FOOT, "Guise against the floor or peer of the same run");
    svg_text(file, "small", "start", 14, 42,
             noise_is_bad(&run->noise) ? "A NOISY MACHINE: for orientation only." : "");
    draw_axis(file, bottom);
    (void)draw_rows(file, run);
    svg_text(
        file, "small", "start", 14, bottom + 24,
        "The median ratio over the rounds, logarithmic; whisker p10 to p90; heavy mark: the goal; "
        "blue: met, orange: missed, grey: no goal.");
    svg_end(file);
    return file_end(file, path);
}
