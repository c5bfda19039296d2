/* SPDX-License-Identifier: MIT */
/*
 * Threads that end in a frame where the unwinder sees nothing (support/blind.h): the thread's end ends
 * its frames, as unwinding would have. And the places that scopes lie in for this: how many are made,
 * and what happens without memory for one. This program brings its own guise__alloc_raw, which counts
 * the blocks that live and refuses when it is told to.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

#include <string.h>

#include "call/call.h"
#include "call/call_state.h"
#include "port/port.h"
#include "support/blind.h"
#include "support/child.h"
#include "thread/slot.h"
#include "thread/thread_state.h"

#define RESULT ((guise_result)-77)

/* Other libcs find cleanup handlers by a list, and miss none. */
#if defined(__GLIBC__)
#define IS_UNWOUND true
#else
#define IS_UNWOUND false
#endif

enum { DEPTH = 7, POISON = 0xA5 };

/* ---- the allocator --------------------------------------------------------------------------- */

static atomic_uint s_live;
static atomic_uint s_requests;
static atomic_bool s_refuse;

void *guise__alloc_raw(size_t size)
{
    void *memory;

    (void)atomic_fetch_add(&s_requests, 1);
    memory = atomic_load(&s_refuse) ? NULL : malloc(size);
    if (memory == NULL) {
        return NULL;
    }
    (void)atomic_fetch_add(&s_live, 1);
    return memset(memory, POISON, size);
}

void guise__free(void *memory)
{
    if (memory != NULL) {
        (void)atomic_fetch_sub(&s_live, 1);
    }
    free(memory);
}

/* ---- ending a thread ------------------------------------------------------------------------- */

static void exit_thread(void *arg)
{
    (void)arg;
    pthread_exit(NULL);
}

static void cancel_thread(void *arg)
{
    (void)arg;
    (void)pthread_cancel(pthread_self());
    pthread_testcancel();
}

/* Every test's thread ends by this, out of whatever it is in. */
static void (*s_end)(void *arg) = exit_thread;

static void end_thread(void)
{
    blind_run(s_end, NULL);
}

/* The thread's own last look, after all destructors have had their first turn, ours among them. */
static pthread_key_t s_last;
static struct scene *s_scene;

static void last_look(void *arg)
{
    static _Thread_local bool had_a_turn;
    struct wt *w = &s_scene->checks;

    if (!had_a_turn) {
        had_a_turn = true;
        WT_CHECK(w, pthread_setspecific(s_last, arg) == 0);
        return;
    }
    WT_CHECK(w, is_self());
    WT_CHECK(w, guise_current_call() == NULL);
    WT_CHECK(w, *guise__thread_extension() == NULL);
    s_scene->ended = true;
}

/* Has the unwinder reached the thread's own function? Then this test shows nothing of what it is for. */
static bool s_was_unwound;

static void note_unwinding(bool *arg)
{
    s_was_unwound = *arg;
}

static void *ending_main(void *arg)
{
    /* Unlike a handler of pthread_cleanup_push, which glibc finds by a list, this takes unwinding. */
    bool unwinding __attribute__((cleanup(note_unwinding))) = true;
    struct wt *w = arg;

    WT_CHECK_OR(w, pthread_setspecific(s_last, w) == 0, NULL);
    w->fn(w);
    unwinding = false;
    wt_failed(w, "the thread ends in here", __FILE__, __LINE__);
    return NULL;
}

/* Runs fn on a thread that ends in there; that frees so many of the blocks that were there before, and
 * leaves none. */
static void play_and_free(struct scene *s, wt_fn *fn, unsigned freed)
{
    struct wt w = {.fn = fn, .arg = s};
    unsigned live = atomic_load(&s_live);

    test_watchdog(20);
    s_scene = s;
    s->ended = false;
    s_was_unwound = false;
    assert_int_equal(pthread_create(&w.thread, NULL, ending_main, &w), 0);
    assert_int_equal(pthread_join(w.thread, NULL), 0);
    if (w.failed != NULL && s->checks.failed == NULL) {
        s->checks = w;
    }
    scene_verify(s);
    assert_true(s->ended);
    assert_false(s_was_unwound);
    assert_int_equal(atomic_load(&s_live), live - freed);
}

