/* SPDX-License-Identifier: MIT */
/*
 * The kernel enforces, thread by thread.
 *
 * Only raw system calls change one thread; the libc functions of the same names change all of them,
 * and are never called from here. Effective ids only: the real ids stay the server's, so a client
 * may not send it signals. In: groups, gid, uid, capabilities. Out: the reverse. After every change
 * the kernel is asked, because a system call filter can answer "done" and do nothing.
 *
 * Self is what probe found. A thread that entered is always on its way from self or back to it, so
 * enter and leave need no books of their own: what to undo follows from the token alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include <guise/provider.h>

#include "base/fatal.h"
#include "base/lock.h"
#include "port/port.h"
#include "identity/linux_switch.h"

/* What a thread is to the kernel, but for the list of groups. */
struct standing {
    struct guise__ids uid, gid;
    long group_count;
    struct guise__caps caps;
    int securebits;
};

/* Written by probe, before anybody else may look; then never. */
static struct standing s_self;
static gid_t *s_self_groups;
static gid_t *s_scratch; /* (s_scratch_lock) as long as that */
static struct guise__lock s_scratch_lock = GUISE__LOCK_INIT;
static bool s_drop_caps; /* changing ids alone does not take, or not give back, the capabilities */

/* A token as the kernel is to see it. Borrows the token's groups, which outlive it. */
struct disguise {
    uid_t uid;
    gid_t gid;
    size_t group_count;
    const gid_t *groups;
    bool same_groups; /* the list in force is this one already */
    bool drop_caps;
    bool impossible; /* there would be no way back */
};

/* Shared by all tokens that the kernel must not know: nobody, in no group, with no power. */
static struct disguise s_nobody;

/* What has been done on the way in, and so has to be undone on the way out. */
enum { DID_GROUPS = 1, DID_GID = 2, DID_UID = 4, DID_CAPS = 8 };

/* Permitted and inheritable stay self's; giving up or taking back effective ones needs no right. */
static bool set_effective_caps(const uint32_t effective[GUISE__CAP_WORDS])
{
    struct guise__caps caps = s_self.caps;

    memcpy(caps.effective, effective, sizeof caps.effective);
    return guise__set_caps(&caps);
}

static const uint32_t no_caps[GUISE__CAP_WORDS];

static bool drop_caps(void)
{
    return set_effective_caps(no_caps);
}

static bool regain_caps(void)
{
    return set_effective_caps(s_self.caps.effective);
}

/* ---- asking the kernel ---- */

static bool are_ids(const struct guise__ids *now, const struct guise__ids *self, unsigned effective)
{
    return now->real == self->real && now->saved == self->saved && now->effective == effective;
}

static bool has_effective_caps(const uint32_t expected[GUISE__CAP_WORDS])
{
    struct guise__caps caps;

    return guise__get_caps(&caps) && memcmp(caps.effective, expected, sizeof caps.effective) == 0;
}

static bool confirm_ids(unsigned uid, unsigned gid)
{
    struct guise__ids uids, gids;

    return guise__get_uids(&uids) && are_ids(&uids, &s_self.uid, uid) && guise__get_gids(&gids) &&
           are_ids(&gids, &s_self.gid, gid);
}

/* Lists longer than this are confirmed by their number only: there is no room, and no time, to read
 * them where it must not fail. */
enum { GROUPS_ON_STACK = 256 };

/* For a kilobyte of which most is never looked at: hardened builds would clear it each time, which
 * takes longer than the rest of confirming. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define NOT_CLEARED __attribute__((uninitialized))
#endif
#endif
#ifndef NOT_CLEARED
#define NOT_CLEARED
#endif

static bool confirm_groups(size_t count, const gid_t *groups)
{
    NOT_CLEARED gid_t list[GROUPS_ON_STACK];

    if (count == 0 || count > GROUPS_ON_STACK) {
        return guise__count_groups() == (long)count;
    }
    /* A filter may answer with a number and write nothing: no right answer may be lying there. */
    memset(list, 0xFF, count * sizeof *list);
    return guise__get_groups(GROUPS_ON_STACK, list) == (long)count &&
           memcmp(list, groups, count * sizeof *list) == 0;
}

