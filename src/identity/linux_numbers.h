/* SPDX-License-Identifier: MIT */
#ifndef GUISE_LINUX_NUMBERS_H
#define GUISE_LINUX_NUMBERS_H

#include <sys/syscall.h>

/* Some 32-bit systems keep the plain numbers for calls that take 16-bit ids. */
#ifdef SYS_setresuid32
enum {
    NR_SETRESUID = SYS_setresuid32,
    NR_SETRESGID = SYS_setresgid32,
    NR_SETGROUPS = SYS_setgroups32,
    NR_GETRESUID = SYS_getresuid32,
    NR_GETRESGID = SYS_getresgid32,
    NR_GETGROUPS = SYS_getgroups32
};
#else
enum {
    NR_SETRESUID = SYS_setresuid,
    NR_SETRESGID = SYS_setresgid,
    NR_SETGROUPS = SYS_setgroups,
    NR_GETRESUID = SYS_getresuid,
    NR_GETRESGID = SYS_getresgid,
    NR_GETGROUPS = SYS_getgroups
};
#endif

#endif
