/* SPDX-License-Identifier: MIT */
/* setgroups for as many groups as the kernel accepts, because libc's own may accept fewer (musl: 32). For a
 * process with one thread, because it may set the groups of the calling thread only. */
#ifndef GUISE_TEST_GROUPS_H
#define GUISE_TEST_GROUPS_H

#include <grp.h>
#include <stdbool.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

static inline bool set_groups(size_t count, const gid_t *groups)
{
#if defined(SYS_setgroups32)
    return syscall(SYS_setgroups32, count, groups) == 0;
#elif defined(SYS_setgroups)
    return syscall(SYS_setgroups, count, groups) == 0;
#else
    return setgroups(count, groups) == 0;
#endif
}

#endif
