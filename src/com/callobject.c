/* SPDX-License-Identifier: MIT */
/*
 * A call's object on the server's side.
 *
 *   own       the controlling unknown. It answers for ISynchronize, ICancelMethodCalls and the interface
 *             that containers use; every other interface is one of the server's own object.
 *   inner     the IUnknown of the server's own object, which counts that object.
 *   sync      the ISynchronize by which the server signals: B1, Finish_, the reply.
 *
 * From a successful Begin_ until the call completes the call keeps a reference to the object, so that a
 * server's worker needs none of its own, and dropping all the server's references completes nothing
 * . Before that the dispatcher has a reference, and completes the call before it drops it.
 */
#define _POSIX_C_SOURCE 200809L
#define CONST_VTABLE
#include "com/callobject.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "call/call.h"
#include "com/cancel.h"
#include "com/unknown.h"

struct guise__com_call_object {
    struct guise__com_object object; /* first */
    ISynchronize sync;
    guise__com_signal_source source;
    struct guise__com_cancel cancel;
    struct guise__call_kept kept;
    IUnknown *server;          /* (counted) the called object, while the call keeps this one */
    guise_signal *event;       /* owned */
    guise_call *call;          /* owned */
    GUISE_METHOD method;       /* set once */
    void *args;                /* owned by the transport; Finish_ writes there */
    unsigned generation;       /* of the process that answers the client, counted in forks */
    _Atomic(IUnknown *) inner; /* owned; set once */
    atomic_bool begun;         /* Begin_ runs or ran */
};

bool guise__com_call_object_is_valid(const struct guise__com_call_object *object)
{
    return guise__com_object_is_valid(&object->object) &&
           guise__com_cancel_is_valid(&object->cancel) && object->sync.lpVtbl != NULL &&
           object->source.lpVtbl != NULL && object->event != NULL && object->call != NULL;
}

static struct guise__com_call_object *object_of(ISynchronize *sync)
{
    return CONTAINING_RECORD(sync, struct guise__com_call_object, sync);
}

static struct guise__com_call_object *object_of_source(guise__com_signal_source *source)
{
    return CONTAINING_RECORD(source, struct guise__com_call_object, source);
}

/* Acquire: pairs with the release in adopt_inner. */
static IUnknown *inner_of(struct guise__com_call_object *object)
{
    return atomic_load_explicit(&object->inner, memory_order_acquire);
}

static void release_object(void *unknown)
{
    IUnknown *object = unknown;

    (void)object->lpVtbl->Release(object);
}

/* ---- Signal ---------------------------------------------------------------------------------- */

HRESULT guise__com_call_object_server(struct guise__com_call_object *object, IUnknown **out)
{
    void *found;
    HRESULT result = guise__com_query(inner_of(object), object->method.async_iid, &found);

    GUISE__CHECK(inner_of(object) != NULL);
    *out = found;
    return result;
}

/* The call is completed already, so its waiters may see the event (L-2, X-07); Finish_ may wait for
 * it too. */
static guise_result run_finish(guise_call *call, void *arg)
{
    struct guise__com_call_object *object = arg;
    IUnknown *server;
    HRESULT result;

    GUISE__CHECK(guise__com_call_object_is_valid(object));
    (void)call;
    (void)!guise_signal_set(object->event); /* the event shows that Signal was called */
    result = guise__com_call_object_server(object, &server);
    if (FAILED(result)) {
        return (guise_result)result;
    }
    pthread_cleanup_push(release_object, server);
    /* Finish_ gives the call its result and its [out] arguments. */
    result = object->method.finish(server, object->args);
    pthread_cleanup_pop(1);
    return (guise_result)result;
}

/* Returns whether this completed the call; the event has then been set already. */
static bool complete_call(struct guise__com_call_object *object)
{
    GUISE__CHECK(guise__com_call_object_is_valid(object));
    /* Acquire: pairs with the release in begins. */
    if (!atomic_load_explicit(&object->begun, memory_order_acquire)) {
        return false; /* before Begin_ Signal sets the event and completes nothing */
    }
    if (object->generation != guise__fork_generation()) {
        /* In a forked child the object is a copy, and the parent answers the client. */
        (void)!guise_call_complete(object->call, (guise_result)RPC_E_DISCONNECTED);
        return false;
    }
    /* Only the Signal that completes the call brings about a reply. */
    return guise__call_signal_with(object->call, run_finish, object);
}

