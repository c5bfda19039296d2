/* SPDX-License-Identifier: MIT */
/*
 * Out of memory on the client's side, at every place. As in test_alloc.c this program brings its own allocator:
 * each function is called with the N-th request failing, N = 1, 2, ..., until it succeeds. Each failure answers
 * GUISE_E_OUT_OF_MEMORY, leaves everything as it was and leaks nothing.
 */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "support/child.h"
#include "support/client.h"

#include "port/port.h"
#include "thread/thread_state.h"

/* ---- the allocator ---- */

static atomic_uint s_live, s_requests, s_fail_at; /* 0: none fails */
static atomic_bool s_hit;

void *guise__alloc_raw(size_t size)
{
    unsigned request = 1 + atomic_fetch_add(&s_requests, 1);
    void *memory;

    if (request == atomic_load(&s_fail_at)) {
        atomic_store(&s_hit, true);
        return NULL;
    }
    memory = calloc(1, size);
    if (memory == NULL) {
        abort();
    }
    (void)atomic_fetch_add(&s_live, 1);
    return memory;
}

void guise__free(void *memory)
{
    if (memory != NULL) {
        (void)atomic_fetch_sub(&s_live, 1);
    }
    free(memory);
}

/* But for the block that this thread keeps for its next call. */
static unsigned live(void)
{
    return atomic_load(&s_live) - (tl_guise_thread.spare != NULL);
}

/* Calls act with each of its requests failing; then once more. Returns how many failed. */
static unsigned fail_each(struct client *c, guise_result (*act)(struct client *c))
{
    for (unsigned at = 1;; at++) {
        unsigned before = live();
        guise_result result;

        atomic_store(&s_requests, 0);
        atomic_store(&s_hit, false);
        atomic_store(&s_fail_at, at);
        result = act(c);
        atomic_store(&s_fail_at, 0);
        if (!atomic_load(&s_hit)) {
            assert_ok(result);
            return at - 1;
        }
        assert_result(result, GUISE_E_OUT_OF_MEMORY);
        assert_int_equal(live(), before);
    }
}

/* ---- what is made ---- */

static guise_result make_object(struct client *c)
{
    guise_executor executor = client_executor(c);
    guise_object_desc desc = client_desc(c);
    guise_object *object = TEST_POISON(guise_object);
    guise_result result;

    desc.executor = &executor;
    result = guise_object_create(&desc, &object);
    assert_int_equal(c->executor_refs, result == GUISE_OK);
    assert_int_equal(c->released_self, 0);
    assert_true((object != NULL) == (result == GUISE_OK));
    guise_object_unref(object);
    c->released_self = 0;
    return result;
}

static guise_result make_proxy(struct client *c)
{
    guise_proxy *proxy = TEST_POISON(guise_proxy);
    guise_result result = guise_proxy_create(c->object, &proxy);

    assert_true((proxy != NULL) == (result == GUISE_OK));
    guise_proxy_unref(proxy);
    return result;
}

static guise_result make_request(struct client *c)
{
    guise_request *request = TEST_POISON(guise_request);
    guise_result result = guise_request_create(c->proxy, &request);

    assert_true((request != NULL) == (result == GUISE_OK));
    guise_request_unref(request);
    return result;
}

static guise_result make_pool(struct client *c)
{
    guise_pool_desc desc = GUISE_POOL_DESC_INIT;
    guise_pool *pool = TEST_POISON(guise_pool);
    guise_result result;

    (void)c;
    desc.threads = 2;
    result = guise_pool_create(&desc, &pool);
    assert_true((pool != NULL) == (result == GUISE_OK));
    if (pool != NULL) {
        assert_ok(guise_pool_close(pool, 0));
    }
    return result;
}

static guise_result make_signal(struct client *c)
{
    guise_signal *signal = TEST_POISON(guise_signal);
    guise_result result = guise_request_completion(c->request, &signal);

    assert_true((signal != NULL) == (result == GUISE_OK));
    return result;
}

