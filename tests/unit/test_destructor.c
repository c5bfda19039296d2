/* SPDX-License-Identifier: MIT */
/*
 * The destructors of credentials and of a context's data run as self, once, wherever the last reference
 * is dropped (I-17). A probe notes what its destructor found. Most scenes are played in a frame of alice's
 * call, as bob, who must be back afterwards.
 */
#define _POSIX_C_SOURCE 200809L
#include "support/child.h"
#include "support/scene.h"

#include <errno.h>

#include "call/call.h"
#include "support/kept.h"

static const int s_kind;

struct probe {
    struct scene *s;
    int times;
    int bad; /* times that it found anything but self, an empty slot and no current call */
    guise_token *token; /* dropped by the destructor */
    guise_token *leaves;
    bool ends_the_thread;
    int *clock, at; /* the order in which destructors end */
};

static int cancel_state(void)
{
    int state, again;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    (void)pthread_setcancelstate(state, &again);
    return state;
}

static void destroy(void *data)
{
    struct probe *probe = data;

    probe->times++;
    probe->bad += !is_self() || guise_current_call() != NULL ||
                  cancel_state() != PTHREAD_CANCEL_DISABLE ||
                  guise_impersonate_client() != GUISE_E_CALL_COMPLETE;
    errno = ERANGE;
    guise_token_unref(probe->token);
    if (probe->leaves != NULL) {
        probe->bad += guise_set_thread_token(probe->leaves) != GUISE_OK;
    }
    if (probe->clock != NULL) {
        probe->at = ++*probe->clock;
    }
    if (probe->ends_the_thread) {
        pthread_exit(NULL);
    }
}

static bool ran_well(const struct probe *probe)
{
    return probe->times == 1 && probe->bad == 0;
}

/* A token at DELEGATE with the only reference to a credential that probes. */
static guise_token *probing_token(struct probe *probe)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .name = "dora",
                             .uid = 1005,
                             .gid = 1005,
                             .level = GUISE_LEVEL_DELEGATE};
    guise_credential *credential = NULL;
    guise_token *token = NULL;

    if (guise_credential_create(&s_kind, probe, destroy, &credential) != GUISE_OK ||
        guise_token_create_with_credential(&desc, credential, &token) != GUISE_OK) {
        abort();
    }
    guise_credential_unref(credential);
    return token;
}

/* A context whose data, and whose token's credential, probe. */
static guise_context *probing_context(struct probe *data, struct probe *credential)
{
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_context_desc desc = {.size = sizeof desc, .data = data, .destroy = destroy};
    guise_token *token = probing_token(credential);
    guise_context *context = NULL;

    if (guise_context_create_with(&blanket, token, &desc, &context) != GUISE_OK) {
        abort();
    }
    guise_token_unref(token);
    return context;
}

/* Plays a scene in a frame of alice's call, which is bob meanwhile. */
static guise_result as_bob(struct scene *s, guise_result (*scene)(struct scene *s))
{
    CHECK_OK(s, guise_call_impersonate(s->other));
    CHECK_OK(s, scene(s));
    CHECK(s, is_client(s->bob));
    CHECK(s, guise_current_call() == s->call);
    CHECK_OK(s, guise_revert_to_self());
    return GUISE_OK;
}

/* ---- the program drops it, as bob ------------------------------------------------------------ */

static guise_result drop_a_token(struct scene *s)
{
    struct probe probe = {.s = s};
    guise_token *token = probing_token(&probe);

    guise_token_unref(guise_token_ref(token));
    CHECK(s, probe.times == 0);
    errno = KEPT_ERRNO;
    guise_token_unref(token);
    CHECK(s, errno == KEPT_ERRNO);
    CHECK(s, ran_well(&probe));
    return GUISE_OK;
}

static guise_result drop_a_credential(struct scene *s)
{
    struct probe probe = {.s = s};
    guise_credential *credential = NULL;

    CHECK_OK(s, guise_credential_create(&s_kind, &probe, destroy, &credential));
    guise_credential_unref(credential);
    CHECK(s, ran_well(&probe));
    return GUISE_OK;
}

static guise_result drop_a_context(struct scene *s)
{
    struct probe data = {.s = s}, credential = {.s = s};
    guise_context *context = probing_context(&data, &credential);
    guise_call *call = NULL;

    CHECK_OK(s, guise_call_create(context, &call));
    guise_context_unref(context);
    CHECK(s, data.times == 0 && credential.times == 0);
    guise_call_unref(call); /* had the last reference */
    CHECK(s, ran_well(&data));
    CHECK(s, ran_well(&credential));
    return GUISE_OK;
}

static guise_result begin_drops(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_OK(s, as_bob(s, drop_a_token));
    CHECK_OK(s, as_bob(s, drop_a_credential));
    CHECK_OK(s, as_bob(s, drop_a_context));
    return GUISE_OK;
}

