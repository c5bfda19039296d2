/* SPDX-License-Identifier: MIT */
/*
 * The kernel's per-thread identity calls, and nothing but them: each function is one raw system call on the
 * calling thread alone, because the libc functions of the same names change all threads of the process. They
 * change errno.
 *
 * Inline, because a switch takes some twenty-five of them. The file that includes this first defines
 * _GNU_SOURCE.
 */
#ifndef GUISE_SRC_IDENTITY_LINUX_CALLS_H
#define GUISE_SRC_IDENTITY_LINUX_CALLS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "identity/linux_numbers.h"
#include "port/syscall_linux.h"

enum { GUISE__CAP_WORDS = 2 };

struct guise__ids {
    unsigned real, effective, saved;
};

struct guise__caps {
    uint32_t effective[GUISE__CAP_WORDS], permitted[GUISE__CAP_WORDS],
        inheritable[GUISE__CAP_WORDS];
};

/* GUISE__KEEP_ID leaves an id alone. The file-system ids follow the effective ones. */
#define GUISE__KEEP_ID ((unsigned)-1)
static inline bool guise__set_uids(struct guise__ids ids)
{
    return guise__syscall(NR_SETRESUID, (long)ids.real, (long)ids.effective, (long)ids.saved) == 0;
}

static inline bool guise__set_gids(struct guise__ids ids)
{
    return guise__syscall(NR_SETRESGID, (long)ids.real, (long)ids.effective, (long)ids.saved) == 0;
}

static inline bool guise__set_groups(size_t count, const gid_t *groups)
{
    return guise__syscall(NR_SETGROUPS, (long)count, GUISE__ARG(groups), 0) == 0;
}

static inline bool guise__set_caps(const struct guise__caps *caps)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[GUISE__CAP_WORDS];

    for (int i = 0; i < GUISE__CAP_WORDS; i++) {
        data[i].effective = caps->effective[i];
        data[i].permitted = caps->permitted[i];
        data[i].inheritable = caps->inheritable[i];
    }
    return guise__syscall(SYS_capset, GUISE__ARG(&header), GUISE__ARG(data), 0) == 0;
}

static inline bool guise__get_uids(struct guise__ids *out)
{
    memset(out, 0xFF, sizeof *out);
    return guise__syscall(NR_GETRESUID, GUISE__ARG(&out->real), GUISE__ARG(&out->effective),
                          GUISE__ARG(&out->saved)) == 0;
}

static inline bool guise__get_gids(struct guise__ids *out)
{
    memset(out, 0xFF, sizeof *out);
    return guise__syscall(NR_GETRESGID, GUISE__ARG(&out->real), GUISE__ARG(&out->effective),
                          GUISE__ARG(&out->saved)) == 0;
}

/* Asks by setting an id that is none: the call changes nothing and returns the id in force. */
static inline unsigned guise__get_file_uid(void)
{
    return (unsigned)guise__syscall(NR_SETFSUID, -1, 0, 0);
}

static inline unsigned guise__get_file_gid(void)
{
    return (unsigned)guise__syscall(NR_SETFSGID, -1, 0, 0);
}

static inline long guise__count_groups(void)
{
    return guise__syscall(NR_GETGROUPS, 0, 0, 0);
}

/* How many; -1 if room is too small. */
static inline long guise__get_groups(size_t room, gid_t *out)
{
    return guise__syscall(NR_GETGROUPS, (long)room, GUISE__ARG(out), 0);
}

static inline bool guise__get_caps(struct guise__caps *out)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[GUISE__CAP_WORDS];

    /* Cleared first, because a system call filter may answer "done" and write nothing. */
    memset(data, 0xFF, sizeof data);
    if (guise__syscall(SYS_capget, GUISE__ARG(&header), GUISE__ARG(data), 0) != 0) {
        return false;
    }
    for (int i = 0; i < GUISE__CAP_WORDS; i++) {
        out->effective[i] = data[i].effective;
        out->permitted[i] = data[i].permitted;
        out->inheritable[i] = data[i].inheritable;
    }
    return true;
}

static inline int guise__get_securebits(void)
{
    return prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
}

#endif
