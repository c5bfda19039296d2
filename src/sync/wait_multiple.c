/* SPDX-License-Identifier: MIT */
/*
 * Waits for several signals: for the first of them, or for all of them at once. A wait lies on the
 * stack of the waiting thread, and stands in queues of its signals for as long as it sleeps.
 *
 * Any. The wait has a waiter in the queue of each signal, and one claim for all of them (waiter.h).
 * It joins one signal after the other. Under each signal's lock it takes the signal or queues, so
 * that a signal is either found set, or its next set finds the waiter. Only the thread that takes
 * the claim takes a signal for the wait. So the wait never takes two, and none that it does not
 * report.
 *
 * All. The wait stands in the `alls` queue of each signal. The tentative lock (signal.h) makes
 * these waits, and every set of a signal that they wait for, happen one after the other. Under it
 * an attempt takes one signal after the other tentatively:
 *
 * - One is clear. The attempt restores the others, as if they had never been touched.
 * - All are tentatively taken. That is the moment when all were set, and the attempt commits.
 *
 * The intermediate state is invisible. An operation that tests, sets or resets a TENTATIVE signal
 * takes the tentative lock, and so waits for the attempt to end. A thread that queues meanwhile is
 * woken if the signal is restored. Two waits with signals in common cannot undo each other for
 * ever, because an attempt fails only if a signal was clear, never because of another attempt.
 *
 * No wake-up is lost, because a wait for all is in the `alls` queue of each signal before its own
 * last attempt. That attempt sees every earlier set. A later set finds the queue not empty, and
 * makes the next attempt itself before it returns. So a signal that one thread sets and resets
 * releases the waits for all that were asleep and could take it, as it releases waits for one
 * signal.
 *
 * Locking discipline: see signal.h. The tentative lock guards `done`.
 */
#define _POSIX_C_SOURCE 200809L
#include "sync/wait_multiple.h"
#include "sync/signal.h"

/* ---- any ------------------------------------------------------------------------------------- */

struct any {
    struct guise__claim claim;
    struct guise__waiter waiters[GUISE__WAIT_MULTIPLE_MAX];
    guise_signal *const *signals; /* borrowed */
    size_t count;
    size_t joined; /* so many of the waiters have been queued */
};

static void any_init(struct any *wait, guise_signal *const *signals, size_t count)
{
    guise__claim_init(&wait->claim);
    wait->signals = signals;
    wait->count = count;
    wait->joined = 0;
    for (size_t i = 0; i < count; i++) {
        wait->waiters[i] = (struct guise__waiter){.claim = &wait->claim};
    }
}

/* Joins the signals in their order. Returns true if one was set, and has been taken. */
static bool any_join_until_set(struct any *wait)
{
    for (; wait->joined < wait->count; wait->joined++) {
        guise_signal *signal = wait->signals[wait->joined];

        if (!guise__signal_queue_unless_set(signal, &wait->waiters[wait->joined])) {
            guise__signal_sync_event(signal);
            return true;
        }
    }
    return false;
}

static void any_leave(struct any *wait)
{
    for (size_t i = 0; i < wait->joined; i++) {
        (void)guise__signal_withdraw(wait->signals[i], &wait->waiters[i]);
    }
}

/* Returns false if the deadline passed first. */
static bool any_sleep(struct any *wait, const struct timespec *deadline)
{
    if (guise__latch_wait(&wait->claim.latch, deadline)) {
        return true;
    }
    if (guise__claim_take(&wait->claim, NULL)) {
        return false;
    }
    /* A set took the claim at the last moment. Its setter uses the wait until the latch opens. */
    (void)guise__latch_wait(&wait->claim.latch, NULL);
    return true;
}

/* Takes the first signal that is set. resolved: waits for a tentatively taken one to be
 * resolved. */
static guise_result any_take(guise_signal *const *signals, size_t count, bool resolved,
                             size_t *which)
{
    for (size_t i = 0; i < count; i++) {
        if (resolved ? guise__signal_take_resolved(signals[i]) : guise__signal_take(signals[i])) {
            guise__signal_sync_event(signals[i]);
            *which = i;
            return GUISE_OK;
        }
    }
    return GUISE_E_CALL_PENDING;
}

static guise_result any_wait_in_queues(guise_signal *const *signals, size_t count,
                                       uint32_t timeout_ms, size_t *which)
{
    struct any wait;
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(timeout_ms, &storage);
    bool released;

    any_init(&wait, signals, count);
    released = any_join_until_set(&wait) || any_sleep(&wait, deadline);
    any_leave(&wait);
    guise__claim_destroy(&wait.claim); /* any_leave had the lock of each setter that used it */
    if (!released) {
        return any_take(signals, count, true, which); /* one may have been TENTATIVE all the time */
    }
    *which = (size_t)(wait.claim.winner - wait.waiters);
    return GUISE_OK;
}

