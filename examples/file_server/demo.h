/* SPDX-License-Identifier: MIT */
/* The demonstration: a server, real clients, real files, and a look at every answer. */
#ifndef FILE_SERVER_DEMO_H
#define FILE_SERVER_DEMO_H

#include <stdbool.h>

#define EXIT_CANNOT_RUN 77 /* what test runners take for "skipped" */

/* Runs it with the provider in use. The process must have no thread but this. Returns its exit
 * status: not 0 if anything was not as expected. */
int demo_run(bool enforced);

#endif
