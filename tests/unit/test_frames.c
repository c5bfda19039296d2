/* SPDX-License-Identifier: MIT */
/* Frames: what a thread is at their beginning, in them, and at their end, however they end. */
#define _POSIX_C_SOURCE 200809L
#include "support/child.h"
#include "support/scene.h"

#include <string.h>

/* True unless the fake provider wrote down something else. */
/* ---- the beginning --------------------------------------------------------------------------- */

static guise_result begin_is_self(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_self());
    CHECK(s, guise_current_call() == call);
    s->count++;
    return GUISE_OK;
}

static guise_result both_kinds_begin_as_self(struct scene *s, guise_call *call)
{
    const guise_token *before = guise_thread_token();
    bool impersonating = guise_is_impersonating();

    CHECK_OK(s, guise_call_dispatch(call, begin_is_self, s));
    CHECK(s, guise_thread_token() == before && guise_is_impersonating() == impersonating);
    CHECK_OK(s, guise_call_run(call, begin_is_self, s));
    CHECK(s, guise_thread_token() == before && guise_is_impersonating() == impersonating);
    CHECK(s, is_worn());
    CHECK(s, s->count == 2);
    return GUISE_OK;
}

/* S-14, L-6: a token that the program put into the slot is put aside, and comes back. */
static void test_begins_empty_after_set_thread_token(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_set_thread_token(s->own_token));
    (void)both_kinds_begin_as_self(s, s->call);
    scene_verify(s);
    assert_true(is_only_set(s->own_token));
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS + 1);
    assert_ok(guise_set_thread_token(NULL));
}

static guise_result both_kinds(void *arg)
{
    struct scene *s = arg;

    return both_kinds_begin_as_self(s, s->call);
}

static void test_begins_empty_in_run_as(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_run_as(s->own_token, both_kinds, s));
    scene_verify(s);
}

/* S-14: also a client that this thread is in no frame. */
static void test_begins_empty_for_a_foreign_client(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_impersonate(s->other));
    (void)both_kinds_begin_as_self(s, s->call);
    scene_verify(s);
    assert_true(is_client(s->bob));
    assert_ok(guise_revert_to_self()); /* what the thread was is complete again */
    assert_true(is_self());
}

static guise_result nest_after_own_token(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(s->call));
    CHECK_OK(s, both_kinds_begin_as_self(s, s->other));
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

/* The whole state is restored, with the token that a revert goes back to; no second impersonation
 * is needed after a nested call (S-14, S-15, S-16). */
static void test_begins_empty_in_another_frame(void **state)
{
    scene_dispatch(*state, nest_after_own_token);
}

/* The slot is empty, and yet the thread impersonates: the client comes back, and one revert ends it. */
static guise_result impersonate_over_an_emptied_slot(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK(s, guise_impersonate_client() == GUISE_OK);
    CHECK(s, guise_set_thread_token(NULL) == GUISE_OK);
    CHECK(s, guise_thread_token() == NULL && guise_is_impersonating());
    CHECK(s, guise_impersonate_client() == GUISE_OK);
    CHECK(s, is_client(s->alice));
    CHECK(s, guise_revert_to_self() == GUISE_OK);
    CHECK(s, is_self());
    return GUISE_OK;
}

static void test_impersonates_over_an_emptied_slot(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, impersonate_over_an_emptied_slot);
}

static guise_result begin_first(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_fake_log("+b-b"));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_fake_log("+b-b+a"));
    return GUISE_OK;
}

static guise_result system_outer(guise_call *call, void *arg)
{
    struct scene *s = arg;

    fake_log_clear();
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_run(s->call, begin_first, s));
    CHECK(s, is_fake_log("+b-b+a-a+b"));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_fake_log("+b-b+a-a+b-b"));
    return GUISE_OK;
}

/* S-15: the system is told in the same order; a frame that does nothing tells it nothing. */
static void test_what_the_system_is_told(void **state)
{
    struct scene *s = *state;

    scene_dispatch_call(s, s->other, system_outer, GUISE_OK);
    assert_true(is_fake_log("+b-b+a-a+b-b"));
    scene_dispatch(s, do_nothing);
    assert_true(is_fake_log("+b-b+a-a+b-b"));
}

