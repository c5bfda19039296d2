/* SPDX-License-Identifier: MIT */
/* Where a thread runs. The C library reads it from memory shared with the kernel, or asks the vDSO. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>

#include "port/port.h"

unsigned guise__cpu(void)
{
    int kept = errno;
    int cpu = sched_getcpu();

    errno = kept;
    return cpu < 0 ? GUISE__CPU_UNKNOWN : (unsigned)cpu;
}
