/* SPDX-License-Identifier: MIT */
/*
 * Forks are counted, so that an object can tell whether it was made in this process or in an ancestor. The
 * count changes in the child, in a handler of pthread_atfork.
 *
 * Registering the handlers takes no lock, because a child that was forked while another thread held that
 * lock would find it held for ever: the handler that could release it is the one being registered. So
 * threads that register at the same time all do, and handlers that are registered more than once do their
 * work once for each fork. The key for the ends of threads is made likewise: threads that come at the same
 * time may each make one, and all but one delete theirs. pthread_once would not do: under musl a child waits
 * for ever for the thread of its parent that was in it.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/lifecycle.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>

#include "base/check.h"
#include "port/module.h"
#include "port/port.h"

/* ---- forks ---- */

static atomic_bool s_prepared;
static _Atomic(void (*)(void)) s_hook;
static _Atomic(const struct guise__fork_locks *) s_locks[GUISE__FORK_HOLDERS];
static atomic_bool s_is_held[GUISE__FORK_HOLDERS]; /* every fork from now on takes the locks */

/* A fork that this thread has begun. */
struct forking {
    unsigned count; /* of forks before it */
    unsigned
        depth; /* `before` handlers that have not been undone: 1, or more if registered twice */
    const struct guise__fork_locks *taken[GUISE__FORK_HOLDERS];
};
static GUISE_TLS struct forking tl_forking;

atomic_uint guise__forks;

unsigned guise__fork_generation(void)
{
    return guise__fork_count();
}

void guise__fork_set_hook(void (*in_child)(void))
{
    GUISE__CHECK(in_child != NULL);
    /* Relaxed, because the child reads what its own thread wrote or what its parent's memory had. Looked
     * at first, because every call of a thread without a frame comes here. */
    if (atomic_load_explicit(&s_hook, memory_order_relaxed) != in_child) {
        atomic_store_explicit(&s_hook, in_child, memory_order_relaxed);
    }
}

/* fork waits for the threads that hold a lock of a library above the core, so that a child finds the lock
 * free and what it guards whole (W-28). */
static void before_fork(void)
{
    struct forking *forking = &tl_forking;

    forking->count = guise__fork_count();
    if (forking->depth++ != 0) {
        return;
    }
    for (int i = GUISE__FORK_HOLDERS; i-- > 0;) {
        /* Acquire: pairs with the release in guise__fork_hold, for what the pointer leads to. */
        forking->taken[i] = atomic_load_explicit(&s_locks[i], memory_order_acquire);
        if (forking->taken[i] != NULL) {
            forking->taken[i]->before();
        }
    }
}

/* True for the counterpart of the handler that took the locks; there may be none, if the handlers were
 * registered while the fork was under way. */
static bool is_outermost(struct forking *forking)
{
    return forking->depth > 0 && --forking->depth == 0;
}

static void in_parent(void)
{
    struct forking *forking = &tl_forking;

    if (!is_outermost(forking)) {
        return;
    }
    for (int i = 0; i < GUISE__FORK_HOLDERS; i++) {
        if (forking->taken[i] != NULL) {
            forking->taken[i]->in_parent();
        }
    }
}

static void count_fork(void)
{
    void (*hook)(void) = atomic_load_explicit(&s_hook, memory_order_relaxed);

    (void)atomic_fetch_add_explicit(&guise__forks, 1, memory_order_relaxed);
    guise__futex_forked();
    if (hook != NULL) {
        hook();
    }
}

static void in_child(void)
{
    struct forking *forking = &tl_forking;

    /* Else the handler has run for this fork already. */
    if (guise__fork_count() == forking->count) {
        count_fork();
    }
    GUISE__CHECK(guise__fork_count() == forking->count + 1);
    if (!is_outermost(forking)) {
        return;
    }
    for (int i = 0; i < GUISE__FORK_HOLDERS; i++) {
        if (forking->taken[i] != NULL) {
            forking->taken[i]->in_child();
        }
    }
}

static bool is_prepared(void)
{
    /* Acquire for symmetry with the release below; libc orders the handlers themselves. */
    return atomic_load_explicit(&s_prepared, memory_order_acquire);
}

