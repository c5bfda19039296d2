/* SPDX-License-Identifier: MIT */
/*
 * The locks of guise-com. A fork takes all of them before it copies the process, so that the child finds
 * what they guard consistent, and gives them back in both processes (base/lifecycle.h).
 *
 * Locking discipline: s_mutexes are what callers take. A fork takes them in the order of their numbers.
 */
#define _POSIX_C_SOURCE 200809L
#include "com/locks.h"

#include <pthread.h>

#include "base/check.h"
#include "base/lifecycle.h"

static pthread_mutex_t s_mutexes[GUISE__COM_LOCKS] = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

#if defined(GUISE_CHECKS)
static _Thread_local unsigned tl_held; /* a bit for each lock that this thread holds */

static bool is_recorded(enum guise__com_lock which)
{
    return (tl_held >> which & 1u) != 0;
}

static void record_lock(enum guise__com_lock which, bool is_held)
{
    GUISE__CHECK(is_recorded(which) != is_held);
    tl_held ^= 1u << which;
}

bool guise__com_lock_is_held(enum guise__com_lock which)
{
    return is_recorded(which);
}
#else
static void record_lock(enum guise__com_lock which, bool is_held)
{
    (void)which;
    (void)is_held;
}

bool guise__com_lock_is_held(enum guise__com_lock which)
{
    (void)which;
    return true;
}
#endif

void guise__com_lock(enum guise__com_lock which)
{
    GUISE__CHECK(which < GUISE__COM_LOCKS);
    (void)pthread_mutex_lock(&s_mutexes[which]);
    record_lock(which, true);
}

void guise__com_unlock(enum guise__com_lock which)
{
    GUISE__CHECK(guise__com_lock_is_held(which));
    record_lock(which, false);
    (void)pthread_mutex_unlock(&s_mutexes[which]);
}

static void lock_all(void)
{
    for (int i = 0; i < GUISE__COM_LOCKS; i++) {
        guise__com_lock((enum guise__com_lock)i);
    }
}

static void unlock_all(void)
{
    for (int i = GUISE__COM_LOCKS; i-- > 0;) {
        guise__com_unlock((enum guise__com_lock)i);
    }
}

static void unlock_in_child(void)
{
    guise__com_threads_forked();
    unlock_all();
}

bool guise__com_locks_prepare(void)
{
    static const struct guise__fork_locks locks = {lock_all, unlock_all, unlock_in_child};

    return guise__fork_hold(GUISE__FORK_COM, &locks);
}
