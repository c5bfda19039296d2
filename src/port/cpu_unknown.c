/* SPDX-License-Identifier: MIT */
/* Systems that do not tell on which processor a thread runs. */
#include "port/port.h"

unsigned guise__cpu(void)
{
    return GUISE__CPU_UNKNOWN;
}
