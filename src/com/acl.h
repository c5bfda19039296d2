/* SPDX-License-Identifier: MIT */
/*
 * Access control lists that may come from outside: no byte beyond the size in the list's header is read,
 * even if the size of an entry reaches further.
 */
#ifndef GUISE_SRC_COM_ACL_H
#define GUISE_SRC_COM_ACL_H

#include <stdbool.h>
#include <stddef.h>

#include <guise/com/winnt.h>

struct guise__com_ace {
    ACE_HEADER header;
    ACCESS_MASK mask; /* 0 for types from ACCESS_ALLOWED_COMPOUND_ACE_TYPE on */
    PSID sid;         /* well formed, within the entry; NULL if such a type has none there */
};

/* A list under examination. */
struct guise__com_acl_walk {
    const BYTE *next;
    const BYTE *end; /* of the list's size */
    WORD left;       /* entries */
};

static inline bool guise__com_acl_walk_is_valid(const struct guise__com_acl_walk *walk)
{
    return walk->next != NULL && walk->next <= walk->end;
}

/* Begins before the first entry. Returns false if acl is NULL or has no valid header. */
bool guise__com_acl_begin(struct guise__com_acl_walk *walk, const void *acl);

/* Reads the next entry; walk->left is not 0. Returns false if the entry is malformed. */
bool guise__com_acl_next(struct guise__com_acl_walk *walk, struct guise__com_ace *out);

/* Returns whether the list, with the size in its header, fits into room bytes. */
bool guise__com_acl_fits(const void *acl, size_t room);

/* Holds for every entry that a walk has read. */
bool guise__com_ace_is_valid(const struct guise__com_ace *ace);

/* Returns whether the list is well formed from its header to its last entry. */
bool guise__com_acl_is_valid(const void *acl);

/* Walks to the end of the list. Returns false if the list is malformed. */
bool guise__com_acl_walk_all(struct guise__com_acl_walk *walk, const void *acl);

/* Leaves *walk before the entry with this index. Fails with ERROR_INVALID_PARAMETER if there is none, and
 * with ERROR_INVALID_ACL if the list is malformed. */
DWORD guise__com_acl_find(struct guise__com_acl_walk *walk, const void *acl, DWORD index);

/* Appends an entry that allows, denies or audits. Fails as AddAccessAllowedAce does. */
DWORD guise__com_acl_add(PACL acl, DWORD revision, BYTE type, BYTE flags, ACCESS_MASK mask,
                         PSID sid);

#endif
