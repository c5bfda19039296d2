/* SPDX-License-Identifier: MIT */
/* The one provider of the process, and the system's limits. */
#ifndef GUISE_PROVIDER_INTERNAL_H
#define GUISE_PROVIDER_INTERNAL_H

#include <guise/provider.h>

#include "port/port.h"

/* Fixes the provider: emulated, if nobody chose. GUISE_E_ACCESS_DENIED after a refused choice. Every
 * token is made after this, so whoever has a token may use the two functions below. */
guise_result guise__provider_settle(void);

const guise_provider *guise__provider(void); /* NULL: not settled yet */
const struct guise__limits *guise__limits(void);

#endif
