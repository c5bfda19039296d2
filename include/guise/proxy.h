/* SPDX-License-Identifier: MIT */
/*
 * The client's side. A proxy is a handle to an object, with a blanket of its own. A request is COM's call
 * object: made from a proxy, used for one call at a time, again and again.
 *
 *     guise_proxy_create(object, &proxy);
 *     guise_request_create(proxy, &request);
 *     guise_request_begin(request, READ, &in, sizeof in);              Begin_
 *     ...
 *     guise_request_finish(request, READ, &out, sizeof out, GUISE_INFINITE, &result);   Finish_
 *
 * Which identity the server sees is settled inside Begin_, on the thread that calls it, and never looked at
 * again (C-20, C-21). What the client may do after Begin_ does not depend on the server.
 *
 * No function here calls back. Completion is waited for or polled by a thread of the client's own, so the
 * client's code never runs inside Begin_, on a thread of the server's, or with another identity.
 *
 * A request's deadline needs no thread: every function of the request notices that it has passed, and so does
 * a thread that waits in one. The completion signal is set when it is noticed.
 *
 * fork: a child has copies. A request that was pending in the parent is complete in the child, with
 * GUISE_E_DISCONNECTED, because the threads that serve it are the parent's (E-05). A request for which another
 * thread of the parent was inside Begin_ stays in use in the child: it can only be dropped there.
 */
#ifndef GUISE_PROXY_H
#define GUISE_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <guise/object.h>
#include <guise/signal.h>

GUISE_BEGIN_DECLS

typedef struct guise_proxy guise_proxy;
typedef struct guise_request guise_request;

/* COM's EOAC bits that may be set in a blanket here (guise_blanket.capabilities); any other is refused, and so
 * are both kinds of cloaking together (C-08, C-18). DEFAULT stands alone. */
#define GUISE_CAP_MUTUAL_AUTH 0x1u /* accepted, no effect */
#define GUISE_CAP_STATIC_CLOAKING 0x20u
#define GUISE_CAP_DYNAMIC_CLOAKING 0x40u
#define GUISE_CAP_DEFAULT 0x800u /* set_blanket: the process's */

/* In guise_proxy_set_blanket and guise_request_set_blanket: work this one out as for a fresh proxy (C-06). A
 * principal is compared with guise_principal_default by address. */
#define GUISE_AUTHN_SERVICE_DEFAULT 0xFFFFFFFFu
#define GUISE_AUTHZ_SERVICE_DEFAULT 0xFFFFFFFFu
GUISE_API extern const char guise_principal_default[];

/*
 * What this process asks for as a client: authn_level, level and capabilities of the blanket, whose other
 * members are ignored. Once in a process, before its first proxy (C-01). A process that says nothing has
 * CONNECT, IDENTIFY and no capability; authn_level 0 means CONNECT.
 *
 * GUISE_E_INVALID_ARGUMENT  blanket is NULL; its size is too small or an unknown tail is not zero; level is
 *                           DEFAULT or unknown (C-04); authn_level is NONE (C-07) or unknown; a capability
 *                           that is none, or DEFAULT; both kinds of cloaking.
 * GUISE_E_TOO_LATE          It was said before, or the process has made a proxy.
 *
 * Safety: any thread. Nothing changes on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_client_defaults(const guise_blanket *blanket);

/*
 * Makes a proxy. Its blanket has the object's service and principal, the higher authn level of the process's
 * and the object's, and the process's level and capabilities (C-05), without cloaking for Schannel (C-08). An
 * object that is disconnected has proxies too.
 *
 * GUISE_E_INVALID_ARGUMENT  object or out is NULL.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Lifetime: the proxy keeps a reference to the object. Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_proxy_create(guise_object *object, guise_proxy **out);

/* Makes a private proxy for the same object, with a fresh blanket as guise_proxy_create makes it: not that of
 * the original, and no fixed identity (C-09). Results and safety as guise_proxy_create. */
GUISE_API GUISE_MUST_USE guise_result guise_proxy_copy(const guise_proxy *proxy, guise_proxy **out);

/* One more reference; returns the proxy. NULL gives NULL. At most 2,147,483,647 (2^31 - 1) at a time; one more
 * ends the process. Safety: any thread that owns a reference. */
GUISE_API guise_proxy *guise_proxy_ref(guise_proxy *proxy);

/* One reference less; the last one drops the object's. NULL is fine. Safety: any thread. */
GUISE_API void guise_proxy_unref(guise_proxy *proxy);

