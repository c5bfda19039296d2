/* SPDX-License-Identifier: MIT */
/*
 * Every system call of enter and of leave fails once, in every kind of server that makes it: with
 * an error, and by saying "done" and doing nothing. After that the thread is itself, which is read
 * from outside, or the process is dead, with a line of the library's on its standard error. L-7,
 * N-04.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/kernel.h"

enum { ALICE = 50001, BOB = 50002, SERVICE = 50990, SERVER_GROUP = 50901 };

static const gid_t s_server_groups[] = {SERVER_GROUP, 50902};
static const gid_t s_alice_group[] = {ALICE};

/* ---- kinds of servers ------------------------------------------------------------------------ */

struct setting {
    const char *name;
    void (*prepare)(struct who *self);
    uid_t client;
    bool keeps_groups; /* the client's list is the server's: setgroups is not needed */
    bool drops_caps;   /* capabilities have to be cleared by hand */
};

static void be_root(struct who *self)
{
    serve(2, s_server_groups, self);
}

static void be_root_in_alices_group(struct who *self)
{
    serve(1, s_alice_group, self);
}

static void be_root_in_another_group(struct who *self)
{
    serve(1, s_server_groups, self);
}

static void be_root_without_fixup(struct who *self)
{
    int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

    if (prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0) {
        child_skip("may not set secure bits");
    }
    serve(2, s_server_groups, self);
}

static void be_service(struct who *self)
{
    kernel_become_service(SERVICE, 0);
    serve(2, s_server_groups, self);
}

static const struct setting s_settings[] = {
    {"root", be_root, ALICE, false, false},
    {"root, same groups", be_root_in_alices_group, ALICE, true, false},
    {"root, no set-uid fix-up", be_root_without_fixup, ALICE, false, true},
    {"service with capabilities", be_service, ALICE, false, true},
    {"root, uid 0 client", be_root, 0, false, true},
    {"root, as many groups", be_root_in_another_group, ALICE, false, false},
};

/* ---- what fails ------------------------------------------------------------------------------ */

static const struct {
    int number;
    const char *name;
    bool changes;
} s_calls[] = {
    {NR_SETGROUPS, "setgroups", true},  {NR_SETRESGID, "setresgid", true},
    {NR_SETRESUID, "setresuid", true},  {SYS_capset, "capset", true},
    {NR_GETRESUID, "getresuid", false}, {NR_GETRESGID, "getresgid", false},
    {NR_GETGROUPS, "getgroups", false}, {SYS_capget, "capget", false},
};
enum { CALLS = sizeof s_calls / sizeof s_calls[0] };

/* When the filter comes, and how the client is left. */
enum when { ENTER_ON_NEW_THREAD, ENTER, LEAVE_BY_REVERT, LEAVE_BY_FRAME, LEAVE_BY_THREAD, WHENS };
static const char *const s_when_names[] = {"entering on a new thread", "entering", "reverting",
                                           "leaving a frame", "ending a thread"};

struct fault {
    const struct setting *setting;
    unsigned call; /* in s_calls */
    int error;
    enum when when;
};

/* The steps of the puppet's worker; it waits after each. */
struct step {
    pid_t tid;
    guise_result result;
};

static struct puppet_end *s_end;

static bool is_leaving(const struct fault *fault)
{
    return fault->when >= LEAVE_BY_REVERT;
}

/* Does it make a difference that the call fails? Where the library only might ask, both will do. */
enum use { UNUSED, USED, MAYBE };

static enum use use_of(const struct fault *fault)
{
    const struct setting *setting = fault->setting;

    switch (s_calls[fault->call].number) {
    case NR_SETGROUPS:
        return setting->keeps_groups ? UNUSED : USED;
    case NR_SETRESUID: /* from 0 to 0 nothing done is all there is to do */
        return fault->error == 0 && setting->client == 0 ? UNUSED : USED;
    case SYS_capset:
        return setting->drops_caps ? USED : UNUSED;
    case SYS_capget:
        return setting->drops_caps ? USED : MAYBE;
    default:
        return USED;
    }
}

/* ---- the puppet ------------------------------------------------------------------------------ */

static void step(guise_result result)
{
    struct step told = {.tid = my_tid(), .result = result};
    char go;

    puppet_say(s_end, &told, sizeof told);
    puppet_hear(s_end, &go, sizeof go);
}

static void inject(const struct fault *fault)
{
    filter_call(fault->error, s_calls[fault->call].number);
}

