/* SPDX-License-Identifier: MIT */
/* The slot: set_thread_token, run_as, revert; being a client in no frame; a thread's two ends. */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

#include "thread/thread_state.h"

#include <errno.h>
#include <string.h>

/* ---- set_thread_token ------------------------------------------------------------------------ */

/* S-18, X-17: what the program puts there itself is in the slot and is no impersonation. */
static void test_set_and_empty_the_slot(void **state)
{
    struct scene *s = *state;

    assert_true(is_self());
    errno = 4242;
    assert_ok(guise_set_thread_token(s->own_token));
    assert_true(is_only_set(s->own_token));
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS + 1);
    assert_ok(guise_set_thread_token(s->own_token));
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS + 1);
    assert_ok(guise_set_thread_token(s->alice_token));
    assert_true(is_only_set(s->alice_token));
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS);
    assert_ok(guise_set_thread_token(NULL));
    assert_true(is_self());
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS);
    assert_ok(guise_set_thread_token(NULL));
    assert_int_equal(errno, 4242);
}

/* The slot keeps the token alive. */
static void test_slot_holds_a_reference(void **state)
{
    guise_token *token = make_token("held", 1009);

    (void)state;
    assert_ok(guise_set_thread_token(token));
    guise_token_unref(token);
    assert_string_equal(guise_token_name(guise_thread_token()), "held");
    assert_ok(guise_set_thread_token(NULL));
}

/* the flag follows impersonation, not the slot. */
static void test_is_impersonating(void **state)
{
    struct scene *s = *state;

    assert_false(guise_is_impersonating());
    assert_ok(guise_set_thread_token(s->own_token));
    assert_false(guise_is_impersonating());
    assert_ok(guise_revert_to_self());
    assert_true(is_only_set(s->own_token)); /* there was nothing to undo */
    assert_ok(guise_call_impersonate(s->call));
    assert_true(guise_is_impersonating());
    assert_ok(guise_set_thread_token(NULL));
    assert_true(guise_is_impersonating());
    assert_ok(guise_revert_to_self());
    assert_true(is_only_set(s->own_token));
    assert_ok(guise_set_thread_token(NULL));
}

/* S-10 to S-12 on a thread in no frame, with every reference. */
static void test_impersonate_and_revert_in_no_frame(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_set_thread_token(s->own_token));
    assert_ok(guise_call_impersonate(s->call));
    assert_true(is_client(s->alice));
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS + 1);
    assert_ok(guise_call_impersonate(s->other));
    assert_true(is_client(s->bob));
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS);
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS + 1);
    assert_ok(guise_revert_to_self());
    assert_true(is_only_set(s->own_token));
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS);
    assert_ok(guise_set_thread_token(NULL));
}

/* ---- run_as ---------------------------------------------------------------------------------- */

static guise_result must_not_run(void *arg)
{
    ((struct scene *)arg)->count = -1000;
    return GUISE_OK;
}

static void test_run_as_null(void **state)
{
    struct scene *s = *state;

    assert_result(guise_run_as(NULL, must_not_run, s), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_run_as(s->own_token, NULL, s), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(s->count, 0);
    assert_true(is_self());
}

static guise_result be_own(void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_only_set(s->own_token));
    CHECK(s, token_refs(s->own_token) == SCENE_TOKEN_REFS + 1);
    s->count++;
    return 1 - s->count;
}

static void test_run_as_returns_what_the_function_returned(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 4; i++) {
        assert_result(guise_run_as(s->own_token, be_own, s), -i);
        scene_verify(s);
        assert_true(is_self());
    }
}

static guise_result revert_inside(void *arg)
{
    struct scene *s = arg;
    unsigned refs = token_refs(s->alice_token);

    CHECK(s, is_only_set(s->own_token));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token)); /* not past the beginning */
    CHECK_OK(s, guise_call_impersonate(s->call));
    CHECK(s, is_client(s->alice));
    CHECK(s, token_refs(s->alice_token) == refs + 1);
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

static guise_result leave_a_mess(void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(s->call));
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK_OK(s, guise_set_thread_token(s->alice_token));
    return GUISE_OK;
}

static guise_result empty_the_slot(void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(NULL));
    CHECK(s, is_self());
    return GUISE_OK;
}

static void run_all_as_own(struct scene *s)
{
    guise_result results[] = {guise_run_as(s->own_token, revert_inside, s),
                              guise_run_as(s->own_token, leave_a_mess, s),
                              guise_run_as(s->own_token, empty_the_slot, s)};

    scene_verify(s);
    assert_ok(results[0]);
    assert_ok(results[1]);
    assert_ok(results[2]);
}

/* Slot, saved token and flag are restored after the function in every case. */
static void test_run_as_restores_self(void **state)
{
    struct scene *s = *state;

    run_all_as_own(s);
    assert_true(is_self());
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS);
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS);
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS);
}

static void test_run_as_restores_a_client(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_set_thread_token(s->bob_token));
    assert_ok(guise_call_impersonate(s->call));
    run_all_as_own(s);
    assert_true(is_client(s->alice));
    assert_ok(guise_revert_to_self());
    assert_true(is_only_set(s->bob_token)); /* what a revert goes back to was kept too */
    assert_ok(guise_set_thread_token(NULL));
}

