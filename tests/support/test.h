/* SPDX-License-Identifier: MIT */
/* What every test program includes first, after its feature-test macros: cmocka and what it lacks. */
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

/* What a program that cannot run here exits with; CTest calls it skipped. */
#define TEST_SKIPPED 77

/* Not NULL, nothing's address: put it in an out parameter to see that a failure clears it. */
#define TEST_POISON(type) ((type *)(uintptr_t)0x5AFE5AFE)

/* On the test's own thread only; a worker uses WT_CHECK (wt.h). */
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

/*
 * The process dies, with this test's name on standard error, unless the test ends or starts the
 * watch anew within so many seconds (more under a sanitizer). 0 ends the watch. One for a process:
 * it uses SIGALRM. CTest's own time-out would name the program only.
 */
#define test_watchdog(seconds) test_watchdog_start(__func__, (seconds))
void test_watchdog_start(const char *name, unsigned seconds);

/* The end of a forked child: _exit, after the coverage counts are written. */
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void test_exit_child(int status);

GUISE_END_DECLS

#endif