/* In a frame or not. */
static guise_result be_client(guise_call *call, void *arg)
{
    const struct fault *fault = arg;

    if (!is_leaving(fault)) {
        inject(fault);
    }
    step(guise_call_impersonate(call));
    if (is_leaving(fault)) {
        inject(fault);
    }
    return GUISE_OK;
}

static guise_result nothing(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return GUISE_OK;
}

struct work {
    const struct fault *fault;
    guise_call *call;
};

static void *work(void *arg)
{
    struct work *work = arg;
    void *fault = (void *)(uintptr_t)work->fault;

    if (work->fault->when != ENTER_ON_NEW_THREAD) {
        CHILD_OK(guise_call_run(work->call, nothing, NULL));
    }
    step(GUISE_OK);
    if (work->fault->when == LEAVE_BY_FRAME) {
        CHILD_OK(guise_call_run(work->call, be_client, fault));
    } else {
        CHILD_OK(be_client(work->call, fault));
    }
    if (work->fault->when != LEAVE_BY_THREAD) {
        CHILD_OK(guise_revert_to_self());
        step(GUISE_OK);
    }
    return NULL;
}

static void puppet(struct puppet_end *end, void *arg)
{
    struct work job = {.fault = arg};
    struct who self;

    s_end = end;
    job.fault->setting->prepare(&self);
    job.call = simple_call(job.fault->setting->client, ALICE);
    child_thread(work, &job);
    guise_call_unref(job.call);
}

/* ---- the judge: outside ---------------------------------------------------------------------- */

struct tally {
    unsigned refused, dead, unused;
};

static struct puppet s_puppet;
static struct tally s_tally;

static void blame(const struct fault *fault, const char *what)
{
    fail_msg("%s: %s %s %s: %s; it said: %s", fault->setting->name, s_when_names[fault->when],
             s_calls[fault->call].name, fault->error == 0 ? "lies" : "fails", what, s_puppet.said);
}

/* false: the puppet is dead. */
static bool next_step(struct step *out)
{
    return puppet_ask(&s_puppet, out, sizeof *out);
}

static void go_on(void)
{
    puppet_tell(&s_puppet, "g", 1);
}

static void look_at(const struct step *step, struct who *out)
{
    assert_true(who_is(s_puppet.pid, step->tid, out));
}

static void must_be_self_again(const struct fault *fault, const struct step *step,
                               const struct who *self)
{
    struct who now;

    look_at(step, &now);
    if (!who_same(&now, self)) {
        who_print("self", self);
        who_print("now ", &now);
        blame(fault, "the thread is not itself again");
    }
}

static void must_have_died(const struct fault *fault)
{
    if (!puppet_gave_up(&s_puppet, puppet_finish(&s_puppet), "thread")) {
        blame(fault, "it did not die as it should");
    }
    s_tally.dead++;
}

static void must_end_well(const struct fault *fault)
{
    int status = puppet_finish(&s_puppet);

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        blame(fault, "the process ended in another way");
    }
}

static void must_be_client(const struct fault *fault, const struct step *step,
                           const struct who *self)
{
    struct who now, client = who_as(self, fault->setting->client, ALICE, 0, NULL);

    look_at(step, &now);
    if (step->result != GUISE_OK || !who_same(&now, &client)) {
        who_print("client", &client);
        who_print("now   ", &now);
        blame(fault, "the thread is not the client");
    }
}

/* Refused and itself, or dead. A change that did not happen, or was undone, is no reason to die. */
static void judge_entering(const struct fault *fault, const struct who *self)
{
    struct step step;

    if (!next_step(&step)) {
        must_have_died(fault);
        if (s_calls[fault->call].changes) {
            blame(fault, "it died, but could have undone it");
        }
        return;
    }
    if (step.result != GUISE_E_ACCESS_DENIED) {
        blame(fault, guise_result_name(step.result));
    }
    must_be_self_again(fault, &step, self);
    go_on(); /* nothing to revert */
    assert_true(next_step(&step));
    must_be_self_again(fault, &step, self);
    go_on();
    must_end_well(fault);
    s_tally.refused++;
}

/* It may not come back, nor end otherwise. */
static void judge_leaving(const struct fault *fault, const struct who *self)
{
    struct step step;

    assert_true(next_step(&step));
    must_be_client(fault, &step, self);
    go_on();
    if (next_step(&step)) {
        blame(fault, "it went on after it could not be itself again");
    }
    must_have_died(fault);
}

