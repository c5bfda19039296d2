/* SPDX-License-Identifier: MIT */
/*
 * Completing a call: the completion function, what each thread sees at which time, and every race
 * about it.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

#include <poll.h>
#include <sched.h>
#include <string.h>
#include <time.h>

/* ---- what every completion function sees ----------------------------------------------------- */

/* The scene's call has completed with s->extra's result; this runs in its completion function. */
static void check_reply(struct scene *s, guise_call *call, guise_result result)
{
    struct wt *w = &s->checks;
    int cancel_state = PTHREAD_CANCEL_ENABLE;

    WT_CHECK_RESULT(w, result, *(guise_result *)s->extra);
    WT_CHECK(w, is_self());
    WT_CHECK(w, guise_current_call() == call);
    WT_CHECK(w, is_completed_with(call, result)); /* after the latch */
    WT_CHECK_RESULT(w, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    WT_CHECK_RESULT(w, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    WT_CHECK(w, is_self());
    WT_CHECK_RESULT(w, guise_call_wait(call, 0), GUISE_E_CALL_PENDING); /* not announced */
    WT_CHECK_RESULT(w, guise_call_wait(call, GUISE_INFINITE), GUISE_E_CALL_PENDING);
    WT_CHECK_RESULT(w, guise_call_on_complete(call, never_completes, NULL), GUISE_E_CALL_COMPLETE);
    WT_CHECK_RESULT(w, guise_call_complete(call, 12), GUISE_OK); /* no second reply */
    WT_CHECK(w, pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state) == 0);
    WT_CHECK(w, cancel_state == PTHREAD_CANCEL_DISABLE);
}

static void reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    s->count++;
    check_reply(s, call, result);
}

/* Registers reply, which is to see this result. */
static void expect_reply(struct scene *s, guise_result *result)
{
    test_watchdog(20);
    s->extra = result;
    assert_ok(guise_call_on_complete(s->call, reply, s));
}

static void assert_replied_once(struct scene *s)
{
    scene_verify(s);
    assert_int_equal(s->count, 1);
    assert_true(is_self());
    assert_ok(guise_call_wait(s->call, 0));
    assert_ok(guise_call_signal(s->call));
    assert_ok(guise_call_complete(s->call, 99));
    assert_int_equal(s->count, 1);
    assert_true(is_completed_with(s->call, *(guise_result *)s->extra));
}

/* ---- exactly once, from everywhere ----------------------------------------------------------- */

/* */
static void test_reply_to_signal(void **state)
{
    guise_result result = GUISE_OK;

    expect_reply(*state, &result);
    assert_ok(guise_call_signal(((struct scene *)*state)->call));
    assert_replied_once(*state);
}

/* a result of the server's own comes through. */
static void test_reply_to_complete(void **state)
{
    guise_result result = -77;

    expect_reply(*state, &result);
    assert_ok(guise_call_complete(((struct scene *)*state)->call, result));
    assert_replied_once(*state);
}

static void reply_and_keep(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    reply(call, result, s);
    (void)guise_call_ref(call);
}

static void assert_kept_alive(struct scene *s)
{
    guise_signal *signal = NULL;

    assert_replied_once(s);
    assert_int_equal(context_refs(s->alice), 2);
    assert_ok(guise_call_completion(s->call, &signal));
    assert_ok(guise_signal_wait(signal, 0));
    assert_result(guise_call_dispatch(s->call, do_nothing, NULL), GUISE_E_CALL_COMPLETE);
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
}

/* the last owner lets go; what the reply keeps is a completed call, not an open one. */
static void test_reply_to_the_last_unref(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_E_DISCONNECTED;

    s->extra = &result;
    assert_ok(guise_call_on_complete(s->call, reply_and_keep, s));
    guise_call_unref(s->call);
    assert_kept_alive(s);
}

/* When the last reference goes, the call is freed (A-21, S-06). */
static void test_last_unref_frees(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_E_DISCONNECTED;

    expect_reply(s, &result);
    guise_call_unref(s->call);
    s->call = NULL;
    scene_verify(s);
    assert_int_equal(s->count, 1);
    assert_int_equal(context_refs(s->alice), 1);
}

static guise_result let_go(guise_call *call, void *arg)
{
    struct scene *s = arg;

    guise_call_unref(call);
    CHECK(s, s->count == 0); /* the frame's reference */
    CHECK_OK(s, guise_impersonate_client());
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

static guise_result let_go_in_a_frame(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_impersonate_client());
    CHECK_OK(s, guise_call_dispatch(s->call, let_go, s));
    CHECK(s, s->count == 1);
    CHECK(s, is_client(s->bob));
    s->call = NULL;
    return GUISE_OK;
}

