/* SPDX-License-Identifier: MIT */
/* The assertions of test.h, which also check that errno is unchanged, as it is after every public function. */
#ifndef GUISE_TEST_KEPT_H
#define GUISE_TEST_KEPT_H

#include <errno.h>

#include "support/test.h"

/* No error has this number. */
#define KEPT_ERRNO 0x5AFE

#define assert_kept(actual, expected)                                                              \
    do {                                                                                           \
        errno = KEPT_ERRNO;                                                                        \
        assert_result((actual), (expected));                                                       \
        assert_int_equal(errno, KEPT_ERRNO);                                                       \
    } while (0)
#define assert_kept_ok(actual) assert_kept((actual), GUISE_OK)

/* The same in a forked child (child.h). */
#define CHILD_CHECK_KEPT(actual, expected)                                                         \
    do {                                                                                           \
        errno = KEPT_ERRNO;                                                                        \
        CHILD_CHECK_RESULT((actual), (expected));                                                  \
        CHILD_CHECK(errno == KEPT_ERRNO);                                                          \
    } while (0)

/* For statements without a result. */
#define assert_keeps_errno(statement)                                                              \
    do {                                                                                           \
        errno = KEPT_ERRNO;                                                                        \
        statement;                                                                                 \
        assert_int_equal(errno, KEPT_ERRNO);                                                       \
    } while (0)

#endif
