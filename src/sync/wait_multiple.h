/* SPDX-License-Identifier: MIT */
/* Waits for several signals. */
#ifndef GUISE_SRC_SYNC_WAIT_MULTIPLE_H
#define GUISE_SRC_SYNC_WAIT_MULTIPLE_H

#include <stdbool.h>
#include <stddef.h>

#include <guise/signal.h>

#include "port/compiler.h"

/*
 * Waits for any, or for all, of 1 to 64 signals, to each of which the caller has a reference.
 *
 * Any: takes the first signal that is set. *which is its index. A signal may be there twice.
 * All: takes no signal before all are set, and then all at once. *which is 0. No signal may be
 * there twice.
 *
 * GUISE_E_CALL_PENDING      the timeout passed first; no signal was taken.
 * GUISE_E_INVALID_ARGUMENT  count is 0 or more than 64, or a wait for all has a signal twice; no
 *                           signal was taken.
 */
enum { GUISE__WAIT_MULTIPLE_MAX = 64 };
GUISE_SIBLING guise_result guise__wait_multiple(guise_signal *const *signals, size_t count,
                                                bool all, uint32_t timeout_ms, size_t *which);

#endif
