/* SPDX-License-Identifier: MIT */
/*
 * The scene that most tests of calls use: two clients, one that was not authenticated, a token of the
 * program's own, and a call of each of the first two.
 *
 * Code in a frame must not use assert_: a failed one would leave the frame by longjmp. It uses
 * CHECK and CHECK_RESULT, which record the failure in the scene and return from the frame; the
 * functions here that run on the test's own thread then report it. Workers use wt.h as everywhere.
 *
 * scene_teardown counts references, so every test that uses it proves that nothing leaked.
 *
 * scene_main runs all tests twice, first in a child with the fake provider. There is_self and the like
 * also ask the fake system, so that each check of the slot is a check of the system's identity too.
 */
#ifndef GUISE_TEST_SCENE_H
#define GUISE_TEST_SCENE_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fake_provider.h"
#include "support/test.h"
#include "support/wt.h"

#include "identity/context.h"
#include "identity/token.h"

struct scene {
    struct wt checks; /* the first check that failed in a frame */
    guise_token *alice_token, *bob_token, *own_token;
    guise_context *alice, *bob;
    guise_context *nobody;           /* authentication level NONE */
    guise_call *call;                /* of alice; NULL: the test has given its reference away */
    guise_call *other;               /* of bob; the same */
    struct wt_latch ready, go, done; /* for any use by the test */
    void *extra;                     /* the same */
    int count;                       /* the same */
    bool ended;                      /* the thread of scene_elsewhere_ends has ended as expected */
};

#define CHECK(s, expression) WT_CHECK_OR(&(s)->checks, expression, GUISE_E_UNEXPECTED)
#define CHECK_RESULT(s, actual, expected)                                                          \
    WT_CHECK_RESULT_OR(&(s)->checks, actual, expected, GUISE_E_UNEXPECTED)
#define CHECK_OK(s, actual) CHECK_RESULT(s, actual, GUISE_OK)

/* ---- predicates, for any thread -------------------------------------------------------------- */

static bool scene_is_faked; /* set once, before there are threads */

/* Returns whether the system sees this thread as the client of the token in its slot. */
static inline bool is_worn(void)
{
    const guise_token *token = guise_thread_token();

    return !scene_is_faked || fake_worn_serial() == (token == NULL ? 0 : guise_token_serial(token));
}

/* Returns whether the fake provider has recorded exactly this; true with another provider. */
static inline bool is_fake_log(const char *log)
{
    return !scene_is_faked || strcmp(fake_log(), log) == 0;
}

/* Returns whether this thread is self, with an empty slot. */
static inline bool is_self(void)
{
    return guise_thread_token() == NULL && !guise_is_impersonating() && is_worn();
}

/* Returns whether this thread impersonates this client. */
static inline bool is_client(const guise_context *client)
{
    return guise_thread_token() == guise_context_token(client) && guise_is_impersonating() &&
           is_worn();
}

/* Returns whether this token is in the slot without an impersonation. */
static inline bool is_only_set(const guise_token *token)
{
    return guise_thread_token() == token && !guise_is_impersonating() && is_worn();
}

static inline unsigned token_refs(const guise_token *token)
{
    return atomic_load(&token->refs);
}

static inline unsigned context_refs(const guise_context *context)
{
    return atomic_load(&context->refs);
}

/* The references to a token while no frame, slot or thread has one: the scene's and the context's. */
enum { SCENE_TOKEN_REFS = 2 };

/* Returns whether the call has completed with exactly this result. */
static inline bool is_completed_with(const guise_call *call, guise_result expected)
{
    guise_result result = ~expected;

    return guise_call_result(call, &result) == GUISE_OK && result == expected;
}

/* Returns whether every function that reports the state of a call says that it is open. */
static inline bool is_pending(guise_call *call)
{
    guise_result result = GUISE_E_UNEXPECTED;

    return guise_call_result(call, &result) == GUISE_E_CALL_PENDING && result == GUISE_OK &&
           guise_call_wait(call, 0) == GUISE_E_CALL_PENDING;
}