static guise_result be_alice(void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_only_set(s->alice_token));
    return GUISE_OK;
}

static guise_result nest_run_as(void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_run_as(s->alice_token, be_alice, s));
    CHECK(s, is_only_set(s->own_token));
    CHECK_OK(s, guise_run_as(s->own_token, empty_the_slot, s));
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

static void test_run_as_in_run_as(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_run_as(s->own_token, nest_run_as, s));
    scene_verify(s);
    assert_true(is_self());
}

static guise_result no_call_in_run_as(void *arg)
{
    struct scene *s = arg;

    CHECK(s, guise_current_call() == NULL);
    CHECK_RESULT(s, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

static guise_result same_call_in_run_as(void *arg)
{
    struct scene *s = arg;

    CHECK(s, guise_current_call() == s->call);
    CHECK(s, is_only_set(s->own_token));
    CHECK_OK(s, guise_impersonate_client());
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_call_signal(s->call));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    CHECK_RESULT(s, guise_impersonate_client(), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

static guise_result run_as_in_frame(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_impersonate_client());
    CHECK_OK(s, guise_run_as(s->own_token, same_call_in_run_as, s));
    CHECK(s, is_client(s->alice)); /* N-02 */
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

/* run_as is no frame: the current call is the one around it, if there is one. */
static void test_run_as_keeps_the_current_call(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_run_as(s->own_token, no_call_in_run_as, s));
    scene_verify(s);
    scene_dispatch(s, run_as_in_frame);
}

static void client_again(void *arg)
{
    struct scene *s = arg;

    WT_CHECK(&s->checks, is_client(s->alice));
    WT_CHECK(&s->checks, token_refs(s->own_token) == SCENE_TOKEN_REFS);
    s->count++;
    (void)!guise_revert_to_self(); /* the thread is in no frame, so nothing else would */
}

static guise_result exit_inside(void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_only_set(s->own_token));
    pthread_exit(NULL);
}

static guise_result cancel_inside(void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(s->other));
    (void)pthread_cancel(pthread_self());
    pthread_testcancel();
    return GUISE_E_UNEXPECTED;
}

static void end_inside(struct wt *w, guise_result (*fn)(void *))
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_OK);
    pthread_cleanup_push(client_again, s);
    (void)!guise_run_as(s->own_token, fn, s);
    pthread_cleanup_pop(0);
}

static void exit_in_run_as(struct wt *w)
{
    end_inside(w, exit_inside);
}

static void cancel_in_run_as(struct wt *w)
{
    end_inside(w, cancel_inside);
}

/* On every way out: the outer code's own handlers run as what the thread was. */
static void test_run_as_ended_by_pthread_exit(void **state)
{
    struct scene *s = *state;

    scene_elsewhere_ends(s, exit_in_run_as);
    assert_int_equal(s->count, 1);
}

static void test_run_as_ended_by_cancellation(void **state)
{
    struct scene *s = *state;

    scene_elsewhere_ends(s, cancel_in_run_as);
    assert_int_equal(s->count, 1);
}

/* ---- unframed: no frame removes the token ---------------------------------------------------- */

static uint64_t foreign(void)
{
    return counters_now().foreign_at_completion;
}

/* S-20, S-21, N-06: it outlives the call, is counted once, and a revert works. */
static void test_foreign_impersonation_outlives_the_call(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    assert_true(foreign() == before);
    assert_ok(guise_call_signal(s->call));
    assert_true(foreign() == before + 1);
    assert_true(is_client(s->alice));
    guise_call_unref(s->call);
    s->call = NULL;
    assert_int_equal(context_refs(s->alice), 1); /* the call is gone, the token is not */
    assert_true(is_client(s->alice));
    assert_ok(guise_revert_to_self());
    assert_true(is_self());
    assert_true(foreign() == before + 1);
}

/* The completing thread and the way of completing do not matter. */
static void test_foreign_and_completed_by_another_thread(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    scene_elsewhere(s, signal_call);
    assert_true(foreign() == before + 1);
    assert_true(is_client(s->alice));
    assert_ok(guise_revert_to_self());
}

static void test_foreign_and_abandoned(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    guise_call_unref(s->call); /* */
    s->call = NULL;
    assert_true(foreign() == before + 1);
    assert_true(is_client(s->alice));
    assert_ok(guise_revert_to_self());
}

static void test_reverted_in_time_is_not_counted(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    assert_ok(guise_revert_to_self());
    assert_ok(guise_call_signal(s->call));
    assert_true(foreign() == before);
}

static void test_refused_is_not_counted(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_signal(s->call));
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    assert_true(foreign() == before);
    assert_ok(
        guise_call_impersonate(s->other)); /* N-04: and what was before is tracked as before */
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    assert_true(is_client(s->bob));
    assert_ok(guise_call_signal(s->other));
    assert_true(foreign() == before + 1);
    assert_ok(guise_revert_to_self());
}

static void test_impersonated_twice_is_counted_once(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    assert_ok(guise_call_impersonate(s->call));
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS + 1);
    assert_ok(guise_call_signal(s->call));
    assert_true(foreign() == before + 1);
    assert_ok(guise_call_complete(s->call, 3));
    assert_true(foreign() == before + 1);
    assert_ok(guise_revert_to_self());
}

