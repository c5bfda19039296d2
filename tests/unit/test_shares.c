/* SPDX-License-Identifier: MIT */
/*
 * A context whose calls collide gets shares; from then on nothing may be different but the speed. The
 * test's own reference to the token counts what is left of the context.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

#include <sched.h>
#include <unistd.h>

#include "call/call_state.h"

enum { THREADS = 4, CALLS = 40, ROUNDS = 300, SECONDS = 25 };

struct world {
    guise_token *token;
    guise_context *context;
    atomic_bool stop;
    struct wt_barrier barrier;
};

static bool has_shares(struct world *world)
{
    return atomic_load(&world->context->shares) != NULL;
}

static void make_and_drop_calls(struct wt *w)
{
    struct world *world = w->arg;

    while (!atomic_load(&world->stop)) {
        guise_call *call = NULL;

        WT_CHECK_RESULT(w, guise_call_create(world->context, &call), GUISE_OK);
        guise_call_unref(call);
    }
}

/* Until the context has shares: threads that only make and drop calls collide soon, if two of them
 * can run at a time. */
static void collide(struct world *world)
{
    struct wt workers[THREADS];

    atomic_store(&world->stop, false);
    wt_start_all(workers, THREADS, make_and_drop_calls, world);
    while (!has_shares(world)) {
        (void)sched_yield();
    }
    atomic_store(&world->stop, true);
    wt_join_all(workers, THREADS);
}

static void make_world(struct world *world)
{
    world->token = make_token("alice", 1001);
    world->context = make_context(world->token, GUISE_AUTHN_LEVEL_CONNECT);
    assert_false(has_shares(world));
}

static void open_world(struct world *world)
{
    make_world(world);
    guise__context_make_shares(world->context);
    assert_true(has_shares(world));
    assert_int_equal(context_refs(world->context), 1);
    assert_int_equal(token_refs(world->token), 2);
}

static void close_world(struct world *world)
{
    assert_int_equal(token_refs(world->token), 1); /* the context has gone, and only now */
    guise_token_unref(world->token);
}

static void calls_that_collide_make_shares(void **state)
{
    struct world world = {0};

    (void)state;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
        print_message("calls cannot collide: one processor\n");
        skip();
    }
    test_watchdog(SECONDS);
    make_world(&world);
    collide(&world);
    assert_int_equal(context_refs(world.context), 1); /* the owner's: no call is left */
    assert_int_equal(token_refs(world.token), 2);
    guise_context_unref(world.context);
    close_world(&world);
}

/* V-45, with shares: the calls keep the context. */
static void calls_outlive_the_owner(void **state)
{
    struct world world = {0};
    guise_call *calls[CALLS];

    (void)state;
    test_watchdog(SECONDS);
    open_world(&world);
    for (int i = 0; i < CALLS; i++) {
        calls[i] = make_call(world.context);
        assert_true(calls[i]->share > 0);
        assert_int_equal(context_refs(world.context), 1);
    }
    guise_context_unref(world.context);
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(token_refs(world.token), 2);
        guise_call_unref(calls[i]);
    }
    close_world(&world);
}

/* A call is a reference like any other: while there is one the context can be had again. */
static void a_call_is_reference_enough(void **state)
{
    struct world world = {0};
    guise_call *first, *second;

    (void)state;
    test_watchdog(SECONDS);
    open_world(&world);
    first = make_call(world.context);
    guise_context_unref(world.context);
    second = make_call(world.context);
    (void)guise_context_ref(world.context);
    guise_call_unref(first);
    assert_int_equal(token_refs(world.token), 2);
    guise_call_unref(second);
    assert_int_equal(token_refs(world.token), 2);
    guise_context_unref(world.context);
    close_world(&world);
}

static void the_owner_goes_last(void **state)
{
    struct world world = {0};
    guise_call *call;

    (void)state;
    test_watchdog(SECONDS);
    open_world(&world);
    call = make_call(world.context);
    guise_call_unref(call);
    assert_int_equal(token_refs(world.token), 2);
    guise_context_unref(world.context);
    close_world(&world);
}

/* And makes another call when the owner may be gone. */
static void drop_a_call_at_once(struct wt *w)
{
    struct world *world = w->arg;
    guise_call *call = NULL, *more = NULL;

    WT_CHECK_RESULT(w, guise_call_create(world->context, &call), GUISE_OK);
    wt_barrier_wait(&world->barrier);
    WT_CHECK_RESULT(w, guise_call_create(world->context, &more), GUISE_OK);
    guise_call_unref(call);
    guise_call_unref(more);
}

/* Owner and calls let go at the same time: the context goes once. */
static void all_let_go_together(void **state)
{
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct world world = {0};
        struct wt workers[THREADS];

        test_watchdog(SECONDS);
        open_world(&world);
        wt_barrier_init(&world.barrier, THREADS + 1);
        wt_start_all(workers, THREADS, drop_a_call_at_once, &world);
        wt_barrier_wait(&world.barrier);
        guise_context_unref(world.context);
        wt_join_all(workers, THREADS);
        close_world(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_that_collide_make_shares),
        cmocka_unit_test(calls_outlive_the_owner),
        cmocka_unit_test(a_call_is_reference_enough),
        cmocka_unit_test(the_owner_goes_last),
        cmocka_unit_test(all_let_go_together),
    };

    return cmocka_run_group_tests_name("shares", tests, NULL, NULL);
}
