/* SPDX-License-Identifier: MIT */
/*
 * Tokens: a client's identity, checked, normalised and prepared for the provider when the token is made, so
 * that becoming the client needs no memory and no look-up. A token never changes after that; only its
 * count of references does, and the last one frees it together with what the provider prepared.
 *
 * There is no lock. The serials and the limit of groups are atomic numbers that nothing else is
 * published with.
 */
#define _POSIX_C_SOURCE 200809L
#include "identity/token.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/refcount.h"
#include "base/struct_size.h"
#include "identity/credential.h"
#include "identity/ending.h"
#include "identity/provider.h"
#include "port/port.h"

static _Atomic uint64_t s_last_serial;

/* The limit of groups, shifted by one bit, and LIMIT_SETTLED, which is set with the first token: the limit
 * does not change any more. */
enum { GROUP_LIMIT_DEFAULT = 1024, GROUP_LIMIT_MAX = 65536, LIMIT_SETTLED = 1, LIMIT_SHIFT = 1 };
static atomic_uint s_group_limit = (unsigned)GROUP_LIMIT_DEFAULT << LIMIT_SHIFT;

size_t guise__token_group_limit(void)
{
    /* Relaxed: a number that nothing else is published with. */
    return atomic_load_explicit(&s_group_limit, memory_order_relaxed) >> LIMIT_SHIFT;
}

guise_result guise_token_set_group_limit(size_t limit)
{
    unsigned seen = atomic_load_explicit(&s_group_limit, memory_order_relaxed);

    if (limit < 1 || limit > GROUP_LIMIT_MAX) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    do {
        if ((seen & LIMIT_SETTLED) != 0) {
            return GUISE_E_TOO_LATE;
        }
        /* Relaxed, as above. One step, so that a first token which is made meanwhile settles either the
         * old limit or the new one. */
    } while (!atomic_compare_exchange_weak_explicit(&s_group_limit, &seen,
                                                    (unsigned)limit << LIMIT_SHIFT,
                                                    memory_order_relaxed, memory_order_relaxed));
    return GUISE_OK;
}

/* Returns the limit and settles it. A settled limit is not written again, so that threads which make
 * tokens do not write the same cache line. */
static size_t settle_group_limit(void)
{
    unsigned seen = atomic_load_explicit(&s_group_limit, memory_order_relaxed);

    if ((seen & LIMIT_SETTLED) == 0) {
        seen = atomic_fetch_or_explicit(&s_group_limit, LIMIT_SETTLED, memory_order_relaxed);
    }
    return seen >> LIMIT_SHIFT;
}

/* The lower of the system's limit and the program's. */
static size_t max_groups(void)
{
    size_t limit = settle_group_limit();
    size_t system = guise__limits()->max_groups;

    GUISE__CHECK(guise__provider() != NULL); /* the limits are read when it is chosen */
    GUISE__CHECK(limit >= 1 && limit <= GROUP_LIMIT_MAX && system >= 1);
    return limit < system ? limit : system;
}

static bool token_level_is_known(guise_level level)
{
    return level >= GUISE_LEVEL_ANONYMOUS && level <= GUISE_LEVEL_DELEGATE;
}

/* -1 means "leave alone" to the system calls, so the thread would silently stay the server. The
 * overflow id stands for all users that have no id in this user namespace; where each has one it is a
 * user like others (I-11). */
static bool is_real_gid(gid_t gid)
{
    const struct guise__limits *limits = guise__limits();

    return gid != (gid_t)-1 && !(limits->has_unmapped_gids && gid == limits->overflow_gid);
}

static bool is_real_uid(uid_t uid)
{
    const struct guise__limits *limits = guise__limits();

    return uid != (uid_t)-1 && !(limits->has_unmapped_uids && uid == limits->overflow_uid);
}

static bool are_real_groups(const guise_token_desc *desc)
{
    for (size_t i = 0; i < desc->group_count; i++) {
        if (!is_real_gid(desc->groups[i])) {
            return false;
        }
    }
    return true;
}

static bool desc_is_possible(const guise_token_desc *desc, size_t most)
{
    if (!token_level_is_known(desc->level) || !is_real_uid(desc->uid) || !is_real_gid(desc->gid)) {
        return false;
    }
    if (desc->group_count > most || /* the list has a limit (I-10) */
        (desc->groups == NULL && desc->group_count != 0)) {
        return false;
    }
    return are_real_groups(desc);
}

static int compare_gids(const void *left, const void *right)
{
    gid_t a = *(const gid_t *)left;
    gid_t b = *(const gid_t *)right;

    return (a > b) - (a < b);
}

