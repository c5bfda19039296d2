/* SPDX-License-Identifier: MIT */
/*
 * The test vectors, one function each, and the decision table of impersonation, D-1 to D-9: who may
 * become the client of a call, by whether Begin_ still runs, whether Signal has completed, and
 * which thread asks. T0 is the thread that dispatches, W another one; "imp" is
 * guise_call_impersonate through the pointer that Begin_ was given.
 *
 * A call is one-shot here: what COM calls an earlier epoch of a call object is a completed call.
 * Finish_ is the client's; the server's view of the same moment is guise_call_wait and
 * guise_call_result.
 *
 * Elsewhere: V-28 and V-29 (signals) in test_signal.c, V-46 (the race) in tests/stress. Not here,
 * because they are about COM's client side or COM's own surface and have no function in the core:
 *   V-21, V-22          QueryBlanket's parameters (the core fills a struct; X-06 is in test_call.c)
 *   V-23, V-24, V-25    opening a thread's token and the impersonation privilege
 *   V-30, V-32, V-33    Finish_, reuse of a call object, Reset on a call: a guise call has none
 *   V-35, V-36, V-37    the client's Cancel and TestCancel (the server's view is in test_call.c)
 *   V-39                the container's codes (test_container.c has the rules)
 *   V-40                CreateCall
 *   V-41 to V-44        cloaking and the proxy's blanket
 *   V-49                a synchronous client of a call object
 */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

/* ---- on the dispatching thread: B1 and B2 ---------------------------------------------------- */

/* N-02, X-17, S-18: imp, then Signal. */
static guise_result imp_and_signal(struct scene *s, guise_call *call)
{
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_client(s->alice));
    CHECK(s, is_completed_with(call, GUISE_OK));
    return GUISE_OK;
}

static guise_result v01(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_self());
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, guise_thread_token() == s->alice_token);
    CHECK(s, guise_is_impersonating());
    CHECK(s, token_refs(s->alice_token) == SCENE_TOKEN_REFS); /* the frame's call keeps it alive */
    return GUISE_OK;
}

/* S-08, S-18 */
static void test_V_01_imp_puts_the_client_in_the_slot(void **state)
{
    scene_dispatch(*state, v01);
}

static guise_result v02(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_signal(call));
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_self());
    CHECK_RESULT(s, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_self());
    return GUISE_OK;
}

/* Begin_ is still on the stack, and no thread can become the client any more (N-01, X-01). */
static void test_V_02_imp_after_signal_is_refused(void **state)
{
    scene_dispatch(*state, v02);
}

static guise_result v03(guise_call *call, void *arg)
{
    return imp_and_signal(arg, call);
}

/* N-02: Signal touches no thread's token. */
static void test_V_03_signal_leaves_the_token_on(void **state)
{
    scene_dispatch(*state, v03);
}

static guise_result v04(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, imp_and_signal(s, call));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

/* N-03: reverting works after B1. */
static void test_V_04_revert_works_after_signal(void **state)
{
    scene_dispatch(*state, v04);
}

static guise_result v05(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, v04(call, s));
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_self());
    return GUISE_OK;
}

/* A thread that has reverted cannot become the client again (N-04). */
static void test_V_05_imp_after_signal_and_revert_is_refused(void **state)
{
    scene_dispatch(*state, v05);
}

static guise_result v06(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, imp_and_signal(s, call));
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

/* N-04: the refusal changes nothing: the client is still on, and a revert still takes it off. */
static void test_V_06_refused_imp_leaves_the_client_on(void **state)
{
    scene_dispatch(*state, v06);
}

static guise_result v07(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, imp_and_signal(s, call));
    return GUISE_OK;
}

/* N-02, S-17: what Signal left on comes off when Begin_ returns. */
static void test_V_07_return_from_begin_takes_the_token_off(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_dispatch(s->call, v07, s));
    scene_verify(s);
    assert_null(guise_thread_token());
    assert_false(guise_is_impersonating());
    assert_true(is_completed_with(s->call, GUISE_OK));
    assert_ok(guise_call_wait(s->call, 0));
}

