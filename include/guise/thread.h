/* SPDX-License-Identifier: MIT */
/*
 * The slot: the one place in a thread that holds its current token. Everything here is about the
 * calling thread and nothing else; a new thread starts with an empty slot (W-21), and no token
 * follows work from one thread to another.
 *
 * With a provider that asks the kernel, a thread created while its creator was the client *is* that
 * client for the kernel until its first frame or impersonation, which puts it right and counts it.
 * Create threads as self.
 *
 * A thread is looked at before its first frame or impersonation. If the program itself confined it
 * after guise_use_provider (other real or saved ids, other capabilities or groups) it is not the
 * process's self: frames and impersonation are refused there with GUISE_E_ACCESS_DENIED and nothing
 * is changed. One thing looks like a thread born as a client and is put right: other effective ids
 * and no effective capability at all. Confine threads by real and saved ids, and before their first
 * frame; what a program changes later is undone when the next token comes off. setfsuid is not
 * looked at.
 *
 * fork: the parent is untouched; in the child the forking thread is made self before fork returns.
 * Calls, tokens and signals in the child are copies, nobody waits for them, and a call that another
 * thread was just completing is never announced there. vfork, _Fork, posix_spawn (and with it
 * system and popen) and clone bypass that: do not use them as the client.
 *
 * A thread that ends as a client is put right when its thread-specific data goes, and can have no
 * frame after that (GUISE_E_ACCESS_DENIED). Destructors that run before that run as the client, as
 * do atexit handlers of an exit() called as the client.
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
 * GUISE_E_CALL_COMPLETE     this thread is in no frame (S-02), or the call has completed (N-01).
 * Others as guise_call_impersonate.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_impersonate_client(void);

/*
 * Undoes every impersonation since this frame began, or, in no frame, since this thread's first:
 * the slot is what it was before the first of them (S-10 to S-12). Works after Signal too (N-03).
 * Nothing to undo is GUISE_OK; it never fails: a thread that cannot be put back ends the
 * process (L-7).
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_revert_to_self(void);

/* Does this frame, or in no frame this thread, impersonate a client (S-18, X-17)? A token that
 * guise_set_thread_token put there is no impersonation. Safety: any thread, also in a signal
 * handler. */
GUISE_API bool guise_is_impersonating(void);

/* What is in the slot; NULL = empty. Borrowed until the slot changes. Safety: any thread. */
GUISE_API const guise_token *guise_thread_token(void);

/*
 * Puts a token of the program's own into the slot, or empties it with NULL; changes neither what
 * a revert goes back to nor whether this counts as impersonation (S-13). The slot keeps a
 * reference. In a frame it goes when the frame ends. The library does not ask where the
 * token came from: refusal after Signal covers impersonation through the call only.
 *
 * GUISE_E_ACCESS_DENIED     the provider could not, or this thread is not the process's self;
 *                           the slot is what it was.
 * GUISE_E_OUT_OF_MEMORY     this thread's first use of its slot, and no memory to look after it.
 * GUISE_E_OUT_OF_RESOURCES  the process's first use of any, and no thread-local key left.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_set_thread_token(const guise_token *token);

/*
 * Runs fn(arg) with this token in the slot and returns what fn returned. Slot, saved token and
 * impersonation are put back on every way out of fn, pthread_exit, cancellation and exceptions
 * included. Inside, guise_revert_to_self goes back to this token at most.
 *
 * GUISE_E_INVALID_ARGUMENT  token or fn is NULL; fn did not run.
 * Others as guise_set_thread_token; fn did not run.
 *
 * Safety: any thread.
 */
GUISE_API GUISE_MUST_USE guise_result guise_run_as(const guise_token *token,
                                                   guise_result (*fn)(void *arg), void *arg);

/* Things that should not happen, counted since the process began. */
typedef struct guise_counters {
    size_t size;                    /* sizeof(guise_counters) */
    uint64_t exited_as_client;      /* threads that ended with a token in the slot; taken off */
    uint64_t born_as_client;        /* threads that were a client at their first frame; put right */
    uint64_t foreign_at_completion; /* a completed call's tokens, on threads in no frame */
} guise_counters;

/*
 * GUISE_E_INVALID_ARGUMENT  out is NULL or out->size is too small.
 * Safety: any thread. Everything but size is zero on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_counters_get(guise_counters *out);

GUISE_END_DECLS

#endif
