/* SPDX-License-Identifier: MIT */
/* The clock, the CPUs, threads on them, and the end of a measurement that fails. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

uint64_t bench_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* The CPUs that the program was started with; threads are pinned to some of them later. */
static const cpu_set_t *allowed(void)
{
    static cpu_set_t s_allowed;
    static bool s_known; /* main asks first, while there is one thread */

    if (!s_known) {
        CPU_ZERO(&s_allowed);
        bench_must(sched_getaffinity(0, sizeof s_allowed, &s_allowed) == 0);
        s_known = true;
    }
    return &s_allowed;
}

unsigned bench_cpu_count(void)
{
    return (unsigned)CPU_COUNT(allowed());
}

/* Counts from the last CPU, because interrupts prefer the first. */
static cpu_set_t cpu_of(unsigned index)
{
    cpu_set_t one;
    unsigned skip = index % bench_cpu_count();
    int cpu = CPU_SETSIZE - 1;

    for (; cpu > 0; cpu--) {
        if (CPU_ISSET((size_t)cpu, allowed()) && skip-- == 0) {
            break;
        }
    }
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    return one;
}

void bench_pin(unsigned index)
{
    cpu_set_t one = cpu_of(index);

    bench_must(sched_setaffinity(0, sizeof one, &one) == 0);
}

void bench_unpin(void)
{
    bench_must(sched_setaffinity(0, sizeof *allowed(), allowed()) == 0);
}

pthread_t bench_start(unsigned cpu, void *(*fn)(void *), void *arg)
{
    cpu_set_t one = cpu_of(cpu);
    pthread_attr_t attr;
    pthread_t thread;

    bench_must(pthread_attr_init(&attr) == 0);
    bench_must(pthread_attr_setaffinity_np(&attr, sizeof one, &one) == 0);
    bench_must(pthread_create(&thread, &attr, fn, arg) == 0);
    (void)pthread_attr_destroy(&attr);
    return thread;
}

void bench_join(pthread_t thread)
{
    bench_must(pthread_join(thread, NULL) == 0);
}

void bench_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "guise-bench: %s:%d: not so: %s\n", file, line, condition);
    _Exit(1);
}
