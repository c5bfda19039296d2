/* SPDX-License-Identifier: MIT */
/*
 * Results: a 32-bit integer with the same bits as the HRESULT of the same meaning.
 * A negative result is a failure. Each code below lists its causes.
 */
#ifndef GUISE_RESULT_H
#define GUISE_RESULT_H

#include <stdint.h>

#include <guise/export.h>

GUISE_BEGIN_DECLS

typedef int32_t guise_result;

#ifdef __cplusplus
#define GUISE_RESULT(bits) (static_cast<guise_result>(bits))
#else
#define GUISE_RESULT(bits) ((guise_result)(bits))
#endif

/* Success. */
#define GUISE_OK GUISE_RESULT(0)
/* The call has completed, or this thread serves no call: it is too late to be its client. Of a request:
 * nothing was begun, or it is finished or answered. */
#define GUISE_E_CALL_COMPLETE GUISE_RESULT(0x80010117u)
/* The wait timed out, the call has no result yet, or it is already dispatched (A-13, Y-02); the request is in
 * use. */
#define GUISE_E_CALL_PENDING GUISE_RESULT(0x80010115u)
/* Cancellation of this call was requested already; as a call's result: its client has cancelled it (K-04). */
#define GUISE_E_CALL_CANCELED GUISE_RESULT(0x80010002u)
/* The call carries no authentication, so it has no client to become. */
#define GUISE_E_UNSECURE_CALL GUISE_RESULT(0x80010118u)
/* The impersonation level is too low for this, or would have to rise. */
#define GUISE_E_BAD_LEVEL GUISE_RESULT(0x80070542u)
/* An argument is NULL where an object is needed; a flag is unknown; an id is impossible; a struct's size is
 * too small or above 4096, so it was never set, and the struct is neither read nor written. */
#define GUISE_E_INVALID_ARGUMENT GUISE_RESULT(0x80070057u)
/* There is no memory; nothing was changed. */
#define GUISE_E_OUT_OF_MEMORY GUISE_RESULT(0x8007000Eu)
/* The operating system, or the check of a file's mode, refused; this thread is not the process's self; or
 * the provider that was asked for was refused. Nothing was changed. */
#define GUISE_E_ACCESS_DENIED GUISE_RESULT(0x80070005u)
/* The wait for a container or a queue timed out; as a call's result: its deadline has passed (K-14). */
#define GUISE_E_TIMEOUT GUISE_RESULT(0x8001011Fu)
/* A container with nothing in it was waited for. */
#define GUISE_E_NO_SYNC GUISE_RESULT(0x80010120u)
/* A fixed limit is reached: the container or the executor is full, or the system is out of descriptors, threads
 * or keys. */
#define GUISE_E_OUT_OF_RESOURCES GUISE_RESULT(0x80010101u)
/* Another provider is in use already, a limit was set after the first token was made, or the client's defaults
 * after the first proxy (C-01). */
#define GUISE_E_TOO_LATE GUISE_RESULT(0x80010119u)
/* The last reference to the call was dropped while it was open; the object is disconnected (E-01), its pool
 * is closed (E-03), or what serves it is in a parent process (E-05). */
#define GUISE_E_DISCONNECTED GUISE_RESULT(0x80010108u)
/* A failure without a code of its own: a second completion function; an invalid answer of a provider; Finish_ of
 * another method. */
#define GUISE_E_UNEXPECTED GUISE_RESULT(0x8000FFFFu)
/* The platform does not have this. */
#define GUISE_E_NOT_SUPPORTED GUISE_RESULT(0x80070032u)
/* Begin_ ended by pthread_exit, cancellation or an exception. */
#define GUISE_E_SERVER_FAULT GUISE_RESULT(0x80010105u)
/* The program has chosen no provider, or its last choice failed: guise_use_provider. */
#define GUISE_E_NO_PROVIDER GUISE_RESULT(0x80070015u)
/* There is no such thing here: a signal that the container does not hold, a user that the name
 * service does not know. */
#define GUISE_E_NOT_FOUND GUISE_RESULT(0x80070534u)

/*
 * The name of a result, as it is written above: "GUISE_E_CALL_COMPLETE".
 *
 * Returns a constant string, never NULL; "GUISE_E_?" for a failure and "GUISE_S_?" for a success
 * that is none of the above (a Begin_ function may return results of its own).
 *
 * Safety: any thread, any time, also in a signal handler.
 */
GUISE_API const char *guise_result_name(guise_result result);

/*
 * The errno value nearest to a result, for programs that report failures as errno: EACCES for
 * GUISE_E_ACCESS_DENIED, ENOMEM for GUISE_E_OUT_OF_MEMORY, ETIMEDOUT for GUISE_E_TIMEOUT, and so on.
 * 0 for every success; EIO for a failure that is none of the above. Does not touch errno itself.
 *
 * Safety: any thread, any time, also in a signal handler.
 */
GUISE_API int guise_result_errno(guise_result result);

GUISE_END_DECLS

#endif