/* S-12: only the last one is on. */
static void test_replaced_by_another_client(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    assert_ok(guise_call_impersonate(s->other));
    assert_ok(guise_call_signal(s->call));
    assert_true(foreign() == before);
    assert_ok(guise_call_signal(s->other));
    assert_true(foreign() == before + 1);
    assert_ok(guise_revert_to_self());
}

static void test_replaced_by_the_programs_own_token(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    assert_ok(guise_set_thread_token(s->own_token));
    assert_ok(guise_call_signal(s->call));
    assert_true(foreign() == before);
    assert_ok(guise_revert_to_self());
    assert_true(is_self());
}

/* A later call in the same place of memory is not mistaken for the one that has gone. */
static void test_next_call_at_the_same_address(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    guise_call_unref(s->call);
    s->call = NULL;
    for (int i = 0; i < 64; i++) {
        guise_call_unref(make_call(s->alice));
    }
    assert_true(foreign() == before + 1);
    assert_ok(guise_revert_to_self());
}

static guise_result impersonate_and_signal(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK_OK(s, guise_call_signal(s->other));
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_client(s->bob));
    return GUISE_OK;
}

/* In a frame it is the frame that takes it off, so there is nothing to report. */
static void test_in_a_frame_is_not_counted(void **state)
{
    uint64_t before = foreign();

    scene_dispatch(*state, impersonate_and_signal);
    assert_true(foreign() == before);
}

static guise_result signal_the_other(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK(s, is_self());
    CHECK_OK(s, guise_call_signal(s->other));
    return GUISE_OK;
}

/* Put aside by a frame it is still there, for it comes back. */
static void test_put_aside_by_a_frame_is_counted(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->other));
    assert_ok(guise_call_dispatch(s->call, signal_the_other, s));
    scene_verify(s);
    assert_true(is_client(s->bob));
    assert_true(foreign() == before + 1);
    assert_ok(guise_revert_to_self());
}

enum { THREADS = 5 };

struct crowd {
    struct scene *s;
    struct wt_barrier barrier;
};

static void one_of_many(struct wt *w)
{
    struct crowd *crowd = w->arg;
    guise_result result = guise_call_impersonate(crowd->s->call);

    wt_barrier_wait(&crowd->barrier); /* all are the client */
    wt_barrier_wait(&crowd->barrier); /* the call has completed */
    WT_CHECK_RESULT(w, result, GUISE_OK);
    WT_CHECK(w, is_client(crowd->s->alice));
    WT_CHECK_RESULT(w, guise_call_impersonate(crowd->s->call), GUISE_E_CALL_COMPLETE);
    WT_CHECK(w, is_client(crowd->s->alice));
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    WT_CHECK(w, is_self());
}

/* S-20, N-05: each thread for itself. */
static void test_many_foreign_threads(void **state)
{
    struct crowd crowd = {.s = *state};
    struct wt w[THREADS];
    uint64_t before = foreign(), counted;
    unsigned refs;

    test_watchdog(20);
    wt_barrier_init(&crowd.barrier, THREADS + 1);
    wt_start_all(w, THREADS, one_of_many, &crowd);
    wt_barrier_wait(&crowd.barrier);
    refs = token_refs(crowd.s->alice_token);
    (void)!guise_call_signal(crowd.s->call);
    counted = foreign() - before;
    wt_barrier_wait(&crowd.barrier);
    wt_join_all(w, THREADS);
    assert_int_equal(refs, SCENE_TOKEN_REFS + THREADS);
    assert_int_equal(counted, THREADS);
    assert_true(foreign() == before + THREADS);
}

/* The list of them, without the threads: these of three have gone when the call completes, in this
 * order, and the others are counted. */
static void end_foreign(struct guise__unframed nodes[3], const int gone[3], int count)
{
    for (int i = 0; i < count; i++) {
        guise__unframed_end(&nodes[gone[i]]);
        assert_false(nodes[gone[i]].listed);
        assert_null(nodes[gone[i]].next);
        assert_null(nodes[gone[i]].previous);
    }
}

/* S-20: the first of the list, one in the middle and the last one are taken out of it. */
static void test_any_foreign_thread_may_go_first(void **state)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct scene *s = *state;

    for (int i = 0; i < 6 * 4; i++) {
        struct guise__unframed nodes[3] = {{0}};
        uint64_t before = foreign();
        int count = i % 4;

        for (int n = 0; n < 3; n++) {
            guise__unframed_note(&nodes[n], s->call);
        }
        end_foreign(nodes, orders[i / 4], count);
        guise__unframed_completed(s->other);
        assert_true(foreign() == before);
        guise__unframed_completed(s->call);
        assert_true(foreign() == before + 3 - (unsigned)count);
        end_foreign(nodes, orders[5 - i / 4], 3);
        guise__unframed_completed(s->call);
        assert_true(foreign() == before + 3 - (unsigned)count);
    }
}

/* ---- two threads ----------------------------------------------------------------------------- */

