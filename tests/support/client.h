/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the client's side use: an object whose methods do what their argument says, and an executor
 * that keeps its jobs until the test runs or drops them. Everything that is released is counted, and
 * client_teardown proves that all of it was.
 *
 * Functions of the object run in frames, so they record failures in the client (CLIENT_CHECK) and the test's
 * own thread reports them.
 */
#ifndef GUISE_TEST_CLIENT_H
#define GUISE_TEST_CLIENT_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <guise/proxy.h>

#include "support/test.h"
#include "support/wt.h"

enum { ADD, HOLD, NOTHING, METHODS };
enum { JOBS_MAX = 64, POISON_BYTE = 0x5A };

struct numbers {
    int left, right;
    guise_result result; /* ADD: what the method returns */
    int *copied;         /* ADD: copy_in replaces it by a copy; NULL: nothing */
};

struct client {
    struct wt checks;
    guise_object *object;
    guise_proxy *proxy;
    guise_request *request;
    guise_job *jobs[JOBS_MAX];
    int job_count;
    guise_result submit_says; /* a failure: refuses */
    void (*in_submit)(struct client *c);
    void (*in_method)(struct client *c, guise_call *call);
    guise_call *held; /* by HOLD; borrowed */
    struct sum *held_out;
    const guise_token *seen; /* the client's token, while the method runs; a reference */
    guise_result copy_in_says;
    void *extra;
    atomic_int begun, released_in, released_out, released_self, executor_refs, submitted, copied_in;
};

struct sum {
    int value;
    char rest[12];
};

#define CLIENT_CHECK(c, expression) WT_CHECK_OR(&(c)->checks, expression, GUISE_E_UNEXPECTED)

static struct client *client_now; /* of the test that runs; copy_in knows no self */

static inline bool client_is_self(void)
{
    return guise_thread_token() == NULL && !guise_is_impersonating();
}

static inline guise_result client_add(guise_call *call, void *self, const void *in, void *out)
{
    struct client *c = self;
    const struct numbers *numbers = in;
    struct sum *sum = out;

    CLIENT_CHECK(c, client_is_self() && guise_current_call() == call);
    CLIENT_CHECK(c, sum->value == 0);
    c->begun++;
    guise_token_unref(c->seen);
    c->seen = NULL;
    if (guise_impersonate_client() == GUISE_OK) {
        c->seen = guise_token_ref(guise_thread_token());
    }
    if (c->in_method != NULL) {
        c->in_method(c, call);
    }
    sum->value = numbers->left + numbers->right;
    return numbers->result < 0 ? numbers->result : guise_call_complete(call, numbers->result);
}

static inline guise_result client_hold(guise_call *call, void *self, const void *in, void *out)
{
    struct client *c = self;

    (void)in;
    c->begun++;
    c->held = call;
    c->held_out = out;
    if (c->in_method != NULL) {
        c->in_method(c, call);
    }
    return GUISE_OK;
}

static inline guise_result client_nothing(guise_call *call, void *self, const void *in, void *out)
{
    struct client *c = self;

    CLIENT_CHECK(c, in == NULL && out == NULL);
    c->begun++;
    return guise_call_signal(call);
}

static inline guise_result client_copy_in(void *in)
{
    struct numbers *numbers = in;
    int *copied;

    client_now->copied_in++;
    if (client_now->copy_in_says < 0) {
        return client_now->copy_in_says;
    }
    copied = malloc(sizeof *copied);
    if (copied == NULL) {
        abort();
    }
    *copied = numbers->copied == NULL ? 0 : *numbers->copied;
    numbers->copied = copied;
    return GUISE_OK;
}

static inline void client_release_in(void *in)
{
    struct numbers *numbers = in;

    if (!client_is_self() || guise_current_call() != NULL) {
        abort();
    }
    client_now->released_in++;
    free(numbers->copied);
}

static inline void client_release_out(void *out)
{
    (void)out;
    if (!client_is_self() || guise_current_call() != NULL) {
        abort();
    }
    client_now->released_out++;
}

static inline void client_release_self(void *self)
{
    struct client *c = self;

    if (!client_is_self() || guise_current_call() != NULL) {
        abort();
    }
    c->released_self++;
}

static inline guise_result client_submit(void *self, guise_job *job)
{
    struct client *c = self;

    c->submitted++;
    if (c->in_submit != NULL) {
        c->in_submit(c);
    }
    if (c->submit_says < 0) {
        return c->submit_says;
    }
    c->jobs[c->job_count++] = job;
    return GUISE_OK;
}

static inline void client_executor_ref(void *self)
{
    ((struct client *)self)->executor_refs++;
}

static inline void client_executor_unref(void *self)
{
    ((struct client *)self)->executor_refs--;
}

static const guise_method client_methods[METHODS] = {
    {client_add, sizeof(struct numbers), sizeof(struct sum), client_copy_in, client_release_in,
     client_release_out},
    {client_hold, sizeof(int), sizeof(struct sum), NULL, NULL, client_release_out},
    {client_nothing, 0, 0, NULL, NULL, NULL},
};

