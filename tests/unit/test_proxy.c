/* SPDX-License-Identifier: MIT */
/*
 * Proxies: blankets, which identity the server sees, and when that is settled. What a process says once is said in
 * forked children.
 */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "support/child.h"
#include "support/client.h"

enum { ALICE = 1001, BOB = 1002, SCHANNEL = 14 };

static guise_token *make_token(uid_t uid, guise_level level)
{
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_token *token = TEST_POISON(guise_token);

    desc.uid = uid;
    desc.gid = uid;
    desc.level = level;
    assert_ok(guise_token_create(&desc, &token));
    return token;
}

static guise_blanket make_blanket(uint32_t capabilities)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;

    blanket.authn_service = GUISE_AUTHN_SERVICE_KERNEL;
    blanket.authn_level = GUISE_AUTHN_LEVEL_PKT;
    blanket.level = GUISE_LEVEL_IMPERSONATE;
    blanket.capabilities = capabilities;
    return blanket;
}

static guise_blanket blanket_of(const guise_proxy *proxy)
{
    guise_blanket blanket;

    memset(&blanket, POISON_BYTE, sizeof blanket);
    blanket.size = sizeof blanket;
    assert_ok(guise_proxy_query_blanket(proxy, &blanket));
    return blanket;
}

static void assert_blanket(const guise_blanket *blanket, uint32_t authn_service,
                           uint32_t authn_level, guise_level level, uint32_t capabilities,
                           const char *principal)
{
    assert_int_equal(blanket->size, sizeof *blanket);
    assert_int_equal(blanket->authn_service, authn_service);
    assert_int_equal(blanket->authz_service, 0);
    assert_int_equal(blanket->authn_level, authn_level);
    assert_int_equal(blanket->level, level);
    assert_int_equal(blanket->capabilities, capabilities);
    assert_string_equal(blanket->server_principal, principal);
}

/* The next call of the request is seen as this user's, at this level. */
static void assert_seen(struct client *c, uid_t uid, guise_level level)
{
    assert_ok(client_begin_add(c, 1, 2, 0));
    if (c->job_count > 0) {
        client_run_next(c);
    }
    assert_finishes(c, ADD, 0, 3);
    assert_non_null(c->seen);
    assert_int_equal(guise_token_uid(c->seen), uid);
    assert_int_equal(guise_token_level(c->seen), level);
}

/* A fresh request, which has the proxy's blanket of now. */
static void renew(struct client *c)
{
    guise_request_unref(c->request);
    assert_ok(guise_request_create(c->proxy, &c->request));
}

/* ---- a fresh proxy ---- */

