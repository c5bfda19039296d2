/* SPDX-License-Identifier: MIT */
/* linux_full: the real ids are the client's too, and with them the acts that go by the real id. */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/kernel.h"

enum { ALICE = 50001, SERVICE = 50900 };

static struct who s_self;

static void start(void)
{
    const gid_t groups[] = {50901, 50902};

    CHILD_CHECK(raw_setgroups(2, groups));
    CHILD_OK(guise_use_provider(guise_provider_linux_full()));
    CHILD_CHECK(guise_provider_in_use() == guise_provider_linux_full());
    CHILD_CHECK(strcmp(guise_provider_linux_full()->name, "linux_full") == 0);
    who_am_i(&s_self);
}

static struct who alice_in_full(void)
{
    struct who who = who_as(&s_self, ALICE, ALICE, 0, NULL);

    who.uid[REAL] = ALICE;
    who.gid[REAL] = ALICE;
    return who;
}

static guise_result be_alice(guise_call *call, void *arg)
{
    struct who alice = alice_in_full();
    const int *may_signal = arg;

    CHILD_OK(guise_call_impersonate(call));
    MUST_BE(&alice);
    CHILD_OK(guise_call_impersonate(call)); /* I-05 */
    CHILD_OK(guise_thread_verify());
    CHILD_CHECK(kill(getppid(), 0) == -1 && errno == EPERM); /* the runner, which is root */
    CHILD_OK(guise_revert_to_self());
    MUST_BE(&s_self);
    CHILD_CHECK((kill(getppid(), 0) == 0) == (*may_signal != 0));
    CHILD_OK(guise_call_impersonate(call));
    return GUISE_OK;
}

static void serve_alice(int may_signal)
{
    guise_call *call = simple_call(ALICE, ALICE);

    CHILD_OK(guise_call_dispatch(call, be_alice, &may_signal));
    MUST_BE(&s_self);
    guise_call_unref(call);
}

/* I-12 */
static void real_ids_are_the_clients_too(void *arg)
{
    (void)arg;
    start();
    serve_alice(1);
}

/* I-12: a server that is not root, with the two capabilities. */
static void service_with_two_capabilities(void *arg)
{
    guise_call *call;

    (void)arg;
    kernel_become_service(SERVICE, 0);
    start();
    serve_alice(0);
    call = simple_call(0, ALICE); /* there would be no way back from uid 0 */
    CHILD_CHECK_RESULT(guise_call_impersonate(call), GUISE_E_ACCESS_DENIED);
    MUST_BE(&s_self);
    guise_call_unref(call);
}

/* The provider restores real, effective and saved id by the saved one alone. */
static void ids_that_differ_are_refused(void *arg)
{
    (void)arg;
    CHILD_CHECK(raw_setresuid(0, 0, SERVICE));
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_linux_full()), GUISE_E_ACCESS_DENIED);
    CHILD_CHECK(strcmp(guise_provider_reason(),
                       "real, effective and saved ids differ, which linux_full cannot restore") == 0);
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    CHILD_CHECK_RESULT(guise_use_provider(guise_provider_linux_full()), GUISE_E_TOO_LATE);
}

/* ---- acts that go by the real id ------------------------------------------------------------- */

/* Two processes that stand still until this one ends: the server's user's and alice's. */
struct targets {
    pid_t servers, alices;
};

static pid_t start_target(uid_t uid)
{
    sigset_t sigio;
    int ready[2];
    char byte;
    pid_t pid;

    (void)sigemptyset(&sigio);
    (void)sigaddset(&sigio, SIGIO);
    CHILD_CHECK(pipe(ready) == 0);
    pid = fork();
    CHILD_CHECK(pid >= 0);
    if (pid == 0) {
        if (raw_setgroups(0, NULL) && raw_setresgid(uid, uid, uid) && raw_setresuid(uid, uid, uid) &&
            signal(SIGUSR1, SIG_IGN) != SIG_ERR && sigprocmask(SIG_BLOCK, &sigio, NULL) == 0 &&
            prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 && write(ready[1], "r", 1) == 1) {
            test_watchdog_start("a target", 20);
            for (;;) {
                (void)pause();
            }
        }
        _exit(1);
    }
    CHILD_CHECK(read(ready[0], &byte, 1) == 1 && close(ready[0]) == 0 && close(ready[1]) == 0);
    return pid;
}

static int act_kill(pid_t pid)
{
    return kill(pid, SIGUSR1) == 0 ? 0 : errno;
}

static int act_sigqueue(pid_t pid)
{
    union sigval value = {.sival_int = 1};

    return sigqueue(pid, SIGUSR1, value) == 0 ? 0 : errno;
}

/* The target blocks the signal, so that it stays where it can be seen. */
static bool is_pending(pid_t pid)
{
    char path[64], text[4096];
    unsigned long long pending = 0;
    const char *line;
    ssize_t got;
    int fd;

    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    CHILD_CHECK(fd >= 0);
    got = read(fd, text, sizeof text - 1);
    CHILD_CHECK(got > 0 && close(fd) == 0);
    text[got] = '\0';
    line = strstr(text, "\nShdPnd:");
    CHILD_CHECK(line != NULL && sscanf(line, "\nShdPnd: %llx", &pending) == 1);
    return (pending & (1ull << (SIGIO - 1))) != 0;
}