static inline guise_object_desc client_desc(struct client *c)
{
    guise_object_desc desc = GUISE_OBJECT_DESC_INIT;

    desc.methods = client_methods;
    desc.method_count = METHODS;
    desc.self = c;
    desc.release = client_release_self;
    desc.authn_service = GUISE_AUTHN_SERVICE_KERNEL;
    desc.principal = "adder";
    return desc;
}

static inline guise_executor client_executor(struct client *c)
{
    return (guise_executor){sizeof(guise_executor), client_submit, c, client_executor_ref,
                            client_executor_unref};
}

/* Runs the oldest job that the executor keeps. */
static inline void client_run_next(struct client *c)
{
    guise_job *job = c->jobs[0];

    assert_true(c->job_count > 0);
    memmove(&c->jobs[0], &c->jobs[1], sizeof c->jobs - sizeof c->jobs[0]);
    c->job_count--;
    guise_job_run(job);
}

static inline void client_verify(const struct client *c)
{
    if (c->checks.failed != NULL) {
        print_error("in a method: %s\n", c->checks.failed);
        _fail(c->checks.file, c->checks.line);
    }
}

static inline struct client *client_create(const guise_executor *executor)
{
    struct client *c = calloc(1, sizeof *c);
    guise_object_desc desc;

    assert_non_null(c);
    client_now = c;
    desc = client_desc(c);
    desc.executor = executor;
    assert_ok(guise_object_create(&desc, &c->object));
    assert_ok(guise_proxy_create(c->object, &c->proxy));
    assert_ok(guise_request_create(c->proxy, &c->request));
    return c;
}

/* An object that runs its methods in Begin_. */
static inline int client_setup(void **state)
{
    *state = client_create(NULL);
    return 0;
}

/* An object whose jobs the test runs. */
static inline int client_setup_queued(void **state)
{
    struct client *c = calloc(1, sizeof *c);
    guise_executor executor = client_executor(c);
    guise_object_desc desc;

    assert_non_null(c);
    client_now = c;
    desc = client_desc(c);
    desc.executor = &executor;
    assert_ok(guise_object_create(&desc, &c->object));
    assert_int_equal(c->executor_refs, 1);
    assert_ok(guise_proxy_create(c->object, &c->proxy));
    assert_ok(guise_request_create(c->proxy, &c->request));
    *state = c;
    return 0;
}

static inline int client_teardown(void **state)
{
    struct client *c = *state;

    test_watchdog(20);
    client_verify(c);
    guise_request_unref(c->request);
    guise_proxy_unref(c->proxy);
    guise_object_unref(c->object);
    while (c->job_count > 0) {
        client_run_next(c);
    }
    guise_token_unref(c->seen);
    assert_int_equal(c->released_self, 1);
    assert_int_equal(c->executor_refs, 0);
    free(c);
    test_watchdog(0);
    return 0;
}

#define client_test(fn) cmocka_unit_test_setup_teardown(fn, client_setup, client_teardown)
#define client_test_queued(fn)                                                                     \
    cmocka_unit_test_setup_teardown(fn, client_setup_queued, client_teardown)

static inline guise_result client_begin_add(struct client *c, int left, int right,
                                            guise_result result)
{
    struct numbers numbers = {left, right, result, NULL};

    return guise_request_begin(c->request, ADD, &numbers, sizeof numbers);
}

static inline guise_result client_begin_hold(struct client *c)
{
    int in = 1;

    return guise_request_begin(c->request, HOLD, &in, sizeof in);
}

/* Finishes the method at once with this result, and with this value in out, 0 for zeroed. */
#define assert_finishes(c, method, expected, value)                                                \
    client_assert_finishes((c), (method), (expected), (value), __FILE__, __LINE__)
static inline void client_assert_finishes(struct client *c, uint32_t method, guise_result expected,
                                          int value, const char *file, int line)
{
    struct sum out, zero = {0};
    guise_result result = ~expected;

    memset(&out, POISON_BYTE, sizeof out);
    test_assert_result(guise_request_finish(c->request, method, &out, sizeof out, 0, &result),
                       GUISE_OK, "guise_request_finish", file, line);
    test_assert_result(result, expected, "the call's result", file, line);
    if (out.value != value || memcmp(out.rest, zero.rest, sizeof out.rest) != 0) {
        print_error("out has %d, not %d\n", out.value, value);
        _fail(file, line);
    }
}

/* Finish_ is refused with this, and writes nothing. */
#define assert_does_not_finish(c, method, expected)                                                \
    client_assert_does_not_finish((c), (method), (expected), __FILE__, __LINE__)
static inline void client_assert_does_not_finish(struct client *c, uint32_t method,
                                                 guise_result expected, const char *file, int line)
{
    struct sum out, poison;
    guise_result result = 77;

    memset(&out, POISON_BYTE, sizeof out);
    memset(&poison, POISON_BYTE, sizeof poison);
    test_assert_result(guise_request_finish(c->request, method, &out, sizeof out, 0, &result),
                       expected, "guise_request_finish", file, line);
    if (result != 77 || memcmp(&out, &poison, sizeof out) != 0) {
        print_error("a refused Finish_ has written\n");
        _fail(file, line);
    }
}

#endif
