/* SPDX-License-Identifier: MIT */
/*
 * A peer: Wine's SetThreadToken and RevertToSelf, in a Windows program that runs beside this one
 * and gives a figure for every line it is sent.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suites.h"
#include "tool.h"

static FILE *s_to, *s_from;

/* Makes a Wine prefix of its own, so that the user's is not changed. */
static void prepare(void)
{
    char prefix[TOOL_PATH];

    if (getenv("WINEPREFIX") == NULL && tool_path("wineprefix", prefix)) {
        (void)mkdir(prefix, 0700);
        (void)setenv("WINEPREFIX", prefix, 1);
    }
    (void)setenv("WINEDEBUG", "-all", 0);
    (void)setenv("WINEDLLOVERRIDES", "mscoree,mshtml=", 0);
}

static void become_wine(int in, int out)
{
    char program[TOOL_PATH];
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    prepare();
    if (tool_path("guise-bench-token.exe", program) && dup2(in, 0) == 0 && dup2(out, 1) == 1 &&
        dup2(null, 2) == 2) {
        (void)execlp(GUISE_BENCH_WINE, GUISE_BENCH_WINE, program, (char *)NULL);
    }
    _exit(127);
}

static const char *open_wine(void)
{
    int there[2], back[2];
    pid_t child;

    bench_must(pipe2(there, O_CLOEXEC) == 0 && pipe2(back, O_CLOEXEC) == 0);
    child = fork();
    bench_must(child >= 0);
    if (child == 0) {
        bench_unpin(); /* it consists of two processes, which talk to each other */
        become_wine(there[0], back[1]);
    }
    (void)close(there[0]);
    (void)close(back[1]);
    s_to = fdopen(there[1], "w");
    s_from = fdopen(back[0], "r");
    bench_must(s_to != NULL && s_from != NULL);
    return NULL;
}

static double set_and_revert(void)
{
    double took;

    if (fputs("again\n", s_to) == EOF || fflush(s_to) != 0 || fscanf(s_from, "%lf", &took) != 1) {
        return bench_skip("the program did not run under Wine");
    }
    return took;
}

static const struct bench_meter meters[] = {
    {.name = "wine-set-revert", .unit = "ns", .value = set_and_revert},
};

const struct bench_suite suite_wine = {"wine", open_wine, meters, BENCH_COUNT(meters), true};