static void wrong_arguments_are_refused(void **state)
{
    struct client *c = *state;
    guise_proxy *proxy = TEST_POISON(guise_proxy);
    guise_blanket blanket = make_blanket(0);

    assert_result(guise_proxy_create(NULL, &proxy), GUISE_E_INVALID_ARGUMENT);
    assert_null(proxy);
    assert_result(guise_proxy_create(c->object, NULL), GUISE_E_INVALID_ARGUMENT);
    proxy = TEST_POISON(guise_proxy);
    assert_result(guise_proxy_copy(NULL, &proxy), GUISE_E_INVALID_ARGUMENT);
    assert_null(proxy);
    assert_result(guise_proxy_copy(c->proxy, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_proxy_query_blanket(NULL, &blanket), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(blanket.authn_level, 0);
    assert_result(guise_proxy_query_blanket(c->proxy, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_query_blanket(NULL, &blanket), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_query_blanket(c->request, NULL), GUISE_E_INVALID_ARGUMENT);
    blanket.size = sizeof blanket - 1;
    assert_result(guise_proxy_query_blanket(c->proxy, &blanket), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_query_blanket(c->request, &blanket), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_proxy_set_blanket(c->proxy, &blanket, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_set_blanket(c->request, &blanket, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_proxy_set_blanket(c->proxy, NULL, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_set_blanket(c->request, NULL, NULL), GUISE_E_INVALID_ARGUMENT);
    blanket = make_blanket(0);
    assert_result(guise_proxy_set_blanket(NULL, &blanket, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_set_blanket(NULL, &blanket, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_null(guise_proxy_ref(NULL));
    guise_proxy_unref(NULL);
}

/* C-05, C-12: nothing said is CONNECT, IDENTIFY, no capability (C-03, C-04). */
static void a_fresh_blanket_is_worked_out_of_both_sides(void **state)
{
    struct client *c = *state;
    guise_blanket blanket = blanket_of(c->proxy);
    guise_object_desc desc = client_desc(c);
    guise_object *object;
    guise_proxy *proxy;

    assert_blanket(&blanket, GUISE_AUTHN_SERVICE_KERNEL, GUISE_AUTHN_LEVEL_CONNECT,
                   GUISE_LEVEL_IDENTIFY, 0, "adder");
    desc.authn_level = GUISE_AUTHN_LEVEL_PKT_PRIVACY;
    desc.authn_service = GUISE_AUTHN_SERVICE_KERBEROS;
    desc.principal = NULL;
    desc.release = NULL;
    assert_ok(guise_object_create(&desc, &object));
    assert_ok(guise_proxy_create(object, &proxy));
    blanket = blanket_of(proxy);
    assert_int_equal(blanket.authn_level, GUISE_AUTHN_LEVEL_PKT_PRIVACY);
    assert_int_equal(blanket.authn_service, GUISE_AUTHN_SERVICE_KERBEROS);
    assert_null(blanket.server_principal);
    assert_ptr_equal(guise_proxy_ref(proxy), proxy);
    guise_proxy_unref(proxy);
    guise_object_unref(object);
    guise_proxy_unref(proxy);
}

/* ---- what a process says ---- */

static guise_blanket make_defaults(void)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;

    blanket.authn_level = GUISE_AUTHN_LEVEL_PKT;
    blanket.level = GUISE_LEVEL_IMPERSONATE;
    blanket.capabilities = GUISE_CAP_STATIC_CLOAKING | GUISE_CAP_MUTUAL_AUTH;
    return blanket;
}

static void check_impossible(guise_blanket blanket)
{
    CHILD_CHECK_RESULT(guise_client_defaults(&blanket), GUISE_E_INVALID_ARGUMENT);
}

/* C-04, C-07, C-08, C-18 */
static void say_the_impossible(void)
{
    guise_blanket blanket = make_defaults();

    CHILD_CHECK_RESULT(guise_client_defaults(NULL), GUISE_E_INVALID_ARGUMENT);
    blanket.size--;
    check_impossible(blanket);
    blanket = make_defaults();
    blanket.level = GUISE_LEVEL_DEFAULT;
    check_impossible(blanket);
    blanket.level = (guise_level)5;
    check_impossible(blanket);
    blanket = make_defaults();
    blanket.authn_level = GUISE_AUTHN_LEVEL_NONE;
    check_impossible(blanket);
    blanket.authn_level = 7;
    check_impossible(blanket);
    blanket = make_defaults();
    blanket.capabilities = GUISE_CAP_DEFAULT;
    check_impossible(blanket);
    blanket.capabilities = GUISE_CAP_STATIC_CLOAKING | GUISE_CAP_DYNAMIC_CLOAKING;
    check_impossible(blanket);
    blanket.capabilities = 2;
    check_impossible(blanket);
}

static guise_object *child_object(const guise_object_desc *desc)
{
    guise_object *object = NULL;

    CHILD_CHECK_RESULT(guise_object_create(desc, &object), GUISE_OK);
    return object;
}

static void say_once(void *arg)
{
    guise_object_desc desc = client_desc(arg);
    guise_object *object = child_object(&desc);
    guise_blanket blanket = make_defaults();
    guise_proxy *proxy;

    say_the_impossible();
    CHILD_CHECK_RESULT(guise_client_defaults(&blanket), GUISE_OK);
    CHILD_CHECK_RESULT(guise_client_defaults(&blanket), GUISE_E_TOO_LATE);
    CHILD_CHECK_RESULT(guise_proxy_create(object, &proxy), GUISE_OK);
    memset(&blanket, 0, sizeof blanket);
    blanket.size = sizeof blanket;
    CHILD_CHECK_RESULT(guise_proxy_query_blanket(proxy, &blanket), GUISE_OK);
    CHILD_CHECK(blanket.authn_level == GUISE_AUTHN_LEVEL_PKT);
    CHILD_CHECK(blanket.level == GUISE_LEVEL_IMPERSONATE);
    CHILD_CHECK(blanket.capabilities == (GUISE_CAP_STATIC_CLOAKING | GUISE_CAP_MUTUAL_AUTH));
}

/* C-08: Schannel does not cloak, so a fresh blanket does not either, and may be set as it is. */
static void say_that_schannel_cloaks(void *arg)
{
    guise_object_desc desc = client_desc(arg);
    guise_blanket blanket = make_defaults();
    guise_object *object;
    guise_proxy *proxy;

    desc.authn_service = SCHANNEL;
    object = child_object(&desc);
    CHILD_CHECK_RESULT(guise_client_defaults(&blanket), GUISE_OK);
    CHILD_CHECK_RESULT(guise_proxy_create(object, &proxy), GUISE_OK);
    CHILD_CHECK_RESULT(guise_proxy_query_blanket(proxy, &blanket), GUISE_OK);
    CHILD_CHECK(blanket.authn_service == SCHANNEL);
    CHILD_CHECK(blanket.capabilities == GUISE_CAP_MUTUAL_AUTH);
    blanket.capabilities = GUISE_CAP_DEFAULT;
    CHILD_CHECK_RESULT(guise_proxy_set_blanket(proxy, &blanket, NULL), GUISE_OK);
}

static void say_after_a_proxy(void *arg)
{
    guise_object_desc desc = client_desc(arg);
    guise_object *object = child_object(&desc);
    guise_blanket blanket = make_defaults();
    guise_proxy *proxy;

    CHILD_CHECK_RESULT(guise_proxy_create(object, &proxy), GUISE_OK);
    CHILD_CHECK_RESULT(guise_client_defaults(&blanket), GUISE_E_TOO_LATE);
}

/* An authn level of 0 is CONNECT, and no level is the object's to lower. */
static void say_little(void *arg)
{
    guise_object_desc desc = client_desc(arg);
    guise_blanket blanket = make_defaults();
    guise_proxy *proxy;

    blanket.authn_level = 0;
    CHILD_CHECK_RESULT(guise_client_defaults(&blanket), GUISE_OK);
    desc.authn_level = GUISE_AUTHN_LEVEL_NONE;
    CHILD_CHECK_RESULT(guise_proxy_create(child_object(&desc), &proxy), GUISE_OK);
    CHILD_CHECK_RESULT(guise_proxy_query_blanket(proxy, &blanket), GUISE_OK);
    CHILD_CHECK(blanket.authn_level == GUISE_AUTHN_LEVEL_CONNECT);
}

struct child_scene {
    guise_token *alice, *bob;
};

static guise_result begin_as(void *arg)
{
    return client_begin_add(arg, 1, 2, 0);
}

static uid_t seen_by_server(struct client *c)
{
    struct sum out;
    guise_result result = 77;

    CHILD_CHECK_RESULT(guise_request_finish(c->request, ADD, &out, sizeof out, 0, &result),
                       GUISE_OK);
    CHILD_CHECK_RESULT(result, GUISE_OK);
    return guise_token_uid(c->seen);
}

/* C-15: the request's first Begin_ that succeeds fixes the identity, for that request only. */
static void be_static_by_default(void *arg)
{
    struct child_scene *s = arg;
    struct client *c = calloc(1, sizeof *c);
    guise_executor executor = client_executor(c);
    guise_object_desc desc = client_desc(c);
    guise_blanket blanket = make_defaults();
    guise_request *first;

    client_now = c;
    CHILD_CHECK_RESULT(guise_client_defaults(&blanket), GUISE_OK);
    blanket.capabilities = 0;
    desc.executor = &executor;
    c->object = child_object(&desc);
    CHILD_CHECK_RESULT(guise_proxy_create(c->object, &c->proxy), GUISE_OK);
    CHILD_CHECK_RESULT(guise_request_create(c->proxy, &c->request), GUISE_OK);
    CHILD_CHECK_RESULT(guise_proxy_set_blanket(c->proxy, &blanket, NULL), GUISE_OK);
    CHILD_CHECK_RESULT(guise_request_query_blanket(c->request, &blanket), GUISE_OK);
    c->submit_says = -77;
    CHILD_CHECK_RESULT(guise_run_as(s->bob, begin_as, c), -77); /* fixes nothing */
    c->submit_says = 0;
    CHILD_CHECK_RESULT(guise_run_as(s->alice, begin_as, c), GUISE_OK);
    guise_job_run(c->jobs[--c->job_count]);
    CHILD_CHECK(seen_by_server(c) == ALICE);
    CHILD_CHECK_RESULT(guise_run_as(s->bob, begin_as, c), GUISE_OK);
    guise_job_run(c->jobs[--c->job_count]);
    CHILD_CHECK(seen_by_server(c) == ALICE);
    CHILD_CHECK(strcmp(blanket.server_principal, "adder") == 0); /* lives until set_blanket */
    first = c->request;
    guise_proxy_unref(c->proxy);
    CHILD_CHECK_RESULT(guise_proxy_create(c->object, &c->proxy), GUISE_OK);
    CHILD_CHECK_RESULT(guise_request_create(c->proxy, &c->request), GUISE_OK);
    CHILD_CHECK_RESULT(guise_run_as(s->bob, begin_as, c), GUISE_OK);
    guise_job_run(c->jobs[--c->job_count]);
    CHILD_CHECK(seen_by_server(c) == BOB);
    guise_request_unref(first);
}

/* C-01. Before any test has made a proxy. */
static void defaults_are_said_once(void **state)
{
    struct child_scene s = {make_token(ALICE, GUISE_LEVEL_IMPERSONATE),
                            make_token(BOB, GUISE_LEVEL_DELEGATE)};
    struct client c = {0};

    (void)state;
    assert_child_passes(say_once, &c);
    assert_child_passes(say_that_schannel_cloaks, &c);
    assert_child_passes(say_after_a_proxy, &c);
    assert_child_passes(say_little, &c);
    assert_child_passes(be_static_by_default, &s);
    guise_token_unref(s.alice);
    guise_token_unref(s.bob);
}

/* ---- set_blanket ---- */

/* C-06, C-13 */
static void a_blanket_is_assigned(void **state)
{
    struct client *c = *state;
    guise_blanket blanket = make_blanket(GUISE_CAP_MUTUAL_AUTH);

    blanket.authn_service = 77;
    blanket.server_principal = "other";
    assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, NULL));
    blanket = blanket_of(c->proxy);
    assert_blanket(&blanket, 77, GUISE_AUTHN_LEVEL_PKT, GUISE_LEVEL_IMPERSONATE,
                   GUISE_CAP_MUTUAL_AUTH, "other");
    blanket.server_principal = NULL;
    blanket.authn_level = GUISE_AUTHN_LEVEL_CALL;
    assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, NULL));
    blanket = blanket_of(c->proxy);
    assert_blanket(&blanket, 77, GUISE_AUTHN_LEVEL_CALL, GUISE_LEVEL_IMPERSONATE,
                   GUISE_CAP_MUTUAL_AUTH, "other");
    blanket = (guise_blanket){
        sizeof blanket,      GUISE_AUTHN_SERVICE_DEFAULT, GUISE_AUTHZ_SERVICE_DEFAULT, 0,
        GUISE_LEVEL_DEFAULT, GUISE_CAP_DEFAULT,           guise_principal_default};
    assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, NULL));
    blanket = blanket_of(c->proxy);
    assert_blanket(&blanket, GUISE_AUTHN_SERVICE_KERNEL, GUISE_AUTHN_LEVEL_CONNECT,
                   GUISE_LEVEL_IDENTIFY, 0, "adder");
}

static void assert_impossible(struct client *c, guise_blanket blanket, const guise_token *as)
{
    guise_blanket before = blanket_of(c->proxy), after;

    assert_result(guise_proxy_set_blanket(c->proxy, &blanket, as), GUISE_E_INVALID_ARGUMENT);
    after = blanket_of(c->proxy);
    assert_memory_equal(&before, &after, sizeof before);
    assert_result(guise_request_set_blanket(c->request, &blanket, as), GUISE_E_INVALID_ARGUMENT);
}

/* C-07, C-08, C-18 */
static void impossible_blankets_are_refused(void **state)
{
    struct client *c = *state;
    guise_token *token = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_blanket blanket = make_blanket(0);

    blanket.authn_level = 7;
    assert_impossible(c, blanket, NULL);
    blanket = make_blanket(0);
    blanket.level = (guise_level)5;
    assert_impossible(c, blanket, NULL);
    blanket = make_blanket(0);
    blanket.authn_level = GUISE_AUTHN_LEVEL_NONE;
    assert_impossible(c, blanket, NULL);
    blanket.authn_service = GUISE_AUTHN_SERVICE_NONE;
    assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, NULL));
    assert_impossible(c, make_blanket(GUISE_CAP_STATIC_CLOAKING | GUISE_CAP_DYNAMIC_CLOAKING),
                      NULL);
    assert_impossible(c, make_blanket(2), NULL);
    assert_impossible(c, make_blanket(GUISE_CAP_DEFAULT | GUISE_CAP_STATIC_CLOAKING), NULL);
    assert_impossible(c, make_blanket(GUISE_CAP_STATIC_CLOAKING), token);
    assert_impossible(c, make_blanket(GUISE_CAP_DYNAMIC_CLOAKING), token);
    blanket = make_blanket(GUISE_CAP_DYNAMIC_CLOAKING);
    blanket.authn_service = SCHANNEL;
    assert_impossible(c, blanket, NULL);
    blanket.capabilities = 0;
    assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, NULL));
    guise_token_unref(token);
}

