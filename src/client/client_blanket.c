/* SPDX-License-Identifier: MIT */
/*
 * What this process asks for as a client, and the blankets that are worked out from that, from the object and
 * from what the program assigns.
 *
 * Locking discipline: s_lock guards s_defaults, and is a leaf. A place's lock is its owner's; under it a blanket
 * is only replaced or taken a reference of.
 */
#define _POSIX_C_SOURCE 200809L
#include "client/client_blanket.h"

#include <pthread.h>
#include <string.h>

#include <guise/thread.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "base/refcount.h"
#include "base/struct_size.h"
#include "client/object.h"
#include "client/release.h"
#include "port/port.h"
#include "thread/process_token.h"

#define CLOAKING (GUISE_CAP_STATIC_CLOAKING | GUISE_CAP_DYNAMIC_CLOAKING)

enum { SCHANNEL = 14 }; /* COM's RPC_C_AUTHN_GSS_SCHANNEL: its certificate is the process's */

const char guise_principal_default[] = "";

/* ---- the process's defaults ---- */

static struct guise__lock s_lock = GUISE__LOCK_INIT;
static struct defaults {
    bool is_final; /* said, or used by a proxy */
    uint32_t authn_level, capabilities;
    guise_level level;
} s_defaults = {false, GUISE_AUTHN_LEVEL_CONNECT, 0, GUISE_LEVEL_IDENTIFY};

/* A child that was forked while another thread said the defaults may have a part of them. */
static struct defaults use_defaults(void)
{
    struct defaults defaults;

    (void)guise__lock_take(&s_lock);
    s_defaults.is_final = true;
    defaults = s_defaults;
    guise__lock_release(&s_lock);
    return defaults;
}

static bool is_level(guise_level level)
{
    return level >= GUISE_LEVEL_ANONYMOUS && level <= GUISE_LEVEL_DELEGATE;
}

/* Not both kinds of cloaking, and nothing unknown (C-08, C-18). */
static bool are_capabilities(uint32_t capabilities)
{
    return (capabilities & ~(GUISE_CAP_MUTUAL_AUTH | CLOAKING)) == 0 &&
           (capabilities & CLOAKING) != CLOAKING;
}

/* DEFAULT is refused for the level (C-04), and NONE as the authn level (C-07). */
static bool are_possible_defaults(const guise_blanket *blanket)
{
    return blanket != NULL && guise__struct_size_in(blanket, sizeof *blanket) &&
           is_level(blanket->level) && blanket->authn_level != GUISE_AUTHN_LEVEL_NONE &&
           blanket->authn_level <= GUISE_AUTHN_LEVEL_PKT_PRIVACY &&
           are_capabilities(blanket->capabilities);
}

