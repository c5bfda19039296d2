/* SPDX-License-Identifier: MIT */
/*
 * What guise-com needs of the core beyond its public functions: a place in a thread and a place in
 * a call. The core keeps both, and knows nothing of what is in them.
 *
 * The shared library exports these as GUISE_PRIVATE: they are not part of its interface, no header
 * that is installed declares them, and they may change with every version. guise-com is always
 * built together with the guise it runs with.
 */
#ifndef GUISE_COM_HOOKS_H
#define GUISE_COM_HOOKS_H

#include <stdatomic.h>

#include <guise/call.h>

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

#endif