/* the last reference is a frame's; its end completes, as self, in another frame or not. */
static void test_frame_drops_the_last_reference(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_E_DISCONNECTED;

    expect_reply(s, &result);
    scene_dispatch_call(s, s->other, let_go_in_a_frame, GUISE_OK);
    assert_int_equal(context_refs(s->alice), 1);
}

static guise_result fail_as_client(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, s->count == 0);
    return *(guise_result *)s->extra;
}

/* */
static void test_reply_to_a_failing_begin(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_E_ACCESS_DENIED;

    expect_reply(s, &result);
    scene_dispatch_call(s, s->call, fail_as_client, result);
    assert_replied_once(s);
}

static guise_result exit_as_client(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    pthread_exit(NULL);
}

static void dispatch_exiting(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, exit_as_client, s);
}

/* the thread ends in Begin_: a failed call, and the slot is dropped first. */
static void test_reply_to_a_begin_that_exits(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_E_SERVER_FAULT;

    expect_reply(s, &result);
    scene_elsewhere_ends(s, dispatch_exiting);
    assert_replied_once(s);
}

static guise_result signal_and_exit(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_signal(call));
    pthread_exit(NULL);
}

static void dispatch_signalling_and_exiting(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, signal_and_exit, s);
}

/* unless Signal was given already. */
static void test_begin_signals_and_exits(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_OK;

    expect_reply(s, &result);
    scene_elsewhere_ends(s, dispatch_signalling_and_exiting);
    assert_replied_once(s);
}

static void run_exiting(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_run(s->call, exit_as_client, s);
}

static guise_result fail_only(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return GUISE_E_ACCESS_DENIED;
}

/* Only Begin_ completes the call by failing; a continuation does not. */
static void test_no_reply_to_a_failing_continuation(void **state)
{
    struct scene *s = *state;
    guise_result result = 3;

    expect_reply(s, &result);
    assert_result(guise_call_run(s->call, fail_only, NULL), GUISE_E_ACCESS_DENIED);
    scene_elsewhere_ends(s, run_exiting);
    assert_int_equal(s->count, 0);
    assert_true(is_pending(s->call));
    assert_ok(guise_call_complete(s->call, result));
    assert_replied_once(s);
}

/* ---- registering ----------------------------------------------------------------------------- */

/* One, and the first one stays. */
static void test_second_registration(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, count_completion, &s->count));
    assert_result(guise_call_on_complete(s->call, never_completes, NULL), GUISE_E_UNEXPECTED);
    assert_ok(guise_call_signal(s->call));
    assert_int_equal(s->count, 1);
    assert_result(guise_call_on_complete(s->call, never_completes, NULL), GUISE_E_CALL_COMPLETE);
}

static void test_registration_after_completion(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_signal(s->call));
    assert_result(guise_call_on_complete(s->call, never_completes, NULL), GUISE_E_CALL_COMPLETE);
}

/* ---- as self, on every thread ---------------------------------------------------------------- */

static guise_result signal_as_client(guise_call *call, void *arg)
{
    struct scene *s = arg;

    fake_log_clear();
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, s->count == 1);
    CHECK(s, is_client(s->alice));
    CHECK(s, is_fake_log("+a-a+a"));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

/* N-02: the reply is the server's act; the client is back when Signal returns, and the revert that
 * follows works as ever (N-03). */
static void test_client_signals(void **state)
{
    guise_result result = GUISE_OK;

    expect_reply(*state, &result);
    scene_dispatch(*state, signal_as_client);
    assert_replied_once(*state);
}

static guise_result signal_over_own_token(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_client(s->bob));
    CHECK_OK(s, guise_revert_to_self()); /* and so is what a revert goes back to */
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

/* N-02, S-10: everything comes back: slot, saved token, flag. */
static void test_signal_keeps_the_whole_state(void **state)
{
    guise_result result = GUISE_OK;

    expect_reply(*state, &result);
    scene_dispatch(*state, signal_over_own_token);
    assert_replied_once(*state);
}

/* The same on a thread in no frame. */
static void test_foreign_client_signals(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_OK;

    expect_reply(s, &result);
    assert_ok(guise_call_impersonate(s->call));
    assert_ok(guise_call_signal(s->call));
    assert_true(is_client(s->alice));
    assert_ok(guise_revert_to_self());
    assert_replied_once(s);
}

static guise_result signal_in_run_as(void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_only_set(s->own_token));
    CHECK_OK(s, guise_call_signal(s->call));
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

static void test_signal_in_run_as(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_OK;

    expect_reply(s, &result);
    assert_ok(guise_run_as(s->own_token, signal_in_run_as, s));
    assert_replied_once(s);
}

static guise_result note_run_as(void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_only_set(s->own_token));
    CHECK(s, guise_current_call() == s->call);
    return 5;
}

