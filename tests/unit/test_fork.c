/* SPDX-License-Identifier: MIT */
/*
 * fork: in the child the forking thread is self before fork returns, and nothing of the parent's is
 * done again there; the parent does not notice.
 *
 * A child checks with CHILD_CHECK (child.h). One that was forked in a frame comes back through the
 * frames like the parent does, and ends in end_if_child.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/child.h"
#include "support/scene.h"

#include <poll.h>
#include <sched.h>
#include <string.h>

#include "sync/signal.h"

static pid_t s_child; /* of the last fork_here; 0: this is it */

static bool fork_here(void)
{
    (void)fflush(NULL);
    s_child = fork();
    if (s_child == 0) {
        test_watchdog_start("forked child", 20);
    }
    return s_child == 0;
}

/* The end of the child, in the test function, behind all frames. */
static void end_if_child(void)
{
    if (s_child == 0) {
        CHILD_CHECK(is_self());
        CHILD_CHECK(guise_current_call() == NULL);
        test_exit_child(0);
    }
}

/* For anywhere: all went well in the child. */
static bool child_passed(void)
{
    int status = -1;

    return s_child > 0 && waitpid(s_child, &status, 0) == s_child && status == 0;
}

/* ---- in a frame, as the client --------------------------------------------------------------- */

static guise_result fork_as_client(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    if (fork_here()) {
        CHILD_CHECK(is_self());
        CHILD_CHECK(guise_current_call() == call);
        CHILD_CHECK(guise_revert_to_self() == GUISE_OK); /* there is nothing to go back to */
        CHILD_CHECK(is_self());
        CHILD_CHECK(token_refs(s->own_token) == SCENE_TOKEN_REFS);
        return GUISE_OK;
    }
    CHECK(s, is_client(s->alice)); /* the parent is untouched */
    CHECK(s, child_passed());
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

/* The child is self and still serves its copy of the call; the frame ends harmlessly. */
static void test_fork_in_begin(void **state)
{
    struct scene *s = *state;
    guise_result result = guise_call_dispatch(s->call, fork_as_client, s);

    if (s_child == 0) {
        CHILD_CHECK(result == GUISE_OK);
        CHILD_CHECK(is_pending(s->call));
    }
    end_if_child();
    scene_verify(s);
    assert_ok(result);
    assert_true(is_self());
}

static guise_result go_on_in_the_child(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    if (fork_here()) {
        CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_OK);
        CHILD_CHECK(is_client(s->alice));
        CHILD_CHECK_RESULT(guise_call_signal(call), GUISE_OK);
        CHILD_CHECK(is_client(s->alice)); /* N-02 */
        CHILD_CHECK_RESULT(guise_revert_to_self(), GUISE_OK);
        CHILD_CHECK(is_self());
        CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
        return 5;
    }
    CHECK(s, child_passed());
    CHECK(s, is_pending(call)); /* a copy: what the child did to it is not done here */
    return GUISE_OK;
}

/* All operations work on the child's copy. */
static void test_child_goes_on_with_its_copy(void **state)
{
    struct scene *s = *state;
    guise_result result = guise_call_dispatch(s->call, go_on_in_the_child, s);

    if (s_child == 0) {
        CHILD_CHECK(result == 5);
        CHILD_CHECK(is_completed_with(s->call, GUISE_OK));
    }
    end_if_child();
    scene_verify(s);
    assert_ok(result);
}

