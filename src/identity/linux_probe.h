/* SPDX-License-Identifier: MIT */
/* The probe of the providers that ask the kernel: what guise_use_provider finds out for them. */
#ifndef GUISE_SRC_IDENTITY_LINUX_PROBE_H
#define GUISE_SRC_IDENTITY_LINUX_PROBE_H

#include <stdbool.h>

#include <guise/result.h>

#include "identity/linux_switch.h"

/* The powerless identity of all tokens below GUISE_LEVEL_IMPERSONATE: overflow ids, no groups, no
 * capabilities. */
extern struct guise__linux_identity guise__linux_powerless;

/* Reads the identity of this thread into guise__linux_self and rehearses a switch in a thread of its
 * own. */
guise_result guise__linux_probe(bool sets_real_ids);

#endif
