/* SPDX-License-Identifier: MIT */
/* SIDs from text, and from bytes. */
#include "fuzz.h"

#include <sddl.h>

#include "com/sid.h"

/* The text of a SID makes the same SID again. */
static void check_text_of(PSID sid)
{
    PSID again, wide_again;
    LPSTR text;
    LPWSTR wide;

    CHECK(ConvertSidToStringSidA(sid, &text));
    CHECK(ConvertSidToStringSidW(sid, &wide));
    for (size_t i = 0; i <= strlen(text); i++) {
        CHECK(wide[i] == (unsigned char)text[i]);
    }
    CHECK(ConvertStringSidToSidA(text, &again));
    CHECK(ConvertStringSidToSidW(wide, &wide_again));
    CHECK(EqualSid(sid, again) && EqualSid(sid, wide_again));
    LocalFree(wide_again);
    LocalFree(again);
    LocalFree(wide);
    LocalFree(text);
}

static void read_text(const uint8_t *data, size_t size)
{
    char *text = as_text(data, size);
    WCHAR *wide = widened(text);
    PSID sid, other;
    BOOL is_sid = ConvertStringSidToSidA(text, &sid);

    CHECK(ConvertStringSidToSidW(wide, &other) == is_sid);
    CHECK((sid != NULL) == is_sid && (other != NULL) == is_sid);
    if (is_sid) {
        CHECK(IsValidSid(sid) && EqualSid(sid, other));
        check_text_of(sid);
    } else {
        CHECK(GetLastError() == ERROR_INVALID_SID);
    }
    LocalFree(other);
    LocalFree(sid);
    free(wide);
    free(text);
}

static void read_bytes(const uint8_t *data, size_t size)
{
    void *bytes = exactly(data, size);
    size_t length = guise__com_sid_length(bytes, size);

    CHECK(length <= size);
    if (length > 8) { /* one without sub-authorities has a text that nothing reads */
        CHECK(IsValidSid(bytes) && GetLengthSid(bytes) == length);
        check_text_of(bytes);
    }
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_text(data, size);
    read_bytes(data, size);
    return 0;
}
