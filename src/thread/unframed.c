/* SPDX-License-Identifier: MIT */
/*
 * The list of threads that are, in no frame, some call's client.
 *
 * Locking discipline: s_lock guards the list and what is marked so in its nodes. It is never held
 * while a provider is called, and no other lock is taken under it. A forked child starts with an
 * empty list and a new lock.
 */
#define _POSIX_C_SOURCE 200809L
#include "thread/unframed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static struct guise__foreign *s_first; /* (s_lock) */
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
}

void guise__foreign_note(struct guise__foreign *foreign, const guise_call *call)
{
    (void)pthread_mutex_lock(&s_lock);
    foreign->call = call;
    if (!foreign->listed) {
        list_locked(foreign);
    }
    (void)pthread_mutex_unlock(&s_lock);
}

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
    memset(foreign, 0, sizeof *foreign);
    (void)pthread_mutex_unlock(&s_lock);
}

void guise__foreign_completed(const guise_call *call)
{
    (void)pthread_mutex_lock(&s_lock);
    for (struct guise__foreign *each = s_first; each != NULL; each = each->next) {
        if (each->call == call) {
            each->call = NULL; /* once; and never mistaken for a later call at this address */
            count_leak();
        }
    }
    (void)pthread_mutex_unlock(&s_lock);
}

void guise__foreign_forked(struct guise__foreign *own)
{
    /* The other threads are not here, nor is whoever held the lock. */
    (void)pthread_mutex_init(&s_lock, NULL);
    s_first = NULL;
    memset(own, 0, sizeof *own);
}

uint64_t guise__foreign_at_completion(void)
{
    return atomic_load_explicit(&s_at_completion, memory_order_relaxed);
}
