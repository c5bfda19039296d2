/* SPDX-License-Identifier: MIT */
/* A function that runs as self, whatever its thread is. */
#ifndef GUISE_SRC_THREAD_AS_SELF_H
#define GUISE_SRC_THREAD_AS_SELF_H

/* Runs fn(arg) as self in a scope of its own: with an empty slot, no current call, no extension, and
 * cancellation disabled. Afterwards the thread is what it was, in whichever way fn ended, or the process has
 * ended (L-7). The thread is in no switch. Cannot fail. */
void guise__run_as_self(void (*fn)(void *arg), void *arg);

#endif
