/* SPDX-License-Identifier: MIT */
/* A token of the process's own identity. */
#ifndef GUISE_SRC_THREAD_PROCESS_TOKEN_H
#define GUISE_SRC_THREAD_PROCESS_TOKEN_H

#include <guise/token.h>

#include "port/compiler.h"

/*
 * A new token of the process's own effective ids and groups as they are now, nameless, at level
 * DELEGATE; one reference, the caller's. Its id is that of the token made before as long as the ids
 * and groups have not changed meanwhile. The token is never that of a client: the calling thread
 * becomes self while the ids are read, and afterwards is what it was before, or the process has ended
 * (L-7).
 *
 * GUISE_E_NO_PROVIDER    no provider was chosen.
 * GUISE_E_ACCESS_DENIED  the thread is not self, or is ending; the process's ids are, or include, the
 *                        overflow id, or it has too many groups; the groups change.
 * GUISE_E_OUT_OF_MEMORY  no memory.
 *
 * *out is NULL on failure.
 */
GUISE_SIBLING guise_result guise__process_token(guise_token **out);

#endif
