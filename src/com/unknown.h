/* SPDX-License-Identifier: MIT */
/*
 * The base of every COM object of the library: an IUnknown of its own, a count, and the outer object. The
 * other interfaces of an aggregated object belong to the outer object: they pass QueryInterface, AddRef
 * and Release on to `outer` (A-05, Y-09). If the object is not aggregated, `outer` is the object itself.
 */
#ifndef GUISE_SRC_COM_UNKNOWN_H
#define GUISE_SRC_COM_UNKNOWN_H

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/com/objbase.h>
#include <guise/signal.h>

struct guise__com_object;

/* The functions of a class. */
struct guise__com_kind {
    /* Finds an interface, not counted yet, or NULL. riid is not IID_IUnknown. */
    IUnknown *(*find)(struct guise__com_object *object, const IID *riid);
    void (*destroy)(struct guise__com_object *object);
};

/* The first member of every object. */
struct guise__com_object {
    IUnknown own; /* counts this object and finds its interfaces, aggregated or not */
    IUnknown *outer;
    atomic_uint refs;
    const struct guise__com_kind *kind;
};

/* Holds for an object with at least one reference. */
static inline bool guise__com_object_is_valid(const struct guise__com_object *object)
{
    return object->own.lpVtbl != NULL && object->outer != NULL && object->kind != NULL &&
           object->kind->find != NULL && object->kind->destroy != NULL &&
           atomic_load_explicit(&object->refs, memory_order_relaxed) != 0;
}

/* Begins with one reference, the caller's. outer may be NULL. */
void guise__com_object_init(struct guise__com_object *object, const struct guise__com_kind *kind,
                            IUnknown *outer);

/* The methods of `own`, for objects whose own IUnknown does more. */
HRESULT STDMETHODCALLTYPE guise__com_object_query(IUnknown *own, REFIID riid, void **out);
ULONG STDMETHODCALLTYPE guise__com_object_addref(IUnknown *own);
ULONG STDMETHODCALLTYPE guise__com_object_release(IUnknown *own);

/* Calls QueryInterface of a program's object. Success with NULL becomes E_NOINTERFACE, and after a failure
 * *out is NULL, also if the object has left something else there. */
HRESULT guise__com_query(IUnknown *object, REFIID riid, void **out);

/*
 * The interface by which the library's own objects find the signal of an ISynchronize. An object that has
 * it can be a member of a container.
 */
typedef struct guise__com_signal_source guise__com_signal_source;

typedef struct guise__com_signal_source_vtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(guise__com_signal_source *This, REFIID riid,
                                                void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(guise__com_signal_source *This);
    ULONG (STDMETHODCALLTYPE *Release)(guise__com_signal_source *This);
    /* Returns the signal, borrowed; it lives as long as the object, and does not change. NULL: no memory. */
    guise_signal *(STDMETHODCALLTYPE *Signal)(guise__com_signal_source *This);
} guise__com_signal_source_vtbl;

struct guise__com_signal_source {
    const guise__com_signal_source_vtbl *lpVtbl;
};

extern const IID guise__com_iid_signal_source;

/* Each makes an object of a class; *out is one reference to its own IUnknown, NULL on failure. */
HRESULT guise__com_std_event_create(IUnknown *outer, IUnknown **out);
HRESULT guise__com_manual_event_create(IUnknown *outer, IUnknown **out);
HRESULT guise__com_container_create(IUnknown *outer, IUnknown **out);

/* The flags that every wait accepts (Y-21). Those about message loops and procedure calls have no effect,
 * because threads have neither here. */
#define GUISE__COM_WAIT_FLAGS                                                                      \
    ((DWORD)(COWAIT_WAITALL | COWAIT_ALERTABLE | COWAIT_INPUTAVAILABLE | COWAIT_DISPATCH_CALLS |   \
             COWAIT_DISPATCH_WINDOW_MESSAGES))

#endif