/* C-09 */
static void a_copy_starts_afresh(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_blanket blanket = make_blanket(0);
    guise_proxy *copy = TEST_POISON(guise_proxy);

    blanket.server_principal = "other";
    assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, alice));
    assert_ok(guise_proxy_copy(c->proxy, &copy));
    blanket = blanket_of(copy);
    assert_blanket(&blanket, GUISE_AUTHN_SERVICE_KERNEL, GUISE_AUTHN_LEVEL_CONNECT,
                   GUISE_LEVEL_IDENTIFY, 0, "adder");
    guise_proxy_unref(c->proxy);
    c->proxy = copy;
    renew(c);
    assert_seen(c, geteuid(), GUISE_LEVEL_IDENTIFY);
    guise_token_unref(alice);
}

struct duel {
    struct client *c;
    struct wt_barrier barrier;
};

enum { ROUNDS = 2000 };

static void set_a_whole_blanket(struct duel *duel, struct wt *w, uint32_t authn_level,
                                const char *principal)
{
    guise_blanket blanket = make_blanket(0);

    blanket.authn_level = authn_level;
    blanket.server_principal = principal;
    wt_barrier_wait(&duel->barrier);
    for (int i = 0; i < ROUNDS; i++) {
        WT_CHECK_RESULT(w, guise_proxy_set_blanket(duel->c->proxy, &blanket, NULL), GUISE_OK);
    }
}

