/* SPDX-License-Identifier: MIT */
#ifndef GUISE_COM_UNKNWNBASE_H
#define GUISE_COM_UNKNWNBASE_H

#include "wtypesbase.h"

/*
 * In C++ interfaces are abstract classes, over the same vtables; with CINTERFACE they are as in C.
 * An object of the library has no type information of C++'s: dynamic_cast and typeid do not work on
 * it (they do not in COM), and the undefined-behaviour sanitizer needs -fno-sanitize=vptr.
 */

typedef interface IUnknown IUnknown;
typedef interface IClassFactory IClassFactory;
typedef IUnknown *LPUNKNOWN;
typedef IClassFactory *LPCLASSFACTORY;

EXTERN_C GUISE_API const IID IID_IUnknown;
EXTERN_C GUISE_API const IID IID_IClassFactory;

#ifdef __cplusplus
GUISE_UUIDOF(IUnknown, IID_IUnknown)
GUISE_UUIDOF(IClassFactory, IID_IClassFactory)
#endif

/* Every object. The one pointer of an object that compares equal is that to its IUnknown. */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IUnknown {
    virtual HRESULT STDMETHODCALLTYPE QueryInterface(REFIID riid, void **object) = 0;
    virtual ULONG STDMETHODCALLTYPE AddRef() = 0;
    virtual ULONG STDMETHODCALLTYPE Release() = 0;

    /* By the type of the pointer: __uuidof. */
    template <typename T> HRESULT STDMETHODCALLTYPE QueryInterface(T **object)
    {
        return QueryInterface(__uuidof(T), reinterpret_cast<void **>(object));
    }
};
#else
typedef struct IUnknownVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(IUnknown *This, REFIID riid, void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(IUnknown *This);
    ULONG (STDMETHODCALLTYPE *Release)(IUnknown *This);
} IUnknownVtbl;

struct IUnknown {
    CONST_VTBL IUnknownVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IUnknown_QueryInterface(This, riid, object)                                                \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define IUnknown_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IUnknown_Release(This) ((This)->lpVtbl->Release(This))
#endif
#endif

/* Makes objects of one class. */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IClassFactory : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE CreateInstance(IUnknown *outer, REFIID riid,
                                                     void **object) = 0;
    virtual HRESULT STDMETHODCALLTYPE LockServer(BOOL lock) = 0;
};
#else
typedef struct IClassFactoryVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(IClassFactory *This, REFIID riid, void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(IClassFactory *This);
    ULONG (STDMETHODCALLTYPE *Release)(IClassFactory *This);
    HRESULT (STDMETHODCALLTYPE *CreateInstance)(IClassFactory *This, IUnknown *outer, REFIID riid,
                                                void **object);
    HRESULT (STDMETHODCALLTYPE *LockServer)(IClassFactory *This, BOOL lock);
} IClassFactoryVtbl;

struct IClassFactory {
    CONST_VTBL IClassFactoryVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IClassFactory_QueryInterface(This, riid, object)                                           \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define IClassFactory_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IClassFactory_Release(This) ((This)->lpVtbl->Release(This))
#define IClassFactory_CreateInstance(This, outer, riid, object)                                    \
    ((This)->lpVtbl->CreateInstance(This, outer, riid, object))
#define IClassFactory_LockServer(This, lock) ((This)->lpVtbl->LockServer(This, lock))
#endif
#endif

#endif
