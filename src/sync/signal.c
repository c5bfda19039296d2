/* SPDX-License-Identifier: MIT */
/*
 * What a signal is, its word, and the locking discipline: signal.h.
 *
 * Each operation has a fast path, one atomic step on the word of a signal without listeners, and a
 * slow path under the lock. The lock decides which waits a set releases: exactly those that were
 * queued when the signal was set. A thread that queues later sees the word as that set, and any
 * reset since, left it.
 *
 * A wait for all takes its signals tentatively, one after the other, and then either commits to all
 * or restores those that it took. The tentative lock makes the attempts, and every operation that
 * finds a TENTATIVE signal, happen one after the other.
 */
#define _POSIX_C_SOURCE 200809L
#include "sync/signal.h"

#include <stdio.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "base/refcount.h"

/* No signal is TENTATIVE while this lock is free. It also guards changes of the `alls` queues. */
static struct guise__lock s_tentative_lock = GUISE__LOCK_INIT;

/* ---- life ---- */

guise_result guise_signal_create(guise_signal_kind kind, guise_signal **out)
{
    guise_signal *signal;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (kind != GUISE_SIGNAL_MANUAL && kind != GUISE_SIGNAL_AUTO) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (guise__fork_prepare() != GUISE_OK) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    signal = guise__alloc(sizeof *signal);
    if (signal == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    guise__lock_init(&signal->lock);
    atomic_init(&signal->refs, 1);
    signal->kind = kind;
    *out = signal;
    return GUISE_OK;
}

guise_signal *guise_signal_ref(guise_signal *signal)
{
    if (signal != NULL) {
        guise__count_up(&signal->refs);
    }
    return signal;
}

void guise_signal_unref(guise_signal *signal)
{
    if (signal == NULL || !guise__count_down(&signal->refs)) {
        return;
    }
    if (signal->has_event) {
        guise__descriptor_close(&signal->descriptor);
    }
    guise__lock_destroy(&signal->lock);
    guise__free(signal);
}

/* ---- the word ---- */

#if defined(GUISE_CHECKS)
bool guise__signal_word_is_valid(unsigned word)
{
    const unsigned known = GUISE__SIGNAL_SET | GUISE__SIGNAL_HAS_LISTENERS |
                           GUISE__SIGNAL_TENTATIVE | GUISE__SIGNAL_HAS_EVENT;
    const unsigned both = GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE;

    return (word & ~known) == 0 && (word & both) != both &&
           GUISE__IMPLIES((word & GUISE__SIGNAL_TENTATIVE) != 0,
                          (word & GUISE__SIGNAL_HAS_LISTENERS) != 0);
}

void guise__signal_print(const guise_signal *signal)
{
    unsigned word = atomic_load_explicit(&signal->word, memory_order_acquire);

    (void)fprintf(stderr, "signal %p: %s, word 0x%X, %swaiters, %swatchers\n", (const void *)signal,
                  signal->kind == GUISE_SIGNAL_MANUAL ? "manual" : "auto", word,
                  signal->waiters.first == NULL ? "no " : "",
                  signal->watchers == NULL ? "no " : "");
}
#endif

/* Acquire: pairs with the release of the thread that set the bit that the caller acts on. */
static unsigned word_load(const guise_signal *signal)
{
    unsigned word = atomic_load_explicit(&signal->word, memory_order_acquire);

    GUISE__CHECK(guise__signal_word_is_valid(word));
    return word;
}

/* Sets SET. Release, because what the setter wrote is visible to the thread that acts on the bit.
 * This is a read-modify-write even if SET is set already, because a plain load would publish
 * nothing. It is seq_cst to be ordered with the setter's later load of is_waited (container.h). */
static void word_raise_set(guise_signal *signal)
{
    (void)atomic_fetch_or_explicit(&signal->word, GUISE__SIGNAL_SET, memory_order_seq_cst);
}

/* Relaxed, because a set either precedes this in the word's history, and a later load sees it, or
 * follows it, and sees HAS_LISTENERS. */
static void signal_mark_listened_locked(guise_signal *signal)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    (void)atomic_fetch_or_explicit(&signal->word, GUISE__SIGNAL_HAS_LISTENERS,
                                   memory_order_relaxed);
}

