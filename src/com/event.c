/* SPDX-License-Identifier: MIT */
/*
 * CLSID_StdEvent and CLSID_ManualResetEvent: ISynchronize over a guise_signal.
 *
 * ISynchronizeHandle and ISynchronizeEvent are not answered here: there are no handles yet, and an
 * interface that is offered must work.
 */
#define CONST_VTABLE
#include "com/object.h"

struct event {
    struct guise__com_object object; /* first */
    ISynchronize sync;
    guise__com_signal_source source;
    guise_signal *signal; /* owned */
};

static struct event *event_of(ISynchronize *sync)
{
    return (struct event *)((char *)sync - offsetof(struct event, sync));
}

static struct event *event_of_source(guise__com_signal_source *source)
{
    return (struct event *)((char *)source - offsetof(struct event, source));
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
    return (HRESULT)guise_signal_wait(event_of(This)->signal, milliseconds);
}

static HRESULT STDMETHODCALLTYPE sync_signal(ISynchronize *This)
{
    return (HRESULT)guise_signal_set(event_of(This)->signal); /* Y-05 */
}

static HRESULT STDMETHODCALLTYPE sync_reset(ISynchronize *This)
{
    return (HRESULT)guise_signal_reset(event_of(This)->signal); /* Y-06 */
}

static const ISynchronizeVtbl sync_vtbl = {sync_query, sync_addref, sync_release,
                                           sync_wait,  sync_signal, sync_reset};

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
    return event_of_source(This)->signal;
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
    if (IsEqualIID(riid, &guise__com_iid_signal_source)) {
        return (IUnknown *)&event->source;
    }
    return NULL;
}

static void destroy(struct guise__com_object *object)
{
    struct event *event = (struct event *)object;

    guise_signal_unref(event->signal);
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
    result = guise_signal_create(kind, &event->signal);
    if (result != GUISE_OK) {
        CoTaskMemFree(event);
        return (HRESULT)result;
    }
    event->sync.lpVtbl = &sync_vtbl;
    event->source.lpVtbl = &source_vtbl;
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