/* ---- the end --------------------------------------------------------------------------------- */

static guise_result leave_impersonation(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    return GUISE_OK;
}

static guise_result leave_own_token(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    return GUISE_OK;
}

static guise_result leave_other_client(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK(s, is_client(s->bob));
    return GUISE_OK;
}

static guise_result leave_everything(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK_OK(s, guise_set_thread_token(s->alice_token));
    CHECK(s, guise_thread_token() == s->alice_token);
    return GUISE_OK;
}

static guise_result leave_empty_but_impersonating(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_set_thread_token(NULL));
    CHECK(s, guise_thread_token() == NULL && guise_is_impersonating());
    return GUISE_OK;
}

static guise_result leave_and_fail(guise_call *call, void *arg)
{
    (void)leave_everything(call, arg);
    return GUISE_E_BAD_LEVEL;
}

static guise_begin_fn *const s_leavers[] = {
    leave_impersonation,           leave_own_token, leave_other_client, leave_everything,
    leave_empty_but_impersonating, leave_and_fail};
enum { LEAVERS = sizeof s_leavers / sizeof s_leavers[0] };

static void assert_nothing_is_left(struct scene *s)
{
    scene_verify(s);
    assert_true(is_self());
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS);
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS);
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS);
}

/* At B2 every token that was left in the slot is removed, with its references: an impersonation
 * (S-17, N-02), a token of the program's own, and either after a failure (L-6). */
static void test_ends_empty_whatever_was_left(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < LEAVERS; i++) {
        guise_call *call = make_call(s->alice);
        guise_result expected = s_leavers[i] == leave_and_fail ? GUISE_E_BAD_LEVEL : GUISE_OK;

        assert_result(guise_call_run(call, s_leavers[i], s), expected);
        assert_nothing_is_left(s);
        assert_result(guise_call_dispatch(call, s_leavers[i], s), expected);
        assert_nothing_is_left(s);
        guise_call_unref(call);
    }
}

static guise_result nest_all_leavers(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(s->other));
    for (int i = 0; i < LEAVERS; i++) {
        (void)!guise_call_run(s->call, s_leavers[i], s);
        CHECK(s, s->checks.failed == NULL);
        CHECK(s, is_client(s->bob));
    }
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

/* S-14, S-15: and the outer client is back, with the token a revert goes back to. */
static void test_ends_with_the_outer_client(void **state)
{
    struct scene *s = *state;

    scene_dispatch_call(s, s->other, nest_all_leavers, GUISE_OK);
    assert_nothing_is_left(s);
}

/* ---- saved and restored: S-10 to S-13 -------------------------------------------------------- */

static guise_result two_impersonations(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS);
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK(s, is_client(s->bob));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

/* S-12: the last one wins, one revert undoes them all, and then it starts anew. */
static void test_one_revert_undoes_any_number(void **state)
{
    scene_dispatch(*state, two_impersonations);
}

static guise_result own_token_in_between(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_set_thread_token(s->bob_token));
    CHECK(s, guise_thread_token() == s->bob_token);
    CHECK(s, guise_is_impersonating()); /* the flag is not the slot's */
    CHECK(s, is_worn());
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS + 1);
    CHECK_OK(s, guise_call_impersonate(call)); /* S-12: saves nothing new */
    CHECK(s, is_client(s->alice));
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS);
    CHECK_OK(s, guise_set_thread_token(s->bob_token));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token)); /* the saved one, independent of the current one */
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS);
    CHECK(s, token_refs(s->own_token) == SCENE_TOKEN_REFS + 1);
    return GUISE_OK;
}

/* S-13, S-11: the program changes the slot while it impersonates. */
static void test_own_token_between_impersonate_and_revert(void **state)
{
    scene_dispatch(*state, own_token_in_between);
}

static guise_result emptied_in_between(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_set_thread_token(NULL));
    CHECK(s, guise_thread_token() == NULL && guise_is_impersonating() && is_worn());
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_set_thread_token(s->own_token)); /* what is saved, by chance */
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, token_refs(s->own_token) == SCENE_TOKEN_REFS + 1);
    return GUISE_OK;
}

