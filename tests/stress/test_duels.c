/* SPDX-License-Identifier: MIT */
/*
 * Two threads at one call, one of them stopped before every instruction of what it does.
 *
 * A duel has two sides. The left one is stepped by the processor; before its k-th instruction it stands
 * still until the right one has done all that it does. k goes from the first instruction to past the
 * last, so the right side comes between any two steps of the left one: each compare-exchange of the
 * left side is lost at some k. Then the judge asks what must hold whichever came first; and both
 * outcomes must have been seen. (A step through the kernel for each instruction is slow: once LONG of
 * them in a row have had one outcome only each STRIDE-th is stopped at, fewer than there are between
 * what one step reads and what it writes.)
 *
 * The allocator is this program's own, because the left side may stand still inside libc's.
 */
#define _GNU_SOURCE
#include "support/scene.h"
#include "support/stepping.h"

#if STEPPING_WORKS

#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "call/call.h"
#include "call/call_state.h"
#include "port/port.h"
#include "thread/thread_state.h"

/* ---- the allocator: takes no lock, and knows what lives -------------------------------------- */

enum { BLOCKS = 64, BLOCK_SIZE = 4096 };

static _Alignas(max_align_t) char s_blocks[BLOCKS][BLOCK_SIZE];
static atomic_bool s_taken[BLOCKS];
static atomic_uint s_last; /* a hint */

void *guise__alloc_raw(size_t size)
{
    for (unsigned i = 0; i < BLOCKS && size <= BLOCK_SIZE; i++) {
        unsigned at = atomic_fetch_add(&s_last, 1) % BLOCKS;

        if (!atomic_exchange(&s_taken[at], true)) {
            return s_blocks[at];
        }
    }
    abort();
}

void guise__free(void *memory)
{
    if (memory != NULL) {
        size_t at = (size_t)((char *)memory - s_blocks[0]) / BLOCK_SIZE;

        if (!atomic_exchange(&s_taken[at], false)) {
            abort(); /* twice */
        }
    }
}

static int live(void)
{
    int count = 0;

    for (int i = 0; i < BLOCKS; i++) {
        count += atomic_load(&s_taken[i]);
    }
    return count;
}

/* ---- the arena ------------------------------------------------------------------------------- */

enum { UNHURT = -12345, STEPS_MAX = 20000, LONG = 64, STRIDE = 5 };

/* What both sides have and write. */
struct arena {
    guise_context *client;
    guise_call *call, *more; /* one reference; NULL: none, or given away */
    guise_signal *left_signal, *right_signal;
    guise_result left, right;           /* what they were answered */
    guise_result left_seen, right_seen; /* the call's result, right after that */
    bool left_won, right_was_last;
    int left_runs, right_runs, kept;
};

struct duel {
    const char *name;
    void (*prepare)(struct arena *a);
    void (*left)(struct arena *a);
    void (*right)(struct arena *a);
    bool (*is_fair)(struct arena *a); /* both have ended; drops what is left */
};

static struct arena s_arena;
static const struct duel *s_duel;
static atomic_long s_stop_at, s_steps;
static sem_t s_rights_turn, s_lefts_turn;
static bool s_over;        /* the right side ends; handed over by its turn */
static bool s_right_keeps; /* a block for its next call; the same */

/* From a signal handler too: a semaphore's post may be there, and nothing else waits for this one. */
static void let_right_act(void)
{
    (void)sem_post(&s_rights_turn);
    while (sem_wait(&s_lefts_turn) != 0) {
    }
}

/* Runs before each instruction. */
static void on_step(int number, siginfo_t *info, void *context)
{
    ucontext_t *stepped = context;

    (void)number;
    (void)info;
    if (atomic_fetch_add(&s_steps, 1) == atomic_load(&s_stop_at)) {
        let_right_act();
        stepped->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG; /* the rest at full speed */
    }
}

static void be_right(struct wt *w)
{
    bool over = false;

    (void)w;
    while (!over) {
        while (sem_wait(&s_rights_turn) != 0) {
        }
        over = s_over; /* not after the post: the left side may set it for the next turn then */
        if (!over) {
            s_duel->right(&s_arena);
        }
        s_right_keeps = !over && tl_guise_thread.spare != NULL;
        (void)sem_post(&s_lefts_turn);
    }
}

/* For the next calls of the two. */
static int blocks_kept(void)
{
    return (tl_guise_thread.spare != NULL) + s_right_keeps;
}

