/* SPDX-License-Identifier: MIT */
/*
 * A pool: an executor with threads. Jobs wait in one list, which each thread takes from.
 *
 * A place is what is kept about one thread and its successors. A thread whose job leaves by pthread_exit makes its
 * successor, which first joins it; so there is one thread for each place, and the last one is the closer's to
 * join. `refs` are the owner's, until the pool is closed and its threads are joined, and one of each object.
 *
 * Locking discipline: the pool's lock guards what is marked (lock), and is a leaf. No job runs and none is dropped
 * under it.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <signal.h>

#include <guise/object.h>
#include <guise/signal.h>
#include <guise/thread.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "base/lock.h"
#include "base/refcount.h"
#include "base/struct_size.h"
#include "client/job.h"
#include "port/port.h"

enum { THREADS_MAX = 65536, LIMIT_DEFAULT = 1024 };

struct place {
    guise_pool *pool;
    pthread_t thread;      /* (lock) until it has ended */
    pthread_t predecessor; /* written before its successor exists */
    bool has_predecessor;
    bool has_ended; /* (lock) there is no successor, and thread is to be joined */
};

struct guise_pool {
    atomic_uint refs;
    guise_executor executor;
    unsigned generation; /* of the process that has the threads */
    uint32_t limit;
    struct guise__lock lock;
    guise_job *first, *last; /* (lock) linked by behind, in the order in which they came */
    uint32_t count;          /* (lock) of jobs */
    bool is_closed;          /* (lock) takes no more jobs */
    bool is_ending;          /* (lock) threads end when there is no job */
    uint32_t living;         /* (lock) places with a thread that has not ended */
    unsigned sleepers;       /* (lock) threads that sleep, or are about to, on work */
    atomic_uint work;        /* changed, under the lock, when there is a job or an end */
    atomic_uint progress; /* changed, under the lock, when there is no job, or a place has ended */
    uint32_t thread_count;
    struct place places[];
};

/* The pool that this thread belongs to; only compared. */
static GUISE_TLS const guise_pool *tl_pool;

static void drop_reference(void *arg)
{
    guise_pool *pool = arg;

    if (guise__count_down(&pool->refs)) {
        guise__lock_destroy(&pool->lock);
        guise__free(pool);
    }
}

static void take_reference(void *arg)
{
    guise_pool *pool = arg;

    (void)guise__count_up(&pool->refs);
}

static bool is_ours(const guise_pool *pool)
{
    return pool->generation == guise__fork_count();
}

/* In a forked child the jobs of the parent are forgotten (E-05). */
static void lock_pool(guise_pool *pool)
{
    if (guise__lock_take(&pool->lock)) {
        pool->first = NULL;
        pool->count = 0;
    }
}

/* ---- the list ---- */

static guise_job *take_locked(guise_pool *pool)
{
    guise_job *job = pool->first;

    GUISE__CHECK(guise__lock_is_held(&pool->lock));
    if (job != NULL) {
        pool->first = job->behind;
        pool->count--;
    }
    GUISE__CHECK((pool->first == NULL) == (pool->count == 0));
    return job;
}

static void put_locked(guise_pool *pool, guise_job *job)
{
    job->behind = NULL;
    if (pool->first == NULL) {
        pool->first = job;
    } else {
        pool->last->behind = job;
    }
    pool->last = job;
    pool->count++;
}

/* Relaxed, here and below, because the lock orders it: a sleeper reads the word and the state under it. */
static void change_locked(guise_pool *pool, atomic_uint *word)
{
    GUISE__CHECK(guise__lock_is_held(&pool->lock));
    (void)atomic_fetch_add_explicit(word, 1, memory_order_relaxed);
}

/* Releases the lock, sleeps until the word changes, and takes the lock. False: the deadline has passed. */
static bool sleep_locked(guise_pool *pool, atomic_uint *word, const struct timespec *deadline)
{
    unsigned seen = atomic_load_explicit(word, memory_order_relaxed);
    bool in_time;

    guise__lock_release(&pool->lock);
    in_time = guise__futex_wait(word, seen, deadline);
    lock_pool(pool);
    return in_time;
}

