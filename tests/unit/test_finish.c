/* SPDX-License-Identifier: MIT */
/* A Signal that runs Finish_: completed at once, the result later, and everything else as ever. */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

#include <string.h>

#include "call/call.h"
#include "call/call_state.h"
#include "thread/slot.h"

#define RESULT ((guise_result)-77)

static unsigned call_refs(const guise_call *call)
{
    return (unsigned)(atomic_load(&call->state) >> GUISE__CALL_REFERENCE_SHIFT);
}

static guise_result never_finishes(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    abort();
}

/* The call is completed, and its result is not known yet. */
static bool is_finishing(guise_call *call)
{
    guise_blanket blanket = {.size = sizeof blanket};
    guise_result result = RESULT;

    return guise_call_result(call, &result) == GUISE_E_CALL_PENDING && result == GUISE_OK &&
           guise_call_impersonate(call) == GUISE_E_CALL_COMPLETE &&
           guise_call_query_blanket(call, &blanket) == GUISE_E_CALL_COMPLETE &&
           guise_call_cancel(call) == GUISE_E_CALL_COMPLETE &&
           guise_call_on_complete(call, never_completes, NULL) == GUISE_E_CALL_COMPLETE &&
           guise_call_dispatch(call, never_finishes, NULL) == GUISE_E_CALL_COMPLETE &&
           guise_call_wait(call, 1) == GUISE_E_CALL_PENDING;
}

/* A later completer comes too late. */
static bool is_taken(guise_call *call)
{
    return guise_call_signal(call) == GUISE_OK && guise_call_complete(call, 12) == GUISE_OK &&
           !guise__call_signal_with(call, never_finishes, NULL);
}

static void finishing_elsewhere(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK(w, is_finishing(s->call));
    WT_CHECK(w, is_taken(s->call));
    WT_CHECK(w, is_finishing(s->call));
}

/* What every Finish_ sees, and what others see meanwhile. */
static guise_result finish(guise_call *call, void *arg)
{
    struct scene *s = arg;
    int cancel_state = PTHREAD_CANCEL_ENABLE;

    CHECK(s, s->count++ == 0);
    CHECK(s, is_self() && guise_current_call() == call && *guise__thread_extension() == NULL);
    CHECK(s, is_finishing(call));
    CHECK_RESULT(s, guise_call_wait(call, GUISE_INFINITE), GUISE_E_CALL_PENDING);
    CHECK(s, is_taken(call));
    CHECK(s, elsewhere(s, finishing_elsewhere));
    CHECK(s, pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state) == 0);
    CHECK(s, cancel_state == PTHREAD_CANCEL_DISABLE);
    return RESULT;
}

/* After Finish_, in a frame that is as new. */
static void reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    WT_CHECK(w, s->count++ == 1);
    WT_CHECK_RESULT(w, result, RESULT);
    WT_CHECK(w, is_completed_with(call, RESULT));
    WT_CHECK(w, is_self() && guise_current_call() == call && *guise__thread_extension() == NULL);
    WT_CHECK_RESULT(w, guise_call_wait(call, 0), GUISE_E_CALL_PENDING);
}

static void expect_reply(struct scene *s)
{
    test_watchdog(20);
    assert_ok(guise_call_on_complete(s->call, reply, s));
}

static void assert_over(struct scene *s, int count)
{
    scene_verify(s);
    assert_int_equal(s->count, count);
    assert_ok(guise_call_wait(s->call, 0));
    assert_true(is_completed_with(s->call, RESULT));
    assert_true(is_taken(s->call));
    assert_true(is_completed_with(s->call, RESULT));
    assert_int_equal(call_refs(s->call), 1);
    assert_true(is_self());
}

/* N-01, A-18 */
static void test_completed_first_then_finish_then_reply(void **state)
{
    struct scene *s = *state;

    expect_reply(s);
    assert_true(guise__call_signal_with(s->call, finish, s));
    assert_over(s, 2);
}

static void test_finish_without_a_reply(void **state)
{
    struct scene *s = *state;

    assert_true(guise__call_signal_with(s->call, finish, s));
    assert_over(s, 1);
}

static void test_too_late_to_finish(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_complete(s->call, RESULT));
    assert_false(guise__call_signal_with(s->call, never_finishes, NULL));
    assert_over(s, 0);
}

static guise_result signal_as_client(guise_call *call, void *arg)
{
    struct scene *s = arg;

    fake_log_clear();
    *guise__thread_extension() = s;
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, guise__call_signal_with(call, finish, s));
    CHECK(s, is_client(s->alice));
    CHECK(s, *guise__thread_extension() == s);
    CHECK(s, is_fake_log("+a-a+a"));
    CHECK_RESULT(s, guise_call_impersonate(call), GUISE_E_CALL_COMPLETE);
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_self());
    return GUISE_OK;
}

