/* SPDX-License-Identifier: MIT */
/* Threads that do the same work at the same time, spread over the CPUs. */
#ifndef GUISE_BENCH_CROWD_H
#define GUISE_BENCH_CROWD_H

enum { CROWD_MAX = 64 };

/* Nanoseconds from the start until all are done; each has done the work once before, untimed. */
double crowd_time(void (*work)(void), unsigned threads);

#endif