/* Sorts in place and drops duplicates; returns how many are left. */
static size_t groups_normalise(gid_t *groups, size_t count)
{
    int saved_errno = errno;
    size_t unique = 0;

    qsort(groups, count, sizeof *groups, compare_gids);
    errno =
        saved_errno; /* a qsort that found no memory for its scratch space falls back, but says so */
    for (size_t i = 0; i < count; i++) {
        if (unique == 0 || groups[unique - 1] != groups[i]) {
            groups[unique++] = groups[i];
        }
    }
    GUISE__CHECK(unique >= 1 && unique <= count);
    return unique;
}

/* ---- who a client is for a mechanism ---- */

enum { KEY_MAX = 65536 };

bool guise__identity_is_possible(const guise_identity *identity)
{
    return guise__struct_size_in(identity, sizeof *identity) && identity->mechanism != NULL &&
           identity->mechanism[0] != '\0' && identity->key != NULL && identity->key_size >= 1 &&
           identity->key_size <= KEY_MAX;
}

/* Nothing known is never the same as nothing known (I-15). */
bool guise__identity_is_same(const guise_identity *one, const guise_identity *other)
{
    return one->key_size != 0 && one->key_size == other->key_size &&
           strcmp(one->mechanism, other->mechanism) == 0 &&
           memcmp(one->key, other->key, one->key_size) == 0;
}

size_t guise__identity_room(const guise_identity *identity)
{
    return identity == NULL ? 0 : strlen(identity->mechanism) + 1 + identity->key_size;
}

void guise__identity_store(const guise_identity *identity, char *room, guise_identity *out)
{
    size_t length;

    *out = (guise_identity){.size = sizeof *out, .mechanism = ""};
    if (identity == NULL || identity->key_size == 0) {
        return;
    }
    length = strlen(identity->mechanism) + 1;
    memcpy(room, identity->mechanism, length);
    memcpy(room + length, identity->key, identity->key_size);
    out->mechanism = room;
    out->key = room + length;
    out->key_size = identity->key_size;
}

/* ---- invariants ---- */

#if defined(GUISE_CHECKS)
/* A client without ids has no groups, no rights and nothing to pass on. */
static bool is_valid_without_ids(const guise_token *token)
{
    return token->group_count == 0 && token->uid != 0 && token->gid != 0 &&
           token->level <= GUISE_LEVEL_IDENTIFY && token->identity.mechanism != NULL;
}

static bool has_valid_groups(const guise_token *token)
{
    bool has_gid = false;

    for (size_t i = 0; i < token->group_count; i++) {
        if (i != 0 && token->groups[i - 1] >= token->groups[i]) {
            return false;
        }
        has_gid = has_gid || token->groups[i] == token->gid;
    }
    return has_gid;
}

bool guise__token_is_valid(const guise_token *token)
{
    return (token->has_ids ? has_valid_groups(token) : is_valid_without_ids(token)) &&
           GUISE__IMPLIES(token->credential != NULL, token->level == GUISE_LEVEL_DELEGATE) &&
           token_level_is_known(token->level) && token->serial != 0 && token->id != 0 &&
           token->origin != 0 && token->name != NULL && token->uid != (uid_t)-1;
}

void guise__token_print(const guise_token *token)
{
    (void)fprintf(stderr,
                  "token %p: refs %u, serial %llu, %suid %lu, gid %lu, level %d, %s, groups",
                  (const void *)token, atomic_load_explicit(&token->refs, memory_order_relaxed),
                  (unsigned long long)token->serial, token->has_ids ? "" : "no ids, reads as ",
                  (unsigned long)token->uid, (unsigned long)token->gid, (int)token->level,
                  token->prepared == NULL ? "nothing prepared" : "prepared");
    for (size_t i = 0; i < token->group_count; i++) {
        (void)fprintf(stderr, " %lu", (unsigned long)token->groups[i]);
    }
    (void)fputs("\n", stderr);
}
#endif

/* ---- making one ---- */

/* What a token is made of; checked, except for the group that the primary gid may add. */
struct parts {
    const guise_token_desc *desc;
    const guise_identity *identity; /* of a client without ids; NULL: nothing is known */
    guise_credential *credential;
    bool has_ids;
};

static size_t group_room(const struct parts *parts)
{
    return parts->has_ids ? (parts->desc->group_count + 1) * sizeof(gid_t) : 0;
}

/* The ids that stand for users without one. 0 is never among them, although the system can be told so,
 * because a program that asks for root by uid would find one. */
static unsigned without_root(unsigned overflow)
{
    enum { USUAL_OVERFLOW_ID = 65534 };

    return overflow == 0 ? USUAL_OVERFLOW_ID : overflow;
}

