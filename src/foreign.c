/* SPDX-License-Identifier: MIT */
/*
 * The list of threads that are, in no frame, some call's client.
 *
 * Locking discipline: s_lock guards the list and what is marked so in its nodes. It is never held
 * while a provider is called, and no other lock is taken under it. A forked child starts with an
 * empty list and a new lock.
 */
#define _POSIX_C_SOURCE 200809L
#include "foreign.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static struct guise__foreign *s_first; /* (s_lock) */
static atomic_uint s_count;            /* changes under s_lock */
static _Atomic uint64_t s_at_completion;

/* Relaxed: a statistic, ordered against nothing. */
static void count_leak(void)
{
    (void)atomic_fetch_add_explicit(&s_at_completion, 1, memory_order_relaxed);
}

static void list_locked(struct guise__foreign *foreign)
{
    foreign->previous = NULL;
    foreign->next = s_first;
    if (s_first != NULL) {
        s_first->previous = foreign;
    }
    s_first = foreign;
    foreign->listed = true;
    /* Sequentially consistent, as are the completer's step to "completed", its look at this count,
     * and the impersonator's second look: either the completer sees this thread, or this thread
     * sees that the call has completed. Weaker orders let each miss the other. */
    (void)atomic_fetch_add_explicit(&s_count, 1, memory_order_seq_cst);
}

/* This thread is about to be the client of call, in no frame. */
void guise__foreign_attempt(struct guise__foreign *foreign, const guise_call *call)
{
    (void)pthread_mutex_lock(&s_lock);
    foreign->attempting = call;
    foreign->uncounted = false;
    if (!foreign->listed) {
        list_locked(foreign);
    }
    (void)pthread_mutex_unlock(&s_lock);
}

/* It was granted. If the call has completed since the grant, this token was on at that moment. */
void guise__foreign_keep(struct guise__foreign *foreign)
{
    (void)pthread_mutex_lock(&s_lock);
    foreign->settled = foreign->attempting;
    foreign->attempting = NULL;
    if (foreign->uncounted) {
        count_leak();
    }
    (void)pthread_mutex_unlock(&s_lock);
}

/* This thread carries no call's client in no frame any more. */
void guise__foreign_end(struct guise__foreign *foreign)
{
    if (!foreign->listed) {
        return;
    }
    (void)pthread_mutex_lock(&s_lock);
    if (foreign->previous != NULL) {
        foreign->previous->next = foreign->next;
    } else {
        s_first = foreign->next;
    }
    if (foreign->next != NULL) {
        foreign->next->previous = foreign->previous;
    }
    foreign->next = foreign->previous = NULL;
    foreign->settled = foreign->attempting = NULL;
    foreign->listed = false;
    /* Relaxed: a completer that still sees us takes the lock for nothing. */
    (void)atomic_fetch_sub_explicit(&s_count, 1, memory_order_relaxed);
    (void)pthread_mutex_unlock(&s_lock);
}

/* It was refused; what came before it is back. */
void guise__foreign_undo(struct guise__foreign *foreign, bool was_first)
{
    if (!was_first) {
        guise__foreign_end(foreign);
        return;
    }
    (void)pthread_mutex_lock(&s_lock);
    foreign->attempting = NULL;
    (void)pthread_mutex_unlock(&s_lock);
}

static void completed_locked(struct guise__foreign *foreign, const guise_call *call)
{
    bool settled = foreign->settled == call;

    /* Both are cleared, so that a later call at this address is never mistaken for this one. */
    if (settled) {
        foreign->settled = NULL;
        count_leak();
    }
    if (foreign->attempting == call) {
        foreign->attempting = NULL;
        foreign->uncounted = !settled;
    }
}

void guise__foreign_completed(const guise_call *call)
{
    /* Sequentially consistent: see list_locked. */
    if (atomic_load_explicit(&s_count, memory_order_seq_cst) == 0) {
        return;
    }
    (void)pthread_mutex_lock(&s_lock);
    for (struct guise__foreign *each = s_first; each != NULL; each = each->next) {
        completed_locked(each, call);
    }
    (void)pthread_mutex_unlock(&s_lock);
}

void guise__foreign_forked(struct guise__foreign *own)
{
    /* The other threads are not here, nor is whoever held the lock. */
    (void)pthread_mutex_init(&s_lock, NULL);
    s_first = NULL;
    atomic_store_explicit(&s_count, 0, memory_order_relaxed);
    memset(own, 0, sizeof *own);
}

uint64_t guise__foreign_at_completion(void)
{
    return atomic_load_explicit(&s_at_completion, memory_order_relaxed);
}
