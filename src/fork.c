/* SPDX-License-Identifier: MIT */
/*
 * Locking discipline: s_register_lock guards the registration; thread.c may hold its own around it.
 * s_renew_lock guards the renewal of other locks in a child; under it a renewed lock, which nobody
 * else can hold yet, is taken for the first time. The child makes both anew.
 */
#define _POSIX_C_SOURCE 200809L
#include "fork.h"

#include "port/port.h"

static pthread_mutex_t s_register_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t s_renew_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool s_prepared; /* changes under s_register_lock */
static atomic_uint s_generation;
static _Atomic(void (*)(void)) s_hook;

unsigned guise__fork_generation(void)
{
    /* Relaxed: written only while the process has one thread. */
    return atomic_load_explicit(&s_generation, memory_order_relaxed);
}

void guise__fork_set_hook(void (*in_child)(void))
{
    /* Relaxed: the child reads what its own thread, or one before it in the lock's order, wrote. */
    atomic_store_explicit(&s_hook, in_child, memory_order_relaxed);
}

static void in_child(void)
{
    void (*hook)(void) = atomic_load_explicit(&s_hook, memory_order_relaxed);

    (void)atomic_fetch_add_explicit(&s_generation, 1, memory_order_relaxed);
    (void)pthread_mutex_init(&s_register_lock, NULL);
    (void)pthread_mutex_init(&s_renew_lock, NULL);
    guise__futex_forked();
    if (hook != NULL) {
        hook();
    }
}

static bool is_prepared(void)
{
    /* Acquire for symmetry with the release below; the handler is libc's to order. */
    return atomic_load_explicit(&s_prepared, memory_order_acquire);
}

guise_result guise__fork_prepare(void)
{
    guise_result result = GUISE_OK;

    if (is_prepared()) {
        return GUISE_OK;
    }
    (void)pthread_mutex_lock(&s_register_lock);
    if (!is_prepared()) {
        if (pthread_atfork(NULL, NULL, in_child) == 0) {
            atomic_store_explicit(&s_prepared, true, memory_order_release);
        } else {
            result = GUISE_E_OUT_OF_MEMORY;
        }
    }
    (void)pthread_mutex_unlock(&s_register_lock);
    return result;
}

bool guise__lock_init(struct guise__lock *lock)
{
    atomic_init(&lock->generation, guise__fork_generation());
    return pthread_mutex_init(&lock->mutex, NULL) == 0;
}

void guise__lock_destroy(struct guise__lock *lock)
{
    (void)pthread_mutex_destroy(&lock->mutex);
}

bool guise__lock_is_current(struct guise__lock *lock)
{
    /* Acquire: pairs with the release in renew, for the mutex. */
    return atomic_load_explicit(&lock->generation, memory_order_acquire) ==
           guise__fork_generation();
}

/* Made in an ancestor of this process: taken anew, unless another thread of the child was faster. */
static bool renew(struct guise__lock *lock)
{
    bool mine;

    (void)pthread_mutex_lock(&s_renew_lock);
    mine = !guise__lock_is_current(lock);
    if (mine) {
        (void)pthread_mutex_init(&lock->mutex, NULL);
        /* Succeeds: nobody has it yet. So it is no step in any order of locks either. */
        (void)pthread_mutex_trylock(&lock->mutex);
        atomic_store_explicit(&lock->generation, guise__fork_generation(), memory_order_release);
    }
    (void)pthread_mutex_unlock(&s_renew_lock);
    return mine;
}

bool guise__lock_take(struct guise__lock *lock)
{
    if (!guise__lock_is_current(lock) && renew(lock)) {
        return true;
    }
    (void)pthread_mutex_lock(&lock->mutex);
    return false;
}

void guise__lock_release(struct guise__lock *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}
