/* SPDX-License-Identifier: MIT */
/*
 * Access control lists as somebody else may have made them: nothing outside the list's own size is
 * ever read, whatever its entries say of theirs.
 */
#ifndef GUISE_SRC_COM_ACL_H
#define GUISE_SRC_COM_ACL_H

#include <stdbool.h>

#include <guise/com/winnt.h>

struct guise__ace {
    ACE_HEADER header;
    ACCESS_MASK mask; /* 0 for types from ACCESS_ALLOWED_COMPOUND_ACE_TYPE on */
    PSID sid;         /* well formed, within the entry; NULL if such a type has none there */
};

/* A list under examination. */
struct guise__acl_walk {
    const BYTE *next;
    const BYTE *end; /* of the list's size */
    WORD left;       /* entries */
};

/* False if acl is NULL or its header is not a list's. */
bool guise__acl_begin(struct guise__acl_walk *walk, const void *acl);

/* The next of walk->left entries, of which there is at least one. False if it is malformed. */
bool guise__acl_next(struct guise__acl_walk *walk, struct guise__ace *out);

/* Well formed from its header to its last entry. */
bool guise__acl_is_valid(const void *acl);

#endif
