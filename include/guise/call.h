/* SPDX-License-Identifier: MIT */
/*
 * A call is one request of one client, seen from the server. It is one-shot: created when the
 * request has arrived, dispatched once (Begin_), continued on any number of threads, completed
 * once (Signal), and gone with its last reference.
 *
 * Two boundaries, never merged:
 *   B1  Signal on the call has completed: no thread can become its client any more (N-01).
 *   B2  the function that a frame runs returns: the client's token comes off that thread (N-02).
 *
 * A frame is one activation of a call on one thread. Every frame starts with an empty slot and as
 * the process's own self, independent of what the thread was before, and when it ends the thread is what it
 * was before, independent of what happened in between (S-14, S-17, L-6). A frame also ends, and the token
 * comes off, when the function is left by pthread_exit, by deferred cancellation or, where libc
 * unwinds the stack for those (glibc), by a C++ exception. If the stack could not be unwound to the
 * frame, because a function in between was compiled without unwind tables (C code on armhf and
 * riscv64, unless compiled with -funwind-tables), the frame ends when the thread's destructors run,
 * in the same way; cleanup handlers of functions further out run before that, as the client. Leaving
 * a frame by longjmp, and asynchronous cancelability, are not supported; the process ends if the
 * library notices it.
 *
 * Lifetime: counted. A frame and a completion in progress keep their call alive. Where one of them ends
 * with the last reference, everything that goes with the call is freed, and its destructors run, while
 * the thread is self: before an outer client comes back.
 *
 * If a thread cannot be made itself again the process ends (L-7): one line on standard error,
 * then SIGABRT, with no handler run.
 *
 * No function here is a cancellation point, guise_call_wait included; the functions that you pass may
 * call ones that are. A thread that has to be ended while it waits uses a time-out, or waits for two
 * signals in a container: that of guise_call_completion and one that the program sets to end it.
 */
#ifndef GUISE_CALL_H
#define GUISE_CALL_H

#include <stdbool.h>

#include <guise/context.h>
#include <guise/signal.h>

GUISE_BEGIN_DECLS

typedef struct guise_call guise_call;

/* The function that a frame runs. A negative result is a failure. */
typedef guise_result guise_begin_fn(guise_call *call, void *arg);

/* The reply: called once, when the call has completed, with its result. */
typedef void guise_complete_fn(guise_call *call, guise_result result, void *arg);

/*
 * Makes a call for a request of this client; one allocation.
 *
 * GUISE_E_INVALID_ARGUMENT  client or out is NULL.
 * GUISE_E_ACCESS_DENIED     The end of the context's validity is over (I-18).
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 * GUISE_E_OUT_OF_RESOURCES  This is the process's first call, and no thread-local key is left.
 *
 * Lifetime: the call keeps a reference to the context; the caller may drop its own (V-45).
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_create(guise_context *client, guise_call **out);

/*
 * One more reference; returns the call. NULL gives NULL.
 *
 * A call has at most 2,097,151 (2^21 - 1) references at a time, and each of its frames that runs counts
 * as one. One more ends the process (L-7), because a count that wraps would free a call in use.
 */
GUISE_API guise_call *guise_call_ref(guise_call *call);

/*
 * One reference less. NULL is fine. If it is the last and the call is open, this completes it
 * with GUISE_E_DISCONNECTED in the same step, on this thread, as guise_call_complete
 * does: the completion function may run in here, so hold no lock that it takes. Safety: any thread
 * that owns a reference.
 */
GUISE_API void guise_call_unref(guise_call *call);

/*
 * Registers the reply: fn(call, result, arg) runs exactly once, on the thread that completes the
 * call, after the call has completed and before its waiters are released. It runs as self,
 * in a frame of the completed call, with cancellation disabled: guise_current_call() is this call,
 * impersonating it is refused, guise_call_wait on it says GUISE_E_CALL_PENDING (a wait for its
 * completion signal would never end), and a token that it leaves in the slot is removed. The thread is
 * again what it was when the completing function returns. It may drop the last reference; one it
 * takes keeps the completed call alive. If it ends by pthread_exit or a C++ exception the waiters
 * are released all the same. If it runs because its thread is being unwound already, leaving it by
 * another exception ends the process, as in C++. On a thread that other code has made a user, and
 * that carries no token of the library's, it runs as that user (I-04). It does not run in a forked
 * child of the process that registered it.
 *
 * Of any number of registrations at the same time one succeeds, or all come too late: a
 * registration that is refused with GUISE_E_UNEXPECTED is refused for one that succeeds.
 *
 * GUISE_E_UNEXPECTED        A function is registered already, and stays.
 * GUISE_E_CALL_COMPLETE     The call has completed; fn will not run.
 * GUISE_E_OUT_OF_MEMORY     There is no memory; only if another registration has begun at the same time.
 * GUISE_E_INVALID_ARGUMENT  call or fn is NULL.
 *
 * Safety: any thread that owns a reference.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_on_complete(guise_call *call,
                                                             guise_complete_fn *fn, void *arg);

/*
 * Runs Begin_ here and now: a frame, then B2. Returns the result of begin. A begin that fails, and
 * one that ends by pthread_exit, cancellation or an exception (GUISE_E_SERVER_FAULT), completes the
 * call with that result at B2 if it is still open. One that succeeds without completing
 * the call leaves it open: some other thread completes it later.
 *
 * begin did not run in these cases. It may return the same codes itself; a caller that has to tell them
 * apart lets begin note that it ran.
 * GUISE_E_CALL_PENDING      The call is dispatched already.
 * GUISE_E_CALL_COMPLETE     The call has completed.
 * GUISE_E_ACCESS_DENIED     This thread is not the process's self, and is left as it is (thread.h).
 * GUISE_E_OUT_OF_MEMORY     This is the thread's first frame, or its first one this deep in others, and
 *                           there is no memory to look after it.
 * GUISE_E_INVALID_ARGUMENT  call or begin is NULL.
 *
 * Safety: any thread that owns a reference, in a frame or not.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_dispatch(guise_call *call, guise_begin_fn *begin,
                                                          void *arg);

/*
 * Runs a continuation of the call here and now: a frame, then B2. Any number of times, on any
 * thread, before dispatch too. Returns the result of fn; a failing continuation does not complete the
 * call. After completion it still gives a frame, in which reverting and asking work, but the client
 * cannot be impersonated.
 *
 * GUISE_E_ACCESS_DENIED, GUISE_E_OUT_OF_MEMORY, GUISE_E_INVALID_ARGUMENT as guise_call_dispatch.
 *
 * Safety: any thread that owns a reference, in a frame or not.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_run(guise_call *call, guise_begin_fn *fn,
                                                     void *arg);

/*
 * Signal: B1. Completes the call with GUISE_OK. Once this has returned, anywhere, no impersonation
 * of the client through this call can start (N-01, L-3); once a waiter has seen it, neither (L-2).
 * It changes no thread's token (N-02). Again, or after guise_call_complete: GUISE_OK, no effect
 * . Always GUISE_OK for a call, so the result may be ignored.
 *
 * GUISE_E_INVALID_ARGUMENT  call is NULL.
 *
 * Safety: any thread that owns a reference, in a frame or not; not in a signal handler.
 */