guise_result guise_client_defaults(const guise_blanket *blanket)
{
    bool is_late;

    if (!are_possible_defaults(blanket)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    (void)guise__lock_take(&s_lock);
    is_late = s_defaults.is_final; /* once (C-01) */
    if (!is_late) {
        s_defaults.authn_level =
            blanket->authn_level == 0 ? GUISE_AUTHN_LEVEL_CONNECT : blanket->authn_level;
        s_defaults.capabilities = blanket->capabilities;
        s_defaults.level = blanket->level;
        s_defaults.is_final = true;
    }
    guise__lock_release(&s_lock);
    return is_late ? GUISE_E_TOO_LATE : GUISE_OK;
}

/* ---- making one ---- */

/* The principal is copied; the token's reference is moved into the blanket unless there is no memory. */
static guise_result make(const guise_blanket *blanket, guise_token *token,
                         struct guise__client_blanket **out)
{
    size_t length = blanket->server_principal == NULL ? 0 : strlen(blanket->server_principal) + 1;
    struct guise__client_blanket *made = guise__alloc(sizeof *made + length);

    if (made == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    atomic_init(&made->refs, 1);
    made->blanket = *blanket;
    made->blanket.size = sizeof made->blanket;
    made->token = token;
    if (length != 0) {
        made->blanket.server_principal = memcpy(made->principal, blanket->server_principal, length);
    }
    *out = made;
    return GUISE_OK;
}

/* Service and principal are the object's, the authn level the higher of the two sides', and the rest the
 * process's (C-05). */
static void work_out_fresh(const guise_object *object, const struct defaults *defaults,
                           guise_blanket *blanket)
{
    blanket->authn_service = object->authn_service;
    blanket->authz_service = GUISE_AUTHZ_SERVICE_NONE;
    blanket->authn_level =
        object->authn_level > defaults->authn_level ? object->authn_level : defaults->authn_level;
    blanket->level = defaults->level;
    blanket->capabilities = defaults->capabilities;
    if (object->authn_service == SCHANNEL) {
        blanket->capabilities &= ~CLOAKING; /* Schannel does not cloak (C-08) */
    }
}

/* The memory first, because a proxy that was not made leaves the defaults open. */
guise_result guise__blanket_fresh(const guise_object *object, struct guise__client_blanket **out)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;
    struct defaults defaults;
    guise_result result;

    blanket.server_principal = object->principal;
    result = make(&blanket, NULL, out);
    if (result == GUISE_OK) {
        defaults = use_defaults();
        work_out_fresh(object, &defaults, &(*out)->blanket);
    }
    return result;
}

/* ---- assigning ---- */

/* Each DEFAULT is worked out as for a fresh proxy; all else is assigned (C-06). */
static guise_blanket work_out(const guise_blanket *given, const guise_blanket *fresh,
                              const guise_blanket *before)
{
    guise_blanket blanket = *given;

    if (given->authn_service == GUISE_AUTHN_SERVICE_DEFAULT) {
        blanket.authn_service = fresh->authn_service;
    }
    if (given->authz_service == GUISE_AUTHZ_SERVICE_DEFAULT) {
        blanket.authz_service = fresh->authz_service;
    }
    if (given->authn_level == 0) {
        blanket.authn_level = fresh->authn_level;
    }
    if (given->level == GUISE_LEVEL_DEFAULT) {
        blanket.level = fresh->level;
    }
    if (given->capabilities == GUISE_CAP_DEFAULT) {
        blanket.capabilities = fresh->capabilities;
    }
    if (given->server_principal == NULL) {
        blanket.server_principal = before->server_principal; /* is kept (C-13) */
    } else if (given->server_principal == guise_principal_default) {
        blanket.server_principal = fresh->server_principal;
    }
    return blanket;
}

/* Level NONE only without a service (C-07); cloaking neither with an identity of the program's own nor with
 * Schannel (C-08). */
static bool is_possible(const guise_blanket *blanket, const guise_token *as)
{
    bool is_cloaked = (blanket->capabilities & CLOAKING) != 0;

    return is_level(blanket->level) && blanket->authn_level <= GUISE_AUTHN_LEVEL_PKT_PRIVACY &&
           are_capabilities(blanket->capabilities) &&
           (blanket->authn_level != GUISE_AUTHN_LEVEL_NONE ||
            blanket->authn_service == GUISE_AUTHN_SERVICE_NONE) &&
           !(is_cloaked && (as != NULL || blanket->authn_service == SCHANNEL));
}

/* The token in this thread's slot, or else the process's where there is none or no
 * cloaking (C-16). */
static guise_result find_identity(bool is_cloaked, guise_token **out)
{
    const guise_token *token = is_cloaked ? guise_thread_token() : NULL;

    if (token == NULL) {
        return guise__process_token(out);
    }
    *out = guise_token_ref(token);
    return GUISE_OK;
}

/* What is fixed now: as, or this thread's identity where cloaking is static, or nothing (C-15). */
static guise_result fix_now(const guise_blanket *blanket, const guise_token *as, guise_token **out)
{
    *out = NULL;
    if (as != NULL) {
        *out = guise_token_ref(as);
        return GUISE_OK;
    }
    return (blanket->capabilities & GUISE_CAP_STATIC_CLOAKING) != 0 ? find_identity(true, out)
                                                                    : GUISE_OK;
}

guise_result guise__blanket_assign(const guise_object *object,
                                   const struct guise__client_blanket *before,
                                   const guise_blanket *given, const guise_token *as,
                                   struct guise__client_blanket **out)
{
    struct defaults defaults = use_defaults();
    guise_blanket fresh = GUISE_BLANKET_INIT, blanket;
    guise_token *token;
    guise_result result;

    fresh.server_principal = object->principal;
    work_out_fresh(object, &defaults, &fresh);
    blanket = work_out(given, &fresh, &before->blanket);
    if (!is_possible(&blanket, as)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = fix_now(&blanket, as, &token);
    if (result != GUISE_OK) {
        return result;
    }
    result = make(&blanket, token, out);
    if (result != GUISE_OK) {
        guise_token_unref(token);
    }
    return result;
}

/* ---- which identity ---- */

bool guise__blanket_is_unfixed(const struct guise__client_blanket *blanket)
{
    return (blanket->blanket.capabilities & GUISE_CAP_STATIC_CLOAKING) != 0 &&
           blanket->token == NULL;
}

guise_result guise__blanket_fix(struct guise__client_blanket *before, guise_token *token,
                                struct guise__client_blanket **out)
{
    struct guise__client_blanket *made = guise__alloc(sizeof *made);

    if (made == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    atomic_init(&made->refs, 1);
    made->blanket = before->blanket;
    made->token = guise_token_ref(token);
    made->origin = guise__blanket_ref(before);
    *out = made;
    return GUISE_OK;
}

guise_result guise__blanket_settle(const struct guise__client_blanket *blanket, guise_token **out)
{
    bool is_cloaked = (blanket->blanket.capabilities & CLOAKING) != 0;
    guise_result result = GUISE_OK;

    if (blanket->token != NULL) {
        *out = guise_token_ref(blanket->token);
    } else {
        result = find_identity(is_cloaked, out);
    }
    if (result == GUISE_OK && is_cloaked && guise_token_level(*out) < GUISE_LEVEL_IMPERSONATE) {
        guise_token_unref(*out);
        return GUISE_E_BAD_LEVEL; /* a client that grants less is not passed on (C-17) */
    }
    return result;
}

/* ---- life, and the places that have one ---- */

struct guise__client_blanket *guise__blanket_ref(struct guise__client_blanket *blanket)
{
    (void)guise__count_up(&blanket->refs);
    return blanket;
}

void guise__blanket_unref(struct guise__client_blanket *blanket)
{
    guise_token *token;

    if (blanket == NULL || !guise__count_down(&blanket->refs)) {
        return;
    }
    token = blanket->token;
    guise__blanket_unref(blanket->origin); /* which has no origin itself, and no token */
    guise__free(blanket);
    guise_token_unref(token); /* last, because its credential's destructor is the program's */
}

void guise__blanket_unref_both(struct guise__client_blanket *first,
                               struct guise__client_blanket *second)
{
    pthread_cleanup_push(guise__release_blanket, second);
    guise__blanket_unref(first);
    pthread_cleanup_pop(1);
}

struct guise__client_blanket *guise__blanket_take(const struct guise__blanket_place *place)
{
    struct guise__client_blanket *taken;

    (void)guise__lock_take(place->lock);
    taken = guise__blanket_ref(*place->current);
    guise__lock_release(place->lock);
    return taken;
}

guise_result guise__blanket_query(const struct guise__blanket_place *place, guise_blanket *out)
{
    size_t size = out->size;

    (void)guise__lock_take(place->lock);
    *out = (*place->current)->blanket;
    guise__lock_release(place->lock);
    out->size = size;
    return GUISE_OK;
}

/* The new one is made without the lock, and replaces the old one whole (C-11). */
guise_result guise__blanket_set(const struct guise__blanket_place *place,
                                const guise_blanket *given, const guise_token *as)
{
    struct guise__client_blanket *before = guise__blanket_take(place);
    struct guise__client_blanket *made = NULL, *replaced = NULL;
    guise_result result = guise__blanket_assign(place->object, before, given, as, &made);

    if (result == GUISE_OK) {
        (void)guise__lock_take(place->lock);
        replaced = *place->current;
        *place->current = made;
        guise__lock_release(place->lock);
    }
    guise__blanket_unref_both(before, replaced);
    return result;
}
