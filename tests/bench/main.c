/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "scale.h"
#include "sleeper.h"

static const struct bench_meter *find_meter(const char *name, const struct bench_suite **suite)
{
    for (size_t i = 0; bench_suites[i] != NULL; i++) {
        for (size_t j = 0; j < bench_suites[i]->count; j++) {
            if (strcmp(bench_suites[i]->meters[j].name, name) == 0) {
                *suite = bench_suites[i];
                return &bench_suites[i]->meters[j];
            }
        }
    }
    return NULL;
}

/* Prints the names of the meters whose instructions are compared with a baseline. */
static int list_counted(void)
{
    for (size_t i = 0; bench_suites[i] != NULL; i++) {
        for (size_t j = 0; j < bench_suites[i]->count; j++) {
            if ((bench_suites[i]->meters[j].flags & BENCH_COUNTED) != 0) {
                (void)printf("%s\n", bench_suites[i]->meters[j].name);
            }
        }
    }
    return 0;
}

/* Prints the compiler's name as baselines use it. The same compiler has built the library. */
static int print_compiler(void)
{
#if defined(__clang__)
    (void)printf("clang-%d\n", __clang_major__);
#elif defined(__GNUC__)
    (void)printf("gcc-%d\n", __GNUC__);
#else
    (void)puts("unknown");
#endif
    return 0;
}

static int run_in_suite(const struct bench_suite *suite, const struct bench_meter *meter,
                        uint64_t times)
{
    const char *refused = suite->open == NULL ? NULL : suite->open();

    if (refused != NULL) {
        (void)fprintf(stderr, "guise-bench: SKIPPED: %s\n", refused);
        return 77;
    }
    meter->loop(1); /* the first run does more than later ones */
    bench_counted_loop(meter, times);
    return 0;
}

/* Runs one loop, for a program that counts the instructions from outside (instructions). */
static int run_loop(const struct options *options)
{
    const struct bench_suite *suite;
    const struct bench_meter *meter = find_meter(options->loop, &suite);
    int status;

    if (strcmp(options->loop, "list") == 0) {
        return list_counted();
    }
    if (strcmp(options->loop, "compiler") == 0) {
        return print_compiler();
    }
    if (meter == NULL || meter->loop == NULL) {
        (void)fprintf(stderr, "guise-bench: no such loop: %s\n", options->loop);
        return 2;
    }
    sleeper_start();
    status = run_in_suite(suite, meter, options->times);
    sleeper_end();
    return status;
}

static int run_table(const struct options *options)
{
    static struct run s_run;
    bool written = true;

    run_measure(&s_run, options);
    report_table(&s_run);
    if (options->json != NULL) {
        written = report_json(&s_run, options->json) && written;
    }
    if (options->plot != NULL) {
        written = report_plot(&s_run, options->plot) && written;
    }
    return !written || report_is_bad(&s_run) ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct options options;

    if (!options_read(&options, argc, argv)) {
        return 2;
    }
    (void)bench_cpu_count(); /* before any thread is pinned */
    if (options.list) {
        report_list(options.scale);
        return 0;
    }
    if (options.loop != NULL) {
        return run_loop(&options);
    }
    return options.scale ? scale_run(&options) : run_table(&options);
}