/* The counters since they were last read by the same test. */
static inline guise_counters counters_now(void)
{
    guise_counters counters = {.size = sizeof counters};

    if (guise_counters_get(&counters) != GUISE_OK) {
        abort();
    }
    return counters;
}

/* ---- the stage, on the test's own thread ----------------------------------------------------- */

static inline guise_token *make_token(const char *name, uid_t uid)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .name = name,
                             .uid = uid,
                             .gid = (gid_t)uid,
                             .level = GUISE_LEVEL_IMPERSONATE};
    guise_token *token = TEST_POISON(guise_token);

    assert_ok(guise_token_create(&desc, &token));
    return token;
}

static inline guise_context *make_context(const guise_token *token, uint32_t authn_level)
{
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_service = GUISE_AUTHN_SERVICE_KERNEL,
                             .authn_level = authn_level,
                             .server_principal = "server"};
    guise_context *context = TEST_POISON(guise_context);

    assert_ok(guise_context_create(&blanket, token, &context));
    return context;
}

static inline guise_call *make_call(guise_context *client)
{
    guise_call *call = TEST_POISON(guise_call);

    assert_ok(guise_call_create(client, &call));
    return call;
}

static inline int scene_setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->alice_token = make_token("alice", 1001);
    s->bob_token = make_token("bob", 1002);
    s->own_token = make_token("own", 1003);
    s->alice = make_context(s->alice_token, GUISE_AUTHN_LEVEL_CONNECT);
    s->bob = make_context(s->bob_token, GUISE_AUTHN_LEVEL_PKT_PRIVACY);
    s->nobody = make_context(s->own_token, GUISE_AUTHN_LEVEL_NONE);
    s->call = make_call(s->alice);
    s->other = make_call(s->bob);
    wt_latch_init(&s->ready);
    wt_latch_init(&s->go);
    wt_latch_init(&s->done);
    *state = s;
    return 0;
}

static inline int scene_teardown(void **state)
{
    struct scene *s = *state;
    bool was_self = is_self();

    /* A test that failed half-way may have left a token on, which would fail the next ones. */
    (void)!guise_revert_to_self();
    (void)!guise_set_thread_token(NULL);
    guise_call_unref(s->call);
    guise_call_unref(s->other);
    assert_true(was_self);
    assert_null(guise_current_call());
    assert_int_equal(context_refs(s->alice), 1);
    assert_int_equal(context_refs(s->bob), 1);
    assert_int_equal(context_refs(s->nobody), 1);
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS);
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS);
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS);
    guise_context_unref(s->alice);
    guise_context_unref(s->bob);
    guise_context_unref(s->nobody);
    guise_token_unref(s->alice_token);
    guise_token_unref(s->bob_token);
    guise_token_unref(s->own_token);
    free(s);
    test_watchdog(0);
    return 0;
}

/* A test with a scene of its own. */
#define scene_test(fn) cmocka_unit_test_setup_teardown(fn, scene_setup, scene_teardown)

/* Reports a check that failed in a frame as the test's own failure. */
static inline void scene_verify(const struct scene *s)
{
    const struct wt *w = &s->checks;

    if (w->failed == NULL) {
        return;
    }
    if (w->is_result) {
        test_assert_result(w->actual, w->expected, w->failed, w->file, w->line);
    }
    print_error("in a frame: %s\n", w->failed);
    _fail(w->file, w->line);
}

/* Runs Begin_ of the scene's call, or of another, here: the thread is self before and after, and
 * Begin_ answers exactly this. */
static inline void scene_dispatch_call(struct scene *s, guise_call *call, guise_begin_fn *begin,
                                       guise_result expected)
{
    guise_result result;

    test_watchdog(20);
    assert_true(is_self());
    result = guise_call_dispatch(call, begin, s);
    scene_verify(s);
    assert_result(result, expected);
    assert_true(is_self());
    assert_null(guise_current_call());
}

