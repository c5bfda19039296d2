/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of this process, listed by number. When a new descriptor gets the number of one in the
 * list, the program has closed the older one, which is then marked as lost.
 *
 * Locking discipline: s_lock guards the lists. A signal's lock may be held around it. Each change of a list
 * is one store, so that a child that was forked in the middle of a change finds a whole list.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/event_fd.h"

#include "base/check.h"
#include "base/lock.h"

typedef _Atomic(struct guise__descriptor *) chain;

enum { LISTS = 64 };

static chain s_lists[LISTS]; /* by number */
static struct guise__lock s_lock = GUISE__LOCK_INIT;

static chain *list_of(const struct guise__descriptor *descriptor)
{
    return &s_lists[(unsigned)descriptor->event.read_fd % LISTS];
}

/* Relaxed, here and below, because the lock orders the accesses. */
static struct guise__descriptor *chain_load(const chain *at)
{
    return atomic_load_explicit(at, memory_order_relaxed);
}

static void descriptor_unlink_locked(struct guise__descriptor *descriptor)
{
    chain *at = list_of(descriptor);

    GUISE__CHECK(guise__lock_is_held(&s_lock));
    while (chain_load(at) != NULL && chain_load(at) != descriptor) {
        at = &chain_load(at)->next;
    }
    if (chain_load(at) != NULL) {
        atomic_store_explicit(at, chain_load(&descriptor->next), memory_order_relaxed);
    }
}

/* Marks the descriptors that had this number before as lost: the program has closed them, because the
 * system gives a number to one open file at a time. */
static void number_lose_locked(const struct guise__descriptor *descriptor)
{
    struct guise__descriptor *each = chain_load(list_of(descriptor));

    GUISE__CHECK(guise__lock_is_held(&s_lock));
    while (each != NULL) {
        struct guise__descriptor *next = chain_load(&each->next);

        if (each->event.read_fd == descriptor->event.read_fd) {
            /* Relaxed, because a thread that does not see this yet closed the file itself or raced with
             * the thread that did. */
            atomic_store_explicit(&each->lost, true, memory_order_relaxed);
            descriptor_unlink_locked(each);
        }
        each = next;
    }
}

bool guise__descriptor_open(struct guise__descriptor *descriptor)
{
    if (!guise__event_open(&descriptor->event)) {
        return false;
    }
    (void)guise__lock_take(&s_lock);
    number_lose_locked(descriptor);
    atomic_store_explicit(&descriptor->lost, false, memory_order_relaxed);
    atomic_store_explicit(&descriptor->next, chain_load(list_of(descriptor)), memory_order_relaxed);
    /* Release, so that a child which is forked here finds the descriptor complete once it is linked. */
    atomic_store_explicit(list_of(descriptor), descriptor, memory_order_release);
    guise__lock_release(&s_lock);
    return true;
}

bool guise__descriptor_is_there(const struct guise__descriptor *descriptor)
{
    return !atomic_load_explicit(&descriptor->lost, memory_order_relaxed) &&
           guise__event_is_there(&descriptor->event);
}

void guise__descriptor_close(struct guise__descriptor *descriptor)
{
    (void)guise__lock_take(&s_lock);
    descriptor_unlink_locked(descriptor);
    guise__lock_release(&s_lock);
    if (guise__descriptor_is_there(descriptor)) {
        guise__event_close(&descriptor->event);
    }
}
