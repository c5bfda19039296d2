/* SPDX-License-Identifier: MIT */
/*
 * What guise-com needs of the core beyond its public functions: a place in a thread, a place in
 * a call, and who the process is. The core keeps the places, and knows nothing of what is in them.
 *
 * The shared library exports these as GUISE_PRIVATE: they are not part of its interface, no header
 * that is installed declares them, and they may change with every version. guise-com is always
 * built together with the guise it runs with.
 */
#ifndef GUISE_COM_HOOKS_H
#define GUISE_COM_HOOKS_H

#include <stdatomic.h>

#include <guise/call.h>
#include <guise/token.h>

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

#endif
