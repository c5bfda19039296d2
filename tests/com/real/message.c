/* SPDX-License-Identifier: MIT */
/* The system's words for an error. */
#include <windows.h>

#include <stdio.h>

#include "more.h"

BOOL real_message(DWORD error, char *text, size_t room)
{
    LPSTR message = NULL;
    DWORD length;

    length = FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                                FORMAT_MESSAGE_IGNORE_INSERTS,
                            NULL, error, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT),
                            (LPSTR)&message, 0, NULL);
    if (length == 0)
        return FALSE;
    while (length > 0 && (message[length - 1] == '\n' || message[length - 1] == '\r'))
        message[--length] = '\0';
    length = (DWORD)snprintf(text, room, "%s (%u)", message, (unsigned)error);
    LocalFree(message);
    return length < room;
}
