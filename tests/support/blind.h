/* SPDX-License-Identifier: MIT */
/*
 * A function that the unwinder cannot see through, as all C functions are where the compiler emits no
 * unwind tables for C (armhf, riscv64): blind.c is compiled without them everywhere. Where libc unwinds
 * the stack of a thread that ends (glibc), it stops at this function; nothing further out is unwound.
 */
#ifndef GUISE_TEST_BLIND_H
#define GUISE_TEST_BLIND_H

void blind_run(void (*fn)(void *arg), void *arg);

#endif
