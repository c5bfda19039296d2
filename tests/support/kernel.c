/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "support/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "support/test.h"

/* ---- identities ------------------------------------------------------------------------------ */

static const char *field(const char *status, const char *name)
{
    const char *place = strstr(status, name);

    return place == NULL ? NULL : place + strlen(name);
}

static bool parse_ids(const char *status, const char *name, unsigned ids[4])
{
    const char *place = field(status, name);

    return place != NULL &&
           sscanf(place, "%u %u %u %u", &ids[REAL], &ids[EFFECTIVE], &ids[SAVED], &ids[FILES]) == 4;
}

static bool parse_groups(const char *status, struct who *out)
{
    const char *place = field(status, "\nGroups:");
    int length;

    if (place == NULL) {
        return false;
    }
    while (*place == ' ' || *place == '\t') {
        place++;
    }
    while (*place != '\n') {
        if (out->group_count == WHO_GROUPS_MAX ||
            sscanf(place, "%u%n", &out->groups[out->group_count], &length) != 1) {
            return false;
        }
        out->group_count++;
        place += length;
        while (*place == ' ') {
            place++;
        }
    }
    return true;
}

static bool parse_caps(const char *status, const char *name, uint64_t *caps)
{
    const char *place = field(status, name);
    unsigned long long value;

    if (place == NULL || sscanf(place, "%llx", &value) != 1) {
        return false;
    }
    *caps = value;
    return true;
}

static bool parse(const char *status, struct who *out)
{
    memset(out, 0, sizeof *out);
    return parse_ids(status, "\nUid:", out->uid) && parse_ids(status, "\nGid:", out->gid) &&
           parse_groups(status, out) && parse_caps(status, "\nCapEff:", &out->effective) &&
           parse_caps(status, "\nCapPrm:", &out->permitted) &&
           parse_caps(status, "\nCapInh:", &out->inheritable);
}

static bool read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got;

    if (fd < 0) {
        return false;
    }
    while ((got = read(fd, text + length, size - 1 - length)) > 0) {
        length += (size_t)got;
    }
    text[length] = '\0';
    (void)close(fd);
    return got == 0 && length != 0;
}

bool who_is(pid_t pid, pid_t tid, struct who *out)
{
    char path[64], text[8192];

    (void)snprintf(path, sizeof path, "/proc/%ld/task/%ld/status", (long)pid, (long)tid);
    return read_file(path, text, sizeof text) && parse(text, out);
}

static uint64_t whole(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

static void ask_caps(struct who *out)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    memset(data, 0, sizeof data);
    CHILD_CHECK(syscall(SYS_capget, &header, data) == 0);
    out->effective = whole(data[0].effective, data[1].effective);
    out->permitted = whole(data[0].permitted, data[1].permitted);
    out->inheritable = whole(data[0].inheritable, data[1].inheritable);
}

void who_ask(struct who *out)
{
    long count;

    memset(out, 0, sizeof *out);
    CHILD_CHECK(syscall(NR_GETRESUID, &out->uid[REAL], &out->uid[EFFECTIVE], &out->uid[SAVED]) ==
                0);
    CHILD_CHECK(syscall(NR_GETRESGID, &out->gid[REAL], &out->gid[EFFECTIVE], &out->gid[SAVED]) ==
                0);
    out->uid[FILES] = (unsigned)syscall(NR_SETFSUID, -1);
    out->gid[FILES] = (unsigned)syscall(NR_SETFSGID, -1);
    count = syscall(NR_GETGROUPS, WHO_GROUPS_MAX, out->groups);
    CHILD_CHECK(count >= 0);
    out->group_count = (unsigned)count;
    ask_caps(out);
}

void who_am_i(struct who *out)
{
    struct who told;

    who_ask(out);
    CHILD_CHECK(who_is(getpid(), my_tid(), &told));
    CHILD_CHECK(who_same(out, &told));
}

bool who_same(const struct who *one, const struct who *other)
{
    return memcmp(one, other, sizeof *one) == 0;
}

