/* SPDX-License-Identifier: MIT */
/*
 * The block that a thread keeps for its next call. This program brings its own guise__alloc_raw,
 * which counts what lives and what is asked for, and never hands out zeros. Each test plays on
 * threads of its own, so that their ends are in it; the test's own thread is never attached and
 * keeps none.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

#include <string.h>

#include "call/call.h"
#include "call/call_state.h"
#include "port/port.h"
#include "support/child.h"
#include "thread/thread_state.h"

enum { KEPT = GUISE__KEEPS_MEMORY, SECONDS = 20, ROUNDS = 10, NOT_ZERO = 0xA5 };

/* ---- the allocator --------------------------------------------------------------------------- */

static atomic_uint s_live;     /* blocks */
static atomic_uint s_requests; /* since the beginning */

void *guise__alloc_raw(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL) {
        abort();
    }
    (void)atomic_fetch_add(&s_requests, 1);
    (void)atomic_fetch_add(&s_live, 1);
    return memset(memory, NOT_ZERO, size);
}

void guise__free(void *memory)
{
    if (memory != NULL) {
        (void)atomic_fetch_sub(&s_live, 1);
    }
    free(memory);
}

struct heap {
    unsigned live, requests;
};

static struct heap heap_now(void)
{
    return (struct heap){atomic_load(&s_live), atomic_load(&s_requests)};
}

/* So many more of each since then. */
static bool has_grown(struct heap since, unsigned live, unsigned requests)
{
    struct heap now = heap_now();

    return now.live == since.live + live && now.requests == since.requests + requests;
}

/* ---- on a thread ----------------------------------------------------------------------------- */

static bool attach(struct scene *s)
{
    return guise_call_run(s->call, do_nothing, NULL) == GUISE_OK;
}

/* NULL where make_call would fail the test, which a worker cannot. */
static guise_call *new_call(guise_context *client)
{
    guise_call *call = NULL;

    return guise_call_create(client, &call) == GUISE_OK ? call : NULL;
}

/* This thread is attached, and keeps a block if any are kept. */
static bool keep_one(struct scene *s)
{
    bool attached = attach(s);

    guise_call_unref(new_call(s->alice));
    return attached && (tl_guise_thread.spare != NULL) == KEPT;
}

/* Runs fn on a thread of its own; when that has ended everything has gone that it kept. */
static void play(struct scene *s, wt_fn *fn)
{
    struct heap before = heap_now();

    scene_elsewhere(s, fn);
    assert_int_equal(heap_now().live, before.live);
    assert_false(tl_guise_thread.attached);
    assert_null(tl_guise_thread.spare);
}

/* ---- one thread ------------------------------------------------------------------------------ */

static void one_after_the_other(struct wt *w)
{
    struct scene *s = w->arg;
    struct heap before = heap_now();

    WT_CHECK(w, attach(s));
    for (unsigned i = 1; i <= ROUNDS; i++) {
        guise_call *call = new_call(s->alice);

        WT_CHECK(w, call != NULL);
        WT_CHECK(w, has_grown(before, 1, KEPT ? 1 : i));
        WT_CHECK_RESULT(w, guise_call_dispatch(call, do_nothing, NULL), GUISE_OK);
        WT_CHECK_RESULT(w, guise_call_signal(call), GUISE_OK);
        guise_call_unref(call);
        WT_CHECK(w, has_grown(before, KEPT, KEPT ? 1 : i));
    }
}

static void test_one_block_serves_all_calls_of_a_thread(void **state)
{
    play(*state, one_after_the_other);
}

static void three_at_once(struct wt *w)
{
    struct scene *s = w->arg;
    struct heap before = heap_now();
    guise_call *calls[3];

    WT_CHECK(w, attach(s));
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 3; i++) {
            calls[i] = new_call(s->alice);
            WT_CHECK(w, calls[i] != NULL);
        }
        /* In the second round one of them is the block that was kept. */
        WT_CHECK(w, has_grown(before, 3, round == 0 ? 3 : 6 - KEPT));
        for (unsigned i = 0; i < 3; i++) {
            guise_call_unref(calls[i]);
        }
        WT_CHECK(w, heap_now().live == before.live + KEPT);
    }
}

static void test_no_more_than_one_is_kept(void **state)
{
    play(*state, three_at_once);
}

static void never_attached(struct wt *w)
{
    struct scene *s = w->arg;
    struct heap before = heap_now();

    for (unsigned i = 1; i <= ROUNDS; i++) {
        guise_call_unref(new_call(s->alice));
        WT_CHECK(w, has_grown(before, 0, i));
        WT_CHECK(w, tl_guise_thread.spare == NULL);
    }
}