/* S-13 */
static void test_emptied_between_impersonate_and_revert(void **state)
{
    scene_dispatch(*state, emptied_in_between);
}

static guise_result refused_over_own_token(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_signal(call));
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, token_refs(s->own_token) == SCENE_TOKEN_REFS + 1);
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK_OK(s, guise_set_thread_token(s->alice_token));
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK(s, guise_thread_token() == s->alice_token && guise_is_impersonating());
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

/* A refusal leaves the slot and what a revert goes back to (N-04). */
static void test_refusal_changes_nothing(void **state)
{
    scene_dispatch(*state, refused_over_own_token);
}

/* ---- references ------------------------------------------------------------------------------ */

static guise_result count_references(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, token_refs(s->alice_token) == SCENE_TOKEN_REFS); /* borrowed from the frame's call */
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS + 1); /* held by another owner */
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS + 1);
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS);
    CHECK(s, token_refs(s->alice_token) == SCENE_TOKEN_REFS);
    CHECK(s, context_refs(s->alice) == 2 && context_refs(s->bob) == 2);
    return GUISE_OK;
}

/* The current call's client costs no reference; another held call's does: it may go any time. */
static void test_who_counts_references(void **state)
{
    scene_dispatch(*state, count_references);
}

static guise_result other_call_goes(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_call_impersonate(s->other));
    guise_call_unref(s->other);
    s->other = NULL;
    CHECK(s, is_client(s->bob));
    CHECK(s, context_refs(s->bob) == 1);
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS + 1);
    return GUISE_OK;
}

static void test_other_call_goes_while_it_is_impersonated(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, other_call_goes);
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS);
}

static guise_result outer_call_inside(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, call == s->call);
    CHECK_OK(s, guise_call_impersonate(s->other)); /* of the outer frame */
    CHECK(s, is_client(s->bob));
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS + 1);
    return GUISE_OK;
}

static guise_result same_client_twice(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_run(s->call, outer_call_inside, s));
    CHECK(s, is_client(s->bob));
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS);
    CHECK_OK(s, guise_call_run(call, leave_impersonation, s)); /* the same call within itself */
    CHECK(s, is_client(s->bob));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

/* S-14: the same call in several frames of one thread; an outer call's client in an inner one. */
static void test_same_client_in_nested_frames(void **state)
{
    struct scene *s = *state;

    scene_dispatch_call(s, s->other, same_client_twice, GUISE_OK);
}

/* ---- nesting --------------------------------------------------------------------------------- */

enum { DEPTH = 10000 };

/* Bob and Alice in turns, each frame in the other's. */
static guise_result go_deeper(guise_call *call, void *arg)
{
    struct scene *s = arg;
    const guise_context *mine = call == s->call ? s->alice : s->bob;
    guise_call *next = call == s->call ? s->other : s->call;

    CHECK(s, is_self());
    CHECK_OK(s, guise_impersonate_client());
    if (++s->count < DEPTH) {
        CHECK_OK(s, guise_call_run(next, go_deeper, s));
    }
    CHECK(s, is_client(mine));
    CHECK(s, guise_current_call() == call);
    return GUISE_OK;
}

static void deep_worker(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_dispatch(s->call, go_deeper, s), GUISE_OK);
    WT_CHECK(w, is_self());
    WT_CHECK(w, s->count == DEPTH);
}

static void *run_deep_worker(void *arg)
{
    deep_worker(arg);
    return NULL;
}

/* S-14: no fixed limit. On a thread with room for that many frames of a sanitizer. */
static void test_ten_thousand_frames(void **state)
{
    struct scene *s = *state;
    struct wt w = {.arg = s};
    pthread_attr_t attributes;

    test_watchdog(25);
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, (size_t)DEPTH * 8192), 0);
    assert_int_equal(pthread_create(&w.thread, &attributes, run_deep_worker, &w), 0);
    assert_int_equal(pthread_attr_destroy(&attributes), 0);
    wt_join(&w);
    scene_verify(s);
}

/* ---- after completion ------------------------------------------------------------------------ */

