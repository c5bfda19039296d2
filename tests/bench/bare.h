/* SPDX-License-Identifier: MIT */
/* Becoming a client and coming back by raw system calls in a row, each answer checked. */
#ifndef GUISE_BENCH_BARE_H
#define GUISE_BENCH_BARE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { BARE_GROUPS_MAX = 1024 };

struct bare_client {
    uid_t uid;
    gid_t gid;
    size_t count;
    gid_t groups[BARE_GROUPS_MAX]; /* sorted, the primary one among them */
    bool same_groups;              /* the process's own list */
};

/* What the process is now is what bare_leave goes back to. */
void bare_init(void);
/* The sequence of the linux provider: it asks after entering, before and after leaving. Are all
 * answers right? */
bool bare_switch(const struct bare_client *client);
/* Twelve calls: asks after entering and before leaving, for ids and the number of groups. */
bool bare_switch_12(const struct bare_client *client);

#endif
