/* SPDX-License-Identifier: MIT */
/*
 * A server that was started as the systemd unit of docs/deployment.md starts it: an ordinary user with
 * CAP_SETUID and CAP_SETGID in its ambient set, a bounding set of these two, no new privileges. Programs
 * that such a server starts inherit the ambient set, and CAP_SETUID is as good as root; after
 * PR_CAP_AMBIENT_CLEAR_ALL, the line that is shown there, they have nothing. And a server that gives up
 * everything it can after its start goes on serving (I-07).
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/kernel.h"

enum { ALICE = 50001, SERVICE = 50990, ANOTHER = 50777, CAN_BE_ANYBODY = 10, CANNOT = 11 };

#define CAP(number) (UINT64_C(1) << (number))
#define BOTH (CAP(CAP_SETUID) | CAP(CAP_SETGID))

static const gid_t s_groups[] = {50901, 50902};
static struct who s_self;

/* ---- what a started program can do ----------------------------------------------------------- */

/* main's second life: tries to become another user, and so any, root too, with all it can raise. */
static int be_started_program(void)
{
    struct who now;

    who_am_i(&now);
    (void)raw_capset(now.permitted, now.permitted, now.inheritable);
    return raw_setresuid((uid_t)-1, ANOTHER, (uid_t)-1) ? CAN_BE_ANYBODY : CANNOT;
}

static int result_of(pid_t pid)
{
    int status = -1;

    CHILD_CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static char s_program[] = "/proc/self/exe", s_argument[] = "started-program";
static char *s_arguments[] = {s_program, s_argument, NULL};
extern char **environ;

/* An open descriptor, because a thread that is a client has no /proc/self/exe of its own. */
static int s_exe;

static void open_program(void)
{
    s_exe = open(s_program, O_RDONLY | O_CLOEXEC);
    CHILD_CHECK(s_exe >= 0);
    CHILD_CHECK(fchmod(s_exe, 0755) == 0); /* the umask of the build may have kept others out */
}

static pid_t start_by_exec(void)
{
    pid_t pid = vfork();

    if (pid == 0) {
        (void)fexecve(s_exe, s_arguments, environ);
        _exit(1);
    }
    return pid;
}

static pid_t start_by_fork(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)fexecve(s_exe, s_arguments, environ);
        _exit(1);
    }
    return pid;
}

static void started_programs_must(int expected)
{
    CHILD_CHECK(result_of(start_by_exec()) == expected);
    CHILD_CHECK(result_of(start_by_fork()) == expected);
}

static guise_result start_programs_as_client(guise_call *call, void *arg)
{
    const int *expected = arg;
    struct who alice = who_as(&s_self, ALICE, ALICE, 0, NULL);

    (void)call;
    started_programs_must(*expected);
    CHILD_OK(guise_impersonate_client());
    MUST_BE(&alice);
    started_programs_must(*expected);
    MUST_BE(&alice);
    return GUISE_OK;
}

static void start_programs(int expected)
{
    guise_call *call = simple_call(ALICE, ALICE);

    CHILD_OK(guise_call_dispatch(call, start_programs_as_client, &expected));
    MUST_BE(&s_self);
    guise_call_unref(call);
}

/* ---- the unit -------------------------------------------------------------------------------- */

static void bound_capabilities(uint64_t kept)
{
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        CHILD_CHECK((kept & CAP(cap)) != 0 || prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0);
    }
}

/* What User=, AmbientCapabilities=, CapabilityBoundingSet= and NoNewPrivileges= do before exec; the
 * exec itself would leave just the ambient set permitted and in effect. */
static void start_as_the_unit_says(void)
{
    open_program();
    CHILD_CHECK(raw_setgroups(2, s_groups));
    bound_capabilities(BOTH);
    CHILD_CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
    CHILD_CHECK(raw_setresgid(SERVICE, SERVICE, SERVICE) &&
                raw_setresuid(SERVICE, SERVICE, SERVICE));
    CHILD_CHECK(raw_capset(BOTH, BOTH, BOTH));
    CHILD_CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0) == 0);
    CHILD_CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETGID, 0, 0) == 0);
    CHILD_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHILD_OK(guise_use_provider(guise_provider_linux()));
    who_am_i(&s_self);
    CHILD_CHECK(s_self.permitted == BOTH && s_self.effective == BOTH);
}

/* Why the document has the line: without it, a program started by any code of the server can become any user, root too. */
static void ambient_capabilities_reach_started_programs(void *arg)
{
    (void)arg;
    start_as_the_unit_says();
    start_programs(CAN_BE_ANYBODY);
}

static void cleared_ambient_set_reaches_no_program(void *arg)
{
    (void)arg;
    start_as_the_unit_says();
    CHILD_CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0);
    start_programs(CANNOT);
}

