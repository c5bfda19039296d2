/* SPDX-License-Identifier: MIT */
/*
 * The library, its classes, and what every COM program needs.
 *
 * There is one multithreaded apartment and it is the whole process. CoInitialize's
 * single-threaded mode is remembered and compared, but nothing is marshaled to such a thread and
 * its waits block like any other's (Y-19).
 */
#ifndef GUISE_COM_COMBASEAPI_H
#define GUISE_COM_COMBASEAPI_H

#include "cguid.h"
#include "objidlbase.h"
#include "unknwnbase.h"

/* ---- how functions and interfaces are declared ----------------------------------------------- */

#define WINOLEAPI EXTERN_C GUISE_API HRESULT STDAPICALLTYPE
#define WINOLEAPI_(type) EXTERN_C GUISE_API type STDAPICALLTYPE

#define STDAPI EXTERN_C HRESULT STDAPICALLTYPE
#define STDAPI_(type) EXTERN_C type STDAPICALLTYPE
#define STDMETHODIMP HRESULT STDMETHODCALLTYPE
#define STDMETHODIMP_(type) type STDMETHODCALLTYPE

#define IFACEMETHODIMP STDMETHODIMP
#define IFACEMETHODIMP_(type) STDMETHODIMP_(type)
#define IFACEMETHOD(method) STDMETHOD(method)
#define IFACEMETHOD_(type, method) STDMETHOD_(type, method)
#define STDOVERRIDEMETHODIMP STDMETHODIMP
#define STDOVERRIDEMETHODIMP_(type) STDMETHODIMP_(type)
#define COM_DECLSPEC_NOTHROW

#if defined(__cplusplus) && !defined(CINTERFACE)
#define STDMETHOD(method) virtual HRESULT STDMETHODCALLTYPE method
#define STDMETHOD_(type, method) virtual type STDMETHODCALLTYPE method
#define PURE = 0
#define THIS_
#define THIS void
#define DECLARE_INTERFACE(iface) interface iface
#define DECLARE_INTERFACE_(iface, base) interface iface : public base
#else
#define STDMETHOD(method) HRESULT(STDMETHODCALLTYPE *method)
#define STDMETHOD_(type, method) type(STDMETHODCALLTYPE *method)
#define PURE
#define THIS_ INTERFACE *This,
#define THIS INTERFACE *This
#define DECLARE_INTERFACE(iface)                                                                   \
    typedef interface iface {                                                                      \
        CONST_VTBL struct iface##Vtbl *lpVtbl;                                                     \
    } iface;                                                                                       \
    typedef struct iface##Vtbl iface##Vtbl;                                                        \
    struct iface##Vtbl
#define DECLARE_INTERFACE_(iface, base) DECLARE_INTERFACE(iface)
#endif
/* The text is not read: GUISE_UUIDOF. */
#define DECLARE_INTERFACE_IID(iface, uuid) DECLARE_INTERFACE(iface)
#define DECLARE_INTERFACE_IID_(iface, base, uuid) DECLARE_INTERFACE_(iface, base)

/*
 * In C++ the two arguments that say which interface is wanted and where it goes, of the address of
 * one pointer. The type of the pointer decides, and has to be an interface's.
 */
#ifdef __cplusplus
extern "C++" {
template <typename T> inline void **IID_PPV_ARGS_Helper(T **object)
{
#ifndef CINTERFACE
    (void)sizeof(static_cast<IUnknown *>(*object));
#endif
    return reinterpret_cast<void **>(object);
}
}
#define IID_PPV_ARGS(object) __uuidof(**(object)), IID_PPV_ARGS_Helper(object)
#endif

/* ---- the process and its threads ------------------------------------------------------------- */

typedef enum tagCOINITBASE { COINITBASE_MULTITHREADED = 0x0 } COINITBASE;

typedef enum tagCOINIT {
    COINIT_MULTITHREADED = COINITBASE_MULTITHREADED,
    COINIT_APARTMENTTHREADED = 0x2,
    COINIT_DISABLE_OLE1DDE = 0x4,
    COINIT_SPEED_OVER_MEMORY = 0x8
} COINIT;

