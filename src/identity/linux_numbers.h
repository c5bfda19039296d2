/* SPDX-License-Identifier: MIT */
/* The numbers of the system calls for ids. */
#ifndef GUISE_SRC_IDENTITY_LINUX_NUMBERS_H
#define GUISE_SRC_IDENTITY_LINUX_NUMBERS_H

#include <sys/syscall.h>

/* On some 32-bit systems the plain numbers belong to calls that take 16-bit ids. */
#ifdef SYS_setresuid32
enum {
    NR_SETRESUID = SYS_setresuid32,
    NR_SETRESGID = SYS_setresgid32,
    NR_SETGROUPS = SYS_setgroups32,
    NR_GETRESUID = SYS_getresuid32,
    NR_GETRESGID = SYS_getresgid32,
    NR_GETGROUPS = SYS_getgroups32,
    NR_SETFSUID = SYS_setfsuid32,
    NR_SETFSGID = SYS_setfsgid32
};
#else
enum {
    NR_SETRESUID = SYS_setresuid,
    NR_SETRESGID = SYS_setresgid,
    NR_SETGROUPS = SYS_setgroups,
    NR_GETRESUID = SYS_getresuid,
    NR_GETRESGID = SYS_getresgid,
    NR_GETGROUPS = SYS_getgroups,
    NR_SETFSUID = SYS_setfsuid,
    NR_SETFSGID = SYS_setfsgid
};
#endif

#endif
