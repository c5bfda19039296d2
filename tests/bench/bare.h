/* SPDX-License-Identifier: MIT */
/* Switching to a client and back by a sequence of raw system calls; each result is checked. */
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

/* Records the identity of the process, which bare_leave restores. */
void bare_init(void);
/* The sequence of the linux provider: it asks everything before entering and before leaving, and after
 * each what the step has changed. Returns whether all results are right. */
bool bare_switch(const struct bare_client *client);
/* The steps alone, and the six checks of a second impersonation. */
bool bare_enter(const struct bare_client *client);
bool bare_leave(const struct bare_client *client);
bool bare_is_client(const struct bare_client *client);
/* Twelve calls: checks the ids and the number of groups after entering and before leaving. */
bool bare_switch_12(const struct bare_client *client);

#endif
