/* SPDX-License-Identifier: MIT */
/* Security descriptors from bytes, in self-relative form. */
#include "fuzz.h"

#include <guisecom.h>
#include <sddl.h>

#include "com/accesscheck.h"

enum { DESCRIPTOR, DACL, SACL, OWNER, GROUP, PLACES, ALL_PARTS = 0xF };

/* A descriptor in absolute form, each part in a block of just its size. */
struct absolute {
    void *places[PLACES];
    DWORD sizes[PLACES];
};

static BOOL make(PSECURITY_DESCRIPTOR relative, struct absolute *out)
{
    return MakeAbsoluteSD(relative, out->places[DESCRIPTOR], &out->sizes[DESCRIPTOR],
                          out->places[DACL], &out->sizes[DACL], out->places[SACL],
                          &out->sizes[SACL], out->places[OWNER], &out->sizes[OWNER],
                          out->places[GROUP], &out->sizes[GROUP]);
}

static void make_absolute(PSECURITY_DESCRIPTOR relative, struct absolute *out)
{
    memset(out, 0, sizeof *out);
    CHECK(!make(relative, out) && GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    for (unsigned i = 0; i < PLACES; i++) {
        out->places[i] = exactly(NULL, out->sizes[i]);
    }
    CHECK(make(relative, out));
    CHECK(IsValidSecurityDescriptor(out->places[DESCRIPTOR]));
}

static void free_absolute(struct absolute *absolute)
{
    for (unsigned i = 0; i < PLACES; i++) {
        free(absolute->places[i]);
    }
}

/* The caller frees it. */
static void *make_relative(PSECURITY_DESCRIPTOR absolute, DWORD *size)
{
    void *relative;

    *size = 0;
    CHECK(!MakeSelfRelativeSD(absolute, NULL, size) &&
          GetLastError() == ERROR_INSUFFICIENT_BUFFER);
    relative = exactly(NULL, *size);
    CHECK(MakeSelfRelativeSD(absolute, relative, size));
    CHECK(GuiseIsValidRelativeDescriptor(relative, *size));
    CHECK(GetSecurityDescriptorLength(relative) == *size);
    return relative;
}

struct answer {
    DWORD result, granted, error;
    BOOL status;
};

static struct answer ask(PSECURITY_DESCRIPTOR descriptor, DWORD desired)
{
    static const GENERIC_MAPPING mapping = {1, 2, 4, 0xFFFF};
    struct answer answer;

    memset(&answer, 0, sizeof answer);
    SetLastError(0);
    answer.result = guise__com_access_check(client(), descriptor, desired, &mapping,
                                            &answer.granted, &answer.status);
    answer.error = GetLastError();
    return answer;
}

/* Two descriptors that mean the same give the same answers. */
static void check_same(PSECURITY_DESCRIPTOR one, PSECURITY_DESCRIPTOR other)
{
    static const DWORD desired[] = {MAXIMUM_ALLOWED, 0, 1, 0x20000, 0x6FFFF,
                                    ACCESS_SYSTEM_SECURITY};

    for (unsigned i = 0; i < sizeof desired / sizeof desired[0]; i++) {
        struct answer first = ask(one, desired[i]), second = ask(other, desired[i]);

        CHECK(memcmp(&first, &second, sizeof first) == 0);
    }
}

/* Some have none: the types of entries without one, and SIDs without sub-authorities. */
static void check_text(PSECURITY_DESCRIPTOR descriptor)
{
    PSECURITY_DESCRIPTOR read;
    LPSTR text, again;
    ULONG size;

    if (!ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1,
                                                              ALL_PARTS, &text, NULL)) {
        CHECK(text == NULL);
        CHECK(GetLastError() == ERROR_INVALID_ACL || GetLastError() == ERROR_INVALID_SID);
        return;
    }
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &read,
                                                              &size)) {
        CHECK(0);
    }
    CHECK(GuiseIsValidRelativeDescriptor(read, size));
    CHECK(ConvertSecurityDescriptorToStringSecurityDescriptorA(read, SDDL_REVISION_1, ALL_PARTS,
                                                               &again, NULL));
    CHECK(strcmp(text, again) == 0);
    check_same(descriptor, read);
    LocalFree(again);
    LocalFree(read);
    LocalFree(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct absolute absolute, second;
    void *bytes = exactly(data, size), *relative, *again;
    DWORD relative_size, again_size;

    if (!GuiseIsValidRelativeDescriptor(bytes, (DWORD)size)) {
        free(bytes);
        return 0;
    }
    CHECK(IsValidSecurityDescriptor(bytes));
    make_absolute(bytes, &absolute);
    relative = make_relative(absolute.places[DESCRIPTOR], &relative_size);
    make_absolute(relative, &second);
    again = make_relative(second.places[DESCRIPTOR], &again_size);
    CHECK(again_size == relative_size && memcmp(relative, again, again_size) == 0);
    check_same(bytes, absolute.places[DESCRIPTOR]);
    check_same(bytes, relative);
    check_text(bytes);
    free(again);
    free_absolute(&second);
    free(relative);
    free_absolute(&absolute);
    free(bytes);
    return 0;
}
