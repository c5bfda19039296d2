/* SPDX-License-Identifier: MIT */
/*
 * Wait-on-address for systems without it: addresses hash to buckets of a mutex and a condition
 * variable. Strangers in the same bucket wake each other for nothing; callers look again anyway.
 *
 * Locking discipline: a bucket's mutex orders "the word is still expected, so sleep" against a
 * wake that follows a change of the word. Nothing else is done while it is held.
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
static pthread_once_t s_once = PTHREAD_ONCE_INIT;

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

static struct bucket *bucket_of(const atomic_uint *word)
{
    uintptr_t hash = (uintptr_t)word / sizeof *word;

    (void)pthread_once(&s_once, init_buckets);
    return &s_buckets[(hash ^ (hash >> 6) ^ (hash >> 12)) % BUCKETS];
}

#ifdef __APPLE__
/* No monotonic condition variables there, but a relative wait. */
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
    int kept = errno, status = 0, cancel;

    /* Condition variables are cancellation points; our waits are not. */
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    (void)pthread_mutex_lock(&bucket->lock);
    /* Acquire for symmetry with the caller's own look; the bucket's lock already orders it. */
    if (atomic_load_explicit(word, memory_order_acquire) == expected) {
        status = deadline == NULL ? pthread_cond_wait(&bucket->changed, &bucket->lock)
                                  : wait_until(bucket, deadline);
    }
    (void)pthread_mutex_unlock(&bucket->lock);
    (void)pthread_setcancelstate(cancel, NULL);
    errno = kept;
    return status != ETIMEDOUT;
}

void guise__futex_wake(atomic_uint *word)
{
    struct bucket *bucket = bucket_of(word);
    int kept = errno;

    (void)pthread_mutex_lock(&bucket->lock);
    (void)pthread_cond_broadcast(&bucket->changed);
    (void)pthread_mutex_unlock(&bucket->lock);
    errno = kept;
}

/* Strangers sleep in the same bucket, and one of them alone would not be enough. */
void guise__futex_wake_one(atomic_uint *word)
{
    guise__futex_wake(word);
}

void guise__futex_forked(void)
{
    /* Another thread, not in this child, may have held a bucket: make all of them anew. */
    (void)pthread_once(&s_once, init_buckets);
    init_buckets();
}
