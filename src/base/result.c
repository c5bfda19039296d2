/* SPDX-License-Identifier: MIT */
/* Results: the name and the errno value of each, in one table. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stddef.h>

#include <guise/guise.h>

/* clang-format off */
#define RESULT(code, error) {code, #code, error}
/* clang-format on */

static const struct {
    guise_result code;
    const char *name;
    int error;
} results[] = {
    RESULT(GUISE_OK, 0),
    RESULT(GUISE_E_CALL_COMPLETE, ESHUTDOWN),
    RESULT(GUISE_E_CALL_PENDING, EAGAIN),
    RESULT(GUISE_E_CALL_CANCELED, ECANCELED),
    RESULT(GUISE_E_UNSECURE_CALL, EPERM),
    RESULT(GUISE_E_BAD_LEVEL, EPERM),
    RESULT(GUISE_E_INVALID_ARGUMENT, EINVAL),
    RESULT(GUISE_E_OUT_OF_MEMORY, ENOMEM),
    RESULT(GUISE_E_ACCESS_DENIED, EACCES),
    RESULT(GUISE_E_TIMEOUT, ETIMEDOUT),
    RESULT(GUISE_E_NO_SYNC, EINVAL),
    RESULT(GUISE_E_OUT_OF_RESOURCES, ENOBUFS),
    RESULT(GUISE_E_TOO_LATE, EBUSY),
    RESULT(GUISE_E_DISCONNECTED, ECONNRESET),
    RESULT(GUISE_E_UNEXPECTED, EIO),
    RESULT(GUISE_E_NOT_SUPPORTED, ENOTSUP),
    RESULT(GUISE_E_SERVER_FAULT, EIO),
    RESULT(GUISE_E_NO_PROVIDER, ENODEV),
    RESULT(GUISE_E_NOT_FOUND, ENOENT),
};

enum { RESULT_COUNT = sizeof results / sizeof results[0] };

static size_t result_row(guise_result result)
{
    size_t row = 0;

    while (row < RESULT_COUNT && results[row].code != result) {
        row++;
    }
    return row;
}

const char *guise_result_name(guise_result result)
{
    size_t row = result_row(result);

    if (row < RESULT_COUNT) {
        return results[row].name;
    }
    return result < 0 ? "GUISE_E_?" : "GUISE_S_?";
}

int guise_result_errno(guise_result result)
{
    size_t row = result_row(result);

    if (row < RESULT_COUNT) {
        return results[row].error;
    }
    return result < 0 ? EIO : 0;
}

#define TEXT_(number) #number
#define TEXT(number) TEXT_(number)

const char *guise_version(void)
{
    return TEXT(GUISE_VERSION_MAJOR) "." TEXT(GUISE_VERSION_MINOR) "." TEXT(GUISE_VERSION_PATCH);
}
