/* SPDX-License-Identifier: MIT */
/* The interfaces of asynchronous calls and of their security. */
#ifndef GUISE_COM_OBJIDLBASE_H
#define GUISE_COM_OBJIDLBASE_H

#include "unknwnbase.h"

typedef interface ISynchronize ISynchronize;
typedef interface ISynchronizeHandle ISynchronizeHandle;
typedef interface ISynchronizeEvent ISynchronizeEvent;
typedef interface ISynchronizeContainer ISynchronizeContainer;
typedef interface ICallFactory ICallFactory;
typedef interface IServerSecurity IServerSecurity;
typedef interface ICancelMethodCalls ICancelMethodCalls;
typedef interface IClientSecurity IClientSecurity;

EXTERN_C GUISE_API const IID IID_ISynchronize;
EXTERN_C GUISE_API const IID IID_ISynchronizeHandle;
EXTERN_C GUISE_API const IID IID_ISynchronizeEvent;
EXTERN_C GUISE_API const IID IID_ISynchronizeContainer;
EXTERN_C GUISE_API const IID IID_ICallFactory;
EXTERN_C GUISE_API const IID IID_IServerSecurity;
EXTERN_C GUISE_API const IID IID_ICancelMethodCalls;
EXTERN_C GUISE_API const IID IID_IClientSecurity;
/* Identifiers only: the library has no object with these interfaces (Y-16, Y-17). */
EXTERN_C GUISE_API const IID IID_ISynchronizeMutex;
EXTERN_C GUISE_API const IID IID_IAsyncManager;
EXTERN_C GUISE_API const IID IID_IWaitMultiple;
EXTERN_C GUISE_API const IID IID_IMarshal;

#ifdef __cplusplus
GUISE_UUIDOF(ISynchronize, IID_ISynchronize)
GUISE_UUIDOF(ISynchronizeHandle, IID_ISynchronizeHandle)
GUISE_UUIDOF(ISynchronizeEvent, IID_ISynchronizeEvent)
GUISE_UUIDOF(ISynchronizeContainer, IID_ISynchronizeContainer)
GUISE_UUIDOF(ICallFactory, IID_ICallFactory)
GUISE_UUIDOF(IServerSecurity, IID_IServerSecurity)
GUISE_UUIDOF(ICancelMethodCalls, IID_ICancelMethodCalls)
GUISE_UUIDOF(IClientSecurity, IID_IClientSecurity)
#endif

/* How a client's calls are authenticated beyond their levels. */
typedef enum tagEOLE_AUTHENTICATION_CAPABILITIES {
    EOAC_NONE = 0,
    EOAC_MUTUAL_AUTH = 0x1,
    EOAC_SECURE_REFS = 0x2,
    EOAC_ACCESS_CONTROL = 0x4,
    EOAC_APPID = 0x8,
    EOAC_DYNAMIC = 0x10,
    EOAC_STATIC_CLOAKING = 0x20,
    EOAC_DYNAMIC_CLOAKING = 0x40,
    EOAC_ANY_AUTHORITY = 0x80,
    EOAC_MAKE_FULLSIC = 0x100,
    EOAC_REQUIRE_FULLSIC = 0x200,
    EOAC_AUTO_IMPERSONATE = 0x400,
    EOAC_DEFAULT = 0x800,
    EOAC_DISABLE_AAA = 0x1000,
    EOAC_NO_CUSTOM_MARSHAL = 0x2000,
    EOAC_RESERVED1 = 0x4000
} EOLE_AUTHENTICATION_CAPABILITIES;

#define COLE_DEFAULT_PRINCIPAL GUISE__POINTER(OLECHAR *, -1)
#define COLE_DEFAULT_AUTHINFO GUISE__POINTER(void *, -1)

typedef struct tagSOLE_AUTHENTICATION_SERVICE {
    DWORD dwAuthnSvc;
    DWORD dwAuthzSvc;
    OLECHAR *pPrincipalName;
    HRESULT hr;
} SOLE_AUTHENTICATION_SERVICE;