static guise_result wait_for_any(guise_signal *const *signals, size_t count, uint32_t timeout_ms,
                                 size_t *which)
{
    guise_result result = any_take(signals, count, timeout_ms == 0, which);

    return result == GUISE_OK || timeout_ms == 0
               ? result
               : any_wait_in_queues(signals, count, timeout_ms, which);
}

/* ---- all ------------------------------------------------------------------------------------- */

struct all {
    struct guise__all_wait base; /* first: the signals know the wait by it */
    struct guise__waiter waiter;
    struct guise__all_node nodes[GUISE__WAIT_MULTIPLE_MAX];
    guise_signal *const *signals; /* borrowed */
    size_t count;
    bool done; /* (tentative lock) a set has taken all signals for the wait */
};

/* Returns false if a signal is clear at this moment. It saves most attempts their locks. */
static bool all_may_be_set(const struct all *wait)
{
    for (size_t i = 0; i < wait->count; i++) {
        if (!guise__signal_may_be_set(wait->signals[i])) {
            return false;
        }
    }
    return true;
}

/* Takes all signals or none. Moves to woken the waiters that came meanwhile and are handed a signal
 * that is restored. */
static bool all_attempt(const struct all *wait, struct guise__waiters *woken)
{
    size_t taken = 0;
    bool all;

    if (!all_may_be_set(wait)) {
        return false;
    }
    while (taken < wait->count && guise__signal_take_tentatively(wait->signals[taken])) {
        taken++;
    }
    all = taken == wait->count;
    for (size_t i = 0; i < taken; i++) {
        guise__signal_resolve(wait->signals[i], all, woken);
    }
    return all;
}

static void all_attempt_for_set(struct guise__all_wait *base, struct guise__waiters *woken)
{
    struct all *wait = (struct all *)base;

    if (!wait->done && all_attempt(wait, woken)) {
        wait->done = true;
        guise__waiters_add(woken, &wait->waiter);
    }
}

static void all_init(struct all *wait, guise_signal *const *signals, size_t count)
{
    wait->base.attempt = all_attempt_for_set;
    wait->waiter = (struct guise__waiter){.claim = NULL};
    wait->signals = signals;
    wait->count = count;
    wait->done = false;
}

static void all_join(struct all *wait)
{
    for (size_t i = 0; i < wait->count; i++) {
        wait->nodes[i].wait = &wait->base;
        wait->nodes[i].waiter.queued = false;
        guise__signal_join_all(wait->signals[i], &wait->nodes[i]);
    }
}

static void all_leave(struct all *wait)
{
    for (size_t i = 0; i < wait->count; i++) {
        guise__signal_leave_all(wait->signals[i], &wait->nodes[i]);
    }
}

/* Returns true if the wait is over without having slept. *taken: it has taken all signals. */
static bool all_begin(struct all *wait, uint32_t timeout_ms, bool *taken)
{
    struct guise__waiters woken = {NULL, NULL};
    bool over;

    guise__tentative_lock();
    *taken = all_attempt(wait, &woken);
    over = *taken || timeout_ms == 0;
    if (!over) {
        all_join(wait);
        *taken = all_attempt(wait, &woken);
        over = *taken;
        if (over) {
            all_leave(wait);
        }
    }
    guise__tentative_unlock();
    guise__waiters_release(&woken);
    return over;
}

/* Returns true if a set has taken all signals for this wait. Its setter opens the latch. */
static bool all_end(struct all *wait)
{
    bool done;

    guise__tentative_lock();
    all_leave(wait);
    done = wait->done;
    guise__tentative_unlock();
    return done;
}

static bool signals_have_duplicate(guise_signal *const *signals, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (signals[i] == signals[j]) {
                return true;
            }
        }
    }
    return false;
}

static guise_result wait_for_all(guise_signal *const *signals, size_t count, uint32_t timeout_ms)
{
    struct all wait;
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(timeout_ms, &storage);
    bool taken;

    if (signals_have_duplicate(signals, count)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    all_init(&wait, signals, count);
    if (all_begin(&wait, timeout_ms, &taken)) {
        return taken ? GUISE_OK : GUISE_E_CALL_PENDING;
    }
    (void)guise__latch_wait(&wait.waiter.latch, deadline);
    if (!all_end(&wait)) {
        return GUISE_E_CALL_PENDING;
    }
    /* The setter uses the wait until the latch opens. */
    (void)guise__latch_wait(&wait.waiter.latch, NULL);
    return GUISE_OK;
}

guise_result guise__wait_multiple(guise_signal *const *signals, size_t count, bool all,
                                  uint32_t timeout_ms, size_t *which)
{
    *which = 0;
    if (count == 0 || count > GUISE__WAIT_MULTIPLE_MAX) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (count == 1) {
        return guise_signal_wait(signals[0], timeout_ms);
    }
    return all ? wait_for_all(signals, count, timeout_ms)
               : wait_for_any(signals, count, timeout_ms, which);
}
