/* SPDX-License-Identifier: MIT */
/*
 * A token is an identity: a user id, a group id, the groups, a name for people to read, and how far a
 * server may make use of it (the impersonation level). It never changes after it is made, so any
 * number of threads may read it without a lock.
 *
 * Lifetime: counted. Each reference that guise_token_create, guise_token_duplicate or guise_token_ref
 * returns has to be dropped with one guise_token_unref. All pointers read from a token live as long
 * as the reference they were read through.
 */
#ifndef GUISE_TOKEN_H
#define GUISE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <guise/result.h>

GUISE_BEGIN_DECLS

/* How far a server may make use of a client's identity; COM's RPC_C_IMP_LEVEL values. */
typedef enum guise_level {
    GUISE_LEVEL_DEFAULT = 0, /* no level was named; never a token's level. A blanket that names none
                                    takes its token's, a peer that names none grants IDENTIFY */
    GUISE_LEVEL_ANONYMOUS = 1,   /* nothing: not even check access against it */
    GUISE_LEVEL_IDENTIFY = 2,    /* read the identity and check access; never act as the client */
    GUISE_LEVEL_IMPERSONATE = 3, /* act as the client on this machine */
    GUISE_LEVEL_DELEGATE = 4     /* the same, and pass the identity on */
} guise_level;

typedef struct guise_token guise_token;

typedef struct guise_token_desc {
    size_t size;         /* sizeof(guise_token_desc) */
    const char *name;    /* for people; copied; NULL is the empty name. Never looked up. */
    uid_t uid;           /* not (uid_t)-1; 0 is allowed */
    gid_t gid;           /* not (gid_t)-1 */
    const gid_t *groups; /* supplementary groups in any order; copied; NULL if there are none */
    size_t group_count;
    guise_level level; /* ANONYMOUS to DELEGATE */
} guise_token_desc;

/* A description with its size set and the rest zero, for an initializer: the level must be set. */
#define GUISE_TOKEN_DESC_INIT                                                                      \
    {                                                                                              \
        sizeof(guise_token_desc), NULL, 0, 0, NULL, 0, GUISE_LEVEL_DEFAULT                         \
    }

/*
 * How many groups a token may have at most, its gid counted: 1 to 65,536; 1,024 unless this is called.
 * A switch to a client sets and confirms the whole list, so a client with 65,536 groups would make
 * each of its requests cost tens of milliseconds. Above 1,024 every thread that becomes a client keeps
 * room for a list of this length (4 bytes a group). The system's own limit holds as well.
 *
 * GUISE_E_INVALID_ARGUMENT  limit is 0 or above 65,536.
 * GUISE_E_TOO_LATE          A token was made before, or refused for its description.
 *
 * Safety: any thread; best from main. Nothing changes on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_token_set_group_limit(size_t limit);

/*
 * Makes a token. The primary gid is put into the list of groups, which is sorted and freed of
 * duplicates. The provider (provider.h) prepares the identity here, so that becoming the client
 * later needs no memory and no look-up.
 *
 * GUISE_E_INVALID_ARGUMENT  desc or out is NULL; size is too small or an unknown tail is not zero;
 *                           level is DEFAULT or unknown; uid, gid or a group is -1; uid, gid or a
 *                           group is the overflow id (65534) in a user namespace that leaves ids
 *                           unmapped, where it stands for all of those (I-11); groups is NULL with a
 *                           count; more groups than the limit (I-10) or than the system takes.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 * GUISE_E_NO_PROVIDER       No provider was chosen, or every choice failed (provider.h).
 *
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_token_create(const guise_token_desc *desc,
                                                         guise_token **out);

/*
 * Who a client is in the words of the mechanism that authenticated it. Keys of different mechanisms are
 * different clients, also if their bytes are equal.
 */
typedef struct guise_identity {
    size_t size;           /* sizeof(guise_identity) */
    const char *mechanism; /* "krb5"; not empty */
    const void *key; /* bytes that stand for one client only, now and later; not a display name */
    size_t key_size; /* 1 to 65,536 */
} guise_identity;

/* An identity with its size set and the rest zero, for an initializer. */
#define GUISE_IDENTITY_INIT                                                                        \
    {                                                                                              \
        sizeof(guise_identity), NULL, NULL, 0                                                      \
    }

/*
 * Makes a token for a client that has no ids on this machine: it is known by name, and may be told from
 * others, but there is no user here that a thread could become. Therefore the level is IDENTIFY at most
 * (I-14). The ids read as the overflow ids (65534; never -1 and never 0) and there are no groups, so
 * neither says who the client is: ask guise_token_has_ids before using them. A thread that carries the
 * token has no rights in the kernel, like that of any token below IMPERSONATE (provider.h).
 *
 * identity: copied. NULL, for a client of which nothing is known, only with level ANONYMOUS.
 * name: for people; copied; NULL is the empty name.
 *
 * GUISE_E_BAD_LEVEL         level is above IDENTIFY.
 * GUISE_E_INVALID_ARGUMENT  out is NULL; level is DEFAULT or unknown; identity is NULL at IDENTIFY; its
 *                           size is too small or an unknown tail is not zero; its mechanism is NULL or
 *                           empty; its key is NULL, empty or too long.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 * GUISE_E_NO_PROVIDER       No provider was chosen, or every choice failed (provider.h).
 *
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_token_create_without_ids(const guise_identity *identity,
                                                                     const char *name,
                                                                     guise_level level,
                                                                     guise_token **out);

/*
 * What lets a server pass a client's identity on: a ticket that the client has forwarded, for example. To
 * this library it is a pointer, with a count of its own.
 *
 * Lifetime: counted. destroy(data) runs once when the last reference is dropped, on the thread that drops
 * it, as self, with an empty slot, without a current call and with cancellation disabled, also if that
 * thread is a client at the moment or impersonates (I-17). It must not be left by longjmp. After a fork
 * parent and child each have the credential, so it runs once in each process that drops the last reference;
 * it never runs inside fork: what the slot of the forking thread had last is destroyed later, or with the
 * process.
 */
