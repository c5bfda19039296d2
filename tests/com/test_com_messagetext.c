/* SPDX-License-Identifier: MIT */
/* The words of messages, which are this library's own: not compared with others'. */
#include "com_test.h"

#include <string.h>
#include <windows.h>

#include "codes.h"

enum { SYSTEM = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS };

static const DWORD s_codes[] = {
#define HRESULT_ROW(name, value) value,
#define STATUS_ROW(name, decimal, hexadecimal) decimal,
    COM_HRESULTS(HRESULT_ROW) COM_STATUSES(STATUS_ROW)};

/* A sentence on a line, without anything for an argument. S_FALSE is that of code 1. */
static void every_code_has_a_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof s_codes / sizeof *s_codes; i++) {
        char text[160];
        DWORD length = FormatMessageA(SYSTEM, NULL, s_codes[i], 0, text, sizeof text, NULL);

        if (length < 4) {
            print_error("code 0x%X has no text\n", (unsigned)s_codes[i]);
        }
        assert_true(length >= 4);
        assert_int_equal(strlen(text), length);
        assert_string_equal(text + length - 3, ".\r\n");
        assert_null(strchr(text, '%'));
    }
}

static void com_texts_that_users_know(void **state)
{
    char text[64];

    (void)state;
    assert_int_equal(FormatMessageA(SYSTEM, NULL, ERROR_FILE_NOT_FOUND, 0, text, 64, NULL), 44);
    assert_string_equal(text, "The system cannot find the file specified.\r\n");
    assert_int_equal(FormatMessageA(SYSTEM, NULL, ERROR_ACCESS_DENIED, 0, text, 64, NULL), 19);
    assert_string_equal(text, "Access is denied.\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_text),
        cmocka_unit_test(com_texts_that_users_know),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
