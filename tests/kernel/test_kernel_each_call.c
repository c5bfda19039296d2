/* SPDX-License-Identifier: MIT */
/*
 * One system call of the probe, of enter or of leave goes wrong, counted from the first to the last:
 * it fails, it says "done" and does nothing, or it answers with another identity; and then a second
 * one goes wrong while the library undoes what the first left. A choice that fails leaves the process
 * without a provider and is made again; a switch that fails leaves the thread self, or ends the
 * process with a line of the library's. No success with another identity, and errno is kept. L-7,
 * N-04, I-05 to I-08.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/child.h"
#include "support/kernel.h"

enum { ALICE = 50001, SERVICE = 50990, ERRNO = 77, CALLS_MAX = 200 };

static const gid_t s_groups[] = {50901, 50902}, s_alice_group[] = {ALICE}, s_root_group[] = {0};

/* ---- what goes wrong ------------------------------------------------------------------------- */

enum wrong { NOTHING, FAILS, LIES, OTHER_FIRST, OTHER_SECOND, OTHER_THIRD, WRONGS };
static const char *const s_wrong_names[] = {"nothing",     "fails",        "lies",
                                            "first other", "second other", "third other"};

struct fault {
    unsigned at; /* the n-th call; 0: none */
    enum wrong wrong;
};

static struct script {
    struct fault faults[2];
    volatile bool armed;
    volatile unsigned calls;
} s_script;

static unsigned *pointer(const struct trapped_call *call, unsigned arg)
{
    unsigned *target;

    memcpy(&target, &call->args[arg], sizeof target);
    return target;
}

/* Says what an honest answer would say, and writes nothing. */
static long lie(const struct trapped_call *call)
{
    struct trapped_call count = *call;

    if (call->number == NR_GETGROUPS) {
        count.args[0] = count.args[1] = 0;
        return trap_pass(&count);
    }
    return call->number == NR_SETFSUID || call->number == NR_SETFSGID ? 4711 : 0;
}

/* Two words of capabilities: effective, permitted, inheritable each. Rights that are not there; or one
 * that is needed is not. */
static void answer_other_caps(unsigned *caps, unsigned which)
{
    if (which == 2) {
        caps[0] ^= 1u << CAP_SETGID;
    } else {
        caps[3 + which] ^= 1u << 31;
    }
}

/* The answer, with one of the ids, a group or a capability changed. */
static long answer_other(const struct trapped_call *call, unsigned which)
{
    long result = trap_pass(call);

    if (call->number == NR_GETRESUID || call->number == NR_GETRESGID) {
        *pointer(call, which) ^= 1;
    } else if (call->number == NR_GETGROUPS) {
        if (call->args[0] == 0 || which != 0) {
            return result + 1;
        }
        pointer(call, 1)[result - 1] ^= 1;
    } else if (call->number == SYS_capget) {
        answer_other_caps(pointer(call, 1), which);
    } else if (call->number == NR_SETFSUID || call->number == NR_SETFSGID) {
        return result ^ 1;
    }
    return result; /* what sets can only fail or lie */
}

static bool go_wrong(const struct trapped_call *call, long *result, enum wrong wrong)
{
    if (wrong == FAILS) {
        *result = call->number == NR_SETFSUID || call->number == NR_SETFSGID ? 4711 : -EPERM;
    } else if (wrong == LIES) {
        *result = lie(call);
    } else {
        *result = answer_other(call, (unsigned)wrong - OTHER_FIRST);
    }
    return true;
}

static bool on_call(const struct trapped_call *call, long *result)
{
    unsigned now;

    if (!s_script.armed) {
        return false;
    }
    now = ++s_script.calls;
    for (int i = 0; i < 2; i++) {
        if (s_script.faults[i].at == now) {
            return go_wrong(call, result, s_script.faults[i].wrong);
        }
    }
    return false;
}

static const int s_numbers[] = {NR_SETRESUID, NR_SETRESGID, NR_SETGROUPS, NR_GETRESUID,
                                NR_GETRESGID, NR_GETGROUPS, NR_SETFSUID,  NR_SETFSGID,
                                SYS_capget,   SYS_capset,   SYS_prctl};

static void arm(void)
{
    errno = ERRNO;
    s_script.armed = true;
}

static void disarm(void)
{
    s_script.armed = false;
    CHILD_CHECK(errno == ERRNO);
}

/* ---- kinds of servers ------------------------------------------------------------------------ */

