/* SPDX-License-Identifier: MIT */
/* Reports of a run: a table as text, as JSON, and as a drawing. */
#ifndef GUISE_BENCH_REPORT_H
#define GUISE_BENCH_REPORT_H

#include "run.h"

/* Prints the arguments of --only, for the table or for the sweeps. */
void report_list(bool scale);
void report_table(const struct run *run);
/* Return false, after an error message, if the file could not be written. */
bool report_json(const struct run *run, const char *path);
bool report_plot(const struct run *run, const char *path);
/* Returns whether a measurement failed or, if strict, a goal was missed. */
bool report_is_bad(const struct run *run);

#endif