/* The list in force was self's all the time, unless somebody changed it: the number will do. */
static bool confirm_disguise_groups(const struct disguise *disguise)
{
    return disguise->same_groups ? guise__count_groups() == s_self.group_count
                                 : confirm_groups(disguise->group_count, disguise->groups);
}

static bool confirm_disguise(const struct disguise *disguise)
{
    return confirm_ids(disguise->uid, disguise->gid) && confirm_disguise_groups(disguise) &&
           has_effective_caps(no_caps);
}

static bool confirm_self(unsigned did)
{
    bool groups_too = (did & DID_GROUPS) != 0;

    return confirm_ids(s_self.uid.effective, s_self.gid.effective) &&
           (groups_too ? confirm_groups((size_t)s_self.group_count, s_self_groups)
                       : guise__count_groups() == s_self.group_count) &&
           has_effective_caps(s_self.caps.effective);
}

/* ---- in and out ---- */

/* Stops at the first step that fails; did says which succeeded. */
static bool put_on(const struct disguise *disguise, unsigned *did)
{
    if (!disguise->same_groups) {
        if (!guise__set_groups(disguise->group_count, disguise->groups)) {
            return false;
        }
        *did |= DID_GROUPS;
    }
    if (!guise__set_effective_gid(disguise->gid)) {
        return false;
    }
    *did |= DID_GID;
    if (!guise__set_effective_uid(disguise->uid)) {
        return false;
    }
    *did |= DID_UID;
    if (disguise->drop_caps) {
        if (!drop_caps()) {
            return false;
        }
        *did |= DID_CAPS;
    }
    return confirm_disguise(disguise);
}

/* The uid first: it is one of the real and saved ids (may_switch), so it takes no right. Then the
 * capabilities, whatever that step has made of them; the rest takes those. */
static bool take_off(unsigned did)
{
    bool caps = (did & DID_CAPS) != 0;

    return ((did & DID_UID) == 0 || guise__set_effective_uid(s_self.uid.effective)) &&
           (!caps || regain_caps()) &&
           ((did & DID_GID) == 0 || guise__set_effective_gid(s_self.gid.effective)) &&
           ((did & DID_GROUPS) == 0 ||
            guise__set_groups((size_t)s_self.group_count, s_self_groups)) &&
           confirm_self(did);
}

static guise_result linux_enter(const guise_provider *provider, const void *prepared)
{
    const struct disguise *disguise = prepared;
    int kept = errno;
    unsigned did = 0;
    bool entered;

    (void)provider;
    if (disguise->impossible) {
        return GUISE_E_ACCESS_DENIED;
    }
    entered = put_on(disguise, &did);
    /* All or nothing. Where the very first step failed there is nothing to undo. */
    if (!entered && did != 0 && !take_off(did)) {
        guise__die("a thread could not undo half an impersonation");
    }
    errno = kept;
    return entered ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}

static unsigned all_of(const struct disguise *disguise)
{
    return DID_GID | DID_UID | (disguise->same_groups ? 0u : DID_GROUPS) |
           (disguise->drop_caps ? DID_CAPS : 0u);
}

static void linux_leave(const guise_provider *provider, const void *prepared)
{
    int kept = errno;

    (void)provider;
    /* A libc set*id function in another thread changes this one too, in silence. */
    if (prepared != NULL && !confirm_disguise(prepared)) {
        guise__die("a thread's identity was changed behind our back, by another thread's set*id?");
    }
    if (!take_off(prepared == NULL ? DID_GROUPS | DID_GID | DID_UID | DID_CAPS
                                   : all_of(prepared))) {
        guise__die("a thread could not be made itself again"); /* L-7 */
    }
    errno = kept;
}

/* ---- verify: the whole of it, groups by name ---- */

/* All of a list that confirm_groups only counts. Nobody is a client here, so a lock will do where
 * memory might not be had. */
static bool is_long_self_list(void)
{
    size_t count = (size_t)s_self.group_count;
    bool same;

    (void)guise__lock_take(&s_scratch_lock);
    same = guise__get_groups(count, s_scratch) == s_self.group_count &&
           memcmp(s_scratch, s_self_groups, count * sizeof *s_scratch) == 0;
    guise__lock_release(&s_scratch_lock);
    return same;
}