static guise_result fork_inside(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    if (fork_here()) {
        CHILD_CHECK(is_self());
        CHILD_CHECK_RESULT(guise_impersonate_client(), GUISE_OK); /* left on */
        return GUISE_OK;
    }
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

static guise_result fork_outside(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_result result;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    result = guise_call_dispatch(s->call, fork_inside, s);
    if (s_child == 0) {
        CHILD_CHECK(is_self()); /* not the parent's outer client again */
        CHILD_CHECK(guise_current_call() == call);
        CHILD_CHECK_RESULT(guise_revert_to_self(), GUISE_OK);
        CHILD_CHECK(is_self());
        return GUISE_OK;
    }
    CHECK_OK(s, result);
    CHECK(s, is_client(s->bob));
    CHECK(s, child_passed());
    return GUISE_OK;
}

/* No frame makes the child the client again that it was in the parent. */
static void test_fork_in_nested_frames(void **state)
{
    struct scene *s = *state;
    guise_result result = guise_call_dispatch(s->other, fork_outside, s);

    end_if_child();
    scene_verify(s);
    assert_ok(result);
    assert_true(is_self());
}

/* ---- slots that are alike in a frame and around it -------------------------------------------- */

struct alike {
    guise_begin_fn *outside, *inside; /* what each leaves in its slot */
};

static guise_result set_own(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

static guise_result set_alice(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_set_thread_token(s->alice_token));
    CHECK(s, is_only_set(s->alice_token));
    return GUISE_OK;
}

static guise_result be_alice(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_call_impersonate(s->call));
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

static guise_result be_alice_over_own(guise_call *call, void *arg)
{
    guise_result result = set_own(call, arg);

    return result == GUISE_OK ? be_alice(call, arg) : result;
}

static guise_result be_alice_over_alice(guise_call *call, void *arg)
{
    guise_result result = set_alice(call, arg);

    return result == GUISE_OK ? be_alice(call, arg) : result;
}

static const struct alike s_alike[] = {
    {set_own, set_own},
    {set_alice, be_alice_over_alice},
    {be_alice, be_alice},
    {be_alice, set_alice},
    {be_alice_over_own, be_alice},
    {be_alice_over_own, be_alice_over_own},
    {be_alice_over_own, be_alice_over_alice},
};

static guise_result fork_in_the_inner_frame(guise_call *call, void *arg)
{
    struct scene *s = arg;
    const struct alike *alike = s->extra;

    CHECK_OK(s, alike->inside(call, s));
    if (fork_here()) {
        CHILD_CHECK(is_self());
        CHILD_CHECK(token_refs(s->own_token) == SCENE_TOKEN_REFS);
        CHILD_CHECK(token_refs(s->alice_token) == SCENE_TOKEN_REFS);
        return GUISE_OK;
    }
    CHECK(s, child_passed());
    return GUISE_OK;
}

static guise_result have_an_inner_frame(guise_call *call, void *arg)
{
    struct scene *s = arg;
    const struct alike *alike = s->extra;

    CHECK_OK(s, alike->outside(call, s));
    return guise_call_run(s->other, fork_in_the_inner_frame, s);
}

/* W-20: the child gives back what both slots held, each its own, however alike they are. */
static void test_fork_with_slots_that_are_alike(void **state)
{
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof s_alike / sizeof s_alike[0]; i++) {
        guise_result result;

        s->extra = (void *)(uintptr_t)&s_alike[i];
        result = guise_call_run(s->call, have_an_inner_frame, s);
        end_if_child();
        scene_verify(s);
        assert_ok(result);
        assert_true(is_self());
    }
}

/* ---- in no frame ----------------------------------------------------------------------------- */

/* The child counts its own references, and its own foreign impersonations. */
static void test_fork_as_a_foreign_client(void **state)
{
    struct scene *s = *state;
    uint64_t before = counters_now().foreign_at_completion;

    assert_ok(guise_set_thread_token(s->own_token));
    assert_ok(guise_call_impersonate(s->call));
    if (fork_here()) {
        CHILD_CHECK(is_self());
        CHILD_CHECK(token_refs(s->alice_token) == SCENE_TOKEN_REFS);
        CHILD_CHECK(token_refs(s->own_token) == SCENE_TOKEN_REFS);
        CHILD_CHECK_RESULT(guise_call_signal(s->call), GUISE_OK);
        CHILD_CHECK(counters_now().foreign_at_completion == before);
    }
    end_if_child();
    assert_true(is_client(s->alice));
    assert_true(child_passed());
    assert_ok(guise_call_signal(s->call));
    assert_true(counters_now().foreign_at_completion == before + 1);
    assert_ok(guise_revert_to_self());
    assert_true(is_only_set(s->own_token));
    assert_ok(guise_set_thread_token(NULL));
}

