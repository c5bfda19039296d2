/* SPDX-License-Identifier: MIT */
/* The locks of guise-com, which fork has to take, so that a child does not find them held. */
#ifndef GUISE_SRC_COM_LOCKS_H
#define GUISE_SRC_COM_LOCKS_H

#include <stdbool.h>

/* fork takes the locks in this order; no other code holds more than one. */
enum guise__com_lock {
    GUISE__COM_THREADS,
    GUISE__COM_HANDLES,
    GUISE__COM_CLASSES,
    GUISE__COM_LOCKS
};

/* Registers the locks with fork; called before a lock is first taken, because a child that is forked while
 * another thread holds the lock could never take it. Never waits. Returns false without memory; a later
 * call tries again. */
bool guise__com_locks_prepare(void);

/* Take and release the lock. They cannot fail, because the calling thread does not hold it yet. */
void guise__com_lock(enum guise__com_lock which);
void guise__com_unlock(enum guise__com_lock which);

/* Whether this thread holds the lock; for checks only, because without GUISE_CHECKS no record is kept
 * and every lock counts as held. */
bool guise__com_lock_is_held(enum guise__com_lock which);

/* Brings threads.c up to date in a forked child, with all locks held. */
void guise__com_threads_forked(void);

#endif
