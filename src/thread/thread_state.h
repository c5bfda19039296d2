/* SPDX-License-Identifier: MIT */
/*
 * What a thread is: its slot, what a revert goes back to, and the stack of scopes that put it back.
 * The layer above (frame.c) decides whether somebody may become a client; this one does it.
 */
#ifndef GUISE_THREAD_INTERNAL_H
#define GUISE_THREAD_INTERNAL_H

#include <stdatomic.h>

#include <guise/thread.h>

#include "thread/unframed.h"
#include "port/port.h"
#include "identity/token.h"

/* Who a thread is at one moment. All zero: itself. */
struct guise__identity {
    const guise_token *token; /* the slot */
    const guise_token *saved; /* what the slot held before the first impersonation */
    bool token_owned;         /* the slot holds a reference; else the frame's call does */
    bool saved_owned;
    bool impersonating; /* saved counts, and so does guise_is_impersonating */
};

enum guise__scope_kind {
    GUISE__FRAME,      /* Begin_ or a continuation */
    GUISE__COMPLETION, /* the completion function of a call */
    GUISE__RUN_AS      /* guise_run_as */
};

/* On the stack of the function that opened it, from enter to leave. */
struct guise__scope {
    struct guise__identity outer; /* what leave puts back */
    struct guise__scope *up;
    guise_call *call;    /* the current call in here; NULL: none */
    void *outer_context; /* com_hooks.h: what leave puts back */
    enum guise__scope_kind kind;
};

struct guise__thread {
    struct guise__identity now;
    struct guise__scope *scope; /* innermost; NULL: none */
    void *context;              /* com_hooks.h: guise-com's slot */
    void *spare;                /* owned; the block of its next call (call.c); NULL: none */
    bool attached;
    bool ended;                    /* its exit has been seen to; it is never attached again */
    struct guise__foreign foreign; /* shared; see foreign.h */
};

/* All zero in a new thread: it is nobody's client, whoever made it (W-21). Nothing here can be
 * reached from another thread, so none can impersonate or revert for it (S-19). */
extern GUISE_TLS struct guise__thread tl_guise_thread;

/* An impersonation that is on, but not decided yet. */
struct guise__attempt {
    struct guise__identity before;
};

/* Before the first call or the first token in a slot, once in a process: the key that tells of a
 * thread's end, and the fork handler. GUISE_E_OUT_OF_RESOURCES without a key, or no memory. */
guise_result guise__thread_prepare(void);

/* Before a thread's first frame or token: arranges to be told of its end, and asks the provider
 * whether it is the process's self. Results as guise_set_thread_token. */
guise_result guise__thread_attach_first(void);

static inline guise_result guise__thread_attach(void)
{
    return tl_guise_thread.attached ? GUISE_OK : guise__thread_attach_first();
}

/* For the completion function, which cannot be refused: attached, or at least self, or a thread that
 * the program confined on purpose, which carries nothing of ours. Else the process is gone. */
void guise__thread_attach_or_self(void);

/* guise__thread_prepare; a thread that is attached has seen to it. */
static inline guise_result guise__thread_prepared(void)
{
    return tl_guise_thread.attached ? GUISE_OK : guise__thread_prepare();
}

/* A scope of this thread as it is now, for guise__scope_enter only: nothing is changed yet. */
static inline struct guise__scope guise__scope_new(guise_call *call, enum guise__scope_kind kind)
{
    const struct guise__thread *thread = &tl_guise_thread;

    return (struct guise__scope){.outer = thread->now,
                                 .up = thread->scope,
                                 .call = call,
                                 .outer_context = thread->context,
                                 .kind = kind};
}

/* Opens a new scope with an empty slot, as self. Infallible; the thread is attached, or was refused
 * and carries nothing of ours. */
void guise__scope_enter(struct guise__scope *scope);
/* Takes off whatever the code in the scope left in the slot: self again. And no context is switched
 * to any more. */
void guise__scope_clear(struct guise__scope *scope);
/* After clear: closes the scope; the thread is what it was before enter, or the process is gone. */
void guise__scope_leave(struct guise__scope *scope);

static inline guise_call *guise__current_call(void)
{
    return tl_guise_thread.scope == NULL ? NULL : tl_guise_thread.scope->call;
}

/* Does this thread run the completion function of call right now? */
bool guise__is_completing(const guise_call *call);

/*
 * Impersonation in two steps, with the call's second look in between. begin puts the token on and
 * takes a reference to it unless call is the current one, whose frame keeps the token alive. On
 * failure nothing has changed. After success: keep, or undo, which never fails.
 */
guise_result guise__impersonate_begin(const guise_token *token, guise_call *call,
                                      struct guise__attempt *attempt);
/* True if nothing will take the token off: the thread is noted as foreign now, and the caller looks
 * whether the call has completed since (foreign.h). */
bool guise__impersonate_keep(struct guise__attempt *attempt, const guise_call *call);
void guise__impersonate_undo(struct guise__attempt *attempt);

/*
 * The same where there is nothing to do but to write it down: in the call's own frame, which keeps
 * the token alive, with nothing in the slot and nothing to ask the system for. Undone by clearing.
 */
static inline bool guise__impersonate_is_plain(const struct guise__thread *thread,
                                               const guise_token *token, const guise_call *call)
{
    return thread->scope != NULL && thread->scope->call == call && thread->attached &&
           thread->now.token == NULL && !thread->now.impersonating && token->prepared == NULL;
}

static inline void guise__impersonate_plainly(struct guise__thread *thread,
                                              const guise_token *token)
{
    thread->now.token = token;
    thread->now.impersonating = true;
    /* Nobody else sees these two, so nothing would keep the compiler from writing them after the
     * look that decides; but a signal handler that waits for a Signal comes in between. */
    atomic_signal_fence(memory_order_seq_cst);
}

/* Nothing saved, nothing owned, nothing of the system's: only written down. */
static inline bool guise__is_plainly_client(const struct guise__thread *thread)
{
    const struct guise__identity *now = &thread->now;

    return now->impersonating && thread->scope != NULL && now->token != NULL &&
           now->saved == NULL && !now->token_owned && now->token->prepared == NULL;
}

static inline void guise__impersonate_clear(struct guise__thread *thread)
{
    thread->now.token = NULL;
    thread->now.impersonating = false;
}

#endif
