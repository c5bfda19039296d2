/* SPDX-License-Identifier: MIT */
/* Pools: what they run, refuse, drop and replace, and how one is closed. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "support/child.h"
#include "support/client.h"

enum { MANY = 200, THREADS = 3 };

/* What a job of the pool does, and what it waits for. */
struct stage {
    struct client *c;
    guise_pool *pool;
    struct wt_latch entered, go;
    atomic_int ran;
    guise_result result;
};

static struct stage s_stage;

static guise_pool *make_pool(uint32_t threads, uint32_t limit)
{
    guise_pool_desc desc = GUISE_POOL_DESC_INIT;
    guise_pool *pool = TEST_POISON(guise_pool);

    desc.threads = threads;
    desc.limit = limit;
    assert_ok(guise_pool_create(&desc, &pool));
    return pool;
}

static int setup_with(void **state, uint32_t threads, uint32_t limit)
{
    test_watchdog(30);
    memset(&s_stage, 0, sizeof s_stage);
    wt_latch_init(&s_stage.entered);
    wt_latch_init(&s_stage.go);
    s_stage.pool = make_pool(threads, limit);
    s_stage.c = client_create(guise_pool_executor(s_stage.pool));
    *state = &s_stage;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, THREADS, 0);
}

static int setup_one(void **state)
{
    return setup_with(state, 1, 2);
}

static void close_pool(struct stage *s, uint32_t drain_ms)
{
    guise_pool *pool = s->pool;

    s->pool = NULL;
    assert_ok(guise_pool_close(pool, drain_ms));
}

static int teardown(void **state)
{
    struct stage *s = *state;
    void *client = s->c;

    wt_latch_open(&s->go);
    if (s->pool != NULL) {
        close_pool(s, GUISE_INFINITE);
    }
    return client_teardown(&client);
}

#define pool_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define pool_test_one(fn) cmocka_unit_test_setup_teardown(fn, setup_one, teardown)

static void enter_and_wait(struct client *c, guise_call *call)
{
    (void)c;
    (void)call;
    wt_latch_open(&s_stage.entered);
    wt_latch_wait(&s_stage.go);
}

static guise_request *begin_nothing(struct stage *s, guise_result expected)
{
    guise_request *request = TEST_POISON(guise_request);

    assert_ok(guise_request_create(s->c->proxy, &request));
    assert_result(guise_request_begin(request, NOTHING, NULL, 0), expected);
    return request;
}

static void assert_ends(guise_request *request, guise_result expected)
{
    guise_result result = ~expected;

    assert_ok(guise_request_finish(request, NOTHING, NULL, 0, GUISE_INFINITE, &result));
    assert_result(result, expected);
    guise_request_unref(request);
}

/* ---- making one ---- */

static void assert_refused(const guise_pool_desc *desc, guise_result expected)
{
    guise_pool *pool = TEST_POISON(guise_pool);

    assert_result(guise_pool_create(desc, &pool), expected);
    assert_null(pool);
}

static void impossible_pools_are_refused(void **state)
{
    guise_pool_desc desc = GUISE_POOL_DESC_INIT;

    (void)state;
    assert_refused(NULL, GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_pool_create(&desc, NULL), GUISE_E_INVALID_ARGUMENT);
    desc.threads = 65537;
    assert_refused(&desc, GUISE_E_INVALID_ARGUMENT);
    desc.threads = 1;
    desc.size = sizeof desc - 1;
    assert_refused(&desc, GUISE_E_INVALID_ARGUMENT);
    assert_null(guise_pool_executor(NULL));
    assert_result(guise_pool_close(NULL, 0), GUISE_E_INVALID_ARGUMENT);
}

static guise_result use_pools(void *arg)
{
    struct stage *s = arg;
    guise_pool_desc desc = GUISE_POOL_DESC_INIT;
    guise_pool *pool = NULL;

    return guise_pool_create(&desc, &pool) == GUISE_E_ACCESS_DENIED && pool == NULL &&
                   guise_pool_close(s->pool, 0) == GUISE_E_ACCESS_DENIED
               ? GUISE_OK
               : GUISE_E_UNEXPECTED;
}

static void a_client_neither_makes_nor_closes_one(void **state)
{
    struct stage *s = *state;
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_token *token;

    desc.uid = 1001;
    desc.gid = 1001;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    assert_ok(guise_token_create(&desc, &token));
    assert_ok(guise_run_as(token, use_pools, s));
    guise_token_unref(token);
    assert_ends(begin_nothing(s, GUISE_OK), GUISE_OK); /* nothing was done */
}