static void other_side(struct wt *w)
{
    struct scene *s = w->arg;

    wt_latch_wait(&s->ready);
    WT_CHECK(w, is_self());
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_impersonate(s->other), GUISE_OK);
    WT_CHECK(w, is_client(s->bob));
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_OK);
    WT_CHECK_RESULT(w, guise_set_thread_token(NULL), GUISE_OK);
}

/* What one thread does has no effect on the other (S-19). */
static void test_threads_are_independent(void **state)
{
    struct scene *s = *state;
    struct wt w;

    test_watchdog(20);
    wt_start(&w, other_side, s);
    assert_ok(guise_call_impersonate(s->call));
    wt_latch_open(&s->ready);
    wt_join(&w);
    assert_true(is_client(s->alice));
    assert_ok(guise_revert_to_self());
}

static void born_as_self(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK(w, is_self());
    WT_CHECK(w, guise_current_call() == NULL);
    WT_CHECK_RESULT(w, guise_call_run(s->other, do_nothing, NULL), GUISE_OK);
    WT_CHECK(w, is_self());
}

/* A new thread's slot is empty, with any token in its creator's slot (W-21). */
static void test_new_thread_is_self(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_impersonate(s->call));
    scene_elsewhere(s, born_as_self);
    assert_ok(guise_set_thread_token(s->own_token));
    scene_elsewhere(s, born_as_self);
    assert_ok(guise_revert_to_self());
    assert_ok(guise_set_thread_token(s->own_token));
    scene_elsewhere(s, born_as_self);
    assert_ok(guise_set_thread_token(NULL));
}

/* ---- a thread's end -------------------------------------------------------------------------- */

static uint64_t exited(void)
{
    return counters_now().exited_as_client;
}

static void exit_as_foreign_client(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_OK);
    WT_CHECK(w, is_client(s->alice));
}

static void exit_with_own_token(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_OK);
}

static void exit_after_revert(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_OK);
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
}

static guise_result impersonate_only(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    return GUISE_OK;
}

static void exit_after_frame(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_run(s->call, impersonate_only, s), GUISE_OK);
}

static void assert_refs_are_gone(const struct scene *s)
{
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS);
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS);
}

/* S-20: "until that thread reverts, or exits": the end takes it off, counts it, lets go of it. */
static void test_thread_exits_with_a_token(void **state)
{
    struct scene *s = *state;
    uint64_t before = exited(), foreign_before = foreign();

    scene_elsewhere(s, exit_as_foreign_client);
    assert_true(exited() == before + 1);
    assert_refs_are_gone(s);
    scene_elsewhere(s, exit_with_own_token);
    assert_true(exited() == before + 2);
    assert_refs_are_gone(s);
    assert_ok(guise_call_signal(s->call)); /* no thread is left that is its client */
    assert_true(foreign() == foreign_before);
}

static void test_thread_exits_as_self(void **state)
{
    struct scene *s = *state;
    uint64_t before = exited();

    scene_elsewhere(s, exit_after_revert);
    scene_elsewhere(s, exit_after_frame);
    scene_elsewhere(s, born_as_self);
    assert_true(exited() == before);
    assert_refs_are_gone(s);
}

static void client_still(void *arg)
{
    struct scene *s = arg;

    WT_CHECK(&s->checks, is_client(s->alice));
    s->count++;
}

static void pthread_exit_as_client(struct wt *w)
{
    struct scene *s = w->arg;

    exit_as_foreign_client(w);
    pthread_cleanup_push(client_still, s);
    pthread_exit(NULL);
    pthread_cleanup_pop(0);
}

/* The token was not removed before, so the thread's own handlers still run as the client. */
static void test_pthread_exit_in_no_frame(void **state)
{
    struct scene *s = *state;
    uint64_t before = exited();

    scene_elsewhere(s, pthread_exit_as_client);
    assert_int_equal(s->count, 1);
    assert_true(exited() == before + 1);
    assert_refs_are_gone(s);
}

static guise_result never_runs(void *arg)
{
    (void)arg;
    abort();
}

static pthread_key_t s_late_key;

/* Runs twice. The second time the library's own destructor has run, in either order. */
static void impersonate_in_a_destructor(void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    if (s->count++ == 0) {
        (void)!guise_call_impersonate(s->call);
        WT_CHECK(w, pthread_setspecific(s_late_key, s) == 0);
        return;
    }
    WT_CHECK(w, is_self());
    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_call_run(s->call, do_nothing, NULL), GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_call_dispatch(s->call, do_nothing, NULL), GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_run_as(s->own_token, never_runs, NULL), GUISE_E_ACCESS_DENIED);
    WT_CHECK(w, is_self());
    WT_CHECK_RESULT(w, guise_call_signal(s->call), GUISE_OK); /* L-5 */
}

static void exit_with_late_key(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(s->other), GUISE_OK);
    WT_CHECK(w, pthread_setspecific(s_late_key, s) == 0);
}

/* After the library's part of a thread's end nothing makes the thread a client, because nothing
 * would remove the token. */
static void test_destructor_impersonates(void **state)
{
    struct scene *s = *state;
    uint64_t before = exited();

    assert_int_equal(pthread_key_create(&s_late_key, impersonate_in_a_destructor), 0);
    scene_elsewhere(s, exit_with_late_key);
    assert_int_equal(pthread_key_delete(s_late_key), 0);
    scene_verify(s);
    assert_int_equal(s->count, 2);
    assert_true(exited() == before + 1);
    assert_refs_are_gone(s);
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS);
}

