/* SPDX-License-Identifier: MIT */
/* Files that are written whole or complained about; and text inside of them. */
#ifndef GUISE_BENCH_FILE_H
#define GUISE_BENCH_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* NULL, which has been explained, if it cannot be written. */
FILE *file_begin(const char *path);
/* False, which has been explained, if not all of it was. */
bool file_end(FILE *file, const char *path);

/* A JSON string with its quotes; and a number, null where there is none (JSON knows no NaN). */
void file_json_string(FILE *file, const char *text);
void file_json_number(FILE *file, double value);
/* Text between two marks of XML. */
void file_xml(FILE *file, const char *text);

#endif
