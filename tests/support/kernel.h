/* SPDX-License-Identifier: MIT */
/*
 * Linux: who a thread is, asked past the library; system calls that fail on demand; and the servers
 * and clients of the kernel tests. Those that check are for children (child.h).
 */
#ifndef GUISE_TEST_KERNEL_H
#define GUISE_TEST_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <guise/guise.h>

#include "identity/linux_numbers.h"
#include "support/puppet.h"

/* ---- who ------------------------------------------------------------------------------------- */

enum { WHO_GROUPS_MAX = 128, REAL = 0, EFFECTIVE = 1, SAVED = 2, FILES = 3 };

/* Comparable by memcmp: no padding, what is not used is zero. */
struct who {
    uint64_t effective, permitted, inheritable; /* capabilities */
    unsigned uid[4], gid[4];                    /* REAL, EFFECTIVE, SAVED, FILES */
    unsigned group_count;
    unsigned groups[WHO_GROUPS_MAX];
    unsigned zero;
};

/* From /proc/PID/task/TID/status; false if there is no such thread any more. */
bool who_is(pid_t pid, pid_t tid, struct who *out);
/* The calling thread: the raw system calls and its status file, which must agree. */
void who_am_i(struct who *out);
bool who_same(const struct who *one, const struct who *other);
/* To standard error. */
void who_print(const char *what, const struct who *who);

/* What a thread that is self becomes: effective ids, groups and capabilities only. */
struct who who_as(const struct who *self, uid_t uid, gid_t gid, size_t count, const gid_t *groups);
/* The same for a token that the kernel must not know: nobody. */
struct who who_nobody(const struct who *self);

/* The calling thread must be that. */
#define MUST_BE(expected) who_must_be((expected), __FILE__, __LINE__)
void who_must_be(const struct who *expected, const char *file, int line);

pid_t my_tid(void);
unsigned overflow_id(const char *file);

/* ---- the calling thread's own identity, raw -------------------------------------------------- */

bool raw_setgroups(size_t count, const gid_t *groups);
bool raw_setresgid(gid_t real, gid_t effective, gid_t saved);
bool raw_setresuid(uid_t real, uid_t effective, uid_t saved);
bool raw_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);

/* ---- system calls that fail ------------------------------------------------------------------ */

enum { FILTER_KILL = -1 };

/* From now on this thread, and those it makes, get error from these system calls and nothing is
 * done; 0: they are told that it was; FILTER_KILL: the process dies. There is no way back. */
void filter_calls(int error, const int *numbers, size_t count);
void filter_call(int error, int number);

/* ---- servers and clients --------------------------------------------------------------------- */

/* From root to a user of its own that keeps CAP_SETUID and CAP_SETGID, and these. */
void kernel_become_service(uid_t uid, uint64_t more_capabilities);

/* This process, with these supplementary groups, becomes a server with the linux provider. */
void serve(size_t count, const gid_t *groups, struct who *self);

guise_token *client_token(uid_t uid, gid_t gid, size_t count, const gid_t *groups,
                          guise_level level);
/* Takes over the token. */
guise_call *client_call(guise_token *token);
/* A client in no other group than its own. */
guise_call *simple_call(uid_t uid, gid_t gid);

/* ---- files ----------------------------------------------------------------------------------- */

/* A directory of the test's own, made and removed by cmocka's group set-up and tear-down. */
int kernel_dir_make(void **state);
int kernel_dir_remove(void **state);
/* A file in it; relative names only. */
void kernel_file(const char *name, uid_t uid, gid_t gid, mode_t mode);
const char *kernel_path(const char *name);
/* Opens it for reading: 0, or errno. */
int try_open(const char *name);

/* ---- tables of tests that run in a child each, as root --------------------------------------- */

struct kernel_body {
    child_fn *fn;
    const char *name;
};
#define kernel_test(body)                                                                          \
    {                                                                                              \
#body, kernel_run, NULL, NULL, &(struct kernel_body)                                       \
        {                                                                                          \
            body, #body                                                                            \
        }                                                                                          \
    }
void kernel_run(void **state);

#endif
