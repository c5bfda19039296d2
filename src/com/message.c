/* SPDX-License-Identifier: MIT */
/* FormatMessage for the codes of winerror.h. The texts have no inserts, so there is nothing to format. */
#include <string.h>

#include <guise/com/winbase.h>

#include "base/check.h"
#include "com/charset.h"
#include "com/local.h"
#include "com/messagetext.h"

enum { TEXT_MAX = 160 }; /* characters of a text, with the line's end and the final 0 */

#define KNOWN_FLAGS                                                                                \
    ((DWORD)(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_IGNORE_INSERTS |                      \
             FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM |                            \
             FORMAT_MESSAGE_ARGUMENT_ARRAY | FORMAT_MESSAGE_MAX_WIDTH_MASK))

/* Returns whether the language is English or left to the system. */
static bool is_our_language(DWORD language)
{
    return language == 0 || (language & 0x3FF) == LANG_NEUTRAL ||
           (language & 0x3FF) == LANG_ENGLISH;
}

/* Finds the text and appends a line end or, if the flags ask for text without line ends, a space. */
static DWORD find_text(DWORD flags, DWORD code, DWORD language, char text[TEXT_MAX])
{
    const char *found = guise__com_message_text(code);

    if ((flags & ~KNOWN_FLAGS) != 0 || (flags & FORMAT_MESSAGE_FROM_SYSTEM) == 0) {
        return ERROR_NOT_SUPPORTED;
    }
    if (!is_our_language(language)) {
        return ERROR_RESOURCE_LANG_NOT_FOUND;
    }
    if (found == NULL) {
        return ERROR_MR_MID_NOT_FOUND;
    }
    GUISE__CHECK(strlen(found) + sizeof "\r\n" <= TEXT_MAX);
    strcpy(text, found);
    strcat(text, (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == 0 ? "\r\n" : " ");
    return ERROR_SUCCESS;
}

/* Allocates the text for the caller, with room for at least that many characters. */
static DWORD allocate_text(const char *text, bool is_wide, DWORD least, void **out)
{
    DWORD size = guise__com_text_size(text, is_wide);

    *out = guise__com_local_alloc((size_t)(size > least ? size : least) * (is_wide ? 2 : 1));
    if (*out == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    guise__com_text_store(text, is_wide, *out);
    return ERROR_SUCCESS;
}

static DWORD fill_text(const char *text, bool is_wide, void *buffer, DWORD room)
{
    GUISE__CHECK(buffer != NULL);
    if (guise__com_text_size(text, is_wide) > room) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    guise__com_text_store(text, is_wide, buffer);
    return ERROR_SUCCESS;
}

static DWORD format_message(DWORD flags, DWORD code, DWORD language, bool is_wide, void *buffer,
                            DWORD room)
{
    bool allocates = (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0;
    char text[TEXT_MAX];
    void *none = NULL;
    DWORD error;

    if (buffer == NULL) {
        error = ERROR_INVALID_PARAMETER;
    } else {
        if (allocates) {
            memcpy(buffer, &none, sizeof none); /* the buffer is a pointer's place */
        }
        error = find_text(flags, code, language, text);
    }
    if (error == ERROR_SUCCESS) {
        error = allocates ? allocate_text(text, is_wide, room, &none)
                          : fill_text(text, is_wide, buffer, room);
    }
    if (error != ERROR_SUCCESS) {
        SetLastError(error);
        return 0;
    }
    if (allocates) {
        memcpy(buffer, &none, sizeof none);
    }
    return guise__com_text_size(text, is_wide) - 1;
}

DWORD WINAPI FormatMessageA(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPSTR buffer,
                            DWORD room, va_list *inserts)
{
    (void)source;
    (void)inserts;
    return format_message(flags, code, language, false, buffer, room);
}

DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD code, DWORD language, LPWSTR buffer,
                            DWORD room, va_list *inserts)
{
    (void)source;
    (void)inserts;
    return format_message(flags, code, language, true, buffer, room);
}
