/* SPDX-License-Identifier: MIT */
/*
 * Wait-on-address for systems without it: addresses hash to buckets of a mutex and a condition
 * variable. A wake-up also wakes threads that sleep on other words of the same bucket; callers load
 * their word again anyway.
 *
 * Locking discipline: s_once guards making the buckets, and nothing is locked while it is held. A
 * bucket's mutex orders "the word is still expected, so sleep" against a wake that follows a change
 * of the word. Nothing else is done while it is held.
 */
#define _POSIX_C_SOURCE 200809L
#ifdef __APPLE__
#define _DARWIN_C_SOURCE
#endif
#include <errno.h>
#include <pthread.h>

#include "port/port.h"

enum { BUCKETS = 64, NS_PER_S = 1000000000 };

struct bucket {
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static struct bucket s_buckets[BUCKETS];
static pthread_mutex_t s_once = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool s_ready; /* changes under s_once, or in a forked child's only thread */

static void init_buckets(void)
{
    pthread_condattr_t attr;

    (void)pthread_condattr_init(&attr);
#ifndef __APPLE__
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
#endif
    for (int i = 0; i < BUCKETS; i++) {
        (void)pthread_mutex_init(&s_buckets[i].lock, NULL);
        (void)pthread_cond_init(&s_buckets[i].changed, &attr);
    }
    (void)pthread_condattr_destroy(&attr);
}

static bool is_ready(void)
{
    /* Acquire: pairs with the release below. */
    return atomic_load_explicit(&s_ready, memory_order_acquire);
}

/* Not pthread_once, because in a child that was forked in the middle of it some systems wait for a thread
 * that the child does not have. */
static void prepare_buckets(void)
{
    (void)pthread_mutex_lock(&s_once);
    if (!is_ready()) {
        init_buckets();
        /* Release, so that a thread which sees this sees the buckets. */
        atomic_store_explicit(&s_ready, true, memory_order_release);
    }
    (void)pthread_mutex_unlock(&s_once);
}

static struct bucket *bucket_of(const atomic_uint *word)
{
    uintptr_t hash = (uintptr_t)word / sizeof *word;

    if (!is_ready()) {
        prepare_buckets();
    }
    return &s_buckets[(hash ^ (hash >> 6) ^ (hash >> 12)) % BUCKETS];
}

#ifdef __APPLE__
/* macOS has no condition variables on the monotonic clock, but a relative wait. */
static int wait_until(struct bucket *bucket, const struct timespec *deadline)
{
    struct timespec now, left;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    left.tv_sec = deadline->tv_sec - now.tv_sec;
    left.tv_nsec = deadline->tv_nsec - now.tv_nsec;
    if (left.tv_nsec < 0) {
        left.tv_nsec += NS_PER_S;
        left.tv_sec--;
    }
    if (left.tv_sec < 0) {
        return ETIMEDOUT;
    }
    return pthread_cond_timedwait_relative_np(&bucket->changed, &bucket->lock, &left);
}
#else
static int wait_until(struct bucket *bucket, const struct timespec *deadline)
{
    return pthread_cond_timedwait(&bucket->changed, &bucket->lock, deadline);
}
#endif

bool guise__futex_wait(atomic_uint *word, unsigned expected, const struct timespec *deadline)
{
    struct bucket *bucket = bucket_of(word);
    int saved_errno = errno, status = 0, cancel;

    /* Because a wait for a condition variable is a cancellation point, and this wait is none. */
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    (void)pthread_mutex_lock(&bucket->lock);
    /* Acquire for symmetry with the caller's own load; the bucket's lock orders this one already. */
    if (atomic_load_explicit(word, memory_order_acquire) == expected) {
        status = deadline == NULL ? pthread_cond_wait(&bucket->changed, &bucket->lock)
                                  : wait_until(bucket, deadline);
    }
    (void)pthread_mutex_unlock(&bucket->lock);
    (void)pthread_setcancelstate(cancel, NULL);
    errno = saved_errno;
    return status != ETIMEDOUT;
}

void guise__futex_wake(atomic_uint *word)
{
    struct bucket *bucket = bucket_of(word);
    int saved_errno = errno;

    (void)pthread_mutex_lock(&bucket->lock);
    (void)pthread_cond_broadcast(&bucket->changed);
    (void)pthread_mutex_unlock(&bucket->lock);
    errno = saved_errno;
}

/* Wakes all, because the one thread that is woken might sleep on another word of the same bucket. */
void guise__futex_wake_one(atomic_uint *word)
{
    guise__futex_wake(word);
}

void guise__futex_forked(void)
{
    /* All buckets are made anew, because a thread that this child does not have may have held one or have
     * been making them. */
    (void)pthread_mutex_init(&s_once, NULL);
    init_buckets();
    atomic_store_explicit(&s_ready, true, memory_order_release);
}
