/* SPDX-License-Identifier: MIT */
/*
 * Waits for many signals: the first of them, or all of them at once. What there is of a wait lies
 * on the stack of the thread that waits, and is in lists of its signals for as long as it sleeps.
 *
 * Any. The wait's lock guards whether it still waits. It joins one signal after the other, looking
 * at each under that signal's lock and its own, so a signal is either found set, or its next set
 * finds the wait. Whoever ends it first, a set, its own look or the time, clears `waiting`; only
 * that one may take a signal for it. So it never takes two, and none that it does not report.
 *
 * All. s_all_lock makes these waits, and every set of a signal that they wait for, happen one after
 * the other. Under it an attempt turns SET into HELD in one signal after the other:
 *
 * - It finds a clear one: the others are put back, as if never touched.
 * - All are HELD: that is the moment when all were set, and the wait takes them.
 *
 * Nobody sees anything in between: while a signal is HELD, whoever asks for it, sets or resets it
 * waits for s_all_lock, where it is decided, and who queues for it is released if it is put back.
 * So no half-taken state is ever visible, and two waits with signals in common cannot undo each
 * other for ever: an attempt fails only because a signal was clear, never because of another
 * attempt.
 *
 * No wake-up is lost: a wait is in all its signals' lists before its last attempt of its own. A set
 * before it is seen by that attempt; one after it finds the list not empty, and makes the next
 * attempt itself before it returns. So a signal that is set and reset by one thread releases who
 * surely waited, as with waits for one signal.
 *
 * Locking discipline: see signal_internal.h. s_all_lock guards `done`, and changes of `alls` lists.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_hooks.h"
#include "sync/signal.h"

struct guise__many {
    struct guise__waiter waiter;
    guise_signal *signals[GUISE__WAIT_MANY_MAX]; /* borrowed */
    struct guise__place places[GUISE__WAIT_MANY_MAX];
    unsigned count;
    unsigned joined;         /* any: so many signals know of it; the waiting thread's own */
    struct guise__lock lock; /* any: guards the next two */
    bool waiting;
    unsigned which;
    bool done; /* all */
};

static struct guise__lock s_all_lock = GUISE__LOCK_INIT;

/* ---- places ---------------------------------------------------------------------------------- */

static void add_place(struct guise__places *places, struct guise__place *place)
{
    place->next = NULL;
    if (places->first == NULL) {
        places->first = place;
    } else {
        place->previous = places->first->previous;
        place->previous->next = place;
    }
    places->first->previous = place;
}

static void remove_place(struct guise__places *places, struct guise__place *place)
{
    if (place == places->first) {
        places->first = place->next;
    } else {
        place->previous->next = place->next;
    }
    if (place->next != NULL) {
        place->next->previous = place->previous;
    } else if (places->first != NULL) {
        places->first->previous = place->previous;
    }
}

static void prepare(struct guise__many *wait, guise_signal *const *signals, size_t count)
{
    atomic_init(&wait->waiter.latch, 0);
    wait->count = (unsigned)count;
    for (unsigned i = 0; i < wait->count; i++) {
        wait->signals[i] = signals[i];
        wait->places[i].wait = wait;
        wait->places[i].index = i;
    }
}

/* ---- any ------------------------------------------------------------------------------------- */

/* Ends the wait with that signal, if it still waits and (must_take) the signal can be taken. */
static bool end_any(struct guise__many *wait, unsigned index, bool must_take)
{
    bool ended;

    (void)guise__lock_take(&wait->lock);
    ended = wait->waiting && (!must_take || guise__signal_take(wait->signals[index]));
    if (ended) {
        wait->waiting = false;
        wait->which = index;
    }
    guise__lock_release(&wait->lock);
    return ended;
}

static bool release_place(struct guise__place *place, struct guise__queue *woken)
{
    if (!end_any(place->wait, place->index, false)) {
        return false;
    }
    guise__queue_add(woken, &place->wait->waiter);
    return true;
}

/* Tickets wrap; far fewer than half of them wait at once. */
static bool is_before(uint32_t ticket, const uint32_t *other)
{
    return other == NULL || (int32_t)(ticket - *other) < 0;
}

bool guise__anys_hand_locked(guise_signal *signal, const uint32_t *before,
                             struct guise__queue *woken)
{
    for (struct guise__place *each = signal->anys.first;
         each != NULL && is_before(each->ticket, before); each = each->next) {
        if (release_place(each, woken)) {
            return true;
        }
    }
    return false;
}

