/* SPDX-License-Identifier: MIT */
/* Where a system does not say on which processor a thread runs. */
#include "port/port.h"

unsigned guise__cpu(void)
{
    return GUISE__CPU_UNKNOWN;
}
