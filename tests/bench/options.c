/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "sweeps.h"

static const char usage[] =
    "guise-bench [scale] [--quick] [--rounds N] [--only P1,COM] [--list] [--strict]\n"
    "            [--json FILE] [--plot FILE.svg] [--counts FILE]\n"
    "guise-bench --loop METER --times N     no measuring; METER may be list, or compiler\n"
    "\n"
    "Measures, compares within the run, and prints a table. tests/bench/README.md explains it.\n";

enum { JSON = 1, PLOT, ONLY, LIST, QUICK, STRICT, ROUNDS, COUNTS, LOOP, TIMES, HELP };

static const struct option known[] = {
    {"json", required_argument, NULL, JSON},     {"plot", required_argument, NULL, PLOT},
    {"only", required_argument, NULL, ONLY},     {"list", no_argument, NULL, LIST},
    {"quick", no_argument, NULL, QUICK},         {"strict", no_argument, NULL, STRICT},
    {"rounds", required_argument, NULL, ROUNDS}, {"counts", required_argument, NULL, COUNTS},
    {"loop", required_argument, NULL, LOOP},     {"times", required_argument, NULL, TIMES},
    {"help", no_argument, NULL, HELP},           {NULL, 0, NULL, 0}};

static bool read_number(const char *text, uint64_t most, uint64_t *out)
{
    char *end;

    *out = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || *out == 0 || *out > most) {
        (void)fprintf(stderr, "guise-bench: not a number from 1 to %llu: %s\n",
                      (unsigned long long)most, text);
        return false;
    }
    return true;
}

static bool take_number(struct options *out, int which, const char *text)
{
    uint64_t number;

    if (!read_number(text, which == ROUNDS ? ROUNDS_MAX : UINT64_MAX, &number)) {
        return false;
    }
    if (which == ROUNDS) {
        out->rounds = (unsigned)number;
    } else {
        out->times = number;
    }
    return true;
}

static const char **place_of(struct options *out, int which)
{
    const char **places[] = {[JSON] = &out->json,
                             [PLOT] = &out->plot,
                             [ONLY] = &out->only,
                             [COUNTS] = &out->counts,
                             [LOOP] = &out->loop};

    return which < (int)BENCH_COUNT(places) ? places[which] : NULL;
}

static bool take(struct options *out, int which, const char *value)
{
    out->list = out->list || which == LIST;
    out->quick = out->quick || which == QUICK;
    out->strict = out->strict || which == STRICT;
    if (which == ROUNDS || which == TIMES) {
        return take_number(out, which, value);
    }
    if (value != NULL) {
        *place_of(out, which) = value;
    }
    return true;
}

static bool read_flags(struct options *out, int count, char **words)
{
    int which;

    while ((which = getopt_long(count, words, "", known, NULL)) != -1) {
        if (which == '?' || which == HELP) {
            (void)fputs(usage, stderr);
            return false;
        }
        if (!take(out, which, optarg)) {
            return false;
        }
    }
    return true;
}

static const char *id_of(size_t i, bool scale)
{
    return scale ? sweeps[i].name : bench_rows[i].id;
}

/* Checked, because a mistyped id would otherwise only make the table shorter. */
static bool is_id(const char *text, size_t length, bool scale)
{
    for (size_t i = 0; i < (scale ? sweep_count : bench_row_count); i++) {
        if (strlen(id_of(i, scale)) == length && strncmp(id_of(i, scale), text, length) == 0) {
            return true;
        }
    }
    (void)fprintf(stderr, "guise-bench: --list shows the ids; this is none: %.*s\n", (int)length,
                  text);
    return false;
}

static bool are_ids(const char *list, bool scale)
{
    for (; list != NULL && *list != '\0'; list += strcspn(list, ","), list += *list == ',') {
        if (!is_id(list, strcspn(list, ","), scale)) {
            return false;
        }
    }
    return true;
}

bool options_read(struct options *out, int count, char **words)
{
    *out = (struct options){.times = 1};
    if (!read_flags(out, count, words)) {
        return false;
    }
    for (int i = optind; i < count; i++) {
        if (strcmp(words[i], "scale") != 0) {
            (void)fprintf(stderr, "guise-bench: what is \"%s\"?\n%s", words[i], usage);
            return false;
        }
        out->scale = true;
    }
    return are_ids(out->only, out->scale);
}

bool options_want(const struct options *options, const char *id)
{
    size_t length = strlen(id);

    if (options->only == NULL) {
        return true;
    }
    for (const char *at = options->only; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strcspn(at, ",") == length && strncmp(at, id, length) == 0) {
            return true;
        }
    }
    return false;
}
