/* SPDX-License-Identifier: MIT */
/*
 * Worker threads in tests. cmocka keeps its state by thread, so an assert_ that fails in a worker
 * ends the whole program without a message. A worker checks with WT_CHECK instead: the first
 * failure is recorded, the worker returns, and wt_join reports it as the test's own.
 *
 *     static void worker(struct wt *w)
 *     {
 *         struct shared *shared = w->arg;
 *         WT_CHECK(w, guise_is_impersonating());
 *         WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
 *     }
 *
 *     struct wt w;
 *     wt_start(&w, worker, &shared);
 *     wt_join(&w);
 */
#ifndef GUISE_TEST_WT_H
#define GUISE_TEST_WT_H

#include <pthread.h>
#include <stdbool.h>

#include <guise/result.h>

GUISE_BEGIN_DECLS

struct wt;
typedef void wt_fn(struct wt *w);

struct wt {
    pthread_t thread;
    wt_fn *fn;
    void *arg;
    const char *failed; /* the first expression that failed, or NULL; the worker's until joined */
    const char *file;
    int line;
    guise_result actual, expected; /* of a WT_CHECK_RESULT */
    bool is_result;
};

/* For functions that return nothing. */
#define WT_CHECK(w, expression) WT_CHECK_OR(w, expression, )
#define WT_CHECK_RESULT(w, actual, expected) WT_CHECK_RESULT_OR(w, actual, expected, )

/* For functions that return something; value is the result after a failed check. */
#define WT_CHECK_OR(w, expression, value)                                                          \
    do {                                                                                           \
        if (!(expression)) {                                                                       \
            wt_failed((w), #expression, __FILE__, __LINE__);                                       \
            return value;                                                                          \
        }                                                                                          \
    } while (0)
#define WT_CHECK_RESULT_OR(w, actual, expected, value)                                             \
    do {                                                                                           \
        if (!wt_is_result((w), (actual), (expected), #actual, __FILE__, __LINE__)) {               \
            return value;                                                                          \
        }                                                                                          \
    } while (0)

void wt_failed(struct wt *w, const char *expression, const char *file, int line);
bool wt_is_result(struct wt *w, guise_result actual, guise_result expected, const char *expression,
                  const char *file, int line);

/* Called on the test's own thread. wt_join fails the test at the line that failed in the worker. */
void wt_start(struct wt *w, wt_fn *fn, void *arg);
void wt_join(struct wt *w);

/* The same for an array of workers with one argument: all are joined before any is reported. */
void wt_start_all(struct wt *w, unsigned count, wt_fn *fn, void *arg);
void wt_join_all(struct wt *w, unsigned count);

/* A latch: closed until a thread opens it, then open for ever. Tests use it instead of sleeping. */
struct wt_latch {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool open;
};
#define WT_LATCH_INIT {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false}
void wt_latch_init(struct wt_latch *latch);
void wt_latch_open(struct wt_latch *latch);
void wt_latch_wait(struct wt_latch *latch);

/* A barrier: each thread waits until count threads have arrived; then it can be used again. */
struct wt_barrier {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    unsigned count, missing, round;
};
void wt_barrier_init(struct wt_barrier *barrier, unsigned count);
void wt_barrier_wait(struct wt_barrier *barrier);

GUISE_END_DECLS

#endif