static guise_result refuse_locked(const guise_pool *pool)
{
    if (pool->is_closed) {
        return GUISE_E_DISCONNECTED;
    }
    return pool->count >= pool->limit || pool->living == 0 ? GUISE_E_OUT_OF_RESOURCES : GUISE_OK;
}

static guise_result submit(void *self, guise_job *job)
{
    guise_pool *pool = self;
    guise_result result;
    bool wakes;

    if (!is_ours(pool)) {
        return GUISE_E_DISCONNECTED; /* its threads are the parent's (E-05) */
    }
    lock_pool(pool);
    result = refuse_locked(pool);
    wakes = result == GUISE_OK && pool->sleepers != 0;
    if (result == GUISE_OK) {
        put_locked(pool, job);
        change_locked(pool, &pool->work);
    }
    guise__lock_release(&pool->lock);
    if (wakes) {
        guise__futex_wake_one(&pool->work);
    }
    return result;
}

/* Drops what waits, one by one, because that may run functions of the program. */
static void drop_all(guise_pool *pool, guise_result why)
{
    guise_job *job;

    do {
        lock_pool(pool);
        job = take_locked(pool);
        if (job == NULL) {
            change_locked(pool, &pool->progress);
        }
        guise__lock_release(&pool->lock);
        guise_job_drop(job, why);
    } while (job != NULL);
    guise__futex_wake(&pool->progress);
}

/* ---- a thread ---- */

/* The next job; NULL: the thread is to end, also if a job of it has forked and this is the child. */
static guise_job *wait_for_job(guise_pool *pool)
{
    guise_job *job;
    bool is_idle;

    lock_pool(pool);
    while (pool->first == NULL && !pool->is_ending && is_ours(pool)) {
        pool->sleepers++;
        (void)sleep_locked(pool, &pool->work, NULL);
        pool->sleepers--;
    }
    job = take_locked(pool);
    is_idle = job != NULL && pool->first == NULL && pool->is_closed;
    if (is_idle) {
        change_locked(pool, &pool->progress);
    }
    guise__lock_release(&pool->lock);
    if (is_idle) {
        guise__futex_wake(&pool->progress);
    }
    return job;
}

static void *thread_main(void *arg);

/* All signals are blocked in the new thread, because a handler would run on it. */
static bool start(struct place *place, pthread_t *thread)
{
    sigset_t all, before;
    bool is_started;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    is_started = pthread_create(thread, NULL, thread_main, place) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_started;
}

/* The place has no thread from now on but the calling one, which ends. Returns how many others there are. */
static uint32_t end_place(struct place *place)
{
    guise_pool *pool = place->pool;
    uint32_t living;

    lock_pool(pool);
    GUISE__CHECK(pool->living != 0 && !place->has_ended);
    living = --pool->living;
    place->has_ended = true;
    change_locked(pool, &pool->progress);
    guise__lock_release(&pool->lock);
    guise__futex_wake(&pool->progress);
    return living;
}

/* This thread's job has left by pthread_exit or cancellation (E-04). */
static void replace(void *arg)
{
    struct place *place = arg;
    guise_pool *pool = place->pool;
    pthread_t successor;

    place->predecessor = pthread_self();
    place->has_predecessor = true;
    if (start(place, &successor)) {
        lock_pool(pool);
        place->thread = successor;
        guise__lock_release(&pool->lock);
        return;
    }
    if (end_place(place) == 0) {
        drop_all(pool, GUISE_E_OUT_OF_RESOURCES); /* no thread is left to run them */
    }
}

static void serve(guise_pool *pool)
{
    guise_job *job;

    while ((job = wait_for_job(pool)) != NULL) {
        guise_job_run(job);
    }
}

static void *thread_main(void *arg)
{
    struct place *place = arg;

    if (place->has_predecessor) {
        (void)pthread_join(place->predecessor, NULL);
    }
    tl_pool = place->pool;
    pthread_cleanup_push(replace, place);
    serve(place->pool);
    pthread_cleanup_pop(0);
    (void)end_place(place);
    return NULL;
}

/* ---- closing ---- */

static void stop_taking(guise_pool *pool)
{
    lock_pool(pool);
    pool->is_closed = true;
    guise__lock_release(&pool->lock);
}

