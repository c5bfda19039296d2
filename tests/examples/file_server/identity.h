/* SPDX-License-Identifier: MIT */
/* The identity of a thread: for Guise, and for the kernel, in /proc/self/task/TID/status. */
#ifndef FILE_SERVER_IDENTITY_H
#define FILE_SERVER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define GROUPS_SHOWN 16u

struct identity {
    bool known;   /* false: it could not be read */
    bool client;  /* there is a token in the slot */
    uid_t token;  /* its uid */
    uid_t uid[4]; /* real, effective, saved, of the file system */
    gid_t gid[4];
    gid_t groups[GROUPS_SHOWN]; /* the first of them */
    size_t group_count;         /* of all */
    uint64_t capabilities;      /* effective */
};

/* Of the calling thread, now. */
struct identity identity_read(void);

bool identity_equal(const struct identity *a, const struct identity *b);

/* What self is for the kernel as this client: its effective ids and groups, and no capability.
 * groups are sorted. */
struct identity identity_as(const struct identity *self, uid_t uid, gid_t gid, const gid_t *groups,
                            size_t group_count);

/* One line of a table: what, then the five columns. */
void identity_print(const char *what, const struct identity *it);

#endif
