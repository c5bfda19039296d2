/* SPDX-License-Identifier: MIT */
/*
 * Locking discipline: s_register_lock guards the registration; thread.c may hold its own around it.
 * The child makes it anew.
 */
#define _POSIX_C_SOURCE 200809L
#include "base/lifecycle.h"

#include <pthread.h>
#include <stdbool.h>

#include "port/port.h"

static pthread_mutex_t s_register_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool s_prepared; /* changes under s_register_lock */
static _Atomic(void (*)(void)) s_hook;

atomic_uint guise__forks;

unsigned guise__fork_generation(void)
{
    return guise__fork_count();
}

void guise__fork_set_hook(void (*in_child)(void))
{
    /* Relaxed: the child reads what its own thread, or one before it in the lock's order, wrote. */
    atomic_store_explicit(&s_hook, in_child, memory_order_relaxed);
}

static void in_child(void)
{
    void (*hook)(void) = atomic_load_explicit(&s_hook, memory_order_relaxed);

    (void)atomic_fetch_add_explicit(&guise__forks, 1, memory_order_relaxed);
    (void)pthread_mutex_init(&s_register_lock, NULL);
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
