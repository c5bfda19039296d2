/* SPDX-License-Identifier: MIT */
/*
 * Pending destructors: those of the program's that its data needs when the token or context that has it is
 * freed. The code that frees these may run on a thread that is a client, in the middle of a change of its
 * slot, or in fork. A destructor runs as self, and in none of these places: it is noted first, is pending
 * from then on, and is run later.
 *
 * An "ending" is a pending destructor here and in ending.c, and never the end of a thread (lifecycle.h).
 */
#ifndef GUISE_SRC_IDENTITY_ENDING_H
#define GUISE_SRC_IDENTITY_ENDING_H

#include <stdbool.h>

/* A destructor and, once it was added, its place among the pending ones. Lies in a block of guise__alloc,
 * which is freed when the destructor has run. */
struct guise__ending {
    void (*destroy)(void *data);
    void *data;
    void *block;
    struct guise__ending *next; /* in its thread's list */
};

/* Makes the destructor pending on this thread, until guise__endings_run. */
void guise__ending_add(struct guise__ending *ending);

/* Runs the pending destructors of this thread, each as self, unless they are suspended or one of them runs
 * on this thread already; the outermost call then goes on with the rest. The thread is in no switch. */
void guise__endings_run(void);

/* From suspend to resume no pending destructor runs on this thread, and resume runs none either. suspend
 * returns what resume restores, because a signal handler may fork in between, and the fork handler suspends
 * them too. */
bool guise__endings_suspend(void);
void guise__endings_resume(bool was_suspended);

/* Set once, before a thread can be a client: runs fn(arg) as self, and restores the thread afterwards, in
 * whichever way fn ends. */
typedef void guise__run_as_self_fn(void (*fn)(void *arg), void *arg);
void guise__endings_set_runner(guise__run_as_self_fn *runner);

#endif
