/* SPDX-License-Identifier: MIT */
/*
 * What a proxy or a request presents: a blanket with everything worked out, and the identity that goes with it.
 * Immutable and counted, so that set_blanket replaces it whole (C-11), a request takes the proxy's of one moment
 * (C-22), and a pending call is not changed (C-10).
 */
#ifndef GUISE_SRC_CLIENT_CLIENT_BLANKET_H
#define GUISE_SRC_CLIENT_CLIENT_BLANKET_H

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/proxy.h>

#include "base/lock.h"

struct guise__client_blanket {
    atomic_uint refs;
    guise_blanket blanket;
    guise_token *token; /* owned: explicit or fixed; NULL: looked for at Begin_ */
    struct guise__client_blanket
        *origin; /* owned; has the principal of one that a Begin_ fixed; else NULL */
    char principal[];
};

/* A fresh proxy's (C-05). Without memory GUISE_E_OUT_OF_MEMORY. */
guise_result guise__blanket_fresh(const guise_object *object, struct guise__client_blanket **out);

/* What set_blanket makes of what is given and what was before. Results as guise_proxy_set_blanket. */
guise_result guise__blanket_assign(const guise_object *object,
                                   const struct guise__client_blanket *before,
                                   const guise_blanket *given, const guise_token *as,
                                   struct guise__client_blanket **out);

/* The same blanket with its identity fixed. It keeps the one before, so that a principal that was asked for
 * lives until the next set_blanket. */
guise_result guise__blanket_fix(struct guise__client_blanket *before, guise_token *token,
                                struct guise__client_blanket **out);

/* Has the first Begin_ to fix the identity (C-15)? */
bool guise__blanket_is_unfixed(const struct guise__client_blanket *blanket);

/* The identity that a Begin_ on this thread presents; a reference. GUISE_E_BAD_LEVEL: cloaked below
 * IMPERSONATE (C-17). Others as guise__process_token. */
guise_result guise__blanket_settle(const struct guise__client_blanket *blanket, guise_token **out);

struct guise__client_blanket *guise__blanket_ref(struct guise__client_blanket *blanket);
void guise__blanket_unref(struct guise__client_blanket *blanket);

/* Drops a reference to each, the second one in whichever way the functions of the program that come with the
 * first one end. NULL is fine. */
void guise__blanket_unref_both(struct guise__client_blanket *first,
                               struct guise__client_blanket *second);

/* A place that has a blanket: a proxy or a request. */
struct guise__blanket_place {
    struct guise__lock *lock;
    struct guise__client_blanket **current; /* (lock) owned */
    const guise_object *object;
};

struct guise__client_blanket *guise__blanket_take(const struct guise__blanket_place *place);
guise_result guise__blanket_query(const struct guise__blanket_place *place, guise_blanket *out);
guise_result guise__blanket_set(const struct guise__blanket_place *place,
                                const guise_blanket *given, const guise_token *as);

#endif
