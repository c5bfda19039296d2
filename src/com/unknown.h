/* SPDX-License-Identifier: MIT */
/*
 * What every COM object of the library is made of: an IUnknown of its own, a count, and whose
 * object it is part of. Aggregated (A-05, Y-09), its other interfaces are the outer object's: they
 * ask `outer` for every interface and count there. Alone, `outer` is the object itself.
 */
#ifndef GUISE_SRC_COM_OBJECT_H
#define GUISE_SRC_COM_OBJECT_H

#include <stdatomic.h>

#include <guise/com/objbase.h>
#include <guise/signal.h>

struct guise__com_object;

/* What differs between classes. */
struct guise__com_kind {
    /* The interface, not counted yet, or NULL. Never asked for IID_IUnknown. */
    IUnknown *(*find)(struct guise__com_object *object, const IID *riid);
    void (*destroy)(struct guise__com_object *object);
};

/* First in every object. */
struct guise__com_object {
    IUnknown own; /* counts this object and knows its interfaces, aggregated or not */
    IUnknown *outer;
    atomic_uint refs;
    const struct guise__com_kind *kind;
};

/* One reference, the caller's. outer may be NULL. */
void guise__com_object_init(struct guise__com_object *object, const struct guise__com_kind *kind,
                            IUnknown *outer);

/* The methods of `own`, for objects whose own IUnknown does more. */
HRESULT STDMETHODCALLTYPE guise__com_object_query(IUnknown *own, REFIID riid, void **out);
ULONG STDMETHODCALLTYPE guise__com_object_addref(IUnknown *own);
ULONG STDMETHODCALLTYPE guise__com_object_release(IUnknown *own);

/* QueryInterface of a user's object, whose answer is believed as far as it can be used: success
 * with nothing is E_NOINTERFACE, and after a failure *out is NULL. */
HRESULT guise__com_query(IUnknown *object, REFIID riid, void **out);

/*
 * The library's own interface between its objects: the signal behind an ISynchronize. What answers
 * to it can be a member of a container.
 */
typedef struct guise__com_signal_source guise__com_signal_source;

typedef struct guise__com_signal_source_vtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(guise__com_signal_source *This, REFIID riid,
                                                void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(guise__com_signal_source *This);
    ULONG (STDMETHODCALLTYPE *Release)(guise__com_signal_source *This);
    /* Borrowed; lives as long as the object, which has it for good. NULL: no memory. */
    guise_signal *(STDMETHODCALLTYPE *Signal)(guise__com_signal_source *This);
} guise__com_signal_source_vtbl;

struct guise__com_signal_source {
    const guise__com_signal_source_vtbl *lpVtbl;
};

extern const IID guise__com_iid_signal_source;

/* How the classes make an object: one reference to its own IUnknown. *out is NULL on failure. */
HRESULT guise__com_std_event_create(IUnknown *outer, IUnknown **out);
HRESULT guise__com_manual_event_create(IUnknown *outer, IUnknown **out);
HRESULT guise__com_container_create(IUnknown *outer, IUnknown **out);

/* Y-21: the flags every wait accepts; those about message loops and procedure calls have nothing to
 * do in threads without either. */
#define GUISE__COM_WAIT_FLAGS                                                                      \
    ((DWORD)(COWAIT_WAITALL | COWAIT_ALERTABLE | COWAIT_INPUTAVAILABLE | COWAIT_DISPATCH_CALLS |   \
             COWAIT_DISPATCH_WINDOW_MESSAGES))

#endif
