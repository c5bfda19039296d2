/* SPDX-License-Identifier: MIT */
#ifndef GUISE_DIE_H
#define GUISE_DIE_H

/*
 * Ends the process because no state is safe to go on in (L-7): a thread that holds somebody
 * else's identity, or books that no longer balance. One line to standard error, then SIGABRT, with
 * every signal blocked before: a handler would run as the client. reason is a string literal.
 */
_Noreturn void guise__die(const char *reason);

#endif
