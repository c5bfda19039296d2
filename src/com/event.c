/* SPDX-License-Identifier: MIT */
/*
 * CLSID_StdEvent and CLSID_ManualResetEvent: ISynchronize, ISynchronizeHandle and ISynchronizeEvent
 * over a guise_signal.
 *
 * The signal can change once: `shared` goes from NULL to an event that other code can reach too. It
 * becomes the object's own signal when a caller asks for the handle or adds the object to a container,
 * and another event's signal if SetEventHandle installs that first. One compare-exchange decides
 * between the two. The object's own signal lives as long as the object, so a thread that waits for it
 * when another one is installed keeps a valid signal, which nothing will set any more.
 */
#define CONST_VTABLE
#include "base/check.h"
#include "com/eventhandle.h"
#include "com/predicate.h"
#include "com/unknown.h"

struct event {
    struct guise__com_object object; /* first */
    ISynchronize sync;
    ISynchronizeEvent handle; /* ISynchronizeHandle too, whose methods it begins with */
    guise__com_signal_source source;
    guise_signal *own;                                 /* owned */
    _Atomic(struct guise__com_event_handled *) shared; /* owned; set once, from NULL */
    _Atomic(HANDLE) number;                            /* of shared; set once, from NULL */
};

/* For an event with at least one reference. */
GUISE__COM_PREDICATE event_is_valid(const struct event *event)
{
    return guise__com_object_is_valid(&event->object) && event->own != NULL &&
           event->sync.lpVtbl != NULL && event->handle.lpVtbl != NULL &&
           event->source.lpVtbl != NULL;
}

static struct event *event_of(ISynchronize *sync)
{
    struct event *event = CONTAINING_RECORD(sync, struct event, sync);

    GUISE__CHECK(event_is_valid(event));
    return event;
}

static struct event *event_of_handle(ISynchronizeEvent *handle)
{
    struct event *event = CONTAINING_RECORD(handle, struct event, handle);

    GUISE__CHECK(event_is_valid(event));
    return event;
}

static struct event *event_of_source(guise__com_signal_source *source)
{
    struct event *event = CONTAINING_RECORD(source, struct event, source);

    GUISE__CHECK(event_is_valid(event));
    return event;
}

/* ---- which signal ---------------------------------------------------------------------------- */

static struct guise__com_event_handled *shared_of(struct event *event)
{
    /* Acquire: pairs with the release in decide_shared. */
    return atomic_load_explicit(&event->shared, memory_order_acquire);
}

static guise_signal *signal_of(struct event *event)
{
    const struct guise__com_event_handled *shared = shared_of(event);

    GUISE__CHECK(shared == NULL || guise__com_event_handled_is_valid(shared));
    return shared == NULL ? event->own : shared->signal;
}

/* Takes over the reference. If `shared` was set before, drops it and returns FALSE. */
static BOOL decide_shared(struct event *event, struct guise__com_event_handled *shared)
{
    struct guise__com_event_handled *none = NULL;

    GUISE__CHECK(guise__com_event_handled_is_valid(shared));
    /* Release, because a thread that loads it reads what it points to. Relaxed on failure, because
     * nothing is read. */
    if (atomic_compare_exchange_strong_explicit(&event->shared, &none, shared, memory_order_release,
                                                memory_order_relaxed)) {
        return TRUE;
    }
    guise__com_event_handled_unref(shared);
    return FALSE;
}

/* Returns the event in `shared`, set to the own signal if it was NULL; NULL: no memory. */
static struct guise__com_event_handled *share_signal(struct event *event)
{
    struct guise__com_event_handled *shared = shared_of(event);