/* No function would run at its end. */
static void test_a_thread_that_is_not_attached_keeps_none(void **state)
{
    play(*state, never_attached);
}

/* ---- nothing of the call before -------------------------------------------------------------- */

static struct guise__call_extension s_part;
static unsigned s_parts_gone;

static void note_part(struct guise__call_extension *part)
{
    (void)part;
    s_parts_gone++;
}

/* A call with everything that a call can have. */
static void live_a_full_life(struct wt *w, guise_call *call)
{
    struct scene *s = w->arg;
    guise_signal *signal;

    s_part.destroy = note_part;
    atomic_store(guise__call_extension(call), &s_part);
    WT_CHECK_RESULT(w, guise_call_on_complete(call, count_completion, &s->count), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_completion(call, &signal), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_cancel(call), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_wait(call, 1), GUISE_E_CALL_PENDING); /* sets WAITERS */
    WT_CHECK_RESULT(w, guise_call_complete(call, 77), GUISE_OK);
    WT_CHECK(w, s->count == 1);
    WT_CHECK(w, atomic_load(&call->latch) != 0);
    WT_CHECK(w, call->shard != 0);
}

static void check_new(struct wt *w, guise_call *call, const guise_context *client)
{
    guise_signal *signal;
    int replies = 0;

    WT_CHECK(w, atomic_load(&call->state) == UINT64_C(2) << GUISE__CALL_REFERENCE_SHIFT);
    WT_CHECK(w, call->client == client);
    WT_CHECK(w, call->fn == NULL && call->arg == NULL && call->generation == 0);
    WT_CHECK(w, atomic_load(&call->completion) == NULL && atomic_load(&call->extension) == NULL);
    WT_CHECK(w, atomic_load(&call->latch) == 0 && call->shard == 0);
    WT_CHECK(w, is_pending(call) && !guise_call_is_canceled(call));
    WT_CHECK_RESULT(w, guise_call_on_complete(call, count_completion, &replies), GUISE_OK);
    WT_CHECK_RESULT(w, guise_call_completion(call, &signal), GUISE_OK);
    WT_CHECK_RESULT(w, guise_signal_wait(signal, 0), GUISE_E_CALL_PENDING);
    WT_CHECK_RESULT(w, guise_call_signal(call), GUISE_OK);
    WT_CHECK(w, replies == 1);
    WT_CHECK_RESULT(w, guise_signal_wait(signal, 0), GUISE_OK);
}

static void another_in_its_place(struct wt *w)
{
    struct scene *s = w->arg;
    guise_call *call;
    uintptr_t place;

    WT_CHECK(w, attach(s));
    call = new_call(s->alice);
    WT_CHECK(w, call != NULL);
    place = (uintptr_t)call;
    live_a_full_life(w, call);
    guise_call_unref(call);
    WT_CHECK(w, s_parts_gone == 1);
    call = new_call(s->bob);
    WT_CHECK(w, call != NULL);
    WT_CHECK(w, !KEPT || (uintptr_t)call == place);
    check_new(w, call, s->bob);
    guise_call_unref(call);
    WT_CHECK(w, s->count == 1 && s_parts_gone == 1);
}

/* */
static void test_the_next_call_has_nothing_of_the_last(void **state)
{
    struct scene *s = *state;

    guise__context_make_shards(s->alice);
    s_parts_gone = 0;
    play(s, another_in_its_place);
}

/* ---- many threads ---------------------------------------------------------------------------- */

static void let_go_of_another_threads(struct wt *w)
{
    struct scene *s = w->arg;
    struct heap before = heap_now();

    WT_CHECK(w, attach(s));
    guise_call_unref(s->extra);
    WT_CHECK(w, has_grown(before, KEPT - 1u, 0));
    guise_call_unref(new_call(s->bob));
    WT_CHECK(w, has_grown(before, KEPT - 1u, !KEPT));
}

static void test_made_here_and_freed_there(void **state)
{
    struct scene *s = *state;
    struct heap before = heap_now();

    s->extra = make_call(s->alice);
    scene_elsewhere(s, let_go_of_another_threads);
    assert_true(has_grown(before, 0, 1 + !KEPT));
}

static void make_of_what_was_kept(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK(w, keep_one(s));
    s->extra = new_call(s->alice);
    WT_CHECK(w, s->extra != NULL);
    WT_CHECK(w, tl_guise_thread.spare == NULL);
}

/* The block outlives the thread that had kept it. */
static void test_made_there_and_freed_here(void **state)
{
    struct scene *s = *state;
    struct heap before = heap_now();

    scene_elsewhere(s, make_of_what_was_kept);
    assert_true(has_grown(before, 1, 2 - KEPT));
    assert_true(is_pending(s->extra));
    guise_call_unref(s->extra);
    assert_true(has_grown(before, 0, 2 - KEPT));
}