/* False once the left side has ended before its k-th instruction. */
static bool fight(struct scene *s, long k)
{
    int before;
    bool met;

    memset(&s_arena, 0, sizeof s_arena);
    s_arena.client = s->alice;
    before = live() - blocks_kept();
    s_arena.call = make_call(s->alice);
    s_arena.left_seen = s_arena.right_seen = UNHURT;
    if (s_duel->prepare != NULL) {
        s_duel->prepare(&s_arena);
    }
    atomic_store(&s_stop_at, k);
    atomic_store(&s_steps, 0);
    start_stepping();
    s_duel->left(&s_arena);
    stop_stepping();
    met = atomic_load(&s_steps) > k;
    if (!met) {
        let_right_act();
    }
    assert_true(s_duel->is_fair(&s_arena));
    guise_call_unref(s_arena.call);
    guise_call_unref(s_arena.more);
    assert_int_equal(live() - blocks_kept(), before);
    return met;
}

/* Every k. Each side must have come first at some. */
static void fight_at_every_instruction(struct scene *s, const struct duel *duel)
{
    struct sigaction action = {0}, before;
    long won = 0, lost = 0, alike = 0, k = 0;
    bool was_won = false;
    struct wt right;

    test_watchdog(280);
    s_duel = duel;
    action.sa_sigaction = on_step;
    action.sa_flags = SA_SIGINFO;
    assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
    s_over = false;
    wt_start(&right, be_right, NULL);
    (void)fight(s, STEPS_MAX); /* the dynamic linker looks names up once */
    while (fight(s, k)) {
        alike = s_arena.left_won == was_won ? alike + 1 : 0;
        was_won = s_arena.left_won;
        k += alike < LONG ? 1 : STRIDE;
        assert_true(k < STEPS_MAX);
        won += s_arena.left_won;
        lost += !s_arena.left_won;
    }
    s_over = true;
    let_right_act();
    wt_join(&right);
    assert_int_equal(sigaction(SIGTRAP, &before, NULL), 0);
    print_message("%s: %ld instructions; left was first at %ld, right at %ld\n", duel->name, k, won,
                  lost);
    assert_true(won > 0 && lost > 0);
}

/* ---- completing ------------------------------------------------------------------------------ */

static void count_left(guise_call *call, guise_result result, void *arg)
{
    struct arena *a = arg;

    (void)call;
    (void)result;
    a->left_runs++;
}

static void count_right(guise_call *call, guise_result result, void *arg)
{
    struct arena *a = arg;

    (void)call;
    (void)result;
    a->right_runs++;
}

static void register_left(struct arena *a)
{
    a->left = guise_call_on_complete(a->call, count_left, a);
}

static guise_result result_of(guise_call *call)
{
    guise_result result = UNHURT;

    return guise_call_result(call, &result) == GUISE_OK ? result : UNHURT;
}

static void complete_left(struct arena *a)
{
    a->left = guise_call_complete(a->call, -1);
    a->left_seen = result_of(a->call);
}

static void signal_left(struct arena *a)
{
    a->left = guise_call_signal(a->call);
    a->left_seen = result_of(a->call);
}

static void complete_right(struct arena *a)
{
    a->right = guise_call_complete(a->call, 77);
    a->right_seen = result_of(a->call);
}

/* Both are answered OK when they can see the result, which is the first one's, whole. */
static bool has_one_result(struct arena *a, guise_result left)
{
    a->left_won = a->left_seen == left;
    return a->left == GUISE_OK && a->right == GUISE_OK && a->left_seen == a->right_seen &&
           (a->left_seen == left || a->left_seen == 77) && result_of(a->call) == a->left_seen &&
           guise_call_wait(a->call, 0) == GUISE_OK;
}

static bool completes_once(struct arena *a)
{
    return has_one_result(a, -1);
}

static bool signals_once(struct arena *a)
{
    return has_one_result(a, GUISE_OK);
}

static bool replies_once(struct arena *a)
{
    return completes_once(a) && a->left_runs == 1;
}

/* A-18, L-5, X-15 */
static void test_two_complete(void **state)
{
    static const struct duel duels[] = {
        {"complete, complete", NULL, complete_left, complete_right, completes_once},
        {"signal, complete", NULL, signal_left, complete_right, signals_once},
        {"complete with a reply, complete", register_left, complete_left, complete_right,
         replies_once},
    };

    for (size_t i = 0; i < sizeof duels / sizeof *duels; i++) {
        fight_at_every_instruction(*state, &duels[i]);
    }
}

static guise_result finish(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return -1;
}

