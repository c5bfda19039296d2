/* SPDX-License-Identifier: MIT */
/*
 * Queries to the system's name service. A query names an account of one kind by its name or by its id. The
 * answer points into a buffer, which is enlarged until the service needs no more.
 */
#define _POSIX_C_SOURCE 200809L
#include "com/nameservice.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <string.h>

#include <guise/com/combaseapi.h>
#include <guise/com/winerror.h>
#include <guise/thread.h>

#include "base/check.h"

/* The bytes of the first and of the largest buffer; a group's answer has the names of all its members. */
enum { FIRST_ROOM = 1024, MOST_ROOM = 1 << 24 };

/* The query: for the id of name or, if name is NULL, for the name of id. */
struct question {
    enum guise__com_account_kind kind;
    const char *name;
    uint32_t id;
};

/* Points into the buffer of the query. */
struct answer {
    const char *name; /* NULL: no such account */
    uint32_t id;
};

/* ---- one question ---------------------------------------------------------------------------- */

static int ask_user(const struct question *question, char *room, size_t size, struct answer *out)
{
    struct passwd entry, *found = NULL;
    int error = question->name != NULL
                    ? getpwnam_r(question->name, &entry, room, size, &found)
                    : getpwuid_r((uid_t)question->id, &entry, room, size, &found);

    if (error == 0 && found != NULL) {
        out->name = entry.pw_name;
        out->id = (uint32_t)entry.pw_uid;
    }
    return error;
}

static int ask_group(const struct question *question, char *room, size_t size, struct answer *out)
{
    struct group entry, *found = NULL;
    int error = question->name != NULL
                    ? getgrnam_r(question->name, &entry, room, size, &found)
                    : getgrgid_r((gid_t)question->id, &entry, room, size, &found);

    if (error == 0 && found != NULL) {
        out->name = entry.gr_name;
        out->id = (uint32_t)entry.gr_gid;
    }
    return error;
}

static int ask_service(const struct question *question, char *room, size_t size, struct answer *out)
{
    int error;

    GUISE__CHECK(guise_thread_token() == NULL);
    out->name = NULL;
    do {
        error = question->kind == GUISE__COM_ACCOUNT_USER ? ask_user(question, room, size, out)
                                                          : ask_group(question, room, size, out);
    } while (error == EINTR);
    return error;
}

/* "No such account" is 0 in POSIX; some systems return these errors for it. */
static DWORD error_of(int error, const struct answer *answer)
{
    switch (error) {
    case 0:
        return answer->name != NULL ? ERROR_SUCCESS : ERROR_NONE_MAPPED;
    case ENOENT:
    case ESRCH:
    case EBADF:
    case EPERM:
        return ERROR_NONE_MAPPED;
    case ENOMEM:
        return ERROR_NOT_ENOUGH_MEMORY;
    default:
        return RPC_S_SERVER_UNAVAILABLE;
    }
}

/* ---- with a buffer that is large enough ------------------------------------------------------ */

/* On success the caller frees *room, into which the answer points. */
static DWORD ask_in_room(const struct question *question, char **room, struct answer *out)
{
    for (size_t size = FIRST_ROOM; size <= MOST_ROOM; size *= 2) {
        int error;

        *room = CoTaskMemAlloc(size);
        if (*room == NULL) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
        error = ask_service(question, *room, size, out);
        if (error == 0 && out->name != NULL) {
            GUISE__CHECK(out->name >= *room && out->name < *room + size);
            return ERROR_SUCCESS;
        }
        CoTaskMemFree(*room);
        *room = NULL;
        if (error != ERANGE) {
            return error_of(error, out);
        }
    }
    return ERROR_NOT_ENOUGH_MEMORY;
}

/* The name service is never asked as the client (W-24). Cancellation is disabled, because the service
 * has locks of its own that a canceled thread would keep; errno is the caller's. */
static DWORD ask_as_self(const struct question *question, char **room, struct answer *out)
{
    int saved_errno = errno;
    int cancel;
    DWORD error;

    *room = NULL;
    if (guise_thread_token() != NULL) {
        return ERROR_BAD_IMPERSONATION_LEVEL;
    }
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    error = ask_in_room(question, room, out);
    (void)pthread_setcancelstate(cancel, &cancel);
    errno = saved_errno;
    return error;
}

DWORD guise__com_account_name(enum guise__com_account_kind kind, uint32_t id, char **name)
{
    struct question question = {kind, NULL, id};
    struct answer answer;
    DWORD error = ask_as_self(&question, name, &answer);

    if (error == ERROR_SUCCESS) {
        memmove(*name, answer.name, strlen(answer.name) + 1); /* to the beginning of the buffer */
    }
    return error;
}

DWORD guise__com_account_id(enum guise__com_account_kind kind, const char *name, uint32_t *id)
{
    struct question question = {kind, name, 0};
    struct answer answer;
    char *room;
    DWORD error = ask_as_self(&question, &room, &answer);

    if (error == ERROR_SUCCESS) {
        *id = answer.id;
        CoTaskMemFree(room);
    }
    return error;
}
