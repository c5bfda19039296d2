/* SPDX-License-Identifier: MIT */
/*
 * The kernel's per-thread identity calls, and nothing but them: each function is one system call,
 * on the calling thread alone. They change errno.
 */
#ifndef GUISE_LINUX_CALLS_H
#define GUISE_LINUX_CALLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { GUISE__CAP_WORDS = 2 };

struct guise__ids {
    unsigned real, effective, saved;
};

struct guise__caps {
    uint32_t effective[GUISE__CAP_WORDS], permitted[GUISE__CAP_WORDS], inheritable[GUISE__CAP_WORDS];
};

bool guise__set_effective_uid(unsigned uid);
bool guise__set_effective_gid(unsigned gid);
bool guise__set_groups(size_t count, const gid_t *groups);
bool guise__set_caps(const struct guise__caps *caps);

bool guise__get_uids(struct guise__ids *out);
bool guise__get_gids(struct guise__ids *out);
long guise__count_groups(void);
long guise__get_groups(size_t room, gid_t *out); /* how many; -1 if room is too small */
bool guise__get_caps(struct guise__caps *out);
int guise__get_securebits(void);

#endif