void guise__anys_release_locked(guise_signal *signal, struct guise__queue *woken)
{
    for (struct guise__place *each = signal->anys.first; each != NULL; each = each->next) {
        (void)release_place(each, woken);
    }
}

/* Looks at the signals in their order, and leaves word with those that are clear; true: one was
 * set, and is taken. */
static bool join_until_set(struct guise__many *wait)
{
    bool taken = false;

    while (!taken && wait->joined < wait->count) {
        unsigned index = wait->joined;
        guise_signal *signal = wait->signals[index];

        guise__signal_lock(signal);
        guise__signal_gather_locked(signal);
        taken = end_any(wait, index, true);
        if (!taken) {
            wait->places[index].ticket = signal->next_ticket++;
            add_place(&signal->anys, &wait->places[index]);
            wait->joined++;
        }
        guise__signal_unlock(signal);
    }
    return taken;
}

static void leave_anys(struct guise__many *wait)
{
    for (unsigned i = 0; i < wait->joined; i++) {
        guise_signal *signal = wait->signals[i];

        guise__signal_lock(signal);
        remove_place(&signal->anys, &wait->places[i]);
        guise__signal_unlock(signal);
    }
}

/* False if somebody was faster: the wait has ended with a signal. */
static bool give_up_any(struct guise__many *wait)
{
    bool waiting;

    (void)guise__lock_take(&wait->lock);
    waiting = wait->waiting;
    wait->waiting = false;
    guise__lock_release(&wait->lock);
    return waiting;
}

/* False when the time is over. */
static bool sleep_for_any(struct guise__many *wait, const struct timespec *deadline)
{
    if (guise__latch_wait(&wait->waiter.latch, deadline)) {
        return true;
    }
    if (give_up_any(wait)) {
        return false;
    }
    /* At the last moment; the setter holds on to the wait until this opens. */
    (void)guise__latch_wait(&wait->waiter.latch, NULL);
    return true;
}

/* The first that is set; decided: none is passed over because it is undecided. */
static guise_result take_any(guise_signal *const *signals, size_t count, bool decided,
                             size_t *which)
{
    for (size_t i = 0; i < count; i++) {
        if (decided ? guise__signal_take_decided(signals[i]) : guise__signal_take(signals[i])) {
            guise__signal_taken(signals[i]);
            *which = i;
            return GUISE_OK;
        }
    }
    return GUISE_E_CALL_PENDING;
}

static guise_result wait_in_anys(guise_signal *const *signals, size_t count, uint32_t timeout_ms,
                                 size_t *which)
{
    struct guise__many wait = {.waiting = true};
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(timeout_ms, &storage);
    bool released;

    guise__lock_init(&wait.lock);
    prepare(&wait, signals, count);
    released = join_until_set(&wait) || sleep_for_any(&wait, deadline);
    leave_anys(&wait);
    guise__lock_destroy(&wait.lock); /* who had it had a signal's lock, and is done */
    if (!released) {
        return take_any(signals, count, true, which);
    }
    *which = wait.which;
    return GUISE_OK;
}

static guise_result wait_any(guise_signal *const *signals, size_t count, uint32_t timeout_ms,
                             size_t *which)
{
    guise_result result = take_any(signals, count, timeout_ms == 0, which);

    return result == GUISE_OK || timeout_ms == 0 ? result
                                                 : wait_in_anys(signals, count, timeout_ms, which);
}

/* ---- all ------------------------------------------------------------------------------------- */

void guise__decided_lock(void)
{
    /* In a forked child nobody waits yet, which each signal finds out for itself. */
    (void)guise__lock_take(&s_all_lock);
}

void guise__decided_unlock(void)
{
    guise__lock_release(&s_all_lock);
}

/* False: one was clear just now. Spares most attempts their locks. */
static bool may_all_be_set(const struct guise__many *wait)
{
    for (unsigned i = 0; i < wait->count; i++) {
        /* Relaxed: the attempt that follows looks again. s_all_lock is held, so nothing of this
         * process is HELD; what a parent left HELD is worth an attempt. */
        if ((atomic_load_explicit(&wait->signals[i]->word, memory_order_relaxed) &
             (GUISE__SET | GUISE__HELD)) == 0) {
            return false;
        }
    }
    return true;
}

static bool hold(guise_signal *signal)
{
    bool held;

    guise__signal_lock(signal);
    guise__signal_gather_locked(signal);
    held = guise__signal_hold_locked(signal);
    guise__signal_unlock(signal);
    return held;
}