static void play(struct scene *s, wt_fn *fn)
{
    play_and_free(s, fn, 0);
}

static unsigned call_refs(const guise_call *call)
{
    return (unsigned)(atomic_load(&call->state) >> GUISE__CALL_REFERENCE_SHIFT);
}

/* The completion function: counts, and checks the identity that it runs as. */
static void reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    WT_CHECK_RESULT(w, result, GUISE_E_SERVER_FAULT);
    WT_CHECK(w, is_completed_with(call, GUISE_E_SERVER_FAULT));
    WT_CHECK(w, is_self() && guise_current_call() == call);
    WT_CHECK_RESULT(w, guise_call_wait(call, GUISE_INFINITE), GUISE_E_CALL_PENDING);
    s->count++;
}

/* ---- one frame ------------------------------------------------------------------------------- */

static guise_result end_as_client(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, guise_is_impersonating() && is_worn());
    *guise__thread_extension() = s;
    end_thread();
    return GUISE_OK;
}

static void end_in_begin(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, end_as_client, s);
}

static void assert_begin_ends(struct scene *s, void (*end)(void *))
{
    uint64_t exited = counters_now().exited_as_client;
    guise_signal *completion;

    s_end = end;
    assert_ok(guise_call_on_complete(s->call, reply, s));
    assert_ok(guise_call_completion(s->call, &completion));
    play(s, end_in_begin);
    assert_int_equal(s->count, 1);
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
    assert_ok(guise_call_wait(s->call, 0));
    assert_ok(guise_signal_wait(completion, 0));
    assert_int_equal(call_refs(s->call), 1);
    assert_true(counters_now().exited_as_client == exited); /* the frame took it off */
    s_end = exit_thread;
}

/* A-34, L-6 */
static void test_begin_ended_by_pthread_exit(void **state)
{
    assert_begin_ends(*state, exit_thread);
}

/* */
static void test_begin_ended_by_cancellation(void **state)
{
    assert_begin_ends(*state, cancel_thread);
}

static void end_in_a_continuation(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_run(s->call, end_as_client, s);
}

/* the token comes off; the call is its server's to complete. */
static void test_a_continuation_leaves_its_call_open(void **state)
{
    struct scene *s = *state;

    play(s, end_in_a_continuation);
    assert_true(is_pending(s->call));
    assert_int_equal(call_refs(s->call), 2);
}

static guise_result give_up_and_end(guise_call *call, void *arg)
{
    guise_call_unref(call);
    return end_as_client(call, arg);
}

static void end_with_the_last_reference(struct wt *w)
{
    struct scene *s = w->arg;
    guise_call *call = s->call;

    s->call = NULL;
    (void)!guise_call_dispatch(call, give_up_and_end, s);
}

/* */
static void test_the_frames_reference_was_the_last(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, reply, s));
    play_and_free(s, end_with_the_last_reference, 1);
    assert_int_equal(s->count, 1);
}

/* ---- scopes of other kinds, and many --------------------------------------------------------- */

static void first_reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    WT_CHECK(&s->checks, s->count == 0 && is_pending(s->other));
    reply(call, result, arg);
}

static void second_reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    WT_CHECK(&s->checks, s->count == 1);
    reply(call, result, arg);
}

static guise_result dispatch_inner(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->bob));
    return guise_call_dispatch(s->call, end_as_client, s);
}

static void end_in_two_frames(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->other, dispatch_inner, s);
}

/* innermost first. The outer frame's tokens, which the inner one keeps for it, go too. */
static void test_frames_end_from_within(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, first_reply, s));
    assert_ok(guise_call_on_complete(s->other, second_reply, s));
    play(s, end_in_two_frames);
    assert_int_equal(s->count, 2);
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
    assert_true(is_completed_with(s->other, GUISE_E_SERVER_FAULT));
}

