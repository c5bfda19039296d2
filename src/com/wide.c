/* SPDX-License-Identifier: MIT */
/* Converts names from the core's bytes to COM's UTF-16. */
#include "com/call_context.h"

#include <stdbool.h>

#include "base/check.h"

/* Returns the length of the sequence that begins with this byte; 0: none does. */
static unsigned sequence_length(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
        return 0;
    }
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static bool is_well_formed(uint32_t point, unsigned length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    return length != 0 && point >= least[length] && point <= 0x10FFFF &&
           (point < 0xD800 || point > 0xDFFF);
}

/* Returns the code point at *text, or the surrogate that stands for one byte (call_context.h); moves *text
 * past it. */
static uint32_t decode_point(const unsigned char **text)
{
    const unsigned char *bytes = *text;
    unsigned length = sequence_length(bytes[0]);
    uint32_t point = length == 1 ? bytes[0] : bytes[0] & (0x7Fu >> length);

    GUISE__CHECK(bytes[0] != 0);
    for (unsigned i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            length = 0; /* stops before the final 0 */
            break;
        }
        point = point << 6 | (bytes[i] & 0x3Fu);
    }
    if (!is_well_formed(point, length)) {
        *text += 1;
        return 0xDC00u + bytes[0];
    }
    *text += length;
    return point;
}

static void put_unit(OLECHAR *out, size_t at, uint32_t unit)
{
    if (out != NULL) {
        out[at] = (OLECHAR)unit;
    }
}

size_t guise__com_widen(const char *text, OLECHAR *out)
{
    const unsigned char *next = (const unsigned char *)text;
    size_t count = 0;

    GUISE__CHECK(text != NULL);
    while (*next != 0) {
        uint32_t point = decode_point(&next);

        GUISE__CHECK(point <= 0x10FFFF);
        if (point >= 0x10000) {
            put_unit(out, count++, 0xD800 + ((point - 0x10000) >> 10));
            point = 0xDC00 + ((point - 0x10000) & 0x3FF);
        }
        put_unit(out, count++, point);
    }
    put_unit(out, count++, 0);
    return count;
}