static guise_result v08(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

/* N-02, A-20: Begin_ returns as the client and without Signal: the token goes, the call stays. */
static void test_V_08_begin_returns_without_signal(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, v08);
    assert_null(guise_thread_token());
    assert_true(is_pending(s->call));
    assert_int_equal(guise_call_wait(s->call, 1), GUISE_E_CALL_PENDING);
}

/* ---- on another thread, after Begin_ has returned -------------------------------------------- */

static void v09(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK(w, is_self());
    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_OK);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK(w, token_refs(s->alice_token) == SCENE_TOKEN_REFS + 1); /* no frame: a reference */
    WT_CHECK_RESULT(w, guise_call_signal(s->call), GUISE_OK);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK(w, token_refs(s->alice_token) == SCENE_TOKEN_REFS + 1);
}

static void v09_worker(struct wt *w)
{
    v09(w);
    (void)!guise_revert_to_self();
}

/* S-20, N-06 (row 5: D-5): nothing takes off what a thread in no frame put on itself. */
static void test_V_09_worker_imps_and_signals_after_begin(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, v08);
    scene_elsewhere(s, v09_worker);
    assert_true(is_completed_with(s->call, GUISE_OK));
}

static void v10_worker(struct wt *w)
{
    struct scene *s = w->arg;

    v09(w);
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    WT_CHECK(w, is_self());
    WT_CHECK(w, token_refs(s->alice_token) == SCENE_TOKEN_REFS);
}

/* S-21: the revert of a foreign impersonation works after the call has completed. */
static void test_V_10_worker_reverts_after_completion(void **state)
{
    scene_dispatch(*state, v08);
    scene_elsewhere(*state, v10_worker);
}

static void v11_worker(struct wt *w)
{
    struct scene *s = w->arg;

    v10_worker(w);
    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    WT_CHECK(w, is_self());
    WT_CHECK(w, token_refs(s->alice_token) == SCENE_TOKEN_REFS);
}

/* N-01, N-04, N-05: and then it cannot become the client again. */
static void test_V_11_worker_cannot_imp_again(void **state)
{
    scene_dispatch(*state, v08);
    scene_elsewhere(*state, v11_worker);
}

static guise_result v12(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, elsewhere(s, signal_call));
    CHECK(s, is_client(s->alice));
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

/* Another thread's Signal completes the call for all threads, and changes no thread's token (N-05,
 * N-04, A-19). */
static void test_V_12_other_thread_signals(void **state)
{
    scene_dispatch(*state, v12);
}

/* ---- what a revert goes back to -------------------------------------------------------------- */

static guise_result v13(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, token_refs(s->own_token) == SCENE_TOKEN_REFS + 1);
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    CHECK(s, token_refs(s->own_token) == SCENE_TOKEN_REFS + 1); /* saved now */
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, token_refs(s->own_token) == SCENE_TOKEN_REFS + 1);
    return GUISE_OK;
}

/* S-10, S-11: the first impersonation saves what was in the slot, revert puts it back. */
static void test_V_13_revert_restores_the_programs_own_token(void **state)
{
    scene_dispatch(*state, v13);
}

static guise_result v14(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK(s, is_client(s->bob));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

/* S-12: impersonations do not stack. */
static void test_V_14_one_revert_undoes_two_imps(void **state)
{
    scene_dispatch(*state, v14);
}

/* ---- nested frames --------------------------------------------------------------------------- */

static guise_result v15_inner(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_self());
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->bob));
    return GUISE_OK;
}

static guise_result v15(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_dispatch(s->other, v15_inner, s));
    CHECK(s, is_client(s->alice));
    CHECK(s, guise_current_call() == call);
    return GUISE_OK;
}

/* S-14, S-15: the outer frame is its own client again. */
static void test_V_15_nested_frame_without_revert(void **state)
{
    scene_dispatch(*state, v15);
}

static guise_result v16_inner(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, v15_inner(call, s));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

static guise_result v16(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_dispatch(s->other, v16_inner, s));
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

