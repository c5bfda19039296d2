/* SPDX-License-Identifier: MIT */
/*
 * A latch: one word that opens once. Zeroed memory is a shut latch. Any number of threads may wait. Only
 * latch.c reads or writes the word; once open it also names the processor of the opener.
 */
#ifndef GUISE_SRC_BASE_LATCH_H
#define GUISE_SRC_BASE_LATCH_H

#include "port/port.h"

/* Waits until the latch opens; false if the deadline (NULL: none) passed first. */
bool guise__latch_wait(atomic_uint *latch, const struct timespec *deadline);

/* Opens the latch. The memory may be gone as soon as a waiter can see that the latch is open. */
void guise__latch_open(atomic_uint *latch);

/* Is this a word that a latch can have? */
bool guise__latch_word_is_valid(unsigned word);

/* For a debugger, in builds with GUISE_CHECKS: the latch's state, in words, to standard error. */
void guise__latch_print(const atomic_uint *latch);

#endif
