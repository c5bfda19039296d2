/* SPDX-License-Identifier: MIT */
/* One sample of one meter, in the worker. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "stats.h"
#include "worker.h"

enum {
    BATCHES = 31, /* in one sample of a loop */
    QUICK_BATCHES = 11,
    BATCH_NS = 200000, /* much longer than reading the clock, and so much shorter than the
                        * scheduler's time slice that most are not
                        * interrupted even if another thread wants the CPU */
    QUICK_BATCH_NS = 60000,
    EVENTS = 2000,
    QUICK_EVENTS = 300
};

static const char *s_why; /* the reason of the last bench_skip */

double bench_skip(const char *why)
{
    s_why = why;
    return NAN;
}

void bench_counted_loop(const struct bench_meter *meter, uint64_t times)
{
    meter->loop(times);
}

static uint64_t time_loop(const struct bench_meter *meter, uint64_t times)
{
    uint64_t begin = bench_now();

    meter->loop(times);
    return bench_now() - begin;
}

/* Returns the time of a loop that runs 0 times: the call of it, and reading the clock. */
static uint64_t time_overhead(const struct bench_meter *meter)
{
    uint64_t least = time_loop(meter, 0);

    for (int i = 0; i < 5; i++) {
        uint64_t took = time_loop(meter, 0);

        least = took < least ? took : least;
    }
    return least;
}

static uint64_t time_net(const struct bench_meter *meter, uint64_t times, uint64_t overhead)
{
    uint64_t took = time_loop(meter, times);

    return took > overhead ? took - overhead : 0;
}

/* Returns how many operations make a batch of the wanted time. */
static uint64_t calibrate(const struct bench_meter *meter, uint64_t batch_ns, uint64_t overhead)
{
    uint64_t times = 1, took = time_net(meter, times, overhead);

    while (took < batch_ns / 4) {
        times *= 2;
        took = time_net(meter, times, overhead);
    }
    times = times * batch_ns / took;
    return times == 0 ? 1 : times;
}

static uint64_t interruptions(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nivcsw : 0;
}

static void sample_loop(const struct bench_meter *meter, bool quick, struct bench_sample *out)
{
    double batches[BATCHES];
    uint64_t overhead = time_overhead(meter);
    uint64_t times = calibrate(meter, quick ? QUICK_BATCH_NS : BATCH_NS, overhead);
    uint64_t before = interruptions();
    size_t count = quick ? QUICK_BATCHES : BATCHES;

    for (size_t i = 0; i < count; i++) {
        batches[i] = (double)time_net(meter, times, overhead) / (double)times;
    }
    stats_summarize(batches, count, out);
    out->interrupted = interruptions() - before;
}

static void sample_events(const struct bench_meter *meter, bool quick, struct bench_sample *out)
{
    static double s_events[EVENTS];
    size_t count = meter->events(s_events, quick ? QUICK_EVENTS : EVENTS);

    bench_must(count > 0);
    stats_summarize(s_events, count, out);
}

static void sample_value(const struct bench_meter *meter, struct bench_sample *out)
{
    double value = meter->value();

    out->p10 = out->median = out->p90 = out->p99 = value;
}

static struct worker_answer skipped(const char *why)
{
    struct worker_answer answer = {.measured = false};

    (void)snprintf(answer.why, sizeof answer.why, "%s", why);
    return answer;
}

struct worker_answer worker_measure(const struct bench_meter *meter, bool quick)
{
    struct worker_answer answer = {.measured = true};

    if ((meter->flags & BENCH_TWO_CPUS) != 0 && bench_cpu_count() < 2) {
        return skipped("needs two CPUs");
    }
    if (meter->loop != NULL) {
        sample_loop(meter, quick, &answer.sample);
    } else if (meter->events != NULL) {
        sample_events(meter, quick, &answer.sample);
    } else {
        sample_value(meter, &answer.sample);
    }
    return isnan(answer.sample.median) ? skipped(s_why) : answer;
}
