/* SPDX-License-Identifier: MIT */
/*
 * A thread that is a client frees nothing and runs no destructor: what goes when a frame, a completion
 * function or an impersonation ends goes while the thread is self, before an outer client comes back.
 *
 * This program brings its own guise__alloc_raw and guise__free, which count what is done while the fake
 * provider's kernel takes the thread for a client. Scenes are played in a frame of bob's, as bob;
 * what goes is carol's: a call that holds the only references to her context, token and signal.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/scene.h"

#include <string.h>

#include "call/call.h"
#include "call/call_state.h"
#include "port/port.h"
#include "thread/thread_state.h"

/* ---- the allocator --------------------------------------------------------------------------- */

static atomic_int s_live;             /* blocks */
static atomic_int s_frees_as_client;  /* and allocations */
static atomic_int s_destroyed;        /* parts */
static atomic_int s_destroyed_as_bad; /* those that found anything but self with an empty slot */

void *guise__alloc_raw(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL) {
        abort();
    }
    (void)atomic_fetch_add(&s_live, 1);
    (void)atomic_fetch_add(&s_frees_as_client, !fake_is_self());
    return memory;
}

void guise__free(void *memory)
{
    if (memory != NULL) {
        (void)atomic_fetch_sub(&s_live, 1);
        (void)atomic_fetch_add(&s_frees_as_client, !fake_is_self());
    }
    free(memory);
}

/* But for the block that this thread keeps for its next call. */
static int live(void)
{
    return atomic_load(&s_live) - (tl_guise_thread.spare != NULL);
}

/* ---- carol ----------------------------------------------------------------------------------- */

struct carol {
    struct guise__call_extension part;
    guise_token *token; /* borrowed: the context's */
    guise_call *call;   /* one reference */
    struct scene *s;
    bool has_part, leaves_a_token, ends_the_thread;
};

static struct carol s_carol;
static uint64_t s_discarded; /* identities, before the scene */

static void destroy_part(struct guise__call_extension *part)
{
    struct carol *carol = (struct carol *)(void *)part;

    s_destroyed++;
    s_destroyed_as_bad += !is_self() || guise_current_call() != NULL ||
                          guise_impersonate_client() != GUISE_E_CALL_COMPLETE;
    if (carol->leaves_a_token) {
        s_destroyed_as_bad += guise_call_impersonate(carol->s->other) != GUISE_OK;
    }
    if (carol->ends_the_thread) {
        pthread_exit(NULL);
    }
}

/* A call of hers with everything that a call can have; a part, and so a destructor, or not. */
static void make_carol(struct scene *s, bool has_part)
{
    guise_signal *signal = NULL;
    guise_context *context;

    memset(&s_carol, 0, sizeof s_carol);
    s_carol.s = s;
    s_carol.token = make_token("carol", 1004);
    context = make_context(s_carol.token, GUISE_AUTHN_LEVEL_CONNECT);
    s_carol.call = make_call(context);
    guise_context_unref(context);
    guise_token_unref(s_carol.token);
    s_carol.part.destroy = destroy_part;
    s_carol.has_part = has_part;
    if (has_part) {
        atomic_store(guise__call_extension(s_carol.call), &s_carol.part);
    }
    assert_ok(guise_call_completion(s_carol.call, &signal));
    atomic_store(&s_frees_as_client, 0);
    atomic_store(&s_destroyed, 0);
    atomic_store(&s_destroyed_as_bad, 0);
    s_discarded = fake_counts().discarded;
}

/* All of it has gone, once, and as self. */
static bool has_gone_well(void)
{
    return s_destroyed == s_carol.has_part && s_destroyed_as_bad == 0 && s_frees_as_client == 0 &&
           fake_counts().discarded == s_discarded + 1;
}

/* Plays a scene in bob's frame, as bob. */
static void play_with(struct scene *s, guise_begin_fn *scene, bool has_part)
{
    int before = live();

    make_carol(s, has_part);
    guise_call_unref(s->other);
    s->other = make_call(s->bob);
    s->count = 0;
    scene_dispatch_call(s, s->other, scene, GUISE_OK);
    assert_true(has_gone_well());
    assert_int_equal(live(), before);
}