/* ---- a slot that is empty, and what a revert goes back to ------------------------------------ */

static guise_result is_self_inside(void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_only_set(s->bob_token));
    CHECK_OK(s, guise_revert_to_self()); /* of an impersonation in here: there is none */
    CHECK(s, is_only_set(s->bob_token));
    return GUISE_OK;
}

static guise_result is_self_in_a_frame(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK(s, is_self());
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

/* S-14, S-15: with nothing in the slot the thread impersonates all the same, until it reverts; no scope
 * inherits that, and each puts it back. */
static void test_emptied_slot_around_scopes(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_set_thread_token(s->own_token));
    assert_ok(guise_call_impersonate(s->call));
    assert_ok(guise_set_thread_token(NULL));
    scene_run(s, s->other, is_self_in_a_frame);
    assert_true(guise_thread_token() == NULL && guise_is_impersonating() && is_worn());
    assert_ok(guise_run_as(s->bob_token, is_self_inside, s));
    scene_verify(s);
    assert_true(guise_thread_token() == NULL && guise_is_impersonating() && is_worn());
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS + 1);
    assert_ok(guise_revert_to_self());
    assert_true(is_only_set(s->own_token));
    assert_ok(guise_set_thread_token(NULL));
    assert_refs_are_gone(s);
}

/* ---- a thread that has ended, and completes calls -------------------------------------------- */

enum { DEEPER = GUISE__PLACES + 2 };

/* Replies as deep as there are places and further: the last ones run without a place. */
static void complete_deeper(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;
    guise_call *next = NULL;

    (void)call;
    WT_CHECK_RESULT(w, result, GUISE_OK);
    WT_CHECK(w, is_self() && !tl_guise_thread.watched);
    if (++s->count == DEEPER) {
        return;
    }
    WT_CHECK_RESULT(w, guise_call_create(s->alice, &next), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_on_complete(next, complete_deeper, s), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_signal(next), GUISE_OK);
    guise_call_unref(next);
}

/* Comes twice, as impersonate_in_a_destructor does. */
static void complete_in_a_destructor(void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;
    struct guise__thread *thread = guise__thread_here();

    if (!thread->ended) {
        WT_CHECK(w, pthread_setspecific(s_late_key, s) == 0);
        return;
    }
    WT_CHECK(w, thread->places[0].inner == NULL); /* it has had no scope yet */
    WT_CHECK_RESULT(w, guise_call_signal(s->call), GUISE_OK);
    WT_CHECK(w, s->count == DEEPER);
    WT_CHECK(w, thread->scope == NULL && thread->next == &thread->places[0]);
    WT_CHECK(w, thread->places[GUISE__PLACES - 1].inner == NULL); /* no block that nothing would free */
}

static void exit_without_a_scope(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_OK);
    WT_CHECK_RESULT(w, guise_set_thread_token(NULL), GUISE_OK);
    WT_CHECK(w, tl_guise_thread.attached);
    WT_CHECK(w, pthread_setspecific(s_late_key, s) == 0);
}

/* L-5, L-7: its end is not told of a second time, so it takes no memory that its end would free. */
static void test_destructor_completes(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, complete_deeper, s));
    assert_int_equal(pthread_key_create(&s_late_key, complete_in_a_destructor), 0);
    scene_elsewhere(s, exit_without_a_scope);
    assert_int_equal(pthread_key_delete(s_late_key), 0);
    scene_verify(s);
    assert_int_equal(s->count, DEEPER);
    assert_ok(guise_call_wait(s->call, 0));
    assert_refs_are_gone(s);
}

/* ---- counters -------------------------------------------------------------------------------- */

struct longer_counters {
    guise_counters counters;
    unsigned char tail[16];
};

static void poison_counters(struct longer_counters *out, size_t size)
{
    memset(out, 0xA5, sizeof *out);
    out->counters.size = size;
}

static bool are_cleared_up_to(const struct longer_counters *out, size_t end)
{
    const unsigned char *bytes = (const unsigned char *)out;

    for (size_t i = sizeof(size_t); i < sizeof *out; i++) {
        if (bytes[i] != (i < end ? 0 : 0xA5)) {
            return false;
        }
    }
    return true;
}

static void test_counters_of_every_size(void **state)
{
    static const unsigned char zeros[16];
    const guise_counters now = counters_now();
    struct longer_counters out;

    (void)state;
    errno = 4242;
    assert_result(guise_counters_get(NULL), GUISE_E_INVALID_ARGUMENT);
    for (size_t size = 0; size < sizeof out.counters; size++) {
        poison_counters(&out, size);
        assert_result(guise_counters_get(&out.counters), GUISE_E_INVALID_ARGUMENT);
        assert_int_equal(out.counters.size, size);
        assert_true(are_cleared_up_to(&out, size));
    }
    poison_counters(&out, sizeof out);
    assert_ok(guise_counters_get(&out.counters));
    assert_int_equal(out.counters.size, sizeof out);
    assert_memory_equal(out.tail, zeros, sizeof zeros);
    poison_counters(&out, sizeof out.counters);
    assert_ok(guise_counters_get(&out.counters));
    assert_memory_equal(&out.counters, &now, sizeof now); /* nothing but what it says */
    assert_int_equal(out.tail[0], 0xA5);
    assert_int_equal(errno, 4242);
}

