/* SPDX-License-Identifier: MIT */
/*
 * The clients a ring knows.
 *
 * A personality is made in a frame of the call, by the thread that asked, with
 * guise_impersonate_client. So a client becomes known by an open call only (N-01). The kernel
 * confirms the identity of the thread before its credentials are registered and once more after
 * that.
 *
 * A personality ends with the context, with the ring, or when the kernel has no number left for
 * another client and it was used the longest time ago. Contexts and rings meet through the list of
 * rings: a context that ends takes the list's lock and makes every ring forget it; a ring that ends
 * forgets every context under the same lock. So neither finds the other freed.
 *
 * Locking discipline: s_lock guards the list and, for a thread that reached a ring through it,
 * whether the ring's kernel half is still open. It is taken before a ring's lock. fork takes both,
 * so a child finds the list and the rings consistent.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include <guise/thread.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "call/call.h"
#include "identity/context.h"
#include "uring/ring.h"

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static guise_uring *s_rings; /* (s_lock) */

/* ---- fork ---- */

static void list_lock(void)
{
    (void)pthread_mutex_lock(&s_lock);
}

#if defined(GUISE_CHECKS)
bool guise__uring_list_lock_is_held(void)
{
    if (pthread_mutex_trylock(&s_lock) != 0) {
        return true;
    }
    (void)pthread_mutex_unlock(&s_lock);
    return false;
}
#endif

static void list_unlock(void)
{
    GUISE__CHECK(guise__uring_list_lock_is_held());
    (void)pthread_mutex_unlock(&s_lock);
}

/* Takes every ring's lock too, because the child frees what is in the rings. */
static void fork_before(void)
{
    list_lock();
    for (guise_uring *ring = s_rings; ring != NULL; ring = ring->next) {
        guise__uring_lock(ring);
    }
}

static void fork_parent(void)
{
    for (guise_uring *ring = s_rings; ring != NULL; ring = ring->next) {
        guise__uring_unlock(ring);
    }
    list_unlock();
}

/* Closes the rings, which belong to the parent, so that the child keeps no client's identity alive.
 * There is nothing to unmap, because the memory shared with the kernel is not inherited. */
static void fork_child(void)
{
    GUISE__CHECK(guise__uring_list_lock_is_held());
    for (guise_uring *ring = s_rings; ring != NULL; ring = ring->next) {
        guise__uring_kernel_close_file(ring->kernel.ring_fd);
        if (ring->event >= 0) {
            guise__uring_kernel_close_file(ring->event);
        }
        /* Relaxed: the child has one thread. */
        atomic_store_explicit(&ring->closed, true, memory_order_relaxed);
    }
    fork_parent();
    s_rings = NULL;
}

static bool forks_prepare(void)
{
    static const struct guise__fork_locks locks = {fork_before, fork_parent, fork_child};

    return guise__thread_end_prepare() && guise__fork_hold(GUISE__FORK_URING, &locks);
}

/* ---- by last use ---- */

static void personality_link(struct guise__uring_personalities *personalities,
                             struct guise__uring_personality *personality)
{
    GUISE__CHECK(personalities->newest != personality);
    personality->newer = NULL;
    personality->older = personalities->newest;
    if (personalities->newest != NULL) {
        personalities->newest->newer = personality;
    } else {
        personalities->oldest = personality;
    }
    personalities->newest = personality;
}

static void personality_unlink(struct guise__uring_personalities *personalities,
                               const struct guise__uring_personality *personality)
{
    GUISE__CHECK(guise__uring_personality_is_valid(personalities, personality));
    if (personality->newer != NULL) {
        personality->newer->older = personality->older;
    } else {
        personalities->newest = personality->older;
    }
    if (personality->older != NULL) {
        personality->older->newer = personality->newer;
    } else {
        personalities->oldest = personality->newer;
    }
}

/* ---- finding one ---- */

static uint64_t context_key(const guise_context *context)
{
    return (uint64_t)(uintptr_t)context;
}

static struct guise__uring_personality *personality_of(const guise_uring *ring,
                                                       const guise_context *context)
{
    return (struct guise__uring_personality *)guise__uring_table_find(&ring->personalities.contexts,
                                                                      context_key(context));
}

struct guise__uring_personality *guise__uring_personality_find(guise_uring *ring,
                                                               const guise_call *call)
{
    struct guise__uring_personalities *personalities = &ring->personalities;
    struct guise__uring_personality *personality = personality_of(ring, guise__call_client(call));

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    GUISE__CHECK(guise__uring_personalities_is_valid(personalities));
    if (personality != NULL && personality != personalities->newest) {
        personality_unlink(personalities, personality);
        personality_link(personalities, personality);
    }
    return personality;
}

