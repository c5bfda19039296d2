/* SPDX-License-Identifier: MIT */
/* Where COM's names meet Guise's own. */
#ifndef GUISE_COM_GUISECOM_H
#define GUISE_COM_GUISECOM_H

#include <guise/call.h>

#include "objbase.h"

/*
 * The IServerSecurity of a call: the same object for every caller, so long as the call lives. It is
 * bound to this call and never reaches the client of another. It is valid on any thread;
 * after the call has completed only RevertToSelf, IsImpersonating and IUnknown's methods still
 * work, the others say RPC_E_CALL_COMPLETE (S-05, S-06, X-08).
 *
 * It is the call's ICancelMethodCalls too (K-01), valid as it is. Cancel asks for the call to be
 * cancelled, and waits so many seconds for it to complete and its completion function to return:
 * 0 never, RPC_C_CANCEL_INFINITE_TIMEOUT until it has. The server may look (TestCancel), and may go
 * on (K-05); it can still become the client (K-12). A wait on the only thread that could
 * complete the call is in vain. Cancel's results (K-03):
 *
 * S_OK                 asked for; the call was not done in that time.
 * RPC_E_CALL_CANCELED  asked for before; this does not wait.
 * RPC_E_CALL_COMPLETE  it had completed before, or was done in that time.
 *
 * TestCancel never says S_OK (K-06):
 *
 * RPC_E_CALL_CANCELED  asked for, also once the call has completed.
 * RPC_S_CALLPENDING    not asked for.
 * RPC_E_CALL_COMPLETE  completed, and not asked for.
 *
 * Each reference to it is one to the call: if the last owner of an open call calls Release here, the
 * call is completed as by guise_call_unref.
 *
 * E_INVALIDARG   a NULL.
 * E_OUTOFMEMORY  no memory.
 *
 * Safety: any thread that owns a reference to the call. *security is NULL on failure.
 */
WINOLEAPI GuiseGetServerSecurity(guise_call *call, IServerSecurity **security);

/*
 * A handle to a token of the program's own, as an impersonation token, for code that has Win32's
 * names: SetThreadToken, GetTokenInformation, AccessCheck. Access rights and failures are those of
 * OpenThreadToken, except that no slot is involved: at every level it is opened.
 * The way back is SetThreadToken and guise_thread_token.
 *
 * FALSE, last error:
 * ERROR_INVALID_PARAMETER  token or out is NULL.
 * ERROR_PRIVILEGE_NOT_HELD, ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY  as OpenProcessToken.
 *
 * Lifetime: the handle has a reference of its own; the caller's stays the caller's.
 * Safety: any thread that has a reference. *out is NULL on failure.
 */
EXTERN_C GUISE_API BOOL WINAPI GuiseOpenToken(const guise_token *token, DWORD access, PHANDLE out);

/*
 * A method M of an interface IFoo, for GuiseDispatchCall: what a stub is to COM. The functions know
 * where in args, a struct of the transport's own, the arguments are. They only pass them on: call
 * those of M; begin those of Begin_M, which are the [in] ones; finish those of Finish_M, the [out]
 * ones. object is the interface named by iid (call) or async_iid (begin, finish), lent.
 */
typedef struct GUISE_METHOD {
    const IID *iid;       /* of IFoo */
    const IID *async_iid; /* of AsyncIFoo; NULL: there is none, and begin and finish are not used */
    HRESULT (*call)(IUnknown *object, void *args);
    HRESULT (*begin)(IUnknown *async_object, void *args);
    HRESULT (*finish)(IUnknown *async_object, void *args);
} GUISE_METHOD;