/* S-14, S-11: an inner revert goes back to the inner beginning, not to the outer client. */
static void test_V_16_nested_frame_with_revert(void **state)
{
    scene_dispatch(*state, v16);
}

static void v17_worker(struct wt *w)
{
    struct scene *s = w->arg;
    guise_result result = guise_call_impersonate(s->call);

    wt_latch_open(&s->ready);
    wt_latch_wait(&s->go);
    WT_CHECK_RESULT(w, result, GUISE_OK);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    WT_CHECK(w, is_self());
}

static guise_result v17(guise_call *call, void *arg)
{
    struct scene *s = arg;

    wt_latch_wait(&s->ready);
    CHECK(s, is_self()); /* W's impersonation is not T0's */
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

/* S-19: one thread's revert is its own. */
static void test_V_17_two_threads_of_one_call(void **state)
{
    struct scene *s = *state;
    struct wt w;
    guise_result result;

    test_watchdog(20);
    wt_start(&w, v17_worker, s);
    result = guise_call_dispatch(s->call, v17, s);
    wt_latch_open(&s->go);
    wt_join(&w);
    scene_verify(s);
    assert_ok(result);
}

/* ---- no call, no client ---------------------------------------------------------------------- */

static bool is_blanket_refused(const guise_call *call)
{
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_service = 9,
                             .authz_service = 9,
                             .authn_level = 9,
                             .level = GUISE_LEVEL_DELEGATE,
                             .capabilities = 9,
                             .server_principal = TEST_POISON(const char)};

    return guise_call_query_blanket(call, &blanket) == GUISE_E_CALL_COMPLETE &&
           blanket.size == sizeof blanket && blanket.authn_service == 0 &&
           blanket.authz_service == 0 && blanket.authn_level == 0 &&
           blanket.level == GUISE_LEVEL_DEFAULT && blanket.capabilities == 0 &&
           blanket.server_principal == NULL;
}

static void v18_other_thread(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    WT_CHECK(w, is_self());
    WT_CHECK(w, is_blanket_refused(s->call));
}

/* A synchronous method signals just before it returns, so B1 and B2 are one, and a kept pointer
 * gives nothing (N-07, N-05, X-01, X-08, S-18). */
static void test_V_18_retained_pointer_after_a_synchronous_method(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, v03);
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    assert_true(is_self());
    assert_true(is_blanket_refused(s->call));
    scene_elsewhere(s, v18_other_thread);
}

static void v19_worker(struct wt *w)
{
    WT_CHECK(w, guise_current_call() == NULL);
    WT_CHECK_RESULT(w, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    WT_CHECK(w, is_self());
}

static guise_result v19(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, guise_current_call() == call);
    CHECK(s, elsewhere(s, v19_worker));
    return GUISE_OK;
}

/* S-02, S-03, S-23, X-20: a thread without a call, also while another one serves one. The core's
 * revert is GUISE_OK there; only the COM surface refuses it. */
static void test_V_19_thread_with_no_call(void **state)
{
    struct scene *s = *state;

    scene_elsewhere(s, v19_worker);
    scene_dispatch(s, v19);
    assert_null(guise_current_call());
    assert_result(guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    assert_ok(guise_revert_to_self());
}

static guise_result v20(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_UNSECURE_CALL);
    CHECK(s, is_self());
    CHECK_RESULT(s, guise_impersonate_client(), GUISE_E_UNSECURE_CALL);
    CHECK(s, is_self());
    return GUISE_OK;
}

/* X-05, S-07 */
static void test_V_20_authentication_level_none(void **state)
{
    struct scene *s = *state;
    guise_call *call = make_call(s->nobody);

    scene_dispatch_call(s, call, v20, GUISE_OK);
    guise_call_unref(call);
}

/* ---- one Begin_, one completion -------------------------------------------------------------- */

static guise_result must_not_begin(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    s->count = -1000;
    return GUISE_E_UNEXPECTED;
}

static guise_result v26(guise_call *call, void *arg)
{
    struct scene *s = arg;

    s->count++;
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_RESULT(s, guise_call_dispatch(call, must_not_begin, s), GUISE_E_CALL_PENDING);
    CHECK(s, is_client(s->alice));
    CHECK(s, guise_current_call() == call);
    return GUISE_OK;
}