static void set_left(struct wt *w)
{
    set_a_whole_blanket(w->arg, w, GUISE_AUTHN_LEVEL_PKT, "left");
}

static void set_right(struct wt *w)
{
    set_a_whole_blanket(w->arg, w, GUISE_AUTHN_LEVEL_CALL, "right");
}

static void check_server(struct client *c, guise_call *call)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;
    bool is_left;

    if (guise_call_query_blanket(call, &blanket) != GUISE_OK) {
        abort();
    }
    is_left = strcmp(blanket.server_principal, "left") == 0;
    if (blanket.authn_level != (is_left ? GUISE_AUTHN_LEVEL_PKT : GUISE_AUTHN_LEVEL_CALL)) {
        abort(); /* a mixture */
    }
    c->extra = c;
}

/* C-11: no reader sees a mixture. */
static void one_of_two_blankets_wins_whole(void **state)
{
    struct client *c = *state;
    struct duel duel = {.c = c};
    struct wt left, right;
    guise_blanket blanket = make_blanket(0);

    test_watchdog(60);
    blanket.server_principal = "left";
    assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, NULL));
    c->in_method = check_server;
    wt_barrier_init(&duel.barrier, 3);
    wt_start(&left, set_left, &duel);
    wt_start(&right, set_right, &duel);
    wt_barrier_wait(&duel.barrier);
    for (int i = 0; i < ROUNDS / 10; i++) {
        renew(c);
        assert_ok(client_begin_add(c, 1, 2, 0));
    }
    wt_join(&left);
    wt_join(&right);
}

