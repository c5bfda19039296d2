/* SPDX-License-Identifier: MIT */
/*
 * The state of a thread: its slot, the token that a revert restores, and the stack of scopes that restore
 * the slot. Only its own thread reads or writes this state, so that no thread can impersonate or
 * revert for another (S-19). The floor above (call/) decides whether a thread may become a client;
 * this floor makes it one.
 *
 *   switch.h    from one identity to another: the provider first, then the record
 *   slot.h      impersonate, revert, set, ask
 *   scope.h     enter and leave a frame, a completion function or guise_run_as
 *   attach.h    a thread's first frame or token, its end, and a forked child
 *   unframed.h  threads that impersonate outside any frame
 */
#ifndef GUISE_SRC_THREAD_THREAD_STATE_H
#define GUISE_SRC_THREAD_THREAD_STATE_H

#include <stdatomic.h>

#include <guise/thread.h>

#include "identity/token.h"
#include "port/port.h"
#include "thread/unframed.h"

/* The identity of a thread at one moment. All zero: self. */
struct guise__identity {
    const guise_token *token; /* the slot */
    const guise_token *saved; /* what the slot held before the first impersonation */
    bool token_owned;         /* the slot holds a reference; else the frame's call does */
    bool saved_owned;
    bool impersonating; /* saved counts, and so does guise_is_impersonating */
};

/*
 * How an identity is copied and cleared: member by member, each by one store. A signal handler that opens
 * a frame, or forks, may run between any two instructions, and a compiler may write a struct in pieces of
 * any size, so a handler could find half a pointer.
 */
static inline void guise__identity_copy(volatile struct guise__identity *to,
                                        const volatile struct guise__identity *from)
{
    to->token = from->token;
    to->saved = from->saved;
    to->token_owned = from->token_owned;
    to->saved_owned = from->saved_owned;
    to->impersonating = from->impersonating;
}

static inline void guise__identity_clear(volatile struct guise__identity *identity)
{
    identity->token = NULL;
    identity->saved = NULL;
    identity->token_owned = false;
    identity->saved_owned = false;
    identity->impersonating = false;
}

enum guise__scope_kind {
    GUISE__SCOPE_FRAME,      /* Begin_ or a continuation */
    GUISE__SCOPE_COMPLETION, /* the completion function of a call */
    GUISE__SCOPE_RUN_AS,     /* guise_run_as */
    GUISE__SCOPE_DESTRUCTOR  /* a destructor of the program's (as_self.c) */
};

/*
 * What the end of a frame, a completion function or guise_run_as needs. A scope that runs code of the
 * program lies in a place that its thread owns and not on the stack, because a thread may end without
 * unwinding its stack; the functions that end the thread's scopes then run where the stack frames were
 * (docs/adr/0017). Only these lie on the stack: a scope that runs no code of the program, and that of a
 * completion or a destructor for which there was no memory.
 */
struct guise__scope {
    struct guise__identity outer; /* what leave restores */
    struct guise__scope *up;
    struct guise__scope *place; /* the thread's next place before this scope; leave restores it */
    struct guise__scope *inner; /* in a place: the place after it, NULL if there is none yet */
    uintptr_t
        at; /* address of a variable of the function that opened it: no other active function's */
    void (*unwind)(
        void *scope); /* ends the scope for code in it that is left by the thread's end or
                                    by an exception; NULL if it runs no code of the program */
    guise_call *call; /* the current call of the code in here; NULL: none, or this is its end */
    guise_call *owed; /* what its end completes or drops; only of a FRAME or COMPLETION */
    void *outer_extension; /* slot.h: what leave restores */
    enum guise__scope_kind kind;
    bool is_moving;      /* the references in outer are the slot's too (scope.c) */
    bool dispatching;    /* FRAME: a failure completes the call */
    guise_result result; /* COMPLETION: what the function is told */
    int cancel_state;    /* COMPLETION, DESTRUCTOR: what its end restores */
};

enum { GUISE__PLACES = 3 }; /* guise-com: the dispatch, Begin_, and the completion function in it */

struct guise__thread {
    struct guise__identity now;
    struct guise__scope *scope; /* innermost; NULL: none */
    struct guise__scope *next;  /* the next scope's place; NULL: none is made, or all are in use */
    void *extension;            /* slot.h */
    void *spare;                /* owned; the block of its next call (call.c); NULL: none */
    bool is_changing;  /* the references in the slot are on their way between it and a function */
    guise_token *gone; /* without references; freed once the thread is self (switch.c) */
    bool attached;
    bool watched;                    /* its end ends its scopes and frees further places */
    bool ended;                      /* its end has been handled; it is never attached again */
    struct guise__unframed unframed; /* shared; see unframed.h */
    struct guise__scope places[GUISE__PLACES]; /* in use from the first; more: blocks, owned */
};

/*
 * All zero in a new thread: it is no client, whichever thread created it (W-21).
 *
 * In a shared library its address may take a call of the loader's, so a public function looks the
 * thread up once (guise__thread_here) and hands it down as `thread`, which is the calling thread's
 * everywhere. Code of the program runs in scopes only, and the end of each looks the thread up anew
 * (guise__scope_clear), so what was handed down is still right after it.
 */
extern GUISE_TLS struct guise__thread tl_guise_thread;

static inline struct guise__thread *guise__thread_here(void)
{
    struct guise__thread *thread = &tl_guise_thread;

    GUISE_KEEP_POINTER(thread);
    return thread;
}

static inline guise_call *guise__current_call(const struct guise__thread *thread)
{
    return thread->scope == NULL ? NULL : thread->scope->call;
}

/* What is saved was saved by an impersonation. */
bool guise__identity_is_valid(const volatile struct guise__identity *identity);

/* The slot is valid, and the thread carries for the system either the slot's token or none. True also in
 * a signal handler that interrupted a change. */
bool guise__thread_is_valid(const struct guise__thread *thread);

/* For a debugger, in builds with GUISE_CHECKS: the calling thread's state, in words, to standard
 * error. */
void guise__thread_print(void);

#endif