static void drain(guise_pool *pool, uint32_t drain_ms)
{
    struct timespec storage;
    const struct timespec *deadline = guise__deadline(drain_ms, &storage);
    bool in_time = true;

    lock_pool(pool);
    while (pool->first != NULL && in_time) {
        in_time = sleep_locked(pool, &pool->progress, deadline);
    }
    guise__lock_release(&pool->lock);
}

static void end_threads(guise_pool *pool)
{
    lock_pool(pool);
    pool->is_ending = true;
    change_locked(pool, &pool->work);
    guise__lock_release(&pool->lock);
    guise__futex_wake(&pool->work);
}

/* Until the place has ended its thread may still make a successor. */
static void join(struct place *place)
{
    guise_pool *pool = place->pool;

    lock_pool(pool);
    while (!place->has_ended) {
        (void)sleep_locked(pool, &pool->progress, NULL);
    }
    guise__lock_release(&pool->lock);
    (void)pthread_join(place->thread, NULL);
}

static void close_threads(guise_pool *pool, uint32_t drain_ms)
{
    stop_taking(pool);
    drain(pool, drain_ms);
    drop_all(pool, GUISE_E_DISCONNECTED);
    end_threads(pool);
    for (uint32_t i = 0; i < pool->thread_count; i++) {
        join(&pool->places[i]);
    }
}

/* Threads inherit the identity of the one that makes them, and release functions run on the one that closes. */
static guise_result require_clean_self(void)
{
    guise_result result = guise_thread_verify();

    if (result == GUISE_E_NO_PROVIDER) {
        return result;
    }
    return result == GUISE_OK && guise_thread_token() == NULL ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}

guise_result guise_pool_close(guise_pool *pool, uint32_t drain_ms)
{
    if (pool == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (tl_pool == pool) {
        return GUISE_E_UNEXPECTED; /* it would join itself */
    }
    if (require_clean_self() != GUISE_OK) {
        return GUISE_E_ACCESS_DENIED;
    }
    if (is_ours(pool)) {
        close_threads(pool, drain_ms);
    }
    drop_reference(pool);
    return GUISE_OK;
}

/* ---- making one ---- */

static guise_pool *make(const guise_pool_desc *desc)
{
    uint32_t threads = desc->threads == 0 ? guise__cpu_count() : desc->threads;
    guise_pool *pool = guise__alloc(sizeof *pool + threads * sizeof pool->places[0]);

    if (pool == NULL) {
        return NULL;
    }
    atomic_init(&pool->refs, 1);
    pool->executor =
        (guise_executor){sizeof pool->executor, submit, pool, take_reference, drop_reference};
    pool->generation = guise__fork_count();
    pool->limit = desc->limit == 0 ? LIMIT_DEFAULT : desc->limit;
    guise__lock_init(&pool->lock);
    pool->thread_count = threads;
    return pool;
}

/* False: the system has no thread left; those that were made have ended again. */
static bool start_threads(guise_pool *pool)
{
    uint32_t wanted = pool->thread_count;

    pool->living = wanted;
    for (pool->thread_count = 0; pool->thread_count < wanted; pool->thread_count++) {
        struct place *place = &pool->places[pool->thread_count];

        place->pool = pool;
        if (!start(place, &place->thread)) {
            close_threads(pool, 0);
            return false;
        }
    }
    return true;
}

guise_result guise_pool_create(const guise_pool_desc *desc, guise_pool **out)
{
    guise_pool *pool = NULL;
    guise_result result;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (desc == NULL || !guise__struct_size_in(desc, sizeof *desc) || desc->threads > THREADS_MAX) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = require_clean_self();
    if (result != GUISE_OK) {
        return result;
    }
    pool = guise__fork_prepare() == GUISE_OK ? make(desc) : NULL;
    if (pool == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    if (!start_threads(pool)) {
        drop_reference(pool);
        return GUISE_E_OUT_OF_RESOURCES;
    }
    *out = pool;
    return GUISE_OK;
}

const guise_executor *guise_pool_executor(guise_pool *pool)
{
    return pool == NULL ? NULL : &pool->executor;
}
