/* SPDX-License-Identifier: MIT */
/*
 * CLSID_StdEvent and CLSID_ManualResetEvent: ISynchronize, ISynchronizeHandle and ISynchronizeEvent
 * over a guise_signal.
 *
 * Which signal that is can change once, and is decided once: `shared` goes from NULL to the event
 * that others know of as well. That is the object's own signal, as soon as anybody asks for its
 * handle or waits for it in a container, or somebody else's, if one is installed before that. Where
 * both are tried at once, one compare-exchange lets one of them win. The object's own signal lives
 * as long as the object, so who still waits for it when another is installed is safe, if forgotten.
 */
#define CONST_VTABLE
#include "com/eventhandle.h"
#include "com/unknown.h"

struct event {
    struct guise__com_object object; /* first */
    ISynchronize sync;
    ISynchronizeEvent handle; /* and, being its beginning, ISynchronizeHandle */
    guise__com_signal_source source;
    guise_signal *own;                             /* owned */
    _Atomic(struct guise__event_handled *) shared; /* owned; set once, from NULL */
    _Atomic(HANDLE) number;                        /* of shared; set once, from NULL */
};

static struct event *event_of(ISynchronize *sync)
{
    return (struct event *)((char *)sync - offsetof(struct event, sync));
}

static struct event *event_of_handle(ISynchronizeEvent *handle)
{
    return (struct event *)((char *)handle - offsetof(struct event, handle));
}

static struct event *event_of_source(guise__com_signal_source *source)
{
    return (struct event *)((char *)source - offsetof(struct event, source));
}

/* ---- which signal ---------------------------------------------------------------------------- */

static struct guise__event_handled *shared_of(struct event *event)
{
    /* Acquire: pairs with the release in decide. */
    return atomic_load_explicit(&event->shared, memory_order_acquire);
}

static guise_signal *signal_of(struct event *event)
{
    const struct guise__event_handled *shared = shared_of(event);

    return shared == NULL ? event->own : shared->signal;
}

/* Takes over the reference, and drops it if it was decided before: FALSE. */
static BOOL decide(struct event *event, struct guise__event_handled *shared)
{
    struct guise__event_handled *none = NULL;

    /* Release: whoever finds it finds it whole. Relaxed on failure: nothing is read. */
    if (atomic_compare_exchange_strong_explicit(&event->shared, &none, shared, memory_order_release,
                                                memory_order_relaxed)) {
        return TRUE;
    }
    guise__event_handled_unref(shared);
    return FALSE;
}

/* What others may know of from now on; NULL: no memory. */
static struct guise__event_handled *share(struct event *event)
{
    struct guise__event_handled *shared = shared_of(event);

    if (shared == NULL) {
        shared = guise__event_handled_create(event->own);
        if (shared == NULL) {
            return NULL;
        }
        if (!decide(event, shared)) {
            shared = shared_of(event);
        }
    }
    return shared;
}

/* ---- ISynchronize ---------------------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE sync_query(ISynchronize *This, REFIID riid, void **out)
{
    IUnknown *outer = event_of(This)->object.outer;

    return outer->lpVtbl->QueryInterface(outer, riid, out);
}

static ULONG STDMETHODCALLTYPE sync_addref(ISynchronize *This)
{
    IUnknown *outer = event_of(This)->object.outer;

    return outer->lpVtbl->AddRef(outer);
}

static ULONG STDMETHODCALLTYPE sync_release(ISynchronize *This)
{
    IUnknown *outer = event_of(This)->object.outer;

    return outer->lpVtbl->Release(outer);
}

/* Y-01, Y-02, Y-03; in every thread it blocks (Y-19). */
static HRESULT STDMETHODCALLTYPE sync_wait(ISynchronize *This, DWORD flags, DWORD milliseconds)
{
    if ((flags & ~GUISE__COM_WAIT_FLAGS) != 0) {
        return E_INVALIDARG; /* Y-21 */
    }
    return (HRESULT)guise_signal_wait(signal_of(event_of(This)), milliseconds);
}

static HRESULT STDMETHODCALLTYPE sync_signal(ISynchronize *This)
{
    return (HRESULT)guise_signal_set(signal_of(event_of(This))); /* Y-05 */
}

static HRESULT STDMETHODCALLTYPE sync_reset(ISynchronize *This)
{
    return (HRESULT)guise_signal_reset(signal_of(event_of(This))); /* Y-06 */
}

static const ISynchronizeVtbl sync_vtbl = {sync_query, sync_addref, sync_release,
                                           sync_wait,  sync_signal, sync_reset};

/* ---- ISynchronizeHandle and ISynchronizeEvent ------------------------------------------------ */

static HRESULT STDMETHODCALLTYPE handle_query(ISynchronizeEvent *This, REFIID riid, void **out)
{
    return sync_query(&event_of_handle(This)->sync, riid, out);
}

static ULONG STDMETHODCALLTYPE handle_addref(ISynchronizeEvent *This)
{
    return sync_addref(&event_of_handle(This)->sync);
}

static ULONG STDMETHODCALLTYPE handle_release(ISynchronizeEvent *This)
{
    return sync_release(&event_of_handle(This)->sync);
}

