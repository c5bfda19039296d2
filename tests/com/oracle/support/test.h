/* SPDX-License-Identifier: MIT */
/* In place of tests/support/test.h: without the core, and recording. */
#ifndef GUISE_TEST_H
#define GUISE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <guise/result.h>

#define assert_result(actual, expected)                                                            \
    test_assert_result((actual), (expected), #actual, __FILE__, __LINE__)
void test_assert_result(guise_result actual, guise_result expected, const char *expression,
                        const char *file, int line);

/* There is nothing to choose. */
#define test_use_emulated() ((void)0)

/* `run` sees to it that every test ends. */
#define test_watchdog(seconds) ((void)(seconds))

#endif