static guise_result fork_in_run_as(void *arg)
{
    struct scene *s = arg;

    if (fork_here()) {
        CHILD_CHECK(is_self());
        CHILD_CHECK_RESULT(guise_set_thread_token(s->bob_token), GUISE_OK);
        return 5;
    }
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, child_passed());
    return 6;
}

static void test_fork_inside_run_as(void **state)
{
    struct scene *s = *state;
    guise_result result;

    assert_ok(guise_call_impersonate(s->call));
    result = guise_run_as(s->own_token, fork_in_run_as, s);
    if (s_child == 0) {
        CHILD_CHECK(result == 5);
    }
    end_if_child();
    scene_verify(s);
    assert_result(result, 6);
    assert_true(is_client(s->alice));
    assert_ok(guise_revert_to_self());
}

static void be_foreign(struct wt *w)
{
    struct scene *s = w->arg;
    guise_result result = guise_call_impersonate(s->call);

    wt_latch_open(&s->ready);
    wt_latch_wait(&s->go);
    WT_CHECK_RESULT(w, result, GUISE_OK);
    WT_CHECK(w, is_client(s->alice));
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
}

/* That thread is not in the child, and is not counted there. */
static void test_fork_while_another_thread_is_foreign(void **state)
{
    struct scene *s = *state;
    uint64_t before = counters_now().foreign_at_completion;
    struct wt w;

    test_watchdog(20);
    wt_start(&w, be_foreign, s);
    wt_latch_wait(&s->ready);
    if (fork_here()) {
        CHILD_CHECK_RESULT(guise_call_impersonate(s->other), GUISE_OK);
        CHILD_CHECK_RESULT(guise_call_signal(s->call), GUISE_OK);
        CHILD_CHECK(counters_now().foreign_at_completion == before);
        CHILD_CHECK_RESULT(guise_call_signal(s->other), GUISE_OK);
        CHILD_CHECK(counters_now().foreign_at_completion == before + 1);
        CHILD_CHECK_RESULT(guise_revert_to_self(), GUISE_OK);
    }
    end_if_child();
    (void)!guise_call_signal(s->call);
    wt_latch_open(&s->go);
    wt_join(&w);
    assert_true(child_passed());
    assert_true(counters_now().foreign_at_completion == before + 1);
}

static atomic_bool s_stop;

static void come_and_go(struct wt *w)
{
    struct scene *s = w->arg;

    while (!atomic_load(&s_stop)) {
        WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_OK);
        WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    }
}

enum { FORKS = 50 };

static int fork_many_times(struct scene *s)
{
    int failed = 0;

    for (int i = 0; i < FORKS; i++) {
        if (fork_here()) {
            CHILD_CHECK_RESULT(guise_call_impersonate(s->other), GUISE_OK);
            CHILD_CHECK_RESULT(guise_call_signal(s->other), GUISE_OK);
            CHILD_CHECK_RESULT(guise_revert_to_self(), GUISE_OK);
        }
        end_if_child();
        failed += !child_passed();
    }
    return failed;
}

/* The child waits for no lock that another thread holds at that moment. */
static void test_fork_while_another_thread_comes_and_goes(void **state)
{
    struct scene *s = *state;
    struct wt w;
    int failed;

    test_watchdog(25);
    atomic_store(&s_stop, false);
    wt_start(&w, come_and_go, s);
    failed = fork_many_times(s);
    atomic_store(&s_stop, true);
    wt_join(&w);
    assert_int_equal(failed, 0);
}

/* ---- completion functions: only where they were registered ----------------------------------- */

static void complete_in_child(struct scene *s)
{
    CHILD_CHECK_RESULT(guise_call_on_complete(s->call, never_completes, NULL), GUISE_E_UNEXPECTED);
    CHILD_CHECK_RESULT(guise_call_complete(s->call, 7), GUISE_OK);
    CHILD_CHECK(s->count == 0);
    CHILD_CHECK(is_completed_with(s->call, 7));
    CHILD_CHECK_RESULT(guise_call_wait(s->call, GUISE_INFINITE), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_on_complete(s->call, never_completes, NULL),
                       GUISE_E_CALL_COMPLETE);
}

