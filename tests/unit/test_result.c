/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/kept.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The numbers and names by themselves, so that a slip in the header is seen. */
static const struct {
    guise_result code;
    uint32_t hresult;
    const char *name;
} s_codes[] = {
    {GUISE_OK, 0x00000000u, "GUISE_OK"},
    {GUISE_E_CALL_COMPLETE, 0x80010117u, "GUISE_E_CALL_COMPLETE"},
    {GUISE_E_CALL_PENDING, 0x80010115u, "GUISE_E_CALL_PENDING"},
    {GUISE_E_CALL_CANCELED, 0x80010002u, "GUISE_E_CALL_CANCELED"},
    {GUISE_E_UNSECURE_CALL, 0x80010118u, "GUISE_E_UNSECURE_CALL"},
    {GUISE_E_BAD_LEVEL, 0x80070542u, "GUISE_E_BAD_LEVEL"},
    {GUISE_E_INVALID_ARGUMENT, 0x80070057u, "GUISE_E_INVALID_ARGUMENT"},
    {GUISE_E_OUT_OF_MEMORY, 0x8007000Eu, "GUISE_E_OUT_OF_MEMORY"},
    {GUISE_E_ACCESS_DENIED, 0x80070005u, "GUISE_E_ACCESS_DENIED"},
    {GUISE_E_TIMEOUT, 0x8001011Fu, "GUISE_E_TIMEOUT"},
    {GUISE_E_NO_SYNC, 0x80010120u, "GUISE_E_NO_SYNC"},
    {GUISE_E_OUT_OF_RESOURCES, 0x80010101u, "GUISE_E_OUT_OF_RESOURCES"},
    {GUISE_E_TOO_LATE, 0x80010119u, "GUISE_E_TOO_LATE"},
    {GUISE_E_DISCONNECTED, 0x80010108u, "GUISE_E_DISCONNECTED"},
    {GUISE_E_UNEXPECTED, 0x8000FFFFu, "GUISE_E_UNEXPECTED"},
    {GUISE_E_NOT_SUPPORTED, 0x80070032u, "GUISE_E_NOT_SUPPORTED"},
    {GUISE_E_SERVER_FAULT, 0x80010105u, "GUISE_E_SERVER_FAULT"},
    {GUISE_E_NO_PROVIDER, 0x80070015u, "GUISE_E_NO_PROVIDER"},
    {GUISE_E_NOT_FOUND, 0x80070534u, "GUISE_E_NOT_FOUND"},
};
enum { CODES = sizeof s_codes / sizeof s_codes[0] };

/* the codes have the bits of the HRESULTs of the same meaning. */
static void test_codes_are_hresults(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODES; i++) {
        assert_int_equal((uint32_t)s_codes[i].code, s_codes[i].hresult);
        assert_int_equal(s_codes[i].code < 0, i != 0);
    }
}

static void test_codes_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODES; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(s_codes[i].code, s_codes[k].code);
        }
    }
}

static void test_every_code_has_its_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODES; i++) {
        assert_keeps_errno(
            assert_string_equal(guise_result_name(s_codes[i].code), s_codes[i].name));
    }
}

static void test_other_results_have_a_name_for_all(void **state)
{
    static const guise_result failures[] = {-1, INT32_MIN, INT32_MIN + 1,
                                            GUISE_E_CALL_COMPLETE + 100};
    static const guise_result successes[] = {1, 2, INT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        assert_string_equal(guise_result_name(failures[i]), "GUISE_E_?");
    }
    for (size_t i = 0; i < sizeof successes / sizeof successes[0]; i++) {
        assert_string_equal(guise_result_name(successes[i]), "GUISE_S_?");
    }
}

static void test_errno_of_results(void **state)
{
    static const struct {
        guise_result result;
        int error;
    } rows[] = {
        {GUISE_OK, 0},
        {1, 0},
        {INT32_MAX, 0},
        {GUISE_E_CALL_COMPLETE, ESHUTDOWN},
        {GUISE_E_CALL_PENDING, EAGAIN},
        {GUISE_E_CALL_CANCELED, ECANCELED},
        {GUISE_E_UNSECURE_CALL, EPERM},
        {GUISE_E_BAD_LEVEL, EPERM},
        {GUISE_E_INVALID_ARGUMENT, EINVAL},
        {GUISE_E_OUT_OF_MEMORY, ENOMEM},
        {GUISE_E_ACCESS_DENIED, EACCES},
        {GUISE_E_TIMEOUT, ETIMEDOUT},
        {GUISE_E_NO_SYNC, EINVAL},
        {GUISE_E_OUT_OF_RESOURCES, ENOBUFS},
        {GUISE_E_TOO_LATE, EBUSY},
        {GUISE_E_DISCONNECTED, ECONNRESET},
        {GUISE_E_UNEXPECTED, EIO},
        {GUISE_E_NOT_SUPPORTED, ENOTSUP},
        {GUISE_E_SERVER_FAULT, EIO},
        {GUISE_E_NO_PROVIDER, ENODEV},
        {GUISE_E_NOT_FOUND, ENOENT},
        {INT32_MIN, EIO},
        {-1, EIO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_keeps_errno(assert_int_equal(guise_result_errno(rows[i].result), rows[i].error));
    }
}

static void test_version_is_the_headers(void **state)
{
    char expected[32];

    (void)state;
    (void)snprintf(expected, sizeof expected, "%d.%d.%d", GUISE_VERSION_MAJOR, GUISE_VERSION_MINOR,
                   GUISE_VERSION_PATCH);
    assert_keeps_errno(assert_string_equal(guise_version(), expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes_are_hresults),
        cmocka_unit_test(test_codes_differ),
        cmocka_unit_test(test_every_code_has_its_name),
        cmocka_unit_test(test_other_results_have_a_name_for_all),
        cmocka_unit_test(test_errno_of_results),
        cmocka_unit_test(test_version_is_the_headers),
    };

    return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
