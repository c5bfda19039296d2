/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "sweeps.h"

void report_list(bool scale)
{
    for (size_t i = 0; scale && i < sweep_count; i++) {
        (void)printf("%-16s %s by number of %s\n", sweeps[i].name, sweeps[i].unit, sweeps[i].what);
    }
    for (size_t i = 0; !scale && i < bench_row_count; i++) {
        const struct bench_row *row = &bench_rows[i];

        (void)printf("%-4s %-52s %-28s %s\n", row->id, row->what, row->ours,
                     row->against == NULL ? "" : row->against);
    }
}

/* Three digits and the unit that suits them. */
static void print_number(double value, const char *unit)
{
    char text[32];

    if (strcmp(unit, "ns") == 0 && value >= 10000) {
        value /= 1000;
        unit = "us";
    }
    (void)snprintf(text, sizeof text, "%.*f %s",
                   value < 9.995   ? 2
                   : value < 99.95 ? 1
                                   : 0,
                   value, unit);
    (void)printf(" %11s", text);
}

static void print_figure(const struct series *series, const struct figure *figure)
{
    if (figure->known) {
        print_number(figure->median, series->meter->unit);
    } else {
        (void)printf(" %11s", "");
    }
}

static void print_ratio(const struct figure *ratio)
{
    char spread[32];

    if (!ratio->known) {
        (void)printf(" %7s %-13s", "", "");
        return;
    }
    if (ratio->median < 1000) {
        (void)snprintf(spread, sizeof spread, "%.3g-%.3g", ratio->p10, ratio->p90);
        (void)printf(" %7.3g %-13s", ratio->median, spread);
    } else {
        (void)snprintf(spread, sizeof spread, "%.0f-%.0f", ratio->p10, ratio->p90);
        (void)printf(" %7.0f %-13s", ratio->median, spread);
    }
}

static void print_instructions(const struct series *series)
{
    if (series->instructions < 0) {
        (void)printf(" %6s", "");
    } else {
        (void)printf(" %6.0f", series->instructions);
    }
}

static void print_finding(const struct finding *finding)
{
    const struct bench_row *row = finding->row;
    char goal[32];

    (void)printf("%-4s %-52s", row->id, row->what);
    print_figure(finding->ours, &finding->mine);
    print_instructions(finding->ours);
    print_figure(finding->against, &finding->theirs);
    if (finding->why != NULL) {
        (void)printf(" %s: %s\n", run_verdict_name(finding->verdict), finding->why);
        return;
    }
    run_goal_text(finding, goal, sizeof goal);
    print_ratio(&finding->ratio);
    (void)printf(" %-14s %s\n", goal, run_verdict_name(finding->verdict));
}

void report_table(const struct run *run)
{
    (void)printf("%-4s %-52s %11s %6s %11s %7s %-13s %-14s\n", "", "operation", "ours", "instr.",
                 "against", "ratio", "p10-p90", "goal");
    for (size_t i = 0; i < bench_row_count; i++) {
        struct finding finding;

        if (options_want(run->options, bench_rows[i].id)) {
            run_find(run, &bench_rows[i], &finding);
            print_finding(&finding);
        }
    }
    (void)printf("\nMedians of %u rounds. ", run->rounds);
    noise_print(&run->noise);
}

bool report_is_bad(const struct run *run)
{
    bool bad = false;

    for (size_t i = 0; i < bench_row_count; i++) {
        struct finding finding;

        if (options_want(run->options, bench_rows[i].id)) {
            run_find(run, &bench_rows[i], &finding);
            bad = bad || finding.verdict == VERDICT_FAILED ||
                  (run->options->strict && finding.verdict == VERDICT_MISSED);
        }
    }
    return bad;
}