static void zero_threads_are_one_for_each_processor(void **state)
{
    guise_pool *pool = make_pool(0, 0);

    (void)state;
    assert_non_null(guise_pool_executor(pool));
    assert_ok(guise_pool_close(pool, 0));
}

/* ---- running ---- */

static void jobs_run_on_other_threads(void **state)
{
    struct stage *s = *state;
    guise_request *requests[MANY];

    for (int i = 0; i < MANY; i++) {
        requests[i] = begin_nothing(s, GUISE_OK);
    }
    for (int i = 0; i < MANY; i++) {
        assert_ends(requests[i], GUISE_OK);
    }
    assert_int_equal(s->c->begun, MANY);
}

static void note_signals(struct client *c, guise_call *call)
{
    sigset_t blocked;

    (void)call;
    if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0 && sigismember(&blocked, SIGTERM) == 1 &&
        sigismember(&blocked, SIGALRM) == 1) {
        c->extra = c;
    }
}

static void its_threads_block_all_signals(void **state)
{
    struct stage *s = *state;

    s->c->in_method = note_signals;
    assert_ok(client_begin_add(s->c, 1, 2, 0));
    assert_ok(guise_request_wait(s->c->request, GUISE_INFINITE));
    assert_finishes(s->c, ADD, 0, 3);
    assert_ptr_equal(s->c->extra, s->c);
}

static void a_full_pool_refuses(void **state)
{
    struct stage *s = *state;
    guise_request *first, *second;

    s->c->in_method = enter_and_wait;
    assert_ok(client_begin_add(s->c, 1, 2, 0));
    wt_latch_wait(&s->entered);
    first = begin_nothing(s, GUISE_OK);
    second = begin_nothing(s, GUISE_OK);
    guise_request_unref(begin_nothing(s, GUISE_E_OUT_OF_RESOURCES));
    wt_latch_open(&s->go);
    assert_ends(first, GUISE_OK);
    assert_ends(second, GUISE_OK);
    assert_ends(begin_nothing(s, GUISE_OK), GUISE_OK);
}

/* A job that was cancelled while it waited is passed over. */
static void a_cancelled_job_is_freed(void **state)
{
    struct stage *s = *state;
    guise_request *waiting;

    s->c->in_method = enter_and_wait;
    assert_ok(client_begin_add(s->c, 1, 2, 0));
    wt_latch_wait(&s->entered);
    waiting = begin_nothing(s, GUISE_OK);
    assert_ok(guise_request_cancel(waiting, GUISE_INFINITE));
    wt_latch_open(&s->go);
    assert_ends(waiting, GUISE_E_CALL_CANCELED);
    assert_ends(begin_nothing(s, GUISE_OK), GUISE_OK);
    assert_int_equal(s->c->begun, 2);
}

static void leave(struct client *c, guise_call *call)
{
    (void)c;
    (void)call;
    pthread_exit(NULL);
}

static void be_cancelled(struct client *c, guise_call *call)
{
    (void)c;
    (void)call;
    (void)pthread_cancel(pthread_self());
    pthread_testcancel();
}

/* E-04, A-34: of one thread, many times. */
static void a_thread_that_leaves_is_replaced(void **state)
{
    struct stage *s = *state;

    for (int i = 0; i < 20; i++) {
        s->c->in_method = i % 2 == 0 ? leave : be_cancelled;
        assert_ok(client_begin_add(s->c, 1, 2, 0));
        assert_ok(guise_request_wait(s->c->request, GUISE_INFINITE));
        assert_finishes(s->c, ADD, GUISE_E_SERVER_FAULT, 0);
    }
    s->c->in_method = NULL;
    assert_ends(begin_nothing(s, GUISE_OK), GUISE_OK);
}

/* ---- closing ---- */

/* E-03: what waits is run in the time there is, and what runs is waited for. */
static void closing_drains(void **state)
{
    struct stage *s = *state;
    guise_request *requests[MANY];

    for (int i = 0; i < MANY; i++) {
        requests[i] = begin_nothing(s, GUISE_OK);
    }
    close_pool(s, GUISE_INFINITE);
    assert_int_equal(s->c->begun, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_ends(requests[i], GUISE_OK);
    }
    guise_request_unref(begin_nothing(s, GUISE_E_DISCONNECTED)); /* no use of freed memory */
}

static void close_at_once(struct wt *w)
{
    struct stage *s = w->arg;

    s->result = guise_pool_close(s->pool, 0);
}

