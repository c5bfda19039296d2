/* SPDX-License-Identifier: MIT */
/*
 * Invariants that the running code checks. Builds for tests define GUISE_CHECKS (the CMake option of
 * that name); elsewhere a check is not evaluated. A check says what the code around it relies on and
 * cannot say in its types; it has no effect, and replaces no result that a caller's mistake must get.
 */
#ifndef GUISE_SRC_BASE_CHECK_H
#define GUISE_SRC_BASE_CHECK_H

#include "base/fatal.h"

#if defined(GUISE_CHECKS)
#define GUISE__CHECK(condition) ((condition) ? (void)0 : guise__fatal("check failed: " #condition))
#else
#define GUISE__CHECK(condition) ((void)sizeof((condition) ? 1 : 0))
#endif

/* If `condition` holds, `consequence` holds too. */
#define GUISE__IMPLIES(condition, consequence) (!(condition) || (consequence))

#endif
