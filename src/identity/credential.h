/* SPDX-License-Identifier: MIT */
/* A credential from the inside, for the tokens that carry it. */
#ifndef GUISE_SRC_IDENTITY_CREDENTIAL_H
#define GUISE_SRC_IDENTITY_CREDENTIAL_H

#include <stdatomic.h>

#include <guise/token.h>

#include "identity/ending.h"

/* Everything but refs is fixed before another thread can see it. */
struct guise_credential {
    atomic_uint refs;
    const void *kind;
    struct guise__ending ending; /* has the data */
};

/* guise_credential_unref, but the destructor is only noted (ending.h). */
void guise__credential_drop(guise_credential *credential);

#endif
