/* SPDX-License-Identifier: MIT */
/*
 * Client security contexts: the client's token, at the level that the client allows, and the blanket
 * that describes how its requests are protected. A context does not change after it is made; only its
 * counts do.
 *
 * A context is freed when its last owner and its last call have dropped their references. Owners count
 * in refs. Calls count in refs too, until calls of several threads are seen to collide there; from then
 * on they count in the context's shards, below.
 *
 * There is no lock. The counts and the pointers beside them are atomic.
 */
#include "identity/context.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/refcount.h"
#include "base/struct_size.h"
#include "identity/token.h"
#include "port/port.h"

enum { KNOWN_CAPABILITIES = 0x7FFF };

/*
 * A shard's word is twice the number of its calls, plus 1 once it is closed. The shards are closed when
 * the last reference in refs is dropped. A closed shard takes no new calls. From then on refs includes
 * one count for each closed shard that still has calls; dropping a shard's last call drops that count.
 * refs therefore reaches 0 once, at the very end, and holding a call is enough to take another reference
 * to the context.
 */
enum { CLOSED = 1, ONE_CALL = 2, COLLISIONS = 64 };

static bool blanket_is_possible(const guise_blanket *blanket)
{
    return blanket->authn_level >= GUISE_AUTHN_LEVEL_NONE &&
           blanket->authn_level <= GUISE_AUTHN_LEVEL_PKT_PRIVACY &&
           (unsigned)blanket->level <= GUISE_LEVEL_DELEGATE &&
           (blanket->capabilities & ~(uint32_t)KNOWN_CAPABILITIES) == 0;
}

/* A context's level is the lower of what the client allows and what its identity carries (S-25). */
static guise_level lower_level(guise_level wanted, guise_level held)
{
    return wanted == GUISE_LEVEL_DEFAULT || wanted > held ? held : wanted;
}

/* Nothing is vouched for at authentication level NONE, so services and principal are not reported
 * (X-06). */
static void blanket_strip(guise_blanket *blanket)
{
    if (blanket->authn_level == GUISE_AUTHN_LEVEL_NONE) {
        blanket->authn_service = GUISE_AUTHN_SERVICE_NONE;
        blanket->authz_service = GUISE_AUTHZ_SERVICE_NONE;
        blanket->server_principal = NULL;
    }
}

/* Stores a reference to the token itself if it has this level, else a duplicate at this lower level. */
static guise_result token_at_level(const guise_token *token, guise_level level, guise_token **out)
{
    GUISE__CHECK(level <= guise_token_level(token));
    if (guise_token_level(token) == level) {
        *out = guise_token_ref(token);
        return GUISE_OK;
    }
    return guise_token_duplicate(token, level, out);
}

/* Nothing is vouched for at authentication level NONE, the identity included. A client without ids
 * has its token's. */
static const guise_identity *identity_said(const guise_blanket *blanket, const guise_token *token,
                                           const guise_context_desc *desc)
{
    const guise_identity *said =
        desc->identity != NULL ? desc->identity : guise_token_identity(token);

    return blanket->authn_level == GUISE_AUTHN_LEVEL_NONE ? NULL : said;
}

static guise_context *context_build(const guise_blanket *blanket, const guise_identity *identity,
                                    const guise_context_desc *desc)
{
    size_t space = blanket->server_principal == NULL ? 0 : strlen(blanket->server_principal) + 1;
    guise_context *context = guise__alloc(sizeof *context + space + guise__identity_room(identity));

    if (context == NULL) {
        return NULL;
    }
    atomic_init(&context->refs, 1);
    context->blanket = *blanket;
    context->blanket.size = sizeof context->blanket;
    if (space != 0) {
        memcpy(context->principal, blanket->server_principal, space);
        context->blanket.server_principal = context->principal;
    }
    guise__identity_store(identity, context->principal + space, &context->identity);
    context->valid_until = desc->valid_until;
    context->data = desc->data;
    context->ending = (struct guise__ending){desc->destroy, desc->data, context, NULL};
    return context;
}