/* A-31, C-10, C-22: the proxy's of the moment of its creation, then its own; a pending call keeps its own. */
static void a_request_has_its_own_blanket(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_token *bob = make_token(BOB, GUISE_LEVEL_IMPERSONATE);
    guise_blanket blanket = make_blanket(0);

    assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, alice));
    renew(c);
    assert_ok(guise_proxy_set_blanket(c->proxy, &blanket, bob)); /* later, so not the request's */
    blanket.authn_level = 0;
    assert_ok(guise_request_query_blanket(c->request, &blanket));
    assert_blanket(&blanket, GUISE_AUTHN_SERVICE_KERNEL, GUISE_AUTHN_LEVEL_PKT,
                   GUISE_LEVEL_IMPERSONATE, 0, "adder");
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL)); /* for the next */
    client_run_next(c);
    assert_finishes(c, ADD, 0, 3);
    assert_int_equal(guise_token_uid(c->seen), ALICE);
    assert_seen(c, geteuid(), GUISE_LEVEL_IMPERSONATE);
    renew(c);
    assert_seen(c, BOB, GUISE_LEVEL_IMPERSONATE);
    guise_token_unref(alice);
    guise_token_unref(bob);
}

/* C-03 */
static void less_protection_than_the_object_takes_is_refused(void **state)
{
    struct client *c = *state;
    guise_object_desc desc = client_desc(c);
    guise_blanket blanket = make_blanket(0);
    guise_object *object;

    desc.authn_level = GUISE_AUTHN_LEVEL_PKT_INTEGRITY;
    desc.release = NULL;
    assert_ok(guise_object_create(&desc, &object));
    guise_proxy_unref(c->proxy);
    assert_ok(guise_proxy_create(object, &c->proxy));
    renew(c);
    assert_seen(c, geteuid(), GUISE_LEVEL_IDENTIFY); /* a fresh proxy has enough */
    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL));
    assert_result(client_begin_add(c, 1, 2, 0), GUISE_E_ACCESS_DENIED);
    blanket.authn_level = GUISE_AUTHN_LEVEL_PKT_INTEGRITY;
    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL));
    assert_seen(c, geteuid(), GUISE_LEVEL_IMPERSONATE);
    guise_object_unref(object);
}

