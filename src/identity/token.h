/* SPDX-License-Identifier: MIT */
#ifndef GUISE_TOKEN_INTERNAL_H
#define GUISE_TOKEN_INTERNAL_H

#include <stdatomic.h>

#include <guise/token.h>

/* One block: the struct, the groups, the name. Everything but refs is fixed before anybody else can
 * see the token, so readers need no lock and no order. */
struct guise_token {
    atomic_uint refs;
    guise_level level;
    uint64_t serial;
    void *prepared; /* the provider's; NULL: there is nothing to enter */
    const char *name;
    size_t group_count;
    uid_t uid;
    gid_t gid;
    gid_t groups[]; /* sorted, unique, with gid */
};

#endif