static guise_result run_deep(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    return --s->count == 0 ? end_as_client(call, s) : guise_call_run(call, run_deep, s);
}

static void end_deep(struct wt *w)
{
    struct scene *s = w->arg;

    s->count = DEPTH;
    (void)!guise_call_run(s->call, run_deep, s);
}

/* There is no limit on frames, and what they lie in is freed. */
static void test_many_frames(void **state)
{
    struct scene *s = *state;

    play(s, end_deep);
    assert_int_equal(s->count, 0);
    assert_true(is_pending(s->call));
    assert_int_equal(call_refs(s->call), 2);
}

static guise_result dispatch_as_own(void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_only_set(s->own_token));
    return guise_call_dispatch(s->call, end_as_client, s);
}

static void end_below_run_as(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_run_as(s->own_token, dispatch_as_own, s);
}

static void test_run_as_ends_too(void **state)
{
    struct scene *s = *state;

    play(s, end_below_run_as);
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
}

static guise_result end_as_own(void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_only_set(s->own_token));
    end_thread();
    return GUISE_OK;
}

static guise_result run_as_own(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    return guise_run_as(s->own_token, end_as_own, s);
}

static void end_in_run_as(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, run_as_own, s);
}

static void test_run_as_in_a_frame(void **state)
{
    struct scene *s = *state;

    play(s, end_in_run_as);
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
}

static void end_as_foreign(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(s->other), GUISE_OK);
    (void)!guise_call_dispatch(s->call, end_as_client, s);
}

/* What was put on in no frame comes back when the last frame ends, and is counted as ever. */
static void test_below_the_frames(void **state)
{
    struct scene *s = *state;
    uint64_t exited = counters_now().exited_as_client;

    play(s, end_as_foreign);
    assert_true(counters_now().exited_as_client == exited + 1);
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
}

/* ---- completion functions -------------------------------------------------------------------- */

static void end_in_reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    WT_CHECK_RESULT(w, result, RESULT);
    WT_CHECK(w, is_self() && guise_current_call() == call);
    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_OK);
    s->count++;
    end_thread();
}

/* Does nothing that would attach the thread. */
static void end_plainly(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    WT_CHECK_RESULT(w, result, RESULT);
    WT_CHECK(w, guise_current_call() == call && !tl_guise_thread.attached);
    s->count++;
    end_thread();
}

static void complete_and_end(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_complete(s->call, RESULT);
}

static void assert_replied(struct scene *s)
{
    assert_int_equal(s->count, 1);
    assert_true(is_completed_with(s->call, RESULT));
    assert_ok(guise_call_wait(s->call, 0)); /* announced */
    assert_int_equal(call_refs(s->call), 1);
}

static void test_a_completion_function_ends_its_thread(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, end_in_reply, s));
    play(s, complete_and_end);
    assert_replied(s);
}

static void test_a_thread_that_only_completes(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, end_plainly, s));
    play(s, complete_and_end);
    assert_replied(s);
}

static guise_result fail_as_client(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    return RESULT;
}

static void fail_and_end(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, fail_as_client, s);
}

/* Begin_ has failed, and the frame is ending already. */
static void test_the_reply_to_a_failure_ends_its_thread(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, end_in_reply, s));
    play(s, fail_and_end);
    assert_replied(s);
}

static guise_result end_as_client_of_other(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    return end_as_client(s->other, s);
}

static void finish_and_end(struct wt *w)
{
    struct scene *s = w->arg;

    (void)guise__call_signal_with(s->call, end_as_client_of_other, s);
}

/* Finish_ does not come back; the result says so. */
static void test_finish_ends_its_thread(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, reply, s));
    play(s, finish_and_end);
    assert_int_equal(s->count, 1);
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
    assert_ok(guise_call_wait(s->call, 0));
    assert_int_equal(call_refs(s->call), 1);
}

