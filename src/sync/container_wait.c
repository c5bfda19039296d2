/* SPDX-License-Identifier: MIT */
/*
 * Waits for the first of a container's signals that is set. A wait searches the hinted signals, and
 * queues if it finds none set. Why no wake-up is lost: container.h.
 */
#define _POSIX_C_SOURCE 200809L
#include "sync/container.h"

#include "base/check.h"

/* What a search among the hinted signals came to, besides the signal that it took. */
struct search {
    uint64_t stale;      /* places with a hint that led to a clear signal */
    uint64_t tentative;  /* places with a TENTATIVE signal */
    guise_signal *taken; /* owned; its descriptor has to follow the take */
};

/* Returns the place of the member that was added first. hints is not 0. */
static unsigned member_first_added_locked(const guise_container *container, uint64_t hints)
{
    unsigned first = guise__bits_lowest(hints);

    GUISE__CHECK(guise__lock_is_held(&container->lock));
    while (container->out_of_order && (hints &= hints - 1) != 0) {
        unsigned index = guise__bits_lowest(hints);

        first = container->member[index].added < container->member[first].added ? index : first;
    }
    return first;
}

/* Takes the first hinted signal that is set. Returns NULL if there is none. */
static guise_signal *container_take_first_locked(guise_container *container, struct search *found)
{
    GUISE__CHECK(guise__lock_is_held(&container->lock));
    /* Acquire: pairs with the release in member_raise_hint. seq_cst to follow is_waited (see the
     * head). */
    uint64_t hints = atomic_load_explicit(&container->hints, memory_order_seq_cst);

    *found = (struct search){0, 0, NULL};
    for (hints &= guise__container_members_locked(container); hints != 0;) {
        unsigned index = member_first_added_locked(container, hints);
        uint64_t bit = UINT64_C(1) << index;
        guise_signal *signal = container->member[index].signal;

        hints &= ~bit;
        switch (guise__signal_try(signal)) {
        case GUISE__TRY_TAKEN_WITH_EVENT:
            found->taken = guise_signal_ref(signal);
            return signal;
        case GUISE__TRY_TAKEN:
            return signal;
        case GUISE__TRY_CLEAR:
            found->stale |= bit;
            break;
        case GUISE__TRY_TENTATIVE:
            found->tentative |= bit;
            break;
        }
    }
    return NULL;
}

static guise_signal *container_take_first(guise_container *container, struct search *found)
{
    guise_signal *ready;

    *found = (struct search){0, 0, NULL};
    /* Relaxed, because a set that has returned has raised its hint, and no more is concluded. */
    if (atomic_load_explicit(&container->hints, memory_order_relaxed) == 0) {
        return NULL;
    }
    guise__container_lock(container);
    ready = container_take_first_locked(container, found);
    guise__container_unlock(container);
    return ready;
}

/* Makes the descriptor follow. No lock is held. */
static void search_finish(const struct search *found)
{
    if (found->taken != NULL) {
        guise__signal_sync_event(found->taken);
        guise_signal_unref(found->taken);
    }
}

/* Stores the signals that are members still, each with a reference. Returns how many. */
static unsigned members_ref(guise_container *container, uint64_t places, guise_signal **signals)
{
    unsigned count = 0;

    guise__container_lock(container);
    for (places &= guise__container_members_locked(container); places != 0; places &= places - 1) {
        signals[count++] = guise_signal_ref(container->member[guise__bits_lowest(places)].signal);
    }
    guise__container_unlock(container);
    return count;
}

/* Calls fn for the signal of each of these places. No lock is held. */
static void members_for_each_signal(guise_container *container, uint64_t places,
                                    void (*fn)(guise_container *, guise_signal *))
{
    guise_signal *signals[GUISE__MEMBERS_MAX];
    unsigned count = members_ref(container, places, signals);

    for (unsigned i = 0; i < count; i++) {
        fn(container, signals[i]);
        guise_signal_unref(signals[i]);
    }
}

static void signal_lower_hints(guise_container *container, guise_signal *signal)
{
    guise__signal_lock(signal);
    if (guise__signal_is_clear_locked(signal)) {
        /* By its own watchers, because another signal may have the place by now. */
        for (struct guise__watcher *each = signal->watchers; each != NULL; each = each->next) {
            if (guise__member_from_watcher(each)->container == container) {
                guise__member_lower_hint(guise__member_from_watcher(each));
            }
        }
    }
    guise__signal_unlock(signal);
}

/* Lowering a hint costs the signal's lock, and a stale hint costs each search that meets it one
 * try. So hints are lowered once they have cost about as much. */