static void making(void **state)
{
    assert_true(fail_each(*state, make_object) >= 1);
    assert_true(fail_each(*state, make_proxy) >= 2);
    assert_int_equal(fail_each(*state, make_request), 1);
    assert_true(fail_each(*state, make_pool) >= 1);
    assert_true(fail_each(*state, make_signal) >= 1);
}

/* A proxy that could not be made leaves the process's defaults open (C-01). */
static void say_after_a_failure(void *arg)
{
    struct client *c = arg;
    guise_object_desc desc = client_desc(c);
    guise_blanket blanket = GUISE_BLANKET_INIT;
    guise_proxy *proxy;

    blanket.level = GUISE_LEVEL_IDENTIFY;
    CHILD_CHECK_RESULT(guise_object_create(&desc, &c->object), GUISE_OK);
    for (unsigned at = 1; at <= 2; at++) {
        atomic_store(&s_requests, 0);
        atomic_store(&s_fail_at, at);
        CHILD_CHECK_RESULT(guise_proxy_create(c->object, &proxy), GUISE_E_OUT_OF_MEMORY);
    }
    CHILD_CHECK_RESULT(guise_client_defaults(&blanket), GUISE_OK);
}

static void a_failure_leaves_the_defaults_open(void **state)
{
    struct client c = {0};

    (void)state;
    assert_child_passes(say_after_a_failure, &c);
}

/* ---- blankets ---- */

static guise_result set_blanket(struct client *c)
{
    guise_blanket blanket = GUISE_BLANKET_INIT, before = GUISE_BLANKET_INIT;
    guise_result result;

    assert_ok(guise_request_query_blanket(c->request, &before));
    blanket.level = GUISE_LEVEL_IMPERSONATE;
    blanket.capabilities = GUISE_CAP_STATIC_CLOAKING;
    blanket.server_principal = "other";
    result = guise_request_set_blanket(c->request, &blanket, NULL);
    assert_ok(guise_request_query_blanket(c->request, &blanket));
    assert_string_equal(blanket.server_principal, result == GUISE_OK ? "other" : "adder");
    assert_int_equal(blanket.capabilities, result == GUISE_OK ? GUISE_CAP_STATIC_CLOAKING : 0);
    assert_true(result == GUISE_OK || before.server_principal == blanket.server_principal);
    return result;
}

static void setting_a_blanket(void **state)
{
    assert_true(fail_each(*state, set_blanket) >= 2);
}

/* ---- Begin_ ---- */

static void assert_idle(struct client *c)
{
    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
    assert_false(guise_request_is_canceled(c->request));
}

static guise_result begin(struct client *c)
{
    int submitted = c->submitted, copied = c->copied_in, released = c->released_in;
    guise_result result = client_begin_add(c, 1, 2, 0);

    if (result != GUISE_OK) {
        assert_int_equal(c->submitted, submitted);
        assert_int_equal(c->copied_in - copied, c->released_in - released);
        assert_idle(c);
    }
    return result;
}

/* Each place of Begin_, with the process's identity. */
static void beginning(void **state)
{
    struct client *c = *state;

    assert_true(fail_each(c, begin) >= 3);
    client_run_next(c);
    assert_finishes(c, ADD, 0, 3);
}

static int s_frames; /* to come */

/* In so many frames the next one needs memory: then the call itself fails, as it would anywhere. */
static guise_result begin_deep(guise_call *call, void *arg)
{
    struct client *c = arg;
    struct sum out;
    guise_result result = 77;

    if (s_frames-- > 0) {
        return guise_call_run(call, begin_deep, c);
    }
    if (client_begin_add(c, 1, 2, 0) != GUISE_OK) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    CLIENT_CHECK(c,
                 guise_request_finish(c->request, ADD, &out, sizeof out, 0, &result) == GUISE_OK);
    CLIENT_CHECK(c, out.value == (result == GUISE_OK ? 3 : 0));
    return result;
}

