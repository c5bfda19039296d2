/* SPDX-License-Identifier: MIT */
#include "identity/context.h"

#include <stdbool.h>
#include <string.h>

#include "port/port.h"
#include "base/refcount.h"
#include "base/struct_size.h"

enum { KNOWN_CAPABILITIES = 0x7FFF };

static bool is_possible(const guise_blanket *blanket)
{
    return blanket->authn_level >= GUISE_AUTHN_LEVEL_NONE &&
           blanket->authn_level <= GUISE_AUTHN_LEVEL_PKT_PRIVACY &&
           blanket->level >= GUISE_LEVEL_DEFAULT && blanket->level <= GUISE_LEVEL_DELEGATE &&
           (blanket->capabilities & ~(uint32_t)KNOWN_CAPABILITIES) == 0;
}

/* S-25: the lower of what the client allows and what its identity carries. */
static guise_level lower_level(guise_level wanted, guise_level held)
{
    return wanted == GUISE_LEVEL_DEFAULT || wanted > held ? held : wanted;
}

/* nothing is vouched for at level NONE, so nothing is reported. */
static void strip_unauthenticated(guise_blanket *blanket)
{
    if (blanket->authn_level == GUISE_AUTHN_LEVEL_NONE) {
        blanket->authn_service = GUISE_AUTHN_SERVICE_NONE;
        blanket->authz_service = GUISE_AUTHZ_SERVICE_NONE;
        blanket->server_principal = NULL;
    }
}

/* The same token at this level: itself, or a duplicate below. */
static guise_result at_level(const guise_token *token, guise_level level, guise_token **out)
{
    if (guise_token_level(token) == level) {
        *out = guise_token_ref(token);
        return GUISE_OK;
    }
    return guise_token_duplicate(token, level, out);
}

static guise_context *build(const guise_blanket *blanket)
{
    size_t space = blanket->server_principal == NULL ? 0 : strlen(blanket->server_principal) + 1;
    guise_context *context = guise__alloc(sizeof *context + space);

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
    return context;
}