/* Sets a signal without listeners. Returns false, and does nothing, if it has any. */
static bool signal_set_fast(guise_signal *signal)
{
    unsigned seen = 0; /* a guess, because the step would have to wait for a load */

    while ((seen & GUISE__SIGNAL_HAS_LISTENERS) == 0) {
        /* Release on success: as word_raise_set. Relaxed on failure: only the value is used. */
        if (atomic_compare_exchange_weak_explicit(&signal->word, &seen, seen | GUISE__SIGNAL_SET,
                                                  memory_order_release, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

static bool try_is_taken(enum guise__try take)
{
    return take == GUISE__TRY_TAKEN || take == GUISE__TRY_TAKEN_WITH_EVENT;
}

enum guise__try guise__signal_try(guise_signal *signal)
{
    /* Acquire: as word_load. seq_cst to follow a container waiter's store of is_waited
     * (container.h). */
    unsigned seen = atomic_load_explicit(&signal->word, memory_order_seq_cst);

    while ((seen & GUISE__SIGNAL_SET) != 0) {
        if (signal->kind == GUISE_SIGNAL_MANUAL) {
            return GUISE__TRY_TAKEN; /* it stays set (Y-08) */
        }
        /* Acquire: pairs with the setter's release. Exactly one wait clears the bit (Y-07). */
        if (atomic_compare_exchange_weak_explicit(&signal->word, &seen, seen & ~GUISE__SIGNAL_SET,
                                                  memory_order_acquire, memory_order_acquire)) {
            /* A thread that opens the descriptor after this step reads SET itself. */
            return (seen & GUISE__SIGNAL_HAS_EVENT) == 0 ? GUISE__TRY_TAKEN
                                                         : GUISE__TRY_TAKEN_WITH_EVENT;
        }
    }
    return (seen & GUISE__SIGNAL_TENTATIVE) == 0 ? GUISE__TRY_CLEAR : GUISE__TRY_TENTATIVE;
}

bool guise__signal_take(guise_signal *signal)
{
    return try_is_taken(guise__signal_try(signal));
}

/* ---- with listeners ---- */

/* One xor moves SET to TENTATIVE or back. Acquire and release, because it is a take or a set: it
 * passes the setter's release on, and the holder's reads stay before it. seq_cst because, when it
 * restores SET, it takes the place of word_raise_set. */
static void word_swap_tentative(guise_signal *signal)
{
    (void)atomic_fetch_xor_explicit(&signal->word, GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE,
                                    memory_order_seq_cst);
}

/* In a forked child no thread waits yet. A wait for all of the parent was about to take a TENTATIVE
 * signal, and has not; other signals that it took before the fork it took in the parent only. */
static GUISE_COLD void signal_forget_parent_locked(guise_signal *signal)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    signal->waiters = (struct guise__waiters){NULL, NULL};
    signal->alls = (struct guise__waiters){NULL, NULL};
    if ((word_load(signal) & GUISE__SIGNAL_TENTATIVE) != 0) {
        word_swap_tentative(signal);
    }
}

static inline void signal_lock(guise_signal *signal)
{
    if (guise__lock_take(&signal->lock)) {
        signal_forget_parent_locked(signal);
    }
}

/* Returns whether there is a descriptor that this process opened. A child that wrote to the
 * parent's would be seen by the parent. */
static bool event_is_own(const guise_signal *signal)
{
    return signal->has_event && signal->event_generation == guise__fork_generation();
}

/* Closes the descriptor, or this process's copy of the parent's. Not a file of the program that has
 * got its number since. */
static GUISE_COLD void event_close_locked(guise_signal *signal)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    guise__descriptor_close(&signal->descriptor);
    signal->has_event = false;
}

/* Makes the descriptor follow SET or TENTATIVE. It is lowered only while both are seen clear under
 * the lock, because a set that comes in between takes the lock after this and raises it again. */
static inline void event_sync_locked(guise_signal *signal)
{
    bool wanted;

    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    if (!event_is_own(signal)) {
        return;
    }
    wanted = (word_load(signal) & (GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE)) != 0;
    if (wanted == signal->raised) {
        return;
    }
    if (!guise__descriptor_is_there(&signal->descriptor)) {
        event_close_locked(signal);
        return;
    }
    if (wanted) {
        guise__event_raise(&signal->descriptor.event);
    } else {
        guise__event_lower(&signal->descriptor.event);
    }
    signal->raised = wanted;
}

static inline void signal_update_listened_locked(guise_signal *signal)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    if (signal->watchers == NULL && signal->waiters.first == NULL && signal->alls.first == NULL &&
        !signal->has_event && (word_load(signal) & GUISE__SIGNAL_TENTATIVE) == 0) {
        /* Relaxed, because it only lets setters take the fast path again. */
        (void)atomic_fetch_and_explicit(&signal->word, ~GUISE__SIGNAL_HAS_LISTENERS,
                                        memory_order_relaxed);
    }
}

/* Brings the descriptor and HAS_LISTENERS up to date first. */
static inline void signal_unlock(guise_signal *signal)
{
    event_sync_locked(signal);
    signal_update_listened_locked(signal);
    guise__lock_release(&signal->lock);
}

static void watchers_notify_locked(guise_signal *signal, struct guise__waiters *woken,
                                   bool release_all)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    for (struct guise__watcher *each = signal->watchers; each != NULL; each = each->next) {
        each->notify(each, woken, release_all);
    }
}

