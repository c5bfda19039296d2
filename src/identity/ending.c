/* SPDX-License-Identifier: MIT */
/*
 * Pending destructors, which wait until their thread may run them as self. A thread adds and runs its own,
 * so there is no lock. Where no thread can be a client yet, no runner is set, and they run as they are.
 */
#define _POSIX_C_SOURCE 200809L
#include "identity/ending.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/check.h"
#include "port/port.h"

static _Atomic(guise__run_as_self_fn *) s_runner;

struct endings {
    struct guise__ending *first, *last;
    bool is_suspended;
    bool is_running;
};
static GUISE_TLS struct endings tl_endings;

void guise__endings_set_runner(guise__run_as_self_fn *runner)
{
    GUISE__CHECK(runner != NULL);
    /* Relaxed, because a thread that is a client was attached after it had set this itself. Looked at first,
     * because every call of a thread without a frame comes here. */
    if (atomic_load_explicit(&s_runner, memory_order_relaxed) != runner) {
        atomic_store_explicit(&s_runner, runner, memory_order_relaxed);
    }
}

void guise__ending_add(struct guise__ending *ending)
{
    struct endings *endings = &tl_endings;

    GUISE__CHECK(ending->destroy != NULL && ending->block != NULL);
    ending->next = NULL;
    if (endings->first == NULL) {
        endings->first = ending;
    } else {
        endings->last->next = ending;
    }
    endings->last = ending;
}

/* Runs in whichever way the destructor ends. */
static void end_first(void *block)
{
    tl_endings.is_running = false;
    guise__free(block);
}

/* The list has no trace of it when the destructor runs, which therefore runs once (I-17). */
static void run_first(void *arg)
{
    struct endings *endings = arg;
    struct guise__ending *ending = endings->first;

    endings->first = ending->next;
    endings->is_running = true;
    pthread_cleanup_push(end_first, ending->block);
    ending->destroy(ending->data);
    pthread_cleanup_pop(1);
}

void guise__endings_run(void)
{
    struct endings *endings = &tl_endings;
    int saved_errno = errno;

    while (endings->first != NULL && !endings->is_suspended && !endings->is_running) {
        guise__run_as_self_fn *runner = atomic_load_explicit(&s_runner, memory_order_relaxed);

        if (runner != NULL) {
            runner(run_first, endings);
        } else {
            run_first(endings);
        }
        errno = saved_errno;
    }
}

bool guise__endings_suspend(void)
{
    bool was_suspended = tl_endings.is_suspended;

    tl_endings.is_suspended = true;
    return was_suspended;
}

void guise__endings_resume(bool was_suspended)
{
    GUISE__CHECK(tl_endings.is_suspended);
    tl_endings.is_suspended = was_suspended;
}
