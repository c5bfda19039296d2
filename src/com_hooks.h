/* SPDX-License-Identifier: MIT */
/*
 * What guise-com needs of the core beyond its public functions: a place in a thread, a place in
 * a call, and who the process is; a Signal that runs Finish_; and waits for many signals. The core
 * keeps the places, and knows nothing of what is in them.
 *
 * The shared library exports these as GUISE_PRIVATE: they are not part of its interface, no header
 * that is installed declares them, and they may change with every version. guise-com is always
 * built together with the guise it runs with.
 */
#ifndef GUISE_COM_HOOKS_H
#define GUISE_COM_HOOKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <guise/call.h>
#include <guise/signal.h>
#include <guise/token.h>

#include "base/lifecycle.h" /* for guise__fork_generation only */

/*
 * A pointer of the calling thread's, for the context that is switched to. NULL at the beginning of
 * a thread, of each frame and of each completion function, and the outer one's again when those
 * end, whatever was put there (S-04). guise_run_as keeps it on, and restores it like the slot.
 * Borrowed: the core never looks behind it.
 */
GUISE_API void **guise__com_slot(void);

/* First in what is made once for a call and goes with it. */
struct guise__call_part {
    void (*destroy)(struct guise__call_part *part); /* whichever thread drops the last reference */
};

/* The call's part; NULL: none yet. Set once, from NULL, with a compare-exchange that releases. */
GUISE_API _Atomic(struct guise__call_part *) *guise__call_part(guise_call *call);

/* Borrowed, lives as long as the call. Not refused after completion: who uses it asks first. */
GUISE_API const guise_context *guise__call_client(const guise_call *call);

/*
 * A new token of the process's own effective ids and groups as they are now, nameless, at level
 * DELEGATE; one reference, the caller's. Never of a client that the calling thread is: the thread
 * is self while it looks, and what it was before afterwards, or the process is gone (L-7).
 *
 * GUISE_E_ACCESS_DENIED  the thread was confined or is ending; the last guise_use_provider failed;
 *                        the process's ids are, or include, the overflow id; the groups change.
 * GUISE_E_OUT_OF_MEMORY  no memory.
 *
 * *out is NULL on failure.
 */
GUISE_API guise_result guise__self_token(guise_token **out);

/* Also so long as Finish_ runs, when guise_call_result does not say so yet. */
GUISE_API bool guise__call_is_completed(const guise_call *call);

/* What COM calls Finish_: returns what the call completes with. */
typedef guise_result guise__finish_fn(guise_call *call, void *arg);

/*
 * Signal for a call whose result is worked out only then. First the call completes: from here on
 * nobody becomes its client, on any thread (N-01). Then fn(call, arg) runs, here, as the completion
 * function does (call.h): as self, in a frame of the completed call, with cancellation disabled.
 * Then the call has fn's result, or GUISE_E_SERVER_FAULT if fn ended by pthread_exit or an
 * exception; guise_call_result says GUISE_E_CALL_PENDING until then. Then the completion function
 * runs with it, and everybody is told. The thread is again what it was when this returns.
 *
 * False, and fn has not run: the call had completed before. Somebody else's fn may still run.
 */
GUISE_API bool guise__call_signal_with(guise_call *call, guise__finish_fn *fn, void *arg);

/*
 * Waits for any, or for all, of 1 to 64 signals. Any: takes the first that is set, and *which is
 * its index; a signal may be there twice. All: takes none before all are set, and then all at
 * once, *which is 0; no signal may be there twice. The caller has a reference to each.
 *
 * GUISE_E_CALL_PENDING      the time is over.
 * GUISE_E_INVALID_ARGUMENT  none, too many, one twice for all; nothing waited for or taken.
 */
enum { GUISE__WAIT_MANY_MAX = 64 };
GUISE_API guise_result guise__wait_many(guise_signal *const *signals, size_t count, bool all,
                                        uint32_t timeout_ms, size_t *which);

#endif
