/* SPDX-License-Identifier: MIT */
/* What there is one of in a process: the provider, the system's limits, the fork handlers. */
#ifndef GUISE_PROCESS_H
#define GUISE_PROCESS_H

#include <guise/provider.h>

#include "port/port.h"

/* Fixes the provider (emulated, if nobody chose) and prepares the process. Every token is made
 * after this, so whoever has a token may use the two functions below. */
guise_result guise__process_ready(void);

const guise_provider *guise__provider(void);
const struct guise__limits *guise__limits(void);

#endif