static guise_result note_run(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, call == s->call && guise_current_call() == call);
    CHECK_RESULT(s, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    CHECK_RESULT(s, guise_call_wait(call, GUISE_INFINITE), GUISE_E_CALL_PENDING);
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    return 6;
}

/* Leaves a token of its own in the slot, over another call's client. */
static void make_a_mess(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    (void)result;
    s->count++;
    WT_CHECK_RESULT(w, guise_run_as(s->own_token, note_run_as, s), 5);
    WT_CHECK_RESULT(w, guise_call_run(call, note_run, s), 6);
    WT_CHECK(w, is_self());
    WT_CHECK_RESULT(w, guise_call_impersonate(s->other), GUISE_OK);
    WT_CHECK(w, is_client(s->bob));
    WT_CHECK(w, token_refs(s->bob_token) == SCENE_TOKEN_REFS + 1);
    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_OK);
    WT_CHECK(w, guise_thread_token() == s->own_token && guise_is_impersonating());
}

static guise_result signal_into_a_mess(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, s->count == 1);
    CHECK(s, is_client(s->alice));
    CHECK(s, token_refs(s->own_token) == SCENE_TOKEN_REFS);
    CHECK(s, token_refs(s->bob_token) == SCENE_TOKEN_REFS);
    return GUISE_OK;
}

/* A completion function may do what any frame may; what it leaves in the slot goes. */
static void test_what_the_function_leaves_behind(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, make_a_mess, s));
    scene_dispatch(s, signal_into_a_mess);
    assert_int_equal(s->count, 1);
}

static void log_at_reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    reply(call, result, s);
    WT_CHECK(&s->checks, is_fake_log("+b-b+a-a"));
}

static guise_result fail_inside(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    fake_log_clear();
    CHECK_OK(s, guise_impersonate_client());
    CHECK_RESULT(s, guise_call_dispatch(s->call, fail_as_client, s), GUISE_E_ACCESS_DENIED);
    CHECK(s, s->count == 1);
    CHECK(s, is_client(s->bob));
    CHECK(s, is_fake_log("+b-b+a-a+b"));
    return GUISE_OK;
}

/* After a failing Begin_ the completion function runs when that frame's token is off, and before
 * the outer client is restored: the system sees the thread as self in between (A-22, S-15). */
static void test_failing_begin_in_another_frame(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_E_ACCESS_DENIED;

    s->extra = &result;
    assert_ok(guise_call_on_complete(s->call, log_at_reply, s));
    scene_dispatch_call(s, s->other, fail_inside, GUISE_OK);
    assert_replied_once(s);
}

/* ---- references ------------------------------------------------------------------------------ */

static void drop_the_last(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    (void)result;
    s->count++;
    guise_call_unref(call);
    WT_CHECK(&s->checks, context_refs(s->alice) == 2); /* completing holds one of its own */
    WT_CHECK(&s->checks, guise_current_call() == call);
}

/* Signal must not touch the call after its function took the caller's reference. */
static void test_function_drops_the_last_reference(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, drop_the_last, s));
    assert_ok(guise_call_signal(s->call));
    s->call = NULL;
    scene_verify(s);
    assert_int_equal(s->count, 1);
    assert_int_equal(context_refs(s->alice), 1);
}

static guise_result signal_and_lose(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_signal(call));
    s->call = NULL;
    CHECK(s, is_client(s->alice)); /* the frame's reference keeps the borrowed token */
    CHECK(s, context_refs(s->alice) == 2);
    return GUISE_OK;
}

/* The same inside Begin_, as the client. */
static void test_function_drops_the_last_reference_in_begin(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, drop_the_last, s));
    scene_dispatch(s, signal_and_lose);
    assert_int_equal(s->count, 1);
    assert_int_equal(context_refs(s->alice), 1);
}

/* ---- completions in completions -------------------------------------------------------------- */

static void inner_reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    WT_CHECK_RESULT(w, result, 2);
    WT_CHECK(w, call == s->other && guise_current_call() == call);
    WT_CHECK(w, is_self());
    /* Both of them run on this very thread: waiting for either would be for ever. */
    WT_CHECK_RESULT(w, guise_call_wait(s->call, GUISE_INFINITE), GUISE_E_CALL_PENDING);
    WT_CHECK_RESULT(w, guise_call_wait(s->other, GUISE_INFINITE), GUISE_E_CALL_PENDING);
    s->count++;
}

static void outer_reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    (void)result;
    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_complete(s->other, 2), GUISE_OK);
    WT_CHECK(w, s->count == 1);
    WT_CHECK(w, is_only_set(s->own_token));
    WT_CHECK(w, guise_current_call() == call);
    WT_CHECK_RESULT(w, guise_call_wait(s->other, GUISE_INFINITE), GUISE_OK);
    s->count++;
}

