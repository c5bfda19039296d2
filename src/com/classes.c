/* SPDX-License-Identifier: MIT */
/* The library's own classes and their factories. The factories are constant, so counting has no effect on
 * them. A class that the program has registered (classtable.c) is found before them. */
#define CONST_VTABLE
#include "base/check.h"
#include "com/classtable.h"
#include "com/process.h"
#include "com/unknown.h"

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

/* The factory is never freed, so the number returned only has to be more than 1. */
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
        return E_INVALIDARG; /* only the outer object gives out other interfaces */
    }
    result = factory->create(outer, &own);
    if (FAILED(result)) {
        return result;
    }
    GUISE__CHECK(own != NULL);
    result = own->lpVtbl->QueryInterface(own, riid, out);
    (void)own->lpVtbl->Release(own);
    return result;
}

/* Has no effect, because the library is never unloaded. */
static HRESULT STDMETHODCALLTYPE factory_lock(IClassFactory *This, BOOL lock)
{
    (void)This;
    (void)lock;
    return S_OK;
}

static const IClassFactoryVtbl factory_vtbl = {factory_query, factory_addref, factory_release,
                                               factory_create, factory_lock};

/* ---- finding a factory ----------------------------------------------------------------------- */

/* Not const, because This is not; no method writes to it. */
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
    HRESULT result;

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
    result = guise__com_registered(clsid, context, riid, object);
    if (result != REGDB_E_CLASSNOTREG) {
        return result;
    }
    factory = find_factory(clsid, context);
    return factory == NULL ? REGDB_E_CLASSNOTREG : factory_query(factory, riid, object);
}

/* Treats success without an object, which a factory of the program may return, as a failure. */
static HRESULT create_instance(IClassFactory *factory, IUnknown *outer, REFIID riid, void **object)
{
    HRESULT result = factory->lpVtbl->CreateInstance(factory, outer, riid, object);

    if (FAILED(result)) {
        *object = NULL;
    }
    return SUCCEEDED(result) && *object == NULL ? E_NOINTERFACE : result;
}

HRESULT STDAPICALLTYPE CoCreateInstance(REFCLSID clsid, LPUNKNOWN outer, DWORD context, REFIID riid,
                                        LPVOID *object)
{
    void *found = NULL;
    IClassFactory *factory;
    HRESULT result;

    if (object == NULL) {
        return E_POINTER;
    }
    *object = NULL;
    result = CoGetClassObject(clsid, context, NULL, &IID_IClassFactory, &found);
    if (FAILED(result)) {
        return result;
    }
    factory = found;
    result = riid == NULL ? E_INVALIDARG : create_instance(factory, outer, riid, object);
    (void)factory->lpVtbl->Release(factory);
    return result;
}
