/* SPDX-License-Identifier: MIT */
/* Objects: what one is made of, which executors run its methods and how, and what disconnecting does. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>

#include "support/client.h"

/* ---- making one ---- */

static void assert_refused(const guise_object_desc *desc)
{
    guise_object *object = TEST_POISON(guise_object);

    assert_result(guise_object_create(desc, &object), GUISE_E_INVALID_ARGUMENT);
    assert_null(object);
}

static void impossible_objects_are_refused(void **state)
{
    static const guise_method no_begin[2] = {{client_nothing, 0, 0, NULL, NULL, NULL}, {0}};
    guise_executor executor = client_executor(*state);
    guise_object_desc desc = client_desc(*state);

    assert_refused(NULL);
    assert_result(guise_object_create(&desc, NULL), GUISE_E_INVALID_ARGUMENT);
    desc.size = sizeof desc - 1;
    assert_refused(&desc);
    desc.size = sizeof desc;
    desc.method_count = 0;
    assert_refused(&desc);
    desc.method_count = 2;
    desc.methods = NULL;
    assert_refused(&desc);
    desc.methods = no_begin;
    assert_refused(&desc);
    desc = client_desc(*state);
    desc.authn_level = 7;
    assert_refused(&desc);
    desc.authn_level = 6;
    desc.authn_service = GUISE_AUTHN_SERVICE_DEFAULT;
    assert_refused(&desc);
    desc.authn_service = GUISE_AUTHN_SERVICE_KERNEL;
    desc.executor = &executor;
    executor.size = 0;
    assert_refused(&desc);
    executor.size = sizeof executor;
    executor.submit = NULL;
    assert_refused(&desc);
    executor = client_executor(*state);
    executor.unref = NULL;
    assert_refused(&desc);
    executor = client_executor(*state);
    executor.ref = NULL;
    assert_refused(&desc);
}

static void null_is_fine(void **state)
{
    (void)state;
    assert_null(guise_object_ref(NULL));
    guise_object_unref(NULL);
    guise_object_disconnect(NULL);
    guise_job_run(NULL);
    guise_job_drop(NULL, -1);
}

/* The object goes with the last of owner, proxy, request and call, and releases self once, as self. */
static void the_last_reference_releases_self(void **state)
{
    struct client *c = *state;
    guise_object *more = guise_object_ref(c->object);
    guise_call *held;

    assert_ptr_equal(more, c->object);
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    held = guise_call_ref(c->held);
    guise_object_unref(more);
    guise_object_unref(c->object);
    guise_proxy_unref(c->proxy);
    guise_request_unref(c->request);
    c->object = NULL;
    c->proxy = NULL;
    c->request = NULL;
    assert_int_equal(c->released_self, 0);
    assert_ok(guise_call_signal(held));
    assert_int_equal(c->released_self, 0);
    assert_int_equal(c->executor_refs, 1);
    guise_call_unref(held);
    assert_int_equal(c->released_self, 1);
    assert_int_equal(c->executor_refs, 0);
}

static guise_result drop_the_object(void *arg)
{
    struct client *c = arg;

    guise_request_unref(c->request);
    guise_proxy_unref(c->proxy);
    guise_object_unref(c->object);
    return guise_thread_token() == NULL ? GUISE_E_UNEXPECTED : GUISE_OK;
}

/* A client's thread may drop the last reference: release runs as self (client_release_self checks it). */
static void self_is_released_as_self(void **state)
{
    struct client *c = *state;
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_token *token;

    desc.uid = 1001;
    desc.gid = 1001;
    desc.level = GUISE_LEVEL_IMPERSONATE;
    assert_ok(guise_token_create(&desc, &token));
    assert_ok(guise_run_as(token, drop_the_object, c));
    assert_int_equal(c->released_self, 1);
    c->object = NULL;
    c->proxy = NULL;
    c->request = NULL;
    guise_token_unref(token);
}

