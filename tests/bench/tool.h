/* SPDX-License-Identifier: MIT */
/* Files that are built beside guise-bench. */
#ifndef GUISE_BENCH_TOOL_H
#define GUISE_BENCH_TOOL_H

#include <stdbool.h>
#include <stdio.h>

enum { TOOL_PATH = 4096 };

/* The path of a file in this program's own directory; false if that cannot be known. */
bool tool_path(const char *name, char out[TOOL_PATH]);
/* The output of a program there, for pclose; or NULL. */
FILE *tool_open(const char *name);

#endif
