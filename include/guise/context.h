/* SPDX-License-Identifier: MIT */
/*
 * A client security context: the client's identity (a token) and how the request was protected (the
 * blanket it was made with). Usually there is one for each connection. Immutable and counted like a token.
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
    size_t size;            /* sizeof(guise_blanket) */
    uint32_t authn_service; /* the service that authenticated the client */
    uint32_t authz_service;
    uint32_t authn_level;         /* GUISE_AUTHN_LEVEL_NONE to _PKT_PRIVACY */
    guise_level level;            /* what the client allows; DEFAULT = the token's level */
    uint32_t capabilities;        /* COM's EOAC bits, at most 0x7FFF */
    const char *server_principal; /* the name the client called the server by, or NULL */
} guise_blanket;

/* A blanket with its size set and the rest zero, for an initializer: authn_level must be set. */
#define GUISE_BLANKET_INIT                                                                         \
    {                                                                                              \
        sizeof(guise_blanket), 0, 0, 0, GUISE_LEVEL_DEFAULT, 0, NULL                               \
    }

/*
 * Makes a context from a blanket and a token. The context's level is the lower of the two (S-25);
 * where that is below the token's, the context holds a duplicate at that level. At authn_level
 * NONE nothing is vouched for: services read as NONE and the principal as NULL.
 *
 * GUISE_E_INVALID_ARGUMENT  An argument is NULL; size is too small or an unknown tail is not zero;
 *                           authn_level is 0 or above PKT_PRIVACY; the level or a capability bit is
 *                           unknown.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Lifetime: strings and token are copied or referenced; the caller may drop its own at once.
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_context_create(const guise_blanket *blanket,
                                                           const guise_token *token,
                                                           guise_context **out);

/*
 * Makes a context from a token alone: its blanket has these two, the token's level, and nothing else.
 * Results, lifetime and safety as guise_context_create.
 */
GUISE_API GUISE_MUST_USE guise_result guise_context_from_token(const guise_token *token,
                                                               uint32_t authn_service,
                                                               uint32_t authn_level,
                                                               guise_context **out);

/* What a context may know besides. */
typedef struct guise_context_desc {
    size_t size; /* sizeof(guise_context_desc) */
    const guise_identity
        *identity;               /* who the client is for the mechanism; copied. NULL: the token's
                                       (guise_token_identity), or nothing is said */
    int64_t valid_until;         /* seconds since 1970-01-01 00:00 UTC; 0: no end */
    void *data;                  /* the program's own */
    void (*destroy)(void *data); /* NULL: none */
} guise_context_desc;

/* A description with its size set and the rest zero, for an initializer. */
#define GUISE_CONTEXT_DESC_INIT                                                                    \
    {                                                                                              \
        sizeof(guise_context_desc), NULL, 0, NULL, NULL                                            \
    }

/*
 * guise_context_create with more to say. From its end of validity on a context has no new calls
 * (GUISE_E_ACCESS_DENIED); a call made before keeps its rights until Signal (I-18).
 *
 * GUISE_E_INVALID_ARGUMENT  As guise_context_create; desc is NULL; its size is too small or an unknown tail
 *                           is not zero; identity has a fault (guise_token_create_without_ids); identity
 *                           is another one than that of a token without ids; valid_until is negative.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Lifetime: destroy(data) runs once, when the last reference to the context or call of the context is
 * dropped, on that thread, as self (I-17), like a credential's (token.h). It does not run if this function
 * fails.
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_context_create_with(const guise_blanket *blanket,
                                                                const guise_token *token,
                                                                const guise_context_desc *desc,
                                                                guise_context **out);

/* One more reference; returns the context. NULL gives NULL. At most 2,147,483,647 (2^31 - 1) at a time,
 * each call of the context counting as one; one more ends the process. */
GUISE_API guise_context *guise_context_ref(const guise_context *context);

/* One reference less; the last one frees it, and has the program's data destroyed. NULL is fine. Safety:
 * any thread that holds no lock which destroy takes. */
GUISE_API void guise_context_unref(const guise_context *context);

/* The blanket with the context's level in it; and the token at that level. Both are borrowed:
 * they live as long as the context. Safety: any thread that has a reference. */
GUISE_API const guise_blanket *guise_context_blanket(const guise_context *context);
GUISE_API const guise_token *guise_context_token(const guise_context *context);

/*
 * Who the client is for the mechanism that authenticated it; never NULL, mechanism and key are empty if
 * nothing was said. A context of a peer (peer.h) says "peercred" and the uid, as the bytes of a uid_t.
 * At authn_level NONE nothing is vouched for, so nothing is said. Borrowed.
 * Safety: any thread that has a reference.
 */
GUISE_API const guise_identity *guise_context_identity(const guise_context *context);

/* The end of validity as it was given, 0 for none; and is it over, by the system's clock? Safety: any
 * thread that has a reference. */
GUISE_API int64_t guise_context_valid_until(const guise_context *context);
GUISE_API bool guise_context_has_ended(const guise_context *context);

/* The program's data; NULL: none. Safety: any thread that has a reference. */
GUISE_API void *guise_context_data(const guise_context *context);

GUISE_END_DECLS

#endif
