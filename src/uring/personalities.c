/* SPDX-License-Identifier: MIT */
/*
 * The clients a ring knows.
 *
 * A persona is made in a frame of the call, by the thread that asked: it impersonates as
 * everybody does, so an open call is needed (N-01), the kernel has confirmed who the thread is
 * before its credentials are taken, and is asked again, after, whether it still was.
 *
 * It ends with the context or with the ring. Both go by the list of rings: a context that ends
 * takes the list's lock and has every ring forget it; a ring that ends takes itself out, and
 * forgets everybody, under the same lock. So neither ever meets the other half gone.
 *
 * Locking discipline: s_lock guards the list and, with it, whether a ring still has its kernel half
 * for those who come by the list. Before a ring's lock. fork takes it, so a child finds the list
 * whole.
 */
#define _GNU_SOURCE
#include <stdlib.h>

#include <guise/thread.h>

#include "com_hooks.h"
#include "ring.h"
#include "uring_hooks.h"

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static guise_uring *s_rings; /* (s_lock) */

/* ---- fork ---- */

static pthread_once_t s_once = PTHREAD_ONCE_INIT;
static bool s_ready; /* (s_once) */

static void lock_list(void)
{
    (void)pthread_mutex_lock(&s_lock);
}

static void unlock_list(void)
{
    (void)pthread_mutex_unlock(&s_lock);
}

/* The rings are the parent's: the child keeps none of its clients' identities alive. The memory
 * that is shared with the kernel is not here, so there is nothing to unmap either. */
static void close_all_rings(void)
{
    for (guise_uring *ring = s_rings; ring != NULL; ring = ring->next) {
        guise__kernel_close_file(ring->kernel.ring_fd);
        if (ring->event >= 0) {
            guise__kernel_close_file(ring->event);
        }
        /* Relaxed: the child has one thread. */
        atomic_store_explicit(&ring->closed, true, memory_order_relaxed);
    }
    s_rings = NULL;
    unlock_list();
}

static void hear_of_forks(void)
{
    s_ready = pthread_atfork(lock_list, unlock_list, close_all_rings) == 0;
}

/* ---- the table ---- */

enum { FIRST_CHAINS = 16 };

static struct guise__persona **chain_of(const struct guise__personas *personas,
                                        const guise_context *context)
{
    uint64_t key = (uint64_t)(uintptr_t)context * UINT64_C(0x9E3779B97F4A7C15);

    return &personas->chains[(key >> 32) & (personas->chain_count - 1)];
}

static void link_in(struct guise__personas *personas, struct guise__persona *persona)
{
    struct guise__persona **chain = chain_of(personas, persona->context);

    persona->next = *chain;
    *chain = persona;
}

/* Without memory the chains get longer, and that is all. */
static void grow(struct guise__personas *personas)
{
    struct guise__personas bigger = {.chain_count = 2 * personas->chain_count,
                                     .count = personas->count};
    struct guise__persona *persona, *next;

    bigger.chains = calloc(bigger.chain_count, sizeof(struct guise__persona *));
    if (bigger.chains == NULL) {
        return;
    }
    for (size_t i = 0; i < personas->chain_count; i++) {
        for (persona = personas->chains[i]; persona != NULL; persona = next) {
            next = persona->next;
            link_in(&bigger, persona);
        }
    }
    free(personas->chains);
    *personas = bigger;
}

static void add(struct guise__personas *personas, struct guise__persona *persona)
{
    if (personas->count >= personas->chain_count) {
        grow(personas);
    }
    personas->count++;
    link_in(personas, persona);
}

static struct guise__persona *find(const struct guise__personas *personas,
                                   const guise_context *context)
{
    struct guise__persona *persona = *chain_of(personas, context);

    while (persona != NULL && persona->context != context) {
        persona = persona->next;
    }
    return persona;
}

static struct guise__persona *take_out(struct guise__personas *personas,
                                       const guise_context *context)
{
    struct guise__persona **link = chain_of(personas, context);
    struct guise__persona *persona;

    while (*link != NULL && (*link)->context != context) {
        link = &(*link)->next;
    }
    persona = *link;
    if (persona != NULL) {
        *link = persona->next;
        personas->count--;
    }
    return persona;
}

