/* SPDX-License-Identifier: MIT */
/* Lists the system calls that a piece of code makes, by ptrace. */
#ifndef GUISE_BENCH_TRACE_H
#define GUISE_BENCH_TRACE_H

#include <stddef.h>

#define TRACE_FAILED ((size_t)-1)

/* Runs fn in a forked child, and stores the numbers of the system calls between its first and its second
 * trace_mark. Returns how many there were, also beyond the room; TRACE_FAILED if ptrace does not work. */
size_t trace_run(void (*fn)(void), long *numbers, size_t room);
void trace_mark(void);

#endif
