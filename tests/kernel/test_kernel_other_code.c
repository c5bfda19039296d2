/* SPDX-License-Identifier: MIT */
/*
 * A server whose other code changes identities too: by hand, as it did before it had the library, for
 * the whole process by libc's seteuid or for one thread by a raw system call. The library refuses to
 * serve on such a thread, and it never takes away what that code did: not by a frame, a reply, an
 * unref, a fork or a completion (I-03, I-04). What other code does to a thread that is a client is
 * noticed at the next step (L-7).
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/kernel.h"

enum { ALICE = 50001, BOB = 50002, SERVICE = 50990 };

static const gid_t s_groups[] = {50901, 50902};
static struct who s_self;

static guise_call *alice(void)
{
    return simple_call(ALICE, ALICE);
}

static uint64_t born_as_client(void)
{
    guise_counters now = {.size = sizeof now};

    CHILD_OK(guise_counters_get(&now));
    return now.born_as_client;
}

static guise_result is_self(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    MUST_BE(&s_self);
    return GUISE_OK;
}

static guise_result must_not_run(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    child_failed("must not run", __FILE__, __LINE__);
}

static guise_result must_not_run_as(void *arg)
{
    return must_not_run(NULL, arg);
}

/* ---- ways to get another identity ------------------------------------------------------------ */

/* The classic: a daemon that lives as its user and is root only where it says so. */
static bool by_libc(void)
{
    return seteuid(SERVICE) == 0;
}

static bool back_by_libc(void)
{
    return seteuid(0) == 0;
}

static bool by_libc_with_gid(void)
{
    return setegid(SERVICE) == 0 && seteuid(SERVICE) == 0;
}

static bool back_by_libc_with_gid(void)
{
    return seteuid(0) == 0 && setegid(0) == 0;
}

/* The switch that a server had before this library. */
static bool by_hand(void)
{
    gid_t group = ALICE;

    return raw_setgroups(1, &group) && raw_setresgid((gid_t)-1, ALICE, (gid_t)-1) &&
           raw_setresuid((uid_t)-1, ALICE, (uid_t)-1);
}

static bool back_by_hand(void)
{
    return raw_setresuid((uid_t)-1, 0, (uid_t)-1) && raw_setresgid((gid_t)-1, 0, (gid_t)-1) &&
           raw_setgroups(2, s_groups);
}

static bool by_file_id(void)
{
    return setfsuid(SERVICE) == 0 && setfsuid((uid_t)-1) == SERVICE;
}

static bool back_by_file_id(void)
{
    return setfsuid(0) == SERVICE;
}

static const struct way {
    const char *name;
    bool (*change)(void);
    bool (*back)(void);
    bool first_use; /* the thread has had no frame before */
} s_ways[] = {
    {"seteuid", by_libc, back_by_libc, true},
    {"seteuid after a frame", by_libc, back_by_libc, false},
    {"setegid and seteuid", by_libc_with_gid, back_by_libc_with_gid, true},
    {"setegid and seteuid after a frame", by_libc_with_gid, back_by_libc_with_gid, false},
    {"by hand", by_hand, back_by_hand, true},
    {"by hand after a frame", by_hand, back_by_hand, false},
    {"setfsuid", by_file_id, back_by_file_id, true},
    {"setfsuid after a frame", by_file_id, back_by_file_id, false},
};

/* ---- refused or untouched -------------------------------------------------------------------- */

/* Filled in by the test; the reply must find the thread like that. */
static struct who s_changed;
static unsigned s_replies;

static void reply(guise_call *call, guise_result result, void *arg)
{
    (void)call;
    CHILD_CHECK_RESULT(result, *(const guise_result *)arg);
    MUST_BE(&s_changed);
    s_replies++;
}

/* A thread that may have been a client must not go on as that client after the first refusal
 * either; twice. */
static void must_be_refused(guise_call *call)
{
    guise_token *token = client_token(BOB, BOB, 0, NULL, GUISE_LEVEL_IMPERSONATE);

    for (int i = 0; i < 2; i++) {
        CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_ACCESS_DENIED);
        CHILD_CHECK_RESULT(guise_set_thread_token(token), GUISE_E_ACCESS_DENIED);
        CHILD_CHECK_RESULT(guise_run_as(token, must_not_run_as, NULL), GUISE_E_ACCESS_DENIED);
        CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
        CHILD_CHECK(guise_thread_token() == NULL && !guise_is_impersonating());
        MUST_BE(&s_changed);
    }
    guise_token_unref(token);
}

/* A frame without an impersonation: refused on a thread's first use, else run as it is. */
static guise_result runs_as_changed(guise_call *call, void *arg)
{
    const struct way *way = arg;

    CHILD_CHECK(!way->first_use);
    MUST_BE(&s_changed);
    CHILD_CHECK_RESULT(guise_impersonate_client(), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_ACCESS_DENIED);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_changed);
    return GUISE_OK;
}