/* ---- executors ---- */

static void without_an_executor_begin_runs_the_method(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_add(c, 3, 4, 0));
    assert_int_equal(c->begun, 1);
    assert_finishes(c, ADD, 0, 7);
    assert_int_equal(c->released_in, 1);
    assert_int_equal(c->released_out, 0);
}

static void an_executor_takes_the_job(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_add(c, 3, 4, 0));
    assert_int_equal(c->begun, 0);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_PENDING);
    client_run_next(c);
    assert_int_equal(c->begun, 1);
    assert_finishes(c, ADD, 0, 7);
}

static void a_refused_job_is_begins_failure(void **state)
{
    struct client *c = *state;
    guise_signal *signal;

    assert_ok(guise_request_completion(c->request, &signal));
    c->submit_says = GUISE_E_OUT_OF_RESOURCES;
    assert_result(client_begin_add(c, 1, 2, 0), GUISE_E_OUT_OF_RESOURCES);
    assert_int_equal(c->begun, 0);
    assert_int_equal(c->released_in, 1); /* what copy_in made */
    assert_int_equal(c->released_out, 0);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
    assert_false(guise_request_is_canceled(c->request));
    assert_result(guise_signal_wait(signal, 0), GUISE_E_CALL_PENDING);
    c->submit_says = -77;
    assert_result(client_begin_add(c, 1, 2, 0), -77);
    c->submit_says = 0;
    assert_ok(client_begin_add(c, 1, 2, 0));
    client_run_next(c);
    assert_ok(guise_signal_wait(signal, 0));
    assert_finishes(c, ADD, 0, 3);
    c->submit_says = -77; /* everything is as it was, the signal of the last call included */
    assert_result(client_begin_add(c, 1, 2, 0), -77);
    assert_ok(guise_signal_wait(signal, 0));
}

static void a_dropped_job_fails(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_add(c, 3, 4, 0));
    guise_job_drop(c->jobs[0], GUISE_E_OUT_OF_MEMORY);
    c->job_count = 0;
    assert_finishes(c, ADD, GUISE_E_OUT_OF_MEMORY, 0);
    assert_ok(client_begin_add(c, 3, 4, 0));
    guise_job_drop(c->jobs[0], GUISE_OK);
    c->job_count = 0;
    assert_finishes(c, ADD, GUISE_E_UNEXPECTED, 0);
    assert_int_equal(c->begun, 0);
    assert_int_equal(c->released_in, 2);
}

static guise_result run_next(void *arg)
{
    client_run_next(arg);
    return GUISE_OK;
}

static guise_result run_next_in_frame(guise_call *call, void *arg)
{
    (void)call;
    client_run_next(arg);
    return GUISE_OK;
}

static guise_token *make_identity(guise_level level, uid_t uid)
{
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_token *token = TEST_POISON(guise_token);

    desc.uid = uid;
    desc.gid = uid;
    desc.level = level;
    assert_ok(guise_token_create(&desc, &token));
    return token;
}

/* E-02: on a thread that is a client, or in a frame, nothing of the job runs. */
static void only_a_clean_thread_runs_a_job(void **state)
{
    struct client *c = *state;
    guise_token *token = make_identity(GUISE_LEVEL_IMPERSONATE, 1001);
    guise_context *context;
    guise_call *call;

    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_ok(guise_run_as(token, run_next, c));
    assert_finishes(c, ADD, GUISE_E_ACCESS_DENIED, 0);
    assert_ok(guise_context_from_token(token, 0, GUISE_AUTHN_LEVEL_CONNECT, &context));
    assert_ok(guise_call_create(context, &call));
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_ok(guise_call_run(call, run_next_in_frame, c));
    assert_finishes(c, ADD, GUISE_E_ACCESS_DENIED, 0);
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_ok(guise_set_thread_token(token));
    client_run_next(c);
    assert_ok(guise_set_thread_token(NULL));
    assert_finishes(c, ADD, GUISE_E_ACCESS_DENIED, 0);
    assert_int_equal(c->begun, 0);
    guise_call_unref(call);
    guise_context_unref(context);
    guise_token_unref(token);
}