void who_print(const char *what, const struct who *who)
{
    (void)dprintf(STDERR_FILENO,
                  "%s: uid %u %u %u %u gid %u %u %u %u eff %llx prm %llx inh %llx groups", what,
                  who->uid[0], who->uid[1], who->uid[2], who->uid[3], who->gid[0], who->gid[1],
                  who->gid[2], who->gid[3], (unsigned long long)who->effective,
                  (unsigned long long)who->permitted, (unsigned long long)who->inheritable);
    for (unsigned i = 0; i < who->group_count; i++) {
        (void)dprintf(STDERR_FILENO, " %u", who->groups[i]);
    }
    (void)dprintf(STDERR_FILENO, "\n");
}

static int compare_ids(const void *left, const void *right)
{
    unsigned a = *(const unsigned *)left;
    unsigned b = *(const unsigned *)right;

    return (a > b) - (a < b);
}

struct who who_as(const struct who *self, uid_t uid, gid_t gid, size_t count, const gid_t *groups)
{
    struct who who = *self;

    memset(who.groups, 0, sizeof who.groups);
    who.uid[EFFECTIVE] = who.uid[FILES] = uid;
    who.gid[EFFECTIVE] = who.gid[FILES] = gid;
    who.effective = 0;
    for (size_t i = 0; i < count; i++) {
        who.groups[i] = groups[i];
    }
    who.groups[count] = gid;
    who.group_count = (unsigned)count + 1;
    qsort(who.groups, who.group_count, sizeof who.groups[0], compare_ids);
    return who;
}

unsigned overflow_id(const char *file)
{
    char text[32];
    unsigned id = 0;

    CHILD_CHECK(read_file(file, text, sizeof text));
    CHILD_CHECK(sscanf(text, "%u", &id) == 1);
    return id;
}

struct who who_nobody(const struct who *self)
{
    struct who who = *self;

    memset(who.groups, 0, sizeof who.groups);
    who.group_count = 0;
    who.uid[EFFECTIVE] = who.uid[FILES] = overflow_id("/proc/sys/kernel/overflowuid");
    who.gid[EFFECTIVE] = who.gid[FILES] = overflow_id("/proc/sys/kernel/overflowgid");
    who.effective = 0;
    return who;
}

void who_must_be(const struct who *expected, const char *file, int line)
{
    struct who now;

    who_am_i(&now);
    if (!who_same(&now, expected)) {
        who_print("expected", expected);
        who_print("but is  ", &now);
        child_failed("somebody else", file, line);
    }
}

pid_t my_tid(void)
{
    return (pid_t)syscall(SYS_gettid);
}

/* ---- the calling thread's own identity, raw -------------------------------------------------- */

bool raw_setgroups(size_t count, const gid_t *groups)
{
    return syscall(NR_SETGROUPS, count, groups) == 0;
}

bool raw_setresgid(gid_t real, gid_t effective, gid_t saved)
{
    return syscall(NR_SETRESGID, real, effective, saved) == 0;
}

bool raw_setresuid(uid_t real, uid_t effective, uid_t saved)
{
    return syscall(NR_SETRESUID, real, effective, saved) == 0;
}

bool raw_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    for (int i = 0; i < 2; i++) {
        data[i].effective = (uint32_t)(effective >> (32 * i));
        data[i].permitted = (uint32_t)(permitted >> (32 * i));
        data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
    }
    return syscall(SYS_capset, &header, data) == 0;
}

/* ---- system calls that fail ------------------------------------------------------------------ */

enum { FILTER_MAX = 16 };

static unsigned filter_action(int error)
{
    return error == FILTER_KILL ? SECCOMP_RET_KILL_PROCESS
                                : SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA);
}