enum { STALE_HITS_MAX = 8 };

/* Lowers the stale hints once in a while. No lock is held. */
static GUISE_NOINLINE void container_note_stale(guise_container *container, uint64_t stale)
{
    /* Relaxed, all, because two threads that count at once may count one. */
    unsigned hits = atomic_load_explicit(&container->stale_hits, memory_order_relaxed) + 1;

    if (hits < STALE_HITS_MAX) {
        atomic_store_explicit(&container->stale_hits, hits, memory_order_relaxed);
        return;
    }
    atomic_store_explicit(&container->stale_hits, 0, memory_order_relaxed);
    members_for_each_signal(container, stale, signal_lower_hints);
}

static void signal_await_resolution(guise_container *container, guise_signal *signal)
{
    (void)container;
    guise__signal_await_resolution(signal);
}

/* Takes the first set signal while none is TENTATIVE. Awaits the resolution of each first, because
 * in a forked child this may be the only thread to resolve it. No lock is held. */
static GUISE_COLD guise_signal *container_take_resolved(guise_container *container,
                                                        struct search *found)
{
    guise_signal *ready;

    members_for_each_signal(container, found->tentative, signal_await_resolution);
    guise__tentative_lock();
    ready = container_take_first(container, found);
    guise__tentative_unlock();
    return ready;
}

/* Queues, unless a last search under the lock takes a signal. Returns that signal, or NULL. */
static guise_signal *waiter_queue_unless_ready(guise_container *container,
                                               struct guise__waiter *waiter)
{
    guise_signal *ready;
    struct search found;

    guise__container_lock(container);
    /* Sequentially consistent, before the search: see container.h. */
    atomic_store_explicit(&container->is_waited, true, memory_order_seq_cst);
    ready = container_take_first_locked(container, &found);
    if (ready == NULL) {
        guise__waiters_add(&container->waiters, waiter);
    }
    guise__container_unlock(container);
    search_finish(&found); /* set since the first search */
    return ready;
}

static bool waiter_withdraw(guise_container *container, struct guise__waiter *waiter)
{
    bool queued;

    guise__container_lock(container);
    queued = waiter->queued;
    if (queued) {
        guise__waiters_remove(&container->waiters, waiter);
    }
    guise__container_unlock(container);
    return queued;
}

/* Takes the first set signal. A TENTATIVE one does not count as clear. */
static guise_signal *container_take_any(guise_container *container)
{
    struct search found;
    guise_signal *ready = container_take_first(container, &found);

    if (ready == NULL && found.tentative != 0) {
        ready = container_take_resolved(container, &found);
    }
    search_finish(&found);
    if (found.stale != 0) {
        container_note_stale(container, found.stale);
    }
    return ready;
}

/* Returns the signal that released this wait, or NULL if the deadline passed first. */
static GUISE_COLD guise_signal *container_wait_in_queue(guise_container *container,
                                                        uint32_t timeout_ms)
{
    struct guise__waiter waiter = {0};
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(timeout_ms, &storage);
    guise_signal *ready = waiter_queue_unless_ready(container, &waiter);

    if (ready != NULL) {
        return ready;
    }
    if (!guise__latch_wait(&waiter.latch, deadline)) {
        if (waiter_withdraw(container, &waiter)) {
            return container_take_any(container); /* one may have been TENTATIVE all the time */
        }
        /* A set released the waiter at the last moment. Its setter uses it until the latch
         * opens. */
        (void)guise__latch_wait(&waiter.latch, NULL);
    }
    return waiter.signal;
}

guise_result guise_container_wait_any(guise_container *container, uint32_t timeout_ms,
                                      guise_signal **which)
{
    if (which == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *which = NULL;
    if (container == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    /* Relaxed, because an add that has returned is seen. */
    if (atomic_load_explicit(&container->members, memory_order_relaxed) == 0) {
        return GUISE_E_NO_SYNC;
    }
    /* Acquire: pairs with the release in guise__container_forget_parent_locked. The lock's word
     * would name this process too soon, as it is taken over before the hints are raised. */
    if (atomic_load_explicit(&container->process, memory_order_acquire) != guise__fork_count()) {
        guise__container_lock(container); /* raises the hints, which are read without the lock */
        guise__lock_release(&container->lock);
    }
    *which = container_take_any(container);
    if (*which == NULL && timeout_ms != 0) {
        *which = container_wait_in_queue(container, timeout_ms);
    }
    /* The signal that was taken stays a member (Y-14, Y-15). */
    return *which == NULL ? GUISE_E_TIMEOUT : GUISE_OK;
}
