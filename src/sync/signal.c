/* SPDX-License-Identifier: MIT */
/*
 * Signals. Alone, a set, a reset or a wait is one step on the word. With company everything that
 * decides who is released happens under the lock, so that exactly those are who waited when the
 * signal was set: whoever queues later sees the word as the set, and any reset since, left it.
 */
#define _POSIX_C_SOURCE 200809L
#include "sync/signal.h"

#include "base/refcount.h"

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
        guise__event_close(&signal->event);
    }
    guise__lock_destroy(&signal->lock);
    guise__free(signal);
}

/* ---- the word ---- */

/* Acquire: pairs with the release of whoever set the bit that decides. */
static unsigned look(const guise_signal *signal)
{
    return atomic_load_explicit(&signal->word, memory_order_acquire);
}

/* Sets the bit. Release: what the setter wrote is visible to whoever acts on the bit, also if it
 * was set already: this is a step of its own in the word's history, never just a look. And in one
 * order with the look that a container's setter takes after it (container.c). */
static void raise_bit(guise_signal *signal)
{
    (void)atomic_fetch_or_explicit(&signal->word, GUISE__SET, memory_order_seq_cst);
}

/* Whoever wants to be told says so here, under the lock. Relaxed: a set either comes before this in
 * the word's history, and a look after this sees it, or comes after and sees the crowd. */
static void gather_locked(guise_signal *signal)
{
    (void)atomic_fetch_or_explicit(&signal->word, GUISE__CROWD, memory_order_relaxed);
}