static void test_a_client_drops_it(void **state)
{
    scene_dispatch(*state, begin_drops);
}

/* ---- the slot drops it ----------------------------------------------------------------------- */

static guise_result begin_replaces(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct probe probe = {.s = s};
    guise_token *token = probing_token(&probe);

    (void)call;
    CHECK_OK(s, guise_set_thread_token(token));
    guise_token_unref(token);
    CHECK(s, is_only_set(token) && probe.times == 0);
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, ran_well(&probe));
    return GUISE_OK;
}

static void test_another_token_is_set(void **state)
{
    scene_dispatch(*state, begin_replaces);
}

static guise_result begin_empties(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct probe probe = {.s = s};
    guise_token *token = probing_token(&probe);

    (void)call;
    CHECK_OK(s, guise_set_thread_token(token));
    guise_token_unref(token);
    CHECK_OK(s, guise_set_thread_token(NULL));
    CHECK(s, is_self());
    CHECK(s, ran_well(&probe));
    return GUISE_OK;
}

static void test_the_slot_is_emptied(void **state)
{
    scene_dispatch(*state, begin_empties);
}

/* The client of a call whose context has gone but for the slot's reference to its token. */
static guise_result impersonate_the_last(struct scene *s, struct probe *probe)
{
    struct probe data = {.s = s};
    guise_context *context = probing_context(&data, probe);
    guise_call *call = NULL;

    CHECK_OK(s, guise_call_create(context, &call));
    guise_context_unref(context);
    CHECK_OK(s, guise_call_impersonate(call));
    guise_call_unref(call);
    CHECK(s, ran_well(&data));
    CHECK(s, guise_is_impersonating() && is_worn() && probe->times == 0);
    return GUISE_OK;
}

static guise_result begin_impersonates_again(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct probe probe = {.s = s};

    CHECK_OK(s, impersonate_the_last(s, &probe));
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK(s, is_client(s->alice));
    CHECK(s, ran_well(&probe));
    return GUISE_OK;
}

static void test_another_impersonation_replaces_it(void **state)
{
    scene_dispatch(*state, begin_impersonates_again);
}

static guise_result begin_reverts(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct probe probe = {.s = s};

    (void)call;
    CHECK_OK(s, guise_set_thread_token(s->own_token));
    CHECK_OK(s, impersonate_the_last(s, &probe));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, ran_well(&probe));
    return GUISE_OK;
}

static void test_a_revert_drops_it(void **state)
{
    scene_dispatch(*state, begin_reverts);
}

static guise_result begin_leaves_it(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_token *token = probing_token(s->extra);

    (void)call;
    CHECK_OK(s, guise_set_thread_token(token));
    guise_token_unref(token);
    return GUISE_OK;
}

static guise_result begin_runs_a_frame(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct probe probe = {.s = s};

    s->extra = &probe;
    CHECK_OK(s, guise_call_impersonate(call));
    CHECK_OK(s, guise_call_run(s->other, begin_leaves_it, s));
    CHECK(s, is_client(s->alice));
    CHECK(s, ran_well(&probe));
    return GUISE_OK;
}

static void test_a_frame_ends(void **state)
{
    scene_dispatch(*state, begin_runs_a_frame);
}

static void leave_it_at_the_end(struct wt *w)
{
    struct scene *s = w->arg;
    guise_token *token = probing_token(s->extra);

    WT_CHECK_RESULT(w, guise_set_thread_token(token), GUISE_OK);
    guise_token_unref(token);
}

static void test_a_thread_ends(void **state)
{
    struct scene *s = *state;
    struct probe probe = {.s = s};

    s->extra = &probe;
    scene_elsewhere(s, leave_it_at_the_end);
    assert_true(ran_well(&probe));
}

/* ---- what a destructor may do ---------------------------------------------------------------- */

/* A token that it leaves in the slot comes off, and bob comes back. */
static guise_result drop_one_that_leaves(struct scene *s)
{
    struct probe probe = {.s = s, .leaves = s->own_token};

    guise_token_unref(probing_token(&probe));
    CHECK(s, ran_well(&probe));
    return GUISE_OK;
}

static guise_result begin_drops_one_that_leaves(guise_call *call, void *arg)
{
    (void)call;
    return as_bob(arg, drop_one_that_leaves);
}

static void test_it_leaves_a_token(void **state)
{
    scene_dispatch(*state, begin_drops_one_that_leaves);
}