struct setting {
    const char *name;
    void (*prepare)(void);
    size_t group_count;
    const gid_t *groups;
    bool full; /* the provider */
    uid_t client;
};

static void as_root(void) {}

static void as_service(void)
{
    kernel_become_service(SERVICE, 0);
}

static void without_fixup(void)
{
    int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

    if (prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0) {
        child_skip("may not set secure bits");
    }
}

static const struct setting s_settings[] = {
    {"root", as_root, 2, s_groups, false, ALICE},
    {"root in group 0 only", as_root, 1, s_root_group, false, ALICE},
    {"root in the client's group", as_root, 1, s_alice_group, false, ALICE},
    {"root in no group", as_root, 0, NULL, false, ALICE},
    {"service", as_service, 2, s_groups, false, ALICE},
    {"root without fix-up", without_fixup, 2, s_groups, false, ALICE},
    {"root with a client that is uid 0", as_root, 2, s_groups, false, 0},
    {"linux_full", as_root, 2, s_groups, true, ALICE},
};

static struct who s_self, s_client;

static const guise_provider *provider_of(const struct setting *setting)
{
    return setting->full ? guise_provider_linux_full() : guise_provider_linux();
}

static void prepare(const struct setting *setting)
{
    setting->prepare();
    CHILD_CHECK(raw_setgroups(setting->group_count, setting->groups));
    who_am_i(&s_self);
    s_client = who_as(&s_self, setting->client, ALICE, 0, NULL);
    if (setting->full) {
        s_client.uid[REAL] = setting->client;
        s_client.gid[REAL] = ALICE;
    }
}

static void must_be(const struct who *expected, int line)
{
    struct who now;

    who_ask(&now);
    if (!who_same(&now, expected)) {
        who_print("expected", expected);
        who_print("now     ", &now);
        child_failed("somebody else", __FILE__, line);
    }
}

/* ---- what is told outside -------------------------------------------------------------------- */

enum { PASSED = 0, REFUSED = 3 };

static struct shared {
    unsigned calls, first_calls; /* of the whole body; of its first step */
} *s_shared;

struct job {
    const struct setting *setting;
    struct script script;
};

static guise_result nothing(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return GUISE_OK;
}

static void serve_exactly(const struct setting *setting)
{
    guise_call *call = simple_call(setting->client, ALICE);

    CHILD_OK(guise_call_impersonate(call));
    must_be(&s_client, __LINE__);
    CHILD_OK(guise_revert_to_self());
    must_be(&s_self, __LINE__);
    guise_call_unref(call);
}

/* ---- the probe ------------------------------------------------------------------------------- */

static int choose(const struct job *job)
{
    guise_result result;

    prepare(job->setting);
    s_script = job->script;
    trap_calls(s_numbers, sizeof s_numbers / sizeof s_numbers[0], on_call);
    arm();
    result = guise_use_provider(provider_of(job->setting));
    disarm();
    s_shared->calls = s_script.calls;
    must_be(&s_self, __LINE__);
    if (result != GUISE_OK) {
        CHILD_CHECK_RESULT(result, GUISE_E_ACCESS_DENIED);
        CHILD_CHECK(guise_provider_in_use() == NULL && strchr(guise_provider_reason(), ' ') != NULL);
        CHILD_OK(guise_use_provider(provider_of(job->setting)));
    }
    CHILD_CHECK(strcmp(guise_provider_reason(), "") == 0);
    CHILD_CHECK(guise_provider_in_use() == provider_of(job->setting));
    serve_exactly(job->setting);
    return result == GUISE_OK ? PASSED : REFUSED;
}

/* ---- in and out ------------------------------------------------------------------------------ */

static guise_result in_and_out(guise_call *call, void *arg)
{
    int *outcome = arg;
    guise_result result;

    arm();
    result = guise_call_impersonate(call);
    disarm();
    s_shared->first_calls = s_script.calls;
    if (result == GUISE_OK) {
        must_be(&s_client, __LINE__);
        CHILD_CHECK(guise_is_impersonating());
    } else {
        CHILD_CHECK_RESULT(result, GUISE_E_ACCESS_DENIED);
        must_be(&s_self, __LINE__);
        CHILD_CHECK(guise_thread_token() == NULL && !guise_is_impersonating());
        *outcome = REFUSED;
    }
    arm();
    result = guise_thread_verify();
    disarm();
    CHILD_CHECK(result == GUISE_OK || result == GUISE_E_UNEXPECTED);
    arm();
    CHILD_OK(guise_revert_to_self());
    disarm();
    s_shared->calls = s_script.calls;
    must_be(&s_self, __LINE__);
    return GUISE_OK;
}

