/* SPDX-License-Identifier: MIT */
/*
 * Queues of completed calls: what arrives in them, when, in which order and how often; and what becomes of
 * the calls when a queue goes first. Their source is part of this program, in place of the library's, so
 * that a call can complete in the middle of a take.
 */
#define _POSIX_C_SOURCE 200809L
#include <stddef.h>

#include <guise/signal.h>

/* Called once, before the next reset, instead of another thread. Of this thread, because the takers of
 * other tests reset too. */
static _Thread_local void (*s_in_between)(void);

static void reset_later(guise_signal *signal)
{
    void (*fn)(void) = s_in_between;

    s_in_between = NULL;
    if (fn != NULL) {
        fn();
    }
    guise_signal_reset(signal);
}

#define guise_signal_reset reset_later
#include "call/queue.c"
#undef guise_signal_reset

#include "support/scene.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include <guise/queue.h>

#include "support/child.h"

enum { MANY = 40, WORKERS = 3, ROUNDS = 2000, TAKERS = 2, DUELS = 300 };

static guise_queue *make_queue(void)
{
    guise_queue *queue = TEST_POISON(guise_queue);

    assert_ok(guise_queue_create(&queue));
    return queue;
}

static bool is_readable(int fd)
{
    struct pollfd entry = {.fd = fd, .events = POLLIN};

    return poll(&entry, 1, 0) == 1;
}

/* Takes exactly these, and drops the references that come with them. */
static void assert_takes(guise_queue *queue, guise_call *const expected[], size_t expected_count)
{
    guise_call *calls[MANY] = {NULL};
    size_t count = 77;

    assert_ok(guise_queue_take_calls(queue, 0, calls, MANY, &count));
    assert_int_equal(count, expected_count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(calls[i], expected[i]);
        guise_call_unref(calls[i]);
    }
}

static void assert_is_empty(guise_queue *queue)
{
    guise_call *call = TEST_POISON(guise_call);
    size_t count = 77;

    assert_result(guise_queue_take_calls(queue, 0, &call, 1, &count), GUISE_E_TIMEOUT);
    assert_int_equal(count, 0);
    assert_ptr_equal(call, TEST_POISON(guise_call));
}

/* in the order of completion, whatever the results. */
static void calls_come_in_the_order_of_completion(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();

    assert_ok(guise_call_notify(s->call, queue, s));
    assert_ok(guise_call_notify(s->other, queue, &s->count));
    assert_ptr_equal(guise_call_tag(s->call), s);
    assert_is_empty(queue);
    assert_ok(guise_call_complete(s->other, -77));
    assert_ok(guise_call_signal(s->call));
    assert_ok(guise_call_signal(s->call)); /* once */
    assert_takes(queue, (guise_call *const[]){s->other, s->call}, 2);
    assert_is_empty(queue);
    assert_true(is_completed_with(s->other, -77) && is_completed_with(s->call, GUISE_OK));
    assert_ptr_equal(guise_call_tag(s->other), &s->count);
    guise_queue_unref(queue);
    assert_ptr_equal(guise_call_tag(s->other), &s->count);
}

static void at_most_so_many_are_taken(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();
    guise_call *taken[2] = {NULL, TEST_POISON(guise_call)};
    size_t count = 77;

    assert_ok(guise_call_notify(s->call, queue, NULL));
    assert_ok(guise_call_notify(s->other, queue, NULL));
    assert_ok(guise_call_signal(s->call));
    assert_ok(guise_call_signal(s->other));
    assert_ok(guise_queue_take_calls(queue, GUISE_INFINITE, taken, 1, &count));
    assert_int_equal(count, 1);
    assert_ptr_equal(taken[0], s->call);
    assert_ptr_equal(taken[1], TEST_POISON(guise_call));
    guise_call_unref(taken[0]);
    assert_takes(queue, (guise_call *const[]){s->other}, 1);
    guise_queue_unref(queue);
}

static guise_result signal_as_client(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_impersonate_client());
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_client(s->alice)); /* B1 takes the right, not the token */
    return GUISE_OK;
}

static void a_client_may_complete_it(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();

    assert_ok(guise_call_notify(s->call, queue, NULL));
    scene_dispatch(s, signal_as_client);
    assert_takes(queue, (guise_call *const[]){s->call}, 1);
    guise_queue_unref(queue);
}

