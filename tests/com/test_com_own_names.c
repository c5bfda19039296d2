/* SPDX-License-Identifier: MIT */
/* A port that has functions of its own by names that windows.h declares too. Here they are declared as
 * Windows declares them, and the program's are called: linked statically it has each name once. */
#include "com_test.h"

#include <windows.h>

#include "own_names.h"

void WINAPI Sleep(DWORD milliseconds)
{
    SetLastError(milliseconds);
}

DWORD WINAPI GetTickCount(void)
{
    return 7;
}

DWORD WINAPI GetCurrentProcessId(void)
{
    return 8;
}

DWORD WINAPI GetCurrentThreadId(void)
{
    return 9;
}

static void the_programs_own_are_called(void **state)
{
    (void)state;
    Sleep(6);
    assert_int_equal(GetLastError(), 6);
    assert_int_equal(GetTickCount(), 7);
    assert_int_equal(GetCurrentProcessId(), 8);
    assert_int_equal(GetCurrentThreadId(), 9);
}

static void the_others_are_the_librarys(void **state)
{
    void *object = POISON;

    (void)state;
    assert_true(GetTickCount64() != 0);
    assert_hr(CoGetCancelObject(9, &IID_ICancelMethodCalls, &object), E_NOINTERFACE);
    assert_null(object);
    assert_hr(CoCancelCall(0, 0), E_NOINTERFACE);
}

static void static_ones_are_not_declared_twice(void **state)
{
    (void)state;
    assert_int_equal(own_time(), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_programs_own_are_called),
        cmocka_unit_test(the_others_are_the_librarys),
        cmocka_unit_test(static_ones_are_not_declared_twice),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