/* The parent's reply is the parent's: the client would get two. */
static void test_inherited_function_does_not_run(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, count_completion, &s->count));
    if (fork_here()) {
        complete_in_child(s);
    }
    end_if_child();
    assert_true(child_passed());
    assert_true(is_pending(s->call));
    assert_ok(guise_call_signal(s->call));
    assert_int_equal(s->count, 1);
}

static void test_inherited_function_does_not_run_at_the_last_unref(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, count_completion, &s->count));
    if (fork_here()) {
        guise_call_unref(s->call);
        CHILD_CHECK(s->count == 0);
        CHILD_CHECK(context_refs(s->alice) == 1);
    }
    end_if_child();
    assert_true(child_passed());
    assert_int_equal(context_refs(s->alice), 2);
}

static guise_result fail_in_the_child(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    if (fork_here()) {
        return GUISE_E_ACCESS_DENIED;
    }
    CHECK(s, child_passed());
    return GUISE_OK;
}

/* A-22 in the child, without the reply. */
static void test_inherited_function_does_not_run_after_a_failing_begin(void **state)
{
    struct scene *s = *state;
    guise_result result;

    assert_ok(guise_call_on_complete(s->call, count_completion, &s->count));
    result = guise_call_dispatch(s->call, fail_in_the_child, s);
    if (s_child == 0) {
        CHILD_CHECK(result == GUISE_E_ACCESS_DENIED);
        CHILD_CHECK(is_completed_with(s->call, GUISE_E_ACCESS_DENIED));
        CHILD_CHECK(s->count == 0);
    }
    end_if_child();
    scene_verify(s);
    assert_ok(result);
    assert_true(is_pending(s->call));
}

static void test_function_registered_in_the_child(void **state)
{
    struct scene *s = *state;

    if (fork_here()) {
        guise_call *call = NULL;

        CHILD_CHECK_RESULT(guise_call_on_complete(s->call, count_completion, &s->count), GUISE_OK);
        CHILD_CHECK_RESULT(guise_call_signal(s->call), GUISE_OK);
        CHILD_CHECK(s->count == 1);
        CHILD_CHECK_RESULT(guise_call_create(s->bob, &call), GUISE_OK);
        CHILD_CHECK_RESULT(guise_call_on_complete(call, count_completion, &s->count), GUISE_OK);
        guise_call_unref(call);
        CHILD_CHECK(s->count == 2);
    }
    end_if_child();
    assert_true(child_passed());
    assert_ok(guise_call_on_complete(s->call, count_completion, &s->count));
    assert_ok(guise_call_signal(s->call));
    assert_int_equal(s->count, 1);
}

/* One that was registered in the child is not the grandchild's either. */
static void test_function_of_the_child_does_not_run_in_the_grandchild(void **state)
{
    struct scene *s = *state;

    if (fork_here()) {
        CHILD_CHECK_RESULT(guise_call_on_complete(s->call, count_completion, &s->count), GUISE_OK);
        if (fork_here()) {
            CHILD_CHECK_RESULT(guise_call_signal(s->call), GUISE_OK);
            CHILD_CHECK(s->count == 0);
            test_exit_child(0);
        }
        CHILD_CHECK(child_passed());
        test_exit_child(0);
    }
    assert_true(child_passed());
    assert_true(is_pending(s->call));
}

static void fork_in_function(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    (void)result;
    s->count++;
    if (fork_here()) {
        CHILD_CHECK(is_self());
        CHILD_CHECK(guise_current_call() == call);
        CHILD_CHECK_RESULT(guise_call_wait(call, GUISE_INFINITE), GUISE_E_CALL_PENDING);
        return;
    }
    WT_CHECK(w, child_passed());
    WT_CHECK_RESULT(w, guise_call_wait(call, 0), GUISE_E_CALL_PENDING);
}

