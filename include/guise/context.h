/* SPDX-License-Identifier: MIT */
/*
 * A client security context: who the client is (a token) and how the request was protected (the
 * blanket it was made with). Usually one for each connection. Immutable and counted like a token.
 */
#ifndef GUISE_CONTEXT_H
#define GUISE_CONTEXT_H

#include <guise/token.h>

GUISE_BEGIN_DECLS

typedef struct guise_context guise_context;

/* Authentication levels; COM's RPC_C_AUTHN_LEVEL values. 0, COM's DEFAULT, is for asking only. */
#define GUISE_AUTHN_LEVEL_NONE 1u
#define GUISE_AUTHN_LEVEL_CONNECT 2u
#define GUISE_AUTHN_LEVEL_CALL 3u
#define GUISE_AUTHN_LEVEL_PKT 4u
#define GUISE_AUTHN_LEVEL_PKT_INTEGRITY 5u
#define GUISE_AUTHN_LEVEL_PKT_PRIVACY 6u

/* Authentication services this library names; any other of COM's numbers is carried as it is. */
#define GUISE_AUTHN_SERVICE_NONE 0u
#define GUISE_AUTHN_SERVICE_KERBEROS 16u
#define GUISE_AUTHN_SERVICE_KERNEL 20u /* the local kernel vouched for the peer (peer.h) */
#define GUISE_AUTHZ_SERVICE_NONE 0u

typedef struct guise_blanket {
    size_t size;                  /* sizeof(guise_blanket) */
    uint32_t authn_service;       /* who authenticated the client */
    uint32_t authz_service;
    uint32_t authn_level;         /* GUISE_AUTHN_LEVEL_NONE to _PKT_PRIVACY */
    guise_level level;            /* what the client allows; DEFAULT = the token's level */
    uint32_t capabilities;        /* COM's EOAC bits, at most 0x7FFF */
    const char *server_principal; /* the name the client called the server by, or NULL */
} guise_blanket;

/*
 * Makes a context from a blanket and a token. The context's level is the lower of the two (S-25);
 * where that is below the token's, the context holds a duplicate at that level. At authn_level
 * NONE nothing is vouched for: services read as NONE and the principal as NULL.
 *
 * GUISE_E_INVALID_ARGUMENT  a NULL; size too small or an unknown tail not zero; authn_level 0 or
 *                           above PKT_PRIVACY; an unknown level or capability bit.
 * GUISE_E_OUT_OF_MEMORY     no memory.
 *
 * Lifetime: strings and token are copied or referenced; the caller may drop its own at once.
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_context_create(const guise_blanket *blanket,
                                                           const guise_token *token,
                                                           guise_context **out);

/* One more reference; returns the context. NULL gives NULL. Overflow ends the process. */
GUISE_API guise_context *guise_context_ref(const guise_context *context);

/* One reference less; the last one frees it. NULL is fine. Safety: any thread. */
GUISE_API void guise_context_unref(const guise_context *context);

/* The blanket with the context's level in it; and the token at that level. Both are borrowed:
 * they live as long as the context. Safety: any thread that has a reference. */
GUISE_API const guise_blanket *guise_context_blanket(const guise_context *context);
GUISE_API const guise_token *guise_context_token(const guise_context *context);

GUISE_END_DECLS

#endif