static guise_call *s_around;

static void *begin_in_frames_main(void *arg)
{
    guise_result *result = arg;

    s_frames = 8;
    *result = guise_call_run(s_around, begin_deep, client_now);
    return NULL;
}

/* On a thread of its own, because a thread keeps the memory of its frames to its end. */
static guise_result begin_in_frames(struct client *c)
{
    guise_result result = 77;
    pthread_t thread;

    (void)c;
    assert_int_equal(pthread_create(&thread, NULL, begin_in_frames_main, &result), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return result;
}

static void beginning_deep_in_frames(void **state)
{
    struct client *c = *state;
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_context *context;
    guise_token *token;

    desc.level = GUISE_LEVEL_IDENTIFY;
    desc.uid = 1001;
    desc.gid = 1001;
    assert_ok(guise_token_create(&desc, &token));
    assert_ok(guise_context_from_token(token, 0, GUISE_AUTHN_LEVEL_CONNECT, &context));
    assert_ok(guise_call_create(context, &s_around));
    assert_true(fail_each(c, begin_in_frames) >= 8);
    client_verify(c);
    guise_call_unref(s_around);
    guise_context_unref(context);
    guise_token_unref(token);
}

/* The same where Begin_ fixes the identity: a failure fixes nothing (C-15). */
static void begin_static(void *arg)
{
    struct client *c;
    void *state = NULL;
    guise_blanket blanket = GUISE_BLANKET_INIT;

    (void)arg;
    blanket.level = GUISE_LEVEL_IMPERSONATE;
    blanket.capabilities = GUISE_CAP_STATIC_CLOAKING;
    CHILD_CHECK_RESULT(guise_client_defaults(&blanket), GUISE_OK);
    CHILD_CHECK(client_setup_queued(&state) == 0);
    c = state;
    for (unsigned at = 1;; at++) {
        unsigned before = live();
        guise_result result;

        atomic_store(&s_requests, 0);
        atomic_store(&s_hit, false);
        atomic_store(&s_fail_at, at);
        result = client_begin_add(c, 1, 2, 0);
        atomic_store(&s_fail_at, 0);
        if (!atomic_load(&s_hit)) {
            CHILD_CHECK(result == GUISE_OK && at > 4);
            return;
        }
        CHILD_CHECK_RESULT(result, GUISE_E_OUT_OF_MEMORY);
        CHILD_CHECK(live() == before);
    }
}

static void beginning_with_static_cloaking(void **state)
{
    (void)state;
    assert_child_passes(begin_static, NULL);
}

/* Cancelling, disconnecting, running, dropping and finishing need no memory. */
static void the_rest_needs_none(void **state)
{
    struct client *c = *state;
    guise_request *second;

    assert_ok(guise_request_create(c->proxy, &second));
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_ok(guise_request_begin(second, NOTHING, NULL, 0));
    assert_ok(guise_request_cancel(c->request, 0)); /* asks once, and with that attaches nothing */
    atomic_store(&s_requests, 0);
    assert_ok(guise_request_cancel(second, 0));
    guise_object_disconnect(c->object);
    client_run_next(c);
    assert_finishes(c, HOLD, GUISE_E_CALL_CANCELED, 0);
    assert_ok(guise_call_signal(c->held));
    assert_int_equal(atomic_load(&s_requests), 0);
    guise_request_unref(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_leaves_the_defaults_open),
        cmocka_unit_test(beginning_with_static_cloaking),
        client_test(making),
        client_test(setting_a_blanket),
        client_test_queued(beginning),
        client_test(beginning_deep_in_frames),
        client_test_queued(the_rest_needs_none),
    };
    int failed;

    test_use_emulated();
    failed = cmocka_run_group_tests_name("client_alloc", tests, NULL, NULL);
    return failed != 0 || live() != 0;
}
