/* SPDX-License-Identifier: MIT */
/*
 * A queue brings completed calls to a thread of the program's own: one descriptor, and one wait, for any
 * number of calls. The library calls no function of the program for it.
 *
 *     guise_call_notify(call, queue, connection);              once, before the call completes
 *     ...
 *     guise_queue_take_calls(queue, GUISE_INFINITE, calls, 64, &count);
 *     reply(guise_call_tag(calls[0]), calls[0]);
 *     guise_call_unref(calls[0]);
 *
 * Lifetime: counted. A call does not keep its queue alive. With the queue's last reference the calls in it
 * are dropped, and those that complete later complete as without a queue.
 *
 * fork: what the parent asked for never arrives in the child's copy. What was in the queue can be taken
 * there, but for what a thread of the parent was taking; that changes nothing in the parent, its descriptor
 * included.
 */
#ifndef GUISE_QUEUE_H
#define GUISE_QUEUE_H

#include <guise/call.h>
#include <guise/signal.h>

GUISE_BEGIN_DECLS

typedef struct guise_queue guise_queue;

/*
 * Makes an empty queue.
 *
 * GUISE_E_INVALID_ARGUMENT  out is NULL.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_queue_create(guise_queue **out);

/* One more reference; returns the queue. NULL gives NULL. At most 2,147,483,647 (2^31 - 1) at a time; one
 * more ends the process. Safety: any thread that owns a reference. */
GUISE_API guise_queue *guise_queue_ref(guise_queue *queue);

/* One reference less. The last one drops the calls in the queue; their destructors run as self. NULL
 * is fine. Safety: any thread. */
GUISE_API void guise_queue_unref(guise_queue *queue);

/*
 * A descriptor that is readable while there is something to take; it may be readable for a moment longer,
 * and is not for a moment in which another thread has emptied the queue and a call comes. For poll and epoll
 * only. It belongs to the queue, and is closed with it.
 *
 * GUISE_E_INVALID_ARGUMENT  queue or out is NULL.
 * GUISE_E_OUT_OF_RESOURCES  No descriptor is left.
 *
 * Safety: any thread that owns a reference. *out is -1 on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_queue_fd(guise_queue *queue, int *out);

/*
 * Has the call put into the queue when it completes, with whatever result: before it is announced, so a
 * thread that saw the announcement finds it there or taken. The queue holds a reference to the call
 * until it is taken. This is the call's completion function: there is only one. tag is the program's,
 * for guise_call_tag.
 *
 * GUISE_E_CALL_COMPLETE     The call has completed.
 * GUISE_E_UNEXPECTED        The call has a completion function or a queue already.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 * GUISE_E_INVALID_ARGUMENT  call or queue is NULL.
 *
 * Safety: any thread that owns a reference to both. Nothing changes on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_call_notify(guise_call *call, guise_queue *queue,
                                                        void *tag);

/* The tag that guise_call_notify was given; NULL before that, after it failed, and for NULL. Safety: any
 * thread that owns a reference. */
GUISE_API void *guise_call_tag(const guise_call *call);

/*
 * Takes at most max completed calls out of the queue, in the order of their completion. Waits until
 * there is one, for at most timeout_ms (signal.h); 0 does not wait. Each call comes with a reference, which
 * the caller drops.
 *
 * GUISE_E_TIMEOUT           There was none in that time.
 * GUISE_E_INVALID_ARGUMENT  An argument is NULL, or max is 0.
 *
 * Safety: any thread that owns a reference; several may take at the same time, and each call is taken
 * once. *count is 0 and calls unchanged on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_queue_take_calls(guise_queue *queue,
                                                             uint32_t timeout_ms,
                                                             guise_call **calls, size_t max,
                                                             size_t *count);

GUISE_END_DECLS

#endif
