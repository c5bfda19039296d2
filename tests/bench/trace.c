/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "trace.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A system call that no measured code makes. */
enum { MARK = SYS_getppid };

struct trace {
    long *numbers;
    size_t room, count;
    unsigned marks;
};

void trace_mark(void)
{
    (void)syscall(MARK);
}

#if defined(__GNUC__)
__attribute__((noreturn))
#endif
static void
be_traced(void (*fn)(void))
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(1);
    }
    (void)raise(SIGSTOP);
    fn();
    _exit(0);
}

static void note(struct trace *trace, long number)
{
    if (number == MARK) {
        trace->marks++;
    } else if (trace->marks == 1) {
        if (trace->count < trace->room) {
            trace->numbers[trace->count] = number;
        }
        trace->count++;
    }
}

static void look(struct trace *trace, pid_t child)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0 &&
        info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        note(trace, (long)info.entry.nr);
    }
}

/* Follows the child from stop to stop until it ends. Returns whether it succeeded. */
static bool follow(struct trace *trace, pid_t child)
{
    int status;

    while (ptrace(PTRACE_SYSCALL, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child) {
        if (WIFEXITED(status)) {
            return WEXITSTATUS(status) == 0;
        }
        if (!WIFSTOPPED(status)) {
            return false;
        }
        if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            look(trace, child);
        }
    }
    return false;
}

static bool is_ready(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) == child && WIFSTOPPED(status) &&
           ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0;
}

size_t trace_run(void (*fn)(void), long *numbers, size_t room)
{
    struct trace trace = {.numbers = numbers, .room = room};
    pid_t child = fork();

    if (child == 0) {
        be_traced(fn);
    }
    if (child < 0 || !is_ready(child) || !follow(&trace, child) || trace.marks != 2) {
        return TRACE_FAILED;
    }
    return trace.count;
}