/* a second Begin_ is refused and does not run, while the first one runs and after. */
static void test_V_26_begin_twice(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, v26);
    assert_result(guise_call_dispatch(s->call, must_not_begin, s), GUISE_E_CALL_PENDING);
    assert_int_equal(s->count, 1);
    assert_true(is_pending(s->call));
    assert_ok(guise_call_signal(s->call));
    assert_true(is_completed_with(s->call, GUISE_OK));
}

/* the call's side of Y-02. */
static void test_V_27_wait_before_and_after_signal(void **state)
{
    struct scene *s = *state;

    assert_result(guise_call_wait(s->call, 0), GUISE_E_CALL_PENDING);
    assert_ok(guise_call_signal(s->call));
    assert_ok(guise_call_wait(s->call, 0));
    assert_ok(guise_call_wait(s->call, 0)); /* not taken by the first */
}

static void v31_client(struct wt *w)
{
    struct scene *s = w->arg;
    guise_result first = guise_call_wait(s->call, 1); /* sleeps: no thread signals before ready */

    wt_latch_open(&s->ready);
    WT_CHECK_RESULT(w, first, GUISE_E_CALL_PENDING);
    WT_CHECK_RESULT(w, guise_call_wait(s->call, GUISE_INFINITE), GUISE_OK);
    WT_CHECK(w, s->count == 1); /* a plain int: what the server wrote before Signal is visible */
    WT_CHECK(w, is_completed_with(s->call, GUISE_E_ACCESS_DENIED));
}

/* waiting for the end of a call ends with the call, not before. */
static void test_V_31_wait_before_signal_blocks(void **state)
{
    struct scene *s = *state;
    struct wt w;

    test_watchdog(20);
    scene_dispatch(s, do_nothing);
    wt_start(&w, v31_client, s);
    wt_latch_wait(&s->ready);
    s->count = 1;
    assert_ok(guise_call_complete(s->call, GUISE_E_ACCESS_DENIED));
    wt_join(&w);
}

/* two Signals, one reply. */
static void test_V_34_signal_twice(void **state)
{
    struct scene *s = *state;
    int replies = 0;

    assert_ok(guise_call_on_complete(s->call, count_completion, &replies));
    assert_ok(guise_call_signal(s->call));
    assert_int_equal(replies, 1);
    assert_ok(guise_call_signal(s->call));
    assert_int_equal(replies, 1);
    assert_true(is_completed_with(s->call, GUISE_OK));
}

/* ---- lifetimes ------------------------------------------------------------------------------- */

static guise_result v38(guise_call *call, void *arg)
{
    struct scene *s = arg;

    guise_call_unref(s->call); /* the frame keeps it */
    s->call = NULL;
    CHECK(s, context_refs(s->alice) == 2);
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_client(s->alice));
    CHECK(s, is_completed_with(call, GUISE_OK));
    return GUISE_OK;
}

/* the client lets go; the server runs on as before, and nothing leaks. */
static void test_V_38_caller_lets_go_during_begin(void **state)
{
    struct scene *s = *state;
    int replies = 0;

    assert_ok(guise_call_on_complete(s->call, count_completion, &replies));
    scene_dispatch(s, v38);
    assert_int_equal(replies, 1);
    assert_int_equal(context_refs(s->alice), 1);
}

static guise_result v45(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_context *client = s->extra;

    guise_context_unref(client); /* the client's own reference: its connection is gone */
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, guise_thread_token() == s->bob_token);
    CHECK(s, guise_is_impersonating());
    return GUISE_OK;
}

/* A call keeps what it was made with. */
static void test_V_45_context_dropped_during_begin(void **state)
{
    struct scene *s = *state;
    guise_call *call;

    s->extra = make_context(s->bob_token, GUISE_AUTHN_LEVEL_CALL);
    call = make_call(s->extra);
    scene_dispatch_call(s, call, v45, GUISE_OK);
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS + 1);
    guise_call_unref(call);
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS);
}

