/* SPDX-License-Identifier: MIT */
/*
 * For the kernel tests on Linux: a thread's identity, read without the library; system calls that fail on
 * demand; servers and clients. Functions that check something are for children (child.h).
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

/* ---- identities ------------------------------------------------------------------------------ */

enum { WHO_GROUPS_MAX = 128, REAL = 0, EFFECTIVE = 1, SAVED = 2, FILES = 3 };

/* An identity. Comparable by memcmp, because it has no padding and unused parts are zero. */
struct who {
    uint64_t effective, permitted, inheritable; /* capabilities */
    unsigned uid[4], gid[4];                    /* REAL, EFFECTIVE, SAVED, FILES */
    unsigned group_count;
    unsigned groups[WHO_GROUPS_MAX];
    unsigned zero;
};

/* Reads /proc/PID/task/TID/status. Returns false if the thread has ended. */
bool who_is(pid_t pid, pid_t tid, struct who *out);
/* Asks for the calling thread by raw system calls and by its status file, which must agree. */
void who_am_i(struct who *out);
/* The same by system calls only, for tests that ask very often. */
void who_ask(struct who *out);
bool who_same(const struct who *one, const struct who *other);
/* Writes to standard error. */
void who_print(const char *what, const struct who *who);

/* Returns the identity that a thread with the identity self has as a client: other effective ids, groups and
 * capabilities. */
struct who who_as(const struct who *self, uid_t uid, gid_t gid, size_t count, const gid_t *groups);
/* The same for a client below impersonation level: the powerless identity. */
struct who who_nobody(const struct who *self);

/* Ends the child unless the calling thread has this identity. */
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

/* From now on these system calls do nothing and fail with error on this thread and on those that it
 * creates. 0: they report success; FILTER_KILL: they end the process. This cannot be undone. */
void filter_calls(int error, const int *numbers, size_t count);
void filter_call(int error, int number);

/*
 * From now on these system calls of this thread, and of those it makes, go to fn first: it decides by
 * filling in result (negative: -errno), or returns false and the call is made. trap_pass makes it, from
 * within fn too. Of SYS_prctl only PR_GET_SECUREBITS goes to fn. Skips the test where the processor's
 * registers are not known. This cannot be undone.
 */
struct trapped_call {
    int number;
    unsigned long args[5];
};
typedef bool trap_fn(const struct trapped_call *call, long *result);
void trap_calls(const int *numbers, size_t count, trap_fn *fn);
long trap_pass(const struct trapped_call *call);

/* ---- servers and clients --------------------------------------------------------------------- */

/* Changes this process from root to the user, with CAP_SETUID, CAP_SETGID and more_capabilities. */
void kernel_become_service(uid_t uid, uint64_t more_capabilities);

/* Makes this process, with these supplementary groups, a server with the linux provider. */
void serve(size_t count, const gid_t *groups, struct who *self);

guise_token *client_token(uid_t uid, gid_t gid, size_t count, const gid_t *groups,
                          guise_level level);
/* Makes a call of a client. Takes over the reference to the token. */
guise_call *client_call(guise_token *token);
/* Makes a call of a client in no other group than its own. */
guise_call *simple_call(uid_t uid, gid_t gid);

/* ---- user namespaces ------------------------------------------------------------------------- */

struct userns {
    const char *uid_map, *gid_map; /* lines of "inside outside count" */
    bool denies_setgroups;
};

/* This process, which has one thread, enters a new user namespace with these maps. Its ids as seen from
 * outside stay the same. Skips the test if the kernel makes no namespace. */
void kernel_enter_userns(const struct userns *userns);
/* The same, and then becomes uid and gid 0 of that namespace, with these groups if setgroups is allowed. */
void kernel_become_userns_root(const struct userns *userns, size_t count, const gid_t *groups);

/* ---- files ----------------------------------------------------------------------------------- */

/* A directory of the test's own, made and removed by cmocka's group set-up and tear-down. */
int kernel_dir_make(void **state);
int kernel_dir_remove(void **state);
/* Makes a file in it; relative names only. */
void kernel_file(const char *name, uid_t uid, gid_t gid, mode_t mode);
const char *kernel_path(const char *name);
/* Opens it for reading and closes it. Returns 0, or errno. */
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
