/* SPDX-License-Identifier: MIT */
/* Pools in a system that has no thread left: when one is made, and when a thread would be replaced. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <pthread.h>

#include "support/child.h"
#include "support/client.h"

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *),
                          void *arg);

static atomic_int s_left = -1; /* threads that the system has left; negative: enough */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *),
                          void *arg)
{
    int left = atomic_load(&s_left);

    if (left == 0) {
        return EAGAIN;
    }
    if (left > 0) {
        atomic_store(&s_left, left - 1);
    }
    return __real_pthread_create(thread, attributes, fn, arg);
}

static guise_result make_pool(uint32_t threads, guise_pool **out)
{
    guise_pool_desc desc = GUISE_POOL_DESC_INIT;

    desc.threads = threads;
    return guise_pool_create(&desc, out);
}

static void no_pool_has_too_few_threads(void **state)
{
    (void)state;
    test_watchdog(30);
    for (int left = 0; left < 4; left++) {
        guise_pool *pool = TEST_POISON(guise_pool);

        atomic_store(&s_left, left);
        assert_result(make_pool(4, &pool), GUISE_E_OUT_OF_RESOURCES);
        assert_null(pool);
    }
    atomic_store(&s_left, -1);
}

static void no_provider(void *arg)
{
    guise_pool *pool = TEST_POISON(guise_pool);

    (void)arg;
    CHILD_CHECK_RESULT(make_pool(1, &pool), GUISE_E_NO_PROVIDER);
    CHILD_CHECK(pool == NULL);
}

static struct wt_latch s_entered = WT_LATCH_INIT, s_go = WT_LATCH_INIT;

static void leave_when_told(struct client *c, guise_call *call)
{
    (void)c;
    (void)call;
    wt_latch_open(&s_entered);
    wt_latch_wait(&s_go);
    pthread_exit(NULL);
}

/* The last thread of a pool leaves and cannot be replaced: what waits is dropped, what comes is refused, and
 * closing finds nothing to wait for (E-04). */
static void a_pool_without_threads_refuses(void **state)
{
    guise_pool *pool;
    struct client *c;
    void *client;
    guise_request *waiting;
    guise_result result = 77;

    (void)state;
    test_watchdog(30);
    assert_ok(make_pool(1, &pool));
    c = client_create(guise_pool_executor(pool));
    client = c;
    c->in_method = leave_when_told;
    assert_ok(client_begin_add(c, 1, 2, 0));
    wt_latch_wait(&s_entered);
    assert_ok(guise_request_create(c->proxy, &waiting));
    assert_ok(guise_request_begin(waiting, NOTHING, NULL, 0));
    atomic_store(&s_left, 0);
    wt_latch_open(&s_go);
    assert_ok(guise_request_finish(waiting, NOTHING, NULL, 0, GUISE_INFINITE, &result));
    assert_result(result, GUISE_E_OUT_OF_RESOURCES);
    assert_finishes(c, ADD, GUISE_E_SERVER_FAULT, 0);
    assert_result(client_begin_add(c, 1, 2, 0), GUISE_E_OUT_OF_RESOURCES);
    assert_ok(guise_pool_close(pool, GUISE_INFINITE));
    assert_result(client_begin_add(c, 1, 2, 0), GUISE_E_DISCONNECTED);
    guise_request_unref(waiting);
    atomic_store(&s_left, -1);
    assert_int_equal(client_teardown(&client), 0);
}

int main(void)
{
    const struct CMUnitTest without[] = {cmocka_unit_test(no_pool_has_too_few_threads),
                                         cmocka_unit_test(a_pool_without_threads_refuses)};
    int failed;

    no_provider(NULL);
    test_use_emulated();
    failed = cmocka_run_group_tests_name("pool_threads", without, NULL, NULL);
    return failed;
}
