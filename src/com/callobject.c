/* SPDX-License-Identifier: MIT */
/*
 * A call's object on the server's side.
 *
 *   own       the controlling unknown. Knows ISynchronize, ICancelMethodCalls and what containers
 *             ask for; every other interface is the server's own object's.
 *   inner     that object's own IUnknown, which counts it and knows its interfaces.
 *   sync      the server's Signal: B1, Finish_, the reply.
 *
 * Nobody but the server holds references once Begin_ has returned. So an object that goes away
 * before Signal is a call that nobody will complete any more.
 */
#define _POSIX_C_SOURCE 200809L
#define CONST_VTABLE
#include "com/callobject.h"

#include <pthread.h>
#include <stdbool.h>

#include "com/cancel.h"
#include "com/unknown.h"
#include "com_hooks.h"

struct guise__call_object {
    struct guise__com_object object; /* first */
    ISynchronize sync;
    guise__com_signal_source source;
    struct guise__com_cancel cancel;
    guise_signal *event;       /* owned */
    guise_call *call;          /* owned */
    GUISE_METHOD method;       /* set once */
    void *args;                /* the transport's; Finish_ writes there */
    unsigned generation;       /* which process is the client's server */
    _Atomic(IUnknown *) inner; /* owned; set once */
    atomic_bool begun;         /* Begin_ runs or ran */
};

static struct guise__call_object *object_of(ISynchronize *sync)
{
    return (struct guise__call_object *)((char *)sync - offsetof(struct guise__call_object, sync));
}

static struct guise__call_object *object_of_source(guise__com_signal_source *source)
{
    return (struct guise__call_object *)((char *)source -
                                         offsetof(struct guise__call_object, source));
}

/* Acquire: pairs with the release in adopt. */
static IUnknown *inner_of(struct guise__call_object *object)
{
    return atomic_load_explicit(&object->inner, memory_order_acquire);
}

static void release(void *unknown)
{
    IUnknown *object = unknown;

    (void)object->lpVtbl->Release(object);
}

/* ---- Signal ---------------------------------------------------------------------------------- */

HRESULT guise__call_object_server(struct guise__call_object *object, IUnknown **out)
{
    void *found;
    HRESULT result = guise__com_query(inner_of(object), object->method.async_iid, &found);

    *out = found;
    return result;
}

/* The call is completed already, so whoever waits for the event may see it (L-2, X-07); and Finish_
 * may be one of them. */
static guise_result run_finish(guise_call *call, void *arg)
{
    struct guise__call_object *object = arg;
    IUnknown *server;
    HRESULT result;

    (void)call;
    (void)!guise_signal_set(object->event); /* */
    result = guise__call_object_server(object, &server);
    if (FAILED(result)) {
        return (guise_result)result;
    }
    pthread_cleanup_push(release, server);
    result = object->method.finish(server, object->args); /* */
    pthread_cleanup_pop(1);
    return (guise_result)result;
}

/* True if this is what completed the call: then the event has been set at its time. */
static bool complete(struct guise__call_object *object)
{
    /* Acquire: pairs with the release in begins. */
    if (!atomic_load_explicit(&object->begun, memory_order_acquire)) {
        return false; /* there is no call yet, only an event */
    }
    if (object->generation != guise__fork_generation()) {
        /* A copy, in a forked child: the client is the parent's to answer. */
        (void)!guise_call_complete(object->call, (guise_result)RPC_E_DISCONNECTED);
        return false;
    }
    return guise__call_signal_with(object->call, run_finish, object); /* */
}

/* Whoever signals too gets here only after it has seen that the call is completed. */
static HRESULT STDMETHODCALLTYPE sync_signal(ISynchronize *This)
{
    struct guise__call_object *object = object_of(This);
    IUnknown *own = &object->object.own;

    (void)own->lpVtbl->AddRef(own); /* Finish_ may drop what the caller has */
    pthread_cleanup_push(release, own);
    if (!complete(object)) {
        (void)!guise_signal_set(object->event);
    }
    pthread_cleanup_pop(1);
    return S_OK; /* L-5 */
}

/* ---- the rest of ISynchronize ---------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE sync_query(ISynchronize *This, REFIID riid, void **out)
{
    IUnknown *own = &object_of(This)->object.own;

    return own->lpVtbl->QueryInterface(own, riid, out);
}

static ULONG STDMETHODCALLTYPE sync_addref(ISynchronize *This)
{
    return guise__com_object_addref(&object_of(This)->object.own);
}

static ULONG STDMETHODCALLTYPE sync_release(ISynchronize *This)
{
    return guise__com_object_release(&object_of(This)->object.own);
}

/* says that Signal was called, no more. */
static HRESULT STDMETHODCALLTYPE sync_wait(ISynchronize *This, DWORD flags, DWORD milliseconds)
{
    if ((flags & ~GUISE__COM_WAIT_FLAGS) != 0) {
        return E_INVALIDARG; /* Y-21 */
    }
    return (HRESULT)guise_signal_wait(object_of(This)->event, milliseconds);
}

/* L-4: of the event only. */
static HRESULT STDMETHODCALLTYPE sync_reset(ISynchronize *This)
{
    return (HRESULT)guise_signal_reset(object_of(This)->event);
}

static const ISynchronizeVtbl sync_vtbl = {sync_query, sync_addref, sync_release,
                                           sync_wait,  sync_signal, sync_reset};

