/* SPDX-License-Identifier: MIT */
/* The processor of a thread. The C library reads its number from memory shared with the kernel, or asks
 * the vDSO. */
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