/* Opens the object's handle, unless another thread is faster; NULL: no memory. */
static HANDLE open_number(struct event *event, struct guise__event_handled *shared)
{
    HANDLE opened = guise__event_handle_open(shared), before = NULL;

    if (opened == NULL) {
        return NULL;
    }
    /* Relaxed: a number means nothing without the table, which has a lock. */
    if (atomic_compare_exchange_strong_explicit(&event->number, &before, opened,
                                                memory_order_relaxed, memory_order_relaxed)) {
        return opened;
    }
    (void)guise__handle_close(opened);
    return before;
}

/* Y-11: the handle is the object's, always the same, and goes with it. */
static HRESULT STDMETHODCALLTYPE handle_get(ISynchronizeEvent *This, HANDLE *out)
{
    struct event *event = event_of_handle(This);
    struct guise__event_handled *shared;

    if (out == NULL) {
        return E_INVALIDARG;
    }
    *out = atomic_load_explicit(&event->number, memory_order_relaxed); /* as in open_number */
    if (*out == NULL) {
        shared = share(event);
        *out = shared == NULL ? NULL : open_number(event, shared);
    }
    return *out == NULL ? E_OUTOFMEMORY : S_OK;
}

/* Y-12: the object has a reference of its own, so the caller may close the handle. */
static HRESULT STDMETHODCALLTYPE handle_set(ISynchronizeEvent *This, HANDLE *handle)
{
    struct guise__event_handled *installed;

    if (handle == NULL) {
        return E_INVALIDARG;
    }
    installed = guise__event_handle_take(*handle, EVENT_MODIFY_STATE | SYNCHRONIZE);
    if (installed == NULL) {
        return E_INVALIDARG;
    }
    return decide(event_of_handle(This), installed) ? S_OK : E_FAIL;
}

static const ISynchronizeEventVtbl handle_vtbl = {handle_query, handle_addref, handle_release,
                                                  handle_get, handle_set};

/* ---- the signal, for containers -------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE source_query(guise__com_signal_source *This, REFIID riid,
                                              void **out)
{
    return sync_query(&event_of_source(This)->sync, riid, out);
}

static ULONG STDMETHODCALLTYPE source_addref(guise__com_signal_source *This)
{
    return sync_addref(&event_of_source(This)->sync);
}

static ULONG STDMETHODCALLTYPE source_release(guise__com_signal_source *This)
{
    return sync_release(&event_of_source(This)->sync);
}

static guise_signal *STDMETHODCALLTYPE source_signal(guise__com_signal_source *This)
{
    const struct guise__event_handled *shared = share(event_of_source(This));

    return shared == NULL ? NULL : shared->signal;
}

static const guise__com_signal_source_vtbl source_vtbl = {source_query, source_addref,
                                                          source_release, source_signal};

/* ---- life ------------------------------------------------------------------------------------ */

/* Y-09: this is what the outer object's QueryInterface reaches. */
static IUnknown *find(struct guise__com_object *object, const IID *riid)
{
    struct event *event = (struct event *)object;

    if (IsEqualIID(riid, &IID_ISynchronize)) {
        return (IUnknown *)&event->sync;
    }
    if (IsEqualIID(riid, &IID_ISynchronizeHandle) || IsEqualIID(riid, &IID_ISynchronizeEvent)) {
        return (IUnknown *)&event->handle;
    }
    if (IsEqualIID(riid, &guise__com_iid_signal_source)) {
        return (IUnknown *)&event->source;
    }
    return NULL;
}

static void destroy(struct guise__com_object *object)
{
    struct event *event = (struct event *)object;
    /* Relaxed, both: the last reference sees everything by the count's own order. */
    HANDLE number = atomic_load_explicit(&event->number, memory_order_relaxed);
    struct guise__event_handled *shared =
        atomic_load_explicit(&event->shared, memory_order_relaxed);

    if (number != NULL) {
        (void)guise__handle_close(number); /* FALSE: somebody closed what was not theirs */
    }
    if (shared != NULL) {
        guise__event_handled_unref(shared);
    }
    guise_signal_unref(event->own);
    CoTaskMemFree(event);
}

static const struct guise__com_kind event_kind = {find, destroy};

static HRESULT create(guise_signal_kind kind, IUnknown *outer, IUnknown **out)
{
    struct event *event = CoTaskMemAlloc(sizeof *event);
    guise_result result;

    *out = NULL;
    if (event == NULL) {
        return E_OUTOFMEMORY;
    }
    result = guise_signal_create(kind, &event->own);
    if (result != GUISE_OK) {
        CoTaskMemFree(event);
        return (HRESULT)result;
    }
    event->sync.lpVtbl = &sync_vtbl;
    event->handle.lpVtbl = &handle_vtbl;
    event->source.lpVtbl = &source_vtbl;
    atomic_init(&event->shared, NULL);
    atomic_init(&event->number, NULL);
    guise__com_object_init(&event->object, &event_kind, outer);
    *out = &event->object.own;
    return S_OK;
}

HRESULT guise__com_std_event_create(IUnknown *outer, IUnknown **out)
{
    return create(GUISE_SIGNAL_AUTO, outer, out); /* Y-07 */
}

HRESULT guise__com_manual_event_create(IUnknown *outer, IUnknown **out)
{
    return create(GUISE_SIGNAL_MANUAL, outer, out); /* Y-08 */
}