/* Refused, or the client and then itself again; or dead at either step. */
static void judge_maybe(const struct fault *fault, const struct who *self)
{
    struct step step;

    if (!next_step(&step)) {
        must_have_died(fault);
        return;
    }
    if (step.result == GUISE_OK) {
        must_be_client(fault, &step, self);
    } else {
        must_be_self_again(fault, &step, self);
    }
    go_on();
    if (fault->when != LEAVE_BY_THREAD) {
        if (!next_step(&step)) {
            must_have_died(fault);
            return;
        }
        must_be_self_again(fault, &step, self);
        go_on();
        must_end_well(fault);
        return;
    }
    if (WIFSIGNALED(puppet_finish(&s_puppet)) && strstr(s_puppet.said, "guise: fatal: ") == NULL) {
        blame(fault, "it died in another way");
    }
}

static void judge_unused(const struct fault *fault, const struct who *self)
{
    struct step step;

    assert_true(next_step(&step));
    must_be_client(fault, &step, self);
    go_on();
    if (fault->when != LEAVE_BY_THREAD) {
        assert_true(next_step(&step));
        must_be_self_again(fault, &step, self);
        go_on();
    }
    must_end_well(fault);
    s_tally.unused++;
}

static void judge(const struct fault *fault)
{
    struct step step;
    struct who self;

    puppet_start(&s_puppet, puppet, (void *)(uintptr_t)fault);
    if (!next_step(&step)) {
        int status = puppet_finish(&s_puppet);

        print_message("%s", s_puppet.said);
        if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIPPED) {
            skip();
        }
        blame(fault, "it did not begin");
    }
    look_at(&step, &self);
    go_on();
    if (use_of(fault) == UNUSED) {
        judge_unused(fault, &self);
    } else if (use_of(fault) == MAYBE) {
        judge_maybe(fault, &self);
    } else if (is_leaving(fault)) {
        judge_leaving(fault, &self);
    } else {
        judge_entering(fault, &self);
    }
}

/* ---- every call, every time ------------------------------------------------------------------ */

static void judge_all_calls(const struct setting *setting, int error, enum when when)
{
    for (unsigned call = 0; call < CALLS; call++) {
        struct fault fault = {.setting = setting, .call = call, .error = error, .when = when};

        /* Asking without an answer cannot be told from an honest answer. */
        if (error != 0 || s_calls[call].changes) {
            judge(&fault);
        }
    }
}

static void judge_setting(const struct setting *setting)
{
    memset(&s_tally, 0, sizeof s_tally);
    test_watchdog(60);
    for (unsigned when = 0; when < WHENS; when++) {
        judge_all_calls(setting, ENOMEM, (enum when)when);
        judge_all_calls(setting, 0, (enum when)when);
    }
    test_watchdog_start(setting->name, 0);
    print_message("%s: refused and itself %u, dead %u, not needed %u\n", setting->name,
                  s_tally.refused, s_tally.dead, s_tally.unused);
    assert_true(s_tally.refused >= 6);
    assert_true(s_tally.dead >= 18);
}

/* L-7, N-04: self, or dead. */
static void every_failure_ends_as_self_or_dead(void **state)
{
    judge_setting(*state);
}

/* ---- restoring another identity -------------------------------------------------------------- */

static guise_result fail_the_way_back(guise_call *call, void *arg)
{
    (void)call;
    filter_call(ENOMEM, *(const int *)arg);
    return GUISE_OK;
}

struct outer {
    guise_call *inner;
    const int *number;
};

static guise_result be_alice_around(guise_call *call, void *arg)
{
    struct outer *outer = arg;

    (void)call;
    CHILD_OK(guise_impersonate_client());
    CHILD_OK(guise_call_run(outer->inner, fail_the_way_back, (void *)(uintptr_t)outer->number));
    child_failed("went on without its client", __FILE__, __LINE__);
}

static void die_putting_back(void *arg)
{
    struct outer outer = {.number = arg};
    struct who self;

    be_root(&self);
    outer.inner = simple_call(BOB, BOB);
    CHILD_OK(guise_call_dispatch(simple_call(ALICE, ALICE), be_alice_around, &outer));
}

/* L-7, S-15: a frame that cannot put the outer client back does not go on as the server. */
static void outer_client_that_does_not_come_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        int number = s_calls[i].number;

        assert_child_dies(die_putting_back, &number, "guise: fatal: ");
    }
}

/* ---- a thread born as a client --------------------------------------------------------------- */