static void test_completion_in_a_completion(void **state)
{
    struct scene *s = *state;

    test_watchdog(20);
    assert_ok(guise_call_on_complete(s->call, outer_reply, s));
    assert_ok(guise_call_on_complete(s->other, inner_reply, s));
    assert_ok(guise_call_signal(s->call));
    scene_verify(s);
    assert_int_equal(s->count, 2);
}

/* ---- announced: only when the function has returned ------------------------------------------ */

struct watch {
    struct scene *s;
    guise_signal *signal;
    int fd;
    int returned; /* plain: a thread released by the end of the call may read it */
};

static int poll_now(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};

    return poll(&entry, 1, 0);
}

static void not_announced_elsewhere(struct wt *w)
{
    struct scene *s = w->arg;
    struct watch *watch = s->extra;

    WT_CHECK(w, is_completed_with(s->call, GUISE_OK));
    WT_CHECK_RESULT(w, guise_call_wait(s->call, 0), GUISE_E_CALL_PENDING);
    WT_CHECK_RESULT(w, guise_call_wait(s->call, 1), GUISE_E_CALL_PENDING);
    WT_CHECK_RESULT(w, guise_signal_wait(watch->signal, 1), GUISE_E_CALL_PENDING);
    WT_CHECK(w, poll_now(watch->fd) == 0);
}

static void look_around(guise_call *call, guise_result result, void *arg)
{
    struct watch *watch = arg;
    struct scene *s = watch->s;

    (void)call;
    (void)result;
    (void)elsewhere(s, not_announced_elsewhere);
    watch->returned = 1;
}

static void wait_for_call(struct wt *w)
{
    struct watch *watch = w->arg;
    guise_result first = guise_call_wait(watch->s->call, 1);

    wt_latch_open(&watch->s->ready);
    WT_CHECK_RESULT(w, first, GUISE_E_CALL_PENDING);
    WT_CHECK_RESULT(w, guise_call_wait(watch->s->call, GUISE_INFINITE), GUISE_OK);
    WT_CHECK(w, watch->returned == 1);
}

static void wait_for_signal(struct wt *w)
{
    struct watch *watch = w->arg;
    guise_result first = guise_signal_wait(watch->signal, 1);

    wt_latch_open(&watch->s->go);
    WT_CHECK_RESULT(w, first, GUISE_E_CALL_PENDING);
    WT_CHECK_RESULT(w, guise_signal_wait(watch->signal, GUISE_INFINITE), GUISE_OK);
    WT_CHECK(w, watch->returned == 1);
}

static void wait_for_descriptor(struct wt *w)
{
    struct watch *watch = w->arg;
    struct pollfd entry = {.fd = watch->fd, .events = POLLIN};

    wt_latch_open(&watch->s->done);
    WT_CHECK(w, poll(&entry, 1, -1) == 1);
    WT_CHECK_RESULT(w, guise_signal_wait(watch->signal, GUISE_INFINITE), GUISE_OK);
    WT_CHECK(w, watch->returned == 1);
}

static void assert_announced(struct watch *watch)
{
    struct scene *s = watch->s;

    scene_verify(s);
    assert_ok(guise_call_wait(s->call, 0));
    assert_ok(guise_signal_wait(watch->signal, 0));
    assert_ok(guise_signal_wait(watch->signal, 0)); /* a manual one */
    assert_int_equal(poll_now(watch->fd), 1);
}

/* X-14, L-2: completed comes first, and the world is told when the function has returned: waiters,
 * the completion signal, its descriptor. */
static void test_nobody_is_told_before_the_function_returned(void **state)
{
    struct scene *s = *state;
    struct watch watch = {.s = s, .fd = -1};
    struct wt w[3];

    test_watchdog(20);
    assert_ok(guise_call_completion(s->call, &watch.signal));
    assert_ok(guise_signal_fd(watch.signal, &watch.fd));
    assert_int_equal(poll_now(watch.fd), 0);
    s->extra = &watch;
    assert_ok(guise_call_on_complete(s->call, look_around, &watch));
    wt_start(&w[0], wait_for_call, &watch);
    wt_start(&w[1], wait_for_signal, &watch);
    wt_start(&w[2], wait_for_descriptor, &watch);
    wt_latch_wait(&s->ready);
    wt_latch_wait(&s->go);
    wt_latch_wait(&s->done);
    assert_ok(guise_call_signal(s->call));
    wt_join_all(w, 3);
    assert_announced(&watch);
}

static void ask_for_the_signal(guise_call *call, guise_result result, void *arg)
{
    struct watch *watch = arg;
    struct wt *w = &watch->s->checks;

    (void)result;
    WT_CHECK_RESULT(w, guise_call_completion(call, &watch->signal), GUISE_OK);
    WT_CHECK_RESULT(w, guise_signal_wait(watch->signal, 0), GUISE_E_CALL_PENDING);
    WT_CHECK_RESULT(w, guise_signal_fd(watch->signal, &watch->fd), GUISE_OK);
    WT_CHECK(w, poll_now(watch->fd) == 0);
}