static inline bool watchers_hand_over_locked(guise_signal *signal, struct guise__waiters *woken)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    for (struct guise__watcher *each = signal->watchers; each != NULL; each = each->next) {
        /* Relaxed, because a wait that began before this set is seen, and one that begins meanwhile
         * finds SET, or is found by notify. */
        if (atomic_load_explicit(each->is_waited, memory_order_relaxed) &&
            each->hand_over(each, woken)) {
            return true;
        }
    }
    return false;
}

/* Releases the queue, and the threads that wait for containers: all of them, or as many as can
 * still take the signal, because those queue without this lock. */
static void signal_release_locked(guise_signal *signal, struct guise__waiters *woken,
                                  bool release_all)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    while (guise__waiters_move_first(&signal->waiters, woken, signal)) {
    }
    watchers_notify_locked(signal, woken, release_all);
}

static inline bool signal_hand_over_locked(guise_signal *signal, struct guise__waiters *woken)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    if (signal->waiters.first != NULL && /* saves the call where a container is all there is */
        guise__waiters_move_first(&signal->waiters, woken, signal)) {
        return true;
    }
    return watchers_hand_over_locked(signal, woken);
}

/* Hands the signal to one waiter, a container's only if the queue has none (Y-07). SET is set only if
 * no thread waits, so that no later wait takes the signal from one that was queued. */
static inline void signal_set_auto_locked(guise_signal *signal, struct guise__waiters *woken)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    if (signal_hand_over_locked(signal, woken)) {
        return;
    }
    word_raise_set(signal);
    watchers_notify_locked(signal, woken, false);
}

static inline void signal_set_locked(guise_signal *signal, struct guise__waiters *woken)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    if (signal->kind == GUISE_SIGNAL_MANUAL) {
        word_raise_set(signal);
        signal_release_locked(signal, woken, true);
    } else {
        signal_set_auto_locked(signal, woken);
    }
}

/* Sets the signal and makes the attempts of the waits for all that wait for it. No lock is held. */
static GUISE_COLD void signal_set_with_alls(guise_signal *signal)
{
    struct guise__waiters woken = {NULL, NULL};

    guise__tentative_lock();
    signal_lock(signal);
    signal_set_locked(signal, &woken);
    guise__signal_unlock(signal);
    for (struct guise__waiter *each = signal->alls.first; each != NULL; each = each->next) {
        struct guise__all_wait *wait = ((struct guise__all_node *)each)->wait;

        wait->attempt(wait, &woken);
    }
    guise__tentative_unlock();
    /* From here on only the waiters are used, because the first that wakes may free the signal. */
    guise__waiters_release(&woken);
}

static GUISE_NOINLINE void signal_set_slow(guise_signal *signal)
{
    struct guise__waiters woken = {NULL, NULL};
    bool with_others;

    signal_lock(signal);
    with_others = signal->alls.first != NULL || (word_load(signal) & GUISE__SIGNAL_TENTATIVE) != 0;
    if (!with_others) {
        signal_set_locked(signal, &woken);
    }
    signal_unlock(signal);
    if (with_others) {
        signal_set_with_alls(signal);
        return;
    }
    /* From here on only the waiters are used, because the first that wakes may free the signal. */
    if (woken.first != NULL) {
        guise__waiters_release(&woken);
    }
}