/* It was running already: it comes to its end in both, and both announce. */
static void test_fork_in_a_completion_function(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, fork_in_function, s));
    assert_ok(guise_call_impersonate(s->other));
    (void)!guise_call_signal(s->call);
    if (s_child == 0) {
        CHILD_CHECK(s->count == 1);
        CHILD_CHECK_RESULT(guise_call_wait(s->call, 0), GUISE_OK);
    }
    end_if_child();
    scene_verify(s);
    assert_ok(guise_call_wait(s->call, 0));
    assert_true(is_client(s->bob));
    assert_ok(guise_revert_to_self());
}

/* ---- waiting in the child -------------------------------------------------------------------- */

static void wait_in_child(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_wait(s->call, 1), GUISE_E_CALL_PENDING);
    wt_latch_open(&s->ready);
    WT_CHECK_RESULT(w, guise_call_wait(s->call, GUISE_INFINITE), GUISE_OK);
}

static void threads_in_child(struct scene *s)
{
    struct wt w = {.fn = wait_in_child, .arg = s};

    CHILD_CHECK(pthread_create(&w.thread, NULL, elsewhere_main, &w) == 0);
    wt_latch_wait(&s->ready);
    CHILD_CHECK_RESULT(guise_call_signal(s->call), GUISE_OK);
    CHILD_CHECK(pthread_join(w.thread, NULL) == 0);
    CHILD_CHECK(w.failed == NULL);
}

static void test_threads_wait_in_the_child(void **state)
{
    struct scene *s = *state;

    if (fork_here()) {
        threads_in_child(s);
    }
    end_if_child();
    assert_true(child_passed());
    assert_true(is_pending(s->call));
}

static void sleep_in_parent(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_wait(s->call, 1);
    wt_latch_open(&s->ready);
    WT_CHECK_RESULT(w, guise_call_wait(s->call, GUISE_INFINITE), GUISE_OK);
}

/* A sleeper in the parent is none in the child; waking no thread must not hang there. */
static void test_fork_while_another_thread_waits(void **state)
{
    struct scene *s = *state;
    struct wt w;

    test_watchdog(20);
    wt_start(&w, sleep_in_parent, s);
    wt_latch_wait(&s->ready);
    if (fork_here()) {
        CHILD_CHECK_RESULT(guise_call_wait(s->call, 1), GUISE_E_CALL_PENDING);
        CHILD_CHECK_RESULT(guise_call_signal(s->call), GUISE_OK);
        CHILD_CHECK_RESULT(guise_call_wait(s->call, GUISE_INFINITE), GUISE_OK);
    }
    end_if_child();
    (void)!guise_call_signal(s->call);
    wt_join(&w);
    assert_true(child_passed());
}

/* ---- the completion signal ------------------------------------------------------------------- */

static bool is_readable(int fd)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};

    return poll(&watched, 1, 0) == 1 && watched.revents == POLLIN;
}

static void check_announced(guise_signal *signal)
{
    int fd = -1;

    CHILD_CHECK_RESULT(guise_signal_wait(signal, GUISE_INFINITE), GUISE_OK);
    CHILD_CHECK_RESULT(guise_signal_fd(signal, &fd), GUISE_OK);
    CHILD_CHECK(is_readable(fd));
}

/* Not with the last reference, which takes the signal with it. */
static void signal_in_child(guise_call *call, guise_signal *signal)
{
    CHILD_CHECK_RESULT(guise_call_signal(call), GUISE_OK);
    CHILD_CHECK(is_completed_with(call, GUISE_OK));
    CHILD_CHECK_RESULT(guise_call_wait(call, GUISE_INFINITE), GUISE_OK);
    check_announced(signal);
}

static void abandon_in_child(guise_call *call, guise_signal *signal)
{
    (void)guise_signal_ref(signal);
    guise_call_unref(call); /* */
    check_announced(signal);
    guise_signal_unref(signal);
}