/* a thread that has seen the announcement finds the call in the queue. */
static void the_announcement_comes_after(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();
    guise_signal *completion = TEST_POISON(guise_signal);

    assert_ok(guise_call_completion(s->call, &completion));
    assert_ok(guise_call_notify(s->call, queue, NULL));
    assert_result(guise_signal_wait(completion, 0), GUISE_E_CALL_PENDING);
    assert_ok(guise_call_signal(s->call));
    assert_ok(guise_signal_wait(completion, 0));
    assert_takes(queue, (guise_call *const[]){s->call}, 1);
    guise_queue_unref(queue);
}

/* The last owner of an open call is gone: the queue has the last reference. */
static void an_abandoned_call_arrives(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();
    guise_call *call = s->call;

    assert_ok(guise_call_notify(call, queue, NULL));
    guise_call_unref(call);
    s->call = NULL;
    assert_takes(queue, &call, 1);
    guise_queue_unref(queue);
}

static void is_never_run(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    (void)result;
    (void)arg;
    abort();
}

static void count_up(guise_call *call, guise_result result, void *arg)
{
    struct guise__note *looks_like_a_note = arg;

    (void)call;
    (void)result;
    ++*(int *)looks_like_a_note->tag;
}

/* a call has one function or one queue. */
static void there_is_one_queue_or_function(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue(), *second = make_queue();
    struct guise__note no_note = {.tag = &s->count};

    assert_ok(guise_call_notify(s->call, queue, s));
    assert_result(guise_call_notify(s->call, second, NULL), GUISE_E_UNEXPECTED);
    assert_result(guise_call_on_complete(s->call, is_never_run, NULL), GUISE_E_UNEXPECTED);
    assert_ok(guise_call_on_complete(s->other, count_up, &no_note));
    assert_result(guise_call_notify(s->other, queue, s), GUISE_E_UNEXPECTED);
    assert_null(guise_call_tag(s->other));
    assert_ok(guise_call_signal(s->call));
    assert_ok(guise_call_signal(s->other));
    assert_int_equal(s->count, 1);
    assert_result(guise_call_notify(s->other, queue, s), GUISE_E_CALL_COMPLETE);
    assert_is_empty(second);
    assert_takes(queue, (guise_call *const[]){s->call}, 1);
    assert_ptr_equal(guise_call_tag(s->call), s);
    guise_queue_unref(second);
    guise_queue_unref(queue);
}

/* the queue goes first. What is in it is dropped, what comes later completes without it. */
static void a_queue_may_go_first(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();
    unsigned refs = context_refs(s->alice);
    guise_call *queued = make_call(s->alice);

    assert_int_equal(context_refs(s->alice), refs + 1);
    assert_ok(guise_call_notify(queued, queue, NULL));
    assert_ok(guise_call_notify(s->call, queue, s));
    assert_ok(guise_call_signal(queued));
    guise_call_unref(queued);
    assert_int_equal(context_refs(s->alice), refs + 1);
    assert_ptr_equal(guise_queue_ref(queue), queue);
    guise_queue_unref(queue);
    assert_int_equal(context_refs(s->alice), refs + 1);
    guise_queue_unref(queue);
    assert_int_equal(context_refs(s->alice), refs);
    assert_true(is_pending(s->call));
    assert_ok(guise_call_complete(s->call, 5));
    assert_true(is_completed_with(s->call, 5));
    assert_ok(guise_call_wait(s->call, 0));
    assert_ptr_equal(guise_call_tag(s->call), s);
}

static void count_and_exit(void *count)
{
    ++*(int *)count;
    pthread_exit(NULL);
}

static void count_only(void *count)
{
    ++*(int *)count;
}

/* Puts a call into the queue that has the only reference to a context with this destructor. */
static void queue_with(struct scene *s, guise_queue *queue, void (*destroy)(void *data))
{
    guise_blanket blanket = GUISE_BLANKET_INIT;
    guise_context_desc desc = GUISE_CONTEXT_DESC_INIT;
    guise_context *context = TEST_POISON(guise_context);
    guise_call *call;

    desc.data = &s->count;
    desc.destroy = destroy;
    blanket.authn_level = GUISE_AUTHN_LEVEL_CONNECT;
    blanket.level = GUISE_LEVEL_IMPERSONATE;
    assert_ok(guise_context_create_with(&blanket, s->alice_token, &desc, &context));
    call = make_call(context);
    guise_context_unref(context);
    assert_ok(guise_call_notify(call, queue, NULL));
    assert_ok(guise_call_signal(call));
    guise_call_unref(call);
}

