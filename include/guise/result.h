/* SPDX-License-Identifier: MIT */
/*
 * Results: a 32-bit integer with the same bits as the HRESULT of the same meaning.
 * Failing means negative. Each code below lists what brings it about.
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

/* It was done. */
#define GUISE_OK GUISE_RESULT(0)
/* The call has completed, or this thread serves no call: it is too late to be its client. */
#define GUISE_E_CALL_COMPLETE GUISE_RESULT(0x80010117u)
/* Not yet: the wait timed out, the call has no result yet, or it is already dispatched (A-13, Y-02). */
#define GUISE_E_CALL_PENDING GUISE_RESULT(0x80010115u)
/* Somebody has asked for this call to be cancelled already. */
#define GUISE_E_CALL_CANCELED GUISE_RESULT(0x80010002u)
/* The call carries no authentication, so it has no client to become. */
#define GUISE_E_UNSECURE_CALL GUISE_RESULT(0x80010118u)
/* The impersonation level is too low for this, or would have to rise. */
#define GUISE_E_BAD_LEVEL GUISE_RESULT(0x80070542u)
/* NULL where an object is needed, an unknown flag, an impossible id, a struct whose size is too small
 * or above 4096 (nobody has set it: such a struct is neither read nor written). */
#define GUISE_E_INVALID_ARGUMENT GUISE_RESULT(0x80070057u)
/* No memory; nothing was changed. */
#define GUISE_E_OUT_OF_MEMORY GUISE_RESULT(0x8007000Eu)
/* The operating system, or the check of a file's mode, said no; this thread is not the process's
 * self; or the provider that was asked for was refused. Nothing was changed. */
#define GUISE_E_ACCESS_DENIED GUISE_RESULT(0x80070005u)
/* A container's wait timed out. */
#define GUISE_E_TIMEOUT GUISE_RESULT(0x8001011Fu)
/* A container with nothing in it was waited for. */
#define GUISE_E_NO_SYNC GUISE_RESULT(0x80010120u)
/* A fixed limit is reached: the container is full, or the system is out of descriptors or keys. */
#define GUISE_E_OUT_OF_RESOURCES GUISE_RESULT(0x80010101u)
/* The provider was asked for after one was settled: by a choice, or by the first token. */
#define GUISE_E_TOO_LATE GUISE_RESULT(0x80010119u)
/* The last reference to the call went away before anybody completed it. */
#define GUISE_E_DISCONNECTED GUISE_RESULT(0x80010108u)
/* What has no code of its own: a second completion function; a provider's answer that is none. */
#define GUISE_E_UNEXPECTED GUISE_RESULT(0x8000FFFFu)
/* This platform has no such thing. */
#define GUISE_E_NOT_SUPPORTED GUISE_RESULT(0x80070032u)
/* Begin_ ended by pthread_exit, cancellation or an exception. */
#define GUISE_E_SERVER_FAULT GUISE_RESULT(0x80010105u)

/*
 * The name of a result, as it is written above: "GUISE_E_CALL_COMPLETE".
 *
 * Returns a constant string, never NULL; "GUISE_E_?" for a failure and "GUISE_S_?" for a success
 * that is none of the above (a Begin_ function may return results of its own).
 *
 * Safety: any thread, any time, also in a signal handler.
 */
GUISE_API const char *guise_result_name(guise_result result);

GUISE_END_DECLS

#endif
