/* SPDX-License-Identifier: MIT */
/* What differs between compilers: thread-local storage, attributes, and which sanitizer is on. */
#ifndef GUISE_SRC_PORT_COMPILER_H
#define GUISE_SRC_PORT_COMPILER_H

#include <guise/export.h>

/*
 * Exported to the sibling libraries, guise-com and guise-uring of the same version, in the version
 * node GUISE_PRIVATE (src/guise.map). No part of the interface: no installed header declares these
 * functions, and each version may change them.
 */
#define GUISE_SIBLING GUISE_API

/*
 * Thread-local storage. The default model, because a shared library with the initial-exec model
 * cannot be loaded by dlopen where the loader has no room left for it, and never under musl. With
 * GUISE_INITIAL_EXEC_TLS (the CMake option of that name) an access is one load from the thread
 * pointer also in a shared library. In a program that the static library is linked into, the linker
 * makes them equal.
 */
#if defined(__ELF__) && defined(GUISE_INITIAL_EXEC_TLS)
#define GUISE_TLS _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define GUISE_TLS _Thread_local
#endif

/*
 * Hides from the compiler what the pointer points to, so that it keeps the value. The address of
 * something thread-local counts as a constant, which a compiler passes on and computes again
 * wherever it is used, though each time may be a call.
 */
#if defined(__GNUC__)
#define GUISE_KEEP_POINTER(pointer) __asm__("" : "+r"(pointer))
#else
#define GUISE_KEEP_POINTER(pointer) (void)(pointer)
#endif

/* Keeps code that rarely runs, and its stack frame, out of a function that often does. */
#if defined(__GNUC__)
#define GUISE_COLD __attribute__((noinline, cold))
/* The same for code that runs often enough to be fast. */
#define GUISE_NOINLINE __attribute__((noinline))
/* For a small function of one file that is called a few times in what has to be fast. */
#define GUISE_IN_LINE static inline __attribute__((always_inline))
#else
#define GUISE_COLD
#define GUISE_NOINLINE
#define GUISE_IN_LINE static inline
#endif

/* A variable that hardened builds do not clear, because that would take longer than its use, and that is
 * written before it is read. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define GUISE_UNINITIALIZED __attribute__((uninitialized))
#endif
#endif
#if !defined(GUISE_UNINITIALIZED)
#define GUISE_UNINITIALIZED
#endif

/* Whether freed memory is kept for the next use: not under a tool that finds uses after a free. */
#if defined(__SANITIZE_ADDRESS__)
#define GUISE__KEEPS_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GUISE__KEEPS_MEMORY 0
#endif
#endif
#if !defined(GUISE__KEEPS_MEMORY)
#define GUISE__KEEPS_MEMORY 1
#endif

#endif
