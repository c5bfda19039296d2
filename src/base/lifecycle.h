/* SPDX-License-Identifier: MIT */
/*
 * What happens once in a process, at a fork, and at the end of a thread: the only place that gives libc a
 * fork handler or a thread-specific key. Each floor above says what it wants done; the order is that of
 * the floors, not that in which libc was told.
 *
 * No function here takes a lock or waits for another thread, except in the fork handlers, because a child that was forked in the middle
 * of one may call the same function: it would wait for a thread that exists in its parent only.
 */
#ifndef GUISE_SRC_BASE_LIFECYCLE_H
#define GUISE_SRC_BASE_LIFECYCLE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/result.h>

#include "port/compiler.h"

/* ---- forks ---- */

/* Registers the handlers with libc; called in a process before its first call, signal or lock (lock.h).
 * GUISE_E_OUT_OF_MEMORY: nothing was done. */
guise_result guise__fork_prepare(void);

/* Sets the function of thread/ that runs in every child, on its one thread, before fork returns there and
 * before the functions of the floors above. Set once. */
void guise__fork_set_hook(void (*in_child)(void));

/* The number of forks between this process and its first ancestor that used the library. */
GUISE_SIBLING unsigned guise__fork_generation(void);

/* The same number, for the library itself: guise__fork_count. */
extern atomic_uint guise__forks;

static inline unsigned guise__fork_count(void)
{
    /* Relaxed, because it is written only while the process has one thread. */
    return atomic_load_explicit(&guise__forks, memory_order_relaxed);
}

/* The libraries that hold locks during a fork. Released in this order and taken in the reverse one. */
enum guise__fork_holder { GUISE__FORK_COM, GUISE__FORK_URING, GUISE__FORK_HOLDERS };

/* before: takes the locks. in_parent, in_child: give them back; each has one `before` that it belongs to,
 * on the same thread. A fork that had begun when they were registered runs none of them. */
struct guise__fork_locks {
    void (*before)(void);
    void (*in_parent)(void);
    void (*in_child)(void);
};

/* Registers the locks of one library, which live as long as the process; called before each is taken. When it
 * returns true, no fork is under way that does not take them, unless one is still in its `before` handlers
 * (lifecycle.c). False: no memory; asked again it tries again. */
GUISE_SIBLING bool guise__fork_hold(enum guise__fork_holder holder,
                                    const struct guise__fork_locks *locks);

/* ---- ends of threads ---- */

/* What is done at the end of a thread, in this order: the floors above thread/ first, because what they do
 * may open frames, and a thread that thread/ has ended is given none. */
enum guise__thread_end {
    GUISE__END_RING_REQUESTS,
    GUISE__END_APARTMENT,
    GUISE__END_CANCEL_OBJECTS,
    GUISE__END_THREAD,
    GUISE__ENDS
};

/* Makes the thread-specific key, so that guise__thread_at_end cannot fail for want of one. False: no key
 * is left; asked again it tries again. Keeps errno. */
GUISE_SIBLING bool guise__thread_end_prepare(void);

/* At the end of the calling thread run(arg) is called once, on that thread; with run NULL it is not, which
 * always succeeds. False: no key is left, or no memory for this thread's value; nothing was changed.
 * Keeps errno. */
GUISE_SIBLING bool guise__thread_at_end(enum guise__thread_end which, void (*run)(void *arg),
                                        void *arg);

#endif