static void exit_in_method(struct client *c, guise_call *call)
{
    (void)c;
    (void)call;
    pthread_exit(NULL);
}

static void *run_next_main(void *arg)
{
    client_run_next(arg);
    return NULL;
}

/* and the executor's reference goes too. */
static void a_method_may_leave_by_pthread_exit(void **state)
{
    struct client *c = *state;
    pthread_t thread;

    c->in_method = exit_in_method;
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_int_equal(pthread_create(&thread, NULL, run_next_main, c), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_finishes(c, ADD, GUISE_E_SERVER_FAULT, 0);
    assert_int_equal(c->released_in, 1);
    assert_int_equal(c->released_out, 0);
}

static void *begin_main(void *arg)
{
    (void)!client_begin_add(arg, 1, 2, 0);
    return NULL;
}

/* In Begin_ itself too, whose thread it is then. */
static void a_method_may_end_its_clients_thread(void **state)
{
    struct client *c = *state;
    pthread_t thread;

    c->in_method = exit_in_method;
    assert_int_equal(pthread_create(&thread, NULL, begin_main, c), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_finishes(c, ADD, GUISE_E_SERVER_FAULT, 0);
}

static guise_result copy_and_exit(void *in)
{
    (void)in;
    pthread_exit(NULL);
}

static void release_and_exit(void *block)
{
    client_now->released_in++;
    (void)block;
    pthread_exit(NULL);
}

/* Also while its thread is ended already, but for clang, which lets no such function end the thread again. */
static void release_self_and_exit(void *self)
{
    ((struct client *)self)->released_self++;
#if !defined(__clang__)
    pthread_exit(NULL);
#endif
}

/* The client's proxy and request become those of another object, which has no other owner. */
static void use_object(struct client *c, const guise_method *methods, uint32_t count,
                       const guise_executor *executor, void (*release)(void *self))
{
    guise_object_desc desc = client_desc(c);
    guise_object *object;

    desc.methods = methods;
    desc.method_count = count;
    desc.executor = executor;
    desc.release = release;
    assert_ok(guise_object_create(&desc, &object));
    guise_request_unref(c->request);
    guise_proxy_unref(c->proxy);
    assert_ok(guise_proxy_create(object, &c->proxy));
    assert_ok(guise_request_create(c->proxy, &c->request));
    guise_object_unref(object);
}

static void *unref_main(void *arg)
{
    struct client *c = arg;

    guise_request_unref(c->request);
    return NULL;
}

/* copy_in that ends its thread leaves the request idle; release_in and release that do so keep nothing from being
 * released. */
static void an_objects_functions_may_end_their_thread(void **state)
{
    static const guise_method exits_early = {
        client_add, sizeof(struct numbers), sizeof(struct sum), copy_and_exit, NULL, NULL};
    static const guise_method exits_late = {client_add, sizeof(struct numbers), sizeof(struct sum),
                                            NULL,       release_and_exit,       NULL};
    struct client *c = *state;
    guise_executor executor = client_executor(c);
    pthread_t thread;

    use_object(c, &exits_early, 1, NULL, NULL);
    assert_int_equal(pthread_create(&thread, NULL, begin_main, c), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(c->begun, 0);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
    use_object(c, &exits_late, 1, &executor, release_self_and_exit);
    assert_ok(client_begin_add(c, 1, 2, 0));
    client_run_next(c);
    guise_proxy_unref(c->proxy);
    c->proxy = NULL;
    assert_int_equal(c->executor_refs, 1);
    assert_int_equal(pthread_create(&thread, NULL, unref_main, c), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    c->request = NULL;
    assert_int_equal(c->released_in, 1);
    assert_int_equal(c->released_self, 1);
    assert_int_equal(c->executor_refs, 0);
    c->released_self = 0;
}

static int s_destroyed;

static void destroy_and_exit(void *data)
{
    (void)data;
    s_destroyed++;
    pthread_exit(NULL);
}

static guise_token *token_with_credential(void)
{
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_credential *credential;
    guise_token *token;

    desc.uid = 50001;
    desc.gid = 50001;
    desc.level = GUISE_LEVEL_DELEGATE;
    assert_ok(guise_credential_create(&s_destroyed, &s_destroyed, destroy_and_exit, &credential));
    assert_ok(guise_token_create_with_credential(&desc, credential, &token));
    guise_credential_unref(credential);
    return token;
}

/* Leaves this identity to the request or to the proxy, which is its only owner then. */
static void give_identity(struct client *c, bool to_request)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;
    guise_token *token = token_with_credential();

    blanket.level = GUISE_LEVEL_IMPERSONATE;
    if (to_request) {
        assert_ok(guise_request_set_blanket(c->request, &blanket, token));
    } else {
        assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, token));
    }
    guise_token_unref(token);
}

static void *unref_proxy_main(void *arg)
{
    guise_proxy_unref(((struct client *)arg)->proxy);
    return NULL;
}

static void *set_blanket_main(void *arg)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;

    blanket.level = GUISE_LEVEL_IDENTIFY;
    (void)!guise_request_set_blanket(((struct client *)arg)->request, &blanket, NULL);
    return NULL;
}

