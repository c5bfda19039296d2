/* SPDX-License-Identifier: MIT */
/* Texts whose meaningful characters are all ASCII, in every locale: those of GUIDs, SIDs and descriptors. */
#ifndef GUISE_SRC_COM_ASCII_H
#define GUISE_SRC_COM_ASCII_H

#include <guise/com/windef.h>

/* Returns a narrow copy of a text, to be freed with LocalFree. Characters outside ASCII become DEL, which
 * is in no valid text. Without memory returns NULL with last error ERROR_NOT_ENOUGH_MEMORY. */
LPSTR guise__com_ascii_copy(LPCSTR text);
LPSTR guise__com_ascii_from_wide(LPCWSTR text);

/* Returns a wide copy of length characters and the final 0, to be freed with LocalFree. NULL: as above. */
LPWSTR guise__com_ascii_to_wide(LPCSTR text, size_t length);

/* Returns the value of a hexadecimal digit, or 16 for any other character. */
static inline unsigned guise__com_digit_value(int c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

static inline char guise__com_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

#endif
