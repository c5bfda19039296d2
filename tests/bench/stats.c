/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <stdlib.h>

#include "bench.h"

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

void stats_sort(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
}

double stats_percentile(const double *sorted, size_t count, double percent)
{
    double place = percent / 100 * (double)(count - 1);
    size_t below = (size_t)place;

    if (below + 1 >= count) {
        return sorted[count - 1];
    }
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

void stats_summarize(double *values, size_t count, struct bench_sample *out)
{
    stats_sort(values, count);
    out->p10 = stats_percentile(values, count, 10);
    out->median = stats_percentile(values, count, 50);
    out->p90 = stats_percentile(values, count, 90);
    out->p99 = stats_percentile(values, count, 99);
}