static void *fail_the_first_frame(void *arg)
{
    struct outer *outer = arg;

    filter_call(ENOMEM, *outer->number);
    (void)!guise_thread_become_self();
    child_failed("half of the way to self was taken for all of it", __FILE__, __LINE__);
}

static guise_result create_as_alice(guise_call *call, void *arg)
{
    (void)call;
    CHILD_OK(guise_impersonate_client());
    child_thread(fail_the_first_frame, arg);
    return GUISE_OK;
}

static void die_when_born(void *arg)
{
    struct outer outer = {.number = arg};
    struct who self;

    be_root(&self);
    outer.inner = simple_call(BOB, BOB);
    CHILD_OK(guise_call_dispatch(simple_call(ALICE, ALICE), create_as_alice, &outer));
}

/* W-21, L-7 */
static void born_client_that_cannot_be_put_right(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        int number = s_calls[i].number;

        assert_child_dies(die_when_born, &number, "guise: fatal: ");
    }
}

/* ---- fork ------------------------------------------------------------------------------------ */

static guise_result fork_with_a_filter(guise_call *call, void *arg)
{
    int status = 0;
    pid_t pid;

    (void)call;
    CHILD_OK(guise_impersonate_client());
    filter_call(ENOMEM, *(const int *)arg);
    pid = fork();
    if (pid == 0) {
        _exit(0); /* never */
    }
    CHILD_CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    CHILD_CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHILD_CHECK(guise_is_impersonating());
    test_exit_child(0); /* leaving would be the end of this one too */
}

static void fork_that_cannot_become_self(void *arg)
{
    struct who self;

    be_root(&self);
    CHILD_OK(guise_call_dispatch(simple_call(ALICE, ALICE), fork_with_a_filter, arg));
}

/* W-20: a child that cannot be made self dies before fork returns. */
static void forked_child_that_cannot_become_self(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        int number = s_calls[i].number;

        assert_child_passes(fork_that_cannot_become_self, &number);
    }
}

/* ---- secure bits that come later ------------------------------------------------------------- */

static struct who s_self;

static guise_result be_powerless_or_refused(guise_call *call, void *arg)
{
    guise_result result = guise_call_impersonate(call);
    struct who now;

    who_am_i(&now);
    if (result == GUISE_OK) {
        CHILD_CHECK(now.uid[EFFECTIVE] == *(const uid_t *)arg && now.effective == 0);
        CHILD_OK(guise_revert_to_self());
    } else {
        CHILD_CHECK_RESULT(result, GUISE_E_ACCESS_DENIED);
    }
    MUST_BE(&s_self);
    return GUISE_OK;
}

struct unfixed {
    guise_call *call;
    uid_t client;
};

static void *become_without_fixup(void *arg)
{
    struct unfixed *unfixed = arg;
    int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

    CHILD_OK(guise_call_run(unfixed->call, nothing, NULL));
    CHILD_CHECK(prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0);
    CHILD_OK(guise_call_run(unfixed->call, be_powerless_or_refused, &unfixed->client));
    CHILD_OK(guise_call_dispatch(unfixed->call, be_powerless_or_refused, &unfixed->client));
    MUST_BE(&s_self);
    return NULL;
}

static void stop_fixup_after_the_first_frame(void *arg)
{
    struct unfixed unfixed = {.client = *(const uid_t *)arg};
    int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

    if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) != 0) {
        child_skip("may not set secure bits");
    }
    be_root(&s_self);
    unfixed.call = simple_call(unfixed.client, ALICE);
    child_thread(become_without_fixup, &unfixed);
    guise_call_unref(unfixed.call);
}

/* N-04, S-08: the change of uid leaves this thread its capabilities. No client gets them. */
static void no_client_keeps_the_capabilities(void **state)
{
    uid_t clients[] = {ALICE, 0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_child_passes(stop_fixup_after_the_first_frame, &clients[i]);
    }
}

/* ---- all of it ------------------------------------------------------------------------------- */

#define setting_test(index)                                                                        \
    {                                                                                              \
        "every_failure_ends_as_self_or_dead " #index, every_failure_ends_as_self_or_dead, NULL,    \
            NULL, (void *)(uintptr_t)&s_settings[index]                                            \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        setting_test(0),
        setting_test(1),
        setting_test(2),
        setting_test(3),
        setting_test(4),
        setting_test(5),
        cmocka_unit_test(outer_client_that_does_not_come_back),
        cmocka_unit_test(born_client_that_cannot_be_put_right),
        cmocka_unit_test(forked_child_that_cannot_become_self),
        cmocka_unit_test(no_client_keeps_the_capabilities),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