static void play(struct scene *s, guise_begin_fn *scene)
{
    play_with(s, scene, false);
    play_with(s, scene, true);
}

/* ---- a frame ends ---------------------------------------------------------------------------- */

static guise_result drop_carol(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_revert_to_self());
    guise_call_unref(call); /* the frame's is the last one now */
    CHECK(s, s_destroyed == 0);
    return GUISE_OK;
}

static guise_result drop_carol_and_fail(guise_call *call, void *arg)
{
    return drop_carol(call, arg) == GUISE_OK ? GUISE_E_ACCESS_DENIED : GUISE_E_UNEXPECTED;
}

static guise_result run_carol(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_run(s_carol.call, drop_carol, s));
    CHECK(s, is_client(s->bob));
    CHECK(s, has_gone_well());
    return GUISE_OK;
}

static void test_a_frame_ends_with_the_last_reference(void **state)
{
    play(*state, run_carol);
}

static guise_result dispatch_carol_who_fails(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_RESULT(s, guise_call_dispatch(s_carol.call, drop_carol_and_fail, s),
                 GUISE_E_ACCESS_DENIED);
    CHECK(s, is_client(s->bob));
    CHECK(s, has_gone_well());
    return GUISE_OK;
}

static void test_a_failing_begin_ends_with_the_last_reference(void **state)
{
    play(*state, dispatch_carol_who_fails);
}

static guise_result run_carol_who_leaves_a_token(guise_call *call, void *arg)
{
    s_carol.leaves_a_token = true;
    return run_carol(call, arg);
}

/* What the destructor puts on comes off, and bob comes back. */
static void test_a_destructor_leaves_a_token(void **state)
{
    play_with(*state, run_carol_who_leaves_a_token, true);
}

static void run_carol_until_the_thread_ends(struct wt *w)
{
    struct scene *s = w->arg;

    s_carol.ends_the_thread = true;
    (void)!guise_call_dispatch(s->other, run_carol, s);
}

/* The thread's end comes out of the destructor: the rest of the call goes, and all frames end. */
static void test_a_destructor_ends_the_thread(void **state)
{
    struct scene *s = *state;
    int before = live();

    make_carol(s, true);
    scene_elsewhere_ends(s, run_carol_until_the_thread_ends);
    assert_true(has_gone_well());
    assert_true(is_completed_with(s->other, GUISE_E_SERVER_FAULT));
    assert_int_equal(live(), before);
}

/* ---- a completion function ends -------------------------------------------------------------- */

static void drop_in_reply(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    (void)result;
    s->count++;
    guise_call_unref(call);
}

static guise_result signal_carol(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_on_complete(s_carol.call, drop_in_reply, s));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_signal(s_carol.call));
    CHECK(s, s->count == 1);
    CHECK(s, is_client(s->bob));
    CHECK(s, has_gone_well());
    return GUISE_OK;
}

static void test_a_completion_function_ends_with_the_last_reference(void **state)
{
    play(*state, signal_carol);
}

static void end_by_signal(struct wt *w)
{
    struct scene *s = w->arg;

    s_carol.ends_the_thread = true;
    (void)!guise_call_dispatch(s->other, signal_carol, s);
}

static void test_a_destructor_ends_the_thread_that_completes(void **state)
{
    struct scene *s = *state;
    int before = live();

    make_carol(s, true);
    scene_elsewhere_ends(s, end_by_signal);
    assert_true(has_gone_well());
    assert_int_equal(live(), before);
}

static guise_result finish_carol(guise_call *call, void *arg)
{
    (void)arg;
    guise_call_unref(call);
    return 5;
}

static guise_result signal_carol_with(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, guise__call_signal_with(s_carol.call, finish_carol, s));
    CHECK(s, is_client(s->bob));
    CHECK(s, has_gone_well());
    return GUISE_OK;
}