static GUISE_COLD guise_result register_handlers(void)
{
    int saved_errno = errno;
    int error = guise__module_pin() ? pthread_atfork(before_fork, in_parent, in_child) : ENOMEM;

    errno = saved_errno;
    if (error != 0) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    atomic_store_explicit(&s_prepared, true, memory_order_release);
    return GUISE_OK;
}

guise_result guise__fork_prepare(void)
{
    return is_prepared() ? GUISE_OK : register_handlers();
}

/* The handlers are registered once more, after the locks have been stored, because libc registers none while
 * it forks: a fork that has not seen the locks is over when this returns, and a child of it does not find
 * one held. An exception is a fork that is still in its `before` handlers under glibc 2.36 or later, which
 * registers meanwhile. It is not waited for, because such a handler may be waiting for a mutex that this
 * thread holds. */
bool guise__fork_hold(enum guise__fork_holder holder, const struct guise__fork_locks *locks)
{
    GUISE__CHECK(holder < GUISE__FORK_HOLDERS && locks != NULL);
    /* Acquire for symmetry with the release below; libc orders the handlers themselves. */
    if (atomic_load_explicit(&s_is_held[holder], memory_order_acquire)) {
        return true;
    }
    /* Release: pairs with the acquire in before_fork. */
    atomic_store_explicit(&s_locks[holder], locks, memory_order_release);
    if (register_handlers() != GUISE_OK) {
        return false;
    }
    atomic_store_explicit(&s_is_held[holder], true, memory_order_release);
    return true;
}

/* ---- ends of threads ---- */

static _Atomic uintptr_t s_key; /* the key, one up; 0: none yet */

struct thread_end {
    void (*run)(void *arg); /* NULL: nothing */
    void *arg;
};

/* The key's value is its address in a thread that has one; `is_told` says so. */
struct thread_ends {
    struct thread_end each[GUISE__ENDS];
    bool is_told;
};
static GUISE_TLS struct thread_ends tl_ends;

/* The key's destructor. libc calls it again if one of these, or a destructor of the program, asks for more. */
static void end_thread(void *arg)
{
    struct thread_ends *ends = arg;

    GUISE__CHECK(ends == &tl_ends);
    ends->is_told = false;
    for (int i = 0; i < GUISE__ENDS; i++) {
        struct thread_end end = ends->each[i];

        ends->each[i].run = NULL;
        if (end.run != NULL) {
            end.run(end.arg);
        }
    }
}

static GUISE_COLD uintptr_t make_key(void)
{
    uintptr_t number = 0;
    pthread_key_t made;

    if (!guise__module_pin() || pthread_key_create(&made, end_thread) != 0) {
        return 0;
    }
    /* Acquire and release: pair with the acquire in key_number, for what libc wrote about the key. */
    if (atomic_compare_exchange_strong_explicit(&s_key, &number, (uintptr_t)made + 1,
                                                memory_order_acq_rel, memory_order_acquire)) {
        return (uintptr_t)made + 1;
    }
    (void)pthread_key_delete(made); /* no thread has used it */
    return number;
}

static uintptr_t key_number(void)
{
    uintptr_t number = atomic_load_explicit(&s_key, memory_order_acquire);

    return number != 0 ? number : make_key();
}

bool guise__thread_end_prepare(void)
{
    int saved_errno = errno; /* libc changes it when no key is left */
    bool is_made = key_number() != 0;

    errno = saved_errno;
    return is_made;
}

static GUISE_COLD bool tell_end(struct thread_ends *ends)
{
    int saved_errno = errno; /* libc changes it when it has no memory for the value */
    uintptr_t number = key_number();

    ends->is_told = number != 0 && pthread_setspecific((pthread_key_t)(number - 1), ends) == 0;
    errno = saved_errno;
    return ends->is_told;
}

bool guise__thread_at_end(enum guise__thread_end which, void (*run)(void *arg), void *arg)
{
    struct thread_ends *ends = &tl_ends;

    GUISE__CHECK(which < GUISE__ENDS);
    if (run != NULL && !ends->is_told && !tell_end(ends)) {
        return false;
    }
    ends->each[which].run = run;
    ends->each[which].arg = arg;
    return true;
}