static void finish_left(struct arena *a)
{
    a->left = guise__call_signal_with(a->call, finish, NULL) ? GUISE_OK : GUISE_E_CALL_COMPLETE;
}

/* N-01: by Finish_ with its result, or without it. */
static bool finishes_once(struct arena *a)
{
    guise_result result = result_of(a->call);

    a->left_won = a->left == GUISE_OK;
    return a->right == GUISE_OK && guise_call_wait(a->call, 0) == GUISE_OK &&
           (a->left_won ? result == -1 : result == 77 && a->left == GUISE_E_CALL_COMPLETE);
}

static void test_finish_and_complete(void **state)
{
    static const struct duel duel = {"Finish_, complete", NULL, finish_left, complete_right,
                                     finishes_once};

    fight_at_every_instruction(*state, &duel);
}

/* ---- cancelling ------------------------------------------------------------------------------ */

static void cancel_left(struct arena *a)
{
    a->left = guise_call_cancel(a->call);
}

static void cancel_right(struct arena *a)
{
    a->right = guise_call_cancel(a->call);
}

static bool is_one_of_each(struct arena *a, guise_result refused)
{
    a->left_won = a->left == GUISE_OK;
    return a->left_won ? a->right == refused : a->left == refused && a->right == GUISE_OK;
}

static bool cancels_once(struct arena *a)
{
    return is_one_of_each(a, GUISE_E_CALL_CANCELED) && guise_call_is_canceled(a->call);
}

static bool cancels_or_is_late(struct arena *a)
{
    a->left_won = a->left == GUISE_OK;
    return a->right == GUISE_OK && result_of(a->call) == 77 &&
           (a->left_won || a->left == GUISE_E_CALL_COMPLETE) &&
           guise_call_is_canceled(a->call) == a->left_won;
}

static void test_cancel(void **state)
{
    static const struct duel both = {"cancel, cancel", NULL, cancel_left, cancel_right,
                                     cancels_once};
    static const struct duel late = {"cancel, complete", NULL, cancel_left, complete_right,
                                     cancels_or_is_late};

    fight_at_every_instruction(*state, &both);
    fight_at_every_instruction(*state, &late);
}

/* ---- registering a completion function ------------------------------------------------------- */

static void register_and_signal_right(struct arena *a)
{
    a->right = guise_call_on_complete(a->call, count_right, a);
    a->right_seen = guise_call_signal(a->call);
}

/* The right side registers before it signals, so the completion function runs in every case. */
static bool one_replies(struct arena *a)
{
    a->left_won = a->left == GUISE_OK;
    if (a->right_seen != GUISE_OK || a->left_runs != a->left_won ||
        a->right_runs != (a->right == GUISE_OK) || a->left_runs + a->right_runs != 1) {
        return false;
    }
    return a->left_won ? a->right == GUISE_E_UNEXPECTED : a->left == GUISE_E_CALL_COMPLETE;
}

static void register_right(struct arena *a)
{
    a->right = guise_call_on_complete(a->call, count_right, a);
}

static bool one_is_registered(struct arena *a)
{
    return is_one_of_each(a, GUISE_E_UNEXPECTED) && guise_call_signal(a->call) == GUISE_OK &&
           a->left_runs == a->left_won && a->right_runs == !a->left_won;
}

static bool is_registered_or_late(struct arena *a)
{
    a->left_won = a->left == GUISE_OK;
    return a->right == GUISE_OK && a->left_runs == a->left_won &&
           (a->left_won || a->left == GUISE_E_CALL_COMPLETE);
}

/* A third registration has begun, and stands still for ever. */
static void begin_a_registration(struct arena *a)
{
    (void)atomic_fetch_or(&a->call->state, GUISE__CALL_CLAIMED);
}

/* */
static void test_register(void **state)
{
    static const struct duel duels[] = {
        {"register, register", NULL, register_left, register_right, one_is_registered},
        {"register, complete", NULL, register_left, complete_right, is_registered_or_late},
        {"register, register and signal", NULL, register_left, register_and_signal_right,
         one_replies},
        {"register beside, register", begin_a_registration, register_left, register_right,
         one_is_registered},
        {"register beside, complete", begin_a_registration, register_left, complete_right,
         is_registered_or_late},
        {"register beside, register and signal", begin_a_registration, register_left,
         register_and_signal_right, one_replies},
    };

    for (size_t i = 0; i < sizeof duels / sizeof *duels; i++) {
        fight_at_every_instruction(*state, &duels[i]);
    }
}

