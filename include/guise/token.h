/* SPDX-License-Identifier: MIT */
/*
 * A token is who somebody is: a user id, a group id, the groups, a name for people to read, and
 * how much of it a server may make use of (the impersonation level). It never changes after it is
 * made, so any number of threads may read it without asking anybody.
 *
 * Lifetime: counted. Whoever creates, duplicates or refs a token owes one guise_token_unref. All
 * pointers read from a token live as long as the reference they were read through.
 */
#ifndef GUISE_TOKEN_H
#define GUISE_TOKEN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <guise/result.h>

GUISE_BEGIN_DECLS

/* What a server may do with a client's identity; COM's RPC_C_IMP_LEVEL values. */
typedef enum guise_level {
    GUISE_LEVEL_DEFAULT = 0,     /* "as the other side says"; a request, never a token's level */
    GUISE_LEVEL_ANONYMOUS = 1,   /* nothing: not even check access against it */
    GUISE_LEVEL_IDENTIFY = 2,    /* know who it is and check access; never act as the client */
    GUISE_LEVEL_IMPERSONATE = 3, /* act as the client on this machine */
    GUISE_LEVEL_DELEGATE = 4     /* the same, and pass the identity on */
} guise_level;

typedef struct guise_token guise_token;

typedef struct guise_token_desc {
    size_t size;         /* sizeof(guise_token_desc) */
    const char *name;    /* for people; copied; NULL is the empty name. Never looked up. */
    uid_t uid;           /* not (uid_t)-1, not the overflow id; 0 is allowed */
    gid_t gid;           /* not (gid_t)-1, not the overflow id */
    const gid_t *groups; /* supplementary groups in any order; copied; NULL if there are none */
    size_t group_count;
    guise_level level; /* ANONYMOUS to DELEGATE */
} guise_token_desc;

/*
 * Makes a token. The primary gid is put into the list of groups, which is sorted and freed of
 * duplicates. The provider (provider.h) prepares the identity here, so that becoming the client
 * later needs no memory and no look-up. Once the arguments are well formed this settles the
 * provider for good, whatever comes of the rest.
 *
 * GUISE_E_INVALID_ARGUMENT  desc or out is NULL; size is too small or an unknown tail is not zero;
 *                           level is DEFAULT or unknown; uid or gid is -1; uid, gid or a group is
 *                           the overflow id (an id the kernel could not map); a group is -1; groups
 *                           is NULL with a count; more groups than the system takes.
 * GUISE_E_OUT_OF_MEMORY     no memory.
 * GUISE_E_ACCESS_DENIED     the last guise_use_provider failed and none was chosen since.
 *
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_token_create(const guise_token_desc *desc,
                                                         guise_token **out);

/*
 * Makes a token for the same identity at the same or a lower level, with a serial of its own.
 *
 * GUISE_E_INVALID_ARGUMENT  token or out is NULL; level is DEFAULT or unknown.
 * GUISE_E_BAD_LEVEL         level is above the token's: a level only goes down.
 * GUISE_E_OUT_OF_MEMORY     no memory.
 *
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_token_duplicate(const guise_token *token,
                                                            guise_level level, guise_token **out);

/* One more reference; returns the token. NULL gives NULL. A count that would overflow ends the
 * process. Safety: any thread that has a reference. */
GUISE_API guise_token *guise_token_ref(const guise_token *token);

/* One reference less; the last one frees the token. NULL is fine. Safety: any thread. */
GUISE_API void guise_token_unref(const guise_token *token);

/* What the token says. The token must not be NULL. Safety: any thread that has a reference. */
GUISE_API const char *guise_token_name(const guise_token *token); /* never NULL */
GUISE_API uid_t guise_token_uid(const guise_token *token);
GUISE_API gid_t guise_token_gid(const guise_token *token);
GUISE_API guise_level guise_token_level(const guise_token *token);

/* The groups, sorted, without duplicates, the primary gid among them. count may be NULL. */
GUISE_API const gid_t *guise_token_groups(const guise_token *token, size_t *count);

/*
 * A number no other token of this process has had or will have: the key for caches and pools
 * (connections, descriptors) that must not hand one client's things to another.
 */
GUISE_API uint64_t guise_token_serial(const guise_token *token);

/*
 * Would the permission bits let this identity do that? Checks only, asks nobody, touches no
 * thread: what a server without privilege uses after fstat on a descriptor it has opened (never
 * on a path twice). mode is R_OK, W_OK, X_OK or'ed together. POSIX class rules: the owner's bits
 * count for the owner and no others, then the groups', then the rest. No exception for uid 0.
 * Access control lists, mount options and security modules are not seen.
 *
 * GUISE_E_ACCESS_DENIED     the bits say no.
 * GUISE_E_BAD_LEVEL         the token is at anonymous level: there is nobody to check.
 * GUISE_E_INVALID_ARGUMENT  a NULL, or a bit in mode that is none of the three.
 *
 * Safety: any thread that has a reference.
 */
GUISE_API GUISE_MUST_USE guise_result guise_token_check_access(const guise_token *token,
                                                               const struct stat *file, int mode);

GUISE_END_DECLS

#endif