static guise_result finish_with_result(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(s->other));
    (void)call;
    return RESULT;
}

static void finish_and_end_in_reply(struct wt *w)
{
    struct scene *s = w->arg;

    (void)guise__call_signal_with(s->call, finish_with_result, s);
}

/* Finish_ is over, so its result stands. */
static void test_the_reply_after_finish_ends_its_thread(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, end_in_reply, s));
    play(s, finish_and_end_in_reply);
    assert_replied(s);
}

/* ---- places ---------------------------------------------------------------------------------- */

static guise_result go_deep(guise_call *call, void *arg)
{
    struct scene *s = arg;

    return --s->count == 0 ? GUISE_OK : guise_call_run(call, go_deep, s);
}

static bool go_to(struct scene *s, int depth)
{
    s->count = depth;
    return guise_call_run(s->call, go_deep, s) == GUISE_OK && s->count == 0;
}

static void go_deep_twice(struct wt *w)
{
    struct scene *s = w->arg;
    unsigned requests = atomic_load(&s_requests);

    WT_CHECK(w, go_to(s, GUISE__PLACES));
    WT_CHECK(w, atomic_load(&s_requests) == requests);
    for (int i = 0; i < 2; i++) {
        WT_CHECK(w, go_to(s, DEPTH));
        WT_CHECK(w, atomic_load(&s_requests) == requests + DEPTH - GUISE__PLACES);
    }
}

/* A thread asks for memory when it is this deep for the first time, and gives it back at its end. */
static void test_places_are_kept(void **state)
{
    unsigned live = atomic_load(&s_live);

    scene_elsewhere(*state, go_deep_twice);
    assert_int_equal(atomic_load(&s_live), live);
}

static guise_result never_runs(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    abort();
}

static guise_result never_runs_as(void *arg)
{
    return never_runs(NULL, arg);
}

static guise_result without_memory(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    atomic_store(&s_refuse, true);
    CHECK_RESULT(s, guise_call_run(call, never_runs, s), GUISE_E_OUT_OF_MEMORY);
    CHECK_RESULT(s, guise_call_dispatch(s->call, never_runs, s), GUISE_E_OUT_OF_MEMORY);
    CHECK_RESULT(s, guise_run_as(s->own_token, never_runs_as, s), GUISE_E_OUT_OF_MEMORY);
    CHECK(s, is_client(s->bob) && guise_current_call() == call);
    atomic_store(&s_refuse, false);
    CHECK_OK(s, guise_call_dispatch(s->call, do_nothing, s)); /* it was not used up */
    CHECK(s, is_client(s->bob) && guise_current_call() == call);
    return GUISE_OK;
}

/* Runs fn as a frame of the other call in the last of the places that need no memory. */
struct last {
    struct scene *s;
    guise_begin_fn *fn;
    int missing;
};

static guise_result to_the_last_place(guise_call *call, void *arg)
{
    struct last *last = arg;

    return --last->missing > 0 ? guise_call_run(call, to_the_last_place, last)
                               : guise_call_run(call, last->fn, last->s);
}

static void run_in_the_last_place(struct wt *w, guise_begin_fn *fn)
{
    struct scene *s = w->arg;
    struct last last = {s, fn, GUISE__PLACES - 1};

    WT_CHECK_RESULT(w, guise_call_run(s->other, to_the_last_place, &last), GUISE_OK);
    WT_CHECK(w, is_self());
}

static void frames_without_memory(struct wt *w)
{
    run_in_the_last_place(w, without_memory);
}

static void test_a_frame_without_memory_is_refused(void **state)
{
    scene_elsewhere(*state, frames_without_memory);
}

/* Its scope is on the stack; there is no memory for a frame in it, and then there is. */
static void reply_without_memory(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    WT_CHECK_RESULT(w, result, RESULT);
    WT_CHECK(w, is_self() && guise_current_call() == call);
    WT_CHECK_RESULT(w, guise_call_run(s->other, never_runs, s), GUISE_E_OUT_OF_MEMORY);
    atomic_store(&s_refuse, false);
    WT_CHECK(w, go_to(s, DEPTH));
    atomic_store(&s_refuse, true);
    WT_CHECK(w, is_self() && guise_current_call() == call);
    s->count++;
}

