/* SPDX-License-Identifier: MIT */
/*
 * A signal handler forks at every instruction of impersonating, of impersonating again, of changing
 * from one client to another, of reverting, of a frame inside a client's or an own token's, and of
 * run_as, where the kernel enforces. In the child the thread is
 * self before fork returns (W-20). The handler returns there too, and what it interrupted goes on:
 * after it the thread is self, or exactly the client that its slot names; never something between, nor
 * a client that no slot names; nor the client that it was around a frame that had not begun its work. No
 * reference is given back twice, and nothing ends the child. The parent notices nothing.
 */
#define _GNU_SOURCE
#include "support/test.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_THREAD__) &&                   \
    !defined(__SANITIZE_ADDRESS__)

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "identity/token.h"
#include "support/kernel.h"
#include "support/stepping.h"
#include "thread/thread_state.h"

enum { ALICE = 50001, BOB = 50002 };
enum { BOBS_REFS = 2 }; /* while no slot holds any: the test's and the context's */

static const gid_t s_groups[] = {50901, 50902};
static struct who s_self, s_alice, s_bob;
static guise_call *s_alices, *s_bobs;
static guise_token *s_bobs_token;

struct walk {
    const char *name;
    guise_result (*before)(void);
    guise_result (*stepped)(void);
    const struct who *after; /* in the parent */
    bool has_frame;
    long forks, selves, clients;
};

static struct walk *s_walk; /* NULL: do not fork */
static bool s_is_child;
static bool s_was_changing; /* the parent's slot, when the child was forked */
static bool s_has_run;      /* what runs in the frame */
static bool s_had_run;      /* and had when this child was forked */

static void must_be(const struct who *expected, int line)
{
    struct who now;

    who_ask(&now);
    if (!who_same(&now, expected)) {
        (void)dprintf(STDERR_FILENO, "%s, fork %ld: ", s_walk->name, s_walk->forks);
        who_print("now", &now);
        child_failed("somebody else", __FILE__, line);
    }
}

#define MUST_BE_QUICKLY(expected) must_be((expected), __LINE__)

/* ---- stepping -------------------------------------------------------------------------------- */

enum { WAS_SELF = 0, WAS_CLIENT = 3 };

static void count_child(pid_t child)
{
    int status = -1;

    CHILD_CHECK(waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) ||
        (WEXITSTATUS(status) != WAS_SELF && WEXITSTATUS(status) != WAS_CLIENT)) {
        (void)dprintf(STDERR_FILENO, "%s: fork %ld: wait status 0x%X\n", s_walk->name,
                      s_walk->forks, (unsigned)status);
        child_failed("the child went wrong", __FILE__, __LINE__);
    }
    s_walk->forks++;
    s_walk->selves += WEXITSTATUS(status) == WAS_SELF;
    s_walk->clients += WEXITSTATUS(status) == WAS_CLIENT;
}

static void on_step(int number, siginfo_t *info, void *context)
{
    ucontext_t *stepped = context;
    pid_t child;

    (void)number;
    (void)info;
    if (s_walk == NULL) {
        return;
    }
    child = fork();
    CHILD_CHECK(child >= 0);
    if (child != 0) {
        count_child(child);
        return;
    }
    s_is_child = true;
    s_was_changing = tl_guise_thread.is_changing;
    s_had_run = s_has_run;
    stepped->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG; /* the rest at full speed */
    MUST_BE_QUICKLY(&s_self);                                  /* W-20 */
    CHILD_CHECK(guise_thread_token() == NULL && !guise_is_impersonating());
}

/* ---- what is stepped ------------------------------------------------------------------------- */

static guise_result impersonate_alice(void)
{
    return guise_call_impersonate(s_alices);
}

static guise_result impersonate_bob(void)
{
    return guise_call_impersonate(s_bobs);
}

static guise_result nothing(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    s_has_run = true;
    return GUISE_OK;
}

static guise_result have_a_frame(void)
{
    return guise_call_run(s_bobs, nothing, NULL);
}

static guise_result return_ok(void *arg)
{
    (void)arg;
    s_has_run = true;
    return GUISE_OK;
}

static guise_result run_as_bob(void)
{
    return guise_run_as(s_bobs_token, return_ok, NULL);
}

static guise_result set_bob(void)
{
    return guise_set_thread_token(s_bobs_token);
}