uint16_t guise__persona_find(const guise_uring *ring, const guise_call *call)
{
    const struct guise__persona *persona = find(&ring->personas, guise__call_client(call));

    return persona == NULL ? 0 : persona->number;
}

/* ---- the end of a context, and of a ring ---- */

static void forget(guise_uring *ring, const guise_context *context)
{
    struct guise__persona *persona;

    guise__ring_lock(ring);
    persona = take_out(&ring->personas, context);
    if (persona != NULL) {
        guise__kernel_unregister(&ring->kernel, persona->number);
    }
    guise__ring_unlock(ring);
    free(persona);
}

/* Nobody has the context any more, so no ring is just getting to know it. */
static void context_ends(const guise_context *context)
{
    lock_list();
    for (guise_uring *ring = s_rings; ring != NULL; ring = ring->next) {
        forget(ring, context);
    }
    unlock_list();
}

static void forget_all(guise_uring *ring, bool has_kernel)
{
    struct guise__personas *personas = &ring->personas;
    struct guise__persona *persona, *next;

    for (size_t i = 0; i < personas->chain_count; i++) {
        for (persona = personas->chains[i]; persona != NULL; persona = next) {
            next = persona->next;
            if (has_kernel) {
                guise__kernel_unregister(&ring->kernel, persona->number);
            }
            free(persona);
        }
    }
    free(personas->chains);
    *personas = (struct guise__personas){.chains = NULL};
}

static void take_out_of_list(const guise_uring *ring)
{
    guise_uring **link = &s_rings;

    while (*link != ring) {
        link = &(*link)->next;
    }
    *link = ring->next;
}

guise_result guise__personas_begin(guise_uring *ring)
{
    if (pthread_once(&s_once, hear_of_forks) != 0 || !s_ready) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    ring->personas.chain_count = FIRST_CHAINS;
    ring->personas.chains = calloc(FIRST_CHAINS, sizeof(struct guise__persona *));
    if (ring->personas.chains == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    lock_list();
    ring->next = s_rings;
    s_rings = ring;
    unlock_list();
    return GUISE_OK;
}

/* Explicitly, before the descriptor is closed: the kernel takes its time over what a closed ring
 * had, and a process that was cloned past our back may have the descriptor too. */
void guise__personas_end(guise_uring *ring)
{
    bool has_kernel = guise__ring_is_ours(ring);

    lock_list();
    if (has_kernel) {
        take_out_of_list(ring);
    }
    forget_all(ring, has_kernel);
    unlock_list();
}

/* ---- making one ---- */

struct introduction {
    guise_uring *ring;
    uint16_t number;
};

/*
 * In a frame of the call. As the client and nothing else: no lock, no memory, one system call.
 * Below the level of impersonation the thread is nobody now. That is for a check that was
 * forgotten; a ring would keep it.
 */
static guise_result introduce(guise_call *call, void *arg)
{
    struct introduction *introduction = arg;
    guise_result result = guise_impersonate_client(); /* N-01: an open call, or nothing */

    (void)call;
    if (result != GUISE_OK) {
        return result;
    }
    if (guise_token_level(guise_thread_token()) < GUISE_LEVEL_IMPERSONATE) {
        return GUISE_E_BAD_LEVEL;
    }
    return guise__kernel_register(&introduction->ring->kernel, &introduction->number);
}

/* Another thread may have been faster. */
static bool keep(guise_uring *ring, struct guise__persona *persona)
{
    bool first;

    guise__context_at_end(persona->context, context_ends);
    guise__ring_lock(ring);
    first = find(&ring->personas, persona->context) == NULL;
    if (first) {
        add(&ring->personas, persona);
    } else {
        guise__kernel_unregister(&ring->kernel, persona->number);
    }
    guise__ring_unlock(ring);
    return first;
}

guise_result guise__persona_make(guise_uring *ring, guise_call *call)
{
    struct introduction introduction = {.ring = ring};
    struct guise__persona *persona = calloc(1, sizeof *persona);
    guise_result result;

    if (persona == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    result = guise_call_run(call, introduce, &introduction);
    if (result == GUISE_OK) {
        persona->context = guise__call_client(call);
        persona->number = introduction.number;
    }
    if (result != GUISE_OK || !keep(ring, persona)) {
        free(persona);
    }
    return result;
}