static void test_a_finish_ends_with_the_last_reference(void **state)
{
    play(*state, signal_carol_with);
}

/* ---- the program drops it, as bob ------------------------------------------------------------ */

static guise_result drop_as_bob(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    guise_call_unref(s_carol.call);
    CHECK(s, is_client(s->bob));
    CHECK(s, has_gone_well());
    return GUISE_OK;
}

static void test_a_client_drops_the_last_reference(void **state)
{
    play_with(*state, drop_as_bob, true);
}

/* ---- a token goes out of the slot ------------------------------------------------------------ */

static void drop_carol_elsewhere(struct wt *w)
{
    (void)w;
    guise_call_unref(s_carol.call);
}

/* This thread's slot has the last reference to her token now. */
static bool is_only_in_the_slot(struct scene *s)
{
    return elsewhere(s, drop_carol_elsewhere) && s_destroyed == s_carol.has_part &&
           fake_counts().discarded == s_discarded && token_refs(s_carol.token) == 1;
}

static guise_result replace_carol(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(s_carol.call));
    CHECK(s, is_only_in_the_slot(s));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->bob));
    CHECK(s, s_frees_as_client == 0);
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, has_gone_well());
    return GUISE_OK;
}

static void test_another_impersonation_replaces_the_token(void **state)
{
    play(*state, replace_carol);
}

static guise_result set_another(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_set_thread_token(s_carol.token));
    CHECK(s, is_only_in_the_slot(s));
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, s_frees_as_client == 0);
    return GUISE_OK; /* and goes when the frame ends */
}

static void test_another_token_is_set(void **state)
{
    play(*state, set_another);
}

static guise_result revert_to_own(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, guise_call_impersonate(s_carol.call));
    CHECK(s, is_only_in_the_slot(s));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, s_frees_as_client == 0);
    CHECK_OK(s, guise_set_thread_token(NULL));
    CHECK(s, has_gone_well());
    return GUISE_OK;
}

static void test_a_revert_to_a_set_token(void **state)
{
    play(*state, revert_to_own);
}

static guise_result drop_inside(void *arg)
{
    struct scene *s = arg;

    CHECK(s, is_only_in_the_slot(s));
    return GUISE_OK;
}

static guise_result run_as_carol(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_run_as(s_carol.token, drop_inside, s));
    CHECK(s, is_client(s->bob));
    CHECK(s, has_gone_well());
    return GUISE_OK;
}

static void test_run_as_ends(void **state)
{
    play(*state, run_as_carol);
}

static void end_as_client(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, guise_set_thread_token(s_carol.token), GUISE_OK);
    WT_CHECK(w, is_only_in_the_slot(s));
    WT_CHECK_RESULT(w, guise_set_thread_token(s->own_token), GUISE_OK);
}

/* The thread ends with one token in its slot and another one that waits for it to be self. */
static void test_a_thread_ends_as_a_client(void **state)
{
    struct scene *s = *state;
    int before = live();

    make_carol(s, true);
    scene_elsewhere(s, end_as_client);
    assert_true(has_gone_well());
    assert_int_equal(live(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_a_frame_ends_with_the_last_reference),
        scene_test(test_a_failing_begin_ends_with_the_last_reference),
        scene_test(test_a_destructor_leaves_a_token),
        scene_test(test_a_destructor_ends_the_thread),
        scene_test(test_a_completion_function_ends_with_the_last_reference),
        scene_test(test_a_destructor_ends_the_thread_that_completes),
        scene_test(test_a_finish_ends_with_the_last_reference),
        scene_test(test_a_client_drops_the_last_reference),
        scene_test(test_another_impersonation_replaces_the_token),
        scene_test(test_another_token_is_set),
        scene_test(test_a_revert_to_a_set_token),
        scene_test(test_run_as_ends),
        scene_test(test_a_thread_ends_as_a_client),
    };

    scene_is_faked = true;
    if (guise_use_provider(fake_provider()) != GUISE_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("frees", tests, NULL, NULL);
}
