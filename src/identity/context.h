/* SPDX-License-Identifier: MIT */
#ifndef GUISE_CONTEXT_INTERNAL_H
#define GUISE_CONTEXT_INTERNAL_H

#include <stdatomic.h>

#include <guise/context.h>

#include "uring_hooks.h"

/*
 * One count that every call of a client goes through is where all threads that serve that client
 * meet: two of them get as much done as one alone, or less. So once calls of a context are seen to
 * collide it is given shares: counts for calls, each with a cache line of its own, of which a call
 * takes that of the processor it is made on. See context.c.
 */
struct guise__shares;

/* Everything but refs, collisions, last, shares and at_end is fixed before anybody else can see the
 * context. */
struct guise_context {
    atomic_uint refs;
    atomic_uint collisions;                 /* a hint, as is the next */
    _Atomic(const char *) last;             /* the thread that made the last call */
    _Atomic(struct guise__shares *) shares; /* owned; NULL: none yet; set once */
    guise_token *token;                     /* owned; at the context's level */
    guise_blanket blanket;
    /* uring_hooks.h; NULL: nobody asked to be told */
    _Atomic(guise__context_end_fn *) at_end;
    char principal[];
};

/* A call's reference: which count it went to, for guise__context_let_go. 0: refs. The caller has a
 * reference meanwhile, its own or a call's. */
enum { GUISE__SHARES = 16, GUISE__SHARE_BITS = 5 };
unsigned guise__context_hold(guise_context *context);
void guise__context_let_go(guise_context *context, unsigned share);

/* What calls that collide lead to; tests need not wait for them. Without memory nothing changes. */
void guise__context_make_shares(guise_context *context);

#endif
