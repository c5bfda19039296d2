/* SPDX-License-Identifier: MIT */
/*
 * The slot: the token that a thread carries, and what a revert goes back to. A reference in the slot
 * is either the slot's own or, for the client of the current call, the frame's.
 */
#ifndef GUISE_SRC_THREAD_SLOT_H
#define GUISE_SRC_THREAD_SLOT_H

#include <guise/call.h>

#include "thread/thread_state.h"

/*
 * The calling thread's extension: a pointer that a library above the core may use, for example for the
 * call context that guise-com switches to. It is NULL at the beginning of a thread, of each frame and
 * of each completion function, and has the outer value again when those end, after any change of it
 * (S-04). guise_run_as keeps it and restores it like the slot. Borrowed: the core never reads what it
 * points to.
 */
GUISE_SIBLING void **guise__thread_extension(void);
/* The same, and in *call what guise_current_call returns: the thread is looked up once for both. */
GUISE_SIBLING void **guise__thread_extension_and_call(guise_call **call);

/* Puts a token, or NULL, into the slot of a thread that is attached. Results as
 * guise_set_thread_token. */
guise_result guise__slot_set(struct guise__thread *thread, const guise_token *token);

GUISE_COLD void guise__slot_forget_owned(struct guise__thread *thread,
                                         struct guise__identity *identity);

/* Forgets an identity that the thread does not carry any more. */
static inline void guise__slot_forget(struct guise__thread *thread,
                                      struct guise__identity *identity)
{
    if (identity->token_owned || identity->saved_owned) {
        guise__slot_forget_owned(thread, identity);
    } else {
        guise__identity_clear(identity);
    }
}

/* After the slot was written: does the thread carry what the slot says? Not in a child that a signal
 * handler forked between the provider's step and the slot: it was made self there, and its slot is
 * emptied here. In a child that was forked after the slot was written the fork handler has emptied the
 * slot, so the caller compares the token too. */
bool guise__slot_settle(struct guise__thread *thread);

/* An impersonation that has been applied, before the second load of the call's word decides. */
struct guise__attempt {
    struct guise__identity before; /* what an undo restores; not set in the plain case */
};

/* Two of the steps below where the provider has something to enforce, the slot is in use, or the call is
 * not the current one. */
GUISE_COLD guise_result guise__slot_apply_slow(struct guise__thread *thread,
                                               const guise_token *token, const guise_call *call,
                                               struct guise__attempt *attempt);
GUISE_COLD void guise__slot_undo_slow(struct guise__thread *thread,
                                      const struct guise__attempt *attempt);

/* In the call's own frame, which keeps the token alive, with nothing in the slot and nothing for the
 * provider to do, an impersonation only writes the slot. */
static inline bool guise__slot_is_plain(const struct guise__thread *thread,
                                        const guise_token *token, const guise_call *call)
{
    return thread->scope != NULL && thread->scope->call == call && thread->attached &&
           thread->now.token == NULL && !thread->now.impersonating && token->prepared == NULL;
}

/*
 * Impersonation in two steps, between which the caller loads the call's word a second time. apply makes
 * the thread the token's client and takes a reference to the token, unless call is the current one,
 * whose frame keeps the token alive. On failure nothing has changed. After success: keep, or undo,
 * which never fails. is_plain is what guise__slot_is_plain said, a constant to the compiler, so that
 * the plain case needs no stack.
 */
static inline guise_result guise__slot_apply(struct guise__thread *thread, const guise_token *token,
                                             const guise_call *call, struct guise__attempt *attempt,
                                             bool is_plain)
{
    if (!is_plain) {
        return guise__slot_apply_slow(thread, token, call, attempt);
    }
    thread->now.token = token;
    thread->now.impersonating = true;
    /* No other thread sees these two, so nothing would keep the compiler from writing them after the
     * load that decides; but a signal handler that waits for a Signal may run in between. */
    atomic_signal_fence(memory_order_seq_cst);
    return GUISE_OK;
}

/* Where it is not plain. False: this is a child that a signal handler forked meanwhile, and self. Lists a
 * thread outside any frame as unframed; the caller then finds out whether the call has completed since
 * (unframed.h). */
GUISE_COLD bool guise__slot_keep(struct guise__thread *thread, const guise_token *token,
                                 const struct guise__attempt *attempt, const guise_call *call);

static inline void guise__slot_clear(struct guise__thread *thread)
{
    thread->now.token = NULL;
    thread->now.impersonating = false;
}

static inline void guise__slot_undo(struct guise__thread *thread,
                                    const struct guise__attempt *attempt, bool is_plain)
{
    if (is_plain) {
        guise__slot_clear(thread);
    } else {
        guise__slot_undo_slow(thread, attempt);
    }
}

#endif
