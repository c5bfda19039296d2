/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <math.h>
#include <string.h>

FILE *file_begin(const char *path)
{
    FILE *file = fopen(path, "we");

    if (file == NULL) {
        (void)fprintf(stderr, "guise-bench: %s: %s\n", path, strerror(errno));
    }
    return file;
}

bool file_end(FILE *file, const char *path)
{
    bool written = ferror(file) == 0;

    written = fclose(file) == 0 && written;
    if (!written) {
        (void)fprintf(stderr, "guise-bench: %s: not all of it could be written\n", path);
    }
    return written;
}

void file_json_string(FILE *file, const char *text)
{
    (void)fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            (void)fputc('\\', file);
        }
        (void)fputc(*text, file);
    }
    (void)fputc('"', file);
}

void file_json_number(FILE *file, double value)
{
    if (isfinite(value)) {
        (void)fprintf(file, "%.6g", value);
    } else {
        (void)fputs("null", file);
    }
}

void file_xml(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            (void)fputs("&lt;", file);
            break;
        case '&':
            (void)fputs("&amp;", file);
            break;
        default:
            (void)fputc(*text, file);
        }
    }
}
