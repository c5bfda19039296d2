/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "identity/linux_switch.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "identity/linux_numbers.h"

bool guise__set_effective_uid(unsigned uid)
{
    return syscall(NR_SETRESUID, -1, uid, -1) == 0;
}

bool guise__set_effective_gid(unsigned gid)
{
    return syscall(NR_SETRESGID, -1, gid, -1) == 0;
}

bool guise__set_groups(size_t count, const gid_t *groups)
{
    return syscall(NR_SETGROUPS, count, groups) == 0;
}

bool guise__set_caps(const struct guise__caps *caps)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[GUISE__CAP_WORDS];

    for (int i = 0; i < GUISE__CAP_WORDS; i++) {
        data[i].effective = caps->effective[i];
        data[i].permitted = caps->permitted[i];
        data[i].inheritable = caps->inheritable[i];
    }
    return syscall(SYS_capset, &header, data) == 0;
}

bool guise__get_uids(struct guise__ids *out)
{
    memset(out, 0xFF, sizeof *out);
    return syscall(NR_GETRESUID, &out->real, &out->effective, &out->saved) == 0;
}

bool guise__get_gids(struct guise__ids *out)
{
    memset(out, 0xFF, sizeof *out);
    return syscall(NR_GETRESGID, &out->real, &out->effective, &out->saved) == 0;
}

long guise__count_groups(void)
{
    return syscall(NR_GETGROUPS, 0, NULL);
}

long guise__get_groups(size_t room, gid_t *out)
{
    return syscall(NR_GETGROUPS, room, out);
}

bool guise__get_caps(struct guise__caps *out)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[GUISE__CAP_WORDS];

    /* A filter may answer "done" and write nothing: no right answer may be lying there. */
    memset(data, 0xFF, sizeof data);
    if (syscall(SYS_capget, &header, data) != 0) {
        return false;
    }
    for (int i = 0; i < GUISE__CAP_WORDS; i++) {
        out->effective[i] = data[i].effective;
        out->permitted[i] = data[i].permitted;
        out->inheritable[i] = data[i].inheritable;
    }
    return true;
}

int guise__get_securebits(void)
{
    return prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
}
