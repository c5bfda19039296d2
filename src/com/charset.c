/* SPDX-License-Identifier: MIT */
/*
 * Conversions between the core's names, which are bytes and mostly UTF-8, and COM's, which are UTF-16. A
 * byte that is not UTF-8, and a surrogate without its partner, have a counterpart each, so that different
 * names stay different.
 */
#include "com/charset.h"

#include <string.h>

#include "base/check.h"
#include "com/call_context.h"

/* ---- to a caller ----------------------------------------------------------------------------- */

DWORD guise__com_text_size(const char *text, bool is_wide)
{
    return (DWORD)(is_wide ? guise__com_widen(text, NULL) : strlen(text) + 1);
}

void guise__com_text_store(const char *text, bool is_wide, void *out)
{
    GUISE__CHECK(out != NULL);
    if (is_wide) {
        (void)guise__com_widen(text, out);
    } else {
        memcpy(out, text, strlen(text) + 1);
    }
}

/* ---- from a caller --------------------------------------------------------------------------- */

static bool is_high(OLECHAR unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(OLECHAR unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* Returns the code point at *text, and moves *text past it. A lone surrogate is a code point here. */
static uint32_t take_point(const OLECHAR **text)
{
    const OLECHAR *units = *text;

    GUISE__CHECK(units[0] != 0);
    if (is_high(units[0]) && is_low(units[1])) {
        *text += 2;
        return 0x10000u + (((uint32_t)units[0] - 0xD800u) << 10) + ((uint32_t)units[1] - 0xDC00u);
    }
    *text += 1;
    return units[0];
}

/* Writes up to 4 bytes. Returns how many. */
static size_t put_point(uint32_t point, char *out)
{
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t count = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

    GUISE__CHECK(point <= 0x10FFFF);
    if (point >= 0xDC80 && point <= 0xDCFF) {
        count = 1; /* stands for a byte that is not UTF-8 */
        point -= 0xDC00;
    }
    for (size_t i = count; i > 1; i--) {
        out[i - 1] = (char)(0x80u | (point & 0x3Fu));
        point >>= 6;
    }
    out[0] = (char)(leads[count] | point);
    return count;
}

static size_t narrow_text(const OLECHAR *text, char *out)
{
    size_t count = 0;

    while (*text != 0) {
        count += put_point(take_point(&text), out + count);
    }
    out[count] = 0;
    return count;
}

static size_t count_units(const OLECHAR *text)
{
    size_t count = 0;

    while (text[count] != 0) {
        count++;
    }
    return count;
}

char *guise__com_text_load(const void *text, bool is_wide)
{
    /* One unit becomes at most three bytes, and a surrogate pair four. */
    size_t room = (is_wide ? 3 * count_units(text) : strlen(text)) + 1;
    char *loaded = CoTaskMemAlloc(room);

    if (loaded == NULL) {
        return NULL;
    }
    if (is_wide) {
        size_t length = narrow_text(text, loaded);

        GUISE__CHECK(length < room);
        (void)length;
    } else {
        memcpy(loaded, text, room);
    }
    return loaded;
}

static int to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool guise__com_text_is_same(const char *left, const char *right)
{
    while (*left != 0 && to_lower(*left) == to_lower(*right)) {
        left++;
        right++;
    }
    return to_lower(*left) == to_lower(*right);
}

bool guise__com_text_is_empty(const void *text, bool is_wide)
{
    if (text == NULL) {
        return true;
    }
    return is_wide ? *(const OLECHAR *)text == 0 : *(const char *)text == 0;
}
