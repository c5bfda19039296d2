/* SPDX-License-Identifier: MIT */
/* The processor of a thread, and those that the process may use. The C library reads a thread's number from
 * memory shared with the kernel, or asks the vDSO. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>

#include "port/port.h"

unsigned guise__cpu(void)
{
    int saved_errno = errno;
    int cpu = sched_getcpu();

    errno = saved_errno;
    return cpu < 0 ? GUISE__CPU_UNKNOWN : (unsigned)cpu;
}

/* One where the kernel knows more processors than the set has room for, because it then refuses. */
unsigned guise__cpu_count(void)
{
    int saved_errno = errno;
    cpu_set_t set;
    int count;

    CPU_ZERO(&set);
    count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    errno = saved_errno;
    return count < 1 ? 1 : (unsigned)count;
}
