/* SPDX-License-Identifier: MIT */
/*
 * A latch: one word that opens once. Zeroed memory is a shut one. Any number of threads may wait.
 * What else is in the word is for latch.c alone: once open it also says where the opener ran.
 */
#ifndef GUISE_LATCH_H
#define GUISE_LATCH_H

#include "port/port.h"

/* Waits until it opens; false if the deadline (NULL: none) was over first. */
bool guise__latch_wait(atomic_uint *latch, const struct timespec *deadline);

/* Opens it. The memory may be gone as soon as a waiter can see that it is open. */
void guise__latch_open(atomic_uint *latch);

#endif