/* A second Signal sets the event only after it has found the call completed. */
static HRESULT STDMETHODCALLTYPE sync_signal(ISynchronize *This)
{
    struct guise__com_call_object *object = object_of(This);
    IUnknown *own = &object->object.own;

    (void)own->lpVtbl->AddRef(own); /* Finish_ may drop the caller's reference */
    pthread_cleanup_push(release_object, own);
    if (!complete_call(object)) {
        (void)!guise_signal_set(object->event);
    }
    pthread_cleanup_pop(1);
    return S_OK; /* Signal cannot fail (L-5) */
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

/* A successful wait means that Signal was called, and no more. */
static HRESULT STDMETHODCALLTYPE sync_wait(ISynchronize *This, DWORD flags, DWORD milliseconds)
{
    if ((flags & ~GUISE__COM_WAIT_FLAGS) != 0) {
        return E_INVALIDARG; /* a wait takes the five known flags and no others (Y-21) */
    }
    return (HRESULT)guise_signal_wait(object_of(This)->event, milliseconds);
}

/* Reset clears the event and leaves the call completed (L-4). */
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
static IUnknown *find_interface(struct guise__com_object *base, const IID *riid)
{
    struct guise__com_call_object *object = (struct guise__com_call_object *)base;

    if (IsEqualIID(riid, &IID_ISynchronize)) {
        return (IUnknown *)&object->sync;
    }
    if (IsEqualIID(riid, &guise__com_iid_signal_source)) {
        return (IUnknown *)&object->source;
    }
    /* A call's cancel interface is asked of its object (K-01). */
    return IsEqualIID(riid, &IID_ICancelMethodCalls) ? (IUnknown *)&object->cancel.iface : NULL;
}

static HRESULT STDMETHODCALLTYPE own_query(IUnknown *This, REFIID riid, void **out)
{
    HRESULT result = guise__com_object_query(This, riid, out);
    IUnknown *inner = inner_of((struct guise__com_call_object *)This);

    if (result != E_NOINTERFACE || inner == NULL) {
        return result;
    }
    return guise__com_query(inner, riid, out);
}

static const IUnknownVtbl own_vtbl = {own_query, guise__com_object_addref,
                                      guise__com_object_release};

static void destroy_call_object(struct guise__com_object *base)
{
    struct guise__com_call_object *object = (struct guise__com_call_object *)base;
    IUnknown *inner = inner_of(object);

    /* The releases below may still count this object up and down. Relaxed, because no other thread has it.
     * A Signal of the dying object runs no Finish_, because the call has completed or has not begun. */
    atomic_store_explicit(&base->refs, 1, memory_order_relaxed);
    if (inner != NULL) {
        (void)inner->lpVtbl->Release(inner);
    }
    guise_signal_unref(object->event);
    guise_call_unref(object->call);
    CoTaskMemFree(object);
}

static const struct guise__com_kind call_object_kind = {find_interface, destroy_call_object};

HRESULT guise__com_call_object_create(guise_call *call, const GUISE_METHOD *method, void *args,
                                      struct guise__com_call_object **out)
{
    struct guise__com_call_object *object = CoTaskMemAlloc(sizeof *object);
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
    object->server = NULL;
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
    GUISE__CHECK(guise__com_call_object_is_valid(object));
    *out = object;
    return S_OK;
}

/* ---- the server's object --------------------------------------------------------------------- */

/* Returns whether the object answers a query for IUnknown with itself, as an inner object must. One that
 * passed the query on to its outer object would be queried by that again, without end. */
static bool is_own_unknown(IUnknown *unknown)
{
    void *found;
    bool same;

    if (FAILED(guise__com_query(unknown, &IID_IUnknown, &found))) {
        return false;
    }
    same = found == unknown;
    release_object(found);
    return same;
}

static HRESULT adopt_inner(struct guise__com_call_object *object, IUnknown *made)
{
    GUISE__CHECK(inner_of(object) == NULL);
    if (made == &object->object.own || !is_own_unknown(made)) {
        release_object(made);
        return E_UNEXPECTED;
    }
    /* Release: pairs with the acquire in inner_of. */
    atomic_store_explicit(&object->inner, made, memory_order_release);
    return S_OK;
}

HRESULT guise__com_call_object_fill(struct guise__com_call_object *object, ICallFactory *factory)
{
    IUnknown *made = NULL;
    HRESULT result = factory->lpVtbl->CreateCall(factory, object->method.async_iid,
                                                 &object->object.own, &IID_IUnknown, &made);

    GUISE__CHECK(guise__com_call_object_is_valid(object));
    if (FAILED(result)) {
        return result; /* after a failure made is no object */
    }
    return made == NULL ? E_UNEXPECTED : adopt_inner(object, made);
}

void guise__com_call_object_begins(struct guise__com_call_object *object)
{
    GUISE__CHECK(guise__com_call_object_is_valid(object));
    GUISE__CHECK(inner_of(object) != NULL);
    (void)!guise_signal_reset(object->event); /* an earlier Signal is not about this call */
    /* Release: pairs with the acquire in complete_call. */
    atomic_store_explicit(&object->begun, true, memory_order_release);
}

/* ---- until the call completes ---------------------------------------------------------------- */

static struct guise__com_call_object *object_of_kept(struct guise__call_kept *kept)
{
    return CONTAINING_RECORD(kept, struct guise__com_call_object, kept);
}

/* Releases the server after its call object, because that may use the server until it ends. */
static void release_kept(struct guise__call_kept *kept)
{
    struct guise__com_call_object *object = object_of_kept(kept);
    IUnknown *server = object->server;

    GUISE__CHECK(server != NULL);
    GUISE__CHECK(guise__com_call_object_is_valid(object));
    pthread_cleanup_push(release_object, server);
    release_object(&object->object.own);
    pthread_cleanup_pop(1);
}

void guise__com_call_object_keep(struct guise__com_call_object *object, IUnknown *server)
{
    GUISE__CHECK(guise__com_call_object_is_valid(object));
    GUISE__CHECK(object->server == NULL);
    (void)server->lpVtbl->AddRef(server);
    object->server = server;
    object->kept.release = release_kept;
    if (!guise__call_keep(object->call, &object->kept)) {
        release_kept(&object->kept);
    }
}

void guise__com_call_object_release(struct guise__com_call_object *object)
{
    if (object != NULL) {
        release_object(&object->object.own);
    }
}
