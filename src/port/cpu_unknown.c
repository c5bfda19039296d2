/* SPDX-License-Identifier: MIT */
/* Systems that do not tell on which processor a thread runs, or which a process may use. */
#define _POSIX_C_SOURCE 200809L
#include "port/port.h"

unsigned guise__cpu(void)
{
    return GUISE__CPU_UNKNOWN;
}

unsigned guise__cpu_count(void)
{
    return 1;
}
