/* SPDX-License-Identifier: MIT */
/*
 * Forked children, for tests of what happens once in a process, and of what ends a process. A child
 * checks with CHILD_CHECK and not with cmocka's macros; a failed check writes to standard error and ends
 * the child.
 *
 *     static void choose_twice(void *arg)
 *     {
 *         (void)arg;
 *         CHILD_CHECK_RESULT(guise_use_provider(fake_provider()), GUISE_OK);
 *     }
 *
 *     assert_child_passes(choose_twice, NULL);
 */
#ifndef GUISE_TEST_CHILD_H
#define GUISE_TEST_CHILD_H

#include <stddef.h>

#include <guise/result.h>

GUISE_BEGIN_DECLS

typedef void child_fn(void *arg);

/* Called on the test's own thread; if the process has others, the child must start no thread. The child exits
 * with 0 after fn, or with TEST_SKIPPED by test_exit_child, which skips the test. */
#define assert_child_passes(fn, arg) child_assert_passes((fn), (arg), #fn, __FILE__, __LINE__)
void child_assert_passes(child_fn *fn, void *arg, const char *name, const char *file, int line);

/* The child dies by SIGABRT after it wrote text on standard error. */
#define assert_child_dies(fn, arg, text)                                                           \
    child_assert_dies((fn), (arg), (text), #fn, __FILE__, __LINE__)
void child_assert_dies(child_fn *fn, void *arg, const char *text, const char *name,
                       const char *file, int line);

/* Reads from a pipe until its last writer has closed it, closes fd, and leaves in text what fits. The
 * rest is read too, because a child that writes into a pipe without a reader dies by SIGPIPE. */
void child_read_all(int fd, char *text, size_t size);

#define CHILD_CHECK(expression)                                                                    \
    ((expression) ? (void)0 : child_failed(#expression, __FILE__, __LINE__))
#define CHILD_CHECK_RESULT(actual, expected)                                                       \
    child_check_result((actual), (expected), #actual, __FILE__, __LINE__)

#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void child_failed(const char *expression, const char *file, int line);
void child_check_result(guise_result actual, guise_result expected, const char *expression,
                        const char *file, int line);

GUISE_END_DECLS

#endif