/* What becomes of one that is held: a manual signal stays set (Y-08). */
static void settle(guise_signal *signal, bool take, struct guise__queue *woken)
{
    guise__signal_lock(signal);
    if (take && signal->kind == GUISE_SIGNAL_AUTO) {
        guise__signal_hold_taken_locked(signal);
    } else {
        guise__signal_put_back_locked(signal, woken);
    }
    guise__signal_unlock(signal);
}

/* Takes all or nothing. Moves to woken who came meanwhile and gets a signal that was put back. */
static bool attempt(const struct guise__many *wait, struct guise__queue *woken)
{
    unsigned held = 0;
    bool all;

    if (!may_all_be_set(wait)) {
        return false;
    }
    while (held < wait->count && hold(wait->signals[held])) {
        held++;
    }
    all = held == wait->count;
    for (unsigned i = 0; i < held; i++) {
        settle(wait->signals[i], all, woken);
    }
    return all;
}

void guise__signal_set_for_alls(guise_signal *signal)
{
    struct guise__queue woken = {NULL, NULL};

    guise__decided_lock();
    guise__signal_lock(signal);
    guise__signal_set_locked(signal, &woken);
    guise__signal_unlock(signal);
    for (struct guise__place *each = signal->alls.first; each != NULL; each = each->next) {
        struct guise__many *wait = each->wait;

        if (!wait->done && attempt(wait, &woken)) {
            wait->done = true;
            guise__queue_add(&woken, &wait->waiter);
        }
    }
    guise__decided_unlock();
    /* Only the waiters are touched from here on. */
    guise__queue_release(&woken);
}

static void join_alls(struct guise__many *wait)
{
    for (unsigned i = 0; i < wait->count; i++) {
        guise_signal *signal = wait->signals[i];

        guise__signal_lock(signal);
        guise__signal_gather_locked(signal);
        add_place(&signal->alls, &wait->places[i]);
        guise__signal_unlock(signal);
    }
}

static void leave_alls(struct guise__many *wait)
{
    for (unsigned i = 0; i < wait->count; i++) {
        guise_signal *signal = wait->signals[i];

        guise__signal_lock(signal);
        remove_place(&signal->alls, &wait->places[i]);
        guise__signal_unlock(signal);
    }
}

/* True: taken, or nothing to sleep for; *taken says which. */
static bool begin_all(struct guise__many *wait, uint32_t timeout_ms, bool *taken)
{
    struct guise__queue woken = {NULL, NULL};
    bool over;

    guise__decided_lock();
    *taken = attempt(wait, &woken);
    over = *taken || timeout_ms == 0;
    if (!over) {
        join_alls(wait);
        *taken = attempt(wait, &woken);
        over = *taken;
        if (over) {
            leave_alls(wait);
        }
    }
    guise__decided_unlock();
    guise__queue_release(&woken);
    return over;
}

/* True: somebody's set has taken all for this wait, and has opened its latch or is about to. */
static bool end_all(struct guise__many *wait)
{
    bool done;

    guise__decided_lock();
    leave_alls(wait);
    done = wait->done;
    guise__decided_unlock();
    return done;
}

static bool is_one_there_twice(const struct guise__many *wait)
{
    for (unsigned i = 1; i < wait->count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (wait->signals[i] == wait->signals[j]) {
                return true;
            }
        }
    }
    return false;
}

static guise_result wait_all(guise_signal *const *signals, size_t count, uint32_t timeout_ms)
{
    struct guise__many wait = {.done = false};
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(timeout_ms, &storage);
    bool taken;

    prepare(&wait, signals, count);
    if (is_one_there_twice(&wait)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (begin_all(&wait, timeout_ms, &taken)) {
        return taken ? GUISE_OK : GUISE_E_CALL_PENDING;
    }
    (void)guise__latch_wait(&wait.waiter.latch, deadline);
    if (!end_all(&wait)) {
        return GUISE_E_CALL_PENDING;
    }
    /* The setter holds on to the wait until this opens. */
    (void)guise__latch_wait(&wait.waiter.latch, NULL);
    return GUISE_OK;
}

guise_result guise__wait_many(guise_signal *const *signals, size_t count, bool all,
                              uint32_t timeout_ms, size_t *which)
{
    *which = 0;
    if (count == 0 || count > GUISE__WAIT_MANY_MAX) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (count == 1) {
        return guise_signal_wait(signals[0], timeout_ms);
    }
    return all ? wait_all(signals, count, timeout_ms) : wait_any(signals, count, timeout_ms, which);
}