/*
 * Counted for each thread; every success, S_FALSE too, is undone by one CoUninitialize. A thread
 * that ends undoes what it left.
 *
 * S_FALSE             this thread has done so before.
 * RPC_E_CHANGED_MODE  in the other mode; nothing to undo.
 * E_INVALIDARG        reserved is not NULL, or an unknown flag.
 * E_OUTOFMEMORY       no memory.
 */
WINOLEAPI CoInitializeEx(LPVOID reserved, DWORD mode);
/* CoInitializeEx with COINIT_APARTMENTTHREADED. */
WINOLEAPI CoInitialize(LPVOID reserved);
/* Once too often is harmless. */
WINOLEAPI_(void) CoUninitialize(void);

/*
 * What this server demands of incoming calls; once in a process, before any call is let in: the
 * first GuiseDispatchCall (guisecom.h) demands CONNECT if that is not decided yet. authn_level is
 * the least that a call's blanket must have, else it is refused (C-03); DEFAULT is CONNECT.
 * A demand that needs more than that is refused, with nothing done: a list of users that may
 * call, own identities for outgoing calls, capabilities that are about them.
 *
 * CO_E_NOTINITIALIZED              no CoInitialize yet.
 * RPC_E_TOO_LATE                   done before, or a call was let in before (C-01).
 * RPC_E_NO_GOOD_SECURITY_PACKAGES  services are named: the library has none to register (C-02).
 * E_NOTIMPL                        known, but there is nothing here that would do it.
 * E_INVALIDARG                     a level or flag that does not exist, imp_level DEFAULT (C-04),
 *                                  a reserved argument, or two that contradict each other.
 */
WINOLEAPI CoInitializeSecurity(PSECURITY_DESCRIPTOR descriptor, LONG service_count,
                               SOLE_AUTHENTICATION_SERVICE *services, void *reserved1,
                               DWORD authn_level, DWORD imp_level, void *auth_list,
                               DWORD capabilities, void *reserved3);

/* ---- classes --------------------------------------------------------------------------------- */

/*
 * The classes that the program has registered for this context, and CLSID_StdEvent,
 * CLSID_ManualResetEvent and CLSID_SynchronizeContainer, in this process. A registered class comes
 * first, also before one of the library's own.
 *
 * Of the library's own classes, with an outer object only IID_IUnknown can be asked for; what comes
 * back is not the outer one's. A registered one decides that itself: CoCreateInstance calls
 * IClassFactory::CreateInstance of its class object, and its failures are returned.
 *
 * REGDB_E_CLASSNOTREG  no such class, or not in the context asked for.
 * E_NOINTERFACE        the object has no such interface.
 * CO_E_NOTINITIALIZED  no CoInitialize, on this thread or (multithreaded) on any.
 * E_INVALIDARG         an outer object and another interface than IID_IUnknown; a NULL.
 * E_POINTER            CoCreateInstance: object is NULL.
 *
 * *object is NULL on failure.
 */
WINOLEAPI CoCreateInstance(REFCLSID clsid, LPUNKNOWN outer, DWORD context, REFIID riid,
                           LPVOID *object);
WINOLEAPI CoGetClassObject(REFCLSID clsid, DWORD context, LPVOID reserved, REFIID riid,
                           LPVOID *object);

/* How a class object is registered. */
typedef enum tagREGCLS {
    REGCLS_SINGLEUSE = 0,
    REGCLS_MULTIPLEUSE = 1,
    REGCLS_MULTI_SEPARATE = 2,
    REGCLS_SUSPENDED = 4,
    REGCLS_SURROGATE = 8,
    REGCLS_AGILE = 0x10
} REGCLS;

