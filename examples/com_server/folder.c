/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <guise/thread.h>

#include <objbase.h>

#define NAME_LIMIT 255u            /* bytes */
#define NAME_ROOM (NAME_LIMIT + 4) /* for one character that is too much */

/* ---- names ----------------------------------------------------------------------------------- */

/* 0 at the end, and for half of a surrogate pair. */
static uint32_t next_character(LPCWSTR *text)
{
    uint32_t unit = *(*text)++;

    if (unit < 0xD800 || unit > 0xDFFF) {
        return unit;
    }
    if (unit > 0xDBFF || **text < 0xDC00 || **text > 0xDFFF) {
        return 0;
    }
    return 0x10000 + ((unit - 0xD800) << 10) + (uint32_t)(*(*text)++ - 0xDC00);
}

/* Room for four bytes. */
static size_t put_utf8(char *out, uint32_t c)
{
    static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = size - 1; i > 0; i--, c >>= 6) {
        out[i] = (char)(0x80 | (c & 0x3F));
    }
    out[0] = (char)(first[size] | c);
    return size;
}

/* false: too long, or no text. */
static bool to_utf8(LPCWSTR text, char out[NAME_ROOM])
{
    size_t used = 0;

    while (*text != 0) {
        uint32_t c = next_character(&text);
        if (c == 0) {
            return false;
        }
        used += put_utf8(out + used, c);
        if (used > NAME_LIMIT) {
            return false;
        }
    }
    out[used] = '\0';
    return true;
}

static bool is_plain(const char *name)
{
    return *name != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

/* ---- opening: on a thread that is the client ------------------------------------------------- */

static HRESULT result_of(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return E_ACCESSDENIED;
    case ENOENT:
        return HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND);
    case ELOOP: /* O_NOFOLLOW and a link */
    case ENXIO: /* a socket */
        return E_INVALIDARG;
    default:
        return E_FAIL;
    }
}

/* Where the kernel does not decide, open() is done as the server, and the modes are looked at here:
 * the directory's before a name is looked up, because a client that may not search the directory must
 * not learn by guessing which names there are. */
static bool client_may_search(const struct folder *folder)
{
    struct stat directory;

    return fstat(folder->fd, &directory) == 0 && /* no client is refused, too */
           guise_token_check_access(guise_thread_token(), &directory, X_OK) == GUISE_OK;
}

/* The file's, of what is open, never of a path that is looked up once more. */
static bool client_may_read(const struct stat *file)
{
    return guise_token_check_access(guise_thread_token(), file, R_OK) == GUISE_OK;
}

static HRESULT check(const struct folder *folder, int fd)
{
    struct stat file;

    if (fstat(fd, &file) != 0) {
        return E_FAIL;
    }
    if (!folder->kernel_decides && !client_may_read(&file)) {
        return E_ACCESSDENIED;
    }
    return S_ISREG(file.st_mode) ? S_OK : E_INVALIDARG;
}

HRESULT folder_open(const struct folder *folder, LPCWSTR name, int *file)
{
    char plain[NAME_ROOM];
    HRESULT result;
    int fd;

    *file = -1;
    if (name == NULL || !to_utf8(name, plain) || !is_plain(plain)) {
        return E_INVALIDARG;
    }
    if (!folder->kernel_decides && !client_may_search(folder)) {
        return E_ACCESSDENIED;
    }
    /* O_NONBLOCK because opening a pipe would wait for its other end. */
    fd = openat(folder->fd, plain, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return result_of(errno);
    }
    result = check(folder, fd);
    if (FAILED(result)) {
        close(fd);
    } else {
        *file = fd;
    }
    return result;
}

/* ---- reading: on any thread ------------------------------------------------------------------ */

/* How much memory that takes: a small file is no reason to allocate for a large size. */
static HRESULT measure(int file, ULONGLONG offset, ULONG size, ULONG *wanted)
{
    struct stat status;
    ULONGLONG end;
    ULONGLONG left;
    ULONG limit;

    *wanted = 0;
    if (fstat(file, &status) != 0 || status.st_size < 0) {
        return E_FAIL;
    }
    end = (ULONGLONG)status.st_size;
    left = end > offset ? end - offset : 0;
    limit = size < READ_LIMIT ? size : READ_LIMIT;
    *wanted = left < limit ? (ULONG)left : limit;
    return S_OK;
}

/* Less than wanted if the file has shrunk meanwhile. */
static HRESULT fill(int file, ULONGLONG offset, ULONG wanted, BYTE *bytes, ULONG *got)
{
    *got = 0;
    while (*got < wanted) {
        ssize_t count = pread(file, bytes + *got, wanted - *got, (off_t)(offset + *got));
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return count < 0 ? E_FAIL : S_OK;
        }
        *got += (ULONG)count;
    }
    return S_OK;
}

HRESULT file_read(int file, ULONGLONG offset, ULONG size, ULONG *got, BYTE **bytes)
{
    ULONG wanted;
    HRESULT result = measure(file, offset, size, &wanted);

    *got = 0;
    *bytes = NULL;
    if (FAILED(result) || wanted == 0) {
        return result;
    }
    *bytes = CoTaskMemAlloc(wanted);
    if (*bytes == NULL) {
        return E_OUTOFMEMORY;
    }
    result = fill(file, offset, wanted, *bytes, got);
    if (SUCCEEDED(result) && *got > 0) {
        return result;
    }
    CoTaskMemFree(*bytes);
    *bytes = NULL;
    *got = 0;
    return result;
}