static guise_result run_after_completion(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_blanket blanket = {.size = sizeof blanket};

    CHECK(s, is_self());
    CHECK(s, guise_current_call() == call);
    CHECK_RESULT(s, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK_RESULT(s, guise_call_query_blanket(call, &blanket), GUISE_E_CALL_COMPLETE);
    CHECK_OK(s, guise_revert_to_self());
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(s->other));
    return 9;
}

static void run_late(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_run(s->call, run_after_completion, s), 9);
    WT_CHECK(w, is_self());
}

/* N-01, S-23: still a frame, never an impersonation. */
static void test_run_after_completion(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_signal(s->call));
    assert_result(guise_call_run(s->call, run_after_completion, s), 9);
    scene_verify(s);
    assert_true(is_self());
    scene_elsewhere(s, run_late);
}

static guise_result signal_between(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_impersonate_client());
    CHECK_OK(s, guise_call_signal(call));
    CHECK_RESULT(s, guise_call_run(call, run_after_completion, s), 9);
    CHECK(s, is_client(s->alice));
    CHECK(s, guise_current_call() == call);
    CHECK_OK(s, guise_revert_to_self()); /* N-03, S-23 */
    CHECK(s, is_self());
    return GUISE_OK;
}

/* N-02, N-03, S-23 */
static void test_run_after_completion_inside_begin(void **state)
{
    scene_dispatch(*state, signal_between);
}

static guise_result run_before_dispatch(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_impersonate_client());
    CHECK(s, is_client(s->alice));
    CHECK(s, is_pending(call));
    return GUISE_OK;
}

/* A continuation may come first, and any number of times. */
static void test_run_before_dispatch(void **state)
{
    struct scene *s = *state;

    scene_run(s, s->call, run_before_dispatch);
    scene_run(s, s->call, run_before_dispatch);
    scene_dispatch(s, run_before_dispatch);
    scene_run(s, s->call, run_before_dispatch);
    assert_true(is_self());
}

/* ---- ending by pthread_exit and cancellation ------------------------------------------------- */

/* A handler in Begin_ itself: the frame is still there, and so is the client. */
static void inside_the_inner_frame(void *arg)
{
    struct scene *s = arg;

    WT_CHECK(&s->checks, is_client(s->alice));
    WT_CHECK(&s->checks, guise_current_call() == s->call);
    WT_CHECK(&s->checks, s->count == 0);
    s->count = 1;
}

/* A handler of the outer frame: the inner one is gone, the outer client is back. */
static void inside_the_outer_frame(void *arg)
{
    struct scene *s = arg;

    WT_CHECK(&s->checks, is_client(s->bob));
    WT_CHECK(&s->checks, guise_current_call() == s->other);
    WT_CHECK(&s->checks, s->count == 1);
    s->count = 2;
}

static void end_by_exit(struct scene *s)
{
    (void)s;
    pthread_exit(NULL);
}

static void end_by_cancel(struct scene *s)
{
    (void)s;
    (void)pthread_cancel(pthread_self());
    pthread_testcancel();
}

/* In a sleep that never ends; another thread cancels it. */
static void end_in_a_sleep(struct scene *s)
{
    wt_latch_open(&s->ready);
    for (;;) {
        (void)pause();
    }
}

typedef void end_fn(struct scene *s);

struct ending {
    struct scene *s;
    end_fn *end;
    bool dispatching; /* the inner frame is Begin_, not a continuation */
};

static guise_result end_inner(guise_call *call, void *arg)
{
    struct ending *ending = arg;
    struct scene *s = ending->s;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    pthread_cleanup_push(inside_the_inner_frame, s);
    ending->end(s);
    pthread_cleanup_pop(0);
    return GUISE_E_UNEXPECTED;
}

static guise_result end_outer(guise_call *call, void *arg)
{
    struct ending *ending = arg;
    struct scene *s = ending->s;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    pthread_cleanup_push(inside_the_outer_frame, s);
    if (ending->dispatching) {
        (void)!guise_call_dispatch(s->call, end_inner, ending);
    } else {
        (void)!guise_call_run(s->call, end_inner, ending);
    }
    pthread_cleanup_pop(0);
    return GUISE_E_UNEXPECTED;
}

static void end_worker(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->other, end_outer, s->extra);
}