typedef struct guise_credential guise_credential;

/*
 * Makes a credential. kind tells whose it is: the address of a variable of the library that made it, so
 * that no other library takes the data for its own.
 *
 * GUISE_E_INVALID_ARGUMENT  kind, data, destroy or out is NULL.
 * GUISE_E_OUT_OF_MEMORY     There is no memory. destroy does not run; data stays the caller's.
 *
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_credential_create(const void *kind, void *data,
                                                              void (*destroy)(void *data),
                                                              guise_credential **out);

/* One more reference; returns the credential. NULL gives NULL. As for a token. */
GUISE_API guise_credential *guise_credential_ref(const guise_credential *credential);

/* One reference less; the last one has the data destroyed. NULL is fine. Safety: any thread that holds no
 * lock which destroy takes. */
GUISE_API void guise_credential_unref(const guise_credential *credential);

/* The data of a credential of this kind; NULL if credential is NULL or of another kind. Borrowed: it lives
 * as long as the reference that it was read through. Safety: any thread that has a reference. */
GUISE_API void *guise_credential_data(const guise_credential *credential, const void *kind);

/*
 * guise_token_create for a client that has delegated: the token carries the credential, and takes a
 * reference of its own to it. A duplicate at DELEGATE carries it too; one at a lower level does not
 * (I-16).
 *
 * GUISE_E_BAD_LEVEL         The level of the description is below DELEGATE.
 * GUISE_E_INVALID_ARGUMENT  credential is NULL; and as guise_token_create.
 * Others                    As guise_token_create.
 *
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_token_create_with_credential(
    const guise_token_desc *desc, guise_credential *credential, guise_token **out);

/*
 * Makes a token for the same identity at the same or a lower level, with a serial of its own.
 * A token without ids gives another one without ids.
 *
 * GUISE_E_INVALID_ARGUMENT  token or out is NULL; level is DEFAULT or unknown.
 * GUISE_E_BAD_LEVEL         level is above the token's, and a level only goes down.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Safety: any thread. *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_token_duplicate(const guise_token *token,
                                                            guise_level level, guise_token **out);

/* One more reference; returns the token. NULL gives NULL. At most 2,147,483,647 (2^31 - 1) at a time;
 * one more ends the process. Safety: any thread that has a reference. */
GUISE_API guise_token *guise_token_ref(const guise_token *token);

/* One reference less; the last one frees the token, and drops the one to its credential (whose destructor
 * may run in here). NULL is fine. Safety: any thread. */
GUISE_API void guise_token_unref(const guise_token *token);

/* The members of a token, which must not be NULL. Safety: any thread that has a reference. */
GUISE_API const char *guise_token_name(const guise_token *token); /* never NULL */
GUISE_API uid_t guise_token_uid(const guise_token *token);
GUISE_API gid_t guise_token_gid(const guise_token *token);
GUISE_API guise_level guise_token_level(const guise_token *token);

/*
 * Do uid, gid and groups stand for the client? False for a token without ids, of which they say nothing:
 * two such clients read the same and are not the same (I-15), and a file of that uid is not theirs.
 * token must not be NULL. Safety: any thread that has a reference.
 */
GUISE_API bool guise_token_has_ids(const guise_token *token);

/* Who a client without ids is. NULL: the token has ids. Mechanism and key are empty for a client of which
 * nothing is known. Borrowed. token must not be NULL. Safety: any thread that has a reference. */
GUISE_API const guise_identity *guise_token_identity(const guise_token *token);

/* The credential that the token carries; NULL: none. Borrowed. token must not be NULL. Safety: any thread
 * that has a reference. */
GUISE_API const guise_credential *guise_token_credential(const guise_token *token);

/*
 * Are these two tokens of one client? With ids: uid, gid and groups are equal. Without: mechanism and key
 * are equal; a client of which nothing is known is never another one. One with ids is never one without.
 * Names and levels do not count. False if one of them is NULL. Safety: any thread that has references.
 */
GUISE_API bool guise_token_is_same_client(const guise_token *one, const guise_token *other);

/* The groups, sorted, without duplicates, the primary gid among them; none for a token without ids. count
 * may be NULL. */
GUISE_API const gid_t *guise_token_groups(const guise_token *token, size_t *count);

/*
 * A number that no other token of this process has had or will have: the key for caches and pools
 * (connections, descriptors) that must not give one client's objects to another.
 */
GUISE_API uint64_t guise_token_serial(const guise_token *token);

/*
 * Do the permission bits allow this identity these accesses? A check that asks no system and changes no
 * thread, for a server without privilege, after fstat on a descriptor that it has opened (never on a path
 * twice). mode is R_OK, W_OK, X_OK or'ed together. POSIX class rules: the owner's bits
 * count for the owner and no others, then the groups', then the rest. No exception for uid 0.
 * Access control lists, mount options and security modules are not seen. A client without ids is no user
 * of this machine, not even one of the rest (I-14).
 *
 * GUISE_E_ACCESS_DENIED     The bits do not allow it, or the token has no ids.
 * GUISE_E_BAD_LEVEL         The token is at anonymous level, which allows no check.
 * GUISE_E_INVALID_ARGUMENT  token or file is NULL, or mode has a bit that is none of the three.
 *
 * Safety: any thread that has a reference.
 */
GUISE_API GUISE_MUST_USE guise_result guise_token_check_access(const guise_token *token,
                                                               const struct stat *file, int mode);

GUISE_END_DECLS

#endif
