/* SPDX-License-Identifier: MIT */
/*
 * Signal against submit: threads, each with a ring of its own, and two that share one, make
 * requests for one call and submit them, while another thread signals it. Every event takes a
 * number from one counter: a submit before it starts, Signal after it has returned. No request that
 * was handed over as the client may have a higher number than Signal (N-01, L-1, L-3).
 *
 * The test is worth something only if they really meet: requests that were made while the call was
 * open and refused by submit are counted, and rounds in which one thread had both a request handed
 * over after Signal began and one refused by submit.
 */
#define _GNU_SOURCE
#include "uring_test.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include "support/wt.h"

enum {
    OWN_RINGS = 2,
    SHARERS = 2,
    WORKERS = OWN_RINGS + SHARERS,
    ROUNDS = 1500 / GUISE_TEST_TIME_SCALE,
    BATCH = 3,
    ENOUGH = 10
};

static _Atomic uint64_t s_clock;
static struct wt_barrier s_barrier;
static guise_call *s_call; /* of this round; written between rounds */
static atomic_uint s_busy; /* workers that have handed something over in this round */
static _Atomic uint64_t s_signal_begun;
static _Atomic uint64_t s_signal_over; /* 0: not yet */

struct worker {
    guise_uring *ring;
    pthread_mutex_t *turn; /* NULL: the ring is its own */
    uint64_t last_granted; /* the highest number of a submit that handed something over */
    unsigned refused;      /* by submit */
    unsigned handed_over;
};

static uint64_t tick(void)
{
    /* Sequentially consistent: all threads agree on the order of the numbers. */
    return atomic_fetch_add(&s_clock, 1) + 1;
}

/* Threads that share a ring take turns at making, submitting and waiting: the waiting thread gets
 * the answers to the requests of all. */
static void take_turn(struct worker *worker, bool mine)
{
    if (worker->turn != NULL && mine) {
        CHILD_CHECK(pthread_mutex_lock(worker->turn) == 0);
    } else if (worker->turn != NULL) {
        CHILD_CHECK(pthread_mutex_unlock(worker->turn) == 0);
    }
}

/* False: the call has completed. */
static bool make_batch(struct worker *worker, unsigned *made)
{
    static const guise_uring_how how = {.size = sizeof how, .flags = O_RDONLY};
    guise_result result;

    for (*made = 0; *made < BATCH; (*made)++) {
        result = guise_uring_openat(worker->ring, s_call, AT_FDCWD, "/missing", &how, NULL);
        if (result != GUISE_OK) {
            CHILD_CHECK_RESULT(result, GUISE_E_CALL_COMPLETE);
            return false;
        }
    }
    return true;
}

static void take_answers(struct worker *worker, unsigned made, uint64_t number)
{
    for (; made > 0; made--) {
        guise_uring_done done = next_done(worker->ring);

        if (done.result == GUISE_OK) {
            CHILD_CHECK(done.value == -ENOENT);
            worker->last_granted = number;
            worker->handed_over++;
        } else {
            must_be_refused(&done);
            worker->refused++;
        }
    }
}

static bool one_batch(struct worker *worker)
{
    unsigned made;
    bool open = make_batch(worker, &made);
    uint64_t number = tick();

    submit(worker->ring, made);
    take_answers(worker, made, number);
    return open;
}

static void work(struct worker *worker)
{
    bool open;

    worker->last_granted = worker->refused = worker->handed_over = 0;
    do {
        take_turn(worker, true);
        open = one_batch(worker);
        take_turn(worker, false);
        if (worker->handed_over == BATCH) {
            (void)atomic_fetch_add(&s_busy, 1);
        }
    } while (open);
}

static void *worker_main(void *arg)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        wt_barrier_wait(&s_barrier);
        work(arg);
        wt_barrier_wait(&s_barrier);
    }
    return NULL;
}

static void signal_somewhere(unsigned round)
{
    while (atomic_load(&s_busy) == 0) {
        (void)sched_yield();
    }
    for (unsigned i = 0; i < round % 64; i++) {
        (void)atomic_load(&s_busy); /* a little later each time */
    }
    atomic_store(&s_signal_begun, tick());
    CHILD_OK(guise_call_signal(s_call));
    atomic_store(&s_signal_over, tick());
}

struct tally {
    unsigned refused, met;
};

static void judge(const struct worker *worker, struct tally *tally)
{
    CHILD_CHECK(worker->last_granted < atomic_load(&s_signal_over));
    tally->refused += worker->refused;
    tally->met += worker->refused != 0 || worker->last_granted > atomic_load(&s_signal_begun);
}

static void play(struct worker *workers, guise_context *context, struct tally *tally)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        s_call = call_of(context);
        atomic_store(&s_busy, 0);
        wt_barrier_wait(&s_barrier);
        signal_somewhere(round);
        wt_barrier_wait(&s_barrier);
        for (unsigned i = 0; i < WORKERS; i++) {
            judge(&workers[i], tally);
        }
        guise_call_unref(s_call);
    }
}

static void signal_against_submit(void *arg)
{
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
    struct worker workers[WORKERS] = {{.ring = NULL}};
    struct tally tally = {0, 0};
    pthread_t threads[WORKERS];
    guise_context *context;

    (void)arg;
    test_watchdog(240);
    workers[0].ring = start_ring(BATCH);
    for (unsigned i = 1; i < WORKERS; i++) {
        if (i <= OWN_RINGS) {
            CHILD_OK(guise_uring_create(BATCH, &workers[i].ring));
        } else {
            workers[i].ring = guise_uring_ref(workers[OWN_RINGS].ring);
        }
        workers[i].turn = i < OWN_RINGS ? NULL : &turn;
    }
    context = simple_context(ALICE);
    wt_barrier_init(&s_barrier, WORKERS + 1);
    for (unsigned i = 0; i < WORKERS; i++) {
        CHILD_CHECK(pthread_create(&threads[i], NULL, worker_main, &workers[i]) == 0);
    }
    play(workers, context, &tally);
    for (unsigned i = 0; i < WORKERS; i++) {
        CHILD_CHECK(pthread_join(threads[i], NULL) == 0);
        guise_uring_unref(workers[i].ring);
    }
    guise_context_unref(context);
    (void)fprintf(stderr, "%u rounds: %u requests refused by submit; Signal met submit %u times\n",
                  (unsigned)ROUNDS, tally.refused, tally.met);
    CHILD_CHECK(tally.refused >= ENOUGH && tally.met >= ENOUGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(signal_against_submit),
    };

    require_uring();
    return cmocka_run_group_tests(tests, kernel_dir_make, kernel_dir_remove);
}
