/* SPDX-License-Identifier: MIT */
/*
 * The probe reads the identity of the process, which is self from then on, and rehearses a switch to find
 * out whether the process's threads can leave that identity and come back to it. All results are written
 * before guise_use_provider lets another thread see the provider, and never again.
 */
#define _GNU_SOURCE
#include "identity/linux_probe.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <string.h>

#include "base/check.h"
#include "identity/provider.h"
#include "identity/switch_record.h"
#include "port/port.h"

struct guise__linux_identity guise__linux_powerless;

/* Notes the reason and refuses the choice. */
static guise_result refuse_choice(const char *reason)
{
    guise__provider_explain(reason);
    return GUISE_E_ACCESS_DENIED;
}

static guise_result refuse_for_memory(void)
{
    guise__provider_explain("no memory");
    return GUISE_E_OUT_OF_MEMORY;
}

/* ---- the identity of the process ---- */

static bool has_cap(const struct guise__caps *caps, unsigned cap)
{
    return (caps->effective[cap / 32] & (UINT32_C(1) << (cap % 32))) != 0;
}

/* Because the way back to an id that is neither real nor saved would need rights that may be gone by
 * then. */
static bool is_kept(const struct guise__ids *ids)
{
    return ids->effective == ids->real || ids->effective == ids->saved;
}

static bool are_equal(const struct guise__ids *ids)
{
    return ids->effective == ids->real && ids->effective == ids->saved;
}

static guise_result check_ids(void)
{
    const struct guise__linux_self *self = &guise__linux_self;

    if (!is_kept(&self->uid) || !is_kept(&self->gid)) {
        return refuse_choice("the effective uid or gid is neither the real nor the saved one");
    }
    if (self->sets_real_ids && (!are_equal(&self->uid) || !are_equal(&self->gid))) {
        return refuse_choice(
            "real, effective and saved ids differ, which linux_full cannot restore");
    }
    if (guise__get_file_uid() != self->uid.effective ||
        guise__get_file_gid() != self->gid.effective) {
        return refuse_choice("the file-system ids are not the effective ids");
    }
    return GUISE_OK;
}

static guise_result read_self(bool sets_real_ids)
{
    struct guise__linux_self *self = &guise__linux_self;
    struct guise__caps caps;

    self->sets_real_ids = sets_real_ids;
    self->securebits = guise__get_securebits();
    if (!guise__get_uids(&self->uid) || !guise__get_gids(&self->gid) || !guise__get_caps(&caps) ||
        self->securebits < 0) {
        return refuse_choice("the kernel does not tell ids, capabilities or securebits");
    }
    if (!has_cap(&caps, CAP_SETUID)) {
        return refuse_choice("CAP_SETUID is not in the effective set");
    }
    if (!has_cap(&caps, CAP_SETGID)) {
        return refuse_choice("CAP_SETGID is not in the effective set");
    }
    memcpy(self->effective, caps.effective, sizeof self->effective);
    return check_ids();
}

/* In a user namespace every unmapped id reads as the overflow id. It cannot be restored: setting it
 * selects the mapped id of that number, or fails (I-11). */
static bool is_named(unsigned id, unsigned overflow_id, bool has_unmapped)
{
    return !has_unmapped || id != overflow_id;
}

/* The effective id is one of these two (is_kept). */
static bool are_named(const struct guise__ids *ids, unsigned overflow_id, bool has_unmapped)
{
    return is_named(ids->real, overflow_id, has_unmapped) &&
           is_named(ids->saved, overflow_id, has_unmapped);
}

static bool is_all_named(const struct guise__limits *limits)
{
    const struct guise__linux_self *self = &guise__linux_self;

    if (!are_named(&self->uid, limits->overflow_uid, limits->has_unmapped_uids) ||
        !are_named(&self->gid, limits->overflow_gid, limits->has_unmapped_gids)) {
        return false;
    }
    for (size_t i = 0; i < self->group_count; i++) {
        if (!is_named(self->groups[i], limits->overflow_gid, limits->has_unmapped_gids)) {
            return false;
        }
    }
    return true;
}

static guise_result read_groups(void)
{
    struct guise__linux_self *self = &guise__linux_self;
    long count = guise__count_groups();

    guise__free(self->groups); /* those of an earlier choice that failed */
    self->groups = NULL;
    if (count < 0) {
        return refuse_choice("the kernel does not tell the groups");
    }
    self->group_count = (size_t)count;
    self->groups = guise__alloc((2 * self->group_count + 1) * sizeof *self->groups);
    if (self->groups == NULL) {
        return refuse_for_memory();
    }
    /* Cleared first, because a system call filter may answer with a number and write nothing. */
    memset(self->groups, 0xFF, self->group_count * sizeof *self->groups);
    if (count != 0 && guise__get_groups(self->group_count, self->groups) != count) {
        return refuse_choice("the groups changed while they were read");
    }
    self->sorted = self->groups + self->group_count;
    memcpy(self->sorted, self->groups, self->group_count * sizeof *self->groups);
    guise__linux_sort_groups(self->sorted, self->group_count);
    return GUISE_OK;
}

/* The powerless identity is neither root's, because root's files need no capability, nor the server's own.
 * If the overflow ids are one of these, clients that grant less than impersonation are refused (I-13). */
static bool is_powerless(const struct guise__limits *limits)
{
    const struct guise__linux_self *self = &guise__linux_self;

    return limits->overflow_uid != 0 && limits->overflow_gid != 0 &&
           limits->overflow_uid != self->uid.effective;
}

