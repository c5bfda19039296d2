/* SPDX-License-Identifier: MIT */
/*
 * Destructors of the program's: what its data needs when the token or context that has it is freed. The
 * code that frees these may run on a thread that is a client, in the middle of a change of its slot, or in
 * fork. A destructor runs as self, and in none of these places: it is noted first and run later.
 */
#ifndef GUISE_SRC_IDENTITY_ENDING_H
#define GUISE_SRC_IDENTITY_ENDING_H

#include <stdbool.h>

/* Lies in a block of guise__alloc, which is freed when the destructor has run. */
struct guise__ending {
    void (*destroy)(void *data);
    void *data;
    void *block;
    struct guise__ending *next; /* in its thread's list */
};

/* Notes the destructor for guise__endings_run on this thread. */
void guise__ending_add(struct guise__ending *ending);

/* Runs the destructors that this thread has noted, each as self, unless they are held or one of them runs
 * on this thread already; the outermost call then goes on with the rest. The thread is in no switch. */
void guise__endings_run(void);

/* From hold to release nothing runs on this thread. hold returns what release restores, because a signal
 * handler may fork in between, and the fork handler holds too. */
bool guise__endings_hold(void);
void guise__endings_release(bool was_held);

/* Set once, before a thread can be a client: runs fn(arg) as self, and restores the thread afterwards, in
 * whichever way fn ends. */
typedef void guise__run_as_self_fn(void (*fn)(void *arg), void *arg);
void guise__endings_set_runner(guise__run_as_self_fn *runner);

#endif
