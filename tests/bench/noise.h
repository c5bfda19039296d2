/* SPDX-License-Identifier: MIT */
/* How much of the machine other programs used during a measurement, and how much the figures show it. */
#ifndef GUISE_BENCH_NOISE_H
#define GUISE_BENCH_NOISE_H

#include <stdbool.h>
#include <stdint.h>

struct noise_clock {
    double busy, steal, ours; /* seconds of CPU time since an arbitrary moment */
    uint64_t at;              /* nanoseconds */
};

struct noise {
    struct noise_clock begin, paused;
    double wanted;      /* seconds of CPU */
    bool known;         /* the system reports the users of the CPUs */
    double others;      /* per cent of all CPUs that other programs used */
    double stolen;      /* per cent that the hypervisor used for others */
    double interrupted; /* how often in a second a measuring thread was; < 0: unknown */
    double spread;      /* of a constant operation: (p90 - p10) / median, per cent; < 0: unknown */
};

#define NOISE_UNCOUNTED UINT64_MAX

void noise_begin(struct noise *noise);
/* Processes that run between these two do not count as noise, although they are no children of this one. */
void noise_pause(struct noise *noise);
void noise_resume(struct noise *noise);
/* Called after the workers have ended, because their CPU time must not count as that of others. */
void noise_end(struct noise *noise, uint64_t interruptions, double spread);
bool noise_is_bad(const struct noise *noise);
/* Prints one line with the noise and what follows from it. */
void noise_print(const struct noise *noise);

#endif