/*
 * Makes an object known as the class object of clsid, to CoGetClassObject and CoCreateInstance in
 * this process, in the contexts that are given; with REGCLS_MULTIPLEUSE also in
 * CLSCTX_INPROC_SERVER. No other process can find it. REGCLS_SINGLEUSE: one CoGetClassObject that
 * succeeds finds it, and no further one. REGCLS_SUSPENDED: none does before CoResumeClassObjects.
 * REGCLS_SURROGATE and REGCLS_AGILE mean nothing.
 *
 * The registration has one reference to the object, until CoRevokeClassObject(*cookie), or until the
 * CoUninitialize, or the end, of the last thread in the apartment: a thread in single-threaded mode
 * is alone in its own. At a thread's end the object is released as self. A class may be registered
 * several times, each time with a cookie of its own; the first that can be found is.
 *
 * E_INVALIDARG         a NULL, or an unknown flag.
 * CO_E_NOTINITIALIZED  as CoGetClassObject.
 * E_OUTOFMEMORY        no memory.
 *
 * Safety: any thread; the object's methods run on threads that call CoGetClassObject, several at
 * once, with no lock held. *cookie is 0 on failure, which is no cookie.
 */
WINOLEAPI CoRegisterClassObject(REFCLSID clsid, LPUNKNOWN object, DWORD context, DWORD flags,
                                LPDWORD cookie);

/*
 * Takes the class object out again, once, and releases the registration's reference: here, or on a
 * thread that is just asking the object for an interface in CoGetClassObject. Any thread may.
 *
 * E_INVALIDARG         no cookie of a registration that is there.
 * CO_E_NOTINITIALIZED  as CoGetClassObject.
 *
 * Safety: any thread.
 */
WINOLEAPI CoRevokeClassObject(DWORD cookie);

/* All class objects that are registered now are not found any more; and are found again, those that
 * were registered suspended too. S_OK. Safety: any thread. */
WINOLEAPI CoSuspendClassObjects(void);
WINOLEAPI CoResumeClassObjects(void);

/* A count of what keeps a server running: up and down, and what it is then. When it comes down to 0
 * all class objects are suspended, in the same step. At 0 it stays. Safety: any thread. */
WINOLEAPI_(ULONG) CoAddRefServerProcess(void);
WINOLEAPI_(ULONG) CoReleaseServerProcess(void);

/*
 * What an object aggregates to be called from every apartment without a proxy. There is one
 * apartment here, so that holds for every object already: the marshaler has no IMarshal, and is an
 * IUnknown of its own, with one reference, to be released with the object. outer may be NULL.
 *
 * E_INVALIDARG   marshaler is NULL.
 * E_OUTOFMEMORY  no memory.
 */
WINOLEAPI CoCreateFreeThreadedMarshaler(LPUNKNOWN outer, LPUNKNOWN *marshaler);

/* What waits accept (Y-21). Of these only COWAIT_WAITALL has a meaning outside a message loop. */
typedef enum tagCOWAIT_FLAGS {
    COWAIT_DEFAULT = 0,
    COWAIT_WAITALL = 1,
    COWAIT_ALERTABLE = 2,
    COWAIT_INPUTAVAILABLE = 4,
    COWAIT_DISPATCH_CALLS = 8,
    COWAIT_DISPATCH_WINDOW_MESSAGES = 0x10
} COWAIT_FLAGS;

/*
 * WaitForMultipleObjects with COM's results (Y-18): for any of the events, or with COWAIT_WAITALL
 * for all of them. Without CoInitialize too; in every thread it blocks (Y-19). *index is what was
 * taken, 0 for all and on every failure. The arguments are checked in the order of this list; the
 * last error is of no meaning.
 *
 * E_INVALIDARG       index is NULL, handles is NULL, or an unknown flag (Y-21).
 * RPC_E_NO_SYNC      no handles.
 * E_INVALIDARG       more than MAXIMUM_WAIT_OBJECTS.
 * E_HANDLE           not an open handle of an event.
 * E_ACCESSDENIED     one without SYNCHRONIZE.
 * E_INVALIDARG       COWAIT_WAITALL, and an event is there twice.
 * RPC_S_CALLPENDING  the time is over (Y-02).
 * E_OUTOFMEMORY      no memory.
 */
WINOLEAPI CoWaitForMultipleHandles(DWORD flags, DWORD milliseconds, ULONG count, LPHANDLE handles,
                                   LPDWORD index);

/* ---- the call that this thread serves -------------------------------------------------------- */