/* Something to wait for. Flags are those of COWAIT_FLAGS. */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ISynchronize : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE Wait(DWORD flags, DWORD milliseconds) = 0;
    virtual HRESULT STDMETHODCALLTYPE Signal() = 0;
    virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
};
#else
typedef struct ISynchronizeVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(ISynchronize *This, REFIID riid, void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(ISynchronize *This);
    ULONG (STDMETHODCALLTYPE *Release)(ISynchronize *This);
    HRESULT (STDMETHODCALLTYPE *Wait)(ISynchronize *This, DWORD flags, DWORD milliseconds);
    HRESULT (STDMETHODCALLTYPE *Signal)(ISynchronize *This);
    HRESULT (STDMETHODCALLTYPE *Reset)(ISynchronize *This);
} ISynchronizeVtbl;

struct ISynchronize {
    CONST_VTBL ISynchronizeVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define ISynchronize_QueryInterface(This, riid, object)                                            \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define ISynchronize_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define ISynchronize_Release(This) ((This)->lpVtbl->Release(This))
#define ISynchronize_Wait(This, flags, milliseconds)                                               \
    ((This)->lpVtbl->Wait(This, flags, milliseconds))
#define ISynchronize_Signal(This) ((This)->lpVtbl->Signal(This))
#define ISynchronize_Reset(This) ((This)->lpVtbl->Reset(This))
#endif
#endif

/* An ISynchronize with a handle; the handle belongs to the object. */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ISynchronizeHandle : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE GetHandle(HANDLE *handle) = 0;
};
#else
typedef struct ISynchronizeHandleVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(ISynchronizeHandle *This, REFIID riid,
                                                void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(ISynchronizeHandle *This);
    ULONG (STDMETHODCALLTYPE *Release)(ISynchronizeHandle *This);
    HRESULT (STDMETHODCALLTYPE *GetHandle)(ISynchronizeHandle *This, HANDLE *handle);
} ISynchronizeHandleVtbl;