/* Alone: one step. False, and nothing done, if there is company. */
static bool set_alone(guise_signal *signal)
{
    unsigned seen = 0; /* a guess: to look first costs a load that the step has to wait for */

    while ((seen & GUISE__CROWD) == 0) {
        /* Release on success: as raise_bit. Relaxed on failure: only the value is used. */
        if (atomic_compare_exchange_weak_explicit(&signal->word, &seen, seen | GUISE__SET,
                                                  memory_order_release, memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

static bool is_taken(enum guise__take take)
{
    return take == GUISE__TAKEN || take == GUISE__TAKEN_EVENT;
}

enum guise__take guise__signal_try(guise_signal *signal)
{
    /* Acquire: as look. And in one order with what a container's waiter did before (container.c). */
    unsigned seen = atomic_load_explicit(&signal->word, memory_order_seq_cst);

    while ((seen & GUISE__SET) != 0) {
        if (signal->kind == GUISE_SIGNAL_MANUAL) {
            return GUISE__TAKEN; /* Y-08 */
        }
        /* Acquire: pairs with the setter's release. Y-07: exactly one wait clears the bit. */
        if (atomic_compare_exchange_weak_explicit(&signal->word, &seen, seen & ~GUISE__SET,
                                                  memory_order_acquire, memory_order_acquire)) {
            /* Who has the descriptor made later than this looks at the bit itself. */
            return (seen & GUISE__EVENT) == 0 ? GUISE__TAKEN : GUISE__TAKEN_EVENT;
        }
    }
    return (seen & GUISE__HELD) == 0 ? GUISE__CLEAR : GUISE__UNDECIDED;
}

bool guise__signal_take(guise_signal *signal)
{
    return is_taken(guise__signal_try(signal));
}

/* ---- company ---- */

/* Acquire, release: as taking and setting. The setter's release is passed on either way, and what
 * the holder has read stays before. The two bits change places in one step. In one order: as
 * raise_bit, which it is when it puts the signal back. */
static void swap_set_and_held(guise_signal *signal)
{
    (void)atomic_fetch_xor_explicit(&signal->word, GUISE__SET | GUISE__HELD, memory_order_seq_cst);
}

/* In a forked child nobody waits yet, and a wait for all that was about to take the signal has not
 * (or if it has taken others before the fork, then in the parent). */
static GUISE_SLOW void forget_parent_locked(guise_signal *signal)
{
    signal->waiters = (struct guise__queue){NULL, NULL};
    signal->anys = (struct guise__places){NULL};
    signal->alls = (struct guise__places){NULL};
    if ((look(signal) & GUISE__HELD) != 0) {
        swap_set_and_held(signal);
    }
}

static inline void lock_signal(guise_signal *signal)
{
    if (guise__lock_take(&signal->lock)) {
        forget_parent_locked(signal);
    }
}

/* The descriptor is there, and not the parent's: what a child wrote to that would be seen there. */
static bool has_own_event(const guise_signal *signal)
{
    return signal->has_event && signal->event_generation == guise__fork_generation();
}

/* The descriptor follows the bit, or what stands in for it. Lowered only when that is seen clear
 * under the lock: a set that comes between raises it again after this. */
static inline void sync_event_locked(guise_signal *signal)
{
    bool wanted;

    if (!has_own_event(signal)) {
        return;
    }
    wanted = (look(signal) & (GUISE__SET | GUISE__HELD)) != 0;
    if (wanted == signal->raised) {
        return;
    }
    if (wanted) {
        guise__event_raise(&signal->event);
    } else {
        guise__event_lower(&signal->event);
    }
    signal->raised = wanted;
}

static inline void update_crowd_locked(guise_signal *signal)
{
    if (signal->watchers == NULL && signal->waiters.first == NULL && signal->anys.first == NULL &&
        signal->alls.first == NULL && !signal->has_event && (look(signal) & GUISE__HELD) == 0) {
        /* Relaxed: it only lets setters take the short way again. */
        (void)atomic_fetch_and_explicit(&signal->word, ~GUISE__CROWD, memory_order_relaxed);
    }
}

static void tell_watchers_locked(guise_signal *signal, struct guise__queue *woken, bool everybody)
{
    for (struct guise__watcher *each = signal->watchers; each != NULL; each = each->next) {
        each->tell(each, woken, everybody);
    }
}

static inline bool hand_to_watcher_locked(guise_signal *signal, struct guise__queue *woken)
{
    for (struct guise__watcher *each = signal->watchers; each != NULL; each = each->next) {
        /* Relaxed: who began to wait before this set is seen; who comes meanwhile finds the bit, or is
         * found by tell. */
        if (atomic_load_explicit(each->is_waited, memory_order_relaxed) &&
            each->hand(each, woken)) {
            return true;
        }
    }
    return false;
}

/* Containers, who queue without the lock: everybody, or only while the bit is still set. */
static void release_locked(guise_signal *signal, struct guise__queue *woken, bool everybody)
{
    while (guise__queue_move_first(&signal->waiters, woken, signal)) {
    }
    tell_watchers_locked(signal, woken, everybody);
    if (signal->anys.first != NULL) {
        guise__anys_release_locked(signal, woken);
    }
}

/* Who came first of those who wait for this signal alone and for any of several. */
static inline bool hand_to_first_locked(guise_signal *signal, struct guise__queue *woken)
{
    const struct guise__waiter *first = signal->waiters.first;

    if (signal->anys.first != NULL &&
        guise__anys_hand_locked(signal, first == NULL ? NULL : &first->ticket, woken)) {
        return true;
    }
    return first != NULL && guise__queue_move_first(&signal->waiters, woken, signal);
}

static inline bool hand_to_anybody_locked(guise_signal *signal, struct guise__queue *woken)
{
    return hand_to_first_locked(signal, woken) || hand_to_watcher_locked(signal, woken);
}

/* One waiter is handed the signal, those of containers last; only without any is the bit set for a
 * later one. Nobody who comes later can take it from who waited. */
static inline void set_auto_locked(guise_signal *signal, struct guise__queue *woken)
{
    if (hand_to_anybody_locked(signal, woken)) {
        return;
    }
    raise_bit(signal);
    tell_watchers_locked(signal, woken, false);
}

static inline void set_locked(guise_signal *signal, struct guise__queue *woken)
{
    if (signal->kind == GUISE_SIGNAL_MANUAL) {
        raise_bit(signal);
        release_locked(signal, woken, true);
    } else {
        set_auto_locked(signal, woken);
    }
}

void guise__signal_set_locked(guise_signal *signal, struct guise__queue *woken)
{
    set_locked(signal, woken);
}

static GUISE_APART void set_in_company(guise_signal *signal)
{
    struct guise__queue woken = {NULL, NULL};
    bool with_others;

    lock_signal(signal);
    with_others = signal->alls.first != NULL || (look(signal) & GUISE__HELD) != 0;
    if (!with_others) {
        set_locked(signal, &woken);
    }
    guise__signal_unlock(signal);
    if (with_others) {
        guise__signal_set_for_alls(signal);
        return;
    }
    /* Only the waiters are touched from here on. */
    if (woken.first != NULL) {
        guise__queue_release(&woken);
    }
}

void guise__signal_taken(guise_signal *signal)
{
    /* Who has the descriptor made later than the signal was taken looks at the bit itself. */
    if (signal->kind == GUISE_SIGNAL_MANUAL || (look(signal) & GUISE__EVENT) == 0) {
        return;
    }
    lock_signal(signal);
    sync_event_locked(signal);
    guise__lock_release(&signal->lock);
}

bool guise__signal_take_decided(guise_signal *signal)
{
    enum guise__take take = guise__signal_try(signal);

    if (take == GUISE__UNDECIDED) {
        guise__decided_lock();
        lock_signal(signal); /* in a child: nobody else would decide */
        take = guise__signal_try(signal);
        guise__lock_release(&signal->lock);
        guise__decided_unlock();
    }
    return is_taken(take);
}

/* The bit may have been set since the caller looked: then there is nothing to queue for. */
static bool queue_unless_set(guise_signal *signal, struct guise__waiter *waiter)
{
    bool taken;

    lock_signal(signal);
    gather_locked(signal);
    taken = guise__signal_take(signal);
    if (!taken) {
        waiter->ticket = signal->next_ticket++;
        guise__queue_add(&signal->waiters, waiter);
    }
    update_crowd_locked(signal);
    guise__lock_release(&signal->lock);
    return !taken;
}

/* False if the waiter was taken off the queue first: then it has been released. */
static bool give_up(guise_signal *signal, struct guise__waiter *waiter)
{
    bool queued;

    lock_signal(signal);
    queued = waiter->queued;
    if (queued) {
        guise__queue_remove(&signal->waiters, waiter);
    }
    update_crowd_locked(signal);
    guise__lock_release(&signal->lock);
    return queued;
}

/* The time is over: the signal may have been undecided all the time, which is not clear. */
static GUISE_SLOW guise_result take_late(guise_signal *signal)
{
    if (!guise__signal_take_decided(signal)) {
        return GUISE_E_CALL_PENDING;
    }
    guise__signal_taken(signal);
    return GUISE_OK;
}

/* Nothing in here can fail but the time (Y-03). */
static GUISE_SLOW guise_result wait_in_queue(guise_signal *signal, uint32_t timeout_ms)
{
    struct guise__waiter waiter = {0};
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(timeout_ms, &storage);

    if (!queue_unless_set(signal, &waiter)) {
        guise__signal_taken(signal);
        return GUISE_OK;
    }
    if (guise__latch_wait(&waiter.latch, deadline)) {
        return GUISE_OK;
    }
    if (give_up(signal, &waiter)) {
        return take_late(signal); /* Y-02 */
    }
    /* Handed over at the last moment; the setter still holds on to the waiter until this opens. */
    (void)guise__latch_wait(&waiter.latch, NULL);
    return GUISE_OK;
}

/* ---- what is public ---- */

void guise__signal_set(guise_signal *signal)
{
    if (!set_alone(signal)) {
        set_in_company(signal);
    }
}

guise_result guise_signal_set(guise_signal *signal)
{
    if (signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    guise__signal_set(signal);
    return GUISE_OK; /* Y-05 */
}

/* It was set to all intents, and may be so again. */
static GUISE_SLOW void reset_decided(guise_signal *signal)
{
    guise__decided_lock();
    lock_signal(signal);
    /* Acquire: as in guise_signal_reset. */
    (void)atomic_fetch_and_explicit(&signal->word, ~GUISE__SET, memory_order_acquire);
    sync_event_locked(signal);
    guise__lock_release(&signal->lock);
    guise__decided_unlock();
}

static GUISE_SLOW void reset_otherwise(guise_signal *signal)
{
    unsigned before =
        atomic_fetch_and_explicit(&signal->word, ~GUISE__SET, memory_order_acquire); /* as below */

    if ((before & GUISE__HELD) != 0) {
        reset_decided(signal);
    } else if ((before & GUISE__CROWD) != 0) {
        lock_signal(signal);
        sync_event_locked(signal);
        guise__lock_release(&signal->lock);
    }
}

guise_result guise_signal_reset(guise_signal *signal)
{
    unsigned seen = GUISE__SET; /* a guess: set, and alone */

    if (signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    /* Acquire: a reset that follows a set sees what the setter wrote. */
    if (!atomic_compare_exchange_strong_explicit(&signal->word, &seen, 0, memory_order_acquire,
                                                 memory_order_relaxed)) {
        reset_otherwise(signal);
    }
    return GUISE_OK; /* Y-06 */
}

static GUISE_SLOW guise_result wait_otherwise(guise_signal *signal, uint32_t timeout_ms)
{
    if (guise__signal_take(signal)) {
        guise__signal_taken(signal);
        return GUISE_OK; /* Y-01 */
    }
    return timeout_ms == 0 ? take_late(signal) : wait_in_queue(signal, timeout_ms);
}

guise_result guise_signal_wait(guise_signal *signal, uint32_t timeout_ms)
{
    unsigned seen;

    if (signal == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    seen = look(signal);
    if ((seen & GUISE__SET) != 0 && signal->kind == GUISE_SIGNAL_MANUAL) {
        return GUISE_OK; /* Y-08 */
    }
    /* Set and alone, the usual way for an auto signal to be found. Acquire: as in try. */
    if (seen == GUISE__SET &&
        atomic_compare_exchange_strong_explicit(&signal->word, &seen, 0, memory_order_acquire,
                                                memory_order_relaxed)) {
        return GUISE_OK; /* Y-07 */
    }
    return wait_otherwise(signal, timeout_ms);
}

static guise_result open_event_locked(guise_signal *signal)
{
    if (has_own_event(signal)) {
        return GUISE_OK;
    }
    if (signal->has_event) {
        guise__event_close(&signal->event); /* this process's copy of the parent's */
        signal->has_event = false;
    }
    if (!guise__event_open(&signal->event)) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    signal->has_event = true;
    signal->raised = false;
    signal->event_generation = guise__fork_generation();
    gather_locked(signal);
    (void)atomic_fetch_or_explicit(&signal->word, GUISE__EVENT, memory_order_relaxed); /* as that */
    sync_event_locked(signal);
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
    lock_signal(signal);
    result = open_event_locked(signal);
    if (result == GUISE_OK) {
        *out = signal->event.read_fd;
    }
    guise__lock_release(&signal->lock);
    return result;
}

/* ---- watchers ---- */

void guise__signal_watch(guise_signal *signal, struct guise__watcher *watcher)
{
    struct guise__queue woken = {NULL, NULL};

    lock_signal(signal);
    watcher->next = signal->watchers;
    signal->watchers = watcher;
    gather_locked(signal);
    if ((look(signal) & (GUISE__SET | GUISE__HELD)) != 0) {
        watcher->tell(watcher, &woken, false);
        sync_event_locked(signal);
    }
    guise__lock_release(&signal->lock);
    guise__queue_release(&woken);
}

void guise__signal_unwatch(guise_signal *signal, struct guise__watcher *watcher)
{
    struct guise__watcher **link = &signal->watchers;

    lock_signal(signal);
    /* Not in the list: a fork came between the container's counting it and its watching. */
    while (*link != NULL && *link != watcher) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        *link = watcher->next;
    }
    update_crowd_locked(signal);
    guise__lock_release(&signal->lock);
}

/* ---- waits for many ---- */

void guise__signal_lock(guise_signal *signal)
{
    lock_signal(signal);
}

void guise__signal_unlock(guise_signal *signal)
{
    sync_event_locked(signal);
    update_crowd_locked(signal);
    guise__lock_release(&signal->lock);
}

bool guise__signal_is_clear_locked(const guise_signal *signal)
{
    return (look(signal) & (GUISE__SET | GUISE__HELD)) == 0;
}

void guise__signal_gather_locked(guise_signal *signal)
{
    gather_locked(signal);
}

bool guise__signal_hold_locked(guise_signal *signal)
{
    unsigned seen = look(signal);

    while ((seen & GUISE__SET) != 0) {
        /* Acquire: pairs with the setter's release; it may be as good as taken now. */
        if (atomic_compare_exchange_weak_explicit(&signal->word, &seen,
                                                  seen ^ (GUISE__SET | GUISE__HELD),
                                                  memory_order_acquire, memory_order_acquire)) {
            return true;
        }
    }
    return false;
}

/* Whoever came meanwhile found it undecided, and waits. A container's wait may be one that came
 * after somebody reset the signal again: that one goes on. */
void guise__signal_put_back_locked(guise_signal *signal, struct guise__queue *woken)
{
    if (signal->kind == GUISE_SIGNAL_MANUAL) {
        swap_set_and_held(signal);
        release_locked(signal, woken, false);
    } else if (hand_to_anybody_locked(signal, woken)) {
        guise__signal_hold_taken_locked(signal);
    } else {
        swap_set_and_held(signal);
        tell_watchers_locked(signal, woken, false);
    }
}

void guise__signal_hold_taken_locked(guise_signal *signal)
{
    /* Relaxed: holding was the acquire. A setter comes by the lock. */
    (void)atomic_fetch_and_explicit(&signal->word, ~GUISE__HELD, memory_order_relaxed);
}
