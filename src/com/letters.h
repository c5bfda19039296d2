/* SPDX-License-Identifier: MIT */
/* The letters that stand for numbers in the text of a security descriptor. */
#ifndef GUISE_SRC_COM_LETTERS_H
#define GUISE_SRC_COM_LETTERS_H

#include <stdbool.h>
#include <stddef.h>

#include <guise/com/winnt.h>

struct guise__com_letters {
    char letters[3];
    DWORD value;
};

/* Each ends with a row of no letters. */
extern const struct guise__com_letters guise__com_ace_types[];
extern const struct guise__com_letters guise__com_ace_flags[];
extern const struct guise__com_letters guise__com_label_rights[];  /* one bit each */
extern const struct guise__com_letters guise__com_object_rights[]; /* one bit each */
extern const struct guise__com_letters guise__com_common_rights[]; /* several bits each */

/* Returns whether a text begins with these letters, which are capitals; ignores case. */
bool guise__com_letters_begin(const char *text, const char *letters);

/* Finds the row whose letters the text begins with, ignoring case; NULL: none. If several rows match,
 * returns the one with the most letters. */
const struct guise__com_letters *guise__com_letters_find(const struct guise__com_letters *table,
                                                         const char *text);

/* Returns the letters of a value; NULL: none. */
const char *guise__com_letters_of(const struct guise__com_letters *table, DWORD value);

/* Returns whether the table has letters for each bit of mask. */
bool guise__com_letters_cover(const struct guise__com_letters *table, DWORD mask);

/* Returns whether entries of this type are object entries, with identifiers between mask and SID. */
bool guise__com_ace_is_of_object(BYTE type);

#endif
