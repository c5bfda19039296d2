/* SPDX-License-Identifier: MIT */
/*
 * One thread from self to a client and back, by raw system calls.
 *
 * enter and leave use the identity of the process, which the probe (linux_probe.c) writes once, and the
 * capabilities that the thread had on the way in.
 */
#ifndef GUISE_SRC_IDENTITY_LINUX_SWITCH_H
#define GUISE_SRC_IDENTITY_LINUX_SWITCH_H

#include <stdbool.h>
#include <stddef.h>

#include <guise/provider.h>

#include "identity/linux_calls.h"

/* The identity that guise_use_provider found, and how a thread leaves it. */
struct guise__linux_self {
    struct guise__ids uid, gid;
    uint32_t effective[GUISE__CAP_WORDS]; /* the capabilities in effect at that moment */
    size_t group_count;
    gid_t *groups; /* owned; as the kernel lists them; sorted follows in the same block */
    gid_t *sorted;
    int securebits;
    bool clears_caps;   /* a change of uid alone does not clear or restore the capabilities */
    bool sets_real_ids; /* linux_full: real ids are the client's too */
};
extern struct guise__linux_self guise__linux_self;

/* The identity that the kernel gives to a thread for a token. Borrows the token's groups, which live
 * longer. */
struct guise__linux_identity {
    struct guise__ids uid, gid; /* all six ids of the client */
    size_t group_count;
    const gid_t *groups; /* sorted */
    bool same_groups;    /* equal to self's, so nothing is set */
    bool clear_caps;
    bool impossible; /* refused, because there is no way back or the ids cannot be set here */
};

/* Has the probe written an identity to which a thread can come back: are the sorted groups there and in
 * order, and is each effective id a real or a saved one? */
bool guise__linux_self_is_valid(void);

/* Is the list in order? */
bool guise__linux_groups_are_sorted(const gid_t *groups, size_t count);

/* Are the groups of the identity there, sorted and free of duplicates? */
bool guise__linux_identity_is_valid(const struct guise__linux_identity *identity);

/* For a debugger, in builds with GUISE_CHECKS: the identity, in words, to standard error. */
void guise__linux_identity_print(const struct guise__linux_identity *identity);

/* Fills in the ids, for the provider in use. */
void guise__linux_describe(struct guise__linux_identity *identity, uid_t uid, gid_t gid);

/* Do these capabilities allow a thread to leave self and to come back? */
bool guise__linux_may_switch(const uint32_t caps[GUISE__CAP_WORDS]);

/* The functions of the same names in struct guise_provider. */
guise_result guise__linux_enter(const guise_provider *provider, const void *prepared);
void guise__linux_leave(const guise_provider *provider, const void *prepared);
guise_result guise__linux_verify(const guise_provider *provider, const void *prepared);

/* For the probe: becomes the client and self again, with everything confirmed. If it fails, the thread's
 * identity is unknown. */
bool guise__linux_rehearse(const struct guise__linux_identity *identity);

/* Sorts a list of groups by heap sort, because qsort may allocate memory. */
void guise__linux_sort_groups(gid_t *groups, size_t count);

#endif
