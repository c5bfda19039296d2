/* SPDX-License-Identifier: MIT */
/*
 * A client security context from the inside: what it holds, how calls count in it, and how a library
 * above the core learns of its end.
 */
#ifndef GUISE_SRC_IDENTITY_CONTEXT_H
#define GUISE_SRC_IDENTITY_CONTEXT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/context.h>

#include "identity/ending.h"
#include "port/compiler.h"
struct guise__thread;

/* Runs once, on the thread that drops the context's last reference, before anything of the context is
 * freed. It may use the context's address and nothing else of it. */
typedef void guise__context_end_fn(const guise_context *context);

/* From now on fn runs at the context's end; the caller has a reference. All contexts have the same fn, so
 * that a second request changes nothing. */
GUISE_SIBLING void guise__context_at_end(const guise_context *context, guise__context_end_fn *fn);

/*
 * A sharded count of a context's calls. With a single count, all threads that serve one client write the
 * same cache line, and two of them get as much done as one alone, or less. So once calls of a context
 * are seen to collide, the context is given shards: counts for calls, each in a cache line of its own. A
 * call counts in the shard of the processor on which it is made. See context.c.
 */
enum { GUISE__SHARDS = 16, GUISE__SHARD_BITS = 5, GUISE__LINE = 64 };

struct guise__shards {
    char before
        [GUISE__LINE]; /* no word shares a line with a neighbour, however the block is aligned */
    struct {
        atomic_uint word; /* context.c */
        char rest[GUISE__LINE - sizeof(atomic_uint)];
    } at[GUISE__SHARDS];
};

/* Everything but refs, collisions, last, shards and at_end is fixed before another thread can see the
 * context. */
struct guise_context {
    atomic_uint refs;
    atomic_uint collisions;                 /* a hint, as is the next */
    _Atomic(const void *) last;             /* the thread that made the last call; a name only */
    _Atomic(struct guise__shards *) shards; /* owned; NULL: none yet; set once */
    guise_token *token;                     /* owned; at the context's level */
    guise_blanket blanket;
    _Atomic(guise__context_end_fn *) at_end; /* NULL: no library asked for it */
    guise_identity identity;                 /* its mechanism and key follow the principal */
    int64_t valid_until;                     /* seconds since 1970; 0: no end (I-18) */
    void *data;                              /* the program's */
    struct guise__ending ending; /* for the data; destroy is NULL: there is nothing to do */
    char principal[];
};

/* Takes a reference for a call and returns the count that it went to, for guise__context_release: 0 for
 * refs, else a shard's number plus 1. The caller has a reference meanwhile, its own or a call's. thread is
 * the caller's, used as a name only. */
unsigned guise__context_acquire(guise_context *context, const struct guise__thread *thread);
void guise__context_release(guise_context *context, unsigned shard);

/* Gives the context its shards, as calls that collide do; tests need not wait for those. Without memory
 * nothing changes. */
void guise__context_make_shards(guise_context *context);

/* Is the context what guise_context_create made? The caller has a reference. */
bool guise__context_is_valid(const guise_context *context);

/* For a debugger, in builds with GUISE_CHECKS: the context's state, in words, to standard error. */
void guise__context_print(const guise_context *context);

#endif
