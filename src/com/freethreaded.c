/* SPDX-License-Identifier: MIT */
/*
 * The free-threaded marshaler. On Windows an object that aggregates it can be called from every apartment
 * without a proxy. Here there is one apartment and nothing is marshaled, so every object can be, and the
 * marshaler is an IUnknown without other interfaces.
 */
#define CONST_VTABLE
#include "com/unknown.h"

static IUnknown *find_nothing(struct guise__com_object *object, const IID *riid)
{
    (void)object;
    (void)riid;
    return NULL;
}

static void destroy_marshaler(struct guise__com_object *object)
{
    CoTaskMemFree(object);
}

static const struct guise__com_kind marshaler_kind = {find_nothing, destroy_marshaler};

HRESULT STDAPICALLTYPE CoCreateFreeThreadedMarshaler(LPUNKNOWN outer, LPUNKNOWN *marshaler)
{
    struct guise__com_object *object;

    if (marshaler == NULL) {
        return E_INVALIDARG;
    }
    *marshaler = NULL;
    object = CoTaskMemAlloc(sizeof *object);
    if (object == NULL) {
        return E_OUTOFMEMORY;
    }
    guise__com_object_init(object, &marshaler_kind, outer);
    *marshaler = &object->own;
    return S_OK;
}
