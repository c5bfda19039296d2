/* SPDX-License-Identifier: MIT */
/*
 * Dispatching a call to a COM object. All of it is one frame of the call, so that no part of the
 * server runs under the identity that the thread had before. Two frames run inside, one after the
 * other: the first finds the interface to call, with the server's QueryInterface and CreateCall; Begin_
 * or the method runs in the second, and its end is B2. A token ends with its frame, so neither frame
 * leaves one to the next (S-17). Then the dispatcher completes the call, unless a Begin_ succeeded, and
 * releases all references.
 */
#define _POSIX_C_SOURCE 200809L
#define CONST_VTABLE
#include <pthread.h>

#include <guise/com/guisecom.h>

#include "base/check.h"
#include "call/call.h"
#include "com/callobject.h"
#include "com/predicate.h"
#include "com/process.h"
#include "com/unknown.h"

struct dispatch {
    guise_call *call;
    IUnknown *server;
    const GUISE_METHOD *method;
    void *args;
    IUnknown *factory;                     /* (counted) the server's ICallFactory, or NULL */
    struct guise__com_call_object *object; /* (counted) NULL: the method itself is called */
    IUnknown *target;                      /* (counted) the interface that is called, or NULL */
    HRESULT result;                        /* of the call, unless Signal gives it another one */
};

GUISE__COM_PREDICATE dispatch_is_valid(const struct dispatch *d)
{
    return d->call != NULL && d->server != NULL && d->method != NULL &&
           (d->object == NULL || guise__com_call_object_is_valid(d->object));
}

static void release_if_any(IUnknown *object)
{
    if (object != NULL) {
        (void)object->lpVtbl->Release(object);
    }
}

/* ---- what to call ---------------------------------------------------------------------------- */

static HRESULT check_level(const guise_call *call)
{
    uint32_t level = guise_context_blanket(guise__call_client(call))->authn_level;

    /* A call below the process's authentication level is refused (C-03). */
    return level < guise__com_authn_level() ? RPC_E_ACCESS_DENIED : S_OK;
}

static HRESULT query_interface(IUnknown *object, const IID *riid, IUnknown **out)
{
    void *found;
    HRESULT result = guise__com_query(object, riid, &found);

    *out = found;
    return result;
}

/* E_NOINTERFACE: the server has no call object for this interface. */
static HRESULT make_call_object(struct dispatch *d)
{
    HRESULT result;

    GUISE__CHECK(dispatch_is_valid(d));
    GUISE__CHECK(d->factory == NULL && d->object == NULL);
    if (d->method->async_iid == NULL) {
        return E_NOINTERFACE;
    }
    result = query_interface(d->server, &IID_ICallFactory, &d->factory);
    if (SUCCEEDED(result)) {
        result = guise__com_call_object_create(d->call, d->method, d->args, &d->object);
    }
    if (SUCCEEDED(result)) {
        result = guise__com_call_object_fill(d->object, (ICallFactory *)d->factory);
    }
    return result;
}

static HRESULT find_target(struct dispatch *d)
{
    HRESULT result = check_level(d->call);

    if (FAILED(result)) {
        return result;
    }
    result = make_call_object(d); /* for a synchronous client too */
    if (SUCCEEDED(result)) {
        return guise__com_call_object_server(d->object, &d->target);
    }
    if (result != E_NOINTERFACE) {
        return result;
    }
    guise__com_call_object_release(d->object);
    d->object = NULL;
    /* A server without a call object runs the method synchronously. */
    return query_interface(d->server, d->method->iid, &d->target);
}

static guise_result run_find_target(guise_call *call, void *arg)
{
    (void)call;
    return (guise_result)find_target(arg);
}

/* ---- calling it ------------------------------------------------------------------------------ */

static guise_result run_server(guise_call *call, void *arg)
{
    struct dispatch *d = arg;

    GUISE__CHECK(dispatch_is_valid(d));
    GUISE__CHECK(d->target != NULL);
    (void)call;
    if (d->object == NULL) {
        return (guise_result)d->method->call(d->target, d->args);
    }
    guise__com_call_object_begins(d->object);
    return (guise_result)d->method->begin(d->target, d->args);
}

/* Begin_ or the method is over, if it ran, and so is its token (S-17). Only a Begin_ that succeeded
 * leaves the call open, and its call object alive. */
static void conclude_dispatch(void *arg)
{
    struct dispatch *d = arg;

    GUISE__CHECK(dispatch_is_valid(d));
    GUISE__CHECK(GUISE__IMPLIES(SUCCEEDED(d->result), d->target != NULL));
    if (SUCCEEDED(d->result) && d->object != NULL) {
        guise__com_call_object_keep(d->object, d->server);
    } else {
        /* A failed or aborted Begin_, and a method that returned, complete the call (A-22, A-34, N-07). */
        (void)!guise_call_complete(d->call, (guise_result)d->result);
        guise__com_call_object_release(d->object);
    }
    release_if_any(d->target);
    release_if_any(d->factory);
}

static guise_result serve_call(guise_call *call, void *arg)
{
    struct dispatch *d = arg;
    HRESULT result;

    GUISE__CHECK(call == d->call);
    pthread_cleanup_push(conclude_dispatch, d);
    result = (HRESULT)guise_call_run(call, run_find_target, d);
    if (SUCCEEDED(result)) {
        result = (HRESULT)guise_call_run(call, run_server, d);
    }
    d->result = result;
    pthread_cleanup_pop(1);
    return (guise_result)result;
}

static bool is_complete(const GUISE_METHOD *method)
{
    return method != NULL && method->iid != NULL && method->call != NULL &&
           (method->async_iid == NULL || (method->begin != NULL && method->finish != NULL));
}

HRESULT STDAPICALLTYPE GuiseDispatchCall(guise_call *call, IUnknown *server,
                                         const GUISE_METHOD *method, void *args)
{
    struct dispatch d = {.call = call,
                         .server = server,
                         .method = method,
                         .args = args,
                         .result = RPC_E_SERVERFAULT}; /* stays if the server's code does not return */

    if (call == NULL || server == NULL || !is_complete(method)) {
        return E_INVALIDARG;
    }
    (void)guise__com_authn_level();                            /* an incoming call decides the level (C-01) */
    /* A call is dispatched once. */
    return (HRESULT)guise_call_dispatch(call, serve_call, &d);
}