GUISE_API guise_result guise_call_signal(guise_call *call);

/* Signal with a result: the first one wins, a later one is GUISE_OK and has no effect. The result of
 * this function may be ignored, as that of guise_call_signal. */
GUISE_API guise_result guise_call_complete(guise_call *call, guise_result result);

/*
 * The result that the call completed with.
 *
 * GUISE_E_CALL_PENDING      The call has not completed, or the Finish_ of a COM server runs (guisecom.h).
 * GUISE_E_INVALID_ARGUMENT  call or out is NULL.
 *
 * Safety: any thread that owns a reference. *out is GUISE_OK (0) on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_result(const guise_call *call, guise_result *out);

/*
 * A manual signal that is set when the call is announced: after the completion function returned.
 * For containers and event loops. Made when first asked for; borrowed, it lives as long as the call
 * (ref it to keep it longer). Do not reset it: asking for it again would set it again.
 *
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 * GUISE_E_INVALID_ARGUMENT  call or out is NULL.
 *
 * Safety: any thread that owns a reference. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_completion(guise_call *call, guise_signal **out);

/*
 * Waits until the call is announced: it has completed and its completion function has returned
 * with any result. timeout_ms as in signal.h.
 *
 * GUISE_E_CALL_PENDING      The time is over, or the call's own completion function waits.
 * GUISE_E_INVALID_ARGUMENT  call is NULL.
 *
 * Safety: any thread that owns a reference.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_wait(guise_call *call, uint32_t timeout_ms);

/*
 * Requests that the call be cancelled. The server may look at the request; it wakes no thread and takes
 * away no right to impersonate.
 *
 * GUISE_E_CALL_CANCELED     Cancellation was requested before.
 * GUISE_E_CALL_COMPLETE     The call has completed.
 * GUISE_E_INVALID_ARGUMENT  call is NULL.
 *
 * Safety: any thread that owns a reference.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_cancel(guise_call *call);

/* Was cancellation requested? false for NULL. Safety: any thread that owns a reference. */
GUISE_API bool guise_call_is_canceled(const guise_call *call);

/*
 * The blanket the client made the call with. The caller sets out->size; strings are borrowed until
 * the call's last unref. At authentication level NONE it says NONE everywhere.
 *
 * GUISE_E_CALL_COMPLETE     The call has completed.
 * GUISE_E_INVALID_ARGUMENT  call or out is NULL, or out->size is too small.
 *
 * Safety: any thread that owns a reference. Everything but size is zero on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_query_blanket(const guise_call *call,
                                                               guise_blanket *out);

/*
 * Becomes the client of a held call, on this thread only (S-08, S-19). In a frame, or inside
 * guise_run_as, the token comes off when that ends. Elsewhere it stays until guise_revert_to_self
 * or the thread's end, also after the call has completed (S-20), and is counted then (thread.h).
 * Before dispatch it is allowed. The last impersonation wins; one revert undoes any number (S-12).
 *
 * The client's level does not matter here, as in COM: below GUISE_LEVEL_IMPERSONATE it succeeds
 * too. The linux provider then gives the thread a powerless identity, which may still do what every
 * user may; with the emulated provider it changes the slot only. In a frame,
 * guise_impersonate_client_at_least (thread.h) refuses such a client. Elsewhere look at
 * guise_token_level(guise_thread_token()), or leave the decision to guise_token_check_access.
 *
 * On any failure this thread is exactly what it was before (N-04). The first of these that is true:
 * GUISE_E_INVALID_ARGUMENT  call is NULL.
 * GUISE_E_CALL_COMPLETE     The call has completed, before or while this ran (N-01, N-05).
 * GUISE_E_UNSECURE_CALL     The authentication level is NONE.
 * GUISE_E_OUT_OF_MEMORY     This is the thread's first impersonation, and there is no memory to look
 *                           after it.
 * GUISE_E_ACCESS_DENIED     The provider refused, or this thread is not the process's self.
 *
 * Safety: any thread that owns a reference.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_impersonate(guise_call *call);

GUISE_END_DECLS

#endif
