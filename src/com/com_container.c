/* SPDX-License-Identifier: MIT */
/*
 * CLSID_SynchronizeContainer: ISynchronizeContainer over a guise_container. The core's container
 * waits; this one maps each signal to its object.
 *
 * There is no lock. An add takes a place by counting, fills it, and publishes the object before it adds the
 * signal to the core's container, so that a wait that returns a signal finds the signal's object.
 */
#define CONST_VTABLE
#include "base/check.h"
#include "com/unknown.h"

enum { MEMBERS_MAX = 63 }; /* a container takes 63 signals (Y-13) */

struct member {
    guise_signal *signal;           /* lives as long as the object; only compared */
    _Atomic(ISynchronize *) object; /* owned; set once, last; NULL: not a member yet */
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
    struct container *container = CONTAINING_RECORD(iface, struct container, iface);

    GUISE__CHECK(guise__com_object_is_valid(&container->object));
    return container;
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

/* Takes a place, which no other add takes. Returns NULL if all are taken. */
static struct member *take_place(struct container *container)
{
    /* Relaxed, here and below, because the number gives a place to one thread and orders nothing. */
    unsigned taken = atomic_load_explicit(&container->taken, memory_order_relaxed);

    while (taken < MEMBERS_MAX) {
        if (atomic_compare_exchange_weak_explicit(&container->taken, &taken, taken + 1,
                                                  memory_order_relaxed, memory_order_relaxed)) {
            return &container->members[taken];
        }
    }
    GUISE__CHECK(taken == MEMBERS_MAX);
    return NULL;
}

static HRESULT add_signal(struct container *container, ISynchronize *sync, guise_signal *signal)
{
    struct member *member = take_place(container);

    GUISE__CHECK(sync != NULL && signal != NULL);
    if (member == NULL) {
        return RPC_E_OUT_OF_RESOURCES; /* a container takes 63 signals (Y-13) */
    }
    (void)sync->lpVtbl->AddRef(sync);
    member->signal = signal;
    /* Release: pairs with the acquire in member_object. */
    atomic_store_explicit(&member->object, sync, memory_order_release);
    /* Cannot fail for lack of room, because the core has as many places and no other code adds to it. */
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
    /* An object that is not over a guise_signal cannot be a member. */
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

static ISynchronize *member_object(struct container *container, const guise_signal *signal)
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
        return E_INVALIDARG; /* there is no place to store the object that is set (Y-14) */
    }
    *out = NULL;
    if ((flags & ~GUISE__COM_WAIT_FLAGS) != 0 || (flags & COWAIT_WAITALL) != 0) {
        /* A wait for any takes the known flags except the one for all (Y-14, Y-21). */
        return E_INVALIDARG;
    }
    result = guise_container_wait_any(container->signals, milliseconds, &which);
    if (result != GUISE_OK) {
        return (HRESULT)result; /* the time has passed, or the container is empty (Y-14) */
    }
    object = member_object(container, which);
    GUISE__CHECK(object != NULL);
    (void)object->lpVtbl->AddRef(object); /* the container keeps its own reference (Y-15) */
    *out = object;
    return S_OK;
}

static const ISynchronizeContainerVtbl container_vtbl = {
    container_query, container_addref, container_release, container_add, container_wait};

/* ---- life ------------------------------------------------------------------------------------ */

static IUnknown *find_interface(struct guise__com_object *object, const IID *riid)
{
    struct container *container = (struct container *)object;

    return IsEqualIID(riid, &IID_ISynchronizeContainer) ? (IUnknown *)&container->iface : NULL;
}

static void destroy_container(struct guise__com_object *object)
{
    struct container *container = (struct container *)object;

    guise_container_unref(container->signals);
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        /* Relaxed, because no other thread has the container any more. */
        ISynchronize *member =
            atomic_load_explicit(&container->members[i].object, memory_order_relaxed);

        if (member != NULL) {
            (void)member->lpVtbl->Release(member);
        }
    }
    CoTaskMemFree(container);
}

static const struct guise__com_kind container_kind = {find_interface, destroy_container};

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