static int serve_one(const struct job *job)
{
    int outcome = PASSED;
    guise_call *call;

    prepare(job->setting);
    CHILD_OK(guise_use_provider(provider_of(job->setting)));
    call = simple_call(job->setting->client, ALICE);
    CHILD_OK(guise_call_run(call, nothing, NULL));
    s_script = job->script;
    trap_calls(s_numbers, sizeof s_numbers / sizeof s_numbers[0], on_call);
    CHILD_OK(guise_call_run(call, in_and_out, &outcome));
    serve_exactly(job->setting);
    guise_call_unref(call);
    return outcome;
}

/* ---- a thread that the program says is the server's ------------------------------------------ */

static int become_self(const struct job *job)
{
    struct who before;
    guise_result result;

    prepare(job->setting);
    CHILD_OK(guise_use_provider(provider_of(job->setting)));
    CHILD_CHECK(raw_setresgid((gid_t)-1, ALICE, (gid_t)-1) &&
                raw_setresuid((uid_t)-1, ALICE, (uid_t)-1));
    who_am_i(&before);
    s_script = job->script;
    trap_calls(s_numbers, sizeof s_numbers / sizeof s_numbers[0], on_call);
    arm();
    result = guise_thread_become_self();
    disarm();
    s_shared->calls = s_script.calls;
    if (result == GUISE_OK) {
        must_be(&s_self, __LINE__);
        serve_exactly(job->setting);
        return PASSED;
    }
    CHILD_CHECK_RESULT(result, GUISE_E_ACCESS_DENIED);
    must_be(&before, __LINE__);
    return REFUSED;
}

/* ---- outside --------------------------------------------------------------------------------- */

struct tally {
    unsigned passed, refused, died, half;
};

static char s_said[4096];

static int run_in_child(int (*body)(const struct job *), const struct job *job)
{
    struct rlimit no_core = {0, 0};
    int fds[2], status = -1;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)dup2(fds[1], STDERR_FILENO);
        (void)close(fds[1]);
        test_watchdog_start("a system call that goes wrong", 20);
        test_exit_child(body(job));
    }
    (void)close(fds[1]);
    child_read_all(fds[0], s_said, sizeof s_said);
    assert_true(waitpid(pid, &status, 0) == pid);
    return status;
}

static void judge(int (*body)(const struct job *), const struct job *job, struct tally *tally)
{
    int status = run_in_child(body, job);

    if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIPPED) {
        print_message("%s", s_said);
        skip();
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == PASSED) {
        tally->passed++;
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSED) {
        tally->refused++;
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && body != choose &&
               strstr(s_said, "guise: fatal: a thread") != NULL) {
        tally->died++;
        tally->half += strstr(s_said, "could not undo half an impersonation") != NULL;
    } else {
        fail_msg("%s: call %u %s, call %u %s: wait status 0x%X; it said: %s", job->setting->name,
                 job->script.faults[0].at, s_wrong_names[job->script.faults[0].wrong],
                 job->script.faults[1].at, s_wrong_names[job->script.faults[1].wrong],
                 (unsigned)status, s_said);
    }
}

static void judge_one(int (*body)(const struct job *), const struct setting *setting,
                      struct fault one, struct fault two, struct tally *tally)
{
    struct job job = {.setting = setting, .script = {.faults = {one, two}}};

    judge(body, &job, tally);
}

/* Returns how many calls there are, and in the first step. */
static unsigned count_calls(int (*body)(const struct job *), const struct setting *setting,
                            unsigned *first)
{
    struct tally tally = {0, 0, 0, 0};

    judge_one(body, setting, (struct fault){0, NOTHING}, (struct fault){0, NOTHING}, &tally);
    assert_int_equal(tally.passed, 1);
    *first = s_shared->first_calls;
    assert_in_range(s_shared->calls, 10, CALLS_MAX);
    return s_shared->calls;
}

static void each_call_goes_wrong(int (*body)(const struct job *), const struct setting *setting,
                                 struct tally *tally)
{
    unsigned first, calls = count_calls(body, setting, &first);