/* N-02: Finish_ and reply are as self, and the client is back after both, not in between. */
static void test_client_signals(void **state)
{
    struct scene *s = *state;

    expect_reply(s);
    scene_dispatch(s, signal_as_client);
    assert_over(s, 2);
}

static guise_result make_a_mess(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    s->count++;
    *guise__thread_extension() = s;
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    return RESULT;
}

/* S-04, X-28: what Finish_ leaves behind is not the reply's. */
static void test_finish_leaves_nothing_to_the_reply(void **state)
{
    struct scene *s = *state;

    expect_reply(s);
    assert_true(guise__call_signal_with(s->call, make_a_mess, s));
    assert_null(*guise__thread_extension());
    assert_over(s, 2);
}

static guise_result exit_in_finish(guise_call *call, void *arg)
{
    struct scene *s = arg;

    s->count++;
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK(s, is_finishing(call));
    pthread_exit(NULL);
}

static void signal_and_end(struct wt *w)
{
    struct scene *s = w->arg;

    (void)guise__call_signal_with(s->call, exit_in_finish, s);
}

static void reply_to_a_fault(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;

    WT_CHECK(w, s->count++ == 1);
    WT_CHECK_RESULT(w, result, GUISE_E_SERVER_FAULT);
    WT_CHECK(w, is_completed_with(call, GUISE_E_SERVER_FAULT));
    WT_CHECK(w, is_self() && guise_current_call() == call);
}

/* Finish_ does not return. The result says so, and all waiters are released. */
static void test_finish_that_exits(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, reply_to_a_fault, s));
    scene_elsewhere_ends(s, signal_and_end);
    assert_int_equal(s->count, 2);
    assert_ok(guise_call_wait(s->call, 0));
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
    assert_int_equal(call_refs(s->call), 1);
}

static guise_result exit_after_signal(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_impersonate_client());
    (void)guise__call_signal_with(call, exit_in_finish, s);
    CHECK(s, false);
    return GUISE_OK;
}

static void dispatch_and_end(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, exit_after_signal, s);
}

/* the same inside Begin_, as the client: all the frames go. */
static void test_finish_that_exits_in_begin(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_call_on_complete(s->call, reply_to_a_fault, s));
    scene_elsewhere_ends(s, dispatch_and_end);
    assert_int_equal(s->count, 2);
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
    assert_int_equal(call_refs(s->call), 1);
}

static guise_result drop_the_last(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, call_refs(call) == 2); /* the caller's, and the completer's */
    guise_call_unref(call);
    CHECK(s, context_refs(s->alice) == 2);
    CHECK(s, is_finishing(call));
    return RESULT;
}

static void take_the_result(guise_call *call, guise_result result, void *out)
{
    (void)call;
    *(guise_result *)out = result;
}

/* Completing keeps the call alive, even if Finish_ drops the caller's reference. */
static void test_finish_drops_the_last_reference(void **state)
{
    struct scene *s = *state;
    guise_result result = GUISE_OK;

    assert_ok(guise_call_on_complete(s->call, take_the_result, &result));
    assert_true(guise__call_signal_with(s->call, drop_the_last, s));
    s->call = NULL;
    scene_verify(s);
    assert_result(result, RESULT);
    assert_int_equal(context_refs(s->alice), 1);
}

enum { MANY = 1000 };

static guise_result count_up_and_down(guise_call *call, void *arg)
{
    for (int i = 0; i < MANY; i++) {
        (void)guise_call_ref(call);
    }
    return *(guise_result *)arg;
}

static void check_bits(guise_context *client, guise_result expected)
{
    guise_call *call = make_call(client);

    assert_true(guise__call_signal_with(call, count_up_and_down, &expected));
    assert_true(is_completed_with(call, expected));
    assert_int_equal(call_refs(call), 1 + MANY);
    for (int i = 0; i <= MANY; i++) {
        guise_call_unref(call);
    }
}

/* Result, flags and references share a word. */
static void test_every_bit_of_a_result(void **state)
{
    struct scene *s = *state;

    check_bits(s->alice, 0);
    check_bits(s->alice, -1);
    check_bits(s->alice, INT32_MIN);
    check_bits(s->alice, INT32_MAX);
    check_bits(s->alice, 1);
    assert_int_equal(context_refs(s->alice), 2);
}

struct watch {
    struct scene *s;
    guise_signal *signal;
    int finished; /* plain: a thread that is notified by the end of the call may read it */
};

static void wait_for_the_end(struct wt *w)
{
    struct watch *watch = w->arg;

    wt_latch_open(&watch->s->ready);
    WT_CHECK_RESULT(w, guise_call_wait(watch->s->call, GUISE_INFINITE), GUISE_OK);
    WT_CHECK(w, watch->finished == 1);
    WT_CHECK(w, is_completed_with(watch->s->call, RESULT));
}

static guise_result finish_watched(guise_call *call, void *arg)
{
    struct watch *watch = arg;
    struct scene *s = watch->s;

    CHECK_OK(s, guise_call_completion(call, &watch->signal));
    CHECK_RESULT(s, guise_signal_wait(watch->signal, 1), GUISE_E_CALL_PENDING);
    watch->finished = 1;
    return RESULT;
}

