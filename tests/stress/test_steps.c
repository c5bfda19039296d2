/* SPDX-License-Identifier: MIT */
/*
 * Signal at every instruction of guise_impersonate_client, and a wait at every one of
 * guise_call_signal.
 *
 * The first: the thread that impersonates is stepped
 * by the processor; before its k-th instruction it stands still until another thread has signalled
 * the call. k goes from the first instruction to past the last, so no interleaving of the two is
 * left out, whichever way through the function the compiler and the provider chose.
 *
 * What must hold at each k (N-01, N-04, L-1, L-3): success only if the token was in the slot already
 * when the call was signalled; after a refusal the slot is empty. And the walk must have come past
 * the places that matter: refused while the slot was still empty, refused after the token was in it
 * (applied, then undone), and granted.
 *
 * The second: a thread in no frame is the client. Before the k-th instruction it looks whether the
 * call is announced, and if so takes the token off. Whenever that is, it has been counted (S-20).
 *
 * The third: a signal handler runs a frame before the k-th instruction of another frame, which knows
 * nothing of it afterwards.
 */
#define _GNU_SOURCE
#include "support/scene.h"

#include <signal.h>
#include <string.h>

#include "support/stepping.h"

#if STEPPING_WORKS

#include <sched.h>
#include <ucontext.h>

enum { MANY = 200000 };

static atomic_long s_stop_at;     /* the instruction to stand still before */
static atomic_long s_steps;       /* instructions so far; written by the one that is stepped */
static atomic_bool s_stopped;     /* the other thread's turn */
static atomic_bool s_signalled;   /* and back */
static const guise_token *s_slot; /* what was in the slot then */
static guise_result s_result;     /* what the function said */

/* ---- stepping -------------------------------------------------------------------------------- */

/* Runs before each instruction. Nothing in here but atomics, a look at the slot, and sched_yield. */
static void on_step(int number, siginfo_t *info, void *context)
{
    ucontext_t *stepped = context;
    long step = atomic_fetch_add(&s_steps, 1);

    (void)number;
    (void)info;
    if (step != atomic_load(&s_stop_at)) {
        return;
    }
    s_slot = guise_thread_token();
    atomic_store(&s_stopped, true);
    while (!atomic_load(&s_signalled)) {
        (void)sched_yield();
    }
    stepped->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG; /* the rest at full speed */
}

static guise_result impersonate_stepped(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_result result;

    (void)call;
    start_stepping();
    result = guise_impersonate_client();
    stop_stepping();
    s_result = result;
    if (result == GUISE_OK) {
        CHECK(s, is_client(s->alice));
    } else {
        CHECK(s, is_self());
    }
    return GUISE_OK;
}

static void signal_when_stopped(struct wt *w)
{
    guise_call *call = w->arg;

    while (!atomic_load(&s_stopped)) {
        (void)sched_yield();
    }
    WT_CHECK_RESULT(w, guise_call_signal(call), GUISE_OK);
    atomic_store(&s_signalled, true);
}

/* ---- the walk -------------------------------------------------------------------------------- */

struct seen {
    long refused_empty, refused_undone, granted;
};

/* False once the function has ended before the k-th instruction of the walk. */
static bool signal_at(struct scene *s, long k, struct seen *seen)
{
    guise_call *call = make_call(s->alice);
    struct wt signaller;

    atomic_store(&s_stop_at, k);
    atomic_store(&s_steps, 0);
    atomic_store(&s_stopped, false);
    atomic_store(&s_signalled, false);
    wt_start(&signaller, signal_when_stopped, call);
    assert_ok(guise_call_run(call, impersonate_stepped, s));
    if (!atomic_load(&s_stopped)) {
        atomic_store(&s_stopped, true); /* over: the other thread is only released */
        wt_join(&signaller);
        guise_call_unref(call);
        return false;
    }
    wt_join(&signaller);
    scene_verify(s);
    if (s_result == GUISE_OK) {
        assert_ptr_equal(s_slot, s->alice_token);
        seen->granted++;
    } else {
        assert_result(s_result, GUISE_E_CALL_COMPLETE);
        seen->refused_empty += s_slot == NULL;
        seen->refused_undone += s_slot == s->alice_token;
    }
    assert_true(is_self());
    guise_call_unref(call);
    return true;
}

static void signal_at_every_instruction(void **state)
{
    struct scene *s = *state;
    struct sigaction action = {0}, before;
    struct seen seen = {0};
    long k = 0;

    test_watchdog(240);
    action.sa_sigaction = on_step;
    action.sa_flags = SA_SIGINFO;
    assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
    (void)signal_at(s, MANY, &seen); /* the dynamic linker looks names up once */
    while (signal_at(s, k, &seen)) {
        k++;
    }
    assert_int_equal(sigaction(SIGTRAP, &before, NULL), 0);
    print_message("%ld instructions: refused with nothing on %ld, undone %ld, granted %ld\n", k,
                  seen.refused_empty, seen.refused_undone, seen.granted);
    assert_true(seen.refused_empty > 0);
    assert_true(seen.refused_undone > 0);
    assert_true(seen.granted > 0);
}

/* ---- told, after having been counted --------------------------------------------------------- */

static atomic_bool s_foreign; /* the other thread is the client */
static bool s_told;           /* it was told before the signalling function returned */

