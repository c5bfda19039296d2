/* SPDX-License-Identifier: MIT */
/* Names, which are bytes in the core, as COM has them. */
#include "com/call_context.h"

#include <stdbool.h>

/* By the first byte; 0: no sequence begins with it. */
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

/* The code point at *text, which moves behind it; or one byte, as it is explained in context.h. */
static uint32_t decode(const unsigned char **text)
{
    const unsigned char *bytes = *text;
    unsigned length = sequence_length(bytes[0]);
    uint32_t point = length == 1 ? bytes[0] : bytes[0] & (0x7Fu >> length);

    for (unsigned i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            length = 0; /* and the final 0 is not passed */
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

static void put(OLECHAR *out, size_t at, uint32_t unit)
{
    if (out != NULL) {
        out[at] = (OLECHAR)unit;
    }
}

size_t guise__com_widen(const char *text, OLECHAR *out)
{
    const unsigned char *next = (const unsigned char *)text;
    size_t count = 0;

    while (*next != 0) {
        uint32_t point = decode(&next);

        if (point >= 0x10000) {
            put(out, count++, 0xD800 + ((point - 0x10000) >> 10));
            point = 0xDC00 + ((point - 0x10000) & 0x3FF);
        }
        put(out, count++, point);
    }
    put(out, count++, 0);
    return count;
}