/* ---- forgetting one ---- */

static void user_drop(struct guise__uring_personalities *personalities,
                      struct guise__uring_user *user)
{
    GUISE__CHECK(user->personalities != 0);
    if (--user->personalities == 0) {
        guise__uring_table_remove(&personalities->users, &user->node);
        free(user);
    }
}

static void personality_remove(struct guise__uring_personalities *personalities,
                               struct guise__uring_personality *personality)
{
    guise__uring_table_remove(&personalities->contexts, &personality->node);
    personality_unlink(personalities, personality);
    user_drop(personalities, personality->user);
}

static void personality_forget_locked(guise_uring *ring,
                                      struct guise__uring_personality *personality)
{
    GUISE__CHECK(guise__uring_lock_is_held(ring));
    GUISE__CHECK(personality->pins == 0);
    personality_remove(&ring->personalities, personality);
    guise__uring_kernel_unregister(&ring->kernel, personality->number);
    free(personality);
}

static void context_forget(guise_uring *ring, const guise_context *context)
{
    struct guise__uring_personality *personality;

    GUISE__CHECK(guise__uring_list_lock_is_held());
    guise__uring_lock(ring);
    personality = personality_of(ring, context);
    if (personality != NULL) {
        personality_forget_locked(ring, personality);
    }
    guise__uring_unlock(ring);
}

/* Runs when a context ends. No other thread has the context, so no ring is registering it, and no
 * request has it. */
static void context_end(const guise_context *context)
{
    list_lock();
    for (guise_uring *ring = s_rings; ring != NULL; ring = ring->next) {
        context_forget(ring, context);
    }
    list_unlock();
}

/* A number that a request has is given to no other client (U-05), because the request would be made
 * as that client. */
static bool personality_evict_locked(guise_uring *ring)
{
    struct guise__uring_personality *personality = ring->personalities.oldest;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    while (personality != NULL && personality->pins != 0) {
        personality = personality->newer;
    }
    if (personality == NULL) {
        return false;
    }
    personality_forget_locked(ring, personality);
    return true;
}

static bool personality_evict(guise_uring *ring)
{
    bool evicted;

    guise__uring_lock(ring);
    evicted = personality_evict_locked(ring);
    guise__uring_unlock(ring);
    return evicted;
}

/* ---- the ring ---- */

static void list_remove(const guise_uring *ring)
{
    guise_uring **link = &s_rings;

    GUISE__CHECK(guise__uring_list_lock_is_held());
    while (*link != ring) {
        link = &(*link)->next;
    }
    *link = ring->next;
}

guise_result guise__uring_personalities_begin(guise_uring *ring)
{
    if (!forks_prepare() || !guise__uring_table_begin(&ring->personalities.contexts) ||
        !guise__uring_table_begin(&ring->personalities.users)) {
        guise__uring_table_end(&ring->personalities.contexts);
        return GUISE_E_OUT_OF_MEMORY;
    }
    list_lock();
    ring->next = s_rings;
    s_rings = ring;
    list_unlock();
    return GUISE_OK;
}

/* Unregisters each client before the descriptor is closed, because the kernel may free a closed
 * ring late, and a process that was cloned past the library may have the descriptor too. In a
 * forked child there is nothing to unregister. */
void guise__uring_personalities_end(guise_uring *ring)
{
    bool has_kernel = guise__uring_is_ours(ring);
    struct guise__uring_personality *personality;

    GUISE__CHECK(guise__uring_is_unshared(ring));
    list_lock();
    ring->ending = true;
    while ((personality = ring->personalities.newest) != NULL) {
        personality_remove(&ring->personalities, personality);
        if (has_kernel) {
            guise__uring_kernel_unregister(&ring->kernel, personality->number);
        }
        free(personality);
    }
    list_unlock();
}

void guise__uring_rings_visit(void (*visit)(guise_uring *ring, void *arg), void *arg)
{
    list_lock();
    for (guise_uring *ring = s_rings; ring != NULL; ring = ring->next) {
        if (!ring->ending) {
            visit(ring, arg);
        }
    }
    list_unlock();
}

void guise__uring_personalities_unlist(guise_uring *ring)
{
    GUISE__CHECK(guise__uring_is_unshared(ring));
    GUISE__CHECK(ring->ending);
    list_lock();
    list_remove(ring);
    list_unlock();
}

/* ---- making one ---- */

/* The kernel's limit is lower by one, for the server. Reaching it gives GUISE_E_OUT_OF_RESOURCES.
 * */
