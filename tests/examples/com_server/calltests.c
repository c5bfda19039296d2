/* SPDX-License-Identifier: MIT */
/*
 * The server under real calls: a token says who the client is, and GuiseDispatchCall does what COM
 * does. Still no second user and no root, as the emulated provider is in force.
 */
#define COBJMACROS
#include "testbed.h"

#include <string.h>
#include <unistd.h>

#include <guisecom.h>

#include "stub.h"

/* A call of this client; the blanket is what the transport would say. */
static guise_call *call_of(const char *name, uid_t uid, guise_level level)
{
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_service = GUISE_AUTHN_SERVICE_KERNEL,
                             .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_token *token = token_of(name, uid, level);
    guise_context *context;
    guise_call *call;

    assert_hr(guise_context_create(&blanket, token, &context), GUISE_OK);
    assert_hr(guise_call_create(context, &call), GUISE_OK);
    guise_context_unref(context);
    guise_token_unref(token);
    return call;
}

static guise_call *alice_calls(guise_level level)
{
    return call_of("alice", geteuid(), level);
}

/* A Read, and what its completion function saw. Asserting is for the test's own thread. */
struct read {
    struct read_args args; /* first: what the functions of a GUISE_METHOD get */
    unsigned replies;
    HRESULT result;
    pthread_t thread;
    bool as_client;
    HRESULT impersonate;
};

static void reply(guise_call *call, guise_result result, void *arg)
{
    struct read *read = arg;

    (void)call;
    read->replies++;
    read->result = result;
    read->thread = pthread_self();
    read->as_client = guise_thread_token() != NULL;
    read->impersonate = CoImpersonateClient();
}

static HRESULT dispatch(const struct fixture *f, guise_call *call, const GUISE_METHOD *method,
                        LPCWSTR name, struct read *read)
{
    HRESULT result;

    memset(read, 0, sizeof *read);
    read->args.name = name;
    read->args.size = ALL;
    assert_hr(guise_call_on_complete(call, reply, read), GUISE_OK);
    result = GuiseDispatchCall(call, (IUnknown *)f->reader, method, &read->args);
    assert_null(guise_thread_token()); /* no token outlives Begin_ (B2, N-02) */
    return result;
}

/* The server has answered once, as itself, and can no longer become the client. */
static void assert_reply(guise_call *call, const struct read *read, HRESULT result)
{
    assert_hr(guise_call_wait(call, PATIENCE_MS), GUISE_OK);
    assert_int_equal(read->replies, 1);
    assert_hr(read->result, result);
    assert_false(read->as_client);
    assert_hr(read->impersonate, RPC_E_CALL_COMPLETE);
}

static void assert_content(struct read *read, const char *content)
{
    assert_int_equal(read->args.got, strlen(content));
    assert_memory_equal(read->args.bytes, content, strlen(content));
    CoTaskMemFree(read->args.bytes);
}

/* ---- what clients get ------------------------------------------------------------------------ */

static void alice_reads_her_file(void **state)
{
    guise_call *call = alice_calls(GUISE_LEVEL_IMPERSONATE);
    struct read read;

    assert_hr(dispatch(*state, call, &read_method, OLESTR("alice.txt"), &read), S_OK);
    assert_reply(call, &read, S_OK);
    assert_false(pthread_equal(read.thread, pthread_self())); /* the worker has signaled */
    assert_content(&read, "Only alice.");
    guise_call_unref(call);
}

static void fails(const struct fixture *f, guise_call *call, LPCWSTR name, HRESULT expected)
{
    struct read read;

    assert_hr(dispatch(f, call, &read_method, name, &read), expected);
    assert_reply(call, &read, expected);
    assert_int_equal(read.args.got, 0);
    assert_null(read.args.bytes);
    guise_call_unref(call);
}

static void alice_at_identify_level_is_refused(void **state)
{
    fails(*state, alice_calls(GUISE_LEVEL_IDENTIFY), OLESTR("alice.txt"), BAD_LEVEL);
}

static void nobody_in_particular_is_refused(void **state)
{
    fails(*state, alice_calls(GUISE_LEVEL_ANONYMOUS), OLESTR("alice.txt"),
          HRESULT_FROM_WIN32(ERROR_CANT_OPEN_ANONYMOUS));
}

static void somebody_else_is_refused(void **state)
{
    guise_call *call = call_of("mallory", geteuid() + 1, GUISE_LEVEL_IMPERSONATE);

    fails(*state, call, OLESTR("alice.txt"), E_ACCESSDENIED);
}

static void there_is_no_such_file(void **state)
{
    fails(*state, alice_calls(GUISE_LEVEL_IMPERSONATE), OLESTR("none"), NO_SUCH_FILE);
}