struct ISynchronizeHandle {
    CONST_VTBL ISynchronizeHandleVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define ISynchronizeHandle_QueryInterface(This, riid, object)                                      \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define ISynchronizeHandle_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define ISynchronizeHandle_Release(This) ((This)->lpVtbl->Release(This))
#define ISynchronizeHandle_GetHandle(This, handle) ((This)->lpVtbl->GetHandle(This, handle))
#endif
#endif

/* An ISynchronize that can be given its handle. */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ISynchronizeEvent : public ISynchronizeHandle {
    virtual HRESULT STDMETHODCALLTYPE SetEventHandle(HANDLE *handle) = 0;
};
#else
typedef struct ISynchronizeEventVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(ISynchronizeEvent *This, REFIID riid,
                                                void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(ISynchronizeEvent *This);
    ULONG (STDMETHODCALLTYPE *Release)(ISynchronizeEvent *This);
    HRESULT (STDMETHODCALLTYPE *GetHandle)(ISynchronizeEvent *This, HANDLE *handle);
    HRESULT (STDMETHODCALLTYPE *SetEventHandle)(ISynchronizeEvent *This, HANDLE *handle);
} ISynchronizeEventVtbl;

struct ISynchronizeEvent {
    CONST_VTBL ISynchronizeEventVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define ISynchronizeEvent_QueryInterface(This, riid, object)                                       \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define ISynchronizeEvent_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define ISynchronizeEvent_Release(This) ((This)->lpVtbl->Release(This))
#define ISynchronizeEvent_GetHandle(This, handle) ((This)->lpVtbl->GetHandle(This, handle))
#define ISynchronizeEvent_SetEventHandle(This, handle)                                             \
    ((This)->lpVtbl->SetEventHandle(This, handle))
#endif
#endif

/* The first of up to 63 objects to be signaled. */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ISynchronizeContainer : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE AddSynchronize(ISynchronize *sync) = 0;
    virtual HRESULT STDMETHODCALLTYPE WaitMultiple(DWORD flags, DWORD milliseconds,
                                                   ISynchronize **sync) = 0;
};
#else
typedef struct ISynchronizeContainerVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(ISynchronizeContainer *This, REFIID riid,
                                                void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(ISynchronizeContainer *This);
    ULONG (STDMETHODCALLTYPE *Release)(ISynchronizeContainer *This);
    HRESULT (STDMETHODCALLTYPE *AddSynchronize)(ISynchronizeContainer *This, ISynchronize *sync);
    HRESULT (STDMETHODCALLTYPE *WaitMultiple)(ISynchronizeContainer *This, DWORD flags,
                                              DWORD milliseconds, ISynchronize **sync);
} ISynchronizeContainerVtbl;

struct ISynchronizeContainer {
    CONST_VTBL ISynchronizeContainerVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define ISynchronizeContainer_QueryInterface(This, riid, object)                                   \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define ISynchronizeContainer_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define ISynchronizeContainer_Release(This) ((This)->lpVtbl->Release(This))
#define ISynchronizeContainer_AddSynchronize(This, sync)                                           \
    ((This)->lpVtbl->AddSynchronize(This, sync))
#define ISynchronizeContainer_WaitMultiple(This, flags, milliseconds, sync)                        \
    ((This)->lpVtbl->WaitMultiple(This, flags, milliseconds, sync))
#endif
#endif

/* Makes call objects: riid is an asynchronous interface, riid2 what is wanted of the object. */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ICallFactory : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE CreateCall(REFIID riid, IUnknown *outer, REFIID riid2,
                                                 IUnknown **object) = 0;
};
#else
typedef struct ICallFactoryVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(ICallFactory *This, REFIID riid, void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(ICallFactory *This);
    ULONG (STDMETHODCALLTYPE *Release)(ICallFactory *This);
    HRESULT (STDMETHODCALLTYPE *CreateCall)(ICallFactory *This, REFIID riid, IUnknown *outer,
                                            REFIID riid2, IUnknown **object);
} ICallFactoryVtbl;

struct ICallFactory {
    CONST_VTBL ICallFactoryVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define ICallFactory_QueryInterface(This, riid, object)                                            \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define ICallFactory_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define ICallFactory_Release(This) ((This)->lpVtbl->Release(This))
#define ICallFactory_CreateCall(This, riid, outer, riid2, object)                                  \
    ((This)->lpVtbl->CreateCall(This, riid, outer, riid2, object))
#endif
#endif

/* The client of a call, as its server sees it. imp_level must be NULL. */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IServerSecurity : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE QueryBlanket(DWORD *authn_service, DWORD *authz_service,
                                                   OLECHAR **server_principal, DWORD *authn_level,
                                                   DWORD *imp_level, void **privileges,
                                                   DWORD *capabilities) = 0;
    virtual HRESULT STDMETHODCALLTYPE ImpersonateClient() = 0;
    virtual HRESULT STDMETHODCALLTYPE RevertToSelf() = 0;
    virtual BOOL STDMETHODCALLTYPE IsImpersonating() = 0;
};
#else
typedef struct IServerSecurityVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(IServerSecurity *This, REFIID riid, void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(IServerSecurity *This);
    ULONG (STDMETHODCALLTYPE *Release)(IServerSecurity *This);
    HRESULT (STDMETHODCALLTYPE *QueryBlanket)(IServerSecurity *This, DWORD *authn_service,
                                              DWORD *authz_service, OLECHAR **server_principal,
                                              DWORD *authn_level, DWORD *imp_level,
                                              void **privileges, DWORD *capabilities);
    HRESULT (STDMETHODCALLTYPE *ImpersonateClient)(IServerSecurity *This);
    HRESULT (STDMETHODCALLTYPE *RevertToSelf)(IServerSecurity *This);
    BOOL (STDMETHODCALLTYPE *IsImpersonating)(IServerSecurity *This);
} IServerSecurityVtbl;

struct IServerSecurity {
    CONST_VTBL IServerSecurityVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IServerSecurity_QueryInterface(This, riid, object)                                         \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define IServerSecurity_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IServerSecurity_Release(This) ((This)->lpVtbl->Release(This))
#define IServerSecurity_QueryBlanket(This, authn_service, authz_service, server_principal,         \
                                     authn_level, imp_level, privileges, capabilities)             \
    ((This)->lpVtbl->QueryBlanket(This, authn_service, authz_service, server_principal,            \
                                  authn_level, imp_level, privileges, capabilities))
#define IServerSecurity_ImpersonateClient(This) ((This)->lpVtbl->ImpersonateClient(This))
#define IServerSecurity_RevertToSelf(This) ((This)->lpVtbl->RevertToSelf(This))
#define IServerSecurity_IsImpersonating(This) ((This)->lpVtbl->IsImpersonating(This))
#endif
#endif

/*
 * How the calls that are made through a proxy are secured. Objects of the library are no proxies
 * and have none; a transport's proxies may implement it.
 */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IClientSecurity : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE QueryBlanket(IUnknown *proxy, DWORD *authn_service,
                                                   DWORD *authz_service, OLECHAR **server_principal,
                                                   DWORD *authn_level, DWORD *imp_level,
                                                   void **auth_info, DWORD *capabilities) = 0;
    virtual HRESULT STDMETHODCALLTYPE SetBlanket(IUnknown *proxy, DWORD authn_service,
                                                 DWORD authz_service, OLECHAR *server_principal,
                                                 DWORD authn_level, DWORD imp_level,
                                                 void *auth_info, DWORD capabilities) = 0;
    virtual HRESULT STDMETHODCALLTYPE CopyProxy(IUnknown *proxy, IUnknown **copy) = 0;
};
#else
typedef struct IClientSecurityVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(IClientSecurity *This, REFIID riid, void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(IClientSecurity *This);
    ULONG (STDMETHODCALLTYPE *Release)(IClientSecurity *This);
    HRESULT (STDMETHODCALLTYPE *QueryBlanket)(IClientSecurity *This, IUnknown *proxy,
                                              DWORD *authn_service, DWORD *authz_service,
                                              OLECHAR **server_principal, DWORD *authn_level,
                                              DWORD *imp_level, void **auth_info,
                                              DWORD *capabilities);
    HRESULT (STDMETHODCALLTYPE *SetBlanket)(IClientSecurity *This, IUnknown *proxy,
                                            DWORD authn_service, DWORD authz_service,
                                            OLECHAR *server_principal, DWORD authn_level,
                                            DWORD imp_level, void *auth_info, DWORD capabilities);
    HRESULT (STDMETHODCALLTYPE *CopyProxy)(IClientSecurity *This, IUnknown *proxy, IUnknown **copy);
} IClientSecurityVtbl;