enum { THREADS = 4, MANY = 2000 };

static _Atomic(guise_call *) s_place; /* a call that any thread may take, or leave here */

/* Every call is freed by the thread that finds it. */
static void pass_on(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK(w, attach(s));
    for (unsigned i = 0; i < MANY; i++) {
        guise_call *call = new_call(i % 2 == 0 ? s->alice : s->bob);

        WT_CHECK(w, call != NULL);
        WT_CHECK(w, atomic_load(&call->extension) == NULL);
        if (i % 3 == 0) {
            WT_CHECK_RESULT(w, guise_call_dispatch(call, do_nothing, NULL), GUISE_OK);
        }
        guise_call_unref(atomic_exchange(&s_place, call));
    }
}

static void test_blocks_go_round_between_threads(void **state)
{
    struct scene *s = *state;
    struct wt workers[THREADS];
    struct heap before;

    test_watchdog(SECONDS);
    guise__context_make_shards(s->alice); /* or colliding calls would, sooner or later */
    guise__context_make_shards(s->bob);
    before = heap_now();
    wt_start_all(workers, THREADS, pass_on, s);
    wt_join_all(workers, THREADS);
    guise_call_unref(atomic_exchange(&s_place, NULL));
    assert_int_equal(heap_now().live, before.live);
}

/* ---- a thread's end -------------------------------------------------------------------------- */

static pthread_key_t s_late_key;

/* Runs twice. The second time the library's own destructor has run, in either order. */
static void make_and_let_go_at_the_end(void *arg)
{
    struct scene *s = arg;
    struct wt *w = &s->checks;
    struct heap before = heap_now();

    if (s->count++ == 0) {
        WT_CHECK(w, pthread_setspecific(s_late_key, s) == 0);
        return;
    }
    WT_CHECK(w, !tl_guise_thread.attached && tl_guise_thread.spare == NULL);
    guise_call_unref(new_call(s->alice));
    WT_CHECK(w, has_grown(before, 0, 1));
    guise_call_unref(s->extra);
    WT_CHECK(w, has_grown(before, -1u, 1));
    WT_CHECK(w, tl_guise_thread.spare == NULL);
}

static void end_with_a_block(struct wt *w)
{
    struct scene *s = w->arg;
    guise_call *call;

    WT_CHECK(w, attach(s));
    s->extra = new_call(s->bob);
    call = new_call(s->bob);
    WT_CHECK(w, s->extra != NULL && call != NULL);
    guise_call_unref(call);
    WT_CHECK(w, (tl_guise_thread.spare != NULL) == KEPT);
    WT_CHECK(w, pthread_setspecific(s_late_key, s) == 0);
}

/* What is kept goes with the thread, and nothing is kept after that. */
static void test_a_destructor_makes_a_call(void **state)
{
    struct scene *s = *state;

    assert_int_equal(pthread_key_create(&s_late_key, make_and_let_go_at_the_end), 0);
    play(s, end_with_a_block);
    assert_int_equal(pthread_key_delete(s_late_key), 0);
    scene_verify(s);
    assert_int_equal(s->count, 2);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static void use_what_is_kept(struct scene *s)
{
    struct heap before = heap_now();
    guise_call *call = new_call(s->alice);

    CHILD_CHECK(call != NULL);
    CHILD_CHECK(has_grown(before, !KEPT, !KEPT));
    CHILD_CHECK(is_pending(call));
    guise_call_unref(call);
    CHILD_CHECK(has_grown(before, 0, !KEPT));
}

static void fork_with_a_block(void *arg)
{
    struct scene *s = arg;
    int status = -1;
    pid_t child;

    CHILD_CHECK(keep_one(s));
    child = fork();
    if (child == 0) {
        use_what_is_kept(s);
        test_exit_child(0);
    }
    CHILD_CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    use_what_is_kept(s);
}

static void test_a_forked_child_has_its_threads_block(void **state)
{
    test_watchdog(SECONDS);
    assert_child_passes(fork_with_a_block, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_one_block_serves_all_calls_of_a_thread),
        scene_test(test_no_more_than_one_is_kept),
        scene_test(test_a_thread_that_is_not_attached_keeps_none),
        scene_test(test_the_next_call_has_nothing_of_the_last),
        scene_test(test_made_here_and_freed_there),
        scene_test(test_made_there_and_freed_here),
        scene_test(test_blocks_go_round_between_threads),
        scene_test(test_a_destructor_makes_a_call),
        scene_test(test_a_forked_child_has_its_threads_block),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("spare", tests, NULL, NULL);
}
