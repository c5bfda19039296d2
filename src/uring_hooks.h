/* SPDX-License-Identifier: MIT */
/*
 * What guise-uring needs of the core beyond its public functions. As com_hooks.h: exported as
 * GUISE_PRIVATE, in no header that is installed, and for the guise-uring of the same version only.
 */
#ifndef GUISE_URING_HOOKS_H
#define GUISE_URING_HOOKS_H

#include <stdbool.h>

#include <guise/call.h>

/* Is the provider of this process the one that has the kernel make the thread the client? */
GUISE_API bool guise__is_linux_provider(void);

/* The call's client and whether it has completed: com_hooks.h. */

/* Runs once, on whichever thread drops the context's last reference, before anything of the context
 * goes. It may use the context's address and nothing else of it. */
typedef void guise__context_end_fn(const guise_context *context);

/* From now on fn runs at the context's end; the caller has a reference. One fn for all contexts:
 * asking again changes nothing. */
GUISE_API void guise__context_at_end(const guise_context *context, guise__context_end_fn *fn);

#endif