struct IClientSecurity {
    CONST_VTBL IClientSecurityVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define IClientSecurity_QueryInterface(This, riid, object)                                         \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define IClientSecurity_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define IClientSecurity_Release(This) ((This)->lpVtbl->Release(This))
#define IClientSecurity_QueryBlanket(This, proxy, authn_service, authz_service, server_principal,  \
                                     authn_level, imp_level, auth_info, capabilities)              \
    ((This)->lpVtbl->QueryBlanket(This, proxy, authn_service, authz_service, server_principal,     \
                                  authn_level, imp_level, auth_info, capabilities))
#define IClientSecurity_SetBlanket(This, proxy, authn_service, authz_service, server_principal,    \
                                   authn_level, imp_level, auth_info, capabilities)                \
    ((This)->lpVtbl->SetBlanket(This, proxy, authn_service, authz_service, server_principal,       \
                                authn_level, imp_level, auth_info, capabilities))
#define IClientSecurity_CopyProxy(This, proxy, copy) ((This)->lpVtbl->CopyProxy(This, proxy, copy))
#endif
#endif

/* Asks for a call to be given up; and whether that was asked. */
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ICancelMethodCalls : public IUnknown {
    virtual HRESULT STDMETHODCALLTYPE Cancel(ULONG seconds) = 0;
    virtual HRESULT STDMETHODCALLTYPE TestCancel() = 0;
};
#else
typedef struct ICancelMethodCallsVtbl {
    HRESULT (STDMETHODCALLTYPE *QueryInterface)(ICancelMethodCalls *This, REFIID riid,
                                                void **object);
    ULONG (STDMETHODCALLTYPE *AddRef)(ICancelMethodCalls *This);
    ULONG (STDMETHODCALLTYPE *Release)(ICancelMethodCalls *This);
    HRESULT (STDMETHODCALLTYPE *Cancel)(ICancelMethodCalls *This, ULONG seconds);
    HRESULT (STDMETHODCALLTYPE *TestCancel)(ICancelMethodCalls *This);
} ICancelMethodCallsVtbl;

struct ICancelMethodCalls {
    CONST_VTBL ICancelMethodCallsVtbl *lpVtbl;
};

#ifdef COBJMACROS
#define ICancelMethodCalls_QueryInterface(This, riid, object)                                      \
    ((This)->lpVtbl->QueryInterface(This, riid, object))
#define ICancelMethodCalls_AddRef(This) ((This)->lpVtbl->AddRef(This))
#define ICancelMethodCalls_Release(This) ((This)->lpVtbl->Release(This))
#define ICancelMethodCalls_Cancel(This, seconds) ((This)->lpVtbl->Cancel(This, seconds))
#define ICancelMethodCalls_TestCancel(This) ((This)->lpVtbl->TestCancel(This))
#endif
#endif

#endif
