/* SPDX-License-Identifier: MIT */
/*
 * Copies between narrow and wide texts whose meaningful characters are all ASCII. A unit outside ASCII
 * becomes DEL, so that no cut-off unit turns into a meaningful character.
 */
#include "com/ascii.h"

#include <string.h>

#include "base/check.h"
#include "com/local.h"

#define NOT_ASCII '\x7F'

static char narrow_unit(unsigned unit)
{
    return unit < 0x80 ? (char)unit : NOT_ASCII;
}

LPSTR guise__com_ascii_copy(LPCSTR text)
{
    size_t length = strlen(text);
    LPSTR copy = guise__com_local_alloc(length + 1);

    for (size_t i = 0; copy != NULL && i <= length; i++) {
        copy[i] = narrow_unit((unsigned char)text[i]);
    }
    return copy;
}

LPSTR guise__com_ascii_from_wide(LPCWSTR text)
{
    size_t length = 0;
    LPSTR copy;

    while (text[length] != 0) {
        length++;
    }
    copy = guise__com_local_alloc(length + 1);
    for (size_t i = 0; copy != NULL && i <= length; i++) {
        copy[i] = narrow_unit(text[i]);
    }
    return copy;
}

LPWSTR guise__com_ascii_to_wide(LPCSTR text, size_t length)
{
    LPWSTR copy = guise__com_local_alloc((length + 1) * sizeof *copy);

    GUISE__CHECK(text[length] == 0);
    for (size_t i = 0; copy != NULL && i <= length; i++) {
        copy[i] = (WCHAR)(unsigned char)text[i];
    }
    return copy;
}