static void v47_worker(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK(w, is_self());
    WT_CHECK(w, guise_current_call() == NULL);
    WT_CHECK_RESULT(w, guise_call_impersonate(s->other), GUISE_OK);
    WT_CHECK(w, is_client(s->bob));
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
}

static guise_result v47(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, elsewhere(s, v47_worker));
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

/* A thread made by a client's thread is no client (W-21). */
static void test_V_47_thread_created_while_impersonating(void **state)
{
    scene_dispatch(*state, v47);
}

static guise_result v48(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    return GUISE_E_ACCESS_DENIED;
}

/* A-22, L-6: a failing Begin_ is the call's result, and the frame ends as every frame. */
static void test_V_48_begin_fails_while_impersonating(void **state)
{
    struct scene *s = *state;

    scene_dispatch_call(s, s->call, v48, GUISE_E_ACCESS_DENIED);
    assert_true(is_completed_with(s->call, GUISE_E_ACCESS_DENIED));
    assert_ok(guise_call_wait(s->call, 0));
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
}

static guise_result v50(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    CHECK(s, guise_current_call() == call);
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_revert_to_self()); /* not an impersonation */
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

/* X-18, S-22 */
static void test_V_50_nothing_to_revert(void **state)
{
    assert_ok(guise_revert_to_self());
    assert_ok(guise_revert_to_self());
    assert_true(is_self());
    scene_dispatch(*state, v50);
}

/* ---- the decision table ---------------------------------------------------------------------- */

static guise_result d1(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_impersonate_client());
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_revert_to_self());
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

/* D-1, S-08, S-09: Begin_ runs, no Signal yet, the dispatching thread. */
static void test_D_1_begin_runs_open_dispatching_thread(void **state)
{
    scene_dispatch(*state, d1);
}

/* D-2, N-01: the same after Signal. */
static void test_D_2_begin_runs_completed_dispatching_thread(void **state)
{
    scene_dispatch(*state, v02);
}

static void imp_granted(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_OK);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    WT_CHECK(w, is_self());
}

static void imp_refused(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    WT_CHECK(w, is_self());
    WT_CHECK(w, token_refs(s->alice_token) == SCENE_TOKEN_REFS);
}

static guise_result d3(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK(s, elsewhere(s, imp_granted));
    CHECK(s, is_self());
    return GUISE_OK;
}

/* D-3, S-08, S-19: Begin_ runs, no Signal yet, another thread with a held pointer: its own slot. */
static void test_D_3_begin_runs_open_other_thread(void **state)
{
    scene_dispatch(*state, d3);
}

static guise_result d4(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, elsewhere(s, imp_refused));
    return GUISE_OK;
}

/* D-4, N-05: the same after Signal. */
static void test_D_4_begin_runs_completed_other_thread(void **state)
{
    scene_dispatch(*state, d4);
}

/* D-5, N-06: Begin_ has returned without Signal; any thread that holds the call, and nothing takes
 * its token off. */
static void test_D_5_begin_returned_open_held_pointer(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, do_nothing);
    scene_elsewhere(s, imp_granted);
    assert_ok(guise_call_impersonate(s->call));
    assert_true(is_client(s->alice));
    assert_ok(guise_call_dispatch(s->other, do_nothing, NULL)); /* a frame comes and goes */
    assert_true(is_client(s->alice));
    assert_ok(guise_revert_to_self());
    assert_true(is_self());
}

static void no_current_call(struct wt *w)
{
    WT_CHECK_RESULT(w, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    WT_CHECK(w, is_self());
}

/* D-6, S-02: the same through the current call: there is none. */
static void test_D_6_begin_returned_open_current_call(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, do_nothing);
    assert_true(is_pending(s->call));
    assert_result(guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    assert_true(is_self());
    scene_elsewhere(s, no_current_call);
}

/* Begin_ has returned and Signal has completed: no thread becomes the client, by any way (D-7,
 * N-01). */
static void test_D_7_begin_returned_completed(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, v03);
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    assert_result(guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    assert_true(is_self());
    scene_elsewhere(s, imp_refused);
    scene_elsewhere(s, no_current_call);
}

static void imp_unsecure(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(s->extra), GUISE_E_UNSECURE_CALL);
    WT_CHECK(w, is_self());
}