static void store_ids(guise_token *token, const struct parts *parts)
{
    const guise_token_desc *desc = parts->desc;

    token->has_ids = parts->has_ids;
    if (!parts->has_ids) {
        token->uid = without_root(guise__limits()->overflow_uid);
        token->gid = without_root(guise__limits()->overflow_gid);
        return;
    }
    if (desc->group_count != 0) {
        memcpy(token->groups, desc->groups, desc->group_count * sizeof(gid_t));
    }
    token->groups[desc->group_count] = desc->gid;
    token->group_count = groups_normalise(token->groups, desc->group_count + 1);
    token->uid = desc->uid;
    token->gid = desc->gid;
}

/* A token with everything but what the provider prepares; no other thread can see it yet. */
static guise_token *token_build(const struct parts *parts)
{
    const char *name = parts->desc->name == NULL ? "" : parts->desc->name;
    size_t name_room = strlen(name) + 1;
    guise_token *token = guise__alloc(sizeof *token + group_room(parts) + name_room +
                                      guise__identity_room(parts->identity));
    char *place;

    if (token == NULL) {
        return NULL;
    }
    place = (char *)token + sizeof *token + group_room(parts);
    token->name = memcpy(place, name, name_room);
    store_ids(token, parts);
    guise__identity_store(parts->identity, place + name_room, &token->identity);
    atomic_init(&token->refs, 1);
    token->level = parts->desc->level;
    token->credential = guise_credential_ref(parts->credential);
    /* Relaxed: only uniqueness matters, not the order against anything else. */
    token->serial = 1 + atomic_fetch_add_explicit(&s_last_serial, 1, memory_order_relaxed);
    token->id = token->serial;
    token->origin = token->serial;
    GUISE__CHECK(guise__token_is_valid(token));
    return token;
}