static void run_in_thread(void *(*fn)(void *), struct client *c)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, fn, c), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* The destructor of a credential ends the thread that drops a blanket; all else is dropped, and a new blanket is
 * set. */
static void a_credentials_destructor_may_end_its_thread(void **state)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;
    struct client *c = *state;

    s_destroyed = 0;
    give_identity(c, true);
    run_in_thread(set_blanket_main, c);
    assert_int_equal(s_destroyed, 1);
    assert_ok(guise_request_query_blanket(c->request, &blanket));
    assert_int_equal(blanket.level, GUISE_LEVEL_IDENTIFY);
    give_identity(c, true);
    assert_ok(client_begin_add(c, 1, 2, 0));
    run_in_thread(unref_main, c);
    c->request = NULL;
    assert_int_equal(s_destroyed, 2);
    client_run_next(c);
    assert_int_equal(c->released_in, 1);
    give_identity(c, false);
    guise_object_unref(c->object);
    c->object = NULL;
    assert_int_equal(c->released_self, 0);
    run_in_thread(unref_proxy_main, c);
    c->proxy = NULL;
    assert_int_equal(s_destroyed, 3);
    assert_int_equal(c->released_self, 1);
    assert_int_equal(c->executor_refs, 0);
}

static void a_method_may_want_more_than_there_is(void **state)
{
    static const guise_method greedy[2] = {{client_nothing, SIZE_MAX / 2, 0, NULL, NULL, NULL},
                                           {client_nothing, 0, SIZE_MAX / 2, NULL, NULL, NULL}};
    struct client *c = *state;

    use_object(c, greedy, 2, NULL, NULL);
    assert_result(guise_request_begin(c->request, 0, c, SIZE_MAX / 2), GUISE_E_OUT_OF_MEMORY);
    assert_result(guise_request_begin(c->request, 1, NULL, 0), GUISE_E_OUT_OF_MEMORY);
}

/* the server keeps a plain pointer after Begin_ has succeeded, also if the client has gone. */
static void a_call_in_progress_needs_no_reference(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_hold(c));
    client_run_next(c);
    guise_request_unref(c->request);
    c->request = NULL;
    guise_object_disconnect(c->object);
    guise_object_unref(c->object);
    c->object = NULL;
    c->held_out->value = 5;
    assert_ok(guise_call_impersonate(c->held)); /* */
    assert_ok(guise_revert_to_self());
    assert_int_equal(c->released_out, 0);
    assert_ok(guise_call_signal(c->held));
    assert_int_equal(c->released_out, 1); /* nothing takes the results */
}

