/* SPDX-License-Identifier: MIT */
/*
 * The list of threads that are a call's client outside any frame.
 *
 * Locking discipline: s_lock guards the list and the members of its nodes that are marked so. It is never
 * held while a provider is called, and no other lock is taken under it. A forked child starts with an empty
 * list and may take the lock over from its parent (lock.h).
 */
#define _POSIX_C_SOURCE 200809L
#include "thread/unframed.h"

#include <stdatomic.h>
#include <string.h>

#include "base/check.h"
#include "base/lock.h"

static struct guise__lock s_lock = GUISE__LOCK_INIT;
static struct guise__unframed *s_first; /* (s_lock) */
static _Atomic uint64_t s_at_completion;

/* Relaxed: a statistic, ordered against nothing. */
static void count_leak(void)
{
    (void)atomic_fetch_add_explicit(&s_at_completion, 1, memory_order_relaxed);
}

#if defined(GUISE_CHECKS)
/* A signal handler may fork in the middle of a change, and its child goes on with an empty list, so links
 * are checked only in a process that was not forked. */
bool guise__unframed_is_valid(const struct guise__unframed *unframed)
{
    const struct guise__unframed *previous = unframed->previous, *next = unframed->next;

    if (guise__fork_count() != 0) {
        return true;
    }
    if (!unframed->listed) {
        return unframed->call == NULL && previous == NULL && next == NULL;
    }
    return (previous == NULL ? s_first == unframed : previous->next == unframed) &&
           (next == NULL || next->previous == unframed);
}
#endif

static void list_locked(struct guise__unframed *unframed)
{
    GUISE__CHECK(guise__lock_is_held(&s_lock) && !unframed->listed);
    unframed->previous = NULL;
    unframed->next = s_first;
    if (s_first != NULL) {
        s_first->previous = unframed;
    }
    s_first = unframed;
    unframed->listed = true;
}

void guise__unframed_note(struct guise__unframed *unframed, const guise_call *call)
{
    (void)guise__lock_take(&s_lock);
    unframed->call = call;
    if (!unframed->listed) {
        list_locked(unframed);
    }
    GUISE__CHECK(guise__unframed_is_valid(unframed));
    guise__lock_release(&s_lock);
}

void guise__unframed_end(struct guise__unframed *unframed)
{
    if (!unframed->listed) {
        return;
    }
    (void)guise__lock_take(&s_lock);
    GUISE__CHECK(guise__unframed_is_valid(unframed));
    if (unframed->previous != NULL) {
        unframed->previous->next = unframed->next;
    } else {
        s_first = unframed->next;
    }
    if (unframed->next != NULL) {
        unframed->next->previous = unframed->previous;
    }
    memset(unframed, 0, sizeof *unframed);
    guise__lock_release(&s_lock);
}

void guise__unframed_completed(const guise_call *call)
{
    (void)guise__lock_take(&s_lock);
    for (struct guise__unframed *each = s_first; each != NULL; each = each->next) {
        if (each->call == call) {
            each->call = NULL; /* counted once, and not mistaken for a later call at this address */
            count_leak();
        }
    }
    guise__lock_release(&s_lock);
}

void guise__unframed_forked(struct guise__unframed *own)
{
    /* The child has no other threads. */
    s_first = NULL;
    memset(own, 0, sizeof *own);
}

uint64_t guise__unframed_at_completion(void)
{
    return atomic_load_explicit(&s_at_completion, memory_order_relaxed);
}