static void frame_and_its_end(const struct way *way)
{
    guise_call *call = alice();

    CHILD_CHECK_RESULT(guise_call_dispatch(call, runs_as_changed, (void *)(uintptr_t)way),
                       way->first_use ? GUISE_E_ACCESS_DENIED : GUISE_OK);
    MUST_BE(&s_changed);
    CHILD_CHECK_RESULT(guise_call_run(call, runs_as_changed, (void *)(uintptr_t)way),
                       way->first_use ? GUISE_E_ACCESS_DENIED : GUISE_OK);
    MUST_BE(&s_changed);
    must_be_refused(call);
    guise_call_unref(call);
    MUST_BE(&s_changed);
}

static guise_call *call_with_reply(guise_result *expected)
{
    guise_call *call = alice();

    CHILD_OK(guise_call_on_complete(call, reply, expected));
    return call;
}

/* Signal, complete, the last reference of an open call, and with nothing to run. */
static void completions(void)
{
    guise_result ok = GUISE_OK, gone = GUISE_E_DISCONNECTED, timeout = GUISE_E_TIMEOUT;
    guise_call *signalled = call_with_reply(&ok), *completed = call_with_reply(&timeout);

    s_replies = 0;
    CHILD_OK(guise_call_signal(signalled));
    MUST_BE(&s_changed);
    CHILD_OK(guise_call_complete(completed, timeout));
    MUST_BE(&s_changed);
    guise_call_unref(call_with_reply(&gone));
    MUST_BE(&s_changed);
    guise_call_unref(alice());
    CHILD_CHECK(s_replies == 3);
    guise_call_unref(signalled);
    guise_call_unref(completed);
    MUST_BE(&s_changed);
}

static void fork_now(void)
{
    int status = -1;
    pid_t pid = fork();

    CHILD_CHECK(pid >= 0);
    if (pid == 0) {
        MUST_BE(&s_changed);
        test_exit_child(0);
    }
    CHILD_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    MUST_BE(&s_changed);
}

static void serve_alice(void)
{
    struct who expected = who_as(&s_self, ALICE, ALICE, 0, NULL);
    guise_call *call = alice();

    CHILD_OK(guise_call_run(call, is_self, NULL));
    CHILD_OK(guise_call_impersonate(call));
    MUST_BE(&expected);
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    guise_call_unref(call);
}

/* I-03, I-04 */
static void other_code_is_left_alone(void *arg)
{
    const struct way *way = arg;

    serve(2, s_groups, &s_self);
    if (!way->first_use) {
        serve_alice();
    }
    CHILD_CHECK(way->change());
    who_am_i(&s_changed);
    CHILD_CHECK(!who_same(&s_changed, &s_self));
    completions();
    fork_now();
    frame_and_its_end(way);
    completions();
    fork_now();
    CHILD_CHECK(born_as_client() > 0);
    CHILD_CHECK(way->back());
    MUST_BE(&s_self);
    CHILD_OK(guise_thread_verify());
    serve_alice();
    /* Or the program says that the thread is the server's. */
    CHILD_CHECK(way->change());
    CHILD_OK(guise_thread_become_self());
    MUST_BE(&s_self);
    serve_alice();
}

static void servers_that_switch_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_ways / sizeof s_ways[0]; i++) {
        print_message("%s\n", s_ways[i].name);
        assert_child_passes(other_code_is_left_alone, (void *)(uintptr_t)&s_ways[i]);
    }
}

/* ---- libc's set*id in another thread while this one is a client ------------------------------ */

static void *set_euid(void *arg)
{
    (void)arg;
    CHILD_CHECK(seteuid(0) == 0); /* nothing to do, for the thread that calls it */
    return NULL;
}

static void *set_egid(void *arg)
{
    (void)arg;
    CHILD_CHECK(setegid(0) == 0);
    return NULL;
}

static void *set_both(void *arg)
{
    (void)arg;
    CHILD_CHECK(setresuid(0, 0, 0) == 0 && setresgid(0, 0, 0) == 0);
    return NULL;
}

static void *set_saved(void *arg)
{
    (void)arg;
    CHILD_CHECK(setresuid((uid_t)-1, (uid_t)-1, 0) == 0 && setregid(0, 0) == 0);
    return NULL;
}

/* Changes this thread alone, and then forgets to change it back. */
static void *set_file_uid(void *arg)
{
    (void)arg;
    (void)setfsuid(getuid());
    return NULL;
}

static void *set_file_gid(void *arg)
{
    (void)arg;
    (void)setfsgid(getgid());
    return NULL;
}