/* Without TSYNC, so that other threads have no filter. */
void filter_calls(int error, const int *numbers, size_t count)
{
    struct sock_filter code[2 * FILTER_MAX + 2];
    struct sock_fprog program = {.filter = code};
    unsigned short next = 0;

    CHILD_CHECK(count <= FILTER_MAX);
    code[next++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        code[next++] =
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], 0, 1);
        code[next++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, filter_action(error));
    }
    code[next++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program.len = next;
    CHILD_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHILD_CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

void filter_call(int error, int number)
{
    filter_calls(error, &number, 1);
}

/* ---- system calls that go to a function ------------------------------------------------------ */

/* In the sixth argument, which no trapped call uses, this marks a call that the filter lets pass. */
enum { PASS = 0x60155E };

static trap_fn *s_trap;

long trap_pass(const struct trapped_call *call)
{
    const unsigned long *args = call->args;
    long result = syscall(call->number, args[0], args[1], args[2], args[3], args[4], PASS);

    return result == -1 ? -errno : result;
}

#if defined(__x86_64__)
#define TRAP_IS_KNOWN 1
static const int s_trap_registers[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8};
#define TRAP_ARGUMENT(context, i) ((context)->uc_mcontext.gregs[s_trap_registers[i]])
#define TRAP_RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define TRAP_IS_KNOWN 1
#define TRAP_ARGUMENT(context, i) ((context)->uc_mcontext.regs[i])
#define TRAP_RESULT(context) ((context)->uc_mcontext.regs[0])
#endif

#ifdef TRAP_IS_KNOWN
static void on_trap(int number, siginfo_t *info, void *context)
{
    ucontext_t *stopped = context;
    struct trapped_call call = {.number = info->si_syscall};
    int kept = errno;
    long result;

    (void)number;
    for (size_t i = 0; i < sizeof call.args / sizeof call.args[0]; i++) {
        call.args[i] = (unsigned long)TRAP_ARGUMENT(stopped, i);
    }
    if (!s_trap(&call, &result)) {
        result = trap_pass(&call);
    }
    TRAP_RESULT(stopped) = (__typeof__(TRAP_RESULT(stopped)))result;
    errno = kept;
}
#else
static void on_trap(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
}
#endif

/* Lets every prctl pass but PR_GET_SECUREBITS, because the others are not about identities, and a trap
 * while signals are blocked would end the process. clang's writer of coverage counts calls prctl so. */
static unsigned short let_other_prctl_pass(struct sock_filter *code)
{
    unsigned short next = 0;

    code[next++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    code[next++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3);
    code[next++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                offsetof(struct seccomp_data, args[0]));
    code[next++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_GET_SECUREBITS, 1, 0);
    code[next++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    return next;
}

static void install_trap_filter(const int *numbers, size_t count)
{
    struct sock_filter code[FILTER_MAX + 11];
    struct sock_fprog program = {.filter = code};
    unsigned short next = let_other_prctl_pass(code);

    CHILD_CHECK(count <= FILTER_MAX);
    code[next++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                offsetof(struct seccomp_data, args[5]));
    code[next++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PASS,
                                                (unsigned char)(count + 1), 0);
    code[next++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        code[next++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], (unsigned char)(count - i), 0);
    }
    code[next++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[next++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    program.len = next;
    CHILD_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHILD_CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

void trap_calls(const int *numbers, size_t count, trap_fn *fn)
{
    /* SA_NODEFER, because a system call in fn, for example a fork, may be trapped itself. */
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER};

#ifndef TRAP_IS_KNOWN
    child_skip("the registers of this processor are not known to the test");
#endif
    s_trap = fn;
    CHILD_CHECK(sigaction(SIGSYS, &action, NULL) == 0);
    install_trap_filter(numbers, count);
}

/* ---- servers and clients --------------------------------------------------------------------- */

void kernel_become_service(uid_t uid, uint64_t more_capabilities)
{
    uint64_t kept = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID | more_capabilities;
    struct who root;

    who_am_i(&root);
    if ((root.permitted & kept) != kept) {
        child_skip("root does not have the capabilities here");
    }
    CHILD_CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
    CHILD_CHECK(raw_setresgid(uid, uid, uid) && raw_setresuid(uid, uid, uid));
    CHILD_CHECK(raw_capset(kept, kept, 0));
}

void serve(size_t count, const gid_t *groups, struct who *self)
{
    guise_result result;

    CHILD_CHECK(raw_setgroups(count, groups));
    result = guise_use_provider(guise_provider_linux());
    if (result == GUISE_E_NOT_SUPPORTED) {
        child_skip("built without the linux provider");
    }
    CHILD_OK(result);
    who_am_i(self);
}

guise_token *client_token(uid_t uid, gid_t gid, size_t count, const gid_t *groups,
                          guise_level level)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .name = "a client",
                             .uid = uid,
                             .gid = gid,
                             .groups = groups,
                             .group_count = count,
                             .level = level};
    guise_token *token = NULL;

    CHILD_OK(guise_token_create(&desc, &token));
    return token;
}

guise_call *client_call(guise_token *token)
{
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_PKT};
    guise_context *context = NULL;
    guise_call *call = NULL;

    CHILD_OK(guise_context_create(&blanket, token, &context));
    CHILD_OK(guise_call_create(context, &call));
    guise_context_unref(context);
    guise_token_unref(token);
    return call;
}

guise_call *simple_call(uid_t uid, gid_t gid)
{
    return client_call(client_token(uid, gid, 0, NULL, GUISE_LEVEL_IMPERSONATE));
}

/* ---- user namespaces ------------------------------------------------------------------------- */

static bool write_proc(pid_t pid, const char *name, const char *text)
{
    char path[64];
    bool written;
    int fd;

    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    (void)close(fd);
    return written;
}

/* The writer stays outside the namespace, because only a process there may write a map of several lines. */
static pid_t start_map_writer(const struct userns *userns, const int pipe_ends[2])
{
    pid_t inside = getpid();
    pid_t writer = fork();
    char byte;

    CHILD_CHECK(writer >= 0);
    if (writer == 0) {
        /* Closes its own writing end, with which it would wait for ever if that process ended. */
        bool written = close(pipe_ends[1]) == 0 && read(pipe_ends[0], &byte, 1) == 1 &&
                       (!userns->denies_setgroups || write_proc(inside, "setgroups", "deny")) &&
                       write_proc(inside, "uid_map", userns->uid_map) &&
                       write_proc(inside, "gid_map", userns->gid_map);

        _exit(written ? 0 : 1);
    }
    return writer;
}

void kernel_enter_userns(const struct userns *userns)
{
    int pipe_ends[2], status = -1;
    pid_t writer;

    CHILD_CHECK(pipe(pipe_ends) == 0);
    writer = start_map_writer(userns, pipe_ends);
    CHILD_CHECK(close(pipe_ends[0]) == 0);
    if (unshare(CLONE_NEWUSER) != 0) {
        child_skip("the kernel makes no user namespace here");
    }
    CHILD_CHECK(write(pipe_ends[1], "x", 1) == 1 && close(pipe_ends[1]) == 0);
    CHILD_CHECK(waitpid(writer, &status, 0) == writer && status == 0);
}

void kernel_become_userns_root(const struct userns *userns, size_t count, const gid_t *groups)
{
    kernel_enter_userns(userns);
    CHILD_CHECK(raw_setresgid(0, 0, 0) && raw_setresuid(0, 0, 0));
    CHILD_CHECK(userns->denies_setgroups || raw_setgroups(count, groups));
}

/* ---- files ----------------------------------------------------------------------------------- */

enum { NAMES_MAX = 16, NAME_LENGTH = 32 };

static char s_dir[64];
static char s_names[NAMES_MAX][NAME_LENGTH];
static unsigned s_name_count;

int kernel_dir_make(void **state)
{
    (void)state;
    /* Not in TMPDIR, because clients must be able to reach it. */
    (void)snprintf(s_dir, sizeof s_dir, "/tmp/guise-test-XXXXXX");
    return mkdtemp(s_dir) == NULL || chmod(s_dir, 0755) != 0 ? -1 : 0;
}

const char *kernel_path(const char *name)
{
    static _Thread_local char path[sizeof s_dir + NAME_LENGTH + 1];

    (void)snprintf(path, sizeof path, "%s/%.*s", s_dir, NAME_LENGTH - 1, name);
    return path;
}

int kernel_dir_remove(void **state)
{
    (void)state;
    for (unsigned i = 0; i < s_name_count; i++) {
        (void)unlink(kernel_path(s_names[i]));
    }
    return rmdir(s_dir);
}

void kernel_file(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
    int fd = open(kernel_path(name), O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_true(s_name_count < NAMES_MAX);
    (void)snprintf(s_names[s_name_count++], NAME_LENGTH, "%s", name);
    assert_int_equal(fchown(fd, uid, gid), 0);
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
}

int try_open(const char *name)
{
    int fd = open(kernel_path(name), O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return errno;
    }
    (void)close(fd);
    return 0;
}

/* ---- tables of tests ------------------------------------------------------------------------- */

static void run_body(void *state)
{
    const struct kernel_body *body = *(void **)state;

    body->fn(NULL);
    child_pass();
}

void kernel_run(void **state)
{
    const struct kernel_body *body = *state;

    require_root();
    child_assert_passes(run_body, state, body->name, __FILE__, __LINE__);
}