/*
 * The context of the call on this thread: what CoSwitchCallContext put there, or else the current
 * guise call's IServerSecurity and ICancelMethodCalls, also after that has completed. One
 * reference.
 *
 * RPC_E_CALL_COMPLETE  there is none: no frame, and nothing switched to (S-02).
 * E_NOINTERFACE        it lacks the interface.
 * E_INVALIDARG         a NULL.
 * E_OUTOFMEMORY        no memory.
 */
WINOLEAPI CoGetCallContext(REFIID riid, void **object);

/*
 * Makes another object the context of this thread, or with NULL none, until this is called again or
 * the frame ends, which puts back what was there before it (S-04). No reference is taken, so the
 * caller keeps the object; and *old, NULL if there was none, is not to be released. An object with
 * an IServerSecurity of its own is what a unit test needs to be a client's server.
 *
 * E_INVALIDARG   old is NULL.
 * E_OUTOFMEMORY  no memory; nothing has changed.
 */
WINOLEAPI CoSwitchCallContext(IUnknown *context, IUnknown **old);

/*
 * CoGetCallContext, the method of its IServerSecurity, Release (S-09): they fail as any of these,
 * but need no memory for the current call's own.
 * If CoImpersonateClient fails the thread keeps its identity; to go on then is to serve the
 * client as the server (S-24). CoRevertToSelf needs a context too (S-23); a thread without one
 * reverts through the IServerSecurity that it impersonated with.
 */
WINOLEAPI GUISE_MUST_USE CoImpersonateClient(void);
WINOLEAPI CoRevertToSelf(void);

/*
 * Every argument may be NULL; imp_level must be (S-31). *server_principal is the caller's, to be
 * freed with CoTaskMemFree; *privileges is the client's name, an OLECHAR string to be read only and
 * lent as long as the call lives, or NULL: not authenticated, anonymous or nameless (X-10, S-36).
 * On failure both are NULL and the rest is as it was (S-34).
 */
WINOLEAPI CoQueryClientBlanket(DWORD *authn_service, DWORD *authz_service,
                               OLECHAR **server_principal, DWORD *authn_level, DWORD *imp_level,
                               RPC_AUTHZ_HANDLE *privileges, DWORD *capabilities);

/* ---- the calls that this thread makes -------------------------------------------------------- */

/*
 * The security of a proxy's calls: QueryInterface of the proxy for IClientSecurity, the method of
 * that with the same arguments, Release. They fail as any of these. Only a program's own proxies
 * have that interface: an object that lives in the process is called and not proxied.
 * *copy is NULL on failure.
 *
 * E_NOINTERFACE  the object is no proxy that can be told.
 * E_INVALIDARG   proxy or copy is NULL.
 */
WINOLEAPI CoQueryProxyBlanket(IUnknown *proxy, DWORD *authn_service, DWORD *authz_service,
                              LPOLESTR *server_principal, DWORD *authn_level, DWORD *imp_level,
                              RPC_AUTH_IDENTITY_HANDLE *auth_info, DWORD *capabilities);
WINOLEAPI CoSetProxyBlanket(IUnknown *proxy, DWORD authn_service, DWORD authz_service,
                            OLECHAR *server_principal, DWORD authn_level, DWORD imp_level,
                            RPC_AUTH_IDENTITY_HANDLE auth_info, DWORD capabilities);
WINOLEAPI CoCopyProxy(IUnknown *proxy, IUnknown **copy);

/* ---- cancellation ---------------------------------------------------------------------------- */

/*
 * Has the client of this thread's call asked for it to be cancelled? CoGetCallContext, TestCancel,
 * Release: it fails as any of these, and never says S_OK (K-06, K-07).
 *
 * RPC_E_CALL_CANCELED  asked for.
 * RPC_S_CALLPENDING    not asked for.
 * RPC_E_CALL_COMPLETE  the call has completed and was not cancelled; or there is none.
 * E_NOINTERFACE        a context that cannot be cancelled.
 */
WINOLEAPI CoTestCancel(void);

