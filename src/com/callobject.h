/* SPDX-License-Identifier: MIT */
/*
 * The object by which a server sees a dispatched call: the controlling unknown under which the server's
 * own call object is aggregated. Its ISynchronize is the call's, so that the server's object signals the
 * call through the ISynchronize that QueryInterface returns.
 */
#ifndef GUISE_SRC_COM_CALLOBJECT_H
#define GUISE_SRC_COM_CALLOBJECT_H

#include <stdbool.h>

#include <guise/com/guisecom.h>

struct guise__com_call_object;

/* Makes an object with one reference, the caller's. The object has one to the call; method is copied.
 * Fails with E_OUTOFMEMORY, and *out is NULL then. */
HRESULT guise__com_call_object_create(guise_call *call, const GUISE_METHOD *method, void *args,
                                      struct guise__com_call_object **out);

/* Has the factory make the server's object as a part of this one; called once. Returns the factory's
 * failure, or E_UNEXPECTED if what it made cannot be aggregated; the object has no part then. */
HRESULT guise__com_call_object_fill(struct guise__com_call_object *object, ICallFactory *factory);

/* Queries the server's object for its asynchronous interface; the caller owns the reference. Returns the
 * object's failure, and *out is NULL then. */
HRESULT guise__com_call_object_server(struct guise__com_call_object *object, IUnknown **out);

/* Begin_ is about to run: from here on Signal completes the call. */
void guise__com_call_object_begins(struct guise__com_call_object *object);

/* Called when Begin_ has succeeded. Takes over the caller's reference, and takes one to the server; the
 * call keeps both until it completes. If it has completed already, drops them. */
void guise__com_call_object_keep(struct guise__com_call_object *object, IUnknown *server);

/* Holds for an object with at least one reference. */
bool guise__com_call_object_is_valid(const struct guise__com_call_object *object);

/* Drops a reference; does nothing if object is NULL. */
void guise__com_call_object_release(struct guise__com_call_object *object);

#endif