/* The kernel keeps the ids when the owner is set, and asks for the right when the signal is due. */
static int act_sigio(pid_t pid)
{
    int ends[2], got;

    CHILD_CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    CHILD_CHECK(fcntl(ends[0], F_SETOWN, pid) == 0);
    CHILD_CHECK(fcntl(ends[0], F_SETFL, O_NONBLOCK | O_ASYNC) == 0);
    CHILD_CHECK(write(ends[1], "x", 1) == 1);
    got = is_pending(pid) ? 0 : EPERM;
    CHILD_CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
    return got;
}

static int act_prlimit(pid_t pid)
{
    struct rlimit limit;

    return prlimit(pid, RLIMIT_NOFILE, NULL, &limit) == 0 ? 0 : errno;
}

static int act_ioprio(pid_t pid)
{
    enum { IOPRIO_WHO_PROCESS = 1, BEST_EFFORT_4 = 2 << 13 | 4 };

    return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, BEST_EFFORT_4) == 0 ? 0 : errno;
}

static int act_readv(pid_t pid)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)&s_self, 1};

    return process_vm_readv(pid, &here, 1, &there, 1, 0) == 1 ? 0 : errno;
}

static int act_getfd(pid_t pid)
{
    int process = (int)syscall(SYS_pidfd_open, pid, 0), fd, error;

    CHILD_CHECK(process >= 0);
    fd = (int)syscall(SYS_pidfd_getfd, process, 2, 0);
    error = fd >= 0 ? 0 : errno;
    CHILD_CHECK(close(process) == 0 && (fd < 0 || close(fd) == 0));
    return error;
}

/* The identity that decides. Where the kernel takes the real or the effective id, the server's
 * right is enough. */
enum right { SERVERS, CLIENTS };
static const char *const s_right_names[] = {"the server", "the client"};

static const struct act {
    const char *name;
    int (*fn)(pid_t pid);
    enum right plain, full;
} s_acts[] = {
    {"kill", act_kill, SERVERS, CLIENTS},
    {"sigqueue", act_sigqueue, SERVERS, CLIENTS},
    {"SIGIO", act_sigio, SERVERS, CLIENTS},
    {"prlimit", act_prlimit, SERVERS, CLIENTS},
    {"ioprio_set", act_ioprio, SERVERS, CLIENTS},
    {"process_vm_readv", act_readv, SERVERS, CLIENTS},
    {"pidfd_getfd", act_getfd, SERVERS, CLIENTS},
};

struct table {
    struct targets targets;
    bool full;
};

static enum right whose(int to_servers, int to_alices)
{
    CHILD_CHECK(to_servers == 0 || to_servers == EPERM);
    CHILD_CHECK(to_alices == 0 || to_alices == EPERM);
    CHILD_CHECK(to_servers == 0 || to_alices == 0);
    return to_servers == 0 ? SERVERS : CLIENTS;
}

static guise_result act_as_alice(guise_call *call, void *arg)
{
    const struct table *table = arg;

    CHILD_OK(guise_call_impersonate(call));
    for (size_t i = 0; i < sizeof s_acts / sizeof s_acts[0]; i++) {
        const struct act *act = &s_acts[i];
        int to_servers = act->fn(table->targets.servers), to_alices = act->fn(table->targets.alices);
        enum right found = whose(to_servers, to_alices);

        (void)printf("%-10s %-16s %s\n", table->full ? "linux_full" : "linux", act->name,
                     s_right_names[found]);
        CHILD_CHECK(found == (table->full ? act->full : act->plain));
    }
    (void)fflush(stdout);
    CHILD_CHECK(kill(table->targets.alices, SIGKILL) == 0); /* as alice */
    return GUISE_OK;
}

/* A service without other capabilities, so that ids alone decide. */
static void acts(bool full)
{
    struct table table = {{0, 0}, full};
    guise_call *call;

    table.targets.servers = start_target(SERVICE);
    table.targets.alices = start_target(ALICE);
    kernel_become_service(SERVICE, 0);
    CHILD_OK(guise_use_provider(full ? guise_provider_linux_full() : guise_provider_linux()));
    call = simple_call(ALICE, ALICE);
    CHILD_OK(guise_call_dispatch(call, act_as_alice, &table));
    guise_call_unref(call);
    CHILD_CHECK(kill(table.targets.servers, SIGKILL) == 0);
    CHILD_CHECK(waitpid(table.targets.servers, NULL, 0) == table.targets.servers);
    CHILD_CHECK(waitpid(table.targets.alices, NULL, 0) == table.targets.alices);
}

/* I-12 */
static void who_decides_under_linux(void *arg)
{
    (void)arg;
    acts(false);
}

/* I-12 */
static void who_decides_under_linux_full(void *arg)
{
    (void)arg;
    acts(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(real_ids_are_the_clients_too),
        kernel_test(service_with_two_capabilities),
        kernel_test(ids_that_differ_are_refused),
        kernel_test(who_decides_under_linux),
        kernel_test(who_decides_under_linux_full),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
