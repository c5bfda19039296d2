/* SPDX-License-Identifier: MIT */
/* The one way in which this library and its siblings end the process. */
#ifndef GUISE_SRC_BASE_FATAL_H
#define GUISE_SRC_BASE_FATAL_H

#include "port/compiler.h"

/*
 * Ends the process because no state is safe to go on in (L-7): the thread carries another user's
 * identity, or a record is no longer true. Writes one line to standard error and raises SIGABRT, with
 * every signal blocked before, because a handler would run as the client. reason is a string literal.
 */
GUISE_SIBLING _Noreturn void guise__fatal(const char *reason);

#endif
