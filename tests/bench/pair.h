/* SPDX-License-Identifier: MIT */
/* Two threads that wake each other, by any kind of object. */
#ifndef GUISE_BENCH_PAIR_H
#define GUISE_BENCH_PAIR_H

#include <stddef.h>

/* A kind of object. Each side, 0 and 1, waits on its own object, and the other side posts to it. */
struct pair_way {
    void (*post)(unsigned side);
    void (*wait)(unsigned side);
};

/* Measures the nanoseconds of each round trip; cpu says where the other thread runs. */
size_t pair_round_trips(const struct pair_way *way, unsigned cpu, double *out, size_t room);

/* Returns the microseconds of a round trip between two CPUs, without a pause between two of them. */
double pair_sustained(const struct pair_way *way);

/* Measures the nanoseconds from a post until a waiter on another CPU, which has just begun to wait, runs. */
size_t pair_hand_offs(const struct pair_way *way, double *out, size_t room);

#endif
