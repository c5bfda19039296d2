/* SPDX-License-Identifier: MIT */
/*
 * A container's life, its members, and the watcher by which a member's signal notifies it. What a
 * container is, its state, and why no wake-up is lost: container.h. Waits: container_wait.c.
 */
#define _POSIX_C_SOURCE 200809L
#include "sync/container.h"

#include "base/check.h"
#include "base/refcount.h"

/* ---- life ------------------------------------------------------------------------------------ */

guise_result guise_container_create(guise_container **out)
{
    guise_container *container;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (guise__fork_prepare() != GUISE_OK) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    container = guise__alloc(sizeof *container);
    if (container == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    guise__lock_init(&container->lock);
    atomic_init(&container->refs, 1);
    atomic_init(&container->process, guise__fork_count());
    *out = container;
    return GUISE_OK;
}

guise_container *guise_container_ref(guise_container *container)
{
    if (container != NULL) {
        guise__count_up(&container->refs);
    }
    return container;
}

void guise_container_unref(guise_container *container)
{
    if (container == NULL || !guise__count_down(&container->refs)) {
        return;
    }
    /* Relaxed, because the last reference sees everything by the count's own order. */
    for (uint64_t left = atomic_load_explicit(&container->places, memory_order_relaxed); left != 0;
         left &= left - 1) {
        struct guise__member *member = &container->member[guise__bits_lowest(left)];

        /* Waits for a setter that is in a function of the watcher, because it has the signal's
         * lock. */
        guise__signal_unwatch(member->signal, &member->watcher);
        guise_signal_unref(member->signal);
    }
    guise__lock_destroy(&container->lock);
    guise__free(container);
}

/* In a forked child no thread waits yet. A setter of the parent that was about to raise a hint is
 * not in the child, so that any member may be set. */
void guise__container_forget_parent_locked(guise_container *container)
{
    GUISE__CHECK(guise__lock_is_held(&container->lock));
    container->waiters = (struct guise__waiters){NULL, NULL};
    /* Relaxed, because of the lock. Release: as member_raise_hint. */
    (void)atomic_fetch_or_explicit(&container->hints,
                                   atomic_load_explicit(&container->members, memory_order_relaxed),
                                   memory_order_release);
    /* Release, because a thread that sees it relies on the hints before the lock is released. */
    atomic_store_explicit(&container->process, guise__fork_count(), memory_order_release);
}

/* ---- the watcher ----------------------------------------------------------------------------- */

/* Everything here runs with the signal's lock held. */

/* Returns whether waits may take its signal, and setters hand it over. */
static bool member_is_active_locked(const struct guise__member *member)
{
    GUISE__CHECK(guise__lock_is_held(&member->container->lock));
    return (guise__container_members_locked(member->container) & guise__member_bit(member)) != 0;
}

/* From here on every set of the signal notifies the container. */
static void member_begin(struct guise__watcher *watcher)
{
    struct guise__member *member = guise__member_from_watcher(watcher);
    guise_container *container = member->container;

    guise__container_lock(container);
    /* Relaxed, because the lock's release orders it. */
    (void)atomic_fetch_or_explicit(&container->members, guise__member_bit(member),
                                   memory_order_relaxed);
    guise__container_unlock(container);
}

static bool member_hand_over(struct guise__watcher *watcher, struct guise__waiters *woken)
{
    const struct guise__member *member = guise__member_from_watcher(watcher);
    guise_container *container = member->container;
    bool handed;

    guise__container_lock(container);
    handed = member_is_active_locked(member) &&
             guise__waiters_move_first(&container->waiters, woken, member->signal);
    guise__container_unlock(container);
    return handed;
}

static void member_raise_hint(guise_container *container, uint64_t bit)
{
    /* Relaxed, because the thread that last lowered this bit held the signal's lock. */
    if ((atomic_load_explicit(&container->hints, memory_order_relaxed) & bit) == 0) {
        /* Release, for SET: pairs with the load in container_take_first_locked. seq_cst, because it
         * stands for SET in the order with the load of is_waited. */
        (void)atomic_fetch_or_explicit(&container->hints, bit, memory_order_seq_cst);
    }
}

/* Moves every waiter to woken, or as many as can still take the signal. */
static GUISE_NOINLINE void member_release_waiters(const struct guise__member *member,
                                                  struct guise__waiters *woken, bool release_all)
{
    guise_container *container = member->container;

    guise__container_lock(container);
    while (member_is_active_locked(member) && container->waiters.first != NULL &&
           (release_all || guise__signal_take(member->signal))) {
        (void)guise__waiters_move_first(&container->waiters, woken, member->signal);
    }
    guise__container_unlock(container);
}

static void member_notify(struct guise__watcher *watcher, struct guise__waiters *woken,
                          bool release_all)
{
    const struct guise__member *member = guise__member_from_watcher(watcher);
    guise_container *container = member->container;

    member_raise_hint(container, guise__member_bit(member));
    /* Sequentially consistent, after SET: see container.h. */
    if (atomic_load_explicit(&container->is_waited, memory_order_seq_cst)) {
        member_release_waiters(member, woken, release_all);
    }
}

/* From here on the signal does not notify the container. */
static void member_end(struct guise__watcher *watcher)
{
    guise__member_lower_hint(guise__member_from_watcher(watcher));
}

/* ---- members --------------------------------------------------------------------------------- */

/* Returns the highest of bits, which are not 0. */
static unsigned bits_highest(uint64_t bits)
{
#if defined(__GNUC__)
    return 63u - (unsigned)__builtin_clzll(bits);
#else
    unsigned index = 63;

    while ((bits >> index) == 0) {
        index--;
    }
    return index;
#endif
}

/* Returns the place behind all others if there is one, so that the order of places is that of
 * adding; otherwise the lowest free one, or GUISE__MEMBERS_MAX if there is none. */
static unsigned place_choose_locked(guise_container *container)
{
    uint64_t places =
        atomic_load_explicit(&container->places, memory_order_relaxed); /* because of the lock */
    unsigned behind = places == 0 ? 0 : bits_highest(places) + 1;

    GUISE__CHECK(guise__lock_is_held(&container->lock));
    if (places == 0) {
        container->out_of_order = false;
    }
    if (behind < GUISE__MEMBERS_MAX) {
        return behind;
    }
    behind = guise__bits_lowest(~places); /* bit 63 is no place's */
    container->out_of_order = container->out_of_order || behind < GUISE__MEMBERS_MAX;
    return behind;
}

/* Returns a place for the signal, or NULL if the container is full. */
static struct guise__member *member_reserve(guise_container *container, guise_signal *signal)
{
    struct guise__member *member = NULL;
    unsigned index;

    guise__container_lock(container);
    index = place_choose_locked(container);
    if (index < GUISE__MEMBERS_MAX) {
        member = &container->member[index];
        member->watcher = (struct guise__watcher){
            member_begin, member_hand_over, member_notify, member_end, &container->is_waited, NULL};
        member->container = container;
        member->signal = guise_signal_ref(signal);
        member->index = index;
        member->added = container->next_added++;
        /* Release, because a place in use is complete, also in a child forked at this moment. */
        (void)atomic_fetch_or_explicit(&container->places, guise__member_bit(member),
                                       memory_order_release);
    }
    guise__container_unlock(container);
    return member;
}

guise_result guise_container_add(guise_container *container, guise_signal *signal)
{
    struct guise__member *member;

    if (container == NULL || signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    member = member_reserve(container, signal);
    if (member == NULL) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    guise__signal_watch(signal, &member->watcher);
    return GUISE_OK;
}

/* Returns the signal's member that was added last, or NULL. From here on no wait takes its signal,
 * no other removal finds it, and the caller owns its place. */
static struct guise__member *member_hide(guise_container *container, const guise_signal *signal)
{
    struct guise__member *last = NULL;

    guise__container_lock(container);
    for (uint64_t left = guise__container_members_locked(container); left != 0; left &= left - 1) {
        struct guise__member *member = &container->member[guise__bits_lowest(left)];

        if (member->signal == signal && (last == NULL || member->added > last->added)) {
            last = member;
        }
    }
    if (last != NULL) {
        /* Relaxed, because the lock's release orders it. */
        (void)atomic_fetch_and_explicit(&container->members, ~guise__member_bit(last),
                                        memory_order_relaxed);
    }
    guise__container_unlock(container);
    return last;
}

guise_result guise_container_remove(guise_container *container, guise_signal *signal)
{
    struct guise__member *member;

    if (container == NULL || signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    member = member_hide(container, signal);
    if (member == NULL) {
        return GUISE_E_NOT_FOUND;
    }
    /* Waits for a setter that is in a function of the watcher, because it has the signal's lock. */
    guise__signal_unwatch(signal, &member->watcher);
    guise__container_lock(container);
    (void)atomic_fetch_and_explicit(&container->places, ~guise__member_bit(member),
                                    memory_order_relaxed);
    guise__container_unlock(container);
    guise_signal_unref(signal);
    return GUISE_OK; /* waiters go on waiting for the other members (Y-22) */
}