static void assert_ended(struct scene *s, bool dispatching)
{
    assert_int_equal(s->count,
                     2); /* both handlers ran, in order; elsewhere_ends checked the rest */
    assert_true(is_completed_with(s->other, GUISE_E_SERVER_FAULT));
    assert_true(dispatching ? is_completed_with(s->call, GUISE_E_SERVER_FAULT)
                            : is_pending(s->call));
    assert_nothing_is_left(s);
}

static void end_a_thread(struct scene *s, end_fn *end, bool dispatching)
{
    struct ending ending = {s, end, dispatching};
    uint64_t exited = counters_now().exited_as_client;

    s->extra = &ending;
    scene_elsewhere_ends(s, end_worker);
    assert_ended(s, dispatching);
    assert_true(counters_now().exited_as_client == exited); /* frames take it off, not the end */
}

/* A-34, L-6: level by level the token comes off and the outer client comes back, before the outer
 * code's own handlers run. */
static void test_pthread_exit_in_begin(void **state)
{
    end_a_thread(*state, end_by_exit, true);
}

static void test_pthread_exit_in_a_continuation(void **state)
{
    end_a_thread(*state, end_by_exit, false);
}

/* */
static void test_cancellation_in_begin(void **state)
{
    end_a_thread(*state, end_by_cancel, true);
}

static void test_cancellation_in_a_continuation(void **state)
{
    end_a_thread(*state, end_by_cancel, false);
}

static void cancel_from_outside(struct scene *s, bool dispatching)
{
    struct ending ending = {s, end_in_a_sleep, dispatching};
    struct wt w = {.arg = s, .fn = end_worker};

    test_watchdog(20);
    s->extra = &ending;
    s->ended = false;
    assert_int_equal(pthread_create(&w.thread, NULL, elsewhere_ends_main, &w), 0);
    wt_latch_wait(&s->ready);
    assert_int_equal(pthread_cancel(w.thread), 0);
    wt_join(&w);
    scene_verify(s);
    assert_true(s->ended);
    assert_ended(s, dispatching);
}

/* while it sleeps somewhere deep in the server's own code. */
static void test_cancellation_of_a_sleeping_begin(void **state)
{
    cancel_from_outside(*state, true);
}

static void test_cancellation_of_a_sleeping_continuation(void **state)
{
    cancel_from_outside(*state, false);
}

static pthread_key_t s_key;

static void slot_at_thread_end(void *arg)
{
    struct scene *s = arg;

    WT_CHECK(&s->checks, is_self());
    WT_CHECK(&s->checks, guise_current_call() == NULL);
    s->count = 3;
}

static guise_result exit_with_a_destructor(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, pthread_setspecific(s_key, s) == 0);
    pthread_exit(NULL);
}

static void exit_with_key(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, exit_with_a_destructor, s);
}

/* When the thread's destructors run, the frames are gone, in any order of destructors. */
static void test_destructors_run_as_self(void **state)
{
    struct scene *s = *state;

    assert_int_equal(pthread_key_create(&s_key, slot_at_thread_end), 0);
    scene_elsewhere_ends(s, exit_with_key);
    assert_int_equal(pthread_key_delete(s_key), 0);
    assert_int_equal(s->count, 3);
}

/* ---- what ends the process ------------------------------------------------------------------- */

/* AddressSanitizer may put each frame's variables in another place, and then the mistake cannot be
 * noticed. */
#if defined(__SANITIZE_ADDRESS__)
static const bool has_two_stacks = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
static const bool has_two_stacks = true;
#else
static const bool has_two_stacks = false;
#endif
#else
static const bool has_two_stacks = false;
#endif

static jmp_buf s_out;

static guise_result jump_out(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    longjmp(s_out, 1);
}

static void dispatch_and_jump(guise_call *call)
{
    if (setjmp(s_out) == 0) {
        (void)!guise_call_run(call, jump_out, NULL);
    }
}

/* A loop that stays one, so that it is the same place of the stack every time. */
static void jump_out_again(void *arg)
{
    struct scene *s = arg;

    for (volatile int i = 0; i < 4; i++) {
        dispatch_and_jump(s->call);
    }
}

