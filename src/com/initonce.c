/* SPDX-License-Identifier: MIT */
/*
 * INIT_ONCE: a word with a state, and the context that the initialization leaves.
 *
 * ONCE_UNDONE   No initialization has begun, or every one that began has failed.
 * ONCE_RUNNING  One thread initializes.
 * ONCE_AWAITED  The same, and a thread may sleep until the word changes.
 * ONCE_SHARED   Any number of threads initialize at once (INIT_ONCE_ASYNC); the first to complete wins.
 * ONCE_ENDING   One of those has won and is storing its context; it wakes all sleepers afterwards.
 * ONCE_DONE     Final: the context does not change any more.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include <stdbool.h>

#include <guise/com/guiseport.h>

#include "base/check.h"
#include "com/lasterror.h"
#include "com/portlock.h"
#include "port/port.h"

enum { ONCE_UNDONE, ONCE_RUNNING, ONCE_AWAITED, ONCE_DONE, ONCE_SHARED, ONCE_ENDING };

/* ---- the word -------------------------------------------------------------------------------- */

/* Returns true if the word was `from`. Acquire: pairs with the release in end_turn. Relaxed on failure,
 * because the next load, or the kernel, compares again. */
static bool word_move(atomic_uint *word, unsigned from, unsigned to)
{
    return atomic_compare_exchange_strong_explicit(word, &from, to, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* Returns the word once it is not ONCE_ENDING. Acquire: see end_turn. */
static unsigned load_settled(atomic_uint *word)
{
    unsigned seen;

    while ((seen = atomic_load_explicit(word, memory_order_acquire)) == ONCE_ENDING) {
        (void)guise__futex_wait(word, ONCE_ENDING, NULL);
    }
    return seen;
}

/* Returns ONCE_UNDONE if this thread has set ONCE_RUNNING and has to initialize. Otherwise returns
 * ONCE_DONE, or ONCE_SHARED if other threads initialize together. */
static unsigned take_turn(atomic_uint *word)
{
    for (;;) {
        unsigned seen = load_settled(word);

        if (seen == ONCE_DONE || seen == ONCE_SHARED) {
            return seen;
        }
        if (seen == ONCE_UNDONE) {
            if (word_move(word, ONCE_UNDONE, ONCE_RUNNING)) {
                return ONCE_UNDONE;
            }
        } else if (seen == ONCE_AWAITED || word_move(word, ONCE_RUNNING, ONCE_AWAITED)) {
            (void)guise__futex_wait(word, ONCE_AWAITED, NULL);
        }
    }
}

/* Release: pairs with the acquire in load_settled, so that the initialization is visible there. */
static void end_turn(atomic_uint *word, unsigned outcome)
{
    unsigned before = atomic_exchange_explicit(word, outcome, memory_order_release);

    GUISE__CHECK(outcome == ONCE_DONE || outcome == ONCE_UNDONE);
    if (before == ONCE_AWAITED || before == ONCE_ENDING) {
        guise__futex_wake(word);
    }
}

void WINAPI InitOnceInitialize(PINIT_ONCE once)
{
    atomic_init(guise__com_word(&once->word), ONCE_UNDONE);
    once->context = 0;
}

static BOOL give_context(const INIT_ONCE *once, LPVOID *context)
{
    if (context != NULL) {
        *context = (PVOID)once->context;
    }
    return TRUE;
}

/* ---- a function that runs once --------------------------------------------------------------- */

/* A run of fn. The outcome is ONCE_UNDONE until fn has succeeded, so that it is right also if the thread
 * ends in fn. */
struct turn {
    atomic_uint *word;
    unsigned outcome;
};

static void leave_turn(void *arg)
{
    struct turn *turn = arg;

    end_turn(turn->word, turn->outcome);
}

static BOOL run_init_function(PINIT_ONCE once, PINIT_ONCE_FN fn, PVOID parameter)
{
    struct turn turn = {guise__com_word(&once->word), ONCE_UNDONE};
    PVOID context = NULL;

    pthread_cleanup_push(leave_turn, &turn);
    if (fn(once, parameter, &context)) {
        once->context = (uintptr_t)context;
        turn.outcome = ONCE_DONE;
    }
    pthread_cleanup_pop(1);
    return turn.outcome == ONCE_DONE;
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE once, PINIT_ONCE_FN fn, PVOID parameter, LPVOID *context)
{
    unsigned seen = take_turn(guise__com_word(&once->word));

    if (seen == ONCE_SHARED) {
        return guise__com_fail(ERROR_INVALID_PARAMETER);
    }
    if (seen == ONCE_UNDONE && !run_init_function(once, fn, parameter)) {
        return FALSE;
    }
    return give_context(once, context);
}

/* ---- in two steps ---------------------------------------------------------------------------- */

/* Returns ONCE_UNDONE if this thread has to initialize, or ONCE_DONE. The caller refuses any other state,
 * in which one thread initializes alone. */
static unsigned begin_shared(atomic_uint *word)
{
    for (;;) {
        unsigned seen = load_settled(word);

        if (seen == ONCE_SHARED ||
            (seen == ONCE_UNDONE && word_move(word, ONCE_UNDONE, ONCE_SHARED))) {
            return ONCE_UNDONE;
        }
        if (seen != ONCE_UNDONE) {
            return seen;
        }
    }
}

static BOOL check_only(PINIT_ONCE once, PBOOL pending, LPVOID *context)
{
    if (load_settled(guise__com_word(&once->word)) != ONCE_DONE) {
        return guise__com_fail(ERROR_GEN_FAILURE);
    }
    *pending = FALSE;
    return give_context(once, context);
}

BOOL WINAPI InitOnceBeginInitialize(PINIT_ONCE once, DWORD flags, PBOOL pending, LPVOID *context)
{
    atomic_uint *word = guise__com_word(&once->word);
    unsigned seen;

    if (flags == INIT_ONCE_CHECK_ONLY) {
        return check_only(once, pending, context);
    }
    if ((flags & ~(DWORD)INIT_ONCE_ASYNC) != 0) {
        return guise__com_fail(ERROR_INVALID_PARAMETER);
    }
    seen = flags == INIT_ONCE_ASYNC ? begin_shared(word) : take_turn(word);
    if (seen != ONCE_UNDONE && seen != ONCE_DONE) {
        return guise__com_fail(ERROR_INVALID_PARAMETER);
    }
    *pending = seen == ONCE_UNDONE;
    return seen == ONCE_UNDONE || give_context(once, context);
}

static bool is_completion(DWORD flags, LPVOID context)
{
    if ((flags & INIT_ONCE_INIT_FAILED) != 0) {
        return flags == INIT_ONCE_INIT_FAILED && context == NULL;
    }
    return (flags & ~(DWORD)INIT_ONCE_ASYNC) == 0 &&
           ((uintptr_t)context & ((1u << INIT_ONCE_CTX_RESERVED_BITS) - 1)) == 0;
}

static BOOL complete_once(PINIT_ONCE once, unsigned outcome, LPVOID context)
{
    once->context = (uintptr_t)context;
    end_turn(guise__com_word(&once->word), outcome);
    return TRUE;
}

BOOL WINAPI InitOnceComplete(PINIT_ONCE once, DWORD flags, LPVOID context)
{
    atomic_uint *word = guise__com_word(&once->word);
    /* Relaxed, because a thread that began sees its own step, and no other thread's context is read. */
    unsigned seen = atomic_load_explicit(word, memory_order_relaxed);

    if (!is_completion(flags, context)) {
        return guise__com_fail(ERROR_INVALID_PARAMETER);
    }
    if (seen == ONCE_RUNNING || seen == ONCE_AWAITED) {
        if ((flags & INIT_ONCE_ASYNC) != 0) {
            return guise__com_fail(ERROR_INVALID_PARAMETER);
        }
        return complete_once(once, flags == INIT_ONCE_INIT_FAILED ? ONCE_UNDONE : ONCE_DONE,
                             context);
    }
    if (seen != ONCE_SHARED) {
        return guise__com_fail(ERROR_GEN_FAILURE);
    }
    if (flags != INIT_ONCE_ASYNC) {
        return guise__com_fail(ERROR_INVALID_PARAMETER);
    }
    return word_move(word, ONCE_SHARED, ONCE_ENDING) ? complete_once(once, ONCE_DONE, context)
                                                     : guise__com_fail(ERROR_GEN_FAILURE);
}