/* A chain of them: each has ended before the next begins, so no length needs more stack. */
static guise_result drop_a_chain(struct scene *s)
{
    enum { LENGTH = 1000 };
    static struct probe chain[LENGTH];
    guise_token *token = NULL;
    int clock = 0;

    for (int i = LENGTH - 1; i >= 0; i--) {
        chain[i] = (struct probe){.s = s, .token = token, .clock = &clock};
        token = probing_token(&chain[i]);
    }
    guise_token_unref(token);
    for (int i = 0; i < LENGTH; i++) {
        CHECK(s, ran_well(&chain[i]) && chain[i].at == i + 1);
    }
    return GUISE_OK;
}

static guise_result begin_drops_a_chain(guise_call *call, void *arg)
{
    (void)call;
    return as_bob(arg, drop_a_chain);
}

static void test_it_drops_another(void **state)
{
    scene_dispatch(*state, begin_drops_a_chain);
}

/* It ends its thread: the others that were noted run all the same, and the frames end. */
static guise_result begin_ends(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct probe *probes = s->extra;
    guise_context *context = probing_context(&probes[0], &probes[1]);

    probes[0].ends_the_thread = true;
    CHECK_OK(s, guise_call_impersonate(call));
    guise_context_unref(context);
    return GUISE_E_UNEXPECTED;
}

static void dispatch_to_the_end(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, begin_ends, s);
}

static void test_it_ends_the_thread(void **state)
{
    struct scene *s = *state;
    struct probe probes[2] = {{.s = s}, {.s = s}};

    s->extra = probes;
    scene_elsewhere_ends(s, dispatch_to_the_end);
    assert_true(ran_well(&probes[0]));
    assert_true(ran_well(&probes[1]));
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
}

/* The same in the destructor of a call, which is freed all the same. */
struct part {
    struct guise__call_extension part;
    int times;
};

static void destroy_part(struct guise__call_extension *part)
{
    ((struct part *)(void *)part)->times++;
}

static guise_result begin_ends_with_a_part(guise_call *call, void *arg)
{
    static struct part part;
    struct scene *s = arg;
    struct probe *probes = s->extra;
    guise_context *context = probing_context(&probes[0], &probes[1]);
    guise_call *last = NULL;

    part = (struct part){.part = {.destroy = destroy_part}};
    probes[0].ends_the_thread = true;
    CHECK_OK(s, guise_call_create(context, &last));
    guise_context_unref(context);
    atomic_store(guise__call_extension(last), &part.part);
    CHECK_OK(s, guise_call_impersonate(call));
    guise_call_unref(last);
    return GUISE_E_UNEXPECTED;
}

static void dispatch_to_the_end_with_a_part(struct wt *w)
{
    struct scene *s = w->arg;

    (void)!guise_call_dispatch(s->call, begin_ends_with_a_part, s);
}

static void test_it_ends_the_thread_that_frees_a_call(void **state)
{
    struct scene *s = *state;
    struct probe probes[2] = {{.s = s}, {.s = s}};

    s->extra = probes;
    scene_elsewhere_ends(s, dispatch_to_the_end_with_a_part);
    assert_true(ran_well(&probes[0]));
    assert_true(ran_well(&probes[1]));
    assert_true(is_completed_with(s->call, GUISE_E_SERVER_FAULT));
}

/* ---- fork ------------------------------------------------------------------------------------ */

/* The child has a copy, and the last drop of that runs the destructor there; never inside fork. */
static guise_result begin_forks(guise_call *call, void *arg)
{
    struct scene *s = arg;
    struct probe probe = {.s = s}, later = {.s = s};
    guise_token *token = probing_token(&probe);
    int status = -1;
    pid_t child;

    (void)call;
    CHECK_OK(s, guise_set_thread_token(token));
    guise_token_unref(token);
    child = fork();
    if (child == 0) {
        CHILD_CHECK(is_self());
        CHILD_CHECK(probe.times == 0);
        guise_token_unref(probing_token(&later));
        CHILD_CHECK(ran_well(&probe));
        CHILD_CHECK(ran_well(&later));
        test_exit_child(0);
    }
    CHECK(s, child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(s, probe.times == 0 && is_only_set(token));
    CHECK_OK(s, guise_set_thread_token(NULL));
    CHECK(s, ran_well(&probe));
    return GUISE_OK;
}

static void test_a_forked_child(void **state)
{
    scene_dispatch(*state, begin_forks);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_a_client_drops_it),
        scene_test(test_another_token_is_set),
        scene_test(test_the_slot_is_emptied),
        scene_test(test_another_impersonation_replaces_it),
        scene_test(test_a_revert_drops_it),
        scene_test(test_a_frame_ends),
        scene_test(test_a_thread_ends),
        scene_test(test_it_leaves_a_token),
        scene_test(test_it_drops_another),
        scene_test(test_it_ends_the_thread),
        scene_test(test_it_ends_the_thread_that_frees_a_call),
        scene_test(test_a_forked_child),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