/*
 * Serves a call with a method of a COM object, here and now: asynchronously if the object has a
 * call object for the interface, else synchronously, however the client has called.
 *
 * Asynchronously: the server's ICallFactory makes its call object with CreateCall(async_iid, outer,
 * IID_IUnknown), as part of an object of this library, and Begin_M runs in a frame of the call
 * (guise/call.h). The server is done when it calls Signal on the ISynchronize that it gets from its
 * call object, or from outer, by QueryInterface: in Begin_M, after it, before it has returned, from
 * any thread. Signal
 *   1. completes the call: from now on no thread becomes its client (N-01);
 *   2. releases the waiters of that ISynchronize, which learn no more than that;
 *   3. runs Finish_M, once, on the thread that signals, as self, in a frame of the completed call:
 *      the call context is there, impersonation is refused, and tokens put on before are back when
 *      Signal returns (N-02). It may wait on its ISynchronize, and signal once more, but must not
 *      need a lock that is held around Signal. As in a completion function, cancellation is off;
 *   4. makes what Finish_M returned the call's result, and runs the completion function.
 * Signal again, also from elsewhere meanwhile, does nothing but set the event, and does not wait
 * for Finish_M. It is always S_OK. Reset is about the event only: it reopens nothing (L-4).
 * Before Begin_M runs there is nothing to complete: Signal is about the event only, too.
 *
 * After a Begin_M that succeeded the call keeps its call object, and the server, until it is completed:
 * a worker may use a plain pointer to the call object until its Signal has returned, and needs a
 * reference only for what it does there after that. What the server releases completes
 * nothing, and a transport that has lost its client only drops its references: the server goes on
 * and its Signal ends it. If the server never signals, call, call object and server stay
 * until guise_call_complete, which any thread with a reference to the call may call.
 *
 * The call is completed without Finish_M when Begin_M fails before it has signaled, with its result
 * when the server's code is left by pthread_exit, cancellation or an exception, with
 * RPC_E_SERVERFAULT, which is also the result if Finish_M is left so; and by
 * guise_call_complete, which is for transports that give up. Its thread then releases the call
 * object, as self, after the completion function and before the call is announced; a server that is
 * still at work must have a reference of its own by then. A transport that cannot know that does not
 * give up, but cancels (guise_call_cancel) and drops its references (docs/com.md). In a forked child
 * Signal does not run Finish_M, and completes the child's copy of the call with RPC_E_DISCONNECTED.
 *
 * Synchronously: M runs in a frame of the call, and its result is the call's as soon as that frame
 * has ended (N-07).
 *
 * Every part of the server runs as the process's own self, also if the calling thread was a client
 * before, and until it impersonates the client itself. The transport learns the result, and that
 * the [out] arguments are in args, from the completion function (guise_call_on_complete), which it registers
 * before; with S_OK or another success they are there.
 *
 * Calls with an authentication level below CoInitializeSecurity's are refused (C-03); if that has
 * not been called yet it is too late from now on, and the level is CONNECT (C-01). CoInitialize is
 * not needed.
 *
 * Returns what Begin_M or M returned, success codes too. If neither ran the call has completed with
 * the failure that is returned, and the server saw at most QueryInterface and CreateCall:
 * RPC_E_ACCESS_DENIED  the authentication level.
 * E_NOINTERFACE        the server has not got the interface, or its call object has not got the
 *                      asynchronous one.
 * E_UNEXPECTED         CreateCall made nothing, or an object that cannot be part of another.
 * E_OUTOFMEMORY        no memory.
 * others               what QueryInterface or CreateCall failed with, if not E_NOINTERFACE.
 * And in these cases nothing was done:
 * RPC_S_CALLPENDING    the call is dispatched already.
 * RPC_E_CALL_COMPLETE  the call has completed.
 * E_INVALIDARG         a NULL: call, server, method, its iid or call; with async_iid also begin or
 *                      finish.
 * E_ACCESSDENIED, E_OUTOFMEMORY as guise_call_dispatch.
 *
 * Lifetime: the caller keeps its reference to the call, and one to the server until this returns.
 * *method is copied; the two IIDs must stay. args is the caller's, and must stay until the call is
 * announced (guise_call_wait, guise_call_completion) or its completion function runs: Finish_M
 * writes there. After a failure of Begin_M nothing is written.
 * Safety: any thread that owns a reference to the call, in a frame or not.
 */
WINOLEAPI GuiseDispatchCall(guise_call *call, IUnknown *server, const GUISE_METHOD *method,
                            void *args);

/*
 * Are these bytes a security descriptor in self-relative form, valid, and all of it within them?
 * For one that came from outside: the SDK's own functions know no size, and believe its offsets. A
 * function that then gets it reads nothing outside these bytes, as long as they do not change.
 * FALSE for NULL too. Leaves the last error alone.
 *
 * Safety: any thread.
 */
EXTERN_C GUISE_API BOOL WINAPI GuiseIsValidRelativeDescriptor(LPCVOID bytes, DWORD size);

#endif
