/* SPDX-License-Identifier: MIT */
/*
 * In place of cmocka, with the macros the tests use. A failed assertion is recorded and the test
 * goes on, so that all that differs is seen; only where nothing can follow, at a NULL, does it end.
 * The program runs one test: `program --list`, `program NAME`. What it writes, `run` reads.
 */
#ifndef GUISE_ORACLE_CMOCKA_H
#define GUISE_ORACLE_CMOCKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each counts one assertion. What is shown is its first argument as it is written. */
void oracle_truth(bool actual, bool expected, const char *text, int line);
void oracle_integer(uintmax_t actual, uintmax_t expected, const char *text, int line);
void oracle_other(uintmax_t actual, uintmax_t unexpected, const char *text, int line);
void oracle_range(uintmax_t actual, uintmax_t minimum, uintmax_t maximum, const char *text,
                  int line);
void oracle_pointer(const void *actual, const void *expected, const char *text, int line);
void oracle_exists(const void *actual, const char *text, int line);
void oracle_string(const char *actual, const char *expected, const char *text, int line);
void oracle_memory(const void *actual, const void *expected, size_t size, const char *text,
                   int line);
/* What was given to print_error goes into the record. */
void oracle_fail(const char *file, int line);
void oracle_skip(const char *file, int line);
void oracle_print(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));

#define assert_true(condition) oracle_truth((condition) ? true : false, true, #condition, __LINE__)
#define assert_false(condition)                                                                    \
    oracle_truth((condition) ? true : false, false, #condition, __LINE__)
#define assert_int_equal(actual, expected)                                                         \
    oracle_integer((uintmax_t)(actual), (uintmax_t)(expected), #actual, __LINE__)
#define assert_int_not_equal(actual, unexpected)                                                   \
    oracle_other((uintmax_t)(actual), (uintmax_t)(unexpected), #actual, __LINE__)
#define assert_in_range(actual, minimum, maximum)                                                  \
    oracle_range((uintmax_t)(actual), (uintmax_t)(minimum), (uintmax_t)(maximum), #actual, __LINE__)
#define assert_null(actual) oracle_pointer((actual), NULL, #actual, __LINE__)
#define assert_non_null(actual) oracle_exists((actual), #actual, __LINE__)
#define assert_ptr_equal(actual, expected) oracle_pointer((actual), (expected), #actual, __LINE__)
#define assert_ptr_not_equal(actual, unexpected)                                                   \
    oracle_other((uintptr_t)(actual), (uintptr_t)(unexpected), #actual, __LINE__)
#define assert_string_equal(actual, expected) oracle_string((actual), (expected), #actual, __LINE__)
#define assert_memory_equal(actual, expected, size)                                                \
    oracle_memory((actual), (expected), (size), #actual, __LINE__)
#define fail() oracle_fail(__FILE__, __LINE__)
#define _fail oracle_fail
#define skip() oracle_skip(__FILE__, __LINE__)
#define print_error oracle_print
#define print_message oracle_print

typedef void CMUnitTestFunction(void **state);
typedef int CMFixtureFunction(void **state);

struct CMUnitTest {
    const char *name;
    CMUnitTestFunction *test_func;
    CMFixtureFunction *setup_func, *teardown_func;
    void *initial_state;
};

#define cmocka_unit_test(function) cmocka_unit_test_setup_teardown(function, NULL, NULL)
#define cmocka_unit_test_setup(function, setup)                                                    \
    cmocka_unit_test_setup_teardown(function, setup, NULL)
#define cmocka_unit_test_teardown(function, teardown)                                              \
    cmocka_unit_test_setup_teardown(function, NULL, teardown)
#define cmocka_unit_test_setup_teardown(function, setup, teardown)                                 \
    {                                                                                              \
        #function, function, setup, teardown, NULL                                                 \
    }
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    oracle_run((tests), sizeof(tests) / sizeof(tests)[0], (setup), (teardown))
int oracle_run(const struct CMUnitTest *tests, size_t count, CMFixtureFunction *setup,
               CMFixtureFunction *teardown);

#endif