void guise__signal_sync_event(guise_signal *signal)
{
    /* A thread that opens the descriptor after the take reads SET itself. */
    if (signal->kind == GUISE_SIGNAL_MANUAL || (word_load(signal) & GUISE__SIGNAL_HAS_EVENT) == 0) {
        return;
    }
    signal_lock(signal);
    event_sync_locked(signal);
    guise__lock_release(&signal->lock);
}

void guise__signal_await_resolution(guise_signal *signal)
{
    guise__tentative_lock();
    signal_lock(signal); /* in a forked child this resolves what the parent left TENTATIVE */
    guise__lock_release(&signal->lock);
    guise__tentative_unlock();
}

bool guise__signal_take_resolved(guise_signal *signal)
{
    enum guise__try take = guise__signal_try(signal);

    if (take == GUISE__TRY_TENTATIVE) {
        guise__tentative_lock();
        signal_lock(signal); /* as above */
        take = guise__signal_try(signal);
        guise__lock_release(&signal->lock);
        guise__tentative_unlock();
    }
    return try_is_taken(take);
}

/* Takes the signal for the waiter if its wait has not ended. The claim's lock is held over both,
 * because a set of another signal that finds the claim taken passes over the wait. */
static inline bool waiter_take_locked(guise_signal *signal, struct guise__waiter *waiter)
{
    struct guise__claim *claim = waiter->claim;
    bool taken;

    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    if (claim == NULL) {
        return guise__signal_take(signal);
    }
    (void)guise__lock_take(&claim->lock);
    taken = !claim->taken && guise__signal_take(signal);
    if (taken) {
        claim->taken = true;
        claim->winner = waiter;
    }
    guise__lock_release(&claim->lock);
    return taken;
}

bool guise__signal_queue_unless_set(guise_signal *signal, struct guise__waiter *waiter)
{
    bool taken;

    signal_lock(signal);
    signal_mark_listened_locked(signal);
    taken = waiter_take_locked(signal, waiter);
    if (!taken) {
        guise__waiters_add(&signal->waiters, waiter);
    }
    signal_update_listened_locked(signal);
    guise__lock_release(&signal->lock);
    return !taken;
}

bool guise__signal_withdraw(guise_signal *signal, struct guise__waiter *waiter)
{
    bool queued;

    signal_lock(signal);
    queued = waiter->queued;
    if (queued) {
        guise__waiters_remove(&signal->waiters, waiter);
    }
    signal_update_listened_locked(signal);
    guise__lock_release(&signal->lock);
    return queued;
}

/* Y-02: takes the signal at the end of the time, in case it has been TENTATIVE, which is not clear,
 * all the time. */
static GUISE_COLD guise_result signal_take_at_timeout(guise_signal *signal)
{
    if (!guise__signal_take_resolved(signal)) {
        return GUISE_E_CALL_PENDING;
    }
    guise__signal_sync_event(signal);
    return GUISE_OK;
}

/* Waits in the queue. The deadline is all that can fail here (Y-03). */
static GUISE_COLD guise_result signal_wait_in_queue(guise_signal *signal, uint32_t timeout_ms)
{
    struct guise__waiter waiter = {0};
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(timeout_ms, &storage);

    if (!guise__signal_queue_unless_set(signal, &waiter)) {
        guise__signal_sync_event(signal);
        return GUISE_OK;
    }
    if (guise__latch_wait(&waiter.latch, deadline)) {
        return GUISE_OK;
    }
    if (guise__signal_withdraw(signal, &waiter)) {
        return signal_take_at_timeout(signal); /* the wait has timed out (Y-02) */
    }
    /* A set released the waiter at the last moment. Its setter uses it until the latch opens. */
    (void)guise__latch_wait(&waiter.latch, NULL);
    return GUISE_OK;
}

/* ---- the public operations ---- */

void guise__signal_set(guise_signal *signal)
{
    if (!signal_set_fast(signal)) {
        signal_set_slow(signal);
    }
}