static struct walk s_walks[] = {
    {"impersonate", guise_revert_to_self, impersonate_alice, &s_alice, false, 0, 0, 0},
    {"impersonate again", impersonate_alice, impersonate_alice, &s_alice, false, 0, 0, 0},
    {"another client", impersonate_bob, impersonate_alice, &s_alice, false, 0, 0, 0},
    {"revert", impersonate_alice, guise_revert_to_self, &s_self, false, 0, 0, 0},
    {"a frame in a client's", impersonate_alice, have_a_frame, &s_alice, true, 0, 0, 0},
    {"a frame in an own token's", set_bob, have_a_frame, &s_bob, true, 0, 0, 0},
    {"run_as", impersonate_alice, run_as_bob, &s_alice, true, 0, 0, 0},
};

/* Self, or the client that the slot names. */
static bool is_client_in_child(void)
{
    const guise_token *token = guise_thread_token();
    struct who now;

    who_ask(&now);
    if (who_same(&now, &s_self)) {
        CHILD_CHECK(token == NULL);
        return false;
    }
    CHILD_CHECK(token != NULL && guise_token_uid(token) == s_walk->after->uid[EFFECTIVE]);
    MUST_BE_QUICKLY(s_walk->after);
    CHILD_OK(guise_thread_verify());
    return true;
}

/* It can be a client again, and itself again. */
static void must_still_work(void)
{
    CHILD_OK(impersonate_bob());
    MUST_BE_QUICKLY(&s_bob);
    CHILD_OK(impersonate_bob());
    CHILD_OK(guise_revert_to_self());
    MUST_BE_QUICKLY(&s_self);
}

static guise_result step_once(guise_call *call, void *arg)
{
    struct walk *walk = arg;
    guise_result result;

    (void)call;
    CHILD_OK(walk->before());
    s_has_run = false;
    start_stepping();
    result = walk->stepped();
    stop_stepping();
    if (s_is_child) {
        bool is_client = is_client_in_child();

        CHILD_CHECK(result == GUISE_OK || result == GUISE_E_ACCESS_DENIED);
        CHILD_CHECK(!is_client || result == GUISE_OK);
        /* It is not told that it is the client if it was made self in the middle of becoming one. */
        CHILD_CHECK(is_client || walk->has_frame || walk->after == &s_self || !s_was_changing ||
                    result == GUISE_E_ACCESS_DENIED);
        /* No frame that it was forked in makes it the client again. */
        CHILD_CHECK(!is_client || !walk->has_frame || s_had_run);
        CHILD_OK(guise_set_thread_token(NULL));
        MUST_BE_QUICKLY(&s_self);
        CHILD_CHECK(atomic_load(&s_bobs_token->refs) >= BOBS_REFS); /* none is given back twice */
        must_still_work();
        test_exit_child(is_client ? WAS_CLIENT : WAS_SELF);
    }
    CHILD_OK(result);
    MUST_BE(walk->after);
    return GUISE_OK;
}

static void take_walk(struct walk *walk)
{
    s_walk = NULL; /* first without, because the dynamic linker looks names up once */
    CHILD_OK(guise_call_run(s_alices, step_once, walk));
    MUST_BE(&s_self);
    s_walk = walk;
    CHILD_OK(guise_call_run(s_alices, step_once, walk));
    MUST_BE(&s_self);
    (void)printf("%s: forks %ld, children self %ld, client %ld\n", walk->name, walk->forks,
                 walk->selves, walk->clients);
    (void)fflush(stdout);
    CHILD_CHECK(walk->forks > 100 && walk->selves > 100);
    CHILD_CHECK((walk->clients > 0) == (walk->after != &s_self));
}

static void fork_at_every_instruction(void *arg)
{
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};

    (void)arg;
    test_watchdog(250);
    serve(2, s_groups, &s_self);
    s_alice = who_as(&s_self, ALICE, ALICE, 0, NULL);
    s_bob = who_as(&s_self, BOB, BOB, 0, NULL);
    s_alices = simple_call(ALICE, ALICE);
    s_bobs_token = client_token(BOB, BOB, 0, NULL, GUISE_LEVEL_IMPERSONATE);
    s_bobs = client_call(guise_token_ref(s_bobs_token));
    CHILD_CHECK(sigaction(SIGTRAP, &action, NULL) == 0);
    for (size_t i = 0; i < sizeof s_walks / sizeof s_walks[0]; i++) {
        take_walk(&s_walks[i]);
    }
    guise_call_unref(s_alices);
    guise_call_unref(s_bobs);
    guise_token_unref(s_bobs_token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {kernel_test(fork_at_every_instruction)};

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    test_skip_program("steps a thread as x86-64 does, and not below a sanitizer");
    return TEST_SKIPPED;
}

#endif
