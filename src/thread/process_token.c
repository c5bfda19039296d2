/* SPDX-License-Identifier: MIT */
/*
 * Tokens of the process's own identity. A provider that does not ask the kernel knows no ids, so those of the
 * thread are read each time, while it is self; one that does is asked each time whether they are the process's. The last identity is noted so that equal ones get the same id.
 *
 * Locking discipline: s_lock guards s_last, and is a leaf.
 */
#define _POSIX_C_SOURCE 200809L
#include "thread/process_token.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "base/check.h"
#include "base/lock.h"
#include "identity/provider.h"
#include "identity/token.h"
#include "port/port.h"
#include "thread/attach.h"
#include "thread/scope.h"

static struct guise__lock s_lock = GUISE__LOCK_INIT;

/* The identity of the process when it was last read. */
static struct identity {
    uint64_t id; /* the serial of the identity's first token; 0: none was made yet */
    uint64_t groups;
    size_t group_count;
    uid_t uid;
    gid_t gid;
} s_last;

/* Reads the supplementary groups into a block of guise__alloc. */
static guise_result read_groups(gid_t **groups, size_t *count)
{
    int room = getgroups(0, NULL);
    int got;

    *groups = guise__alloc((room > 0 ? (size_t)room : 1) * sizeof **groups);
    if (*groups == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    got = room > 0 ? getgroups(room, *groups) : room;
    if (got < 0) {
        guise__free(*groups);
        return GUISE_E_ACCESS_DENIED; /* another thread changes them, or a filter says no */
    }
    *count = (size_t)got;
    return GUISE_OK;
}

/* Makes the token; the calling thread has no scope around it that is a client's. The provider says whether it
 * is self for the kernel too, because ids that other code has changed are not the process's (I-03). */
static guise_result read_self(guise_token **out)
{
    guise_token_desc desc = {.size = sizeof desc, .level = GUISE_LEVEL_DELEGATE};
    const guise_provider *provider = guise__provider();
    gid_t *groups = NULL;
    guise_result result;

    if (provider->verify(provider, NULL) != GUISE_OK) {
        return GUISE_E_ACCESS_DENIED;
    }
    result = read_groups(&groups, &desc.group_count);
    if (result != GUISE_OK) {
        return result;
    }
    desc.uid = geteuid();
    desc.gid = getegid();
    desc.groups = groups;
    result = guise_token_create(&desc, out);
    guise__free(groups);
    /* The description is well formed, so one of the ids is the overflow id. */
    return result == GUISE_E_INVALID_ARGUMENT ? GUISE_E_ACCESS_DENIED : result;
}

/* FNV-1a, which is enough to notice a change, because the groups are the process's own. */
static uint64_t hash_groups(const guise_token *token)
{
    const unsigned char *bytes = (const unsigned char *)token->groups;
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (size_t i = 0; i < token->group_count * sizeof *token->groups; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
    return hash;
}

static bool is_same_identity(const struct identity *left, const struct identity *right)
{
    return left->uid == right->uid && left->gid == right->gid &&
           left->group_count == right->group_count && left->groups == right->groups;
}

/* All tokens of the process have one id as long as its identity stays the same (W-16). No other thread can
 * see the token yet. */
static void settle_id(guise_token *token)
{
    struct identity now = {token->serial, hash_groups(token), token->group_count, token->uid,
                           token->gid};

    /* A forked child notes anew, because it is another process, and its parent may have been writing. */
    if (guise__lock_take(&s_lock) || s_last.id == 0 || !is_same_identity(&s_last, &now)) {
        s_last = now;
    }
    GUISE__CHECK(s_last.id != 0 && s_last.id <= token->serial);
    token->id = s_last.id;
    token->origin = s_last.id;
    guise__lock_release(&s_lock);
}

static guise_result thread_require(struct guise__thread *thread)
{
    return guise__provider() == NULL ? GUISE_E_NO_PROVIDER : guise__thread_attach(thread);
}

/* A client on the thread is never taken for the process (W-20), because the scope makes the thread self and
 * restores the client afterwards. There is no cancellation point in between. */
guise_result guise__process_token(guise_token **out)
{
    struct guise__thread *thread = guise__thread_here();
    struct guise__scope scope; /* no code of the program runs in it */
    guise_result result = thread_require(thread);
    int saved_errno = errno;

    GUISE__CHECK(out != NULL);
    *out = NULL;
    if (result != GUISE_OK) {
        return result;
    }
    scope.inner = thread->next;
    guise__scope_prepare(thread, &scope, (uintptr_t)&scope, guise__current_call(thread),
                         GUISE__SCOPE_RUN_AS, NULL);
    guise__scope_enter(thread, &scope);
    result = read_self(out);
    if (result == GUISE_OK) {
        settle_id(*out);
    }
    guise__scope_leave(guise__scope_clear(&scope), &scope);
    errno = saved_errno;
    return result;
}