static bool has_self_groups(void)
{
    size_t count = (size_t)s_self.group_count;

    return confirm_groups(count, s_self_groups) &&
           (count <= GROUPS_ON_STACK || is_long_self_list());
}

static bool read_standing(struct standing *out)
{
    out->group_count = guise__count_groups();
    out->securebits = guise__get_securebits();
    return guise__get_uids(&out->uid) && guise__get_gids(&out->gid) &&
           guise__get_caps(&out->caps) && out->group_count >= 0 && out->securebits >= 0;
}

/* Only what enter changes may differ in a thread that can be put right: it was born while its creator
 * was a client, so it has no capability in effect. Anything else the program did on purpose. */
static bool is_client_like(const struct guise__caps *caps)
{
    return memcmp(caps->effective, no_caps, sizeof no_caps) == 0;
}

static bool is_restorable(const struct standing *now)
{
    return are_ids(&now->uid, &s_self.uid, now->uid.effective) &&
           are_ids(&now->gid, &s_self.gid, now->gid.effective) &&
           now->securebits == s_self.securebits &&
           memcmp(now->caps.permitted, s_self.caps.permitted, sizeof now->caps.permitted) == 0 &&
           memcmp(now->caps.inheritable, s_self.caps.inheritable, sizeof now->caps.inheritable) ==
               0;
}

static bool is_self_but_groups(const struct standing *now)
{
    return now->uid.effective == s_self.uid.effective &&
           now->gid.effective == s_self.gid.effective &&
           memcmp(now->caps.effective, s_self.caps.effective, sizeof now->caps.effective) == 0;
}

static guise_result verify_self(void)
{
    struct standing now;

    if (!read_standing(&now) || !is_restorable(&now)) {
        return GUISE_E_ACCESS_DENIED;
    }
    if (is_self_but_groups(&now) && has_self_groups()) {
        return GUISE_OK;
    }
    return is_client_like(&now.caps) ? GUISE_E_UNEXPECTED : GUISE_E_ACCESS_DENIED;
}

static guise_result linux_verify(const guise_provider *provider, const void *prepared)
{
    const struct disguise *disguise = prepared;
    int kept = errno;
    guise_result result;

    (void)provider;
    if (disguise == NULL) {
        result = verify_self();
    } else {
        result = confirm_disguise(disguise) ? GUISE_OK : GUISE_E_UNEXPECTED;
    }
    errno = kept;
    return result;
}

/* ---- tokens ---- */

/* From a uid that is not 0, becoming uid 0 and leaving it again takes the permitted capabilities
 * too, unless the process asked the kernel not to. There would be no way back. */
static bool has_no_way_back(uid_t uid)
{
    return uid == 0 && s_self.uid.real != 0 && s_self.uid.saved != 0 &&
           (s_self.securebits & SECBIT_NO_SETUID_FIXUP) == 0;
}

static bool is_self_list(size_t count, const gid_t *groups)
{
    return count == (size_t)s_self.group_count &&
           (count == 0 || memcmp(groups, s_self_groups, count * sizeof *groups) == 0);
}