/* Asked for by the function itself: set when it has returned. */
static void test_signal_asked_for_during_completion(void **state)
{
    struct scene *s = *state;
    struct watch watch = {.s = s, .fd = -1};

    assert_ok(guise_call_on_complete(s->call, ask_for_the_signal, &watch));
    assert_ok(guise_call_signal(s->call));
    assert_announced(&watch);
}

/* Asked for when all is over: set at once. */
static void test_signal_asked_for_after_completion(void **state)
{
    struct scene *s = *state;
    struct watch watch = {.s = s, .fd = -1};

    assert_ok(guise_call_signal(s->call));
    assert_ok(guise_call_completion(s->call, &watch.signal));
    assert_ok(guise_signal_fd(watch.signal, &watch.fd));
    assert_announced(&watch);
}

/* The signal may outlive the call. */
static void test_signal_outlives_the_call(void **state)
{
    struct scene *s = *state;
    guise_signal *signal = NULL;

    assert_ok(guise_call_completion(s->call, &signal));
    signal = guise_signal_ref(signal);
    guise_call_unref(s->call); /* which completes it */
    s->call = NULL;
    assert_int_equal(context_refs(s->alice), 1);
    assert_ok(guise_signal_wait(signal, 0));
    guise_signal_unref(signal);
}

/* L-4, Y-10: completed is a latch of the call: nothing that is done to the signal reopens it. */
static void test_reset_of_the_signal_reopens_nothing(void **state)
{
    struct scene *s = *state;
    guise_signal *signal = NULL;

    assert_ok(guise_call_completion(s->call, &signal));
    assert_ok(guise_signal_set(signal)); /* a stray one completes nothing */
    assert_true(is_pending(s->call));
    assert_ok(guise_call_impersonate(s->call));
    assert_ok(guise_revert_to_self());
    assert_ok(guise_call_signal(s->call));
    assert_ok(guise_signal_wait(signal, 0));
    assert_ok(guise_signal_wait(signal, 0));
    assert_ok(guise_signal_reset(signal));
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    assert_ok(guise_call_wait(s->call, 0));
    assert_true(is_completed_with(s->call, GUISE_OK));
}

enum { CALLS = 5 };

static void complete_third(struct wt *w)
{
    guise_call **calls = w->arg;

    WT_CHECK_RESULT(w, guise_call_signal(calls[3]), GUISE_OK);
}

/* One container for many calls: what a server's event loop does. */
static void test_container_of_calls(void **state)
{
    struct scene *s = *state;
    guise_container *container = NULL;
    guise_call *calls[CALLS];
    guise_signal *signals[CALLS], *which = NULL;
    struct wt w;

    test_watchdog(20);
    assert_ok(guise_container_create(&container));
    for (int i = 0; i < CALLS; i++) {
        calls[i] = make_call(s->alice);
        assert_ok(guise_call_completion(calls[i], &signals[i]));
        assert_ok(guise_container_add(container, signals[i]));
    }
    assert_result(guise_container_wait_any(container, 0, &which), GUISE_E_TIMEOUT);
    wt_start(&w, complete_third, calls);
    assert_ok(guise_container_wait_any(container, GUISE_INFINITE, &which));
    assert_ptr_equal(which, signals[3]);
    wt_join(&w);
    assert_ok(guise_call_complete(calls[1], -5));
    assert_ok(guise_container_wait_any(container, GUISE_INFINITE, &which));
    assert_ptr_equal(which, signals[1]);
    for (int i = 0; i < CALLS; i++) {
        guise_call_unref(calls[i]);
    }
    assert_ok(guise_container_wait_any(container, 0, &which));
    assert_ptr_equal(which, signals[0]); /* abandoned, so completed too */
    guise_container_unref(container);
}

/* ---- cancellation and pthread_exit in the function ------------------------------------------- */

/* Not here: a function that calls pthread_exit while the thread ends already. POSIX leaves that
 * undefined in all code that runs on behalf of pthread_exit. */

static void survive_cancellation(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    (void)call;
    (void)result;
    pthread_testcancel();
    s->count++;
}

static void signal_when_cancelled(struct wt *w)
{
    struct scene *s = w->arg;
    int cancel_state = -1;

    WT_CHECK(w, pthread_cancel(pthread_self()) == 0);
    WT_CHECK_RESULT(w, guise_call_signal(s->call), GUISE_OK); /* the function has a point */
    WT_CHECK(w, s->count == 1);
    WT_CHECK_RESULT(w, guise_call_wait(s->call, 0), GUISE_OK);
    WT_CHECK(w, pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel_state) == 0);
    WT_CHECK(w, cancel_state == PTHREAD_CANCEL_ENABLE); /* as it was */
    pthread_testcancel();
}

