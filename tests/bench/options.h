/* SPDX-License-Identifier: MIT */
#ifndef GUISE_BENCH_OPTIONS_H
#define GUISE_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct bench_row;

struct options {
    bool scale;       /* the sweeps instead of the table */
    bool quick;       /* a few short rounds */
    bool list;        /* names only */
    bool strict;      /* a goal missed is an error */
    unsigned rounds;  /* 0: as many as suit */
    const char *only; /* ids, by comma */
    const char *json; /* files to write */
    const char *plot;
    const char *counts; /* a file to read: instructions for each operation */
    const char *loop;   /* run only this meter's loop, that many times */
    uint64_t times;
};

/* Returns false, after a message on standard error, if the arguments are wrong. */
bool options_read(struct options *out, int count, char **words);
bool options_want(const struct options *options, const char *id);

#endif
