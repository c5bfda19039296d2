/* SPDX-License-Identifier: MIT */
/*
 * The client's side for the kernel: as whom a method of an object runs in a pool, as whom the functions of an object
 * run on a client's thread, and what a thread that is not self may do.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include <guise/proxy.h>

#include "support/child.h"
#include "support/kernel.h"

enum { ALICE = 50001 };

static struct who s_self, s_alice;
static void (*s_in_method)(void);
static atomic_int s_run, s_released;
static guise_pool *s_pool;
static guise_object *s_object;
static guise_proxy *s_proxy;
static guise_request *s_request;
static guise_token *s_token;

/* The thread is self; becomes the client, which it leaves to the end of the frame; answers as the client. */
static guise_result serve_client(guise_call *call, void *self, const void *in, void *out)
{
    (void)self;
    MUST_BE(&s_self);
    CHILD_CHECK(*(const int *)in == 7);
    CHILD_OK(guise_impersonate_client());
    s_in_method();
    *(int *)out = 8;
    s_run++;
    return guise_call_signal(call);
}

static void confine(void)
{
    CHILD_OK(guise_revert_to_self());
    CHILD_CHECK(raw_setresuid((uid_t)-1, ALICE, (uid_t)-1));
}

/* Whichever thread drops the last reference; one that the program has confined is left as it is (I-04). */
static void release_as_self(void *block)
{
    (void)block;
    if (s_in_method != confine) {
        MUST_BE(&s_self);
    }
    s_released++;
}

static void build(bool has_pool, uint32_t capabilities)
{
    static const guise_method method = {serve_client, sizeof(int),     sizeof(int),
                                        NULL,         release_as_self, release_as_self};
    guise_object_desc desc = GUISE_OBJECT_DESC_INIT;
    guise_pool_desc pool_desc = GUISE_POOL_DESC_INIT;
    guise_blanket blanket = GUISE_BLANKET_INIT;

    serve(0, NULL, &s_self);
    s_alice = who_as(&s_self, ALICE, ALICE, 0, NULL);
    s_token = client_token(ALICE, ALICE, 0, NULL, GUISE_LEVEL_IMPERSONATE);
    pool_desc.threads = 1;
    if (has_pool) {
        CHILD_OK(guise_pool_create(&pool_desc, &s_pool));
    }
    desc.methods = &method;
    desc.method_count = 1;
    desc.release = release_as_self;
    desc.executor = guise_pool_executor(s_pool);
    CHILD_OK(guise_object_create(&desc, &s_object));
    CHILD_OK(guise_proxy_create(s_object, &s_proxy));
    CHILD_OK(guise_request_create(s_proxy, &s_request));
    blanket.level = GUISE_LEVEL_IMPERSONATE;
    blanket.capabilities = capabilities;
    CHILD_OK(guise_request_set_blanket(s_request, &blanket, NULL));
}

static guise_result begin(void)
{
    int in = 7;

    return guise_request_begin(s_request, 0, &in, sizeof in);
}

static void must_finish(guise_result expected)
{
    int out = 77;
    guise_result result = 77;

    CHILD_OK(guise_request_finish(s_request, 0, &out, sizeof out, GUISE_INFINITE, &result));
    CHILD_CHECK_RESULT(result, expected);
    CHILD_CHECK(out == (expected == GUISE_OK ? 8 : 0));
}

static void tear_down(void)
{
    guise_request_unref(s_request);
    guise_proxy_unref(s_proxy);
    guise_object_unref(s_object);
}

static void be_alice(void)
{
    MUST_BE(&s_alice);
    CHILD_CHECK(try_open("of-alice") == 0);
    CHILD_CHECK(try_open("of-root") == EACCES);
}

static void be_the_process(void)
{
    CHILD_CHECK(guise_token_uid(guise_thread_token()) == 0);
    CHILD_CHECK(try_open("of-root") == 0);
}