unsigned guise__uring_personality_limit = UINT16_MAX;

struct registration {
    guise_uring *ring;
    uint16_t number;
};

/*
 * Runs in a frame of the call. While it is the client the thread takes no lock, allocates no memory
 * and makes one system call. A client below the level of impersonation gives the thread a powerless
 * identity, which fails closed if a check was forgotten; a ring would keep that identity, so it is
 * refused here.
 */
static guise_result client_register(guise_call *call, void *arg)
{
    struct registration *registration = arg;
    guise_result result = guise_impersonate_client(); /* Only an open call grants this (N-01). */

    (void)call;
    if (result != GUISE_OK) {
        return result;
    }
    if (guise_token_level(guise_thread_token()) < GUISE_LEVEL_IMPERSONATE) {
        return GUISE_E_BAD_LEVEL;
    }
    return guise__uring_kernel_register(&registration->ring->kernel, &registration->number);
}

/* The uid stands for the user, because a client without ids has no personality: it grants no impersonation
 * (I-14). */
static uint64_t call_uid(const guise_call *call)
{
    const guise_token *token = guise_context_token(guise__call_client(call));

    GUISE__CHECK(guise_token_has_ids(token));
    return guise_token_uid(token);
}

/* Finds the user, or makes fresh the user. fresh is freed if it is not needed. */
static struct guise__uring_user *user_join(guise_uring *ring, struct guise__uring_user *fresh)
{
    struct guise__uring_user *user = (struct guise__uring_user *)guise__uring_table_find(
        &ring->personalities.users, fresh->node.key);

    if (user == NULL) {
        user = fresh;
        guise__uring_table_add(&ring->personalities.users, &user->node);
    } else {
        free(fresh);
    }
    user->personalities++;
    return user;
}

static void personality_add(guise_uring *ring, struct guise__uring_personality *personality,
                            struct guise__uring_user *fresh)
{
    GUISE__CHECK(guise__uring_lock_is_held(ring));
    personality->user = user_join(ring, fresh);
    guise__uring_table_add(&ring->personalities.contexts, &personality->node);
    personality_link(&ring->personalities, personality);
    GUISE__CHECK(guise__uring_personality_is_valid(&ring->personalities, personality));
    GUISE__CHECK(guise__uring_user_is_valid(personality->user));
}

/* Keeps a personality, unless another thread registered the same client first; then this one is
 * freed. */
static void personality_keep(guise_uring *ring, const guise_context *context,
                             struct guise__uring_personality *personality,
                             struct guise__uring_user *fresh)
{
    bool first;

    GUISE__CHECK(personality->number != 0);
    guise__context_at_end(context, context_end);
    guise__uring_lock(ring);
    first = personality_of(ring, context) == NULL;
    if (first) {
        personality_add(ring, personality, fresh);
    } else {
        guise__uring_kernel_unregister(&ring->kernel, personality->number);
    }
    guise__uring_unlock(ring);
    if (!first) {
        free(personality);
        free(fresh);
    }
}

static bool personalities_are_full(guise_uring *ring)
{
    bool full;

    guise__uring_lock(ring);
    full = ring->personalities.contexts.count >= guise__uring_personality_limit;
    guise__uring_unlock(ring);
    return full;
}

/* If there is no number left, the client that was used the longest time ago makes room. */
static guise_result client_register_in_frame(guise_uring *ring, guise_call *call, uint16_t *number)
{
    struct registration registration = {.ring = ring};
    guise_result result;

    if (personalities_are_full(ring) && !personality_evict(ring)) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    do {
        result = guise_call_run(call, client_register, &registration);
    } while (result == GUISE_E_OUT_OF_RESOURCES && personality_evict(ring));
    *number = registration.number;
    return result;
}

guise_result guise__uring_personality_make(guise_uring *ring, guise_call *call)
{
    const guise_context *context = guise__call_client(call);
    struct guise__uring_personality *personality = calloc(1, sizeof *personality);
    struct guise__uring_user *fresh = calloc(1, sizeof *fresh);
    guise_result result = GUISE_E_OUT_OF_MEMORY;

    if (personality != NULL && fresh != NULL) {
        result = client_register_in_frame(ring, call, &personality->number);
    }
    if (result != GUISE_OK) {
        free(personality);
        free(fresh);
        return result;
    }
    personality->node.key = context_key(context);
    fresh->node.key = call_uid(call);
    fresh->parked.first = GUISE__URING_NONE;
    personality_keep(ring, context, personality, fresh);
    return GUISE_OK;
}