static const struct meddling {
    const char *name;
    void *(*fn)(void *);
    bool in_this_thread;
} s_meddlings[] = {
    {"seteuid", set_euid, false},
    {"setegid", set_egid, false},
    {"setresuid and setresgid", set_both, false},
    {"setresuid of the saved id and setregid", set_saved, false},
    {"setfsuid", set_file_uid, true},
    {"setfsgid", set_file_gid, true},
};

struct stranger {
    const struct meddling *meddling;
    pthread_barrier_t *turn;
};

/* Born before its creator is a client, as in any server. */
static void *meddle(void *arg)
{
    struct stranger *stranger = arg;

    (void)pthread_barrier_wait(stranger->turn);
    (void)stranger->meddling->fn(NULL);
    (void)pthread_barrier_wait(stranger->turn);
    return NULL;
}

static void let_meddle(struct stranger *stranger)
{
    if (stranger->meddling->in_this_thread) {
        (void)stranger->meddling->fn(NULL);
    }
    if (!stranger->meddling->in_this_thread) {
        (void)pthread_barrier_wait(stranger->turn);
        (void)pthread_barrier_wait(stranger->turn);
    }
    CHILD_CHECK_RESULT(guise_thread_verify(), GUISE_E_UNEXPECTED);
    (void)dprintf(STDERR_FILENO, "changed. ");
}

static guise_result end_the_frame(guise_call *call, void *arg)
{
    (void)call;
    CHILD_OK(guise_impersonate_client());
    let_meddle(arg);
    return GUISE_OK;
}

static guise_result revert_now(guise_call *call, void *arg)
{
    (void)end_the_frame(call, arg);
    (void)!guise_revert_to_self();
    child_failed("reverted without a word", __FILE__, __LINE__);
}

static guise_result impersonate_again(guise_call *call, void *arg)
{
    (void)end_the_frame(call, arg);
    (void)!guise_impersonate_client();
    child_failed("impersonated again without a word", __FILE__, __LINE__);
}

static guise_result be_another_client(guise_call *call, void *arg)
{
    guise_call *other = simple_call(BOB, BOB);

    (void)end_the_frame(call, arg);
    (void)!guise_call_impersonate(other);
    child_failed("another client without a word", __FILE__, __LINE__);
}

static guise_result signal_with_a_reply(guise_call *call, void *arg)
{
    guise_result ok = GUISE_OK;

    CHILD_OK(guise_call_on_complete(call, reply, &ok));
    (void)end_the_frame(call, arg);
    CHILD_OK(guise_call_signal(call));
    child_failed("replied without a word", __FILE__, __LINE__);
}

static guise_result have_another_frame(guise_call *call, void *arg)
{
    (void)end_the_frame(call, arg);
    (void)!guise_call_run(call, must_not_run, NULL);
    child_failed("another frame without a word", __FILE__, __LINE__);
}

static guise_begin_fn *const s_next_steps[] = {end_the_frame,     revert_now,
                                               impersonate_again, be_another_client,
                                               signal_with_a_reply, have_another_frame};
enum { NEXT_STEPS = sizeof s_next_steps / sizeof s_next_steps[0] };

struct scene {
    const struct meddling *meddling;
    guise_begin_fn *next_step;
};

static void change_a_client(void *arg)
{
    const struct scene *scene = arg;
    pthread_barrier_t turn;
    struct stranger stranger = {.meddling = scene->meddling, .turn = &turn};
    pthread_t thread;

    serve(2, s_groups, &s_self);
    CHILD_CHECK(pthread_barrier_init(&turn, NULL, 2) == 0);
    CHILD_CHECK(pthread_create(&thread, NULL, meddle, &stranger) == 0);
    CHILD_CHECK(pthread_detach(thread) == 0); /* the process ends without it */
    (void)!guise_call_dispatch(alice(), scene->next_step, &stranger);
}

/* Any next step ends the process (L-7, I-05). */
static void changes_to_a_client_are_noticed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_meddlings / sizeof s_meddlings[0]; i++) {
        print_message("%s\n", s_meddlings[i].name);
        for (size_t step = 0; step < NEXT_STEPS; step++) {
            struct scene scene = {&s_meddlings[i], s_next_steps[step]};

            assert_child_dies(change_a_client, &scene,
                              "changed. guise: fatal: a thread's identity was changed behind our back");
        }
    }
}

static guise_result fork_as_changed(guise_call *call, void *arg)
{
    int status = -1;
    pid_t pid;

    (void)end_the_frame(call, arg);
    pid = fork();
    if (pid == 0) {
        _exit(0); /* never */
    }
    CHILD_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHILD_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    test_exit_child(0);
}

static void fork_in_a_changed_client(void *arg)
{
    struct scene scene = {&s_meddlings[0], fork_as_changed};

    (void)arg;
    change_a_client(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_that_switch_by_hand),
        cmocka_unit_test(changes_to_a_client_are_noticed),
        kernel_test(fork_in_a_changed_client),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