static void *unref_main(void *queue)
{
    guise_queue_unref(queue);
    return NULL;
}

/* Q-03, also if a destructor ends the thread that drops the queue. */
static void a_destructor_may_end_its_thread(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();
    pthread_t thread;
    int fd = -7;

    assert_ok(guise_queue_fd(queue, &fd));
    queue_with(s, queue, count_and_exit);
    queue_with(s, queue, count_only);
    queue_with(s, queue, count_only);
    assert_int_equal(s->count, 0);
    assert_int_equal(pthread_create(&thread, NULL, unref_main, queue), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(s->count, 3);
    assert_false(is_readable(fd) && poll(&(struct pollfd){.fd = fd}, 1, 0) == 0);
}

static void the_descriptor_follows(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();
    int fd = -7, again = -7;

    assert_ok(guise_queue_fd(queue, &fd));
    assert_ok(guise_queue_fd(queue, &again));
    assert_int_equal(fd, again);
    assert_false(is_readable(fd));
    assert_ok(guise_call_notify(s->call, queue, NULL));
    assert_ok(guise_call_notify(s->other, queue, NULL));
    assert_ok(guise_call_signal(s->call));
    assert_ok(guise_call_signal(s->other));
    assert_true(is_readable(fd));
    assert_takes(queue, (guise_call *const[]){s->call, s->other}, 2);
    assert_false(is_readable(fd));
    guise_queue_unref(queue);
    assert_false(is_readable(fd) && poll(&(struct pollfd){.fd = fd}, 1, 0) == 0);
}

static guise_call *s_completes_in_between;

static void complete_in_between(void)
{
    assert_ok(guise_call_signal(s_completes_in_between));
}

/* The taker has emptied the list and not yet reset the signal when the next call comes. */
static void a_call_comes_while_the_queue_is_emptied(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();
    int fd = -7;

    assert_ok(guise_queue_fd(queue, &fd));
    assert_ok(guise_call_notify(s->call, queue, NULL));
    assert_ok(guise_call_notify(s->other, queue, NULL));
    assert_ok(guise_call_signal(s->call));
    s_completes_in_between = s->other;
    s_in_between = complete_in_between;
    assert_takes(queue, (guise_call *const[]){s->call}, 1);
    assert_null(s_in_between);
    assert_true(is_readable(fd));
    assert_takes(queue, (guise_call *const[]){s->other}, 1);
    assert_false(is_readable(fd));
    guise_queue_unref(queue);
}

static void bad_arguments_change_nothing(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();
    guise_call *call = TEST_POISON(guise_call);
    size_t count = 77;
    int fd = -7;

    assert_result(guise_queue_create(NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_queue_fd(NULL, &fd), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(fd, -1);
    assert_result(guise_queue_fd(queue, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_notify(NULL, queue, s), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_call_notify(s->call, NULL, s), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_queue_take_calls(NULL, 0, &call, 1, &count), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(count, 0);
    count = 77;
    assert_result(guise_queue_take_calls(queue, 0, &call, 0, &count), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(count, 0);
    assert_result(guise_queue_take_calls(queue, 0, NULL, 1, &count), GUISE_E_INVALID_ARGUMENT);
    assert_result(guise_queue_take_calls(queue, 0, &call, 1, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_ptr_equal(call, TEST_POISON(guise_call));
    assert_null(guise_queue_ref(NULL));
    assert_null(guise_call_tag(NULL));
    assert_null(guise_call_tag(s->call));
    guise_queue_unref(NULL);
    guise_queue_unref(queue);
}

/* ---- waiting ---- */

static void signal_when_told(struct wt *w)
{
    struct scene *s = w->arg;

    wt_latch_wait(&s->go);
    WT_CHECK_RESULT(w, guise_call_signal(s->call), GUISE_OK);
}

static void a_taker_is_woken(void **state)
{
    struct scene *s = *state;
    guise_queue *queue = make_queue();
    guise_call *call = TEST_POISON(guise_call);
    size_t count = 77;
    struct wt w;

    test_watchdog(20);
    assert_ok(guise_call_notify(s->call, queue, NULL));
    wt_start(&w, signal_when_told, s);
    assert_result(guise_queue_take_calls(queue, 20, &call, 1, &count), GUISE_E_TIMEOUT);
    wt_latch_open(&s->go);
    assert_ok(guise_queue_take_calls(queue, GUISE_INFINITE, &call, 1, &count));
    assert_int_equal(count, 1);
    assert_ptr_equal(call, s->call);
    guise_call_unref(call);
    wt_join(&w);
    guise_queue_unref(queue);
}

struct crowd {
    guise_queue *queue;
    guise_context *client;
    atomic_uint makers; /* that have begun */
    atomic_uint waits;  /* takes that found nothing at first */
    atomic_uchar seen[WORKERS * ROUNDS];
};

static void complete_many(struct wt *w)
{
    struct crowd *crowd = w->arg;
    unsigned first = atomic_fetch_add(&crowd->makers, 1) * ROUNDS;

    for (unsigned i = 0; i < ROUNDS; i++) {
        guise_call *call = NULL;

        WT_CHECK_RESULT(w, guise_call_create(crowd->client, &call), GUISE_OK);
        WT_CHECK_RESULT(w, guise_call_notify(call, crowd->queue, &crowd->seen[first + i]),
                        GUISE_OK);
        WT_CHECK_RESULT(w, guise_call_complete(call, (guise_result)(first + i)), GUISE_OK);
        guise_call_unref(call);
        if (i % 16 == 0) {
            (void)sched_yield(); /* lets the takers empty the queue */
        }
    }
}

/* Until a call without a tag. */
static void take_all(struct wt *w)
{
    struct crowd *crowd = w->arg;
    atomic_uchar *seen;

    do {
        guise_call *call = NULL;
        size_t count = 77;
        guise_result result = guise_queue_take_calls(crowd->queue, 0, &call, 1, &count);

        if (result == GUISE_E_TIMEOUT) {
            (void)atomic_fetch_add(&crowd->waits, 1);
            result = guise_queue_take_calls(crowd->queue, GUISE_INFINITE, &call, 1, &count);
        }
        WT_CHECK_RESULT(w, result, GUISE_OK);
        WT_CHECK(w, count == 1);
        seen = guise_call_tag(call);
        WT_CHECK(w, seen == NULL || atomic_fetch_add(seen, 1) == 0);
        guise_call_unref(call);
    } while (seen != NULL);
}

static void complete_without_a_tag(const struct crowd *crowd)
{
    guise_call *call = make_call(crowd->client);

    assert_ok(guise_call_notify(call, crowd->queue, NULL));
    assert_ok(guise_call_signal(call));
    guise_call_unref(call);
}

/* Every call is taken once, by one of several takers, and none is forgotten while they wait. */
static void each_is_taken_once(void **state)
{
    static struct crowd crowd;
    struct scene *s = *state;
    struct wt makers[WORKERS], takers[TAKERS];

    test_watchdog(60);
    memset(&crowd, 0, sizeof crowd);
    crowd.queue = make_queue();
    crowd.client = s->alice;
    wt_start_all(makers, WORKERS, complete_many, &crowd);
    wt_start_all(takers, TAKERS, take_all, &crowd);
    wt_join_all(makers, WORKERS);
    for (unsigned i = 0; i < TAKERS; i++) {
        complete_without_a_tag(&crowd);
    }
    wt_join_all(takers, TAKERS);
    for (unsigned i = 0; i < WORKERS * ROUNDS; i++) {
        assert_int_equal(atomic_load(&crowd.seen[i]), 1);
    }
    assert_true(atomic_load(&crowd.waits) > 0);
    assert_is_empty(crowd.queue);
    guise_queue_unref(crowd.queue);
}

struct duel {
    guise_call *call;
    guise_queue *queues[2];
    atomic_uint begun, won, lost;
};

static void notify_mine(struct wt *w)
{
    struct duel *duel = w->arg;
    unsigned mine = atomic_fetch_add(&duel->begun, 1);
    guise_result result;

    while (atomic_load(&duel->begun) < 2) {
        (void)sched_yield();
    }
    result = guise_call_notify(duel->call, duel->queues[mine], duel->queues[mine]);
    WT_CHECK(w, result == GUISE_OK || result == GUISE_E_UNEXPECTED);
    (void)atomic_fetch_add(result == GUISE_OK ? &duel->won : &duel->lost, 1);
}

/* of two at the same time one succeeds, and the call comes out of that one's queue. */
static void one_of_two_notifications_wins(void **state)
{
    struct scene *s = *state;
    struct duel duel = {.queues = {make_queue(), make_queue()}};

    test_watchdog(60);
    for (unsigned round = 0; round < DUELS; round++) {
        struct wt w[2];

        duel.call = make_call(s->alice);
        atomic_store(&duel.begun, 0);
        wt_start_all(w, 2, notify_mine, &duel);
        wt_join_all(w, 2);
        assert_ok(guise_call_signal(duel.call));
        assert_takes(guise_call_tag(duel.call), &duel.call, 1);
        assert_is_empty(duel.queues[0]);
        assert_is_empty(duel.queues[1]);
        guise_call_unref(duel.call);
    }
    assert_int_equal(duel.won, DUELS);
    assert_int_equal(duel.lost, DUELS);
    guise_queue_unref(duel.queues[0]);
    guise_queue_unref(duel.queues[1]);
}

/* ---- fork ---- */

struct forked {
    struct scene *s;
    guise_queue *queue;
};

static void child_has_a_queue_of_its_own(void *arg)
{
    const struct forked *forked = arg;
    guise_call *call = NULL;
    size_t count = 0;

    CHILD_CHECK_RESULT(guise_call_signal(forked->s->other), GUISE_OK);
    CHILD_CHECK_RESULT(guise_queue_take_calls(forked->queue, 0, &call, 1, &count), GUISE_OK);
    CHILD_CHECK(count == 1 && call == forked->s->call);
    guise_call_unref(call);
    CHILD_CHECK_RESULT(guise_queue_take_calls(forked->queue, 0, &call, 1, &count), GUISE_E_TIMEOUT);
    CHILD_CHECK_RESULT(guise_call_create(forked->s->alice, &call), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_notify(call, forked->queue, NULL), GUISE_OK);
    CHILD_CHECK_RESULT(guise_call_signal(call), GUISE_OK);
    guise_queue_unref(forked->queue);
    guise_call_unref(call);
}

/* what the parent asked for does not arrive in the child, what had arrived may be taken there, and
 * the parent's queue and descriptor do not change. */
static void a_child_takes_nothing_from_its_parent(void **state)
{
    struct scene *s = *state;
    struct forked forked = {s, make_queue()};
    int fd = -7;

    assert_ok(guise_queue_fd(forked.queue, &fd));
    assert_ok(guise_call_notify(s->call, forked.queue, NULL));
    assert_ok(guise_call_notify(s->other, forked.queue, NULL));
    assert_ok(guise_call_signal(s->call));
    assert_child_passes(child_has_a_queue_of_its_own, &forked);
    assert_true(is_readable(fd));
    assert_takes(forked.queue, (guise_call *const[]){s->call}, 1);
    assert_false(is_readable(fd));
    assert_true(is_pending(s->other));
    guise_queue_unref(forked.queue);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(calls_come_in_the_order_of_completion),
        scene_test(at_most_so_many_are_taken),
        scene_test(a_client_may_complete_it),
        scene_test(the_announcement_comes_after),
        scene_test(an_abandoned_call_arrives),
        scene_test(there_is_one_queue_or_function),
        scene_test(a_queue_may_go_first),
        scene_test(a_destructor_may_end_its_thread),
        scene_test(the_descriptor_follows),
        scene_test(a_call_comes_while_the_queue_is_emptied),
        scene_test(bad_arguments_change_nothing),
        scene_test(a_taker_is_woken),
        scene_test(each_is_taken_once),
        scene_test(one_of_two_notifications_wins),
        scene_test(a_child_takes_nothing_from_its_parent),
    };

    return cmocka_run_group_tests_name("queues", tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