/* L-7: the next frame in the same place notices. */
static void test_longjmp_out_of_a_frame(void **state)
{
    if (has_two_stacks) {
        print_message("SKIPPED: this sanitizer keeps frames elsewhere than on the stack\n");
        skip();
    }
    assert_child_dies(jump_out_again, *state,
                      "guise: fatal: a frame was left by longjmp; ending the process");
}

static guise_result jump_out_of_inner(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    if (setjmp(s_out) == 0) {
        (void)!guise_call_run(s->other, jump_out, NULL);
    }
    return GUISE_OK;
}

static void end_out_of_order(void *arg)
{
    struct scene *s = arg;

    (void)!guise_call_dispatch(s->call, jump_out_of_inner, s);
}

/* L-7: and so does the end of the frame around it. */
static void test_outer_frame_ends_out_of_order(void **state)
{
    assert_child_dies(end_out_of_order, *state, "guise: fatal: a frame ended out of order");
}

static void *async_thread(void *arg)
{
    struct scene *s = arg;
    int before;

    (void)pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &before);
    (void)!guise_call_dispatch(s->call, do_nothing, NULL);
    return NULL;
}

static void dispatch_asynchronously_cancelable(void *arg)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, async_thread, arg) == 0) {
        (void)pthread_join(thread, NULL);
    }
}

static void test_asynchronous_cancelability(void **state)
{
    assert_child_dies(dispatch_asynchronously_cancelable, *state,
                      "guise: fatal: a thread with asynchronous cancelability was given a frame");
}

static guise_result cannot_come_back(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    fake_fail(FAKE_ENTER, 0, FAKE_ALWAYS, GUISE_E_ACCESS_DENIED);
    return GUISE_OK;
}

static guise_result nest_what_cannot_come_back(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    (void)!guise_call_run(s->other, cannot_come_back, s);
    test_exit_child(0); /* not reached: it would be as self in alice's frame */
}

static void outer_client_is_lost(void *arg)
{
    struct scene *s = arg;

    (void)!guise_call_dispatch(s->call, nest_what_cannot_come_back, s);
}

/* L-7: the outer client cannot be put back; its code must not go on as the server. */
static void test_outer_client_cannot_come_back(void **state)
{
    assert_child_dies(outer_client_is_lost, *state,
                      "guise: fatal: could not put the previous client back on a thread");
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_begins_empty_after_set_thread_token),
        scene_test(test_begins_empty_in_run_as),
        scene_test(test_begins_empty_for_a_foreign_client),
        scene_test(test_begins_empty_in_another_frame),
        scene_test(test_impersonates_over_an_emptied_slot),
        scene_test(test_what_the_system_is_told),
        scene_test(test_ends_empty_whatever_was_left),
        scene_test(test_ends_with_the_outer_client),
        scene_test(test_one_revert_undoes_any_number),
        scene_test(test_own_token_between_impersonate_and_revert),
        scene_test(test_emptied_between_impersonate_and_revert),
        scene_test(test_refusal_changes_nothing),
        scene_test(test_who_counts_references),
        scene_test(test_other_call_goes_while_it_is_impersonated),
        scene_test(test_same_client_in_nested_frames),
        scene_test(test_ten_thousand_frames),
        scene_test(test_run_after_completion),
        scene_test(test_run_after_completion_inside_begin),
        scene_test(test_run_before_dispatch),
        scene_test(test_pthread_exit_in_begin),
        scene_test(test_pthread_exit_in_a_continuation),
        scene_test(test_cancellation_in_begin),
        scene_test(test_cancellation_in_a_continuation),
        scene_test(test_cancellation_of_a_sleeping_begin),
        scene_test(test_cancellation_of_a_sleeping_continuation),
        scene_test(test_destructors_run_as_self),
        scene_test(test_longjmp_out_of_a_frame),
        scene_test(test_outer_frame_ends_out_of_order),
        scene_test(test_asynchronous_cancelability),
    };
    const struct CMUnitTest faked[] = {
        scene_test(test_outer_client_cannot_come_back),
    };
    int failed = cmocka_run_group_tests_name("frames", tests, NULL, NULL);

    if (scene_is_faked) {
        failed += cmocka_run_group_tests_name("frames and a failing system", faked, NULL, NULL);
    }
    return failed;
}

int main(void)
{
    return scene_main(run);
}
