/* SPDX-License-Identifier: MIT */
/*
 * Unframed impersonations: a thread outside any frame has become the client of a call that it holds. No
 * frame will remove that token (S-20), so the thread is counted if it still carries the token when the
 * call completes.
 */
#ifndef GUISE_SRC_THREAD_UNFRAMED_H
#define GUISE_SRC_THREAD_UNFRAMED_H

#include <stdbool.h>
#include <stdint.h>

#include <guise/call.h>

/* One for each thread, part of its state; all zero: the thread is no call's client outside a frame. */
struct guise__unframed {
    bool listed; /* written under the lock by its own thread, which may read it without */
    /* (the lock) The call that this thread impersonated; NULL: it has completed since. */
    const guise_call *call;
    struct guise__unframed *next, *previous; /* (the lock) */
};

/* Lists this thread as the client of call. The call may complete at the same time, so the caller then sets
 * UNFRAMED in the call's word (call_state.h) and, if the call has completed, calls
 * guise__unframed_completed itself: the first of the two threads counts. The caller holds a reference to
 * the call throughout. */
void guise__unframed_note(struct guise__unframed *unframed, const guise_call *call);

/* Removes the thread from the list, because its token was removed. Does nothing for a thread that is not
 * listed. */
void guise__unframed_end(struct guise__unframed *unframed);

/* Counts the threads that are clients of a call which has completed, each once. */
void guise__unframed_completed(const guise_call *call);

/* Empties the list in a forked child; own is the node of its one thread. */
void guise__unframed_forked(struct guise__unframed *own);

uint64_t guise__unframed_at_completion(void);

/* Does the list agree with the node? The caller holds the list's lock. */
bool guise__unframed_is_valid(const struct guise__unframed *unframed);

#endif