static guise_result describe_powerless(void)
{
    struct guise__linux_identity *powerless = &guise__linux_powerless;
    struct guise__limits limits;

    guise__limits_read(&limits);
    if (!is_all_named(&limits)) {
        return refuse_choice("an id or group of this process has no name in its user namespace");
    }
    memset(powerless, 0, sizeof *powerless);
    guise__linux_describe(powerless, limits.overflow_uid, limits.overflow_gid);
    powerless->same_groups = guise__linux_self.group_count == 0;
    powerless->clear_caps = true;
    powerless->impossible = !is_powerless(&limits);
    GUISE__CHECK(guise__linux_identity_is_valid(powerless));
    guise__groups_need(guise__linux_self.group_count);
    return GUISE_OK;
}

/* ---- the rehearsal, in a thread of its own, which ends with the identity that it has then ---- */

struct rehearsal {
    const char *reason; /* why it failed; NULL: it succeeded */
    bool has_no_memory;
};

/* Can a thread take the overflow ids? A namespace that maps few ids may not have them. Then clients that
 * grant less than impersonation are refused, and the rehearsal uses self's ids. */
static bool can_be_powerless(void)
{
    struct guise__ids uid = {GUISE__KEEP_ID, guise__linux_powerless.uid.effective, GUISE__KEEP_ID};
    struct guise__ids gid = {GUISE__KEEP_ID, guise__linux_powerless.gid.effective, GUISE__KEEP_ID};
    const struct guise__linux_self *self = &guise__linux_self;
    struct guise__ids back_uid = {GUISE__KEEP_ID, self->uid.effective, GUISE__KEEP_ID};
    struct guise__ids back_gid = {GUISE__KEEP_ID, self->gid.effective, GUISE__KEEP_ID};

    return guise__set_gids(gid) && guise__set_gids(back_gid) && guise__set_uids(uid) &&
           guise__set_uids(back_uid);
}

/* Does a change of uid alone clear the capabilities, and does the way back restore exactly those? */
static bool clears_by_itself(void)
{
    struct guise__ids away = {GUISE__KEEP_ID, guise__linux_powerless.uid.effective, GUISE__KEEP_ID};
    struct guise__ids back = {GUISE__KEEP_ID, guise__linux_self.uid.effective, GUISE__KEEP_ID};
    static const uint32_t none[GUISE__CAP_WORDS];
    struct guise__caps caps;

    return guise__set_uids(away) && guise__get_caps(&caps) &&
           memcmp(caps.effective, none, sizeof none) == 0 && guise__set_uids(back) &&
           guise__get_caps(&caps) &&
           memcmp(caps.effective, guise__linux_self.effective, sizeof caps.effective) == 0;
}

/* Restores the uid and the capabilities after clears_by_itself. */
static bool restore_caps(void)
{
    struct guise__ids back = {GUISE__KEEP_ID, guise__linux_self.uid.effective, GUISE__KEEP_ID};
    struct guise__caps caps;

    if (!guise__set_uids(back) || !guise__get_caps(&caps)) {
        return false;
    }
    memcpy(caps.effective, guise__linux_self.effective, sizeof caps.effective);
    return guise__set_caps(&caps);
}

static const char *go_and_come_back(const struct guise__linux_identity *identity)
{
    const struct guise__linux_self *self = &guise__linux_self;

    /* Asked again, because the checks below only confirm what was read first. */
    if (guise__linux_verify(NULL, NULL) != GUISE_OK) {
        return "the kernel does not tell the same of this process twice (a system call filter?)";
    }
    /* Called also if self has no groups, because a client may have some. */
    if (!guise__set_groups(self->group_count, self->groups)) {
        return "setgroups is refused (denied in this user namespace, or by a filter)";
    }
    return guise__linux_rehearse(identity)
               ? NULL
               : "a thread could not become another user and come back (a system call filter?)";
}

static const char *rehearse_all(void)
{
    struct guise__linux_identity stand_in = guise__linux_powerless;

    if (can_be_powerless()) {
        guise__linux_self.clears_caps = !clears_by_itself();
    } else {
        guise__linux_powerless.impossible = true;
        guise__linux_self.clears_caps = true;
        guise__linux_describe(&stand_in, guise__linux_self.uid.effective,
                              guise__linux_self.gid.effective);
    }
    return restore_caps() ? go_and_come_back(&stand_in) : "capset is refused";
}

static void *run_rehearsal(void *arg)
{
    struct rehearsal *rehearsal = arg;

    rehearsal->has_no_memory = !guise__group_room_make();
    if (!rehearsal->has_no_memory) {
        rehearsal->reason = rehearse_all();
        guise__group_room_drop();
    }
    return NULL;
}

/* ---- probe ---- */

static guise_result rehearse_elsewhere(void)
{
    struct rehearsal rehearsal = {"no thread could be created", false};
    pthread_t actor;

    GUISE__CHECK(guise__linux_self_is_valid());
    if (pthread_create(&actor, NULL, run_rehearsal, &rehearsal) != 0) {
        guise__provider_explain(rehearsal.reason);
        return GUISE_E_OUT_OF_MEMORY;
    }
    (void)pthread_join(actor, NULL);
    if (rehearsal.has_no_memory) {
        return refuse_for_memory();
    }
    return rehearsal.reason == NULL ? GUISE_OK : refuse_choice(rehearsal.reason);
}

static guise_result probe_process(bool sets_real_ids)
{
    guise_result result = read_self(sets_real_ids);

    if (result == GUISE_OK) {
        result = read_groups();
    }
    if (result == GUISE_OK) {
        result = describe_powerless();
    }
    GUISE__CHECK(GUISE__IMPLIES(result == GUISE_OK, guise__linux_self_is_valid()));
    return result == GUISE_OK ? rehearse_elsewhere() : result;
}

guise_result guise__linux_probe(bool sets_real_ids)
{
    int saved_errno = errno;
    guise_result result = probe_process(sets_real_ids);

    errno = saved_errno;
    return result;
}
