/* SPDX-License-Identifier: MIT */
/*
 * Credentials: a pointer of a library's or the program's that tokens carry, with a count and a destructor.
 * There is no lock. The count is atomic, and nothing else changes.
 */
#include "identity/credential.h"

#include <stdint.h>

#include "base/check.h"
#include "base/refcount.h"
#include "port/port.h"

guise_result guise_credential_create(const void *kind, void *data, void (*destroy)(void *data),
                                     guise_credential **out)
{
    guise_credential *credential;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (kind == NULL || data == NULL || destroy == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    credential = guise__alloc(sizeof *credential);
    if (credential == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    atomic_init(&credential->refs, 1);
    credential->kind = kind;
    credential->ending = (struct guise__ending){destroy, data, credential, NULL};
    *out = credential;
    return GUISE_OK;
}

guise_credential *guise_credential_ref(const guise_credential *credential)
{
    guise_credential *counted = (guise_credential *)(uintptr_t)credential;

    if (counted != NULL) {
        (void)guise__count_up(&counted->refs);
    }
    return counted;
}

void guise__credential_drop(guise_credential *credential)
{
    if (credential != NULL && guise__count_down(&credential->refs)) {
        guise__ending_add(&credential->ending);
    }
}

void guise_credential_unref(const guise_credential *credential)
{
    guise__credential_drop((guise_credential *)(uintptr_t)credential);
    guise__endings_run();
}

void *guise_credential_data(const guise_credential *credential, const void *kind)
{
    return credential != NULL && credential->kind == kind ? credential->ending.data : NULL;
}