guise_result guise_signal_set(guise_signal *signal)
{
    if (signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__signal_set(signal);
    return GUISE_OK; /* set succeeds, also if the signal is set (Y-05) */
}

/* The signal was TENTATIVE, which counts as set. Waits for the attempt to end, then clears SET in
 * case it was restored. */
static GUISE_COLD void signal_reset_resolved(guise_signal *signal)
{
    guise__tentative_lock();
    signal_lock(signal);
    /* Acquire: as in guise_signal_reset. */
    (void)atomic_fetch_and_explicit(&signal->word, ~GUISE__SIGNAL_SET, memory_order_acquire);
    event_sync_locked(signal);
    guise__lock_release(&signal->lock);
    guise__tentative_unlock();
}

static GUISE_COLD void signal_reset_slow(guise_signal *signal)
{
    unsigned before = atomic_fetch_and_explicit(
        &signal->word, ~GUISE__SIGNAL_SET, memory_order_acquire); /* as in guise_signal_reset */

    if ((before & GUISE__SIGNAL_TENTATIVE) != 0) {
        signal_reset_resolved(signal);
    } else if ((before & GUISE__SIGNAL_HAS_LISTENERS) != 0) {
        signal_lock(signal);
        event_sync_locked(signal);
        guise__lock_release(&signal->lock);
    }
}

guise_result guise_signal_reset(guise_signal *signal)
{
    unsigned seen = GUISE__SIGNAL_SET; /* a guess: set, and without listeners */

    if (signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    /* Acquire, because a reset that follows a set sees what the setter wrote. */
    if (!atomic_compare_exchange_strong_explicit(&signal->word, &seen, 0, memory_order_acquire,
                                                 memory_order_relaxed)) {
        signal_reset_slow(signal);
    }
    return GUISE_OK; /* reset succeeds, also if the signal is clear (Y-06) */
}

static GUISE_COLD guise_result signal_wait_slow(guise_signal *signal, uint32_t timeout_ms)
{
    if (guise__signal_take(signal)) {
        guise__signal_sync_event(signal);
        return GUISE_OK; /* a wait succeeds once the signal is set (Y-01) */
    }
    return timeout_ms == 0 ? signal_take_at_timeout(signal)
                           : signal_wait_in_queue(signal, timeout_ms);
}

guise_result guise_signal_wait(guise_signal *signal, uint32_t timeout_ms)
{
    unsigned seen;

    if (signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    seen = word_load(signal);
    if ((seen & GUISE__SIGNAL_SET) != 0 && signal->kind == GUISE_SIGNAL_MANUAL) {
        return GUISE_OK; /* it stays set (Y-08) */
    }
    /* An auto signal is mostly found set and without listeners. Acquire: as in
     * guise__signal_try. */
    if (seen == GUISE__SIGNAL_SET &&
        atomic_compare_exchange_strong_explicit(&signal->word, &seen, 0, memory_order_acquire,
                                                memory_order_relaxed)) {
        return GUISE_OK; /* this wait cleared it (Y-07) */
    }
    return signal_wait_slow(signal, timeout_ms);
}

static guise_result event_open_locked(guise_signal *signal)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    if (event_is_own(signal) && guise__descriptor_is_there(&signal->descriptor)) {
        return GUISE_OK;
    }
    if (signal->has_event) {
        event_close_locked(signal);
    }
    if (!guise__descriptor_open(&signal->descriptor)) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    signal->has_event = true;
    signal->raised = false;
    signal->event_generation = guise__fork_generation();
    signal_mark_listened_locked(signal);
    (void)atomic_fetch_or_explicit(&signal->word, GUISE__SIGNAL_HAS_EVENT,
                                   memory_order_relaxed); /* as that */
    event_sync_locked(signal);
    return GUISE_OK;
}

guise_result guise_signal_fd(guise_signal *signal, int *out)
{
    guise_result result;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = -1;
    if (signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    signal_lock(signal);
    result = event_open_locked(signal);
    if (result == GUISE_OK) {
        *out = signal->descriptor.event.read_fd;
    }
    guise__lock_release(&signal->lock);
    return result;
}

/* ---- watchers ---- */

void guise__signal_watch(guise_signal *signal, struct guise__watcher *watcher)
{
    struct guise__waiters woken = {NULL, NULL};

    signal_lock(signal);
    watcher->next = signal->watchers;
    signal->watchers = watcher;
    signal_mark_listened_locked(signal);
    watcher->begin(watcher);
    if ((word_load(signal) & (GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE)) != 0) {
        watcher->notify(watcher, &woken, false);
        event_sync_locked(signal);
    }
    guise__lock_release(&signal->lock);
    guise__waiters_release(&woken);
}

void guise__signal_unwatch(guise_signal *signal, struct guise__watcher *watcher)
{
    struct guise__watcher **link = &signal->watchers;

    signal_lock(signal);
    /* In a child the watcher may be missing: a fork came between member_reserve and the watch. */
    while (*link != NULL && *link != watcher) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        *link = watcher->next;
    }
    watcher->end(watcher);
    signal_update_listened_locked(signal);
    guise__lock_release(&signal->lock);
}

/* ---- the lock, for containers ---- */

void guise__signal_lock(guise_signal *signal)
{
    signal_lock(signal);
}

void guise__signal_unlock(guise_signal *signal)
{
    signal_unlock(signal);
}

bool guise__signal_is_clear_locked(const guise_signal *signal)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    return (word_load(signal) & (GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE)) == 0;
}

/* ---- waits for all ---- */

void guise__tentative_lock(void)
{
    /* A forked child finds no thread waiting, but each signal that the parent left TENTATIVE is
     * restored by the next thread that takes its lock. */
    (void)guise__lock_take(&s_tentative_lock);
}

void guise__tentative_unlock(void)
{
    guise__lock_release(&s_tentative_lock);
}

bool guise__signal_may_be_set(const guise_signal *signal)
{
    /* Relaxed, because the attempt that follows loads the word again. The tentative lock is held,
     * so only a signal that a parent process left TENTATIVE is so now; it is worth an attempt. */
    return (atomic_load_explicit(&signal->word, memory_order_relaxed) &
            (GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE)) != 0;
}

void guise__signal_join_all(guise_signal *signal, struct guise__all_node *node)
{
    signal_lock(signal);
    signal_mark_listened_locked(signal);
    guise__waiters_add(&signal->alls, &node->waiter);
    guise__signal_unlock(signal);
}

void guise__signal_leave_all(guise_signal *signal, struct guise__all_node *node)
{
    signal_lock(signal);
    guise__waiters_remove(&signal->alls, &node->waiter);
    guise__signal_unlock(signal);
}

/* SET becomes TENTATIVE. Returns false if the signal is clear. */
static bool signal_take_tentatively_locked(guise_signal *signal)
{
    unsigned seen = word_load(signal);

    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    while ((seen & GUISE__SIGNAL_SET) != 0) {
        /* Acquire, because this may turn out to be the take: pairs with the setter's release. */
        if (atomic_compare_exchange_weak_explicit(
                &signal->word, &seen, seen ^ (GUISE__SIGNAL_SET | GUISE__SIGNAL_TENTATIVE),
                memory_order_acquire, memory_order_acquire)) {
            return true;
        }
    }
    return false;
}

static void signal_commit_locked(guise_signal *signal)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    /* Relaxed, because the tentative take was the acquire, and a setter takes the lock. */
    (void)atomic_fetch_and_explicit(&signal->word, ~GUISE__SIGNAL_TENTATIVE, memory_order_relaxed);
}

