/* SPDX-License-Identifier: MIT */
/*
 * The object that a dispatched call is for its server: the controlling unknown under which the
 * server's own call object is aggregated. Its ISynchronize is the call's, so what that object finds
 * with QueryInterface signals the call.
 */
#ifndef GUISE_SRC_COM_CALLOBJECT_H
#define GUISE_SRC_COM_CALLOBJECT_H

#include <guise/com/guisecom.h>

struct guise__call_object;

/* One reference, the caller's; the object keeps one to the call. method is copied.
 * E_OUTOFMEMORY: *out is NULL. */
HRESULT guise__call_object_create(guise_call *call, const GUISE_METHOD *method, void *args,
                                  struct guise__call_object **out);

/* Has the factory make the server's object, as part of this one; once. Its failure, or E_UNEXPECTED
 * for what cannot be part of another object; there is none then. */
HRESULT guise__call_object_fill(struct guise__call_object *object, ICallFactory *factory);

/* The server's asynchronous interface, counted. Its own failure; *out is NULL then. */
HRESULT guise__call_object_server(struct guise__call_object *object, IUnknown **out);

/* Begin_ is about to run: from here on Signal, or else the last Release, completes the call. */
void guise__call_object_begins(struct guise__call_object *object);

/* NULL is fine. */
void guise__call_object_release(struct guise__call_object *object);

#endif
