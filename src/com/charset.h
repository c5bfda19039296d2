/* SPDX-License-Identifier: MIT */
/*
 * Texts of two widths. A pair of functions that end in A and in W is one function inside, which works with
 * bytes (UTF-8, as the core's names) and has a parameter for the width of its caller's texts.
 */
#ifndef GUISE_SRC_COM_CHARSET_H
#define GUISE_SRC_COM_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include <guise/com/windef.h>

/* Returns how many characters of that width the text needs, including the final 0. */
DWORD guise__com_text_size(const char *text, bool is_wide);

/* Writes guise__com_text_size characters. */
void guise__com_text_store(const char *text, bool is_wide, void *out);

/* Returns a caller's text as bytes, made with CoTaskMemAlloc; NULL without memory. Different wide texts
 * stay different, because a lone surrogate that stands for a byte (call_context.h) becomes that byte, and
 * any other one becomes three bytes that are not valid UTF-8. */
char *guise__com_text_load(const void *text, bool is_wide);

/* Returns whether the texts are the same, except for the case of ASCII letters. Ignores the locale. */
bool guise__com_text_is_same(const char *left, const char *right);

/* Returns whether the text is NULL or empty, which as a system's name means this machine. */
bool guise__com_text_is_empty(const void *text, bool is_wide);

#endif
