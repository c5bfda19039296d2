/* SPDX-License-Identifier: MIT */
/* cmocka, and helpers that it lacks. Every test program includes this first, after its feature-test macros. */
#ifndef GUISE_TEST_H
#define GUISE_TEST_H

/* cmocka.h needs these and does not include them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <guise/guise.h>

GUISE_BEGIN_DECLS

/* The exit status of a program that cannot run here; CTest reports it as skipped. */
#define TEST_SKIPPED 77

/* Neither NULL nor the address of an object: stored in an out parameter to see that a failure clears it. */
#define TEST_POISON(type) ((type *)(uintptr_t)0x5AFE5AFE)

/* For the test's own thread only; a worker uses WT_CHECK (wt.h). */
#define assert_result(actual, expected)                                                            \
    test_assert_result((actual), (expected), #actual, __FILE__, __LINE__)
#define assert_ok(actual) assert_result(actual, GUISE_OK)
void test_assert_result(guise_result actual, guise_result expected, const char *expression,
                        const char *file, int line);

/* Skips this test, with the reason in the output. */
#define require_root() test_require_root(__FILE__, __LINE__)
void test_require_root(const char *file, int line);

/* Skips the whole program, from main: prints why and exits with TEST_SKIPPED. */
void test_skip_program(const char *reason);

/* Chooses the emulated provider, in main before the first token. Ends the process on failure. */
void test_use_emulated(void);

/*
 * Ends the process, with this test's name on standard error, unless the test ends or starts the watchdog
 * again within so many seconds (more under a sanitizer). 0 stops the watchdog. There is one for a
 * process, because it uses SIGALRM. It is here because CTest's own time-out names the program only.
 */
#define test_watchdog(seconds) test_watchdog_start(__func__, (seconds))
void test_watchdog_start(const char *name, unsigned seconds);

/* Writes the coverage counts so far, for a process that later ends where it cannot write them. It then ends
 * by the system call itself, because _exit would write them again. */
void test_save_counts(void);

/* Ends a forked child by _exit, after writing the coverage counts. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void test_exit_child(int status);

GUISE_END_DECLS

#endif
