/* SPDX-License-Identifier: MIT */
/* Call contexts, from the inside. */
#ifndef GUISE_SRC_COM_CONTEXT_H
#define GUISE_SRC_COM_CONTEXT_H

#include <guise/call.h>
#include <guise/com/objbase.h>

/* The call's IServerSecurity, made if there is none yet; borrowed, lives as long as the call.
 * E_OUTOFMEMORY, *out is NULL then. */
HRESULT guise__com_server_security(guise_call *call, IServerSecurity **out);

/* S-34: the pointers that QueryBlanket hands out, before anything is known. */
void guise__com_clear_blanket(OLECHAR **server_principal, void **privileges);

/*
 * UTF-8 to UTF-16: how many characters, with the final 0; written to out unless that is NULL. A
 * byte that is not UTF-8 becomes a lone surrogate of its own, U+DC80 to U+DCFF, so that different
 * names stay different.
 */
size_t guise__com_widen(const char *text, OLECHAR *out);

#endif