/* C-20, C-21: the pool's thread is the one client that the caller was in Begin_. */
static void cloaked_into_a_pool(void *arg)
{
    (void)arg;
    build(true, GUISE_CAP_DYNAMIC_CLOAKING);
    s_in_method = be_alice;
    CHILD_OK(guise_set_thread_token(s_token));
    MUST_BE(&s_alice);
    CHILD_OK(begin());
    MUST_BE(&s_alice);
    CHILD_OK(guise_set_thread_token(NULL));
    must_finish(GUISE_OK);
    MUST_BE(&s_self);
    CHILD_OK(guise_pool_close(s_pool, GUISE_INFINITE));
    CHILD_CHECK(s_run == 1 && s_released == 1);
    tear_down();
    CHILD_CHECK(s_released == 2);
}

/* C-16; and every function of the object runs as self on a thread that is a client, in Begin_ too. */
static void a_clients_thread(void *arg)
{
    (void)arg;
    build(false, 0);
    s_in_method = be_the_process;
    CHILD_OK(guise_set_thread_token(s_token));
    CHILD_OK(begin());
    MUST_BE(&s_alice);
    must_finish(GUISE_OK);
    MUST_BE(&s_alice);
    CHILD_OK(begin());
    tear_down();
    MUST_BE(&s_alice);
    CHILD_OK(guise_set_thread_token(NULL));
    CHILD_CHECK(s_run == 2 && s_released == 4); /* in twice, out of the abandoned one, self */
}

/* E-02: a job has confined its thread, which serves no other call, and nothing of one runs there (I-03). */
static void a_confined_thread_of_a_pool(void *arg)
{
    (void)arg;
    build(true, 0);
    s_in_method = confine;
    CHILD_OK(begin());
    must_finish(GUISE_OK);
    CHILD_OK(begin());
    must_finish(GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(s_run == 1);
    CHILD_OK(guise_pool_close(s_pool, 0));
}

/* A thread that is not self presents no process, and neither makes nor closes a pool. */
static void a_thread_that_is_not_self(void *arg)
{
    guise_pool_desc desc = GUISE_POOL_DESC_INIT;
    guise_pool *pool = TEST_POISON(guise_pool);

    (void)arg;
    build(true, 0);
    CHILD_CHECK(raw_setresuid((uid_t)-1, ALICE, (uid_t)-1));
    CHILD_CHECK_RESULT(begin(), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_RESULT(guise_pool_create(&desc, &pool), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(pool == NULL);
    CHILD_CHECK_RESULT(guise_pool_close(s_pool, 0), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(raw_setresuid((uid_t)-1, 0, (uid_t)-1));
    CHILD_OK(guise_pool_close(s_pool, 0));
    CHILD_CHECK_RESULT(begin(), GUISE_E_DISCONNECTED);
}

/* The same for a thread that was self when it was first a client: what other code makes it since is not the
 * process (I-03). */
static void a_thread_that_is_not_self_any_more(void *arg)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;

    (void)arg;
    build(false, 0);
    s_in_method = be_the_process;
    CHILD_OK(begin());
    must_finish(GUISE_OK);
    CHILD_CHECK(raw_setresuid((uid_t)-1, ALICE, (uid_t)-1));
    CHILD_CHECK_RESULT(begin(), GUISE_E_ACCESS_DENIED);
    blanket.level = GUISE_LEVEL_IMPERSONATE;
    blanket.capabilities = GUISE_CAP_STATIC_CLOAKING;
    CHILD_CHECK_RESULT(guise_request_set_blanket(s_request, &blanket, NULL), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(raw_setresuid((uid_t)-1, 0, (uid_t)-1));
    CHILD_OK(begin());
    must_finish(GUISE_OK);
    CHILD_CHECK(s_run == 2);
    tear_down();
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0) {
        return -1;
    }
    kernel_file("of-root", 0, 0, 0600);
    kernel_file("of-alice", ALICE, ALICE, 0600);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(cloaked_into_a_pool),
        kernel_test(a_clients_thread),
        kernel_test(a_confined_thread_of_a_pool),
        kernel_test(a_thread_that_is_not_self),
        kernel_test(a_thread_that_is_not_self_any_more),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, make_files, kernel_dir_remove);
}
