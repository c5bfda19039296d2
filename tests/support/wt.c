/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/wt.h"

#include <stdlib.h>

#include "support/test.h"

/* Ends the process on an error, because a worker cannot fail the test. */
static void must(int error)
{
    if (error != 0) {
        abort();
    }
}

void wt_failed(struct wt *w, const char *expression, const char *file, int line)
{
    if (w->failed != NULL) {
        return;
    }
    w->failed = expression;
    w->file = file;
    w->line = line;
}

bool wt_is_result(struct wt *w, guise_result actual, guise_result expected, const char *expression,
                  const char *file, int line)
{
    if (actual == expected) {
        return true;
    }
    if (w->failed == NULL) {
        w->actual = actual;
        w->expected = expected;
        w->is_result = true;
    }
    wt_failed(w, expression, file, line);
    return false;
}

static void *run(void *arg)
{
    struct wt *w = arg;
    w->fn(w);
    return NULL;
}

void wt_start(struct wt *w, wt_fn *fn, void *arg)
{
    *w = (struct wt){.fn = fn, .arg = arg};
    assert_int_equal(pthread_create(&w->thread, NULL, run, w), 0);
}

static void report(const struct wt *w)
{
    if (w->failed == NULL) {
        return;
    }
    if (w->is_result) {
        test_assert_result(w->actual, w->expected, w->failed, w->file, w->line);
        return;
    }
    print_error("in a worker thread: %s\n", w->failed);
    _fail(w->file, w->line);
}

void wt_join(struct wt *w)
{
    wt_join_all(w, 1);
}

void wt_start_all(struct wt *w, unsigned count, wt_fn *fn, void *arg)
{
    for (unsigned i = 0; i < count; i++) {
        wt_start(&w[i], fn, arg);
    }
}

void wt_join_all(struct wt *w, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(pthread_join(w[i].thread, NULL), 0);
    }
    for (unsigned i = 0; i < count; i++) {
        report(&w[i]);
    }
}

void wt_latch_init(struct wt_latch *latch)
{
    must(pthread_mutex_init(&latch->mutex, NULL));
    must(pthread_cond_init(&latch->cond, NULL));
    latch->open = false;
}

void wt_latch_open(struct wt_latch *latch)
{
    must(pthread_mutex_lock(&latch->mutex));
    latch->open = true;
    must(pthread_cond_broadcast(&latch->cond));
    must(pthread_mutex_unlock(&latch->mutex));
}

void wt_latch_wait(struct wt_latch *latch)
{
    must(pthread_mutex_lock(&latch->mutex));
    while (!latch->open) {
        must(pthread_cond_wait(&latch->cond, &latch->mutex));
    }
    must(pthread_mutex_unlock(&latch->mutex));
}

void wt_barrier_init(struct wt_barrier *barrier, unsigned count)
{
    must(pthread_mutex_init(&barrier->mutex, NULL));
    must(pthread_cond_init(&barrier->cond, NULL));
    barrier->count = count;
    barrier->missing = count;
    barrier->round = 0;
}

void wt_barrier_wait(struct wt_barrier *barrier)
{
    must(pthread_mutex_lock(&barrier->mutex));
    unsigned round = barrier->round;
    barrier->missing--;
    if (barrier->missing == 0) {
        barrier->missing = barrier->count;
        barrier->round++;
        must(pthread_cond_broadcast(&barrier->cond));
    }
    while (round == barrier->round) {
        must(pthread_cond_wait(&barrier->cond, &barrier->mutex));
    }
    must(pthread_mutex_unlock(&barrier->mutex));
}
