/* SPDX-License-Identifier: MIT */
/*
 * The slot: the one place in a thread that holds its current token. Everything here is about the
 * calling thread and nothing else; a new thread starts with an empty slot (W-21), and no token
 * follows work from one thread to another.
 *
 * With a provider that asks the kernel, every step from self to a client first asks the kernel for
 * the thread's identity. A thread that is not self is refused with GUISE_E_ACCESS_DENIED, counted in
 * born_as_client, and left as it is (I-03), because the library cannot tell a thread that was created
 * while its creator was a client from one that the program confined, for example by seteuid. If such
 * a thread is the server's, the program says so by guise_thread_become_self. Create threads as self.
 *
 * Self is the ids and groups that guise_use_provider found, with the capabilities that the thread
 * still has, as long as they include CAP_SETUID and CAP_SETGID. Capabilities that impersonation does
 * not need can be given up at any time and stay given up; a thread whose real, effective or saved ids
 * are other ones is refused from then on.
 *
 * fork: the parent is untouched; in the child a forking thread that carries a token is made self
 * before fork returns, and any other is left as it is.
 * Calls, tokens and signals in the child are copies, no thread waits for them, and a call that another
 * thread was just completing is never announced there. vfork, _Fork, posix_spawn (and with it
 * system and popen) and clone bypass that: do not use them as the client. A child that calls exec
 * starts the new program as the server, not as the client.
 *
 * A thread that ends as a client is made self when its thread-specific data is destroyed, and can have no
 * frame after that (GUISE_E_ACCESS_DENIED). Destructors that run earlier run as the client: those
 * of C++ thread_local objects always do, as do atexit handlers of an exit() called as the client. A client
 * that is impersonated inside guise_call_run or guise_run_as comes off before any of them.
 */
#ifndef GUISE_THREAD_H
#define GUISE_THREAD_H

#include <stdbool.h>

#include <guise/call.h>

GUISE_BEGIN_DECLS

/* The call this thread serves: that of the innermost frame, also after it has completed.
 * Borrowed until the frame ends. NULL outside a frame. Safety: any thread. */
GUISE_API guise_call *guise_current_call(void);

/*
 * Becomes the client of the current call: CoImpersonateClient (S-09). Mind the client's level, see
 * guise_call_impersonate.
 *
 * GUISE_E_CALL_COMPLETE     This thread is in no frame (S-02), or the call has completed (N-01).
 * Others as guise_call_impersonate.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_impersonate_client(void);

/*
 * The same, but only if the client grants at least this level; otherwise nothing changes. A server
 * that is about to act as the client asks for GUISE_LEVEL_IMPERSONATE: a client at IDENTIFY can be
 * impersonated too, but the thread then has a powerless identity, not the client's rights.
 *
 * GUISE_E_INVALID_ARGUMENT  least is not ANONYMOUS to DELEGATE.
 * GUISE_E_BAD_LEVEL         The client's token is below that level (I-02).
 * Others as guise_impersonate_client. Of several causes the first in this order is reported: the call
 * has completed, the call is unsecure, the level is too low, the provider refuses.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_impersonate_client_at_least(guise_level least);

/*
 * Undoes every impersonation since this frame began, or, in no frame, since this thread's first:
 * the slot is what it was before the first of them (S-10 to S-12). Works after Signal too (N-03).
 * Nothing to undo is GUISE_OK; it never fails: a thread that cannot be put back ends the
 * process (L-7). So the result may be ignored.
 *
 * Safety: any thread.
 */
GUISE_API guise_result guise_revert_to_self(void);

/* Does this frame, or in no frame this thread, impersonate a client (S-18, X-17)? A token that
 * guise_set_thread_token put there is no impersonation. Safety: any thread, also in a signal
 * handler. */
GUISE_API bool guise_is_impersonating(void);

/* The token in the slot; NULL if it is empty. Borrowed until the slot changes. Safety: any thread. */
GUISE_API const guise_token *guise_thread_token(void);

/*
 * Puts a token of the program's own into the slot, or empties it with NULL; changes neither the
 * token that a revert restores nor whether this counts as impersonation (S-13). The slot keeps a
 * reference. In a frame it goes when the frame ends. The library does not ask where the
 * token came from: refusal after Signal covers impersonation through the call only.
 *
 * GUISE_E_ACCESS_DENIED     The provider refused, or this thread is not the process's self; the slot is
 *                           what it was.
 * GUISE_E_OUT_OF_MEMORY     This is the thread's first use of its slot, and there is no memory to look
 *                           after it.
 * GUISE_E_OUT_OF_RESOURCES  This is the process's first use of a slot, and no thread-local key is left.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_set_thread_token(const guise_token *token);

/*
 * Runs fn(arg) with this token in the slot and returns its result. Slot, saved token and
 * impersonation are put back on every way out of fn, pthread_exit, cancellation and exceptions
 * included. Inside, guise_revert_to_self goes back to this token at most.
 *
 * GUISE_E_INVALID_ARGUMENT  token or fn is NULL; fn did not run.
 * GUISE_E_OUT_OF_MEMORY     The same, also the first time that this thread is this deep in frames.
 * Others as guise_set_thread_token; fn did not run.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_run_as(const guise_token *token,
                                                   guise_result (*fn)(void *arg), void *arg);

/*
 * Asks the kernel whether this thread has the identity that its slot says: real, effective, saved
 * and file-system ids, groups by name, and for a client that no capability is in effect. Changes
 * nothing. For checks before something irreversible, and for tests.
 *
 * GUISE_OK              It has, or the provider asks the kernel nothing (emulated).
 * GUISE_E_UNEXPECTED    It has not, or the kernel does not tell.
 * GUISE_E_NO_PROVIDER   No provider was chosen.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_thread_verify(void);

/*
 * Declares that this thread is the server's: effective and file-system ids, groups and the capabilities in
 * effect become self's, the capabilities as far as the thread still holds them. For a thread that was
 * created while its creator was a client, or changed by a libc set*id call of other code. Nothing else in
 * the library makes a thread self that its own record does not show as a client.
 *
 * GUISE_OK               The thread is self now; one that was self already is left as it is.
 * GUISE_E_UNEXPECTED     The thread is in a frame or has a token in its slot.
 * GUISE_E_ACCESS_DENIED  Real or saved ids are not self's, or CAP_SETUID or CAP_SETGID is not held any
 *                        more; nothing was changed.
 * GUISE_E_OUT_OF_MEMORY  There is no memory to find out; nothing was changed.
 * GUISE_E_NO_PROVIDER    No provider was chosen.
 *
 * A kernel that then refuses half of the way ends the process (L-7). Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_thread_become_self(void);

/* Events that a correct server does not cause, counted since the process began. */
typedef struct guise_counters {
    size_t size;                    /* sizeof(guise_counters) */
    uint64_t exited_as_client;      /* threads that ended with a token in the slot; taken off */
    uint64_t born_as_client;        /* refusals because a thread was not self for the kernel */
    uint64_t foreign_at_completion; /* a completed call's tokens, on threads in no frame */
} guise_counters;

/*
 * GUISE_E_INVALID_ARGUMENT  out is NULL or out->size is too small.
 * Safety: any thread. Everything but size is zero on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_counters_get(guise_counters *out);

GUISE_END_DECLS

#endif
