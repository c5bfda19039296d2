/* SPDX-License-Identifier: MIT */
/*
 * The IUnknown of every COM object of the library. It counts references, and calls the function of the
 * object's kind for all other interfaces.
 */
#define CONST_VTABLE
#include "com/unknown.h"

#include "base/check.h"
#include "base/refcount.h"

const IID guise__com_iid_signal_source = {
    0x6E1B7F52, 0x93C4, 0x4D0A, {0x8A, 0x57, 0x2C, 0x1F, 0x0B, 0x9D, 0x64, 0xE3}};

HRESULT guise__com_query(IUnknown *object, REFIID riid, void **out)
{
    HRESULT result;

    GUISE__CHECK(object != NULL);
    *out = NULL;
    result = object->lpVtbl->QueryInterface(object, riid, out);
    if (SUCCEEDED(result) && *out == NULL) {
        return E_NOINTERFACE;
    }
    if (FAILED(result)) {
        *out = NULL;
    }
    GUISE__CHECK(SUCCEEDED(result) == (*out != NULL));
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

    GUISE__CHECK(guise__com_object_is_valid(object));
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
    return guise__count_up(&object_of(own)->refs);
}

ULONG STDMETHODCALLTYPE guise__com_object_release(IUnknown *own)
{
    struct guise__com_object *object = object_of(own);
    unsigned left = guise__count_drop(&object->refs);

    if (left == 0) {
        object->kind->destroy(object);
    }
    return left;
}

static const IUnknownVtbl own_vtbl = {guise__com_object_query, guise__com_object_addref,
                                      guise__com_object_release};

void guise__com_object_init(struct guise__com_object *object, const struct guise__com_kind *kind,
                            IUnknown *outer)
{
    GUISE__CHECK(kind != NULL);
    object->own.lpVtbl = &own_vtbl;
    object->outer = outer != NULL ? outer : &object->own;
    object->kind = kind;
    atomic_init(&object->refs, 1);
    GUISE__CHECK(guise__com_object_is_valid(object));
}