    for (unsigned at = 1; at <= calls; at++) {
        for (unsigned wrong = FAILS; wrong < WRONGS; wrong++) {
            judge_one(body, setting, (struct fault){at, (enum wrong)wrong},
                      (struct fault){0, NOTHING}, tally);
        }
    }
    print_message("%s: %u calls; passed %u, refused %u, died %u\n", setting->name, calls,
                  tally->passed, tally->refused, tally->died);
}

/* While one is undone. */
static void two_calls_go_wrong(const struct setting *setting, struct tally *tally)
{
    unsigned first, calls = count_calls(serve_one, setting, &first);

    (void)calls;
    for (unsigned at = 1; at <= first; at++) {
        for (unsigned next = at + 1; next <= first + 6; next++) {
            judge_one(serve_one, setting, (struct fault){at, FAILS}, (struct fault){next, FAILS},
                      tally);
            judge_one(serve_one, setting, (struct fault){at, LIES}, (struct fault){next, LIES},
                      tally);
            judge_one(serve_one, setting, (struct fault){at, LIES}, (struct fault){next, FAILS},
                      tally);
        }
    }
    print_message("%s: two: passed %u, refused %u, died %u, of it undoing half %u\n", setting->name,
                  tally->passed, tally->refused, tally->died, tally->half);
}

/* From the first call after the impersonation to the last one. */
static void two_calls_of_the_way_back_fail(const struct setting *setting, struct tally *tally)
{
    unsigned first, calls = count_calls(serve_one, setting, &first);

    for (unsigned at = first + 1; at < calls; at++) {
        judge_one(serve_one, setting, (struct fault){at, FAILS}, (struct fault){at + 1, FAILS},
                  tally);
    }
    print_message("%s: way back: died %u\n", setting->name, tally->died);
}

/* A choice that met a wrong call fails, for a reason, or serves exactly. */
static void probe_survives_each_call(void **state)
{
    struct tally tally = {0, 0, 0, 0};

    test_watchdog(60);
    each_call_goes_wrong(choose, *state, &tally);
    test_watchdog_start("", 0);
    assert_true(tally.refused >= 30);
    assert_int_equal(tally.died, 0);
}

/* L-7, N-04 */
static void switch_survives_each_call(void **state)
{
    struct tally tally = {0, 0, 0, 0};

    test_watchdog(60);
    each_call_goes_wrong(serve_one, *state, &tally);
    test_watchdog_start("", 0);
    assert_true(tally.refused >= 10 && tally.died >= 20);
}

/* I-03, L-7: half of the way to self is not taken for all of it. */
static void becoming_self_survives_each_call(void **state)
{
    struct tally tally = {0, 0, 0, 0};

    test_watchdog(60);
    each_call_goes_wrong(become_self, *state, &tally);
    test_watchdog_start("", 0);
    assert_true(tally.refused >= 5 && tally.died >= 10);
}

/* L-7: an undo of half an impersonation that fails itself ends the process. */
static void failing_undo_ends_the_process(void **state)
{
    struct tally tally = {0, 0, 0, 0};

    test_watchdog(90);
    two_calls_go_wrong(*state, &tally);
    test_watchdog_start("", 0);
    assert_true(tally.refused >= 10 && tally.half >= 10);
}

/* L-7: what is tried a second time with the capabilities taken back is not taken for done. */
static void failing_way_back_ends_the_process(void **state)
{
    struct tally tally = {0, 0, 0, 0};

    test_watchdog(60);
    two_calls_of_the_way_back_fail(*state, &tally);
    test_watchdog_start("", 0);
    assert_int_equal(tally.passed + tally.refused, 0);
    assert_true(tally.died >= 10);
}

#define EACH(test, index)                                                                          \
    {                                                                                              \
#test " " #index, test, NULL, NULL, (void *)(uintptr_t)&s_settings[index]                          \
    }
#define EACH_OF(test)                                                                              \
    EACH(test, 0), EACH(test, 1), EACH(test, 2), EACH(test, 3), EACH(test, 4), EACH(test, 5),      \
        EACH(test, 6), EACH(test, 7)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH_OF(probe_survives_each_call),
        EACH_OF(switch_survives_each_call),
        EACH(becoming_self_survives_each_call, 0),
        EACH(becoming_self_survives_each_call, 4),
        EACH_OF(failing_undo_ends_the_process),
        EACH_OF(failing_way_back_ends_the_process),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    s_shared = mmap(NULL, sizeof *s_shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return s_shared == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
