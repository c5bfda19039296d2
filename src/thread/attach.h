/* SPDX-License-Identifier: MIT */
/*
 * A thread's first frame, its end, and the one thread of a forked child.
 *
 * An attached thread has been found to be self, and libc tells the library of its end, which ends its
 * open scopes and removes a token that was left in the slot.
 */
#ifndef GUISE_SRC_THREAD_ATTACH_H
#define GUISE_SRC_THREAD_ATTACH_H

#include "thread/thread_state.h"

/* Before the first call or the first token in a slot: arranges that the library is told of forks and can be
 * told of ends of threads. GUISE_E_OUT_OF_RESOURCES: no
 * key is left. GUISE_E_OUT_OF_MEMORY. */
guise_result guise__thread_prepare(void);

/* Before a thread's first frame or token: arranges to be told of its end, and asks the provider
 * whether it is the process's self. Results as guise_set_thread_token. */
guise_result guise__thread_attach_first(struct guise__thread *thread);

static inline guise_result guise__thread_attach(struct guise__thread *thread)
{
    return thread->attached ? GUISE_OK : guise__thread_attach_first(thread);
}

/* guise__thread_prepare; an attached thread has done that. */
static inline guise_result guise__thread_prepared(const struct guise__thread *thread)
{
    return thread->attached ? GUISE_OK : guise__thread_prepare();
}

/* Arranges to be told of the end of a thread that may never be attached, because a thread that only
 * completes calls has scopes too. On failure thread->watched stays false. */
void guise__thread_watch(struct guise__thread *thread);

#endif