static guise_result d8(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, v20(call, s));
    CHECK(s, elsewhere(s, imp_unsecure));
    return GUISE_OK;
}

/* The client was not authenticated: every thread, before, during and after Begin_, is refused; once
 * the call has completed that comes first (D-8, X-05). */
static void test_D_8_authentication_level_none(void **state)
{
    struct scene *s = *state;

    s->extra = make_call(s->nobody);
    scene_elsewhere(s, imp_unsecure);
    scene_dispatch_call(s, s->extra, d8, GUISE_OK);
    scene_elsewhere(s, imp_unsecure);
    assert_ok(guise_call_signal(s->extra));
    assert_result(guise_call_impersonate(s->extra), GUISE_E_CALL_COMPLETE);
    guise_call_unref(s->extra);
}

static guise_result d9(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, call == s->other);
    CHECK_RESULT(s, guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_self());
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_RESULT(s, guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_client(s->bob));
    return GUISE_OK;
}

/* D-9, X-30: the pointer is of an earlier call; the next client is served right now, and stays out
 * of reach. */
static void test_D_9_pointer_of_an_earlier_call(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, v03);
    scene_dispatch_call(s, s->other, d9, GUISE_OK);
}

static int run(void)
{
    const struct CMUnitTest vectors[] = {
        scene_test(test_V_01_imp_puts_the_client_in_the_slot),
        scene_test(test_V_02_imp_after_signal_is_refused),
        scene_test(test_V_03_signal_leaves_the_token_on),
        scene_test(test_V_04_revert_works_after_signal),
        scene_test(test_V_05_imp_after_signal_and_revert_is_refused),
        scene_test(test_V_06_refused_imp_leaves_the_client_on),
        scene_test(test_V_07_return_from_begin_takes_the_token_off),
        scene_test(test_V_08_begin_returns_without_signal),
        scene_test(test_V_09_worker_imps_and_signals_after_begin),
        scene_test(test_V_10_worker_reverts_after_completion),
        scene_test(test_V_11_worker_cannot_imp_again),
        scene_test(test_V_12_other_thread_signals),
        scene_test(test_V_13_revert_restores_the_programs_own_token),
        scene_test(test_V_14_one_revert_undoes_two_imps),
        scene_test(test_V_15_nested_frame_without_revert),
        scene_test(test_V_16_nested_frame_with_revert),
        scene_test(test_V_17_two_threads_of_one_call),
        scene_test(test_V_18_retained_pointer_after_a_synchronous_method),
        scene_test(test_V_19_thread_with_no_call),
        scene_test(test_V_20_authentication_level_none),
        scene_test(test_V_26_begin_twice),
        scene_test(test_V_27_wait_before_and_after_signal),
        scene_test(test_V_31_wait_before_signal_blocks),
        scene_test(test_V_34_signal_twice),
        scene_test(test_V_38_caller_lets_go_during_begin),
        scene_test(test_V_45_context_dropped_during_begin),
        scene_test(test_V_47_thread_created_while_impersonating),
        scene_test(test_V_48_begin_fails_while_impersonating),
        scene_test(test_V_50_nothing_to_revert),
    };
    const struct CMUnitTest table[] = {
        scene_test(test_D_1_begin_runs_open_dispatching_thread),
        scene_test(test_D_2_begin_runs_completed_dispatching_thread),
        scene_test(test_D_3_begin_runs_open_other_thread),
        scene_test(test_D_4_begin_runs_completed_other_thread),
        scene_test(test_D_5_begin_returned_open_held_pointer),
        scene_test(test_D_6_begin_returned_open_current_call),
        scene_test(test_D_7_begin_returned_completed),
        scene_test(test_D_8_authentication_level_none),
        scene_test(test_D_9_pointer_of_an_earlier_call),
    };
    int failed = cmocka_run_group_tests_name("test vectors", vectors, NULL, NULL);

    return failed + cmocka_run_group_tests_name("the decision table", table, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
