/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "identity/token.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/port.h"
#include "identity/provider.h"
#include "base/refcount.h"
#include "base/struct_size.h"

static _Atomic uint64_t s_last_serial;

static bool is_token_level(guise_level level)
{
    return level >= GUISE_LEVEL_ANONYMOUS && level <= GUISE_LEVEL_DELEGATE;
}

/* -1 means "leave alone" to the system calls, so it would silently stay the server; the overflow id
 * stands for everybody the kernel cannot name here, so it is nobody in particular. */
static bool is_real_gid(gid_t gid)
{
    return gid != (gid_t)-1 && gid != guise__limits()->overflow_gid;
}

static bool is_real_uid(uid_t uid)
{
    return uid != (uid_t)-1 && uid != guise__limits()->overflow_uid;
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

static bool is_possible(const guise_token_desc *desc)
{
    if (!is_token_level(desc->level) || !is_real_uid(desc->uid) || !is_real_gid(desc->gid)) {
        return false;
    }
    if (desc->group_count > guise__limits()->max_groups ||
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
static size_t normalise(gid_t *groups, size_t count)
{
    int kept = errno;
    size_t unique = 0;

    qsort(groups, count, sizeof *groups, compare_gids);
    errno = kept; /* a qsort that found no memory for its scratch space falls back, but says so */
    for (size_t i = 0; i < count; i++) {
        if (unique == 0 || groups[unique - 1] != groups[i]) {
            groups[unique++] = groups[i];
        }
    }
    return unique;
}

/* A token with everything but what the provider prepares; nobody else knows it yet. */
static guise_token *build(const guise_token_desc *desc)
{
    const char *name = desc->name == NULL ? "" : desc->name;
    size_t group_space = (desc->group_count + 1) * sizeof(gid_t);
    size_t name_space = strlen(name) + 1;
    guise_token *token = guise__alloc(sizeof *token + group_space + name_space);
    char *name_place;

    if (token == NULL) {
        return NULL;
    }
    name_place = (char *)token + sizeof *token + group_space;
    memcpy(name_place, name, name_space);
    if (desc->group_count != 0) {
        memcpy(token->groups, desc->groups, desc->group_count * sizeof(gid_t));
    }
    token->groups[desc->group_count] = desc->gid;
    token->group_count = normalise(token->groups, desc->group_count + 1);
    atomic_init(&token->refs, 1);
    token->level = desc->level;
    /* Relaxed: only uniqueness matters, not the order against anything else. */
    token->serial = 1 + atomic_fetch_add_explicit(&s_last_serial, 1, memory_order_relaxed);
    token->name = name_place;
    token->uid = desc->uid;
    token->gid = desc->gid;
    return token;
}

/* desc has been checked, except for the group that the primary gid may add. */
static guise_result create(const guise_token_desc *desc, guise_token **out)
{
    const guise_provider *provider = guise__provider();
    guise_token *token = build(desc);
    guise_result result;

    if (token == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    result = token->group_count > guise__limits()->max_groups
                 ? GUISE_E_INVALID_ARGUMENT
                 : provider->prepare(provider, token, &token->prepared);
    if (result != GUISE_OK) {
        guise__free(token);
        /* A provider of the program's own may answer anything: only GUISE_OK is a yes. */
        return result < 0 ? result : GUISE_E_UNEXPECTED;
    }
    *out = token;
    return GUISE_OK;
}

guise_result guise_token_create(const guise_token_desc *desc, guise_token **out)
{
    guise_result result;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (desc == NULL || !guise__sized_in(desc, sizeof *desc)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = guise__provider_settle();
    if (result != GUISE_OK) {
        return result;
    }
    return is_possible(desc) ? create(desc, out) : GUISE_E_INVALID_ARGUMENT;
}

guise_result guise_token_duplicate(const guise_token *token, guise_level level, guise_token **out)
{
    guise_token_desc desc = {.size = sizeof desc, .level = level};

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (token == NULL || !is_token_level(level)) {
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
    return create(&desc, out);
}

guise_token *guise_token_ref(const guise_token *token)
{
    /* The count is the one thing about a const token that changes. */
    guise_token *counted = (guise_token *)(uintptr_t)token;

    if (counted != NULL) {
        guise__count_up(&counted->refs);
    }
    return counted;
}

void guise_token_unref(const guise_token *token)
{
    guise_token *counted = (guise_token *)(uintptr_t)token;

    if (counted == NULL || !guise__count_down(&counted->refs)) {
        return;
    }
    guise__provider()->discard(guise__provider(), counted->prepared);
    guise__free(counted);
}

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

uint64_t guise_token_serial(const guise_token *token)
{
    return token->serial;
}

/* The three bits of the one class the identity falls in. */
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
    wanted |= (mode & R_OK) != 0 ? 4u : 0u;
    wanted |= (mode & W_OK) != 0 ? 2u : 0u;
    wanted |= (mode & X_OK) != 0 ? 1u : 0u;
    return (wanted & ~class_bits(token, file)) == 0 ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}