/* A reply cannot be cut off in the middle. */
static void test_cancellation_waits_for_the_function(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, survive_cancellation, s));
    scene_elsewhere_ends(s, signal_when_cancelled);
    assert_int_equal(s->count, 1);
}

static void exit_in_reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    s->count++;
    check_reply(s, call, result);
    if (guise_set_thread_token(s->own_token) == GUISE_OK) {
        pthread_exit(NULL);
    }
}

static void wait_for_announcement(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_wait(s->call, 1), GUISE_E_CALL_PENDING);
    wt_latch_open(&s->ready);
    WT_CHECK_RESULT(w, guise_call_wait(s->call, GUISE_INFINITE), GUISE_OK);
}

/* Completing this way ends the thread, and yet all waiters are released. */
static void end_in_reply(struct scene *s, guise_result expected, wt_fn *way)
{
    guise_signal *signal = NULL;
    struct wt w;

    test_watchdog(20);
    s->extra = &expected;
    assert_ok(guise_call_on_complete(s->call, exit_in_reply, s));
    assert_ok(guise_call_completion(s->call, &signal));
    wt_start(&w, wait_for_announcement, s);
    wt_latch_wait(&s->ready);
    scene_elsewhere_ends(s, way);
    wt_join(&w);
    assert_ok(guise_signal_wait(signal, 0));
    assert_replied_once(s);
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS);
}

static void test_function_exits_after_signal(void **state)
{
    end_in_reply(*state, GUISE_OK, signal_call);
}

/* The thread's outer code is the client again while it unwinds, until its own frame has gone. */
static void client_while_unwinding(void *arg)
{
    struct scene *s = arg;

    WT_CHECK(&s->checks, is_client(s->bob));
    WT_CHECK(&s->checks, guise_current_call() == s->other);
    s->count += 10;
}

static guise_result signal_while_bob(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    pthread_cleanup_push(client_while_unwinding, s);
    (void)!guise_call_signal(s->call);
    pthread_cleanup_pop(0);
    return GUISE_E_UNEXPECTED;
}

static void end_while_bob(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->other, signal_while_bob, s);
}

static void count_is_eleven(struct scene *s)
{
    assert_int_equal(s->count, 11);
    s->count = 1;
}

/* A-34, S-15: the reply ends the thread, in the frame of another client. */
static void test_function_exits_in_a_frame(void **state)
{
    struct scene *s = *state;
    guise_result expected = GUISE_OK;

    s->extra = &expected;
    assert_ok(guise_call_on_complete(s->call, exit_in_reply, s));
    scene_elsewhere_ends(s, end_while_bob);
    count_is_eleven(s);
    assert_replied_once(s);
    assert_true(is_completed_with(s->other, GUISE_E_SERVER_FAULT)); /* its thread has ended, too */
}

static void dispatch_failing(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, fail_only, s);
}

/* the reply to a failing Begin_ ends the thread. */
static void test_function_exits_after_a_failing_begin(void **state)
{
    end_in_reply(*state, GUISE_E_ACCESS_DENIED, dispatch_failing);
}

static void drop_call(struct wt *w)
{
    struct scene *s = w->arg;

    guise_call_unref(s->call);
}

/* so does the reply to the last unref; the call goes all the same. */
static void test_function_exits_after_the_last_unref(void **state)
{
    struct scene *s = *state;
    guise_result expected = GUISE_E_DISCONNECTED;

    s->extra = &expected;
    assert_ok(guise_call_on_complete(s->call, exit_in_reply, s));
    scene_elsewhere_ends(s, drop_call);
    s->call = NULL;
    assert_int_equal(s->count, 1);
    assert_int_equal(context_refs(s->alice), 1);
}

/* ---- races ----------------------------------------------------------------------------------- */

struct race {
    struct scene *s;
    guise_call *call;
    void (*left)(struct race *race), (*right)(struct race *race);
    bool (*is_fair)(const struct race *race);
    atomic_uint arrived;
    bool over; /* these are handed over by arrived */
    guise_result left_result, right_result, left_seen, right_seen;
    guise_signal *left_signal, *right_signal;
    int runs;
};

/* A race ends after so many rounds, or after so long if it has had the least number. */
enum { ROUNDS = 30000, LEAST_ROUNDS = 500, MILLISECONDS = 300, SPINS = 1000 };

/* Both threads leave together, as nearly as one can. */
static void meet(struct race *race)
{
    unsigned mine = atomic_fetch_add(&race->arrived, 1);

    for (int i = 0; atomic_load(&race->arrived) < (mine & ~1u) + 2; i++) {
        if (i >= SPINS) {
            (void)sched_yield();
        }
    }
}