static guise_result create(guise_blanket *blanket, const guise_token *token, guise_context **out)
{
    guise_context *context;
    guise_result result;

    strip_unauthenticated(blanket);
    blanket->level = lower_level(blanket->level, guise_token_level(token));
    context = build(blanket);
    if (context == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    result = at_level(token, blanket->level, &context->token);
    if (result != GUISE_OK) {
        guise__free(context);
        return result;
    }
    *out = context;
    return GUISE_OK;
}

guise_result guise_context_create(const guise_blanket *blanket, const guise_token *token,
                                  guise_context **out)
{
    guise_blanket copy;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (blanket == NULL || token == NULL || !guise__sized_in(blanket, sizeof *blanket) ||
        !is_possible(blanket)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    copy = *blanket;
    return create(&copy, token, out);
}

guise_context *guise_context_ref(const guise_context *context)
{
    guise_context *counted = (guise_context *)(uintptr_t)context;

    if (counted != NULL) {
        guise__count_up(&counted->refs);
    }
    return counted;
}

static void destroy(guise_context *context)
{
    /* Relaxed, both: the last reference sees everything by the count's own order. */
    guise__context_end_fn *at_end = atomic_load_explicit(&context->at_end, memory_order_relaxed);

    if (at_end != NULL) {
        at_end(context);
    }
    guise__free(atomic_load_explicit(&context->shares, memory_order_relaxed));
    guise_token_unref(context->token);
    guise__free(context);
}

/* ---- shares ----

 * A share's word is twice the number of its calls, plus one once the shares are closed: before refs
 * would come down to 0. From then on no share's number grows; refs counts the shares that still have
 * calls too, and whoever empties one of them counts it down. refs is 0 only at the very end, so a
 * call is as good as any other reference for who wants one more.
 */

enum { CLOSED = 1, ONE_CALL = 2, LINE = 64, COLLISIONS = 64 };

static GUISE_TLS char tl_here; /* its address is this thread's name */

struct guise__shares {
    char before[LINE]; /* wherever this begins in a line, none of the words is in a neighbour's */
    struct {
        atomic_uint word;
        char rest[LINE - sizeof(atomic_uint)];
    } at[GUISE__SHARES];
};

/* By the one that has the only reference in refs, and keeps it meanwhile: nobody else closes. */
static GUISE_SLOW void close_shares(guise_context *context, struct guise__shares *shares)
{
    /* All of them before the first can be seen to be closed. Relaxed: the step on each share's word
     * orders it. */
    (void)atomic_fetch_add_explicit(&context->refs, GUISE__SHARES, memory_order_relaxed);
    for (unsigned i = 0; i < GUISE__SHARES; i++) {
        /* Release: for refs, to the thread that empties the share; acquire: for what its calls did. */
        unsigned before =
            atomic_fetch_or_explicit(&shares->at[i].word, CLOSED, memory_order_acq_rel);

        if (before == 0) {
            (void)guise__count_down(&context->refs);
        }
    }
}

/* Relaxed: who closed them did so before it dropped its reference, which the caller has seen. */
static bool is_closed(struct guise__shares *shares)
{
    return (atomic_load_explicit(&shares->at[0].word, memory_order_relaxed) & CLOSED) != 0;
}

/* The caller's reference is the only one in refs. */
static void drop_last(guise_context *context)
{
    /* Relaxed: whoever made them has let go of refs since. */
    struct guise__shares *shares = atomic_load_explicit(&context->shares, memory_order_relaxed);

    if (shares == NULL) {
        destroy(context);
        return;
    }
    if (!is_closed(shares)) {
        close_shares(context, shares);
    }
    if (guise__count_down(&context->refs)) {
        destroy(context);
    }
}

GUISE_SLOW void guise__context_make_shares(guise_context *context)
{
    struct guise__shares *none = NULL;
    struct guise__shares *mine = guise__alloc(sizeof *mine);

    if (mine != NULL &&
        !atomic_compare_exchange_strong_explicit(&context->shares, &none, mine,
                                                 memory_order_release, memory_order_relaxed)) {
        guise__free(mine); /* somebody was faster */
    }
}

/* Calls that one thread makes after the other do not collide. */
static GUISE_SLOW void note_other_thread(guise_context *context, unsigned references)
{
    /* Relaxed: a hint. */
    atomic_store_explicit(&context->last, &tl_here, memory_order_relaxed);
    if (references > 1 &&
        atomic_fetch_add_explicit(&context->collisions, 1, memory_order_relaxed) == COLLISIONS) {
        guise__context_make_shares(context);
    }
}

static void drop(guise_context *context)
{
    /* Acquire, here and on failure: as guise__count_down, for the last one. */
    unsigned seen = atomic_load_explicit(&context->refs, memory_order_acquire);

    while (seen != 1) {
        /* Release: as guise__count_down. */
        if (atomic_compare_exchange_weak_explicit(&context->refs, &seen, seen - 1,
                                                  memory_order_release, memory_order_acquire)) {
            return;
        }
    }
    drop_last(context);
}

void guise_context_unref(const guise_context *context)
{
    if (context != NULL) {
        drop((guise_context *)(uintptr_t)context);
    }
}

static void hold_refs(guise_context *context)
{
    /* Relaxed: as guise__count_up, which it is. */
    unsigned before = atomic_fetch_add_explicit(&context->refs, 1, memory_order_relaxed);

    if (before >= UINT_MAX / 2) {
        guise__die("a reference count overflowed");
    }
    if (atomic_load_explicit(&context->last, memory_order_relaxed) != &tl_here) {
        note_other_thread(context, before);
    }
}

/* False if it is closed. */
static bool hold_share(atomic_uint *share)
{
    unsigned seen = atomic_load_explicit(share, memory_order_relaxed);

    do {
        if ((seen & CLOSED) != 0) {
            return false;
        }
        if (seen >= UINT_MAX / 2) {
            guise__die("a reference count overflowed");
        }
        /* Relaxed: as guise__count_up. The caller's reference keeps the context. */
    } while (!atomic_compare_exchange_weak_explicit(share, &seen, seen + ONE_CALL,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

unsigned guise__context_hold(guise_context *context)
{
    /* Acquire: pairs with the release in guise__context_make_shares. */
    struct guise__shares *shares = atomic_load_explicit(&context->shares, memory_order_acquire);

    if (shares != NULL) {
        unsigned share = guise__cpu() % GUISE__SHARES;

        if (hold_share(&shares->at[share].word)) {
            return share + 1;
        }
    }
    hold_refs(context);
    return 0;
}

void guise__context_let_go(guise_context *context, unsigned share)
{
    struct guise__shares *shares;

    if (share == 0) {
        drop(context);
        return;
    }
    /* Relaxed: this call's hold has seen it. */
    shares = atomic_load_explicit(&context->shares, memory_order_relaxed);
    /* Release and acquire: as guise__count_down, of a share. */
    if (atomic_fetch_sub_explicit(&shares->at[share - 1].word, ONE_CALL, memory_order_acq_rel) ==
            (ONE_CALL | CLOSED) &&
        guise__count_down(&context->refs)) {
        destroy(context);
    }
}

void guise__context_at_end(const guise_context *context, guise__context_end_fn *fn)
{
    guise_context *told = (guise_context *)(uintptr_t)context;

    /* Relaxed: see destroy. */
    atomic_store_explicit(&told->at_end, fn, memory_order_relaxed);
}

const guise_blanket *guise_context_blanket(const guise_context *context)
{
    return &context->blanket;
}

const guise_token *guise_context_token(const guise_context *context)
{
    return context->token;
}
