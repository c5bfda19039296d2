/* SPDX-License-Identifier: MIT */
/* Requests: Begin_, Finish_, waiting, cancelling, deadlines, and what becomes of what is given up. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>

#include "support/child.h"
#include "support/client.h"

#include "client/job.h"

static bool is_set(guise_signal *signal)
{
    return guise_signal_wait(signal, 0) == GUISE_OK;
}

static guise_signal *signal_of(const struct client *c)
{
    guise_signal *signal = TEST_POISON(guise_signal);

    assert_ok(guise_request_completion(c->request, &signal));
    return signal;
}

/* ---- Begin_ and Finish_ ---- */

static void wrong_arguments_of_begin_are_refused(void **state)
{
    struct client *c = *state;
    struct numbers in = {1, 2, 0, NULL};

    assert_result(guise_request_begin(NULL, ADD, &in, sizeof in), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_begin(c->request, METHODS, &in, sizeof in),
                  GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_begin(c->request, ADD, &in, sizeof in - 1),
                  GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_begin(c->request, ADD, NULL, sizeof in), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(c->copied_in, 0);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
}

static void wrong_arguments_of_finish_are_refused(void **state)
{
    struct client *c = *state;
    struct sum out;
    guise_result result = 77;

    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_result(guise_request_finish(NULL, ADD, &out, sizeof out, 0, &result),
                  GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_finish(c->request, ADD, &out, sizeof out, 0, NULL),
                  GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_finish(c->request, ADD, NULL, sizeof out, 0, &result),
                  GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_finish(c->request, ADD, &out, sizeof out - 1, 0, &result),
                  GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(result, 77);
    client_run_next(c);
    assert_finishes(c, ADD, 0, 3);
}

static void other_wrong_arguments_are_refused(void **state)
{
    struct client *c = *state;
    guise_signal *signal = TEST_POISON(guise_signal);
    guise_request *request = TEST_POISON(guise_request);

    assert_result(guise_request_create(NULL, &request), GUISE_E_INVALID_ARGUMENT);
    assert_null(request);
    assert_result(guise_request_create(c->proxy, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_wait(NULL, 0), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_cancel(NULL, 0), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_set_deadline(NULL, 1), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_set_deadline(c->request, 0), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_request_completion(NULL, &signal), GUISE_E_INVALID_ARGUMENT);
    assert_null(signal);
    assert_result(guise_request_completion(c->request, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_false(guise_request_is_canceled(NULL));
    assert_null(guise_request_ref(NULL));
    assert_ptr_equal(guise_request_ref(c->request), c->request);
    guise_request_unref(c->request);
    guise_request_unref(NULL);
}

/* again and again. */
static void a_request_is_used_again(void **state)
{
    struct client *c = *state;
    guise_result result = 77;

    for (int i = 0; i < 3; i++) {
        assert_ok(client_begin_add(c, i, 10, i));
        assert_finishes(c, ADD, i, i + 10);
    }
    assert_ok(guise_request_begin(c->request, NOTHING, NULL, 0));
    assert_ok(guise_request_finish(c->request, NOTHING, NULL, 0, 0, &result));
    assert_ok(result);
    assert_int_equal(c->released_in, 3);
    assert_int_equal(c->released_out, 0);
}

static void a_failure_leaves_nothing_in_out(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_add(c, 1, 2, -5));
    assert_finishes(c, ADD, -5, 0);
    assert_int_equal(c->released_in, 1);
    assert_int_equal(c->released_out, 0);
}

/* A-13, K-02 */
static void one_call_at_a_time(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_result(client_begin_add(c, 3, 4, 0), GUISE_E_CALL_PENDING);
    assert_result(client_begin_hold(c), GUISE_E_CALL_PENDING);
    client_run_next(c);
    assert_result(client_begin_add(c, 3, 4, 0), GUISE_E_CALL_PENDING);
    assert_int_equal(c->copied_in, 1);
    assert_finishes(c, ADD, 0, 3);
    assert_ok(client_begin_add(c, 3, 4, 0));
    assert_ok(guise_request_cancel(c->request, 0));
    assert_result(client_begin_add(c, 5, 6, 0), GUISE_E_CALL_PENDING);
    assert_finishes(c, ADD, GUISE_E_CALL_CANCELED, 0);
    assert_ok(client_begin_add(c, 5, 6, 0));
}

/* */
static void finish_is_refused_and_changes_nothing(void **state)
{
    struct client *c = *state;

    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
    assert_result(guise_request_wait(c->request, GUISE_INFINITE), GUISE_E_CALL_COMPLETE);
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_does_not_finish(c, ADD, GUISE_E_CALL_PENDING);
    assert_does_not_finish(c, HOLD, GUISE_E_UNEXPECTED);
    assert_does_not_finish(c, 99, GUISE_E_UNEXPECTED);
    assert_result(guise_request_wait(c->request, 0), GUISE_E_CALL_PENDING);
    client_run_next(c);
    assert_does_not_finish(c, HOLD, GUISE_E_UNEXPECTED);
    assert_ok(guise_request_wait(c->request, 0));
    assert_finishes(c, ADD, 0, 3);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
}

static void finish_waits(struct wt *w)
{
    struct client *c = w->arg;
    struct sum out;
    guise_result result = 77;

    WT_CHECK_RESULT(
        w, guise_request_finish(c->request, ADD, &out, sizeof out, GUISE_INFINITE, &result),
        GUISE_OK);
    WT_CHECK(w, result == 0 && out.value == 3);
}

/* A-24; the other thread has begun to wait, or finds the call complete. */
static void another_thread_may_finish(void **state)
{
    struct client *c = *state;
    struct wt w;

    test_watchdog(20);
    assert_ok(client_begin_add(c, 1, 2, 0));
    wt_start(&w, finish_waits, c);
    client_run_next(c);
    wt_join(&w);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
}

struct two {
    struct client *c;
    atomic_int finished, late;
};

static void finish_one_of_two(struct wt *w)
{
    struct two *two = w->arg;
    struct sum out;
    guise_result result = 77;
    guise_result answer =
        guise_request_finish(two->c->request, ADD, &out, sizeof out, GUISE_INFINITE, &result);

    if (answer == GUISE_OK) {
        two->finished++;
        WT_CHECK(w, result == 0 && out.value == 3);
    } else {
        two->late++;
        WT_CHECK_RESULT(w, answer, GUISE_E_CALL_COMPLETE);
        WT_CHECK(w, result == 77);
    }
}

/* */
static void one_of_two_finishes(void **state)
{
    struct client *c = *state;
    struct wt w[2];

    test_watchdog(20);
    for (int i = 0; i < 50; i++) {
        struct two two = {.c = c};

        assert_ok(client_begin_add(c, 1, 2, 0));
        wt_start_all(w, 2, finish_one_of_two, &two);
        client_run_next(c);
        wt_join_all(w, 2);
        assert_int_equal(two.finished, 1);
        assert_int_equal(two.late, 1);
    }
}

/* ---- what is copied ---- */

static void copies_are_the_calls_own(void **state)
{
    struct client *c = *state;
    int pointed_to = 4;
    struct numbers in = {1, 2, 0, &pointed_to};

    assert_ok(guise_request_begin(c->request, ADD, &in, sizeof in));
    assert_ptr_equal(in.copied, &pointed_to);
    in.left = 100;
    client_run_next(c);
    assert_finishes(c, ADD, 0, 3);
    assert_int_equal(c->copied_in, 1);
    assert_int_equal(c->released_in, 1);
}

static void a_failing_copy_is_begins_failure(void **state)
{
    struct client *c = *state;

    c->copy_in_says = GUISE_E_OUT_OF_MEMORY;
    assert_result(client_begin_add(c, 1, 2, 0), GUISE_E_OUT_OF_MEMORY);
    assert_int_equal(c->released_in, 0);
    assert_int_equal(c->submitted, 0);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
    c->copy_in_says = 0;
    assert_ok(client_begin_add(c, 1, 2, 0));
}

static void run_the_rest(struct client *c)
{
    while (c->job_count > 0) {
        client_run_next(c);
    }
}

/* release_out: for what a method left that no Finish_ took; release_in: always. */
static void what_no_finish_takes_is_released(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_ok(guise_request_cancel(c->request, 0));
    assert_finishes(c, HOLD, GUISE_E_CALL_CANCELED, 0);
    c->held_out->value = 5; /* the block is the call's, and so still there */
    assert_int_equal(c->released_out, 0);
    assert_ok(guise_call_signal(c->held));
    assert_int_equal(c->released_out, 1);

    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_ok(guise_request_cancel(c->request, 0));
    assert_ok(guise_call_complete(c->held, -3)); /* a failure leaves nothing */
    assert_finishes(c, HOLD, GUISE_E_CALL_CANCELED, 0);
    assert_int_equal(c->released_out, 1);

    assert_ok(client_begin_add(c, 1, 2, 0)); /* abandoned before it runs */
    guise_request_unref(c->request);
    c->request = NULL;
    run_the_rest(c);
    assert_int_equal(c->begun, 3);
    assert_int_equal(c->released_in, 1);
    assert_int_equal(c->released_out, 2);
}

/* ---- cancelling ---- */

/* K-02, K-03, K-04: a job that no thread has begun never runs, and the time does not matter. */
static void a_job_that_waits_is_cancelled_at_once(void **state)
{
    struct client *c = *state;

    test_watchdog(20);
    assert_result(guise_request_cancel(c->request, 0), GUISE_E_CALL_COMPLETE);
    assert_false(guise_request_is_canceled(c->request));
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_false(guise_request_is_canceled(c->request));
    assert_ok(guise_request_cancel(c->request, GUISE_INFINITE));
    assert_true(guise_request_is_canceled(c->request));
    assert_result(guise_request_cancel(c->request, 0), GUISE_E_CALL_CANCELED);
    assert_ok(guise_request_wait(c->request, 0));
    client_run_next(c);
    assert_int_equal(c->begun, 0);
    assert_finishes(c, ADD, GUISE_E_CALL_CANCELED, 0);
    assert_result(guise_request_cancel(c->request, 0), GUISE_E_CALL_COMPLETE);
    assert_true(guise_request_is_canceled(c->request)); /* K-13: until the next Begin_ */
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_false(guise_request_is_canceled(c->request));
}

/* K-05, K-12: the server may run on, and the call is its own. */
static void a_call_that_is_held_is_asked_and_left(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_false(guise_call_is_canceled(c->held));
    assert_ok(guise_request_cancel(c->request, 1));
    assert_true(guise_call_is_canceled(c->held));
    assert_result(guise_call_wait(c->held, 0), GUISE_E_CALL_PENDING);
    assert_finishes(c, HOLD, GUISE_E_CALL_CANCELED, 0);
    assert_ok(client_begin_add(c, 1, 2, 0)); /* the request is free for the next call */
    assert_ok(guise_call_impersonate(c->held));
    assert_ok(guise_revert_to_self());
    assert_ok(guise_call_signal(c->held)); /* and this is no answer to that */
    assert_does_not_finish(c, ADD, GUISE_E_CALL_PENDING);
    client_run_next(c);
    assert_finishes(c, ADD, 0, 3);
}

/* K-04: cancelled wins over an answer that comes before Finish_. */
static void an_answer_after_the_cancel_is_none(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_ok(guise_request_cancel(c->request, 0));
    c->held_out->value = 5;
    assert_ok(guise_call_signal(c->held));
    assert_finishes(c, HOLD, GUISE_E_CALL_CANCELED, 0);
    assert_int_equal(c->released_out, 1);
}

static void an_answer_before_the_cancel_stays(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_add(c, 1, 2, 0));
    client_run_next(c);
    assert_result(guise_request_cancel(c->request, 0), GUISE_E_CALL_COMPLETE);
    assert_false(guise_request_is_canceled(c->request));
    assert_finishes(c, ADD, 0, 3);
}

static void answer_once_asked(struct wt *w)
{
    struct client *c = w->arg;

    while (!guise_call_is_canceled(c->held)) {
        (void)sched_yield();
    }
    c->held_out->value = 6;
    WT_CHECK_RESULT(w, guise_call_signal(c->held), GUISE_OK);
}

/* K-03: the server has that time. */
static void the_server_may_answer_in_time(void **state)
{
    struct client *c = *state;
    struct wt w;

    test_watchdog(20);
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    wt_start(&w, answer_once_asked, c);
    assert_result(guise_request_cancel(c->request, GUISE_INFINITE), GUISE_E_CALL_COMPLETE);
    wt_join(&w);
    assert_true(guise_request_is_canceled(c->request));
    assert_result(guise_request_cancel(c->request, 0), GUISE_E_CALL_COMPLETE);
    assert_finishes(c, HOLD, 0, 6);
}

static void cancel_and_wait(struct wt *w)
{
    struct client *c = w->arg;

    WT_CHECK_RESULT(w, guise_request_cancel(c->request, GUISE_INFINITE), GUISE_E_CALL_CANCELED);
}

/* 0 is honoured at once, also while another thread waits for the server. */
static void two_may_cancel(void **state)
{
    struct client *c = *state;
    struct wt w;

    test_watchdog(20);
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    wt_start(&w, cancel_and_wait, c);
    while (!guise_call_is_canceled(c->held)) {
        (void)sched_yield();
    }
    assert_ok(guise_request_cancel(c->request, 0));
    wt_join(&w);
    assert_finishes(c, HOLD, GUISE_E_CALL_CANCELED, 0);
    assert_ok(guise_call_signal(c->held));
}

static void cancel_in_submit(struct client *c)
{
    if (guise_request_cancel(c->request, 0) != GUISE_OK) {
        abort();
    }
}

/* The call was begun and cancelled before the executor has refused it. */
static void a_cancel_may_come_during_submit(void **state)
{
    struct client *c = *state;

    c->in_submit = cancel_in_submit;
    c->submit_says = GUISE_E_OUT_OF_RESOURCES;
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_finishes(c, ADD, GUISE_E_CALL_CANCELED, 0);
    c->submit_says = 0;
    assert_ok(client_begin_add(c, 1, 2, 0));
    client_run_next(c);
    assert_finishes(c, ADD, GUISE_E_CALL_CANCELED, 0);
    assert_int_equal(c->begun, 0);
    assert_int_equal(c->released_in, 2);
}

/* ---- deadlines ---- */

/* K-14: given up as by cancel; a job that waits never runs. */
static void a_deadline_gives_up(void **state)
{
    struct client *c = *state;
    guise_signal *signal = signal_of(c);

    test_watchdog(20);
    assert_ok(guise_request_set_deadline(c->request, 1));
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_ok(guise_request_wait(c->request, GUISE_INFINITE));
    assert_true(is_set(signal));
    assert_true(guise_request_is_canceled(c->request));
    assert_result(guise_request_cancel(c->request, 0), GUISE_E_CALL_COMPLETE);
    client_run_next(c);
    assert_finishes(c, ADD, GUISE_E_TIMEOUT, 0);
    assert_int_equal(c->begun, 0);

    assert_ok(
        client_begin_hold(c)); /* kept for the next call; and of a server's call it is asked */
    client_run_next(c);
    assert_ok(guise_request_wait(c->request, GUISE_INFINITE));
    assert_finishes(c, HOLD, GUISE_E_TIMEOUT, 0);
    assert_true(guise_call_is_canceled(c->held));
    assert_ok(guise_call_signal(c->held));

    assert_ok(guise_request_set_deadline(c->request, GUISE_INFINITE));
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_result(guise_request_wait(c->request, 2), GUISE_E_CALL_PENDING);
}

/* Polls until a deadline of the request has passed: each function notices it by itself. */
static void assert_notices(struct client *c, bool (*notices)(struct client *c))
{
    test_watchdog(20);
    assert_ok(guise_request_set_deadline(c->request, 1));
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    while (!notices(c)) {
        (void)sched_yield();
    }
    assert_ok(guise_call_signal(c->held));
    assert_finishes(c, HOLD, GUISE_E_TIMEOUT, 0);
}

static bool wait_notices(struct client *c)
{
    return guise_request_wait(c->request, 0) == GUISE_OK;
}

static bool is_canceled_notices(struct client *c)
{
    return guise_request_is_canceled(c->request);
}

static bool completion_notices(struct client *c)
{
    return is_set(signal_of(c));
}

static void every_function_notices_the_deadline(void **state)
{
    assert_notices(*state, wait_notices);
    assert_notices(*state, is_canceled_notices);
    assert_notices(*state, completion_notices);
}

/* K-14: whether or not it was noticed before, so the result does not depend on when the client looks. */
static void an_answer_after_the_deadline_is_none(void **state)
{
    struct client *c = *state;
    guise_request *clock;

    test_watchdog(20);
    assert_ok(guise_request_set_deadline(c->request, 1));
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_ok(guise_request_create(c->proxy, &clock)); /* begun later, with the same deadline */
    assert_ok(guise_request_set_deadline(clock, 1));
    assert_ok(guise_request_begin(clock, NOTHING, NULL, 0));
    assert_ok(guise_request_wait(clock, GUISE_INFINITE));
    assert_ok(guise_call_signal(c->held));
    assert_finishes(c, HOLD, GUISE_E_TIMEOUT, 0);
    assert_true(guise_request_is_canceled(c->request));
    assert_int_equal(c->released_out, 1);
    guise_request_unref(clock);
}

static void a_longer_deadline_does_not_matter(void **state)
{
    struct client *c = *state;

    assert_ok(guise_request_set_deadline(c->request, 1000000));
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_result(guise_request_wait(c->request, 1), GUISE_E_CALL_PENDING);
    client_run_next(c);
    assert_finishes(c, ADD, 0, 3);
    assert_false(guise_request_is_canceled(c->request));
}

/* ---- the signal ---- */

/* */
static void the_signal_follows_the_call(void **state)
{
    struct client *c = *state;
    guise_signal *signal = signal_of(c);

    assert_ptr_equal(signal_of(c), signal);
    assert_false(is_set(signal));
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_false(is_set(signal));
    client_run_next(c);
    assert_true(is_set(signal));
    assert_finishes(c, ADD, 0, 3);
    assert_true(is_set(signal));
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_false(is_set(signal));
    assert_ok(guise_request_cancel(c->request, 0));
    assert_true(is_set(signal));
}

static void the_signal_may_be_asked_for_later(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_add(c, 1, 2, 0));
    client_run_next(c);
    assert_true(is_set(signal_of(c)));
}

static void cancel_finish_and_begin(struct wt *w)
{
    struct client *c = w->arg;
    guise_result result = 77;
    struct sum out;

    while (!guise_call_is_canceled(c->held)) {
        (void)sched_yield();
    }
    WT_CHECK_RESULT(w, guise_request_cancel(c->request, 0), GUISE_OK);
    WT_CHECK_RESULT(w, guise_request_finish(c->request, HOLD, &out, sizeof out, 0, &result),
                    GUISE_OK);
    WT_CHECK_RESULT(w, client_begin_add(c, 1, 2, 0), GUISE_OK);
}

/* A thread that cancels waits for the call that it has cancelled, and not for the next one: of the two answers
 * that it may get, it gets one in time. */
static void a_cancel_is_of_one_call(void **state)
{
    struct client *c = *state;
    guise_result result;
    struct wt w;

    test_watchdog(20);
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    wt_start(&w, cancel_finish_and_begin, c);
    result = guise_request_cancel(c->request, GUISE_INFINITE);
    assert_true(result == GUISE_E_CALL_CANCELED || result == GUISE_E_CALL_COMPLETE);
    wt_join(&w);
    assert_ok(guise_call_signal(c->held));
    assert_does_not_finish(c, ADD, GUISE_E_CALL_PENDING);
    assert_false(guise_request_is_canceled(c->request));
}

/* the program sets and resets it; Finish_ waits for the call, and does not spin or hang. */
static void the_signal_decides_nothing(void **state)
{
    struct client *c = *state;
    guise_signal *signal = signal_of(c);

    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_ok(guise_signal_set(signal));
    assert_result(guise_request_wait(c->request, 1), GUISE_E_CALL_PENDING);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_PENDING);
    client_run_next(c);
    assert_ok(guise_signal_reset(signal));
    assert_finishes(c, ADD, 0, 3);
}

/* ---- a server's own functions ---- */

static void finish_in_completion(guise_call *call, guise_result result, void *arg)
{
    struct client *c = arg;
    struct sum out;

    (void)call;
    if (guise_request_finish(c->request, HOLD, &out, sizeof out, GUISE_INFINITE, &result) !=
            GUISE_E_CALL_PENDING ||
        guise_request_wait(c->request, GUISE_INFINITE) != GUISE_E_CALL_PENDING) {
        abort();
    }
    c->extra = c;
}

static void cancel_in_completion(guise_call *call, guise_result result, void *arg)
{
    struct client *c = arg;

    (void)call;
    (void)result;
    if (guise_request_cancel(c->request, GUISE_INFINITE) != GUISE_OK) {
        abort();
    }
}

/* The client is told after the server's completion function, which may not wait for itself. */
static void the_servers_completion_function_comes_first(void **state)
{
    struct client *c = *state;

    test_watchdog(20);
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_ok(guise_call_on_complete(c->held, finish_in_completion, c));
    assert_ok(guise_call_signal(c->held));
    assert_ptr_equal(c->extra, c);
    assert_finishes(c, HOLD, 0, 0);
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_ok(guise_call_on_complete(c->held, cancel_in_completion, c));
    assert_ok(guise_call_signal(c->held));
    assert_finishes(c, HOLD, GUISE_E_CALL_CANCELED, 0);
}

static void check_blanket(struct client *c, guise_call *call)
{
    guise_blanket blanket = GUISE_BLANKET_INIT;

    if (guise_call_query_blanket(call, &blanket) != GUISE_OK ||
        strcmp(blanket.server_principal, "adder") != 0) {
        abort();
    }
    c->extra = c;
}

static void the_server_sees_the_blanket(void **state)
{
    struct client *c = *state;

    c->in_method = check_blanket;
    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_ptr_equal(c->extra, c);
}

/* A completion function and the calls' signal are the server's as ever. */
static void the_call_is_an_ordinary_one(void **state)
{
    struct client *c = *state;
    guise_signal *signal;
    guise_call *held;

    assert_ok(client_begin_hold(c));
    client_run_next(c);
    held = guise_call_ref(c->held);
    assert_ok(guise_call_completion(held, &signal));
    assert_false(is_set(signal));
    assert_ok(guise_call_signal(held));
    assert_true(is_set(signal));
    assert_ok(guise_call_wait(held, GUISE_INFINITE));
    assert_finishes(c, HOLD, 0, 0);
    guise_call_unref(held);
}

/* ---- the stories of docs/rules.md ---- */

static void v30_finish_without_begin_and_twice(void **state)
{
    struct client *c = *state;

    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
    assert_ok(client_begin_add(c, 1, 2, 0));
    client_run_next(c);
    assert_finishes(c, ADD, 0, 3);
    assert_does_not_finish(c, ADD, GUISE_E_CALL_COMPLETE);
}

/* The server kept the call that the request was used for first. */
static void v32_a_call_of_the_former_use(void **state)
{
    struct client *c = *state;
    guise_call *former;

    assert_ok(client_begin_hold(c));
    client_run_next(c);
    former = guise_call_ref(c->held);
    assert_ok(guise_call_signal(former));
    assert_finishes(c, HOLD, 0, 0);
    assert_ok(client_begin_hold(c));
    client_run_next(c);
    assert_result(guise_call_impersonate(former), GUISE_E_CALL_COMPLETE);
    assert_ok(guise_call_signal(former)); /* no effect */
    assert_does_not_finish(c, HOLD, GUISE_E_CALL_PENDING);
    assert_ok(guise_call_signal(c->held));
    assert_finishes(c, HOLD, 0, 0);
    guise_call_unref(former);
}

static void v35_begin_cancel_begin_finish(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_ok(guise_request_cancel(c->request, 0));
    assert_result(client_begin_add(c, 1, 2, 0), GUISE_E_CALL_PENDING);
    assert_finishes(c, ADD, GUISE_E_CALL_CANCELED, 0);
}

/* ---- fork ---- */

static void finish_in_child(void *arg)
{
    struct client *c = arg;
    const guise_job *parents = c->jobs[0];
    guise_result result = 77;
    struct sum out;

    guise_job_run(c->jobs[0]);
    CHILD_CHECK(c->begun == 0);
    CHILD_CHECK_RESULT(guise_request_wait(c->request, GUISE_INFINITE), GUISE_OK);
    CHILD_CHECK_RESULT(
        guise_request_finish(c->request, ADD, &out, sizeof out, GUISE_INFINITE, &result), GUISE_OK);
    CHILD_CHECK_RESULT(result, GUISE_E_DISCONNECTED);
    c->job_count = 0;
    CHILD_CHECK_RESULT(client_begin_add(c, 3, 4, 0), GUISE_OK);
    guise_job_run(c->jobs[0]);
    CHILD_CHECK_RESULT(
        guise_request_finish(c->request, ADD, &out, sizeof out, GUISE_INFINITE, &result), GUISE_OK);
    CHILD_CHECK(result == 0 && out.value == 7);
    guise_object_disconnect(c->object);
    CHILD_CHECK(parents->state == GUISE__JOB_WAITING); /* in no list of this process */
}

/* E-05: nothing in the child waits for the parent's threads, and the parent does not notice. */
static void a_child_does_not_wait_for_the_parent(void **state)
{
    struct client *c = *state;

    assert_ok(client_begin_add(c, 1, 2, 0));
    assert_child_passes(finish_in_child, c);
    assert_result(guise_request_wait(c->request, 0), GUISE_E_CALL_PENDING);
    client_run_next(c);
    assert_finishes(c, ADD, 0, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        client_test_queued(wrong_arguments_of_begin_are_refused),
        client_test_queued(wrong_arguments_of_finish_are_refused),
        client_test_queued(other_wrong_arguments_are_refused),
        client_test(a_request_is_used_again),
        client_test(a_failure_leaves_nothing_in_out),
        client_test_queued(one_call_at_a_time),
        client_test_queued(finish_is_refused_and_changes_nothing),
        client_test_queued(another_thread_may_finish),
        client_test_queued(one_of_two_finishes),
        client_test_queued(copies_are_the_calls_own),
        client_test_queued(a_failing_copy_is_begins_failure),
        client_test_queued(what_no_finish_takes_is_released),
        client_test_queued(a_job_that_waits_is_cancelled_at_once),
        client_test_queued(a_call_that_is_held_is_asked_and_left),
        client_test_queued(an_answer_after_the_cancel_is_none),
        client_test_queued(an_answer_before_the_cancel_stays),
        client_test_queued(the_server_may_answer_in_time),
        client_test_queued(two_may_cancel),
        client_test_queued(a_cancel_is_of_one_call),
        client_test_queued(a_cancel_may_come_during_submit),
        client_test_queued(a_deadline_gives_up),
        client_test_queued(every_function_notices_the_deadline),
        client_test_queued(an_answer_after_the_deadline_is_none),
        client_test_queued(a_longer_deadline_does_not_matter),
        client_test_queued(the_signal_follows_the_call),
        client_test_queued(the_signal_may_be_asked_for_later),
        client_test_queued(the_signal_decides_nothing),
        client_test_queued(the_servers_completion_function_comes_first),
        client_test(the_server_sees_the_blanket),
        client_test_queued(the_call_is_an_ordinary_one),
        client_test_queued(v30_finish_without_begin_and_twice),
        client_test_queued(v32_a_call_of_the_former_use),
        client_test_queued(v35_begin_cancel_begin_finish),
        client_test_queued(a_child_does_not_wait_for_the_parent),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
