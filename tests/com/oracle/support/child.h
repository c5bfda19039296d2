/* SPDX-License-Identifier: MIT */
/* In place of tests/support/child.h: each test is a process of its own here, so its child is itself.
 * A test with two children for what happens once in a process would be wrong here. */
#ifndef GUISE_TEST_CHILD_H
#define GUISE_TEST_CHILD_H

#include "support/test.h"

#define assert_child_passes(fn, arg) (fn)(arg)
#define CHILD_CHECK(expression) assert_true(expression)
#define CHILD_CHECK_RESULT(actual, expected)                                                       \
    test_assert_result((actual), (expected), #actual, __FILE__, __LINE__)

#endif