/*
 * The blanket, with everything worked out (C-12); server_principal is NULL if there is none. The caller sets
 * out->size; the string lives until the next set_blanket of the same proxy. An explicit identity cannot be
 * asked for.
 *
 * GUISE_E_INVALID_ARGUMENT  proxy or out is NULL, or out->size is too small.
 *
 * Safety: any thread that owns a reference. Everything but size is zero on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_proxy_query_blanket(const guise_proxy *proxy,
                                                                guise_blanket *out);

/*
 * Assigns a blanket, for every user of this proxy; it negotiates nothing (C-06). Of two at the same time one
 * wins whole (C-11). Calls that are pending keep what they were begun with (C-10), and so do requests that
 * exist (C-22). authn_level 0 and level DEFAULT are worked out as for a fresh proxy; a NULL principal keeps
 * the one before (C-13).
 *
 * The identity is set anew each time (C-15):
 *   no cloaking           the process's, or as: an identity of the program's own, COM's pAuthInfo; copied
 *   STATIC_CLOAKING       that of the calling thread now: the token in its slot, else the process's
 *   DYNAMIC_CLOAKING      that of the thread that calls Begin_, then
 * CAP_DEFAULT is whichever of these the process asks for.
 *
 * GUISE_E_INVALID_ARGUMENT  proxy or blanket is NULL; its size is too small or an unknown tail is not zero;
 *                           a level that is none; authn_level NONE with a service (C-07); a capability that
 *                           cannot be set here; both kinds of cloaking; cloaking with Schannel, or together
 *                           with as (C-08).
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 * GUISE_E_NO_PROVIDER, GUISE_E_ACCESS_DENIED, GUISE_E_OUT_OF_RESOURCES
 *                           The process's identity could not be had, for static cloaking: no provider was
 *                           chosen; this thread is not self; no thread-local key is left.
 *
 * Safety: any thread that owns a reference. Nothing changes on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_proxy_set_blanket(guise_proxy *proxy,
                                                              const guise_blanket *blanket,
                                                              const guise_token *as);

/* The same for a request, whose blanket is its own; set_blanket is about its next Begin_ (C-22). */
GUISE_API GUISE_MUST_USE guise_result guise_request_query_blanket(const guise_request *request,
                                                                  guise_blanket *out);
GUISE_API GUISE_MUST_USE guise_result guise_request_set_blanket(guise_request *request,
                                                                const guise_blanket *blanket,
                                                                const guise_token *as);

/*
 * Makes an idle request, with the proxy's blanket and fixed identity of this moment (C-22). Where the process
 * asked for static cloaking and no blanket was set since, the request's first Begin_ fixes its identity, for
 * that request only (C-15).
 *
 * GUISE_E_INVALID_ARGUMENT  proxy or out is NULL.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Lifetime: the request keeps a reference to the object, not to the proxy. Safety: any thread that owns a
 * reference. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_request_create(guise_proxy *proxy, guise_request **out);

/* One more reference; returns the request. NULL gives NULL. At most 2,147,483,647 (2^31 - 1) at a time; one
 * more ends the process. Safety: any thread that owns a reference. */
GUISE_API guise_request *guise_request_ref(guise_request *request);

/* One reference less. The last one abandons what is pending: cancels nothing, the server runs to the call's
 * end, and its results are released. NULL is fine. Safety: any thread that holds no lock which the
 * method's release functions take. */
GUISE_API void guise_request_unref(guise_request *request);

/*
 * Begin_: copies in, settles which identity calls, and hands the call to the object's executor. It waits for
 * no other thread. An object without an executor runs the method in here.
 *
 * The client of the call is the identity that the blanket says, at the lower level of the blanket's and its
 * own. On failure no code of the server has run, and the request is what it was:
 * GUISE_E_INVALID_ARGUMENT  request is NULL; no such method; another in_size than the method's; in is NULL and
 *                           in_size is not 0.
 * GUISE_E_CALL_PENDING      The request is in use: until Finish_, after a cancel too (A-13, K-02).
 * GUISE_E_DISCONNECTED      The object is disconnected, or its pool is closed.
 * GUISE_E_ACCESS_DENIED     The blanket's authn level is below the object's (C-03); or the process's identity
 *                           is to be presented, and this thread is not self.
 * GUISE_E_BAD_LEVEL         The call is cloaked with a token below IMPERSONATE (C-17).
 * GUISE_E_OUT_OF_RESOURCES  The executor is full: finish some first.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 * GUISE_E_NO_PROVIDER       No provider was chosen.
 * Others                    A failure of copy_in or of a program's executor.
 *
 * Safety: any thread that owns a reference and holds no lock that copy_in, the executor or the method takes.
 */
