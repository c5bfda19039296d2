/* SPDX-License-Identifier: MIT */
/*
 * Single steps: between start_stepping and stop_stepping the processor raises SIGTRAP before each
 * instruction of the thread. A handler can end that as well, by clearing TRAP_FLAG in the flags that it
 * returns to. Only where STEPPING_WORKS is 1.
 */
#ifndef GUISE_TEST_STEPPING_H
#define GUISE_TEST_STEPPING_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_THREAD__)
#define STEPPING_WORKS 1

enum { TRAP_FLAG = 0x100 };

/* Changes the flag register on the stack, below the area that a leaf function may use. */
static inline void start_stepping(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "memory", "cc");
}

static inline void stop_stepping(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $-257, (%%rsp)\n\tpopfq\n\t"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "memory", "cc");
}

#else
#define STEPPING_WORKS 0
#endif

#endif
