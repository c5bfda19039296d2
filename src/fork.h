/* SPDX-License-Identifier: MIT */
/*
 * What a forked child has to know: that it is one. The handler is registered before the first thing
 * is made that a child must tell from its parent's.
 */
#ifndef GUISE_FORK_H
#define GUISE_FORK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <guise/result.h>

/* Once in a process, before the first call or signal. GUISE_E_OUT_OF_MEMORY: nothing was done. */
guise_result guise__fork_prepare(void);

/* Runs in every child, on its one thread, before fork returns there; set once. */
void guise__fork_set_hook(void (*in_child)(void));

/* How often this process has been forked since its first ancestor that used the library. Exported
 * to guise-com (com_hooks.h). */
GUISE_API unsigned guise__fork_generation(void);

/*
 * A mutex that survives fork: in the child nobody holds it, whoever did in the parent. take returns
 * true if that has just become so; the caller then holds it, and forgets the threads that it knew.
 */
struct guise__lock {
    pthread_mutex_t mutex;
    atomic_uint generation;
};
#define GUISE__LOCK_INIT {PTHREAD_MUTEX_INITIALIZER, 0} /* for statics */
bool guise__lock_init(struct guise__lock *lock);
void guise__lock_destroy(struct guise__lock *lock);
bool guise__lock_is_current(struct guise__lock *lock); /* false: to take it would renew it */
bool guise__lock_take(struct guise__lock *lock);
void guise__lock_release(struct guise__lock *lock);

#endif
