/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "noise.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

/* Above any of these limits ratios near 1 begin to vary, so the figures are for orientation only. */
static const double others_max = 5, stolen_max = 1, interrupted_max = 100, spread_max = 5;

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double used_by(int who)
{
    struct rusage usage;

    return getrusage(who, &usage) == 0 ? seconds(&usage.ru_utime) + seconds(&usage.ru_stime) : 0;
}

/* The first line of /proc/stat: user nice system idle iowait irq softirq steal, in clock ticks. */
static bool read_clock(struct noise_clock *out)
{
    FILE *file = fopen("/proc/stat", "re");
    unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
    double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
    int count;

    if (file == NULL) {
        return false;
    }
    count = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
                   &idle, &iowait, &irq, &softirq, &steal);
    (void)fclose(file);
    out->busy = (double)(user + nice + system + irq + softirq) * tick;
    out->steal = (double)steal * tick;
    out->ours = used_by(RUSAGE_SELF) + used_by(RUSAGE_CHILDREN);
    out->at = bench_now();
    return count == 8;
}

void noise_begin(struct noise *noise)
{
    *noise = (struct noise){.spread = -1};
    noise->known = read_clock(&noise->begin);
}

void noise_pause(struct noise *noise)
{
    noise->known = noise->known && read_clock(&noise->paused);
}

void noise_resume(struct noise *noise)
{
    struct noise_clock now = noise->paused;

    noise->known = noise->known && read_clock(&now);
    noise->wanted += now.busy - noise->paused.busy;
}

static double percent(double part, double whole)
{
    return part <= 0 || whole <= 0 ? 0 : 100 * part / whole;
}

void noise_end(struct noise *noise, uint64_t interruptions, double spread)
{
    struct noise_clock end = {.at = bench_now()};
    double elapsed, capacity, used;

    noise->known = noise->known && read_clock(&end);
    elapsed = (double)(end.at - noise->begin.at) / 1e9;
    capacity = elapsed * (double)sysconf(_SC_NPROCESSORS_ONLN);
    used = end.busy - noise->begin.busy - noise->wanted;
    noise->others = percent(used - (end.ours - noise->begin.ours), capacity);
    noise->stolen = percent(end.steal - noise->begin.steal, capacity);
    noise->interrupted = interruptions == NOISE_UNCOUNTED ? -1 : (double)interruptions / elapsed;
    noise->spread = spread;
}

bool noise_is_bad(const struct noise *noise)
{
    return !noise->known || noise->others > others_max || noise->stolen > stolen_max ||
           noise->interrupted > interrupted_max || noise->spread > spread_max;
}

static const char consequence[] =
    " Ratios are for orientation; goals near them say nothing. Measure "
    "again when it is quiet.";

void noise_print(const struct noise *noise)
{
    (void)printf("%s", noise_is_bad(noise) ? "WARNING: a noisy machine: " : "A quiet machine: ");
    if (noise->known) {
        (void)printf("other programs used %.1f %% of the CPUs, %.1f %% were stolen", noise->others,
                     noise->stolen);
    } else {
        (void)printf("who else used the CPUs is unknown");
    }
    if (noise->interrupted >= 0) {
        (void)printf(", %.1f interruptions a second", noise->interrupted);
    }
    if (noise->spread >= 0) {
        (void)printf(", what never changes was spread by %.1f %%", noise->spread);
    }
    (void)printf(".%s\n", noise_is_bad(noise) ? consequence : "");
}
