/* SPDX-License-Identifier: MIT */
/* How much of the machine was not ours while we measured, and how much that shows. */
#ifndef GUISE_BENCH_NOISE_H
#define GUISE_BENCH_NOISE_H

#include <stdbool.h>
#include <stdint.h>

struct noise_clock {
    double busy, steal, ours; /* seconds of CPU since some beginning */
    uint64_t at;              /* nanoseconds */
};

struct noise {
    struct noise_clock begin, paused;
    double wanted;      /* seconds of CPU */
    bool known;         /* the system says who used the CPUs */
    double others;      /* per cent of all CPUs that other programs used */
    double stolen;      /* per cent that the machine below took away */
    double interrupted; /* a measuring thread, times a second; < 0: unknown */
    double spread;      /* of what never changes, (p90 - p10) / median, per cent; < 0: unknown */
};

#define NOISE_UNCOUNTED UINT64_MAX

void noise_begin(struct noise *noise);
/* What runs between these two is wanted, though it is not this program's child. */
void noise_pause(struct noise *noise);
void noise_resume(struct noise *noise);
/* After the workers are gone: their time is not other people's. */
void noise_end(struct noise *noise, uint64_t interruptions, double spread);
bool noise_is_bad(const struct noise *noise);
/* One line that says what was seen, and what follows from that. */
void noise_print(const struct noise *noise);

#endif
