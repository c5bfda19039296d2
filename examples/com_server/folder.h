/* SPDX-License-Identifier: MIT */
/*
 * What CreateFileW and ReadFile are elsewhere: the part of the server that had to be written anew,
 * because on POSIX a file is opened by open().
 */
#ifndef COM_SERVER_FOLDER_H
#define COM_SERVER_FOLDER_H

#include <stdbool.h>

#include <windows.h>

#define READ_LIMIT 0x10000u /* bytes that one Read gives at most, even if it asks for more */

/* A directory that was opened once; files are looked up below it and nowhere else. */
struct folder {
    int fd;
    bool kernel_decides; /* a provider enforces: what open() says, it says to the client */
};

/*
 * Opens a file with the identity of this thread. On failure *file is -1.
 *
 * E_INVALIDARG   name is NULL or not one plain name; not a regular file.
 * E_ACCESSDENIED this client may not; or, where the kernel does not decide, there is no client.
 * HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND), E_FAIL
 */
HRESULT folder_open(const struct folder *folder, LPCWSTR name, int *file);

/*
 * Reads. *bytes is to be freed with CoTaskMemFree, and NULL if there are none: an offset at the end
 * or beyond it, size 0, or a failure.
 *
 * E_OUTOFMEMORY, E_FAIL
 */
HRESULT file_read(int file, ULONGLONG offset, ULONG size, ULONG *got, BYTE **bytes);

#endif
