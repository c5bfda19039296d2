/* SPDX-License-Identifier: MIT */
/* Declares a static predicate that only checks use (base/check.h). Without GUISE_CHECKS a check does not
 * evaluate its condition, and the compiler would warn that the predicate has no caller. */
#ifndef GUISE_SRC_COM_PREDICATE_H
#define GUISE_SRC_COM_PREDICATE_H

#include <stdbool.h>

#define GUISE__COM_PREDICATE static inline __attribute__((unused)) bool

#endif
