/* SPDX-License-Identifier: MIT */
/* A token from the inside: what it holds, and its end in two steps. */
#ifndef GUISE_SRC_IDENTITY_TOKEN_H
#define GUISE_SRC_IDENTITY_TOKEN_H

#include <stdatomic.h>
#include <stdbool.h>

#include <guise/token.h>

#include "port/compiler.h"

/* One block: the struct, the groups, the name, the identity. Everything but refs is fixed before another thread can see
 * the token, so readers need no lock and no order. next_gone is written after the last reference. */
struct guise_token {
    atomic_uint refs;
    guise_level level;
    uint64_t serial;
    uint64_t id;     /* the serial; a token of the process itself has the first such token's */
    uint64_t origin; /* the id of the token that this duplicates, else its own */
    void *prepared;  /* the provider's; NULL: there is nothing to enter */
    struct guise_token *next_gone; /* in a thread's list, without references (slot.c) */
    const char *name;
    guise_credential *credential; /* owned; NULL: none, as below DELEGATE (I-16) */
    guise_identity identity;      /* of a client without ids; NULL and empty if nothing is known */
    bool has_ids; /* false: uid and gid are the overflow ids, and there are no groups */
    size_t group_count;
    uid_t uid;
    gid_t gid;
    gid_t groups[]; /* sorted, unique, with gid */
};

/* Is the token what one of the creating functions made: a level, a serial, and a list of groups that is
 * sorted, free of duplicates and has the gid in it; or none, and a level of at most IDENTIFY? */
bool guise__token_is_valid(const guise_token *token);

/* For a debugger, in builds with GUISE_CHECKS: the token's state, in words, to standard error. */
void guise__token_print(const guise_token *token);

/* The groups that a token may have, its gid counted. */
size_t guise__token_group_limit(void);

/* guise_token_unref in two steps. release drops one reference; true if it was the last one, so that the
 * caller frees the token. */
bool guise__token_release(const guise_token *token);
void guise__token_free(guise_token *token);

/* Drops a released token's credential before the token is freed. Whatever destructor that leads to, here or
 * in guise__token_free, is only noted (ending.h). */
void guise__token_drop_credential(guise_token *token);

/* Has the identity a mechanism and a key, and a size that this version knows? */
bool guise__identity_is_possible(const guise_identity *identity);

/* Are mechanism and key equal and not empty? */
bool guise__identity_is_same(const guise_identity *one, const guise_identity *other);

/* The room that a copy of mechanism and key takes, and the copy in that room. NULL is the empty identity. */
size_t guise__identity_room(const guise_identity *identity);
void guise__identity_store(const guise_identity *identity, char *room, guise_identity *out);

/* A token's id: its own serial or, for a token of the process itself (process_token.h), the serial of the
 * first such token. No token of another identity or level has the same id. */
GUISE_SIBLING uint64_t guise__token_id(const guise_token *token);

/* The id of the token that this one duplicates, directly or through other duplicates; else its own. */
GUISE_SIBLING uint64_t guise__token_origin(const guise_token *token);

#endif
