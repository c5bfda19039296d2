/* SPDX-License-Identifier: MIT */
/*
 * CLSID_SynchronizeContainer: ISynchronizeContainer over a guise_container. The core's container
 * waits; this one remembers which object each signal is.
 *
 * Nothing is locked. A member's place is taken by counting, filled, and published before the core
 * learns of the signal; so whoever the core gives a signal finds its object.
 */
#define CONST_VTABLE
#include "com/unknown.h"

enum { MEMBERS_MAX = 63 }; /* Y-13 */

struct member {
    guise_signal *signal;           /* lives as long as the object; compared only */
    _Atomic(ISynchronize *) object; /* owned; set last, once; NULL: not a member (yet) */
};

struct container {
    struct guise__com_object object; /* first */
    ISynchronizeContainer iface;
    guise_container *signals; /* owned */
    atomic_uint taken;        /* members[0] to [taken - 1] are members, or about to be */
    struct member members[MEMBERS_MAX];
};

static struct container *container_of(ISynchronizeContainer *iface)
{
    return (struct container *)((char *)iface - offsetof(struct container, iface));
}

/* ---- IUnknown -------------------------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE container_query(ISynchronizeContainer *This, REFIID riid,
                                                 void **out)
{
    IUnknown *outer = container_of(This)->object.outer;

    return outer->lpVtbl->QueryInterface(outer, riid, out);
}

static ULONG STDMETHODCALLTYPE container_addref(ISynchronizeContainer *This)
{
    IUnknown *outer = container_of(This)->object.outer;

    return outer->lpVtbl->AddRef(outer);
}

static ULONG STDMETHODCALLTYPE container_release(ISynchronizeContainer *This)
{
    IUnknown *outer = container_of(This)->object.outer;

    return outer->lpVtbl->Release(outer);
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* A place of the caller's own, or NULL when full. */
static struct member *take_place(struct container *container)
{
    /* Relaxed, here and below: the number decides who gets the place, and orders nothing. */
    unsigned taken = atomic_load_explicit(&container->taken, memory_order_relaxed);

    while (taken < MEMBERS_MAX) {
        if (atomic_compare_exchange_weak_explicit(&container->taken, &taken, taken + 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            return &container->members[taken];
        }
    }
    return NULL;
}

static HRESULT add_signal(struct container *container, ISynchronize *sync, guise_signal *signal)
{
    struct member *member = take_place(container);

    if (member == NULL) {
        return RPC_E_OUT_OF_RESOURCES; /* Y-13 */
    }
    (void)sync->lpVtbl->AddRef(sync);
    member->signal = signal;
    /* Release: pairs with the acquire in object_of. */
    atomic_store_explicit(&member->object, sync, memory_order_release);
    /* There is room: the core has as many places, and they are taken here only. */
    return (HRESULT)guise_container_add(container->signals, signal);
}

static HRESULT STDMETHODCALLTYPE container_add(ISynchronizeContainer *This, ISynchronize *sync)
{
    guise__com_signal_source *source;
    guise_signal *signal;
    void *found = NULL;
    HRESULT result;

    if (sync == NULL) {
        return E_INVALIDARG;
    }
    /* An object with another idea of waiting cannot be waited for together with others. */
    result = sync->lpVtbl->QueryInterface(sync, &guise__com_iid_signal_source, &found);
    if (FAILED(result) || found == NULL) {
        return E_FAIL;
    }
    source = found;
    signal = source->lpVtbl->Signal(source);
    result = signal == NULL ? E_OUTOFMEMORY : add_signal(container_of(This), sync, signal);
    (void)source->lpVtbl->Release(source);
    return result;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static ISynchronize *object_of(struct container *container, const guise_signal *signal)
{
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        struct member *member = &container->members[i];
        ISynchronize *object = atomic_load_explicit(&member->object, memory_order_acquire);

        if (object != NULL && member->signal == signal) {
            return object;
        }
    }
    return NULL;
}

static HRESULT STDMETHODCALLTYPE container_wait(ISynchronizeContainer *This, DWORD flags,
                                                DWORD milliseconds, ISynchronize **out)
{
    struct container *container = container_of(This);
    guise_signal *which = NULL;
    ISynchronize *object;
    guise_result result;

    if (out == NULL) {
        return E_INVALIDARG; /* Y-14 */
    }
    *out = NULL;
    if ((flags & ~GUISE__COM_WAIT_FLAGS) != 0 || (flags & COWAIT_WAITALL) != 0) {
        return E_INVALIDARG; /* Y-14, Y-21 */
    }
    result = guise_container_wait_any(container->signals, milliseconds, &which);
    if (result != GUISE_OK) {
        return (HRESULT)result; /* Y-14 */
    }
    object = object_of(container, which);
    (void)object->lpVtbl->AddRef(object); /* Y-15: the container keeps its own */
    *out = object;
    return S_OK;
}

static const ISynchronizeContainerVtbl container_vtbl = {
    container_query, container_addref, container_release, container_add, container_wait};

/* ---- life ------------------------------------------------------------------------------------ */

static IUnknown *find(struct guise__com_object *object, const IID *riid)
{
    struct container *container = (struct container *)object;

    return IsEqualIID(riid, &IID_ISynchronizeContainer) ? (IUnknown *)&container->iface : NULL;
}

static void destroy(struct guise__com_object *object)
{
    struct container *container = (struct container *)object;

    guise_container_unref(container->signals);
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        /* Relaxed: nobody else has the container any more. */
        ISynchronize *member =
            atomic_load_explicit(&container->members[i].object, memory_order_relaxed);

        if (member != NULL) {
            (void)member->lpVtbl->Release(member);
        }
    }
    CoTaskMemFree(container);
}

static const struct guise__com_kind container_kind = {find, destroy};

HRESULT guise__com_container_create(IUnknown *outer, IUnknown **out)
{
    struct container *container = CoTaskMemAlloc(sizeof *container);
    guise_result result;

    *out = NULL;
    if (container == NULL) {
        return E_OUTOFMEMORY;
    }
    result = guise_container_create(&container->signals);
    if (result != GUISE_OK) {
        CoTaskMemFree(container);
        return (HRESULT)result;
    }
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        atomic_init(&container->members[i].object, NULL);
    }
    atomic_init(&container->taken, 0);
    container->iface.lpVtbl = &container_vtbl;
    guise__com_object_init(&container->object, &container_kind, outer);
    *out = &container->object.own;
    return S_OK;
}