GUISE_API GUISE_MUST_USE guise_result guise_request_begin(guise_request *request, uint32_t method,
                                                          const void *in, size_t in_size);

/*
 * Each later call of the request is given up so long after its Begin_ (K-14), when a function of the request
 * notices it; until then a job that waits may still be begun. It is cancelled as
 * by guise_request_cancel, and complete for the client with GUISE_E_TIMEOUT. guise_request_is_canceled then is
 * true, and guise_request_cancel says GUISE_E_CALL_COMPLETE. GUISE_INFINITE, the default: never.
 *
 * GUISE_E_INVALID_ARGUMENT  request is NULL or timeout_ms is 0.
 *
 * Safety: any thread that owns a reference.
 */
GUISE_API GUISE_MUST_USE guise_result guise_request_set_deadline(guise_request *request,
                                                                 uint32_t timeout_ms);

/*
 * Waits until the call is complete for the client: answered, cancelled, or out of time. timeout_ms as in
 * signal.h. A method that waits for the request which called it, here, in Finish_ or in a cancel, waits for
 * itself until its time is over.
 *
 * GUISE_E_CALL_PENDING      The time is over; or the call's own completion function waits.
 * GUISE_E_CALL_COMPLETE     Nothing was begun, or another thread has finished it.
 * GUISE_E_INVALID_ARGUMENT  request is NULL.
 *
 * Safety: any thread that owns a reference.
 */
GUISE_API GUISE_MUST_USE guise_result guise_request_wait(guise_request *request,
                                                         uint32_t timeout_ms);

/*
 * Finish_: waits as guise_request_wait, copies out, and makes the request idle.
 *
 * GUISE_OK: finished, and *result is the call's own: that of the server, GUISE_E_CALL_CANCELED (K-04) or
 * GUISE_E_TIMEOUT. out is written where *result is no failure, else it is zeroed.
 *
 * Anything else: not finished, and nothing was changed, *result and out included. Another method is refused
 * at once, with any time-out.
 * GUISE_E_CALL_PENDING      The time is over, 0 polls; or the call's own completion function finishes it.
 * GUISE_E_CALL_COMPLETE     Nothing was begun, or another thread has finished it.
 * GUISE_E_UNEXPECTED        Another method was begun.
 * GUISE_E_INVALID_ARGUMENT  request or result is NULL; out is NULL and out_size is not 0; another out_size
 *                           than the method's.
 *
 * Safety: any thread that owns a reference and holds no lock which the method's release functions take.
 */
GUISE_API GUISE_MUST_USE guise_result guise_request_finish(guise_request *request, uint32_t method,
                                                           void *out, size_t out_size,
                                                           uint32_t timeout_ms,
                                                           guise_result *result);

/*
 * Cancel: asks the server, waits so long for its answer, and then unblocks the client in any case
 * (K-03, K-05). A job that no thread has begun never runs, and is cancelled at once. A call
 * that the server holds stays good until the server completes it, also after cancel and Finish_ (K-12). Finish_
 * has to follow (K-02).
 *
 * GUISE_OK                  Given up: Finish_ says GUISE_E_CALL_CANCELED (K-04).
 * GUISE_E_CALL_CANCELED     It was given up by a cancel before.
 * GUISE_E_CALL_COMPLETE     It was answered, in that time or before, or is out of time; or nothing was begun.
 * GUISE_E_INVALID_ARGUMENT  request is NULL.
 *
 * Safety: any thread that owns a reference.
 */
GUISE_API GUISE_MUST_USE guise_result guise_request_cancel(guise_request *request,
                                                           uint32_t timeout_ms);

/* Was the server asked to cancel the call, or did its deadline pass, with any result (K-13)? Stays as it is
 * until the next Begin_. false for NULL. Safety: any thread that owns a reference. */
GUISE_API bool guise_request_is_canceled(const guise_request *request);

/*
 * A manual signal for containers and event loops, one for each request: clear before the first Begin_ and from
 * each Begin_ on, set when the call is complete for the client, and still set after Finish_. To set or
 * reset it changes nothing else: Finish_ waits for the call itself. Made when first asked for; borrowed
 * from the request.
 *
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 * GUISE_E_INVALID_ARGUMENT  request or out is NULL.
 *
 * Safety: any thread that owns a reference. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_request_completion(guise_request *request,
                                                               guise_signal **out);

GUISE_END_DECLS

#endif