static inline void scene_dispatch(struct scene *s, guise_begin_fn *begin)
{
    scene_dispatch_call(s, s->call, begin, GUISE_OK);
}

/* The same for a continuation. */
static inline void scene_run(struct scene *s, guise_call *call, guise_begin_fn *fn)
{
    guise_result result;

    test_watchdog(20);
    result = guise_call_run(call, fn, s);
    scene_verify(s);
    assert_ok(result);
}

/* ---- another thread, from anywhere ----------------------------------------------------------- */

static inline void *elsewhere_main(void *arg)
{
    struct wt *w = arg;

    w->fn(w);
    return NULL;
}

/* Runs fn on a new thread, and joins it; fn's argument is the scene. A check that failed there is recorded
 * as if it had failed here. Returns false if one did. */
static inline bool elsewhere(struct scene *s, wt_fn *fn)
{
    struct wt w = {.fn = fn, .arg = s};

    if (pthread_create(&w.thread, NULL, elsewhere_main, &w) != 0 ||
        pthread_join(w.thread, NULL) != 0) {
        abort();
    }
    if (w.failed != NULL && s->checks.failed == NULL) {
        s->checks = w;
    }
    return w.failed == NULL;
}

/* The last cleanup handler of a thread that is being ended: all frames have ended, and it is self. */
static inline void elsewhere_ended(void *arg)
{
    struct wt *w = arg;
    struct scene *s = w->arg;

    WT_CHECK(w, is_self());
    WT_CHECK(w, guise_current_call() == NULL);
    s->ended = true;
}

static inline void *elsewhere_ends_main(void *arg)
{
    struct wt *w = arg;

    pthread_cleanup_push(elsewhere_ended, w);
    w->fn(w);
    pthread_cleanup_pop(0);
    wt_failed(w, "pthread_exit or cancellation in here", __FILE__, __LINE__);
    return NULL;
}

/* Called on the test's own thread: runs fn on a new thread, which fn ends instead of returning. */
static inline void scene_elsewhere_ends(struct scene *s, wt_fn *fn)
{
    struct wt w = {.fn = fn, .arg = s};

    test_watchdog(20);
    s->ended = false;
    assert_int_equal(pthread_create(&w.thread, NULL, elsewhere_ends_main, &w), 0);
    assert_int_equal(pthread_join(w.thread, NULL), 0);
    if (w.failed != NULL && s->checks.failed == NULL) {
        s->checks = w;
    }
    scene_verify(s);
    assert_true(s->ended);
}

/* Calls elsewhere from the test's own thread, in no frame, and reports what failed. */
static inline void scene_elsewhere(struct scene *s, wt_fn *fn)
{
    test_watchdog(20);
    (void)elsewhere(s, fn);
    scene_verify(s);
}

/* For elsewhere: signals the scene's call. */
static inline void signal_call(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_signal(s->call), GUISE_OK);
}

/* A completion function that counts in an int, and one that must not run. */
static inline void count_completion(guise_call *call, guise_result result, void *count)
{
    (void)call;
    (void)result;
    ++*(int *)count;
}

static inline void never_completes(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    (void)result;
    (void)arg;
    abort();
}

/* A Begin_ for tests that are about the state of the call only. */
static inline guise_result do_nothing(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return GUISE_OK;
}

/* ---- main ------------------------------------------------------------------------------------ */

static inline int scene_run_faked(int (*run)(void))
{
    scene_is_faked = true;
    (void)printf("With the fake provider:\n");
    return guise_use_provider(fake_provider()) == GUISE_OK ? run() : 1;
}

/* Runs the whole program, from main, once with each provider. run returns how many tests failed. */
static inline int scene_main(int (*run)(void))
{
    int status = -1;
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        exit(scene_run_faked(run) == 0 ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        (void)printf("FAILED with the fake provider (%d)\n", status);
        return 1;
    }
    test_use_emulated();
    (void)printf("With the emulated provider:\n");
    return run() == 0 ? 0 : 1;
}

#endif