/* ---- which identity ---- */

struct as {
    struct client *c;
    guise_result (*fn)(struct client *c);
    guise_result result;
};

static guise_result call_as(void *arg)
{
    struct as *as = arg;

    return as->fn(as->c);
}

static guise_result run_as(struct client *c, const guise_token *token,
                           guise_result (*fn)(struct client *c))
{
    struct as as = {c, fn, 0};

    return guise_run_as(token, call_as, &as);
}

static guise_result begin(struct client *c)
{
    return client_begin_add(c, 1, 2, 0);
}

static void finish_seen(struct client *c, uid_t uid)
{
    client_run_next(c);
    assert_finishes(c, ADD, 0, 3);
    assert_int_equal(guise_token_uid(c->seen), uid);
}

/* C-16: the process, also if the thread is a client. */
static void without_cloaking_the_process_is_seen(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);

    assert_ok(run_as(c, alice, begin));
    finish_seen(c, geteuid());
    guise_token_unref(alice);
}

/* The level is the lower of the blanket's and the token's. */
static void the_lower_level_is_seen(void **state)
{
    struct client *c = *state;
    guise_token *weak = make_token(ALICE, GUISE_LEVEL_IDENTIFY);
    guise_token *strong = make_token(BOB, GUISE_LEVEL_DELEGATE);
    guise_blanket blanket = make_blanket(0);

    assert_ok(guise_request_set_blanket(c->request, &blanket, weak));
    assert_seen(c, ALICE, GUISE_LEVEL_IDENTIFY);
    assert_ok(guise_request_set_blanket(c->request, &blanket, strong));
    assert_seen(c, BOB, GUISE_LEVEL_IMPERSONATE);
    blanket.level = GUISE_LEVEL_ANONYMOUS;
    assert_ok(guise_request_set_blanket(c->request, &blanket, strong));
    assert_seen(c, BOB, GUISE_LEVEL_ANONYMOUS);
    guise_token_unref(weak);
    guise_token_unref(strong);
}

