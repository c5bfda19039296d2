/* SPDX-License-Identifier: MIT */
/*
 * One system call, as syscall() of libc makes it: -1 and errno if it fails. In line where the compiler and
 * the processor are known, because a switch of identity makes some twenty-five calls, and because libc's
 * function moves seven arguments whatever their number.
 *
 * The file that includes this first defines _GNU_SOURCE.
 */
#ifndef GUISE_SRC_PORT_SYSCALL_LINUX_H
#define GUISE_SRC_PORT_SYSCALL_LINUX_H

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The compiler is told that the kernel may read and write any memory. */
#if defined(__GNUC__) && defined(__x86_64__) && defined(__LP64__)
static inline long guise__syscall_raw(long number, long first, long second, long third)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(first), "S"(second), "d"(third)
                     : "rcx", "r11", "memory");
    return result;
}
#define GUISE__HAS_SYSCALL_RAW 1
#elif defined(__GNUC__) && defined(__aarch64__) && defined(__LP64__)
static inline long guise__syscall_raw(long number, long first, long second, long third)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = first;
    register long x1 __asm__("x1") = second;
    register long x2 __asm__("x2") = third;

    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#define GUISE__HAS_SYSCALL_RAW 1
#endif

/* A pointer is passed as GUISE__ARG(pointer). */
#define GUISE__ARG(pointer) ((long)(intptr_t)(pointer))

#if defined(GUISE__HAS_SYSCALL_RAW)
static inline long guise__syscall(long number, long first, long second, long third)
{
    enum { ERRNO_MAX = 4095 };
    long result = guise__syscall_raw(number, first, second, third);

    if (result < 0 && result >= -ERRNO_MAX) {
        errno = (int)-result;
        return -1;
    }
    return result;
}
#else
static inline long guise__syscall(long number, long first, long second, long third)
{
    return syscall(number, first, second, third);
}
#endif

#endif
