/* SPDX-License-Identifier: MIT */
/*
 * Dispatching a call to a COM object. All of it is one frame of the call, so that no part of the
 * server runs as whoever the thread was before. In there are two more, one after the other: what to
 * call is found out in the first, with the server's QueryInterface and CreateCall; Begin_ or the
 * method runs in the second, whose end is B2. Neither leaves its token to what follows (S-17). Then
 * the call is completed, if that is up to the dispatcher, and everything is given back.
 */
#define _POSIX_C_SOURCE 200809L
#define CONST_VTABLE
#include <pthread.h>

#include <guise/com/guisecom.h>

#include "com/callobject.h"
#include "com/unknown.h"
#include "com/process.h"
#include "com_hooks.h"

struct dispatch {
    guise_call *call;
    IUnknown *server;
    const GUISE_METHOD *method;
    void *args;
    IUnknown *factory;                 /* (counted) the server's ICallFactory, or NULL */
    struct guise__call_object *object; /* (counted) NULL: the method itself is called */
    IUnknown *target;                  /* (counted) the interface that is called, or NULL */
    HRESULT result;                    /* of the call, unless Signal says otherwise */
};

static void release(IUnknown *object)
{
    if (object != NULL) {
        (void)object->lpVtbl->Release(object);
    }
}

/* ---- what to call ---------------------------------------------------------------------------- */

static HRESULT check_level(const guise_call *call)
{
    uint32_t level = guise_context_blanket(guise__call_client(call))->authn_level;

    return level < guise__com_authn_level() ? RPC_E_ACCESS_DENIED : S_OK; /* C-03 */
}

static HRESULT query(IUnknown *object, const IID *riid, IUnknown **out)
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

    if (d->method->async_iid == NULL) {
        return E_NOINTERFACE;
    }
    result = query(d->server, &IID_ICallFactory, &d->factory);
    if (SUCCEEDED(result)) {
        result = guise__call_object_create(d->call, d->method, d->args, &d->object);
    }
    if (SUCCEEDED(result)) {
        result = guise__call_object_fill(d->object, (ICallFactory *)d->factory);
    }
    return result;
}

static HRESULT find_target(struct dispatch *d)
{
    HRESULT result = check_level(d->call);

    if (FAILED(result)) {
        return result;
    }
    result = make_call_object(d); /* whatever the client's own call was */
    if (SUCCEEDED(result)) {
        return guise__call_object_server(d->object, &d->target);
    }
    if (result != E_NOINTERFACE) {
        return result;
    }
    guise__call_object_release(d->object);
    d->object = NULL;
    return query(d->server, d->method->iid, &d->target); /* */
}

static guise_result prepare(guise_call *call, void *arg)
{
    (void)call;
    return (guise_result)find_target(arg);
}

/* ---- calling it ------------------------------------------------------------------------------ */

static guise_result run_server(guise_call *call, void *arg)
{
    struct dispatch *d = arg;

    (void)call;
    if (d->object == NULL) {
        return (guise_result)d->method->call(d->target, d->args);
    }
    guise__call_object_begins(d->object);
    return (guise_result)d->method->begin(d->target, d->args);
}

/* Begin_ or the method is over, if it ran, and so is its token (S-17). Only a Begin_ that succeeded
 * leaves the call open. */
static void conclude(void *arg)
{
    struct dispatch *d = arg;

    if (FAILED(d->result) || d->object == NULL) {
        (void)!guise_call_complete(d->call, (guise_result)d->result); /* N-07 */
    }
    release(d->target);
    guise__call_object_release(d->object);
    release(d->factory);
}

static guise_result serve(guise_call *call, void *arg)
{
    struct dispatch *d = arg;
    HRESULT result;

    pthread_cleanup_push(conclude, d);
    result = (HRESULT)guise_call_run(call, prepare, d);
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
                         .result = RPC_E_SERVERFAULT}; /* unless the server comes back */

    if (call == NULL || server == NULL || !is_complete(method)) {
        return E_INVALIDARG;
    }
    (void)guise__com_authn_level();                       /* C-01: decided from here on */
    return (HRESULT)guise_call_dispatch(call, serve, &d); /* */
}