/* Threads that arrived while the signal was TENTATIVE have queued. A thread that waits for a
 * container may have arrived after a reset, so those are released only as far as the signal can
 * still be taken (release_all is false). */
static void signal_restore_locked(guise_signal *signal, struct guise__waiters *woken)
{
    GUISE__CHECK(guise__lock_is_held(&signal->lock));
    if (signal->kind == GUISE_SIGNAL_MANUAL) {
        word_swap_tentative(signal);
        signal_release_locked(signal, woken, false);
    } else if (signal_hand_over_locked(signal, woken)) {
        signal_commit_locked(signal);
    } else {
        word_swap_tentative(signal);
        watchers_notify_locked(signal, woken, false);
    }
}

bool guise__signal_take_tentatively(guise_signal *signal)
{
    bool taken;

    signal_lock(signal);
    signal_mark_listened_locked(signal);
    taken = signal_take_tentatively_locked(signal);
    guise__signal_unlock(signal);
    return taken;
}

void guise__signal_resolve(guise_signal *signal, bool commit, struct guise__waiters *woken)
{
    signal_lock(signal);
    if (commit && signal->kind == GUISE_SIGNAL_AUTO) {
        signal_commit_locked(signal);
    } else {
        signal_restore_locked(signal, woken); /* a manual signal stays set (Y-08) */
    }
    guise__signal_unlock(signal);
}