/* X-32, C-15: an identity of the program's own is copied, and the next set_blanket is without it. */
static void an_identity_of_the_programs_own(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_blanket blanket = make_blanket(0);

    assert_ok(guise_request_set_blanket(c->request, &blanket, alice));
    guise_token_unref(alice);
    assert_seen(c, ALICE, GUISE_LEVEL_IMPERSONATE);
    assert_seen(c, ALICE, GUISE_LEVEL_IMPERSONATE);
    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL));
    assert_seen(c, geteuid(), GUISE_LEVEL_IMPERSONATE);
}

/* C-20, C-21, C-23: of the thread that begins, at that moment; nothing later matters. */
static void dynamic_cloaking_is_settled_inside_begin(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_token *bob = make_token(BOB, GUISE_LEVEL_DELEGATE);
    guise_blanket blanket = make_blanket(GUISE_CAP_DYNAMIC_CLOAKING);

    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL));
    assert_ok(guise_set_thread_token(alice));
    guise_token_unref(alice);
    assert_ok(begin(c));
    assert_ok(guise_set_thread_token(NULL));
    finish_seen(c, ALICE);
    assert_ok(run_as(c, bob, begin));
    finish_seen(c, BOB);
    assert_ok(begin(c));
    finish_seen(c, geteuid());
    guise_token_unref(bob);
}

static guise_result set_static(struct client *c)
{
    guise_blanket blanket = make_blanket(GUISE_CAP_STATIC_CLOAKING);

    return guise_request_set_blanket(c->request, &blanket, NULL);
}

/* C-15: fixed where the blanket is set, and anew each time. */
static void static_cloaking_is_fixed_by_set_blanket(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_token *bob = make_token(BOB, GUISE_LEVEL_IMPERSONATE);

    assert_ok(run_as(c, alice, set_static));
    assert_ok(begin(c));
    finish_seen(c, ALICE);
    assert_ok(run_as(c, bob, begin));
    finish_seen(c, ALICE);
    assert_ok(set_static(c));
    assert_ok(run_as(c, bob, begin));
    finish_seen(c, geteuid());
    assert_ok(run_as(c, bob, set_static));
    assert_ok(begin(c));
    finish_seen(c, BOB);
    guise_token_unref(alice);
    guise_token_unref(bob);
}

/* ---- the stories of docs/rules.md ---- */

static void v41_static_cloaking_as_one_then_as_another(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_token *bob = make_token(BOB, GUISE_LEVEL_IMPERSONATE);

    assert_ok(run_as(c, alice, set_static));
    assert_ok(run_as(c, alice, begin));
    finish_seen(c, ALICE);
    assert_ok(run_as(c, bob, begin));
    finish_seen(c, ALICE);
    guise_token_unref(alice);
    guise_token_unref(bob);
}

static void v42_dynamic_cloaking_as_one_then_as_another(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_token *bob = make_token(BOB, GUISE_LEVEL_IMPERSONATE);
    guise_blanket blanket = make_blanket(GUISE_CAP_DYNAMIC_CLOAKING);

    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL));
    assert_ok(run_as(c, alice, begin));
    finish_seen(c, ALICE);
    assert_ok(run_as(c, bob, begin));
    finish_seen(c, BOB);
    guise_token_unref(alice);
    guise_token_unref(bob);
}