static guise_result context_make(guise_blanket *blanket, const guise_token *token,
                                 const guise_context_desc *desc, guise_context **out)
{
    guise_context *context;
    guise_result result;

    GUISE__CHECK(blanket_is_possible(blanket) && guise__token_is_valid(token));
    blanket_strip(blanket);
    blanket->level = lower_level(blanket->level, guise_token_level(token));
    context = context_build(blanket, identity_said(blanket, token, desc), desc);
    if (context == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    result = token_at_level(token, blanket->level, &context->token);
    if (result != GUISE_OK) {
        guise__free(context);
        return result;
    }
    GUISE__CHECK(guise__context_is_valid(context));
    *out = context;
    return GUISE_OK;
}

/* The identity of a client without ids is its token's and no other (I-15). */
static bool desc_fits(const guise_context_desc *desc, const guise_token *token)
{
    const guise_identity *known = guise_token_identity(token);

    if (!guise__struct_size_in(desc, sizeof *desc) || desc->valid_until < 0) {
        return false;
    }
    return desc->identity == NULL ||
           (guise__identity_is_possible(desc->identity) &&
            (known == NULL || guise__identity_is_same(known, desc->identity)));
}

guise_result guise_context_create_with(const guise_blanket *blanket, const guise_token *token,
                                       const guise_context_desc *desc, guise_context **out)
{
    guise_blanket copy;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (blanket == NULL || token == NULL || desc == NULL ||
        !guise__struct_size_in(blanket, sizeof *blanket) || !blanket_is_possible(blanket) ||
        !desc_fits(desc, token)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    copy = *blanket;
    return context_make(&copy, token, desc, out);
}

guise_result guise_context_create(const guise_blanket *blanket, const guise_token *token,
                                  guise_context **out)
{
    static const guise_context_desc nothing = GUISE_CONTEXT_DESC_INIT;

    return guise_context_create_with(blanket, token, &nothing, out);
}

guise_result guise_context_from_token(const guise_token *token, uint32_t authn_service,
                                      uint32_t authn_level, guise_context **out)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;

    blanket.authn_service = authn_service;
    blanket.authn_level = authn_level;
    return guise_context_create(&blanket, token, out);
}

guise_context *guise_context_ref(const guise_context *context)
{
    guise_context *counted = (guise_context *)(uintptr_t)context;

    if (counted != NULL) {
        guise__count_up(&counted->refs);
    }
    return counted;
}

/* ---- invariants ---- */

#if defined(GUISE_CHECKS)
bool guise__context_is_valid(const guise_context *context)
{
    const guise_blanket *blanket = &context->blanket;
    /* Relaxed: a thread that may call this has a reference, so the count is at least 1. */
    unsigned refs = atomic_load_explicit(&context->refs, memory_order_relaxed);

    return refs != 0 && context->token != NULL && blanket->size == sizeof *blanket &&
           blanket_is_possible(blanket) && blanket->level == guise_token_level(context->token) &&
           GUISE__IMPLIES(blanket->authn_level == GUISE_AUTHN_LEVEL_NONE,
                          blanket->server_principal == NULL) &&
           (blanket->server_principal == NULL || blanket->server_principal == context->principal);
}

void guise__context_print(const guise_context *context)
{
    struct guise__shards *shards = atomic_load_explicit(&context->shards, memory_order_acquire);

    (void)fprintf(stderr, "context %p: refs %u, token %p, level %d, authentication level %u, %s\n",
                  (const void *)context, atomic_load_explicit(&context->refs, memory_order_relaxed),
                  (const void *)context->token, (int)context->blanket.level,
                  (unsigned)context->blanket.authn_level, shards == NULL ? "no shards" : "shards:");
    for (unsigned i = 0; shards != NULL && i < GUISE__SHARDS; i++) {
        unsigned word = atomic_load_explicit(&shards->at[i].word, memory_order_relaxed);

        if (word != 0) {
            (void)fprintf(stderr, "  shard %u: %u calls%s\n", i, word / ONE_CALL,
                          (word & CLOSED) != 0 ? ", closed" : "");
        }
    }
}
#endif

/* ---- the end ---- */

static void context_destroy(guise_context *context)
{
    guise_token *token = context->token;
    /* Relaxed, both: the thread that drops the last reference sees all by the order of the count. */
    guise__context_end_fn *at_end = atomic_load_explicit(&context->at_end, memory_order_relaxed);

    if (at_end != NULL) {
        at_end(context);
    }
    guise__free(atomic_load_explicit(&context->shards, memory_order_relaxed));
    if (context->ending.destroy != NULL) {
        guise__ending_add(&context->ending); /* frees the context once it has run */
    } else {
        guise__free(context);
    }
    guise_token_unref(token);
    guise__endings_run();
}

/* ---- shards ---- */

/* The caller has the only reference in refs and keeps it meanwhile, so no other thread closes them. */
static GUISE_COLD void shards_close(guise_context *context, struct guise__shards *shards)
{
    /* refs counts all of them before another thread can see the first one closed. Relaxed, because the
     * step on each shard's word orders it. */
    unsigned refs = atomic_fetch_add_explicit(&context->refs, GUISE__SHARDS, memory_order_relaxed);

    GUISE__CHECK(refs == 1);
    for (unsigned i = 0; i < GUISE__SHARDS; i++) {
        /* Release, for refs, to the thread that empties the shard; acquire, for what its calls did. */
        unsigned before =
            atomic_fetch_or_explicit(&shards->at[i].word, CLOSED, memory_order_acq_rel);

        GUISE__CHECK((before & CLOSED) == 0); /* shards are closed once */
        if (before == 0) {
            (void)guise__count_down(&context->refs);
        }
    }
}

/* Relaxed: the thread that closed them did so before it dropped its reference, which the caller has
 * seen. */
static bool shards_are_closed(struct guise__shards *shards)
{
    return (atomic_load_explicit(&shards->at[0].word, memory_order_relaxed) & CLOSED) != 0;
}

/* The caller's reference is the only one in refs. */
static void context_drop_last(guise_context *context)
{
    /* Relaxed: the thread that made them has dropped its reference in refs since. */
    struct guise__shards *shards = atomic_load_explicit(&context->shards, memory_order_relaxed);

    if (shards == NULL) {
        context_destroy(context);
        return;
    }
    if (!shards_are_closed(shards)) {
        shards_close(context, shards);
    }
    if (guise__count_down(&context->refs)) {
        context_destroy(context);
    }
}

GUISE_COLD void guise__context_make_shards(guise_context *context)
{
    struct guise__shards *none = NULL;
    struct guise__shards *mine = guise__alloc(sizeof *mine);

    if (mine != NULL &&
        !atomic_compare_exchange_strong_explicit(&context->shards, &none, mine,
                                                 memory_order_release, memory_order_relaxed)) {
        guise__free(mine); /* another thread was faster */
    }
}

/* Notes that another thread than before makes a call. If the context has more than one reference then,
 * that is a collision; calls that one thread makes after the other are none. */
static GUISE_COLD void note_other_thread(guise_context *context, unsigned references,
                                         const struct guise__thread *thread)
{
    /* Relaxed: a hint. */
    atomic_store_explicit(&context->last, thread, memory_order_relaxed);
    if (references > 1 &&
        atomic_fetch_add_explicit(&context->collisions, 1, memory_order_relaxed) == COLLISIONS) {
        guise__context_make_shards(context);
    }
}

static void context_drop(guise_context *context)
{
    /* Acquire, here and on failure: as guise__count_down, for the last reference. */
    unsigned seen = atomic_load_explicit(&context->refs, memory_order_acquire);

    GUISE__CHECK(seen != 0);
    while (seen != 1) {
        /* Release: as guise__count_down. */
        if (atomic_compare_exchange_weak_explicit(&context->refs, &seen, seen - 1,
                                                  memory_order_release, memory_order_acquire)) {
            return;
        }
    }
    context_drop_last(context);
}

void guise_context_unref(const guise_context *context)
{
    if (context != NULL) {
        context_drop((guise_context *)(uintptr_t)context);
    }
}

static void refs_acquire(guise_context *context, const struct guise__thread *thread)
{
    /* Relaxed: as guise__count_up, of which the value before is needed too. */
    unsigned before = atomic_fetch_add_explicit(&context->refs, 1, memory_order_relaxed);

    GUISE__CHECK(before != 0);
    guise__count_require_room(before, GUISE__COUNT_MAX);
    if (atomic_load_explicit(&context->last, memory_order_relaxed) != thread) {
        note_other_thread(context, before, thread);
    }
}

/* Counts one more call in the shard; false if the shard is closed. */
static bool shard_acquire(atomic_uint *shard)
{
    unsigned seen = atomic_load_explicit(shard, memory_order_relaxed);

    do {
        if ((seen & CLOSED) != 0) {
            return false;
        }
        guise__count_require_room(seen, GUISE__COUNT_MAX);
        /* Relaxed: as guise__count_up. The caller's reference keeps the context. */
    } while (!atomic_compare_exchange_weak_explicit(shard, &seen, seen + ONE_CALL,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

unsigned guise__context_acquire(guise_context *context, const struct guise__thread *thread)
{
    /* Acquire: pairs with the release in guise__context_make_shards. */
    struct guise__shards *shards = atomic_load_explicit(&context->shards, memory_order_acquire);

    GUISE__CHECK(guise__context_is_valid(context));
    if (shards != NULL) {
        unsigned shard = guise__cpu() % GUISE__SHARDS;

        if (shard_acquire(&shards->at[shard].word)) {
            return shard + 1;
        }
    }
    refs_acquire(context, thread);
    return 0;
}

void guise__context_release(guise_context *context, unsigned shard)
{
    struct guise__shards *shards;

    GUISE__CHECK(shard <= GUISE__SHARDS);
    if (shard == 0) {
        context_drop(context);
        return;
    }
    /* Relaxed: guise__context_acquire has seen the pointer for this call. */
    shards = atomic_load_explicit(&context->shards, memory_order_relaxed);
    GUISE__CHECK(shards != NULL);
    /* Relaxed, because the caller's own call is in the shard. */
    GUISE__CHECK(atomic_load_explicit(&shards->at[shard - 1].word, memory_order_relaxed) >=
                 ONE_CALL);
    /* Release and acquire: as guise__count_down, of a shard. */
    if (atomic_fetch_sub_explicit(&shards->at[shard - 1].word, ONE_CALL, memory_order_acq_rel) ==
            (ONE_CALL | CLOSED) &&
        guise__count_down(&context->refs)) {
        context_destroy(context);
    }
}

void guise__context_at_end(const guise_context *context, guise__context_end_fn *fn)
{
    guise_context *changed = (guise_context *)(uintptr_t)context;

    GUISE__CHECK(fn != NULL && guise__context_is_valid(context));
    /* Relaxed: see context_destroy. */
    atomic_store_explicit(&changed->at_end, fn, memory_order_relaxed);
}

const guise_blanket *guise_context_blanket(const guise_context *context)
{
    return &context->blanket;
}

const guise_token *guise_context_token(const guise_context *context)
{
    return context->token;
}

const guise_identity *guise_context_identity(const guise_context *context)
{
    return &context->identity;
}

int64_t guise_context_valid_until(const guise_context *context)
{
    return context->valid_until;
}

/* By the system's clock, because the end of a ticket is a time of that clock. */
bool guise_context_has_ended(const guise_context *context)
{
    return context->valid_until != 0 && (int64_t)time(NULL) >= context->valid_until;
}

void *guise_context_data(const guise_context *context)
{
    return context->data;
}
