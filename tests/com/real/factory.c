/* SPDX-License-Identifier: MIT */
/* An object with an interface of its own, from a class factory. */
#define COBJMACROS
#include <objbase.h>

#include <stdlib.h>

#include "real.h"

typedef struct {
    ISynchronizeHandle ISynchronizeHandle_iface;
    LONG ref;
    HANDLE handle;
} HandleObject;

static inline HandleObject *impl_from_ISynchronizeHandle(ISynchronizeHandle *iface)
{
    return CONTAINING_RECORD(iface, HandleObject, ISynchronizeHandle_iface);
}

static HRESULT WINAPI handle_QueryInterface(ISynchronizeHandle *iface, REFIID riid, void **obj)
{
    if (IsEqualGUID(riid, &IID_IUnknown) || IsEqualGUID(riid, &IID_ISynchronizeHandle)) {
        *obj = iface;
        ISynchronizeHandle_AddRef(iface);
        return S_OK;
    }
    *obj = NULL;
    return E_NOINTERFACE;
}

static ULONG WINAPI handle_AddRef(ISynchronizeHandle *iface)
{
    return (ULONG)InterlockedIncrement(&impl_from_ISynchronizeHandle(iface)->ref);
}

static ULONG WINAPI handle_Release(ISynchronizeHandle *iface)
{
    HandleObject *This = impl_from_ISynchronizeHandle(iface);
    ULONG ref = (ULONG)InterlockedDecrement(&This->ref);

    if (ref == 0) {
        CloseHandle(This->handle);
        free(This);
    }
    return ref;
}

static HRESULT WINAPI handle_GetHandle(ISynchronizeHandle *iface, HANDLE *handle)
{
    *handle = impl_from_ISynchronizeHandle(iface)->handle;
    return S_OK;
}

static ISynchronizeHandleVtbl handle_vtbl = {handle_QueryInterface, handle_AddRef, handle_Release,
                                             handle_GetHandle};

static HRESULT WINAPI factory_QueryInterface(IClassFactory *iface, REFIID riid, void **obj)
{
    *obj = NULL;
    if (!IsEqualGUID(riid, &IID_IUnknown) && !IsEqualGUID(riid, &IID_IClassFactory))
        return E_NOINTERFACE;
    *obj = iface;
    return S_OK;
}

static ULONG WINAPI factory_AddRef(IClassFactory *iface)
{
    UNREFERENCED_PARAMETER(iface);
    return 2;
}

static ULONG WINAPI factory_Release(IClassFactory *iface)
{
    UNREFERENCED_PARAMETER(iface);
    return 1;
}

static HRESULT WINAPI factory_CreateInstance(IClassFactory *iface, IUnknown *outer, REFIID riid,
                                             void **obj)
{
    HandleObject *object;
    HRESULT hr;

    UNREFERENCED_PARAMETER(iface);
    *obj = NULL;
    if (outer != NULL)
        return CLASS_E_NOAGGREGATION;
    object = (HandleObject *)calloc(1, sizeof(*object));
    if (object == NULL)
        return E_OUTOFMEMORY;
    object->ISynchronizeHandle_iface.lpVtbl = &handle_vtbl;
    object->ref = 1;
    object->handle = CreateEventW(NULL, TRUE, FALSE, NULL);
    hr = ISynchronizeHandle_QueryInterface(&object->ISynchronizeHandle_iface, riid, obj);
    ISynchronizeHandle_Release(&object->ISynchronizeHandle_iface);
    return hr;
}

static HRESULT WINAPI factory_LockServer(IClassFactory *iface, BOOL lock)
{
    UNREFERENCED_PARAMETER(iface);
    UNREFERENCED_PARAMETER(lock);
    return S_OK;
}

static IClassFactoryVtbl factory_vtbl = {factory_QueryInterface, factory_AddRef, factory_Release,
                                         factory_CreateInstance, factory_LockServer};
static IClassFactory factory = {&factory_vtbl};

HRESULT real_factory_make(REFIID riid, void **object)
{
    return IClassFactory_CreateInstance(&factory, NULL, riid, object);
}