static guise_result token_make(const struct parts *parts, guise_token **out)
{
    const guise_provider *provider = guise__provider();
    guise_token *token = token_build(parts);
    guise_result result;

    if (token == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    result = token->group_count > max_groups()
                 ? GUISE_E_INVALID_ARGUMENT
                 : provider->prepare(provider, token, &token->prepared);
    if (result != GUISE_OK) {
        guise__token_drop_credential(token); /* not the last reference: the caller has one */
        guise__free(token);
        /* Only GUISE_OK is success, because a provider of the program's own may return anything. */
        return result < 0 ? result : GUISE_E_UNEXPECTED;
    }
    *out = token;
    return GUISE_OK;
}

static guise_result create_with_ids(const guise_token_desc *desc, guise_credential *credential,
                                    guise_token **out)
{
    struct parts parts = {desc, NULL, credential, true};

    if (desc == NULL || !guise__struct_size_in(desc, sizeof *desc)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (guise__provider() == NULL) {
        return GUISE_E_NO_PROVIDER; /* no token without a chosen provider (I-01) */
    }
    if (!desc_is_possible(desc, max_groups())) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (credential != NULL && desc->level < GUISE_LEVEL_DELEGATE) {
        return GUISE_E_BAD_LEVEL; /* what the client did not delegate is not passed on (I-16) */
    }
    return token_make(&parts, out);
}

guise_result guise_token_create(const guise_token_desc *desc, guise_token **out)
{
    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    return create_with_ids(desc, NULL, out);
}

guise_result guise_token_create_with_credential(const guise_token_desc *desc,
                                                guise_credential *credential, guise_token **out)
{
    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    return credential == NULL ? GUISE_E_INVALID_ARGUMENT : create_with_ids(desc, credential, out);
}

guise_result guise_token_create_without_ids(const guise_identity *identity, const char *name,
                                            guise_level level, guise_token **out)
{
    guise_token_desc desc = {.size = sizeof desc, .name = name, .level = level};
    struct parts parts = {&desc, identity, NULL, false};

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (!token_level_is_known(level) ||
        (identity != NULL && !guise__identity_is_possible(identity)) ||
        (identity == NULL && level == GUISE_LEVEL_IDENTIFY)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (level > GUISE_LEVEL_IDENTIFY) {
        return GUISE_E_BAD_LEVEL; /* there is no user here that a thread could become (I-14) */
    }
    if (guise__provider() == NULL) {
        return GUISE_E_NO_PROVIDER; /* as for any token (I-01) */
    }
    return token_make(&parts, out);
}

guise_result guise_token_duplicate(const guise_token *token, guise_level level, guise_token **out)
{
    guise_token_desc desc = {.size = sizeof desc, .level = level};
    struct parts parts = {.desc = &desc};
    guise_result result;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (token == NULL || !token_level_is_known(level)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (level > token->level) {
        return GUISE_E_BAD_LEVEL;
    }
    desc.name = token->name;
    desc.uid = token->uid;
    desc.gid = token->gid;
    desc.groups = token->groups;
    desc.group_count = token->group_count;
    parts.has_ids = token->has_ids;
    parts.identity = token->has_ids ? NULL : &token->identity;
    parts.credential = level == GUISE_LEVEL_DELEGATE ? token->credential : NULL; /* (I-16) */
    result = token_make(&parts, out);
    if (result == GUISE_OK) {
        (*out)->origin = token->origin; /* no other thread can see it yet */
    }
    return result;
}

/* ---- life ---- */

guise_token *guise_token_ref(const guise_token *token)
{
    /* The count is the one thing about a const token that changes. */
    guise_token *counted = (guise_token *)(uintptr_t)token;

    if (counted != NULL) {
        guise__count_up(&counted->refs);
    }
    return counted;
}

bool guise__token_release(const guise_token *token)
{
    GUISE__CHECK(guise__token_is_valid(token));
    return guise__count_down(&((guise_token *)(uintptr_t)token)->refs);
}

void guise__token_free(guise_token *token)
{
    /* Relaxed: the thread that frees the token has seen the count reach 0. */
    GUISE__CHECK(atomic_load_explicit(&token->refs, memory_order_relaxed) == 0);
    guise__token_drop_credential(token);
    guise__provider()->discard(guise__provider(), token->prepared);
    guise__free(token);
}

void guise__token_drop_credential(guise_token *token)
{
    guise__credential_drop(token->credential);
    token->credential = NULL;
}

void guise_token_unref(const guise_token *token)
{
    if (token != NULL && guise__token_release(token)) {
        guise__token_free((guise_token *)(uintptr_t)token);
        guise__endings_run();
    }
}

/* ---- asking ---- */

const char *guise_token_name(const guise_token *token)
{
    return token->name;
}

uid_t guise_token_uid(const guise_token *token)
{
    return token->uid;
}

gid_t guise_token_gid(const guise_token *token)
{
    return token->gid;
}

guise_level guise_token_level(const guise_token *token)
{
    return token->level;
}

const gid_t *guise_token_groups(const guise_token *token, size_t *count)
{
    if (count != NULL) {
        *count = token->group_count;
    }
    return token->groups;
}

bool guise_token_has_ids(const guise_token *token)
{
    return token->has_ids;
}

const guise_identity *guise_token_identity(const guise_token *token)
{
    return token->has_ids ? NULL : &token->identity;
}

const guise_credential *guise_token_credential(const guise_token *token)
{
    return token->credential;
}

static bool has_same_ids(const guise_token *one, const guise_token *other)
{
    return one->uid == other->uid && one->gid == other->gid &&
           one->group_count == other->group_count &&
           memcmp(one->groups, other->groups, one->group_count * sizeof *one->groups) == 0;
}

/* Without ids the key decides, because all of them read as the same ids (I-15). */
bool guise_token_is_same_client(const guise_token *one, const guise_token *other)
{
    if (one == NULL || other == NULL || one->has_ids != other->has_ids) {
        return false;
    }
    return one->has_ids ? has_same_ids(one, other)
                        : guise__identity_is_same(&one->identity, &other->identity);
}

uint64_t guise_token_serial(const guise_token *token)
{
    return token->serial;
}

uint64_t guise__token_id(const guise_token *token)
{
    return token->id;
}

uint64_t guise__token_origin(const guise_token *token)
{
    return token->origin;
}

/* The three permission bits of the one class, owner, group or others, that the identity falls in. */
static unsigned class_bits(const guise_token *token, const struct stat *file)
{
    unsigned mode = (unsigned)file->st_mode;

    if (token->uid == file->st_uid) {
        return (mode >> 6) & 7u;
    }
    if (bsearch(&file->st_gid, token->groups, token->group_count, sizeof(gid_t), compare_gids)) {
        return (mode >> 3) & 7u;
    }
    return mode & 7u;
}

guise_result guise_token_check_access(const guise_token *token, const struct stat *file, int mode)
{
    const int known = R_OK | W_OK | X_OK;
    unsigned wanted = 0;

    if (token == NULL || file == NULL || (mode & ~known) != 0) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (token->level == GUISE_LEVEL_ANONYMOUS) {
        return GUISE_E_BAD_LEVEL;
    }
    if (!token->has_ids) {
        return GUISE_E_ACCESS_DENIED; /* not even what the rest may do: it is no user here (I-14) */
    }
    wanted |= (mode & R_OK) != 0 ? 4u : 0u;
    wanted |= (mode & W_OK) != 0 ? 2u : 0u;
    wanted |= (mode & X_OK) != 0 ? 1u : 0u;
    return (wanted & ~class_bits(token, file)) == 0 ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}