/* The largest size a struct may say it has; beyond, it is no promise of room: nothing is written. */
static void test_counters_of_no_size(void **state)
{
    enum { LARGEST = 4096 };
    static const size_t sizes[] = {LARGEST + 1, LARGEST + 8, SIZE_MAX / 2, SIZE_MAX};
    static union {
        guise_counters counters;
        unsigned char bytes[LARGEST + 8];
    } out;
    static unsigned char poisoned[sizeof out], zeros[sizeof out];

    (void)state;
    memset(poisoned, 0xA5, sizeof poisoned);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(&out, 0xA5, sizeof out);
        out.counters.size = sizes[i];
        assert_result(guise_counters_get(&out.counters), GUISE_E_INVALID_ARGUMENT);
        assert_true(out.counters.size == sizes[i]);
        assert_memory_equal(out.bytes + sizeof(size_t), poisoned, sizeof out - sizeof(size_t));
    }
    out.counters.size = LARGEST;
    assert_ok(guise_counters_get(&out.counters));
    assert_memory_equal(out.bytes + sizeof out.counters, zeros, LARGEST - sizeof out.counters);
    assert_memory_equal(out.bytes + LARGEST, poisoned, sizeof out - LARGEST);
}

/* ---- a system that refuses: with the fake provider only -------------------------------------- */

static void test_system_refuses_set_thread_token(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_set_thread_token(s->own_token));
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    assert_result(guise_set_thread_token(s->alice_token), GUISE_E_ACCESS_DENIED);
    assert_true(is_only_set(s->own_token));
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS);
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS + 1);
    assert_ok(guise_set_thread_token(NULL));
}

static void test_system_refuses_run_as(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_impersonate(s->call));
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    assert_result(guise_run_as(s->own_token, must_not_run, s), GUISE_E_ACCESS_DENIED);
    assert_int_equal(s->count, 0);
    assert_true(is_client(s->alice));
    assert_ok(guise_revert_to_self());
    assert_true(is_self());
}

/* N-04: a refusal by the system leaves the client that was there, tracked as it was. */
static void test_system_refuses_impersonation(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    assert_result(guise_call_impersonate(s->other), GUISE_E_ACCESS_DENIED);
    assert_true(is_client(s->alice));
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS);
    assert_ok(guise_call_signal(s->other));
    assert_true(foreign() == before);
    assert_ok(guise_call_signal(s->call));
    assert_true(foreign() == before + 1);
    assert_ok(guise_revert_to_self());
    assert_true(is_self());
}

/* The system says why it refused: other code has changed this thread, which is counted; or there was no
 * memory to find out, which is not. */
static void test_refusal_is_counted_where_it_is_found_out(void **state)
{
    static const struct {
        guise_result why;
        unsigned counted;
    } answers[] = {{GUISE_E_UNEXPECTED, 1},
                   {GUISE_E_ACCESS_DENIED, 1},
                   {GUISE_E_OUT_OF_MEMORY, 0},
                   {GUISE_OK, 0}};
    struct scene *s = *state;

    assert_ok(guise_set_thread_token(NULL));
    scene_run(s, s->call, do_nothing); /* so that the thread is attached */
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        uint64_t before = counters_now().born_as_client;

        fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
        fake_fail(FAKE_VERIFY, 0, 1, answers[i].why);
        assert_result(guise_call_impersonate(s->call), GUISE_E_ACCESS_DENIED);
        assert_true(is_self());
        assert_true(counters_now().born_as_client == before + answers[i].counted);
    }
}

static void complete_in_enter(void *arg)
{
    struct scene *s = arg;

    (void)elsewhere(s, signal_call);
    s->count++;
}

static guise_result race_lost(guise_call *call, void *arg)
{
    struct scene *s = arg;

    fake_log_clear();
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    fake_in_enter(complete_in_enter, s);
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK(s, s->count == 1);
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, strcmp(fake_log(), "+o-o+a-a+o") == 0);
    return GUISE_OK;
}

/* Signal completes while the thread is becoming the client. The second load decides, the switch is
 * undone, and no code of the program ran as the client (L-1, L-3, X-14). */
static void test_completed_during_enter(void **state)
{
    scene_dispatch(*state, race_lost);
}

/* L-1: the same in no frame, where the refused attempt is not counted. */
static void test_completed_during_enter_in_no_frame(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    fake_in_enter(complete_in_enter, s);
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    scene_verify(s);
    assert_true(is_self());
    assert_true(foreign() == before);
    assert_refs_are_gone(s);
}

/* N-04, S-20: the same while this thread is another call's client: which is put back and tracked
 * as before. */
static void test_completed_during_enter_of_a_foreign_client(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->other));
    fake_log_clear();
    fake_in_enter(complete_in_enter, s);
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    scene_verify(s);
    assert_true(is_client(s->bob));
    assert_string_equal(fake_log(), "-b+a-a+b");
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS + 1);
    assert_ok(guise_call_signal(s->other));
    assert_true(foreign() == before + 1);
    assert_ok(guise_revert_to_self());
    assert_refs_are_gone(s);
}

