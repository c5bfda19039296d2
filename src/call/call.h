/* SPDX-License-Identifier: MIT */
/* The functions of a call that are there for the libraries above the core, besides its public ones. */
#ifndef GUISE_SRC_CALL_CALL_H
#define GUISE_SRC_CALL_CALL_H

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/call.h>

#include "port/compiler.h"

/* The call's client, borrowed for as long as the call lives. Also returned after completion, which the
 * caller checks first. */
GUISE_SIBLING const guise_context *guise__call_client(const guise_call *call);

/* Has the call completed? True also while Finish_ runs, when guise_call_result still says it is pending. */
GUISE_SIBLING bool guise__call_is_completed(const guise_call *call);

/* The first member of a call's extension: an object that a library or a floor above makes once for a call, and
 * that ends with the call. */
struct guise__call_extension {
    /* Called on the thread that drops the call's last reference. */
    void (*destroy)(struct guise__call_extension *extension);
    /* Of an extension that guise__call_attach attached, called once when the call is announced, as its waiters
     * are released, on the completer's thread with whatever identity that has. Runs no code of the program.
     * NULL for others. */
    void (*announced)(struct guise__call_extension *extension);
    /* Where an attached extension keeps that of a library above, which it destroys before itself. NULL for
     * others. */
    _Atomic(struct guise__call_extension *) *inner;
};

/* Where the call's extension, of a library above, is kept; NULL there: none yet. Set once, from NULL, with a
 * compare-exchange that releases. */
GUISE_SIBLING _Atomic(struct guise__call_extension *) *guise__call_extension(guise_call *call);

/* For client/: attaches the extension of the call's maker, which has all three members, before another thread
 * can see the call. */
void guise__call_attach(guise_call *call, struct guise__call_extension *extension);

/* The first member of an object that an open call keeps and releases when it completes. */
struct guise__call_kept {
    /* Called on the thread that completes the call, as self, in a scope of the completed call as the
     * completion function, after that function and before any waiter is released. */
    void (*release)(struct guise__call_kept *kept);
};

/*
 * Has the call keep an object until it completes, in whichever way; once for a call, by the thread that
 * dispatches it, which has a reference. False if the call had completed before; the caller then still
 * owns the object.
 */
GUISE_SIBLING bool guise__call_keep(guise_call *call, struct guise__call_kept *kept);

/* COM's Finish_: returns the result that the call completes with. */
typedef guise_result guise__finish_fn(guise_call *call, void *arg);

/*
 * Signal for a call that has its result worked out only then. First the call completes: from here on
 * no thread becomes its client (N-01). Then fn(call, arg) runs, here, as the completion function
 * does (call.h): as self, in a frame of the completed call, with cancellation disabled. Then the
 * call has fn's result, or GUISE_E_SERVER_FAULT if fn ended by pthread_exit or an exception;
 * guise_call_result says GUISE_E_CALL_PENDING until then. Then the completion function runs with that
 * result, and the waiters are released. The thread is again what it was when this returns.
 *
 * False, and fn has not run: the call had completed before. The fn of another thread may still run.
 */
GUISE_SIBLING bool guise__call_signal_with(guise_call *call, guise__finish_fn *fn, void *arg);

#endif