static uint64_t counted(void)
{
    guise_counters counters = {.size = sizeof counters};

    return guise_counters_get(&counters) == GUISE_OK ? counters.foreign_at_completion : 0;
}

static void be_client_until_told(struct wt *w)
{
    guise_call *call = w->arg;

    WT_CHECK_RESULT(w, guise_call_impersonate(call), GUISE_OK);
    atomic_store(&s_foreign, true);
    while (!atomic_load(&s_stopped)) {
        (void)sched_yield();
    }
    s_told = guise_call_wait(call, 0) == GUISE_OK;
    if (s_told) {
        WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
    }
    atomic_store(&s_signalled, true);
    WT_CHECK_RESULT(w, guise_call_wait(call, GUISE_INFINITE), GUISE_OK);
    WT_CHECK_RESULT(w, guise_revert_to_self(), GUISE_OK);
}

/* False once the function has ended before the k-th instruction of the walk. */
static bool look_at(struct scene *s, long k)
{
    guise_call *call = make_call(s->alice);
    uint64_t before = counted();
    struct wt other;
    bool stopped;

    atomic_store(&s_stop_at, k);
    atomic_store(&s_steps, 0);
    atomic_store(&s_stopped, false);
    atomic_store(&s_signalled, false);
    atomic_store(&s_foreign, false);
    wt_start(&other, be_client_until_told, call);
    while (!atomic_load(&s_foreign)) {
        (void)sched_yield();
    }
    start_stepping();
    (void)!guise_call_signal(call);
    stop_stepping();
    stopped = atomic_load(&s_stopped);
    atomic_store(&s_stopped, true);
    wt_join(&other);
    assert_int_equal(counted() - before, 1);
    guise_call_unref(call);
    return stopped;
}

static void be_told_at_every_instruction(void **state)
{
    struct sigaction action = {0}, before;
    long told = 0, k = 0;

    test_watchdog(240);
    action.sa_sigaction = on_step;
    action.sa_flags = SA_SIGINFO;
    assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
    (void)look_at(*state, MANY); /* the dynamic linker looks names up once */
    while (look_at(*state, k)) {
        told += s_told;
        k++;
    }
    assert_int_equal(sigaction(SIGTRAP, &before, NULL), 0);
    print_message("%ld instructions: told before the end at %ld\n", k, told);
    assert_true(told > 0 && told < k);
}

/* ---- a frame in a signal handler ------------------------------------------------------------- */

static struct scene *s_handled;
static bool s_was_client; /* the handler's frame has been */

static guise_result be_client(guise_call *call, void *arg)
{
    (void)arg;
    s_was_client = guise_current_call() == call && guise_call_impersonate(call) == GUISE_OK &&
                   is_client(s_handled->bob);
    return GUISE_OK;
}

static void run_a_frame(int number, siginfo_t *info, void *context)
{
    ucontext_t *stepped = context;

    (void)number;
    (void)info;
    if (atomic_fetch_add(&s_steps, 1) != atomic_load(&s_stop_at)) {
        return;
    }
    if (guise_call_run(s_handled->other, be_client, NULL) == GUISE_OK) {
        atomic_store(&s_stopped, s_was_client);
    }
    stepped->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG; /* the rest at full speed */
}

static guise_result look_around(guise_call *call, void *arg)
{
    CHECK((struct scene *)arg, is_self() && guise_current_call() == call);
    return GUISE_OK;
}

/* False once the function has ended before the k-th instruction of the walk. */
static bool handle_at(struct scene *s, long k)
{
    guise_result result;
    long steps;

    atomic_store(&s_stop_at, k);
    atomic_store(&s_steps, 0);
    atomic_store(&s_stopped, false);
    start_stepping();
    result = guise_call_run(s->call, look_around, s);
    stop_stepping();
    steps = atomic_load(&s_steps);
    scene_verify(s);
    assert_ok(result);
    assert_true(scene_is_faked ? is_self() : is_only_set(s->own_token));
    assert_null(guise_current_call());
    assert_int_equal(atomic_load(&s_stopped), steps > k);
    return steps > k;
}

static void a_frame_in_a_handler_at_every_instruction(void **state)
{
    struct sigaction action = {.sa_sigaction = run_a_frame, .sa_flags = SA_SIGINFO}, before;
    long k = 0;

    test_watchdog(240);
    s_handled = *state;
    if (!scene_is_faked) { /* which refuses frames between the system and the books */
        assert_ok(guise_set_thread_token(s_handled->own_token));
    }
    assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
    (void)handle_at(*state, MANY); /* the dynamic linker looks names up once */
    while (handle_at(*state, k)) {
        k++;
    }
    assert_int_equal(sigaction(SIGTRAP, &before, NULL), 0);
    assert_ok(guise_set_thread_token(NULL));
    print_message("%ld instructions\n", k);
    assert_true(k > 100);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {scene_test(signal_at_every_instruction),
                                       scene_test(be_told_at_every_instruction),
                                       scene_test(a_frame_in_a_handler_at_every_instruction)};

    return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}

#else

int main(void)
{
    test_skip_program("steps a thread as x86-64 does, and not below the thread sanitizer");
    return TEST_SKIPPED;
}

#endif
