/* SPDX-License-Identifier: MIT */
#define CONST_VTABLE
#include "com/unknown.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

const IID guise__com_iid_signal_source = {
    0x6E1B7F52, 0x93C4, 0x4D0A, {0x8A, 0x57, 0x2C, 0x1F, 0x0B, 0x9D, 0x64, 0xE3}};

HRESULT guise__com_query(IUnknown *object, REFIID riid, void **out)
{
    HRESULT result;

    *out = NULL;
    result = object->lpVtbl->QueryInterface(object, riid, out);
    if (SUCCEEDED(result) && *out == NULL) {
        return E_NOINTERFACE;
    }
    if (FAILED(result)) {
        *out = NULL;
    }
    return result;
}

static struct guise__com_object *object_of(IUnknown *own)
{
    return (struct guise__com_object *)own;
}

HRESULT STDMETHODCALLTYPE guise__com_object_query(IUnknown *own, REFIID riid, void **out)
{
    struct guise__com_object *object = object_of(own);
    IUnknown *found = own;

    if (out == NULL) {
        return E_POINTER;
    }
    *out = NULL;
    if (riid == NULL) {
        return E_INVALIDARG;
    }
    if (!IsEqualIID(riid, &IID_IUnknown)) {
        found = object->kind->find(object, riid);
    }
    if (found == NULL) {
        return E_NOINTERFACE;
    }
    (void)found->lpVtbl->AddRef(found);
    *out = found;
    return S_OK;
}

ULONG STDMETHODCALLTYPE guise__com_object_addref(IUnknown *own)
{
    /* Relaxed: whoever counts up has a reference, so nothing new becomes visible by it. */
    unsigned before = atomic_fetch_add_explicit(&object_of(own)->refs, 1, memory_order_relaxed);

    /* Half of the range is left for threads that get here before the first of them has died. */
    if (before >= UINT_MAX / 2) {
        (void)fputs("guise-com: a reference count overflowed\n", stderr);
        abort();
    }
    return before + 1;
}

ULONG STDMETHODCALLTYPE guise__com_object_release(IUnknown *own)
{
    struct guise__com_object *object = object_of(own);
    /* Release: what this owner did is done before anybody frees; acquire: the one who frees sees
     * what all the others did. */
    unsigned before = atomic_fetch_sub_explicit(&object->refs, 1, memory_order_acq_rel);

    if (before == 1) {
        object->kind->destroy(object);
    }
    return before - 1;
}

static const IUnknownVtbl own_vtbl = {guise__com_object_query, guise__com_object_addref,
                                      guise__com_object_release};

void guise__com_object_init(struct guise__com_object *object, const struct guise__com_kind *kind,
                            IUnknown *outer)
{
    object->own.lpVtbl = &own_vtbl;
    object->outer = outer != NULL ? outer : &object->own;
    object->kind = kind;
    atomic_init(&object->refs, 1);
}
