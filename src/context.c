/* SPDX-License-Identifier: MIT */
#include "context_internal.h"

#include <stdbool.h>
#include <string.h>

#include "port/port.h"
#include "refcount.h"
#include "sized.h"

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

void guise_context_unref(const guise_context *context)
{
    guise_context *counted = (guise_context *)(uintptr_t)context;

    if (counted == NULL || !guise__count_down(&counted->refs)) {
        return;
    }
    guise_token_unref(counted->token);
    guise__free(counted);
}

const guise_blanket *guise_context_blanket(const guise_context *context)
{
    return &context->blanket;
}

const guise_token *guise_context_token(const guise_context *context)
{
    return context->token;
}
