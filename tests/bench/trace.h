/* SPDX-License-Identifier: MIT */
/* Which system calls does a piece of code make? The kernel says (ptrace). */
#ifndef GUISE_BENCH_TRACE_H
#define GUISE_BENCH_TRACE_H

#include <stddef.h>

#define TRACE_FAILED ((size_t)-1)

/* Runs fn in a forked child; the numbers of the calls between its first and its second trace_mark.
 * How many there were, also beyond the room; TRACE_FAILED if that cannot be found out here. */
size_t trace_run(void (*fn)(void), long *numbers, size_t room);
void trace_mark(void);

#endif
