/* SPDX-License-Identifier: MIT */
/* Printing and parsing SIDs, also within other texts. */
#ifndef GUISE_SRC_COM_SIDTEXT_H
#define GUISE_SRC_COM_SIDTEXT_H

#include <stdbool.h>

#include <guise/com/winnt.h>

/* "S-1-0x", twelve digits, fifteen times "-4294967295", and the final 0. */
enum { GUISE__COM_SID_TEXT_MAX = 6 + 12 + SID_MAX_SUB_AUTHORITIES * 11 + 1 };

/* Write the text of a valid SID, and return its length. The second function writes the two-letter name if
 * the SID has one. */
size_t guise__com_sid_print(const void *sid, char text[GUISE__COM_SID_TEXT_MAX]);
size_t guise__com_sid_print_short(const void *sid, char text[GUISE__COM_SID_TEXT_MAX]);

/* Parses a text that is a SID from its beginning to its end: a name of two letters, or the numbers. Returns
 * false if it is not; out is then undefined. */
bool guise__com_sid_parse(const char *text, BYTE out[SECURITY_MAX_SID_SIZE]);

#endif