static void v43_dynamic_cloaking_and_a_later_revert(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_blanket blanket = make_blanket(GUISE_CAP_DYNAMIC_CLOAKING);

    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL));
    assert_ok(run_as(c, alice, begin));
    guise_token_unref(alice);
    assert_null(guise_thread_token());
    finish_seen(c, ALICE);
}

static void v44_set_blanket_while_a_call_is_pending(void **state)
{
    struct client *c = *state;
    guise_token *alice = make_token(ALICE, GUISE_LEVEL_IMPERSONATE);
    guise_token *bob = make_token(BOB, GUISE_LEVEL_IMPERSONATE);
    guise_blanket blanket = make_blanket(0);

    assert_ok(guise_request_set_blanket(c->request, &blanket, alice));
    assert_ok(begin(c));
    assert_ok(guise_request_set_blanket(c->request, &blanket, bob));
    finish_seen(c, ALICE);
    assert_ok(begin(c));
    finish_seen(c, BOB);
    guise_token_unref(alice);
    guise_token_unref(bob);
}

/* C-17: and nothing was sent, and copied. */
static void a_client_that_grants_less_is_not_passed_on(void **state)
{
    struct client *c = *state;
    guise_token *weak = make_token(ALICE, GUISE_LEVEL_IDENTIFY);
    guise_blanket blanket = make_blanket(GUISE_CAP_DYNAMIC_CLOAKING);

    assert_ok(run_as(c, weak, set_static));
    assert_result(begin(c), GUISE_E_BAD_LEVEL);
    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL));
    assert_result(run_as(c, weak, begin), GUISE_E_BAD_LEVEL);
    assert_int_equal(c->submitted, 0);
    assert_int_equal(c->copied_in, 0);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
    assert_ok(begin(c));
    finish_seen(c, geteuid());
    blanket.level = GUISE_LEVEL_IDENTIFY; /* what the blanket grants is another thing */
    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL));
    assert_ok(begin(c));
    finish_seen(c, geteuid());
    guise_token_unref(weak);
}

/* no authentication, no client. */
static void without_authentication_there_is_no_client(void **state)
{
    struct client *c = *state;
    guise_object_desc desc = client_desc(c);
    guise_blanket blanket = make_blanket(0);
    guise_object *object;

    desc.authn_level = GUISE_AUTHN_LEVEL_NONE;
    desc.release = NULL;
    assert_ok(guise_object_create(&desc, &object));
    guise_proxy_unref(c->proxy);
    assert_ok(guise_proxy_create(object, &c->proxy));
    renew(c);
    blanket.authn_level = GUISE_AUTHN_LEVEL_NONE;
    blanket.authn_service = GUISE_AUTHN_SERVICE_NONE;
    assert_ok(guise_request_set_blanket(c->request, &blanket, NULL));
    assert_ok(begin(c));
    assert_finishes(c, ADD, 0, 3);
    assert_null(c->seen);
    guise_object_unref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_said_once),
        client_test(wrong_arguments_are_refused),
        client_test(a_fresh_blanket_is_worked_out_of_both_sides),
        client_test(a_blanket_is_assigned),
        client_test(impossible_blankets_are_refused),
        client_test(a_copy_starts_afresh),
        client_test(one_of_two_blankets_wins_whole),
        client_test_queued(a_request_has_its_own_blanket),
        client_test(less_protection_than_the_object_takes_is_refused),
        client_test_queued(without_cloaking_the_process_is_seen),
        client_test(the_lower_level_is_seen),
        client_test(an_identity_of_the_programs_own),
        client_test_queued(dynamic_cloaking_is_settled_inside_begin),
        client_test_queued(static_cloaking_is_fixed_by_set_blanket),
        client_test_queued(v41_static_cloaking_as_one_then_as_another),
        client_test_queued(v42_dynamic_cloaking_as_one_then_as_another),
        client_test_queued(v43_dynamic_cloaking_and_a_later_revert),
        client_test_queued(v44_set_blanket_while_a_call_is_pending),
        client_test_queued(a_client_that_grants_less_is_not_passed_on),
        client_test(without_authentication_there_is_no_client),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