/* E-03: the rest is dropped while one runs, which closing waits for. */
static void closing_drops_the_rest(void **state)
{
    struct stage *s = *state;
    guise_request *first, *second;
    struct wt w;

    s->c->in_method = enter_and_wait;
    assert_ok(client_begin_add(s->c, 1, 2, 0));
    wt_latch_wait(&s->entered);
    first = begin_nothing(s, GUISE_OK);
    second = begin_nothing(s, GUISE_OK);
    s->result = 77;
    wt_start(&w, close_at_once, s);
    assert_ends(first, GUISE_E_DISCONNECTED);
    assert_ends(second, GUISE_E_DISCONNECTED);
    assert_does_not_finish(s->c, ADD, GUISE_E_CALL_PENDING);
    guise_request_unref(begin_nothing(s, GUISE_E_DISCONNECTED));
    wt_latch_open(&s->go);
    wt_join(&w);
    assert_ok(s->result);
    s->pool = NULL;
    assert_finishes(s->c, ADD, 0, 3);
    assert_int_equal(s->c->begun, 1);
}

static void close_from_inside(struct client *c, guise_call *call)
{
    (void)c;
    (void)call;
    s_stage.result = guise_pool_close(s_stage.pool, 0);
}

static void its_own_thread_cannot_close_it(void **state)
{
    struct stage *s = *state;

    s->c->in_method = close_from_inside;
    assert_ok(client_begin_add(s->c, 1, 2, 0));
    assert_ok(guise_request_wait(s->c->request, GUISE_INFINITE));
    assert_finishes(s->c, ADD, 0, 3);
    assert_result(s->result, GUISE_E_UNEXPECTED);
    assert_ends(begin_nothing(s, GUISE_OK), GUISE_OK);
}

/* A job that leaves while the pool is being closed is replaced too, so the rest runs. */
static void closing_meets_a_thread_that_leaves(void **state)
{
    struct stage *s = *state;
    guise_request *waiting;

    s->c->in_method = leave;
    assert_ok(client_begin_add(s->c, 1, 2, 0));
    waiting = begin_nothing(s, GUISE_OK);
    close_pool(s, GUISE_INFINITE);
    assert_finishes(s->c, ADD, GUISE_E_SERVER_FAULT, 0);
    assert_ends(waiting, GUISE_OK);
}

/* A call that a job has left open is no job any more. */
static void a_call_in_progress_outlives_the_pool(void **state)
{
    struct stage *s = *state;

    assert_ok(client_begin_hold(s->c));
    close_pool(s, GUISE_INFINITE);
    assert_does_not_finish(s->c, HOLD, GUISE_E_CALL_PENDING);
    assert_ok(guise_call_signal(s->c->held));
    assert_finishes(s->c, HOLD, 0, 0);
}

/* ---- fork ---- */

static void use_in_child(void *arg)
{
    struct stage *s = arg;
    guise_result result = 77;
    struct sum out;

    CHILD_CHECK_RESULT(guise_request_begin(s->c->request, ADD, NULL, 0), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(
        guise_request_finish(s->c->request, ADD, &out, sizeof out, GUISE_INFINITE, &result),
        GUISE_OK);
    CHILD_CHECK_RESULT(result, GUISE_E_DISCONNECTED);
    CHILD_CHECK_RESULT(client_begin_add(s->c, 1, 2, 0), GUISE_E_DISCONNECTED);
    CHILD_CHECK_RESULT(guise_pool_close(s->pool, GUISE_INFINITE), GUISE_OK);
    CHILD_CHECK_RESULT(client_begin_add(s->c, 1, 2, 0), GUISE_E_DISCONNECTED);
}

/* E-05: a child has no thread to wait for. */
static void a_child_does_not_hang(void **state)
{
    struct stage *s = *state;
    guise_request *waiting;

    s->c->in_method = enter_and_wait;
    assert_ok(client_begin_add(s->c, 1, 2, 0));
    wt_latch_wait(&s->entered);
    waiting = begin_nothing(s, GUISE_OK);
    assert_child_passes(use_in_child, s);
    wt_latch_open(&s->go);
    assert_ends(waiting, GUISE_OK);
    assert_ok(guise_request_wait(s->c->request, GUISE_INFINITE));
    assert_finishes(s->c, ADD, 0, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(impossible_pools_are_refused),
        cmocka_unit_test(zero_threads_are_one_for_each_processor),
        pool_test(a_client_neither_makes_nor_closes_one),
        pool_test(jobs_run_on_other_threads),
        pool_test(its_threads_block_all_signals),
        pool_test_one(a_full_pool_refuses),
        pool_test_one(a_cancelled_job_is_freed),
        pool_test_one(a_thread_that_leaves_is_replaced),
        pool_test(closing_drains),
        pool_test_one(closing_drops_the_rest),
        pool_test(its_own_thread_cannot_close_it),
        pool_test_one(closing_meets_a_thread_that_leaves),
        pool_test(a_call_in_progress_outlives_the_pool),
        pool_test_one(a_child_does_not_hang),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