/* A little later than the other one, every round by another little. */
static void dawdle(unsigned steps)
{
    for (volatile unsigned i = 0; i < steps; i++) {
    }
}

static long long milliseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void race_right(struct wt *w)
{
    struct race *race = w->arg;

    for (unsigned round = 0;; round++) {
        meet(race);
        if (race->over) {
            return;
        }
        dawdle(round % 41);
        race->right(race);
        meet(race);
    }
}

/* Many rounds, each with a call of its own; every one has to be fair. */
static void run_race(struct race *race)
{
    long long end = milliseconds() + MILLISECONDS;
    struct wt w;
    int unfair = 0;

    test_watchdog(25);
    wt_start(&w, race_right, race);
    for (unsigned i = 0; i < ROUNDS && (i < LEAST_ROUNDS || milliseconds() < end); i++) {
        race->call = make_call(race->s->alice);
        race->runs = 0;
        meet(race);
        dawdle(i % 37);
        race->left(race);
        meet(race);
        unfair += !race->is_fair(race);
        guise_call_unref(race->call);
    }
    race->over = true;
    meet(race);
    wt_join(&w);
    assert_int_equal(unfair, 0);
}

static void left_signals(struct race *race)
{
    race->left_result = guise_call_signal(race->call);
}

static void right_registers(struct race *race)
{
    race->right_result = guise_call_on_complete(race->call, count_completion, &race->runs);
}

static bool registered_or_too_late(const struct race *race)
{
    if (race->right_result == GUISE_OK) {
        return race->runs == 1;
    }
    return race->right_result == GUISE_E_CALL_COMPLETE && race->runs == 0;
}

/* never both, never none. */
static void test_race_registration_and_completion(void **state)
{
    struct race race = {.s = *state,
                        .left = left_signals,
                        .right = right_registers,
                        .is_fair = registered_or_too_late};

    run_race(&race);
}

static void left_registers(struct race *race)
{
    race->left_result = guise_call_on_complete(race->call, count_completion, &race->runs);
}

static bool one_is_registered(const struct race *race)
{
    bool left = race->left_result == GUISE_OK && race->right_result == GUISE_E_UNEXPECTED;
    bool right = race->right_result == GUISE_OK && race->left_result == GUISE_E_UNEXPECTED;

    return (left || right) && guise_call_signal(race->call) == GUISE_OK && race->runs == 1;
}

static void test_race_of_two_registrations(void **state)
{
    struct race race = {.s = *state,
                        .left = left_registers,
                        .right = right_registers,
                        .is_fair = one_is_registered};

    run_race(&race);
}

static void right_waits_for_the_signal(struct race *race)
{
    guise_signal *signal = NULL;

    race->right_result = guise_call_completion(race->call, &signal);
    if (race->right_result == GUISE_OK) {
        race->right_result = guise_signal_wait(signal, GUISE_INFINITE);
    }
}

static bool both_are_ok(const struct race *race)
{
    return race->left_result == GUISE_OK && race->right_result == GUISE_OK;
}

/* The signal is asked for while the call completes: set, by one side or the other. */
static void test_race_of_the_completion_signal(void **state)
{
    struct race race = {.s = *state,
                        .left = left_signals,
                        .right = right_waits_for_the_signal,
                        .is_fair = both_are_ok};

    run_race(&race);
}

static void left_asks_for_the_signal(struct race *race)
{
    race->left_result = guise_call_completion(race->call, &race->left_signal);
}

static void right_asks_for_the_signal(struct race *race)
{
    race->right_result = guise_call_completion(race->call, &race->right_signal);
}

static bool it_is_the_same_signal(const struct race *race)
{
    return both_are_ok(race) && race->left_signal == race->right_signal &&
           guise_signal_wait(race->left_signal, 0) == GUISE_E_CALL_PENDING;
}

/* Both threads get the one there is. */
static void test_race_of_two_who_ask_for_the_signal(void **state)
{
    struct race race = {.s = *state,
                        .left = left_asks_for_the_signal,
                        .right = right_asks_for_the_signal,
                        .is_fair = it_is_the_same_signal};

    run_race(&race);
}

static void right_waits(struct race *race)
{
    race->right_result = guise_call_wait(race->call, GUISE_INFINITE);
    race->right_seen = race->runs; /* what the function wrote */
}

static void left_registers_and_signals(struct race *race)
{
    race->left_seen = guise_call_on_complete(race->call, count_completion, &race->runs);
    race->left_result = guise_call_signal(race->call);
}

static bool waiter_saw_the_reply(const struct race *race)
{
    return both_are_ok(race) && race->left_seen == GUISE_OK && race->right_seen == 1;
}