static guise_result linux_prepare(const guise_provider *provider, const guise_token *token,
                                  void **prepared)
{
    struct disguise *disguise;

    (void)provider;
    *prepared = NULL;
    /* A client that did not grant it is not impersonated; a forgotten check fails closed. */
    if (guise_token_level(token) < GUISE_LEVEL_IMPERSONATE) {
        *prepared = &s_nobody;
        return GUISE_OK;
    }
    disguise = guise__alloc(sizeof *disguise);
    if (disguise == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    disguise->uid = guise_token_uid(token);
    disguise->gid = guise_token_gid(token);
    disguise->groups = guise_token_groups(token, &disguise->group_count);
    disguise->same_groups = is_self_list(disguise->group_count, disguise->groups);
    /* Whoever vouched for the client vouched for its ids: uid 0 comes without capabilities. */
    disguise->drop_caps = s_drop_caps || disguise->uid == 0;
    disguise->impossible = has_no_way_back(disguise->uid);
    *prepared = disguise;
    return GUISE_OK;
}

static void linux_discard(const guise_provider *provider, void *prepared)
{
    (void)provider;
    if (prepared != &s_nobody) {
        guise__free(prepared);
    }
}

/* ---- probe ---- */

static bool has_cap(const struct guise__caps *caps, unsigned cap)
{
    return (caps->effective[cap / 32] & (UINT32_C(1) << (cap % 32))) != 0;
}

static bool is_kept(const struct guise__ids *ids)
{
    return ids->effective == ids->real || ids->effective == ids->saved;
}

/* Enough to leave and to come back: the way back to an id that is nowhere else would need rights that
 * may be gone by then. */
static bool may_switch(const struct standing *self)
{
    return has_cap(&self->caps, CAP_SETUID) && has_cap(&self->caps, CAP_SETGID) &&
           is_kept(&self->uid) && is_kept(&self->gid);
}

/* In a user namespace the overflow id stands for all that have no name in it. It cannot be put back:
 * setting it sets something else, if there is something else of that number. */
static bool is_all_named(size_t count)
{
    const struct guise__ids *uid = &s_self.uid, *gid = &s_self.gid;

    if (uid->real == s_nobody.uid || uid->effective == s_nobody.uid || uid->saved == s_nobody.uid ||
        gid->real == s_nobody.gid || gid->effective == s_nobody.gid || gid->saved == s_nobody.gid) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (s_self_groups[i] == s_nobody.gid) {
            return false;
        }
    }
    return true;
}

static guise_result read_self_groups(void)
{
    size_t count = (size_t)s_self.group_count;

    guise__free(s_self_groups);
    s_self_groups = guise__alloc((2 * count + 1) * sizeof *s_self_groups);
    if (s_self_groups == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    s_scratch = s_self_groups + count;
    if (count != 0 && guise__get_groups(count, s_self_groups) != s_self.group_count) {
        return GUISE_E_ACCESS_DENIED;
    }
    return is_all_named(count) ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}

static void describe_nobody(void)
{
    struct guise__limits limits;

    guise__limits_read(&limits);
    memset(&s_nobody, 0, sizeof s_nobody);
    s_nobody.uid = limits.overflow_uid;
    s_nobody.gid = limits.overflow_gid;
    s_nobody.same_groups = s_self.group_count == 0;
    s_nobody.drop_caps = true;
}

/* Does a change of uid alone clear the capabilities, and does the way back restore exactly those? */
static bool observe_caps(void)
{
    struct guise__caps away;

    if (!guise__set_effective_uid(s_nobody.uid) || !guise__get_caps(&away) ||
        !guise__set_effective_uid(s_self.uid.effective)) {
        return false;
    }
    s_drop_caps = memcmp(away.effective, no_caps, sizeof no_caps) != 0 ||
                  !has_effective_caps(s_self.caps.effective);
    return regain_caps();
}

/* In a thread of its own, which ends whatever it has become. Setting the groups is part of it even
 * where nobody has as few as self: the next client has more. */
static void *rehearse(void *verdict)
{
    bool *possible = verdict;
    unsigned did = 0;

    *possible = observe_caps() && guise__set_groups((size_t)s_self.group_count, s_self_groups) &&
                put_on(&s_nobody, &did) && take_off(did) && confirm_self(DID_GROUPS);
    return NULL;
}

static guise_result probe_self(void)
{
    pthread_t actor;
    bool possible = false;
    guise_result result;

    if (!read_standing(&s_self) || !may_switch(&s_self)) {
        return GUISE_E_ACCESS_DENIED;
    }
    describe_nobody();
    result = read_self_groups();
    if (result != GUISE_OK) {
        return result;
    }
    if (pthread_create(&actor, NULL, rehearse, &possible) != 0) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    (void)pthread_join(actor, NULL);
    return possible ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}

static guise_result linux_probe(const guise_provider *provider)
{
    int kept = errno;
    guise_result result = probe_self();

    (void)provider;
    errno = kept;
    return result;
}

const guise_provider *guise_provider_linux(void)
{
    static const guise_provider provider = {
        .size = sizeof provider,
        .name = "linux",
        .flags = GUISE_PROVIDER_ENFORCED,
        .probe = linux_probe,
        .prepare = linux_prepare,
        .discard = linux_discard,
        .enter = linux_enter,
        .leave = linux_leave,
        .verify = linux_verify,
    };

    return &provider;
}
