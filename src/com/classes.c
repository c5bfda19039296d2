/* SPDX-License-Identifier: MIT */
/* The classes: by which name, made how. Their factories are constant, and counted for the looks. */
#define CONST_VTABLE
#include "com/unknown.h"
#include "com/process.h"

struct factory {
    IClassFactory iface; /* first */
    const CLSID *clsid;
    HRESULT (*create)(IUnknown *outer, IUnknown **out);
};

/* ---- IClassFactory --------------------------------------------------------------------------- */

static HRESULT STDMETHODCALLTYPE factory_query(IClassFactory *This, REFIID riid, void **out)
{
    if (out == NULL) {
        return E_POINTER;
    }
    *out = NULL;
    if (riid == NULL) {
        return E_INVALIDARG;
    }
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IClassFactory)) {
        return E_NOINTERFACE;
    }
    *out = This;
    return S_OK;
}

/* Never freed, so what is returned says only that others have it too. */
static ULONG STDMETHODCALLTYPE factory_addref(IClassFactory *This)
{
    (void)This;
    return 2;
}

static ULONG STDMETHODCALLTYPE factory_release(IClassFactory *This)
{
    (void)This;
    return 1;
}

static HRESULT STDMETHODCALLTYPE factory_create(IClassFactory *This, IUnknown *outer, REFIID riid,
                                                void **out)
{
    const struct factory *factory = (const struct factory *)This;
    IUnknown *own;
    HRESULT result;

    if (out == NULL) {
        return E_INVALIDARG;
    }
    *out = NULL;
    if (riid == NULL) {
        return E_INVALIDARG;
    }
    if (outer != NULL && !IsEqualIID(riid, &IID_IUnknown)) {
        return E_INVALIDARG; /* anything else would be the outer object's to give */
    }
    result = factory->create(outer, &own);
    if (FAILED(result)) {
        return result;
    }
    result = own->lpVtbl->QueryInterface(own, riid, out);
    (void)own->lpVtbl->Release(own);
    return result;
}

/* The library is never unloaded: locked it is already. */
static HRESULT STDMETHODCALLTYPE factory_lock(IClassFactory *This, BOOL lock)
{
    (void)This;
    (void)lock;
    return S_OK;
}

static const IClassFactoryVtbl factory_vtbl = {factory_query, factory_addref, factory_release,
                                               factory_create, factory_lock};

/* ---- finding them ---------------------------------------------------------------------------- */

/* Not const: methods take This as it is, and never write to it. */
static struct factory s_factories[] = {
    {{&factory_vtbl}, &CLSID_StdEvent, guise__com_std_event_create},
    {{&factory_vtbl}, &CLSID_ManualResetEvent, guise__com_manual_event_create},
    {{&factory_vtbl}, &CLSID_SynchronizeContainer, guise__com_container_create},
};

static IClassFactory *find_factory(const CLSID *clsid, DWORD context)
{
    if ((context & CLSCTX_INPROC_SERVER) == 0) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof s_factories / sizeof *s_factories; i++) {
        if (IsEqualCLSID(clsid, s_factories[i].clsid)) {
            return &s_factories[i].iface;
        }
    }
    return NULL;
}

HRESULT STDAPICALLTYPE CoGetClassObject(REFCLSID clsid, DWORD context, LPVOID reserved, REFIID riid,
                                        LPVOID *object)
{
    IClassFactory *factory;

    if (object == NULL) {
        return E_INVALIDARG;
    }
    *object = NULL;
    if (clsid == NULL || riid == NULL || reserved != NULL) {
        return E_INVALIDARG;
    }
    if (!guise__com_is_initialized()) {
        return CO_E_NOTINITIALIZED;
    }
    factory = find_factory(clsid, context);
    return factory == NULL ? REGDB_E_CLASSNOTREG : factory_query(factory, riid, object);
}

HRESULT STDAPICALLTYPE CoCreateInstance(REFCLSID clsid, LPUNKNOWN outer, DWORD context, REFIID riid,
                                        LPVOID *object)
{
    void *factory = NULL;
    HRESULT result;

    if (object == NULL) {
        return E_POINTER;
    }
    *object = NULL;
    result = CoGetClassObject(clsid, context, NULL, &IID_IClassFactory, &factory);
    return FAILED(result) ? result : factory_create(factory, outer, riid, object);
}
