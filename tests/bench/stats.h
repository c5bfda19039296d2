/* SPDX-License-Identifier: MIT */
#ifndef GUISE_BENCH_STATS_H
#define GUISE_BENCH_STATS_H

#include <stddef.h>

struct bench_sample;

/* Sorts. */
void stats_sort(double *values, size_t count);
/* The percentile of at least one sorted value; interpolates between two. */
double stats_percentile(const double *sorted, size_t count, double percent);
/* Sorts, and fills in the percentiles. */
void stats_summarize(double *values, size_t count, struct bench_sample *out);

#endif
