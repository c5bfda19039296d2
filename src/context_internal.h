/* SPDX-License-Identifier: MIT */
#ifndef GUISE_CONTEXT_INTERNAL_H
#define GUISE_CONTEXT_INTERNAL_H

#include <stdatomic.h>

#include <guise/context.h>

/* Everything but refs is fixed before anybody else can see the context. */
struct guise_context {
    atomic_uint refs;
    guise_token *token; /* owned; at the context's level */
    guise_blanket blanket;
    char principal[];
};

#endif