static void test_race_of_wait_and_signal(void **state)
{
    struct race race = {.s = *state,
                        .left = left_registers_and_signals,
                        .right = right_waits,
                        .is_fair = waiter_saw_the_reply};

    run_race(&race);
}

static void left_completes(struct race *race)
{
    race->left_result = guise_call_complete(race->call, -1);
    (void)!guise_call_result(race->call, &race->left_seen);
}

static void right_completes(struct race *race)
{
    race->right_result = guise_call_complete(race->call, 0x2BAD);
    (void)!guise_call_result(race->call, &race->right_seen);
}

static bool one_result_wins(const struct race *race)
{
    return both_are_ok(race) && race->left_seen == race->right_seen &&
           (race->left_seen == -1 || race->left_seen == 0x2BAD);
}

/* The first completer wins, and a later one returns only when it can see that (L-5, A-18). */
static void test_race_of_two_results(void **state)
{
    struct race race = {
        .s = *state, .left = left_completes, .right = right_completes, .is_fair = one_result_wins};

    run_race(&race);
}

static void right_signals(struct race *race)
{
    race->right_result = guise_call_signal(race->call);
    race->right_seen = -1;
    (void)!guise_call_result(race->call, &race->right_seen);
}

static bool signal_or_complete_wins(const struct race *race)
{
    return both_are_ok(race) && race->left_seen == race->right_seen &&
           (race->left_seen == -1 || race->left_seen == GUISE_OK);
}

/* The same for Signal, which takes another way: its result is GUISE_OK or the other's, whole. */
static void test_race_of_signal_and_complete(void **state)
{
    struct race race = {.s = *state,
                        .left = left_completes,
                        .right = right_signals,
                        .is_fair = signal_or_complete_wins};

    run_race(&race);
}

static void left_completes_counted(struct race *race)
{
    (void)!guise_call_on_complete(race->call, count_completion, &race->runs);
    race->left_result = guise_call_complete(race->call, GUISE_OK);
}

static void right_reads(struct race *race)
{
    guise_result ignored = 7;

    race->right_result = guise_call_result(race->call, &ignored);
    race->right_seen = ignored;
    if (race->right_result == GUISE_E_CALL_PENDING) {
        race->right_result = GUISE_OK;
    }
}

static bool reader_saw_all_or_nothing(const struct race *race)
{
    return both_are_ok(race) && race->right_seen == GUISE_OK && race->runs == 1;
}

static void test_race_of_result_and_complete(void **state)
{
    struct race race = {.s = *state,
                        .left = left_completes_counted,
                        .right = right_reads,
                        .is_fair = reader_saw_all_or_nothing};

    run_race(&race);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_reply_to_signal),
        scene_test(test_reply_to_complete),
        scene_test(test_reply_to_the_last_unref),
        scene_test(test_last_unref_frees),
        scene_test(test_frame_drops_the_last_reference),
        scene_test(test_reply_to_a_failing_begin),
        scene_test(test_reply_to_a_begin_that_exits),
        scene_test(test_begin_signals_and_exits),
        scene_test(test_no_reply_to_a_failing_continuation),
        scene_test(test_second_registration),
        scene_test(test_registration_after_completion),
        scene_test(test_client_signals),
        scene_test(test_signal_keeps_the_whole_state),
        scene_test(test_foreign_client_signals),
        scene_test(test_signal_in_run_as),
        scene_test(test_what_the_function_leaves_behind),
        scene_test(test_failing_begin_in_another_frame),
        scene_test(test_function_drops_the_last_reference),
        scene_test(test_function_drops_the_last_reference_in_begin),
        scene_test(test_completion_in_a_completion),
        scene_test(test_nobody_is_told_before_the_function_returned),
        scene_test(test_signal_asked_for_during_completion),
        scene_test(test_signal_asked_for_after_completion),
        scene_test(test_signal_outlives_the_call),
        scene_test(test_reset_of_the_signal_reopens_nothing),
        scene_test(test_container_of_calls),
        scene_test(test_cancellation_waits_for_the_function),
        scene_test(test_function_exits_after_signal),
        scene_test(test_function_exits_in_a_frame),
        scene_test(test_function_exits_after_a_failing_begin),
        scene_test(test_function_exits_after_the_last_unref),
        scene_test(test_race_registration_and_completion),
        scene_test(test_race_of_two_registrations),
        scene_test(test_race_of_the_completion_signal),
        scene_test(test_race_of_two_who_ask_for_the_signal),
        scene_test(test_race_of_wait_and_signal),
        scene_test(test_race_of_two_results),
        scene_test(test_race_of_signal_and_complete),
        scene_test(test_race_of_result_and_complete),
    };

    return cmocka_run_group_tests_name("completing", tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
