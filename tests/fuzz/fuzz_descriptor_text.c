/* SPDX-License-Identifier: MIT */
/* Security descriptors from text. */
#include "fuzz.h"

#include <guisecom.h>
#include <sddl.h>

enum { ALL_PARTS = 0xF };

/* What was read from a text has a text, and from there on nothing changes any more. */
static void check_fixed_point(PSECURITY_DESCRIPTOR descriptor)
{
    PSECURITY_DESCRIPTOR second, third;
    LPSTR text, again;
    ULONG length, size, third_size;

    CHECK(ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1,
                                                               ALL_PARTS, &text, &length));
    CHECK(length == strlen(text) + 1);
    CHECK(ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &second,
                                                               &size));
    CHECK(GuiseIsValidRelativeDescriptor(second, size));
    CHECK(ConvertSecurityDescriptorToStringSecurityDescriptorA(second, SDDL_REVISION_1, ALL_PARTS,
                                                               &again, NULL));
    CHECK(strcmp(again, text) == 0);
    CHECK(ConvertStringSecurityDescriptorToSecurityDescriptorA(again, SDDL_REVISION_1, &third,
                                                               &third_size));
    CHECK(third_size == size && memcmp(third, second, size) == 0);
    LocalFree(third);
    LocalFree(again);
    LocalFree(second);
    LocalFree(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = as_text(data, size);
    WCHAR *wide = widened(text);
    PSECURITY_DESCRIPTOR descriptor, other;
    ULONG length, other_length;
    BOOL is_one = ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1,
                                                                       &descriptor, &length);

    CHECK(ConvertStringSecurityDescriptorToSecurityDescriptorW(wide, SDDL_REVISION_1, &other,
                                                               &other_length) == is_one);
    CHECK((descriptor != NULL) == is_one && length == other_length);
    if (is_one) {
        CHECK(IsValidSecurityDescriptor(descriptor));
        CHECK(GuiseIsValidRelativeDescriptor(descriptor, length));
        CHECK(GetSecurityDescriptorLength(descriptor) == length);
        CHECK(memcmp(descriptor, other, length) == 0);
        check_fixed_point(descriptor);
    }
    LocalFree(other);
    LocalFree(descriptor);
    free(wide);
    free(text);
    return 0;
}