/* N-04, I-05: the same while the system confirms that this thread is this call's client already: it
 * stays that, not left for a moment, and as often held and tracked as before. */
static void test_completed_while_confirmed(void **state)
{
    struct scene *s = *state;
    uint64_t before = foreign();

    assert_ok(guise_call_impersonate(s->call));
    fake_log_clear();
    fake_in_verify(complete_in_enter, s);
    assert_result(guise_call_impersonate(s->call), GUISE_E_CALL_COMPLETE);
    scene_verify(s);
    assert_int_equal(s->count, 1);
    assert_true(is_client(s->alice));
    assert_string_equal(fake_log(), "");
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS + 1);
    assert_true(foreign() == before + 1);
    assert_ok(guise_revert_to_self());
    assert_string_equal(fake_log(), "-a");
    assert_refs_are_gone(s);
}

static guise_result refused_and_completed(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_set_thread_token(s->own_token));
    fake_in_leave(complete_in_enter, s);
    fake_fail(FAKE_ENTER, 0, 1, GUISE_E_ACCESS_DENIED);
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK(s, is_only_set(s->own_token));
    return GUISE_OK;
}

/* N-01 ranks first: the call completed while the system refused. */
static void test_completed_while_the_system_refuses(void **state)
{
    scene_dispatch(*state, refused_and_completed);
}

static guise_result asks_for_levels(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_RESULT(s, guise_impersonate_client_at_least(GUISE_LEVEL_DEFAULT),
                 GUISE_E_INVALID_ARGUMENT);
    CHECK_RESULT(s, guise_impersonate_client_at_least((guise_level)5), GUISE_E_INVALID_ARGUMENT);
    CHECK_RESULT(s, guise_impersonate_client_at_least(GUISE_LEVEL_DELEGATE), GUISE_E_BAD_LEVEL);
    CHECK(s, is_self());
    CHECK_OK(s, guise_impersonate_client_at_least(GUISE_LEVEL_IMPERSONATE));
    CHECK(s, is_client(s->alice));
    CHECK_RESULT(s, guise_impersonate_client_at_least(GUISE_LEVEL_DELEGATE), GUISE_E_BAD_LEVEL);
    CHECK(s, is_client(s->alice)); /* nothing changed */
    CHECK_OK(s, guise_revert_to_self());
    for (guise_level level = GUISE_LEVEL_ANONYMOUS; level <= GUISE_LEVEL_IMPERSONATE; level++) {
        CHECK_OK(s, guise_impersonate_client_at_least(level));
        CHECK(s, is_client(s->alice));
        CHECK_OK(s, guise_revert_to_self());
    }
    CHECK_OK(s, guise_call_signal(s->call));
    CHECK_RESULT(s, guise_impersonate_client_at_least(GUISE_LEVEL_DELEGATE),
                 GUISE_E_CALL_COMPLETE); /* completed ranks first */
    CHECK_RESULT(s, guise_impersonate_client_at_least((guise_level)0), GUISE_E_INVALID_ARGUMENT);
    return GUISE_OK;
}

static guise_result asks_nobody_for_a_level(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_RESULT(s, guise_impersonate_client_at_least(GUISE_LEVEL_DELEGATE),
                 GUISE_E_UNSECURE_CALL); /* unsecure ranks before the level */
    return GUISE_OK;
}

/* I-02 */
static void test_at_least(void **state)
{
    struct scene *s = *state;
    guise_call *unsecure = make_call(s->nobody);

    assert_result(guise_impersonate_client_at_least(GUISE_LEVEL_IMPERSONATE),
                  GUISE_E_CALL_COMPLETE); /* in no frame */
    scene_dispatch(s, asks_for_levels);
    scene_dispatch_call(s, unsecure, asks_nobody_for_a_level, GUISE_OK);
    guise_call_unref(unsecure);
}

static guise_result is_refused_for_the_level(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    fake_fail(FAKE_ENTER, 0, FAKE_ALWAYS, GUISE_E_ACCESS_DENIED);
    CHECK_RESULT(s, guise_impersonate_client_at_least(GUISE_LEVEL_DELEGATE), GUISE_E_BAD_LEVEL);
    CHECK_RESULT(s, guise_impersonate_client_at_least(GUISE_LEVEL_IMPERSONATE),
                 GUISE_E_ACCESS_DENIED);
    fake_fail(FAKE_ENTER, 0, 0, GUISE_OK);
    CHECK(s, is_self());
    return GUISE_OK;
}

/* I-02: the level ranks before the provider's refusal. */
static void test_level_ranks_before_the_provider(void **state)
{
    scene_dispatch(*state, is_refused_for_the_level);
}

static void born_as_client(struct wt *w)
{
    struct scene *s = w->arg;

    fake_born_as_client();
    WT_CHECK_RESULT(w, guise_call_run(s->call, do_nothing, NULL), GUISE_E_ACCESS_DENIED);
    WT_CHECK(w, strcmp(fake_log(), "") == 0);
    WT_CHECK_RESULT(w, guise_thread_become_self(), GUISE_OK);
    WT_CHECK(w, is_self());
    WT_CHECK_RESULT(w, guise_call_run(s->call, do_nothing, NULL), GUISE_OK);
    WT_CHECK(w, strcmp(fake_log(), "-0") == 0);
}

