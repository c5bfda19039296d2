/* SPDX-License-Identifier: MIT */
/*
 * A context whose calls collide gets shares; from then on nothing may be different but the speed. The
 * test's own reference to the token counts what is left of the context.
 */
#define _GNU_SOURCE
#include "support/scene.h"

#include <sched.h>
#include <unistd.h>

#include "call/call_state.h"
#include "port/port.h"
#include "support/child.h"

/* The library's own is not linked: which processor this thread runs on is the test's to say. */
static _Thread_local unsigned tl_cpu;
static _Thread_local bool tl_cpu_is_said;

unsigned guise__cpu(void)
{
    int cpu = tl_cpu_is_said ? (int)tl_cpu : sched_getcpu();

    return cpu < 0 ? GUISE__CPU_UNKNOWN : (unsigned)cpu;
}

enum { THREADS = 4, CALLS = 40, ROUNDS = 300, SECONDS = 25 };

struct world {
    guise_token *token;
    guise_context *context;
    atomic_bool stop;
    struct wt_barrier barrier;
};

static bool has_shares(struct world *world)
{
    return atomic_load(&world->context->shards) != NULL;
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
    guise__context_make_shards(world->context);
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
        print_message("SKIPPED: calls cannot collide: one processor\n");
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
        assert_true(calls[i]->shard > 0);
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

/* What a share's word is while the shares are open: twice its calls. */
static unsigned calls_of(struct world *world, unsigned share)
{
    unsigned word = atomic_load(&atomic_load(&world->context->shards)->at[share].word);

    assert_int_equal(word % 2, 0);
    return word / 2;
}

static void set_cpu(unsigned cpu)
{
    tl_cpu = cpu;
    tl_cpu_is_said = cpu != GUISE__CPU_UNKNOWN;
}

/* A call is counted where it was made, and let go of there, wherever that is done. */
static void each_processor_has_its_share(void **state)
{
    struct world world = {0};
    guise_call *calls[2 * GUISE__SHARDS];

    (void)state;
    test_watchdog(SECONDS);
    open_world(&world);
    for (unsigned i = 0; i < 2 * GUISE__SHARDS; i++) {
        set_cpu(i);
        calls[i] = make_call(world.context);
        assert_int_equal(calls[i]->shard, i % GUISE__SHARDS + 1);
        assert_int_equal(calls_of(&world, i % GUISE__SHARDS), 1 + i / GUISE__SHARDS);
    }
    for (unsigned i = 0; i < 2 * GUISE__SHARDS; i++) {
        set_cpu(2 * GUISE__SHARDS - i);
        guise_call_unref(calls[i]);
        assert_int_equal(calls_of(&world, i % GUISE__SHARDS), 1 - i / GUISE__SHARDS);
    }
    set_cpu(GUISE__CPU_UNKNOWN);
    assert_int_equal(context_refs(world.context), 1);
    guise_context_unref(world.context);
    close_world(&world);
}

/* The owner goes while one share of them all has calls. */
static void the_last_share_frees_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < GUISE__SHARDS; i++) {
        struct world world = {0};
        guise_call *first, *second;

        test_watchdog(SECONDS);
        open_world(&world);
        set_cpu(i);
        first = make_call(world.context);
        second = make_call(world.context);
        guise_context_unref(world.context);
        assert_int_equal(context_refs(world.context), 1); /* that share's */
        guise_call_unref(first);
        assert_int_equal(token_refs(world.token), 2);
        guise_call_unref(second);
        set_cpu(GUISE__CPU_UNKNOWN);
        close_world(&world);
    }
}

static void overflow_a_share(void *arg)
{
    struct world *world = arg;

    set_cpu(5);
    atomic_store(&atomic_load(&world->context->shards)->at[5].word, UINT_MAX / 2 - 1);
    (void)make_call(world->context);
    (void)fputs("the last one fits. ", stderr);
    (void)make_call(world->context);
}

static void overflow_without_shares(void *arg)
{
    struct world *world = arg;

    atomic_store(&world->context->refs, UINT_MAX / 2 - 1);
    (void)make_call(world->context);
    (void)fputs("the last one fits. ", stderr);
    (void)make_call(world->context);
}

/* L-7 */
static void too_many_calls_end_the_process(void **state)
{
    struct world world = {0};

    (void)state;
    test_watchdog(SECONDS);
    make_world(&world);
    assert_child_dies(overflow_without_shares, &world, "the last one fits. guise: fatal: ");
    guise__context_make_shards(world.context);
    assert_child_dies(overflow_a_share, &world, "the last one fits. guise: fatal: ");
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
        cmocka_unit_test(calls_that_collide_make_shares), cmocka_unit_test(calls_outlive_the_owner),
        cmocka_unit_test(a_call_is_reference_enough),     cmocka_unit_test(the_owner_goes_last),
        cmocka_unit_test(each_processor_has_its_share),   cmocka_unit_test(the_last_share_frees_it),
        cmocka_unit_test(too_many_calls_end_the_process), cmocka_unit_test(all_let_go_together),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("shares", tests, NULL, NULL);
}
