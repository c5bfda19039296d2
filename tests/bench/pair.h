/* SPDX-License-Identifier: MIT */
/* Two threads that wake each other, in any way there is. */
#ifndef GUISE_BENCH_PAIR_H
#define GUISE_BENCH_PAIR_H

#include <stddef.h>

/* Each side has a place of its own, 0 and 1, that the other posts to and it waits at. */
struct pair_way {
    void (*post)(unsigned side);
    void (*wait)(unsigned side);
};

/* Nanoseconds of each there and back, the other thread on this CPU or on another. */
size_t pair_round_trips(const struct pair_way *way, unsigned cpu, double *out, size_t room);

/* Microseconds of one there and back, two CPUs, one after the other without a pause. */
double pair_sustained(const struct pair_way *way);

/* Nanoseconds from a post until a waiter on another CPU goes on; it began to wait just before. */
size_t pair_hand_offs(const struct pair_way *way, double *out, size_t room);

#endif