/* W-21, I-03: a thread that the system started as its creator's client is refused, and counted, until
 * the program says that it is the server's. */
static void test_born_as_client(void **state)
{
    uint64_t before = counters_now().born_as_client;

    scene_elsewhere(*state, born_as_client);
    assert_true(counters_now().born_as_client == before + 1);
}

static void confined(struct wt *w)
{
    struct scene *s = w->arg;

    fake_fail(FAKE_VERIFY, 0, FAKE_ALWAYS, GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_call_dispatch(s->call, do_nothing, NULL), GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_call_run(s->call, do_nothing, NULL), GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_run_as(s->own_token, must_not_run, s), GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_set_thread_token(NULL), GUISE_OK);
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    WT_CHECK(w, is_self());
    fake_fail(FAKE_VERIFY, 0, FAKE_ALWAYS, GUISE_E_OUT_OF_MEMORY);
    WT_CHECK_RESULT(w, guise_call_run(s->call, do_nothing, NULL), GUISE_E_OUT_OF_MEMORY);
    WT_CHECK_RESULT(w, guise_call_impersonate(s->call), GUISE_E_OUT_OF_MEMORY);
}

/* A thread that the program confined: nothing runs, nothing changes, and the call is untouched. */
static void test_confined_thread(void **state)
{
    struct scene *s = *state;

    scene_elsewhere(s, confined);
    assert_int_equal(s->count, 0);
    assert_true(is_pending(s->call));
    scene_dispatch(s, do_nothing); /* not used up */
}

static void confined_completes(struct wt *w)
{
    struct scene *s = w->arg;

    fake_fail(FAKE_VERIFY, 0, FAKE_ALWAYS, GUISE_E_ACCESS_DENIED);
    WT_CHECK_RESULT(w, guise_call_signal(s->call), GUISE_OK);
    WT_CHECK(w, s->count == 1);
}

/* L-5: completing cannot fail, not even there. */
static void test_confined_thread_completes(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, count_completion, &s->count));
    scene_elsewhere(s, confined_completes);
    assert_ok(guise_call_wait(s->call, 0));
}

static int run_faked(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_system_refuses_set_thread_token),
        scene_test(test_system_refuses_run_as),
        scene_test(test_system_refuses_impersonation),
        scene_test(test_refusal_is_counted_where_it_is_found_out),
        scene_test(test_completed_during_enter),
        scene_test(test_completed_during_enter_in_no_frame),
        scene_test(test_completed_during_enter_of_a_foreign_client),
        scene_test(test_completed_while_confirmed),
        scene_test(test_completed_while_the_system_refuses),
        scene_test(test_level_ranks_before_the_provider),
        scene_test(test_born_as_client),
        scene_test(test_confined_thread),
        scene_test(test_confined_thread_completes),
    };

    return cmocka_run_group_tests_name("threads and a failing system", tests, NULL, NULL);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_at_least),
        scene_test(test_set_and_empty_the_slot),
        scene_test(test_slot_holds_a_reference),
        scene_test(test_is_impersonating),
        scene_test(test_impersonate_and_revert_in_no_frame),
        scene_test(test_emptied_slot_around_scopes),
        scene_test(test_run_as_null),
        scene_test(test_run_as_returns_what_the_function_returned),
        scene_test(test_run_as_restores_self),
        scene_test(test_run_as_restores_a_client),
        scene_test(test_run_as_in_run_as),
        scene_test(test_run_as_keeps_the_current_call),
        scene_test(test_run_as_ended_by_pthread_exit),
        scene_test(test_run_as_ended_by_cancellation),
        scene_test(test_foreign_impersonation_outlives_the_call),
        scene_test(test_foreign_and_completed_by_another_thread),
        scene_test(test_foreign_and_abandoned),
        scene_test(test_reverted_in_time_is_not_counted),
        scene_test(test_refused_is_not_counted),
        scene_test(test_impersonated_twice_is_counted_once),
        scene_test(test_replaced_by_another_client),
        scene_test(test_replaced_by_the_programs_own_token),
        scene_test(test_next_call_at_the_same_address),
        scene_test(test_in_a_frame_is_not_counted),
        scene_test(test_put_aside_by_a_frame_is_counted),
        scene_test(test_many_foreign_threads),
        scene_test(test_any_foreign_thread_may_go_first),
        scene_test(test_threads_are_independent),
        scene_test(test_new_thread_is_self),
        scene_test(test_thread_exits_with_a_token),
        scene_test(test_thread_exits_as_self),
        scene_test(test_pthread_exit_in_no_frame),
        scene_test(test_destructor_impersonates),
        scene_test(test_destructor_completes),
        scene_test(test_counters_of_every_size),
        scene_test(test_counters_of_no_size),
    };
    int failed = cmocka_run_group_tests_name("threads", tests, NULL, NULL);

    return failed + (scene_is_faked ? run_faked() : 0);
}

int main(void)
{
    return scene_main(run);
}
