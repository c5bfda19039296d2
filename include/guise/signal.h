/* SPDX-License-Identifier: MIT */
/*
 * A signal is one bit that threads can wait for, with ISynchronize's contract (Y-01 to Y-08): set
 * and reset always succeed, and a waiter that was waiting when it was set is released even if a
 * reset follows at once. A container waits for the first of several signals.
 *
 * A MANUAL signal stays set until it is reset. An AUTO signal releases exactly one wait for each
 * set: if threads wait, one of them is released and the signal stays clear (the longest-waiting of the
 * threads that wait for this signal alone, then of those that wait in containers); otherwise it stays set
 * until the next wait takes it.
 *
 * Lifetime: counted. The caller of a function here owns a reference of its own until it returns. That
 * includes the setter, because a waiter may be released, and drop its reference, before set has returned.
 *
 * Time-outs are in milliseconds on the monotonic clock: 0 asks without waiting, GUISE_INFINITE
 * waits for ever. Interruptions by signal handlers are absorbed. No function here is a cancellation
 * point, so pthread_cancel ends no wait; a thread that may have to end waits for a container with one more
 * signal, which the program sets to end it.
 *
 * fork: a child has copies, for which no thread waits; the parent does not see what the child does to them.
 * Ask for the descriptor again there: the child gets one of its own.
 */
#ifndef GUISE_SIGNAL_H
#define GUISE_SIGNAL_H

#include <guise/result.h>

GUISE_BEGIN_DECLS

#define GUISE_INFINITE 0xFFFFFFFFu

typedef enum guise_signal_kind { GUISE_SIGNAL_MANUAL, GUISE_SIGNAL_AUTO } guise_signal_kind;

typedef struct guise_signal guise_signal;
typedef struct guise_container guise_container;

/*
 * Makes a clear signal.
 *
 * GUISE_E_INVALID_ARGUMENT  out is NULL or the kind is unknown.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_signal_create(guise_signal_kind kind,
                                                          guise_signal **out);

/* One more reference; returns the signal. NULL gives NULL. At most 2,147,483,647 (2^31 - 1) at a time;
 * one more ends the process. */
GUISE_API guise_signal *guise_signal_ref(guise_signal *signal);

/* One reference less; the last one frees it and closes its descriptor. NULL is fine. */
GUISE_API void guise_signal_unref(guise_signal *signal);

/*
 * Sets the signal and releases its waiters. A released thread sees everything that the caller wrote before,
 * also if the signal was set already. Makes no system call unless a thread sleeps or a descriptor was
 * asked for. Always GUISE_OK for a signal (Y-05), so the result may be
 * ignored.
 *
 * GUISE_E_INVALID_ARGUMENT  signal is NULL.
 *
 * Safety: any thread; not in a signal handler.
 */
GUISE_API guise_result guise_signal_set(guise_signal *signal);

/* Clears the signal. Always GUISE_OK for a signal (Y-06), so the result may be ignored;
 * GUISE_E_INVALID_ARGUMENT for NULL. Safety: any thread; not in a signal handler. */
GUISE_API guise_result guise_signal_reset(guise_signal *signal);

/*
 * Waits until the signal is set (Y-01); an AUTO signal is clear again when this succeeds (Y-07).
 *
 * GUISE_E_CALL_PENDING      The time is over (Y-02).
 * GUISE_E_INVALID_ARGUMENT  signal is NULL.
 *
 * Safety: any thread; not in a signal handler.
 */
GUISE_API GUISE_MUST_USE guise_result guise_signal_wait(guise_signal *signal, uint32_t timeout_ms);

/*
 * A descriptor for poll and epoll that is readable while the signal is set: never unreadable once
 * set has returned, and perhaps readable a moment too long. Take the signal with a wait of 0 after
 * poll; with edge-triggered epoll, until that says GUISE_E_CALL_PENDING. Made when first asked for;
 * the same one every time. Poll it only; never read, write or close it: it belongs to the signal
 * and lives as long. CLOEXEC, non-blocking. Where a program closes it all the same, because it closes
 * all descriptors there are, nothing is done to the file that gets its number, and the next call here
 * makes another; that no other thread uses the signal meanwhile is for the program to see to.
 *
 * GUISE_E_INVALID_ARGUMENT  signal or out is NULL.
 * GUISE_E_OUT_OF_RESOURCES  The system has no descriptor left.
 *
 * Safety: any thread. *out is -1 on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_signal_fd(guise_signal *signal, int *out);

/* Makes an empty container. Results as guise_signal_create. */
GUISE_API GUISE_MUST_USE guise_result guise_container_create(guise_container **out);

/* As for signals. The last reference drops the container's references to its signals; no thread may be
 * waiting. */
GUISE_API guise_container *guise_container_ref(guise_container *container);
GUISE_API void guise_container_unref(guise_container *container);

/*
 * Adds a signal; the container keeps a reference. The same signal may be added again and then
 * counts twice.
 *
 * GUISE_E_INVALID_ARGUMENT  container or signal is NULL.
 * GUISE_E_OUT_OF_RESOURCES  The container has 63 signals (Y-13).
 *
 * Safety: any thread, also while others wait: they see the new signal at once.
 */
GUISE_API GUISE_MUST_USE guise_result guise_container_add(guise_container *container,
                                                          guise_signal *signal);

/*
 * Removes a signal; one that was added more than once, the time it was added last (Y-22). When this
 * returns the container's reference is dropped, no wait takes the signal any more, and no set of it
 * releases a wait. Threads that wait go on waiting for the other signals, and for those that are
 * added later; a thread that a set has released before is still told which signal it was.
 *
 * GUISE_E_INVALID_ARGUMENT  container or signal is NULL.
 * GUISE_E_NOT_FOUND         The signal is not in the container.
 *
 * Safety: any thread, also while others wait, set and add. The caller owns a reference to the signal
 * until this returns or, if other threads wait, until they have read the signal that their wait returned.
 */
GUISE_API GUISE_MUST_USE guise_result guise_container_remove(guise_container *container,
                                                             guise_signal *signal);

/*
 * Waits until one of the signals is set and says which (Y-14): among several, the one added first.
 * Waiting takes an AUTO signal as guise_signal_wait does. The signal stays in the container (Y-15).
 * *which is borrowed: it lives as long as it is in the container.
 *
 * GUISE_E_NO_SYNC           The container is empty.
 * GUISE_E_TIMEOUT           The time is over.
 * GUISE_E_INVALID_ARGUMENT  container or which is NULL.
 *
 * Safety: any number of threads. *which is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_container_wait_any(guise_container *container,
                                                               uint32_t timeout_ms,
                                                               guise_signal **which);

GUISE_END_DECLS

#endif