/* ---- dispatching ----------------------------------------------------------------------------- */

static guise_result begin_left(guise_call *call, void *arg)
{
    struct arena *a = arg;

    (void)call;
    a->left_runs++;
    return 1;
}

static guise_result begin_right(guise_call *call, void *arg)
{
    struct arena *a = arg;

    (void)call;
    a->right_runs++;
    return 1;
}

static void dispatch_left(struct arena *a)
{
    a->left = guise_call_dispatch(a->call, begin_left, a);
}

static void dispatch_right(struct arena *a)
{
    a->right = guise_call_dispatch(a->call, begin_right, a);
}

static bool dispatches_once(struct arena *a)
{
    a->left_won = a->left == 1;
    return a->left_runs == a->left_won && a->right_runs == !a->left_won &&
           (a->left_won ? a->right : a->left) == GUISE_E_CALL_PENDING &&
           (a->left_won ? a->left : a->right) == 1;
}

static bool dispatches_or_is_late(struct arena *a)
{
    a->left_won = a->left == 1;
    return a->right == GUISE_OK && a->left_runs == a->left_won &&
           (a->left_won || a->left == GUISE_E_CALL_COMPLETE);
}

/* */
static void test_dispatch(void **state)
{
    static const struct duel both = {"dispatch, dispatch", NULL, dispatch_left, dispatch_right,
                                     dispatches_once};
    static const struct duel late = {"dispatch, complete", NULL, dispatch_left, complete_right,
                                     dispatches_or_is_late};

    fight_at_every_instruction(*state, &both);
    fight_at_every_instruction(*state, &late);
}

/* ---- the completion signal ------------------------------------------------------------------- */

static void ask_left(struct arena *a)
{
    a->left = guise_call_completion(a->call, &a->left_signal);
    a->left_won = !guise__call_is_completed(a->call);
}

static void ask_right(struct arena *a)
{
    a->right = guise_call_completion(a->call, &a->right_signal);
    a->right_was_last = a->left_signal != NULL;
}

static bool asks_for_the_same(struct arena *a)
{
    a->left_won = a->right_was_last;
    return a->left == GUISE_OK && a->right == GUISE_OK && a->left_signal == a->right_signal &&
           guise_signal_wait(a->left_signal, 0) == GUISE_E_CALL_PENDING;
}

/* Set by the completer, or by the thread that asks. */
static bool is_told(struct arena *a)
{
    return a->left == GUISE_OK && a->right == GUISE_OK &&
           guise_signal_wait(a->left_signal, 0) == GUISE_OK;
}

static void test_ask_for_the_signal(void **state)
{
    static const struct duel both = {"completion, completion", NULL, ask_left, ask_right,
                                     asks_for_the_same};
    static const struct duel late = {"completion, complete", NULL, ask_left, complete_right,
                                     is_told};

    fight_at_every_instruction(*state, &both);
    fight_at_every_instruction(*state, &late);
}

/* ---- the last reference ---------------------------------------------------------------------- */

static void take_one_more(struct arena *a)
{
    a->more = guise_call_ref(a->call);
    (void)!guise_call_on_complete(a->call, count_left, a);
}

static void unref_left(struct arena *a)
{
    guise_call *call = a->call;

    a->call = NULL;
    guise_call_unref(call);
    a->left_won = a->more != NULL; /* the right side has its own still */
}

static void unref_right(struct arena *a)
{
    guise_call *more = a->more;

    a->more = NULL;
    guise_call_unref(more);
    a->right_was_last = a->left_runs != 0;
}

/* completed once, by the last of the two, and gone. */
static bool goes_once(struct arena *a)
{
    return a->left_runs == 1 && a->call == NULL && a->more == NULL && context_refs(a->client) == 2;
}

/* The completion function keeps the call, for the right side to drop. */
static void keep(guise_call *call, guise_result result, void *arg)
{
    struct arena *a = arg;

    (void)result;
    a->more = guise_call_ref(call);
    a->kept = 1;
}

static void have_a_signal_and_a_keeper(struct arena *a)
{
    (void)!guise_call_completion(a->call, &a->left_signal);
    a->left_signal = guise_signal_ref(a->left_signal);
    (void)!guise_call_on_complete(a->call, keep, a);
}

static bool goes_after_it_is_told(struct arena *a)
{
    bool told = guise_signal_wait(a->left_signal, 0) == GUISE_OK;

    a->left_won = a->more != NULL;
    guise_call_unref(a->more);
    a->more = NULL;
    guise_signal_unref(a->left_signal);
    return told && a->kept == 1 && context_refs(a->client) == 2;
}