/*
 * The objects that stand for the synchronous calls a thread is making, innermost on top. The
 * library puts none there, as it makes no such calls; code that makes its own does.
 *
 * CoSetCancelObject puts one up on this thread, with one reference to its ICancelMethodCalls, or
 * with NULL takes the last one down and releases it. Those that a thread leaves are released at its
 * end. So long as another thread's CoCancelCall is in the top object's Cancel, it can do neither:
 * when it was taken down, no Cancel is under way in it, and none will come (K-10). To be refused is
 * to try again, after the call has ended that the Cancel may be waiting for.
 *
 * E_ACCESSDENIED  another thread's Cancel is under way in the top object; nothing has changed.
 * E_NOINTERFACE   it has no ICancelMethodCalls (or what else its QueryInterface said); or NULL, and
 *                 there was none to take down.
 * E_OUTOFMEMORY   no memory, or the thread is at its end.
 */
WINOLEAPI CoSetCancelObject(IUnknown *object);

/*
 * The innermost object of the thread of this number (GetCurrentThreadId), 0 the calling one (K-09).
 *
 * E_NOINTERFACE  it has none, or not that interface; or there is no such thread.
 * E_INVALIDARG   a NULL.
 */
WINOLEAPI CoGetCancelObject(DWORD thread, REFIID riid, void **object);

/*
 * Cancel of that object; its result, or E_NOINTERFACE if there is none (K-08). No lock is held, and
 * the object stays until Cancel returns. seconds as ICancelMethodCalls::Cancel takes them.
 *
 * CO_E_CANCEL_DISABLED  there is an object, but that thread has not enabled cancellation (K-11);
 *                       Cancel is not called.
 */
WINOLEAPI CoCancelCall(DWORD thread, ULONG seconds);

/*
 * May CoCancelCall cancel what this thread puts up? Not in the beginning; after that counted
 * (K-11). Neither CoInitialize nor CoUninitialize changes the count.
 *
 * CO_E_CANCEL_DISABLED  disabling: there is nothing to undo, and nothing changes.
 * E_INVALIDARG          reserved is not NULL.
 * E_OUTOFMEMORY         enabling: 2^32 - 1 times already.
 */
WINOLEAPI CoEnableCallCancellation(LPVOID reserved);
WINOLEAPI CoDisableCallCancellation(LPVOID reserved);

/* ---- memory, and GUIDs as text --------------------------------------------------------------- */

/* 0 bytes are an allocation like any other. */
WINOLEAPI_(LPVOID) CoTaskMemAlloc(SIZE_T size);
/* NULL allocates; 0 bytes free, and give NULL. On failure the memory stays as it was. */
WINOLEAPI_(LPVOID) CoTaskMemRealloc(LPVOID memory, SIZE_T size);
WINOLEAPI_(void) CoTaskMemFree(LPVOID memory);

/* "{00000000-0000-0000-C000-000000000046}". The number of characters with the final 0, which is 39;
 * 0 if there is no room for them. */
WINOLEAPI_(int) StringFromGUID2(REFGUID guid, LPOLESTR string, int room);
/* NULL gives IID_NULL. E_INVALIDARG for another length than 38, CO_E_IIDSTRING for another form;
 * the IID is then IID_NULL too. */
WINOLEAPI IIDFromString(LPCOLESTR string, LPIID iid);

/* The same text in memory of the caller's own, to be freed with CoTaskMemFree; *string is NULL on
 * failure. E_INVALIDARG: a NULL. E_OUTOFMEMORY: no memory. Safety: any thread. */
WINOLEAPI StringFromIID(REFIID iid, LPOLESTR *string);
WINOLEAPI StringFromCLSID(REFCLSID clsid, LPOLESTR *string);
/* NULL gives CLSID_NULL. CO_E_CLASSSTRING for everything but the text of a GUID: there are no
 * ProgIDs; the CLSID is then CLSID_NULL too. E_INVALIDARG: clsid is NULL. Safety: any thread. */
WINOLEAPI CLSIDFromString(LPCOLESTR string, LPCLSID clsid);

/*
 * A GUID that no other call, here or elsewhere, returns: 122 bits from the system's generator of
 * random numbers (version 4). Opens no file, so it may be called as the client too.
 *
 * E_INVALIDARG  guid is NULL.
 * E_FAIL        the system gives no random numbers; *guid is GUID_NULL.
 *
 * Safety: any thread.
 */
WINOLEAPI CoCreateGuid(GUID *guid);

#endif