static guise_result complete_without_memory(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    atomic_store(&s_refuse, true);
    CHECK_OK(s, guise_call_complete(s->call, RESULT));
    atomic_store(&s_refuse, false);
    CHECK(s, is_client(s->bob) && guise_current_call() == call);
    CHECK(s, s->count == 1 && go_to(s, DEPTH) && is_client(s->bob));
    s->count = 1;
    return GUISE_OK;
}

static void reply_deep(struct wt *w)
{
    run_in_the_last_place(w, complete_without_memory);
}

/* L-1: completing cannot be refused. */
static void test_a_reply_without_memory_runs(void **state)
{
    struct scene *s = *state;
    unsigned live = atomic_load(&s_live);

    assert_ok(guise_call_on_complete(s->call, reply_without_memory, s));
    scene_elsewhere(s, reply_deep);
    assert_int_equal(s->count, 1);
    assert_true(is_completed_with(s->call, RESULT));
    assert_ok(guise_call_wait(s->call, 0));
    assert_int_equal(atomic_load(&s_live), live);
}

static guise_result finish_without_memory(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_self() && guise_current_call() == call);
    s->count++;
    return RESULT;
}

static guise_result signal_without_memory(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    atomic_store(&s_refuse, true);
    CHECK(s, guise__call_signal_with(s->call, finish_without_memory, s));
    atomic_store(&s_refuse, false);
    return GUISE_OK;
}

static void finish_deep(struct wt *w)
{
    run_in_the_last_place(w, signal_without_memory);
}

static void test_a_finish_without_memory_runs(void **state)
{
    struct scene *s = *state;

    scene_elsewhere(s, finish_deep);
    assert_int_equal(s->count, 1);
    assert_true(is_completed_with(s->call, RESULT));
    assert_ok(guise_call_wait(s->call, 0));
}

static void end_the_child(void *arg)
{
    struct wt w = {.arg = arg};
    struct scene *s = arg;

    CHILD_CHECK_RESULT(guise_call_on_complete(s->call, end_in_reply, s), GUISE_OK);
    reply_deep(&w);
}

/* The process ends, because what is left to do cannot be known (L-7). */
static void test_an_end_without_memory_ends_the_process(void **state)
{
    if (!IS_UNWOUND) {
        print_message("SKIPPED: only glibc unwinds the stack of a thread that ends\n");
        skip();
    }
    assert_child_dies(end_the_child, *state,
                      "guise: fatal: a thread ended in a completion function for which there was no "
                      "memory; ending the process");
}

/* ---- main ------------------------------------------------------------------------------------ */

static int setup(void **state)
{
    (void)state;
    return pthread_key_create(&s_last, last_look);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_begin_ended_by_pthread_exit),
        scene_test(test_begin_ended_by_cancellation),
        scene_test(test_a_continuation_leaves_its_call_open),
        scene_test(test_the_frames_reference_was_the_last),
        scene_test(test_frames_end_from_within),
        scene_test(test_many_frames),
        scene_test(test_run_as_ends_too),
        scene_test(test_run_as_in_a_frame),
        scene_test(test_below_the_frames),
        scene_test(test_a_completion_function_ends_its_thread),
        scene_test(test_a_thread_that_only_completes),
        scene_test(test_the_reply_to_a_failure_ends_its_thread),
        scene_test(test_finish_ends_its_thread),
        scene_test(test_the_reply_after_finish_ends_its_thread),
        scene_test(test_places_are_kept),
        scene_test(test_a_frame_without_memory_is_refused),
        scene_test(test_a_reply_without_memory_runs),
        scene_test(test_a_finish_without_memory_runs),
        scene_test(test_an_end_without_memory_ends_the_process),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}

int main(void)
{
    return scene_main(run);
}