static void test_unref(void **state)
{
    static const struct duel both = {"unref, unref", take_one_more, unref_left, unref_right,
                                     goes_once};
    static const struct duel kept = {"unref of one that is kept, unref", have_a_signal_and_a_keeper,
                                     unref_left, unref_right, goes_after_it_is_told};

    fight_at_every_instruction(*state, &both);
    fight_at_every_instruction(*state, &kept);
}

/* ---- a context's shares ---------------------------------------------------------------------- */

static struct scene *s_scene;

static void have_a_context_of_ones_own(struct arena *a)
{
    guise_call_unref(a->call);
    a->client = make_context(s_scene->alice_token, GUISE_AUTHN_LEVEL_CONNECT);
    a->call = make_call(a->client);
}

static void have_shares(struct arena *a)
{
    have_a_context_of_ones_own(a);
    guise_call_unref(a->call);
    guise__context_make_shards(a->client);
    a->call = make_call(a->client);
}

static void share_left(struct arena *a)
{
    guise__context_make_shards(a->client);
    a->left_won = !a->right_was_last;
}

static void share_right(struct arena *a)
{
    guise__context_make_shards(a->client);
    a->right_was_last = a->kept == 0;
    a->kept = 1;
}

/* Two make them, and one pair is used; the rest is live's to say. */
static bool has_shares(struct arena *a)
{
    bool has = atomic_load(&a->client->shards) != NULL;

    guise_context_unref(a->client);
    return has;
}

static void create_left(struct arena *a)
{
    guise_call *call = NULL;

    a->left = guise_call_create(a->client, &call);
    a->left_won = a->more == NULL;
    guise_call_unref(call);
}

static void create_right(struct arena *a)
{
    a->right = guise_call_create(a->client, &a->more);
}

static bool keeps_the_context(struct arena *a)
{
    guise_context_unref(a->client);
    return a->left == GUISE_OK && a->right == GUISE_OK && a->call->shard != 0 &&
           a->more->shard == a->call->shard && token_refs(s_scene->alice_token) == 3;
}

static void close_left(struct arena *a)
{
    guise_context_unref(a->client);
    a->left_won = a->call != NULL;
}

static void drop_right(struct arena *a)
{
    guise_call *call = a->call;

    a->call = NULL;
    guise_call_unref(call);
}

static bool has_gone(struct arena *a)
{
    (void)a;
    return token_refs(s_scene->alice_token) == SCENE_TOKEN_REFS;
}

static void drop_left(struct arena *a)
{
    drop_right(a);
    a->left_won = a->kept == 0;
}

static void close_right(struct arena *a)
{
    guise_context_unref(a->client);
    a->kept = 1;
}

/* Calls that are made on one processor share a count. */
static void stay_here(void)
{
    cpu_set_t here;
    int cpu = sched_getcpu();

    CPU_ZERO(&here);
    CPU_SET(cpu < 0 ? 0u : (unsigned)cpu, &here);
    (void)sched_setaffinity(0, sizeof here, &here);
}

/* V-45 */
static void test_shares(void **state)
{
    static const struct duel duels[] = {
        {"make shares, make shares", have_a_context_of_ones_own, share_left, share_right,
         has_shares},
        {"create with shares, create", have_shares, create_left, create_right, keeps_the_context},
        {"unref of a context, of its call", have_shares, close_left, drop_right, has_gone},
        {"unref of a call, of its context", have_shares, drop_left, close_right, has_gone},
    };

    s_scene = *state;
    stay_here();
    for (size_t i = 0; i < sizeof duels / sizeof *duels; i++) {
        fight_at_every_instruction(*state, &duels[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(test_two_complete),
        scene_test(test_finish_and_complete),
        scene_test(test_cancel),
        scene_test(test_register),
        scene_test(test_dispatch),
        scene_test(test_unref),
        scene_test(test_ask_for_the_signal),
        scene_test(test_shares),
    };

    if (sem_init(&s_rights_turn, 0, 0) != 0 || sem_init(&s_lefts_turn, 0, 0) != 0) {
        return 1;
    }
    if (guise_use_provider(guise_provider_emulated()) != GUISE_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("duels", tests, NULL, NULL);
}

#else

int main(void)
{
    test_skip_program("steps a thread as x86-64 does, and not below the thread sanitizer");
    return TEST_SKIPPED;
}

#endif
