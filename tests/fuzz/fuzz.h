/* SPDX-License-Identifier: MIT */
/* What the fuzz targets have in common. An input comes from outside; a CHECK that fails is a bug. */
#ifndef GUISE_TEST_FUZZ_H
#define GUISE_TEST_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <guise/guise.h>
#include <windows.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A block of exactly this size, so that the sanitizer sees the first byte behind it. The caller frees
 * it. */
static inline void *exactly(const void *bytes, size_t size)
{
    void *copy = malloc(size != 0 ? size : 1);

    CHECK(copy != NULL);
    if (size != 0 && bytes != NULL) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

/* The input as text. The caller frees it. */
static inline char *as_text(const uint8_t *data, size_t size)
{
    char *text = exactly(NULL, size + 1);

    if (size != 0) {
        memcpy(text, data, size);
    }
    text[size] = '\0';
    return text;
}

static inline WCHAR *widened(const char *text)
{
    size_t length = strlen(text);
    WCHAR *wide = exactly(NULL, (length + 1) * sizeof *wide);

    for (size_t i = 0; i <= length; i++) {
        wide[i] = (WCHAR)(unsigned char)text[i];
    }
    return wide;
}

/* User 1000 with group 100, at a level that may be checked; made once. */
static inline const guise_token *client(void)
{
    static guise_token *token;
    const guise_token_desc desc = {.size = sizeof desc,
                                   .name = "client",
                                   .uid = 1000,
                                   .gid = 100,
                                   .level = GUISE_LEVEL_IDENTIFY};

    if (token == NULL) {
        CHECK(guise_use_provider(guise_provider_emulated()) == GUISE_OK);
        CHECK(guise_token_create(&desc, &token) == GUISE_OK);
    }
    return token;
}

#endif