static void *start_programs_in_a_thread(void *arg)
{
    start_programs(*(int *)arg);
    return NULL;
}

/* Threads inherit the empty set; so the line stands before they are made. */
static void threads_inherit_the_cleared_set(void *arg)
{
    int expected = CANNOT;

    (void)arg;
    start_as_the_unit_says();
    CHILD_CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0);
    child_thread(start_programs_in_a_thread, &expected);
}

/* ---- a server that gives up all it can ------------------------------------------------------- */

static void serve_alice(void)
{
    struct who alice = s_self, now;
    guise_call *call = simple_call(ALICE, ALICE);

    alice = who_as(&alice, ALICE, ALICE, 0, NULL);
    for (int i = 0; i < 3; i++) {
        CHILD_OK(guise_call_impersonate(call));
        who_ask(&now);
        CHILD_CHECK(who_same(&now, &alice));
        CHILD_CHECK(try_open("of-root") == EACCES && try_open("of-alice") == 0);
        CHILD_OK(guise_call_impersonate(call));
        CHILD_OK(guise_thread_verify());
        CHILD_OK(guise_revert_to_self());
        who_ask(&now);
        CHILD_CHECK(who_same(&now, &s_self));
    }
    guise_call_unref(call);
}

static void lock_securebits(void)
{
    int bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
               SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
               SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

    CHILD_CHECK(prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) == 0);
}

/* The ten calls of the library, and what this test does besides: open, ask, write, end. */
static const int s_allowed[] = {
    NR_SETRESUID, NR_SETRESGID, NR_SETGROUPS,   NR_GETRESUID,    NR_GETRESGID, NR_GETGROUPS,
    NR_SETFSUID,  NR_SETFSGID,  SYS_capget,     SYS_capset,      SYS_openat,   SYS_close,
    SYS_write,    SYS_brk,      SYS_exit_group, SYS_rt_sigreturn};
enum { ALLOWED = sizeof s_allowed / sizeof s_allowed[0] };

#ifdef __SANITIZE_ADDRESS__
/* The leak check attaches to the process, which the kernel refuses for one that is not dumpable. */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
    return 1;
}
#endif

/* A sanitizer makes calls of its own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MAY_BE_FILTERED = 0 };
#else
enum { MAY_BE_FILTERED = 1 };
#endif

static void allow_only_what_is_needed(void)
{
    struct sock_filter code[ALLOWED + 3];
    struct sock_fprog program = {.len = ALLOWED + 3, .filter = code};

    code[0] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < ALLOWED; i++) {
        code[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)s_allowed[i],
                                                   (unsigned char)(ALLOWED - i), 0);
    }
    code[ALLOWED + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    code[ALLOWED + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    CHILD_CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

/* Step by step, and serving in between: the order is that of a daemon. */
static void give_up_everything(void)
{
    serve_alice();
    bound_capabilities(0);
    serve_alice();
    lock_securebits();
    serve_alice();
    CHILD_CHECK(raw_capset(BOTH, BOTH, 0));
    s_self.effective = s_self.permitted = BOTH;
    s_self.inheritable = 0;
    serve_alice();
    CHILD_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHILD_CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
    serve_alice();
}

static void *serve_in_a_thread(void *arg)
{
    (void)arg;
    serve_alice();
    return NULL;
}

static void server_that_gives_up_all_it_can(void *arg)
{
    (void)arg;
    open_program();
    serve(2, s_groups, &s_self);
    give_up_everything();
    child_thread(serve_in_a_thread, NULL);
    start_programs(CANNOT);
    if (MAY_BE_FILTERED) {
        test_save_counts();
        allow_only_what_is_needed(); /* ends a process at the first other call */
        serve_alice();
        (void)syscall(SYS_exit_group, 0);
    }
}

static void *give_up_in_a_thread(void *arg)
{
    (void)arg;
    serve_alice();
    give_up_everything();
    return NULL;
}

/* Capabilities are each thread's own: one gives up, the others do not, and all are served. */
static void one_thread_gives_up(void *arg)
{
    struct who before;

    (void)arg;
    serve(2, s_groups, &s_self);
    before = s_self;
    child_thread(give_up_in_a_thread, NULL);
    s_self = before;
    serve_alice();
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0) {
        return -1;
    }
    kernel_file("of-root", 0, 0, 0600);
    kernel_file("of-alice", ALICE, ALICE, 0600);
    return 0;
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        kernel_test(ambient_capabilities_reach_started_programs),
        kernel_test(cleared_ambient_set_reaches_no_program),
        kernel_test(threads_inherit_the_cleared_set),
        kernel_test(server_that_gives_up_all_it_can),
        kernel_test(one_thread_gives_up),
    };

    if (count == 2 && strcmp(arguments[1], s_argument) == 0) {
        return be_started_program();
    }
    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, make_files, kernel_dir_remove);
}