/* ---- disconnecting ---- */

/* E-01 */
static void disconnecting_completes_what_waits(void **state)
{
    struct client *c = *state;
    guise_request *first = c->request, *second;

    assert_ok(guise_request_create(c->proxy, &second));
    assert_ok(client_begin_add(c, 1, 2, 0));
    c->request = second;
    assert_ok(client_begin_add(c, 3, 4, 0));
    guise_object_disconnect(c->object);
    assert_finishes(c, ADD, GUISE_E_DISCONNECTED, 0);
    c->request = first;
    assert_finishes(c, ADD, GUISE_E_DISCONNECTED, 0);
    client_run_next(c);
    guise_job_drop(c->jobs[0], -1);
    c->job_count = 0;
    assert_int_equal(c->begun, 0);
    assert_int_equal(c->released_in, 2);
    assert_result(client_begin_add(c, 1, 2, 0), GUISE_E_DISCONNECTED);
    assert_int_equal(c->copied_in, 2);
    assert_int_equal(c->submitted, 2);
    guise_object_disconnect(c->object);
    guise_request_unref(second);
}

static void a_call_that_was_begun_outlives_disconnecting(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_hold(c));
    client_run_next(c);
    guise_object_disconnect(c->object);
    assert_does_not_finish(c, HOLD, GUISE_E_CALL_PENDING);
    c->held_out->value = 9;
    assert_ok(guise_call_complete(c->held, 3));
    assert_finishes(c, HOLD, 3, 9);
}

static void disconnect_in_submit(struct client *c)
{
    guise_object_disconnect(c->object);
}

/* The object is disconnected while the executor is asked: the call was begun, and has its answer, whatever the
 * executor then says. */
static void disconnecting_may_come_during_submit(void **state)
{
    struct client *c = *state;

    c->in_submit = disconnect_in_submit;
    c->submit_says = GUISE_E_OUT_OF_RESOURCES;
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_finishes(c, ADD, GUISE_E_DISCONNECTED, 0);
    assert_int_equal(c->released_in, 1);
}

static void proxies_of_a_disconnected_object_stay(void **state)
{
    struct client *c = *state;
    guise_blanket blanket = GUISE_BLANKET_INIT;
    guise_proxy *copy;

    guise_object_disconnect(c->object);
    assert_ok(guise_proxy_copy(c->proxy, &copy));
    assert_ok(guise_proxy_query_blanket(copy, &blanket));
    assert_string_equal(blanket.server_principal, "adder");
    guise_proxy_unref(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        client_test(impossible_objects_are_refused),
        client_test(null_is_fine),
        client_test_queued(the_last_reference_releases_self),
        client_test(self_is_released_as_self),
        client_test(without_an_executor_begin_runs_the_method),
        client_test_queued(an_executor_takes_the_job),
        client_test_queued(a_refused_job_is_begins_failure),
        client_test_queued(a_dropped_job_fails),
        client_test_queued(only_a_clean_thread_runs_a_job),
        client_test_queued(a_method_may_leave_by_pthread_exit),
        client_test(a_method_may_end_its_clients_thread),
        client_test(an_objects_functions_may_end_their_thread),
        client_test_queued(a_credentials_destructor_may_end_its_thread),
        client_test(a_method_may_want_more_than_there_is),
        client_test_queued(a_call_in_progress_needs_no_reference),
        client_test_queued(disconnecting_completes_what_waits),
        client_test_queued(a_call_that_was_begun_outlives_disconnecting),
        client_test_queued(disconnecting_may_come_during_submit),
        client_test(proxies_of_a_disconnected_object_stay),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("object", tests, NULL, NULL);
}