/* The parent's event loop is told of the parent's call only. */
static void complete_in_a_child(struct scene *s,
                                void (*complete)(guise_call *call, guise_signal *signal))
{
    guise_signal *signal = NULL;
    int fd = -1;

    assert_ok(guise_call_completion(s->call, &signal));
    assert_ok(guise_signal_fd(signal, &fd));
    if (fork_here()) {
        complete(s->call, signal);
    }
    end_if_child();
    assert_true(child_passed());
    assert_true(is_pending(s->call));
    assert_false(is_readable(fd));
    assert_ok(guise_call_signal(s->call));
    assert_true(is_readable(fd));
}

static void test_child_completes_an_inherited_call(void **state)
{
    complete_in_a_child(*state, signal_in_child);
}

static void test_child_abandons_an_inherited_call(void **state)
{
    complete_in_a_child(*state, abandon_in_child);
}

static void sleep_on_completion(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_signal_wait(s->extra, GUISE_INFINITE), GUISE_OK);
}

static void await_sleeper(guise_signal *signal)
{
    bool sleeps = false;

    while (!sleeps) {
        (void)sched_yield();
        (void)guise__lock_take(&signal->lock);
        sleeps = signal->waiters.first != NULL;
        guise__lock_release(&signal->lock);
    }
}

/* The sleeper's thread does not exist in the child, and its stack may be reused. */
static void test_child_completes_while_another_thread_waits(void **state)
{
    struct scene *s = *state;
    guise_signal *signal = NULL;
    struct wt w;

    test_watchdog(20);
    assert_ok(guise_call_completion(s->call, &signal));
    s->extra = signal;
    wt_start(&w, sleep_on_completion, s);
    await_sleeper(signal);
    if (fork_here()) {
        memset(signal->waiters.first, 0xA5, sizeof *signal->waiters.first);
        signal_in_child(s->call, signal);
        CHILD_CHECK(signal->waiters.first == NULL);
    }
    end_if_child();
    assert_true(child_passed());
    assert_true(is_pending(s->call));
    assert_ok(guise_call_signal(s->call));
    wt_join(&w);
}

/* ---- a system that refuses: with the fake provider only -------------------------------------- */

static void child_of_a_born_client(void *arg)
{
    int status = 0;
    pid_t child;

    (void)arg;
    fake_born_as_client();
    fake_log_clear();
    child = fork();
    if (child == 0) {
        CHILD_CHECK(!fake_is_self() && strcmp(fake_log(), "") == 0);
        test_exit_child(0);
    }
    CHILD_CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHILD_CHECK(status == 0);
}

/* I-04: where the record shows no token the child's identity is left as it is, and the child lives. */
static void test_child_of_a_born_client(void **state)
{
    assert_child_passes(child_of_a_born_client, *state);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_fork_in_begin),
        scene_test(test_child_goes_on_with_its_copy),
        scene_test(test_fork_in_nested_frames),
        scene_test(test_fork_with_slots_that_are_alike),
        scene_test(test_fork_as_a_foreign_client),
        scene_test(test_fork_inside_run_as),
        scene_test(test_fork_while_another_thread_is_foreign),
        scene_test(test_fork_while_another_thread_comes_and_goes),
        scene_test(test_inherited_function_does_not_run),
        scene_test(test_inherited_function_does_not_run_at_the_last_unref),
        scene_test(test_inherited_function_does_not_run_after_a_failing_begin),
        scene_test(test_function_registered_in_the_child),
        scene_test(test_function_of_the_child_does_not_run_in_the_grandchild),
        scene_test(test_fork_in_a_completion_function),
        scene_test(test_threads_wait_in_the_child),
        scene_test(test_fork_while_another_thread_waits),
        scene_test(test_child_completes_an_inherited_call),
        scene_test(test_child_abandons_an_inherited_call),
        scene_test(test_child_completes_while_another_thread_waits),
    };
    const struct CMUnitTest faked[] = {
        scene_test(test_child_of_a_born_client),
    };
    int failed = cmocka_run_group_tests_name("fork", tests, NULL, NULL);

    if (scene_is_faked) {
        failed += cmocka_run_group_tests_name("fork and the system", faked, NULL, NULL);
    }
    return failed;
}

int main(void)
{
    return scene_main(run);
}