/* A waiter is released after Finish_, and finds its result. */
static void test_waiters_are_told_after_finish(void **state)
{
    struct scene *s = *state;
    struct watch watch = {.s = s};
    struct wt w;

    test_watchdog(20);
    wt_start(&w, wait_for_the_end, &watch);
    wt_latch_wait(&s->ready);
    assert_true(guise__call_signal_with(s->call, finish_watched, &watch));
    wt_join(&w);
    scene_verify(s);
    assert_ok(guise_signal_wait(watch.signal, 0));
    assert_over(s, 0);
}

/* A thread that is the client outside any frame is counted, as with every completion (S-20). */
static void test_foreign_clients_are_counted(void **state)
{
    struct scene *s = *state;
    uint64_t before = counters_now().foreign_at_completion;

    assert_ok(guise_call_impersonate(s->call));
    assert_true(guise__call_signal_with(s->call, finish, s));
    assert_true(is_client(s->alice));
    assert_int_equal(counters_now().foreign_at_completion, before + 1);
    assert_ok(guise_revert_to_self());
    assert_over(s, 1);
}

enum { RACERS = 4, ROUNDS = 300 };

struct race {
    struct scene *s;
    struct wt_barrier barrier;
    guise_call *call;
    atomic_int finished, won, replied, overlaps;
};

static guise_result race_finish(guise_call *call, void *arg)
{
    struct race *race = arg;

    (void)call;
    (void)atomic_fetch_add(&race->finished, 1);
    return RESULT;
}

static void race_reply(guise_call *call, guise_result result, void *arg)
{
    struct race *race = arg;

    (void)call;
    (void)atomic_fetch_add(&race->replied, 1);
    if (result != RESULT && result != 5) {
        abort();
    }
}

/* L-3: an impersonation that begins when a Signal has returned, anywhere, is refused. */
static void signal_and_look(struct race *race)
{
    if (guise__call_signal_with(race->call, race_finish, race)) {
        (void)atomic_fetch_add(&race->won, 1);
    }
    if (guise_call_impersonate(race->call) != GUISE_E_CALL_COMPLETE) {
        (void)atomic_fetch_add(&race->overlaps, 1);
    }
}

static void race_here(struct wt *w)
{
    struct race *race = w->arg;

    for (int i = 0; i < ROUNDS; i++) {
        wt_barrier_wait(&race->barrier);
        signal_and_look(race);
        if ((i & 1) != 0) {
            WT_CHECK_RESULT(w, guise_call_complete(race->call, 5), GUISE_OK);
        }
        wt_barrier_wait(&race->barrier);
    }
}

static void race_round(struct race *race, int round)
{
    guise_call *call = make_call(race->s->alice);
    int won;

    race->call = call;
    atomic_store(&race->finished, 0);
    atomic_store(&race->won, 0);
    atomic_store(&race->replied, 0);
    assert_ok(guise_call_on_complete(call, race_reply, race));
    wt_barrier_wait(&race->barrier);
    if ((round & 2) != 0) {
        assert_ok(guise_call_complete(call, 5));
    }
    wt_barrier_wait(&race->barrier);
    won = atomic_load(&race->won);
    assert_int_equal(atomic_load(&race->finished), won);
    assert_true(won == 1 || (won == 0 && (round & 2) != 0));
    assert_int_equal(atomic_load(&race->replied), 1);
    assert_true(is_completed_with(call, won == 1 ? RESULT : 5));
    assert_int_equal(call_refs(call), 1);
    guise_call_unref(call);
}

/* One Finish_ or none, one completion function, and no thread becomes the client after any Signal
 * (A-18, X-15). */
static void test_race_of_signals(void **state)
{
    struct race race = {.s = *state};
    struct wt w[RACERS];

    test_watchdog(60);
    wt_barrier_init(&race.barrier, RACERS + 1);
    wt_start_all(w, RACERS, race_here, &race);
    for (int i = 0; i < ROUNDS; i++) {
        race_round(&race, i);
    }
    wt_join_all(w, RACERS);
    assert_int_equal(atomic_load(&race.overlaps), 0);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_completed_first_then_finish_then_reply),
        scene_test(test_finish_without_a_reply),
        scene_test(test_too_late_to_finish),
        scene_test(test_client_signals),
        scene_test(test_finish_leaves_nothing_to_the_reply),
        scene_test(test_finish_that_exits),
        scene_test(test_finish_that_exits_in_begin),
        scene_test(test_finish_drops_the_last_reference),
        scene_test(test_every_bit_of_a_result),
        scene_test(test_waiters_are_told_after_finish),
        scene_test(test_foreign_clients_are_counted),
        scene_test(test_race_of_signals),
    };

    return cmocka_run_group_tests_name("finishing", tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
