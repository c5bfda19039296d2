/* SPDX-License-Identifier: MIT */
/* INIT_ONCE in two steps: by one thread while others wait, and by several at once. */
#include "com_test.h"

#include <guiseport.h>
#include <windows.h>

enum { UNTOUCHED = 7, NO_ERROR_YET = 0xDEAD };

static void *at(uintptr_t number)
{
    return (void *)number;
}

struct answer {
    BOOL done, pending;
    void *context;
    DWORD error;
};

static struct answer begin(INIT_ONCE *once, DWORD flags)
{
    struct answer a = {.pending = UNTOUCHED, .context = POISON};

    SetLastError(NO_ERROR_YET);
    a.done = InitOnceBeginInitialize(once, flags, &a.pending, &a.context);
    a.error = GetLastError();
    return a;
}

static DWORD complete(INIT_ONCE *once, DWORD flags, void *context)
{
    SetLastError(NO_ERROR_YET);
    if (InitOnceComplete(once, flags, context)) {
        return ERROR_SUCCESS;
    }
    return GetLastError();
}

#define assert_begins(once, flags)                                                                 \
    do {                                                                                           \
        struct answer a = begin((once), (flags));                                                  \
        assert_true(a.done);                                                                       \
        assert_int_equal(a.pending, TRUE);                                                         \
        assert_ptr_equal(a.context, POISON);                                                       \
        assert_int_equal(a.error, NO_ERROR_YET);                                                   \
    } while (0)
#define assert_done(once, flags, what)                                                             \
    do {                                                                                           \
        struct answer a = begin((once), (flags));                                                  \
        assert_true(a.done);                                                                       \
        assert_int_equal(a.pending, FALSE);                                                        \
        assert_ptr_equal(a.context, (what));                                                       \
        assert_int_equal(a.error, NO_ERROR_YET);                                                   \
    } while (0)
#define assert_refused(once, flags, code)                                                          \
    do {                                                                                           \
        struct answer a = begin((once), (flags));                                                  \
        assert_false(a.done);                                                                      \
        assert_int_equal(a.pending, UNTOUCHED);                                                    \
        assert_ptr_equal(a.context, POISON);                                                       \
        assert_int_equal(a.error, (code));                                                         \
    } while (0)

static void one_thread_initializes(void **state)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    BOOL pending = UNTOUCHED;

    (void)state;
    assert_refused(&once, INIT_ONCE_CHECK_ONLY, ERROR_GEN_FAILURE);
    assert_begins(&once, 0);
    assert_refused(&once, INIT_ONCE_CHECK_ONLY, ERROR_GEN_FAILURE);
    assert_refused(&once, INIT_ONCE_ASYNC, ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, 0, at(0x100)), ERROR_SUCCESS);
    assert_done(&once, 0, at(0x100));
    assert_done(&once, INIT_ONCE_CHECK_ONLY, at(0x100));
    assert_done(&once, INIT_ONCE_ASYNC, at(0x100));
    assert_true(InitOnceBeginInitialize(&once, 0, &pending, NULL));
    assert_int_equal(pending, FALSE);
    assert_int_equal(complete(&once, 0, at(0x200)), ERROR_GEN_FAILURE);
    assert_int_equal(complete(&once, INIT_ONCE_ASYNC, NULL), ERROR_GEN_FAILURE);
    assert_done(&once, 0, at(0x100));
}

static void a_failure_leaves_it_to_the_next(void **state)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    (void)state;
    assert_begins(&once, 0);
    assert_int_equal(complete(&once, INIT_ONCE_INIT_FAILED, NULL), ERROR_SUCCESS);
    assert_refused(&once, INIT_ONCE_CHECK_ONLY, ERROR_GEN_FAILURE);
    assert_int_equal(complete(&once, INIT_ONCE_INIT_FAILED, NULL), ERROR_GEN_FAILURE);
    assert_begins(&once, 0);
    assert_int_equal(complete(&once, 0, NULL), ERROR_SUCCESS);
    assert_done(&once, 0, NULL);
}

static void completing_checks_its_arguments(void **state)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    (void)state;
    assert_refused(&once, INIT_ONCE_CHECK_ONLY | INIT_ONCE_ASYNC, ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, 0, NULL), ERROR_GEN_FAILURE);
    assert_int_equal(complete(&once, INIT_ONCE_ASYNC, NULL), ERROR_GEN_FAILURE);
    assert_begins(&once, 0);
    assert_int_equal(complete(&once, 0, at(1)), ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, 0, at(2)), ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, INIT_ONCE_INIT_FAILED, at(8)), ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, INIT_ONCE_INIT_FAILED | INIT_ONCE_ASYNC, NULL),
                     ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, 0, at(4)), ERROR_SUCCESS);
    assert_done(&once, 0, at(4));
}

static void com_the_manner_stays(void **state)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    (void)state;
    assert_begins(&once, 0);
    assert_int_equal(complete(&once, INIT_ONCE_ASYNC, at(4)), ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, 0, at(8)), ERROR_SUCCESS);
    assert_done(&once, 0, at(8));
}

static void com_unknown_flags_are_refused(void **state)
{
    INIT_ONCE once = INIT_ONCE_STATIC_INIT, other = INIT_ONCE_STATIC_INIT;

    (void)state;
    assert_refused(&once, 0x8, ERROR_INVALID_PARAMETER);
    assert_begins(&other, 0);
    assert_int_equal(complete(&other, 0x8, NULL), ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&other, INIT_ONCE_INIT_FAILED, NULL), ERROR_SUCCESS);
}

static BOOL CALLBACK never(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once;
    (void)context;
    *(int *)parameter = 1;
    return TRUE;
}

static void several_threads_initialize(void **state)
{
    INIT_ONCE once;
    int ran = 0;

    (void)state;
    InitOnceInitialize(&once);
    assert_begins(&once, INIT_ONCE_ASYNC);
    assert_begins(&once, INIT_ONCE_ASYNC);
    assert_refused(&once, 0, ERROR_INVALID_PARAMETER);
    assert_refused(&once, INIT_ONCE_CHECK_ONLY, ERROR_GEN_FAILURE);
    SetLastError(NO_ERROR_YET);
    assert_false(InitOnceExecuteOnce(&once, never, &ran, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_int_equal(ran, 0);
    assert_int_equal(complete(&once, 0, NULL), ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, INIT_ONCE_INIT_FAILED, NULL), ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, INIT_ONCE_ASYNC, at(3)), ERROR_INVALID_PARAMETER);
    assert_int_equal(complete(&once, INIT_ONCE_ASYNC, at(0x200)), ERROR_SUCCESS);
    assert_int_equal(complete(&once, INIT_ONCE_ASYNC, at(0x300)), ERROR_GEN_FAILURE);
    assert_done(&once, INIT_ONCE_CHECK_ONLY, at(0x200));
    assert_done(&once, 0, at(0x200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_initializes),
        cmocka_unit_test(a_failure_leaves_it_to_the_next),
        cmocka_unit_test(completing_checks_its_arguments),
        cmocka_unit_test(com_the_manner_stays),
        cmocka_unit_test(com_unknown_flags_are_refused),
        cmocka_unit_test(several_threads_initialize),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
