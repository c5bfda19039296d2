/* SPDX-License-Identifier: MIT */
/* Helpers for tests of security descriptors and lists. Only what the SDK declares. */
#ifndef GUISE_TEST_COM_SECURITY_TEST_H
#define GUISE_TEST_COM_SECURITY_TEST_H

#include "com_test.h"

#include <windows.h>

#include <sddl.h>

/* An error that no function sets: assert_fails finds it where the last error was left unchanged. */
#define UNTOUCHED 0x5AFE5AFEu

/* The call returns FALSE or NULL, and this is the last error then. */
#define assert_fails(call, error)                                                                  \
    do {                                                                                           \
        SetLastError(UNTOUCHED);                                                                   \
        assert_true((call) == 0);                                                                  \
        assert_int_equal(GetLastError(), error);                                                   \
    } while (0)

/* The caller frees it with LocalFree. */
static inline PSECURITY_DESCRIPTOR descriptor_of(const char *text)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;

    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1,
                                                                     &descriptor, NULL));
    assert_non_null(descriptor);
    return descriptor;
}

/* A descriptor with this list has this text. */
static inline void assert_list(PACL acl, const char *expected)
{
    SECURITY_DESCRIPTOR descriptor;
    char *text = NULL;

    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, acl, FALSE));
    assert_true(IsValidSecurityDescriptor(&descriptor));
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(
        &descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    assert_non_null(text);
    assert_string_equal(text, expected);
    (void)LocalFree(text);
}

#endif
