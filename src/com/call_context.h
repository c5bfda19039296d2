/* SPDX-License-Identifier: MIT */
/* What other parts of the library use of a call's context. */
#ifndef GUISE_SRC_COM_CALL_CONTEXT_H
#define GUISE_SRC_COM_CALL_CONTEXT_H

#include <guise/call.h>
#include <guise/com/objbase.h>

/* Finds the call's IServerSecurity, and makes it if there is none. It is borrowed, and lives as long as
 * the call. Fails with E_OUTOFMEMORY, and *out is NULL then. */
HRESULT guise__com_server_security(guise_call *call, IServerSecurity **out);

/* Clears the pointers that QueryBlanket hands out, so that they are NULL on failure (S-34). */
void guise__com_clear_blanket(OLECHAR **server_principal, void **privileges);

/*
 * Converts UTF-8 to UTF-16, into out unless that is NULL. Returns the number of characters, including the
 * final 0. A byte that is not UTF-8 becomes a lone surrogate of its own, U+DC80 to U+DCFF, so that different
 * names stay different.
 */
size_t guise__com_widen(const char *text, OLECHAR *out);

#endif
