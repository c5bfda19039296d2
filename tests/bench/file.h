/* SPDX-License-Identifier: MIT */
/* Files that are written completely, or with an error message; and text in them. */
#ifndef GUISE_BENCH_FILE_H
#define GUISE_BENCH_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* Returns NULL, after an error message, if the file cannot be written. */
FILE *file_begin(const char *path);
/* Returns false, after an error message, if not all of it was written. */
bool file_end(FILE *file, const char *path);

/* Write a JSON string with its quotes, and a number; NaN becomes null, because JSON has no NaN. */
void file_json_string(FILE *file, const char *text);
void file_json_number(FILE *file, double value);
/* Writes text between two tags of XML. */
void file_xml(FILE *file, const char *text);

#endif
