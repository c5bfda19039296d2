/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include <guise/guise.h>

/* clang-format off */
#define NAMED(code) {code, #code}
/* clang-format on */

static const struct {
    guise_result code;
    const char *name;
} names[] = {
    NAMED(GUISE_OK),
    NAMED(GUISE_E_CALL_COMPLETE),
    NAMED(GUISE_E_CALL_PENDING),
    NAMED(GUISE_E_CALL_CANCELED),
    NAMED(GUISE_E_UNSECURE_CALL),
    NAMED(GUISE_E_BAD_LEVEL),
    NAMED(GUISE_E_INVALID_ARGUMENT),
    NAMED(GUISE_E_OUT_OF_MEMORY),
    NAMED(GUISE_E_ACCESS_DENIED),
    NAMED(GUISE_E_TIMEOUT),
    NAMED(GUISE_E_NO_SYNC),
    NAMED(GUISE_E_OUT_OF_RESOURCES),
    NAMED(GUISE_E_TOO_LATE),
    NAMED(GUISE_E_DISCONNECTED),
    NAMED(GUISE_E_UNEXPECTED),
    NAMED(GUISE_E_NOT_SUPPORTED),
    NAMED(GUISE_E_SERVER_FAULT),
};

const char *guise_result_name(guise_result result)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].code == result) {
            return names[i].name;
        }
    }
    return result < 0 ? "GUISE_E_?" : "GUISE_S_?";
}

#define TEXT_(number) #number
#define TEXT(number) TEXT_(number)

const char *guise_version(void)
{
    return TEXT(GUISE_VERSION_MAJOR) "." TEXT(GUISE_VERSION_MINOR) "." TEXT(GUISE_VERSION_PATCH);
}