    if (shared == NULL) {
        shared = guise__com_event_handled_create(event->own);
        if (shared == NULL) {
            return NULL;
        }
        if (!decide_shared(event, shared)) {
            shared = shared_of(event);
        }
    }
    GUISE__CHECK(shared != NULL);
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

/* Waits until the signal is set or the time has passed; blocks in every thread (Y-01, Y-02, Y-03, Y-19). */
static HRESULT STDMETHODCALLTYPE sync_wait(ISynchronize *This, DWORD flags, DWORD milliseconds)
{
    if ((flags & ~GUISE__COM_WAIT_FLAGS) != 0) {
        return E_INVALIDARG; /* a wait takes the five known flags and no others (Y-21) */
    }
    return (HRESULT)guise_signal_wait(signal_of(event_of(This)), milliseconds);
}

static HRESULT STDMETHODCALLTYPE sync_signal(ISynchronize *This)
{
    /* Set always succeeds and releases the waiters (Y-05). */
    return (HRESULT)guise_signal_set(signal_of(event_of(This)));
}

static HRESULT STDMETHODCALLTYPE sync_reset(ISynchronize *This)
{
    /* Reset always succeeds (Y-06). */
    return (HRESULT)guise_signal_reset(signal_of(event_of(This)));
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

/* Opens the object's handle, or returns the one that another thread opened first; NULL: no memory. */
static HANDLE open_number(struct event *event, struct guise__com_event_handled *shared)
{
    HANDLE opened = guise__com_event_handle_open(shared), before = NULL;

    GUISE__CHECK(guise__com_event_handled_is_valid(shared));
    if (opened == NULL) {
        return NULL;
    }
    /* Relaxed, because a number is used only through the table, which has a lock. */
    if (atomic_compare_exchange_strong_explicit(&event->number, &before, opened,
                                                memory_order_relaxed, memory_order_relaxed)) {
        return opened;
    }
    (void)guise__com_handle_close(opened);
    GUISE__CHECK(before != NULL);
    return before;
}

/* The object has one handle, which is closed with it (Y-11). */
static HRESULT STDMETHODCALLTYPE handle_get(ISynchronizeEvent *This, HANDLE *out)
{
    struct event *event = event_of_handle(This);
    struct guise__com_event_handled *shared;

    if (out == NULL) {
        return E_INVALIDARG;
    }
    *out = atomic_load_explicit(&event->number, memory_order_relaxed); /* as in open_number */
    if (*out == NULL) {
        shared = share_signal(event);
        *out = shared == NULL ? NULL : open_number(event, shared);
    }
    return *out == NULL ? E_OUTOFMEMORY : S_OK;
}

/* The object takes a reference of its own, so the caller may close the handle (Y-12). */
static HRESULT STDMETHODCALLTYPE handle_set(ISynchronizeEvent *This, HANDLE *handle)
{
    struct guise__com_event_handled *installed;

    if (handle == NULL) {
        return E_INVALIDARG;
    }
    installed = guise__com_event_handle_take(*handle, EVENT_MODIFY_STATE | SYNCHRONIZE);
    if (installed == NULL) {
        return E_INVALIDARG;
    }
    return decide_shared(event_of_handle(This), installed) ? S_OK : E_FAIL;
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
    const struct guise__com_event_handled *shared = share_signal(event_of_source(This));

    return shared == NULL ? NULL : shared->signal;
}

static const guise__com_signal_source_vtbl source_vtbl = {source_query, source_addref,
                                                          source_release, source_signal};

/* ---- life ------------------------------------------------------------------------------------ */

/* The outer object's QueryInterface reaches these interfaces (Y-09). */
static IUnknown *find_interface(struct guise__com_object *object, const IID *riid)
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

static void destroy_event(struct guise__com_object *object)
{
    struct event *event = (struct event *)object;
    /* Relaxed, both: the last reference sees everything by the count's own order. */
    HANDLE number = atomic_load_explicit(&event->number, memory_order_relaxed);
    struct guise__com_event_handled *shared =
        atomic_load_explicit(&event->shared, memory_order_relaxed);

    if (number != NULL) {
        (void)guise__com_handle_close(number); /* FALSE: the program closed the object's handle */
    }
    if (shared != NULL) {
        guise__com_event_handled_unref(shared);
    }
    guise_signal_unref(event->own);
    CoTaskMemFree(event);
}

static const struct guise__com_kind event_kind = {find_interface, destroy_event};

static HRESULT create_event(guise_signal_kind kind, IUnknown *outer, IUnknown **out)
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
    GUISE__CHECK(event_is_valid(event));
    *out = &event->object.own;
    return S_OK;
}

HRESULT guise__com_std_event_create(IUnknown *outer, IUnknown **out)
{
    /* An auto signal is clear again after one successful wait (Y-07). */
    return create_event(GUISE_SIGNAL_AUTO, outer, out);
}

HRESULT guise__com_manual_event_create(IUnknown *outer, IUnknown **out)
{
    /* A manual signal stays set until it is reset (Y-08). */
    return create_event(GUISE_SIGNAL_MANUAL, outer, out);
}