/* ---- the signal, for containers -------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE source_query(guise__com_signal_source *This, REFIID riid,
                                              void **out)
{
    return sync_query(&object_of_source(This)->sync, riid, out);
}

static ULONG STDMETHODCALLTYPE source_addref(guise__com_signal_source *This)
{
    return sync_addref(&object_of_source(This)->sync);
}

static ULONG STDMETHODCALLTYPE source_release(guise__com_signal_source *This)
{
    return sync_release(&object_of_source(This)->sync);
}

static guise_signal *STDMETHODCALLTYPE source_signal(guise__com_signal_source *This)
{
    return object_of_source(This)->event;
}

static const guise__com_signal_source_vtbl source_vtbl = {source_query, source_addref,
                                                          source_release, source_signal};

/* ---- the controlling unknown ----------------------------------------------------------------- */

/* The call's own interfaces come before the server's. */
static IUnknown *find(struct guise__com_object *base, const IID *riid)
{
    struct guise__call_object *object = (struct guise__call_object *)base;

    if (IsEqualIID(riid, &IID_ISynchronize)) {
        return (IUnknown *)&object->sync;
    }
    if (IsEqualIID(riid, &guise__com_iid_signal_source)) {
        return (IUnknown *)&object->source;
    }
    /* K-01 */
    return IsEqualIID(riid, &IID_ICancelMethodCalls) ? (IUnknown *)&object->cancel.iface : NULL;
}

static HRESULT STDMETHODCALLTYPE own_query(IUnknown *This, REFIID riid, void **out)
{
    HRESULT result = guise__com_object_query(This, riid, out);
    IUnknown *inner = inner_of((struct guise__call_object *)This);

    if (result != E_NOINTERFACE || inner == NULL) {
        return result;
    }
    return guise__com_query(inner, riid, out);
}

static const IUnknownVtbl own_vtbl = {own_query, guise__com_object_addref,
                                      guise__com_object_release};

static void destroy(struct guise__com_object *base)
{
    struct guise__call_object *object = (struct guise__call_object *)base;
    IUnknown *inner = inner_of(object);

    /* What goes on in here may still count this object up and down. Relaxed: nobody else has it. */
    atomic_store_explicit(&base->refs, 1, memory_order_relaxed);
    /* First of all, so that a Signal of the dying object is too late to run its Finish_. */
    if (atomic_load_explicit(&object->begun, memory_order_relaxed)) {
        (void)!guise_call_complete(object->call, (guise_result)RPC_E_DISCONNECTED); /* */
    }
    if (inner != NULL) {
        (void)inner->lpVtbl->Release(inner);
    }
    guise_signal_unref(object->event);
    guise_call_unref(object->call);
    CoTaskMemFree(object);
}

static const struct guise__com_kind call_object_kind = {find, destroy};

HRESULT guise__call_object_create(guise_call *call, const GUISE_METHOD *method, void *args,
                                  struct guise__call_object **out)
{
    struct guise__call_object *object = CoTaskMemAlloc(sizeof *object);
    guise_result result;

    *out = NULL;
    if (object == NULL) {
        return E_OUTOFMEMORY;
    }
    result = guise_signal_create(GUISE_SIGNAL_MANUAL, &object->event);
    if (result != GUISE_OK) {
        CoTaskMemFree(object);
        return (HRESULT)result;
    }
    object->sync.lpVtbl = &sync_vtbl;
    object->source.lpVtbl = &source_vtbl;
    guise__com_cancel_init(&object->cancel, &object->object.own, call);
    object->call = guise_call_ref(call);
    object->method = *method;
    object->args = args;
    object->generation = guise__fork_generation();
    atomic_init(&object->inner, NULL);
    atomic_init(&object->begun, false);
    guise__com_object_init(&object->object, &call_object_kind, NULL);
    object->object.own.lpVtbl = &own_vtbl;
    *out = object;
    return S_OK;
}

/* ---- the server's object --------------------------------------------------------------------- */

/* An object's own IUnknown is one that answers for IUnknown with itself. One that asks its outer
 * object instead would be asked by it, for ever. */
static bool is_own_unknown(IUnknown *unknown)
{
    void *found;
    bool same;

    if (FAILED(guise__com_query(unknown, &IID_IUnknown, &found))) {
        return false;
    }
    same = found == unknown;
    release(found);
    return same;
}

static HRESULT adopt(struct guise__call_object *object, IUnknown *made)
{
    if (made == &object->object.own || !is_own_unknown(made)) {
        release(made);
        return E_UNEXPECTED;
    }
    /* Release: pairs with the acquire in inner_of. */
    atomic_store_explicit(&object->inner, made, memory_order_release);
    return S_OK;
}

HRESULT guise__call_object_fill(struct guise__call_object *object, ICallFactory *factory)
{
    IUnknown *made = NULL;
    HRESULT result = factory->lpVtbl->CreateCall(factory, object->method.async_iid,
                                                 &object->object.own, &IID_IUnknown, &made);

    if (FAILED(result)) {
        return result; /* whatever made is now, it is nothing */
    }
    return made == NULL ? E_UNEXPECTED : adopt(object, made);
}

void guise__call_object_begins(struct guise__call_object *object)
{
    (void)!guise_signal_reset(object->event); /* what came before is not about this call */
    /* Release: pairs with the acquire in complete. */
    atomic_store_explicit(&object->begun, true, memory_order_release);
}

void guise__call_object_release(struct guise__call_object *object)
{
    if (object != NULL) {
        release(&object->object.own);
    }
}