/* The transport may forget a call: the server has references for as long as it works on it. */
static void the_server_keeps_the_call(void **state)
{
    struct fixture *f = *state;
    guise_call *call = alice_calls(GUISE_LEVEL_IMPERSONATE);
    struct read read;

    block_worker(f);
    assert_hr(dispatch(f, call, &read_method, OLESTR("alice.txt"), &read), S_OK);
    guise_call_unref(call);
    assert_int_equal(read.replies, 0);
    unblock_worker(f);
    worker_destroy(f->worker);
    f->worker = NULL;
    assert_int_equal(read.replies, 1);
    assert_hr(read.result, S_OK);
    assert_content(&read, "Only alice.");
}

/* The same server through its synchronous method. */
static void without_a_call_object(void **state)
{
    const GUISE_METHOD synchronous = {.iid = &IID_IFileReader, .call = read_method.call};
    guise_call *call = alice_calls(GUISE_LEVEL_IMPERSONATE);
    struct read read;

    assert_hr(dispatch(*state, call, &synchronous, OLESTR("alice.txt"), &read), S_OK);
    assert_reply(call, &read, S_OK);
    assert_true(pthread_equal(read.thread, pthread_self()));
    assert_content(&read, "Only alice.");
    guise_call_unref(call);
}

/* ---- Signal is the boundary ------------------------------------------------------------------ */

/* Begin_Read with something before and after: what the server may do when. */
struct look {
    struct read read; /* first */
    struct fixture *f;
    HRESULT before, after_signal;     /* CoImpersonateClient */
    bool client_before, client_after; /* and whether this thread was the client then */
    bool kept;                        /* a token put on before Signal is still there after it */
};

static HRESULT begin_twice_a_client(IUnknown *object, void *args)
{
    struct look *look = args;
    HRESULT result;

    look->before = CoImpersonateClient();
    look->client_before = guise_thread_token() != NULL;
    result = read_method.begin(object, args);
    look->client_after = guise_thread_token() != NULL; /* Begin_Read has reverted */
    if (FAILED(result) || guise_call_wait(guise_current_call(), PATIENCE_MS) != GUISE_OK) {
        return E_FAIL;
    }
    look->after_signal = CoImpersonateClient();
    look->kept = guise_thread_token() != NULL;
    return result;
}

static void nobody_is_the_client_after_signal(void **state)
{
    GUISE_METHOD method = read_method;
    guise_call *call = alice_calls(GUISE_LEVEL_IMPERSONATE);
    struct look look;

    method.begin = begin_twice_a_client;
    assert_hr(dispatch(*state, call, &method, OLESTR("alice.txt"), &look.read), S_OK);
    assert_hr(look.before, S_OK);
    assert_true(look.client_before);
    assert_false(look.client_after);
    assert_hr(look.after_signal, RPC_E_CALL_COMPLETE); /* N-01: and Begin_ was still running */
    assert_false(look.kept);
    assert_reply(call, &look.read, S_OK);
    assert_content(&look.read, "Only alice.");
    guise_call_unref(call);
}

static HRESULT begin_and_stay_the_client(IUnknown *object, void *args)
{
    struct look *look = args;
    HRESULT result = read_method.begin(object, args);

    look->before = CoImpersonateClient(); /* the worker has not been let on yet */
    unblock_worker(look->f);
    if (FAILED(result) || guise_call_wait(guise_current_call(), PATIENCE_MS) != GUISE_OK) {
        return E_FAIL;
    }
    look->kept = guise_thread_token() != NULL;
    return result; /* without reverting */
}

/* dispatch() has seen to it that the token is off again. */
static void a_token_outlives_signal_but_not_begin(void **state)
{
    GUISE_METHOD method = read_method;
    guise_call *call = alice_calls(GUISE_LEVEL_IMPERSONATE);
    struct look look;

    method.begin = begin_and_stay_the_client;
    look.f = *state;
    block_worker(look.f);
    assert_hr(dispatch(*state, call, &method, OLESTR("alice.txt"), &look.read), S_OK);
    assert_hr(look.before, S_OK);
    assert_true(look.kept); /* N-02 */
    assert_reply(call, &look.read, S_OK);
    assert_content(&look.read, "Only alice.");
    guise_call_unref(call);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(alice_reads_her_file),
        TEST(alice_at_identify_level_is_refused),
        TEST(nobody_in_particular_is_refused),
        TEST(somebody_else_is_refused),
        TEST(there_is_no_such_file),
        TEST(the_server_keeps_the_call),
        TEST(without_a_call_object),
        TEST(nobody_is_the_client_after_signal),
        TEST(a_token_outlives_signal_but_not_begin),
    };

    if (guise_use_provider(guise_provider_emulated()) != GUISE_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
