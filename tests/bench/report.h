/* SPDX-License-Identifier: MIT */
/* A run, as a table for people, as JSON, and drawn. */
#ifndef GUISE_BENCH_REPORT_H
#define GUISE_BENCH_REPORT_H

#include "run.h"

/* What --only takes, of the table or of the sweeps. */
void report_list(bool scale);
void report_table(const struct run *run);
/* False if the file could not be written, which has been said. */
bool report_json(const struct run *run, const char *path);
bool report_plot(const struct run *run, const char *path);
/* Something that should have been measured was not; or, if strict, a goal was missed. */
bool report_is_bad(const struct run *run);

#endif
