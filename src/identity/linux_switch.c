/* SPDX-License-Identifier: MIT */
/*
 * One thread switches from self to a client and back. Only raw system calls change one thread; the libc
 * functions of the same names change all threads and are never called from here.
 *
 *   in    groups, gid, uid, capabilities      identity_apply
 *   out   uid, capabilities, gid, groups      identity_undo
 *
 * The kernel is asked before every step from self, because other code may have changed the thread, and
 * after every change, because a system call filter can answer "done" and do nothing.
 *
 * A thread never gains rights that it did not have: the way in begins only on a thread that is self at
 * that moment, and the way out restores exactly the capabilities in effect that the thread had on the way
 * in, less those that it has given up since (I-07).
 */
#define _GNU_SOURCE
#include "identity/linux_switch.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/fatal.h"
#include "identity/switch_record.h"
#include "port/port.h"

struct guise__linux_self guise__linux_self;

/* The capabilities that the way out restores: written on the way in, and when leave finds that some were
 * given up. away is set from the first step away from self to the last step back. The address is taken once
 * in a switch and passed down, as that of the thread is (thread_state.h). */
struct way_back {
    struct guise__caps caps;
    bool away;
};
static GUISE_TLS struct way_back tl_back;

static struct way_back *way_back_here(void)
{
    struct way_back *back = &tl_back;

    GUISE_KEEP_POINTER(back);
    return back;
}

/* The fences keep the compiler from moving a step of the switch, or the capabilities, across this store,
 * because a child that a signal handler forks in the middle of a switch reads both. */
static void note_away(struct way_back *back, bool away)
{
    atomic_signal_fence(memory_order_seq_cst);
    back->away = away;
    atomic_signal_fence(memory_order_seq_cst);
}

/* The steps that were taken on the way in and have to be undone on the way out. */
enum { DID_GROUPS = 1, DID_GID = 2, DID_UID = 4, DID_CAPS = 8 };

static const uint32_t no_caps[GUISE__CAP_WORDS];

/* ---- invariants ---- */

#if defined(GUISE_CHECKS)
bool guise__linux_groups_are_sorted(const gid_t *groups, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (groups[i - 1] > groups[i]) {
            return false;
        }
    }
    return true;
}

static bool id_is_kept(const struct guise__ids *ids)
{
    return ids->effective == ids->real || ids->effective == ids->saved;
}

bool guise__linux_self_is_valid(void)
{
    const struct guise__linux_self *self = &guise__linux_self;

    return id_is_kept(&self->uid) && id_is_kept(&self->gid) && self->groups != NULL &&
           self->sorted == self->groups + self->group_count &&
           guise__linux_groups_are_sorted(self->sorted, self->group_count);
}

bool guise__linux_identity_is_valid(const struct guise__linux_identity *identity)
{
    return identity->group_count == 0 ||
           (identity->groups != NULL &&
            guise__linux_groups_are_sorted(identity->groups, identity->group_count));
}

void guise__linux_identity_print(const struct guise__linux_identity *identity)
{
    (void)fprintf(stderr, "identity: uids %u %u %u, gids %u %u %u, %zu groups%s%s%s\n",
                  identity->uid.real, identity->uid.effective, identity->uid.saved,
                  identity->gid.real, identity->gid.effective, identity->gid.saved,
                  identity->group_count, identity->same_groups ? ", self's groups" : "",
                  identity->clear_caps ? ", clears capabilities" : "",
                  identity->impossible ? ", impossible" : "");
}
#endif

/* ---- groups ---- */

/* Restores the heap below root, in groups[0] to groups[end - 1]. */
static void sift_down(gid_t *groups, size_t root, size_t end)
{
    for (size_t child = 2 * root + 1; child < end; child = 2 * root + 1) {
        gid_t moved = groups[root];

        child += child + 1 < end && groups[child] < groups[child + 1] ? 1 : 0;
        if (groups[root] >= groups[child]) {
            return;
        }
        groups[root] = groups[child];
        groups[child] = moved;
        root = child;
    }
}

void guise__linux_sort_groups(gid_t *groups, size_t count)
{
    for (size_t root = count / 2; root > 0; root--) {
        sift_down(groups, root - 1, count);
    }
    for (size_t end = count; end > 1; end--) {
        gid_t largest = groups[0];

        groups[0] = groups[end - 1];
        groups[end - 1] = largest;
        sift_down(groups, 0, end - 1);
    }
    GUISE__CHECK(guise__linux_groups_are_sorted(groups, count));
}

/* The kernel lists groups in the order of the ids outside the user namespace, which need not be the
 * order of the ids inside, so lists that differ at first sight are sorted (I-06). */
GUISE_IN_LINE bool groups_are(gid_t *room, size_t count, const gid_t *sorted)
{
    size_t bytes = count * sizeof *room;

    /* Cleared first, because a system call filter may answer with a number and write nothing. */
    memset(room, 0xFF, bytes);
    if (guise__get_groups(count, room) != (long)count) {
        return false;
    }
    if (memcmp(room, sorted, bytes) == 0) {
        return true;
    }
    guise__linux_sort_groups(room, count);
    return memcmp(room, sorted, bytes) == 0;
}

static GUISE_NOINLINE bool groups_are_on_stack(size_t count, const gid_t *sorted)
{
    /* Not cleared, because clearing it takes longer than asking. */
    GUISE_UNINITIALIZED gid_t room[GUISE__GROUPS_ON_STACK];

    return groups_are(room, count, sorted);
}

/* A list that is too long for the stack is read into room that the thread got when it was attached. */
GUISE_IN_LINE bool confirm_groups(size_t count, const gid_t *sorted)
{
    gid_t *room;

    GUISE__CHECK(count == 0 || sorted != NULL);
    if (count == 0) {
        return guise__count_groups() == 0;
    }
    if (count <= GUISE__GROUPS_ON_STACK) {
        return groups_are_on_stack(count, sorted);
    }
    room = tl_guise_switch.group_room;
    return room != NULL && groups_are(room, count, sorted);
}

/* ---- asking the kernel ---- */

static bool are_same_ids(const struct guise__ids *one, const struct guise__ids *other)
{
    return memcmp(one, other, sizeof *one) == 0;
}

GUISE_IN_LINE bool confirm_ids(const struct guise__ids *uid, const struct guise__ids *gid)
{
    struct guise__ids uids, gids;

    return guise__get_uids(&uids) && are_same_ids(&uids, uid) && guise__get_gids(&gids) &&
           are_same_ids(&gids, gid);
}

/* Only before a switch: the kernel sets these along with the effective ids, so asking for them right
 * after a switch would prove nothing that the effective ids do not. */
static bool confirm_file_ids(unsigned uid, unsigned gid)
{
    return guise__get_file_uid() == uid && guise__get_file_gid() == gid;
}

static bool has_effective(const struct guise__caps *caps, const uint32_t expected[])
{
    return memcmp(caps->effective, expected, sizeof caps->effective) == 0;
}

static bool has_cap(const uint32_t caps[GUISE__CAP_WORDS], unsigned cap)
{
    return (caps[cap / 32] & (UINT32_C(1) << (cap % 32))) != 0;
}

bool guise__linux_may_switch(const uint32_t caps[GUISE__CAP_WORDS])
{
    return has_cap(caps, CAP_SETUID) && has_cap(caps, CAP_SETGID);
}

/* The thread is self, with enough capabilities, in everything that the kernel tells (I-03, I-08). */
static bool confirm_self(struct guise__caps *caps)
{
    const struct guise__linux_self *self = &guise__linux_self;

    return confirm_ids(&self->uid, &self->gid) &&
           confirm_file_ids(self->uid.effective, self->gid.effective) &&
           confirm_groups(self->group_count, self->sorted) && guise__get_caps(caps) &&
           guise__linux_may_switch(caps->effective);
}

/* The thread is the client in everything that the kernel tells, and no capability is in effect (I-05). */
static bool confirm_client(const struct guise__linux_identity *identity, struct guise__caps *caps)
{
    return confirm_ids(&identity->uid, &identity->gid) &&
           confirm_file_ids(identity->uid.effective, identity->gid.effective) &&
           confirm_groups(identity->group_count, identity->groups) && guise__get_caps(caps) &&
           has_effective(caps, no_caps);
}

/* ---- capabilities ---- */

/* Sets the capabilities in effect unless a change of uid has set them already. Permitted and inheritable
 * ones stay as they are; to give up effective ones, or to take back permitted ones, needs no right. */
GUISE_IN_LINE bool require_effective(const uint32_t effective[GUISE__CAP_WORDS])
{
    struct guise__caps now;

    if (!guise__get_caps(&now)) {
        return false;
    }
    if (has_effective(&now, effective)) {
        return true;
    }
    memcpy(now.effective, effective, sizeof now.effective);
    return guise__set_caps(&now) && guise__get_caps(&now) && has_effective(&now, effective);
}

static bool set_effective(const struct way_back *back, const uint32_t effective[GUISE__CAP_WORDS])
{
    struct guise__caps caps = back->caps;

    memcpy(caps.effective, effective, sizeof caps.effective);
    return guise__set_caps(&caps);
}

/* A capability that is not permitted any more was given up, and is not taken back. */
static void forget_caps_given_up(struct guise__caps *caps, const struct guise__caps *now)
{
    for (int i = 0; i < GUISE__CAP_WORDS; i++) {
        caps->effective[i] &= now->permitted[i];
    }
    memcpy(caps->permitted, now->permitted, sizeof caps->permitted);
    memcpy(caps->inheritable, now->inheritable, sizeof caps->inheritable);
}

/* ---- in and out ---- */

static struct guise__ids ids_settable(struct guise__ids ids)
{
    if (!guise__linux_self.sets_real_ids) {
        ids.real = GUISE__KEEP_ID;
        ids.saved = GUISE__KEEP_ID;
    }
    return ids;
}

void guise__linux_describe(struct guise__linux_identity *identity, uid_t uid, gid_t gid)
{
    const struct guise__linux_self *self = &guise__linux_self;

    identity->uid = self->uid;
    identity->gid = self->gid;
    identity->uid.effective = uid;
    identity->gid.effective = gid;
    if (self->sets_real_ids) {    /* acts that go by the real id are the client's too (I-12) */
        identity->uid.real = uid; /* the saved id is the way back */
        identity->gid.real = gid;
    }
}

/* The way in. Stops at the first step that fails; *did has the steps that succeeded. */
static bool identity_apply(const struct way_back *back,
                           const struct guise__linux_identity *identity, unsigned *did)
{
    if (!identity->same_groups) {
        if (!guise__set_groups(identity->group_count, identity->groups)) {
            return false;
        }
        *did |= DID_GROUPS;
    }
    if (!guise__set_gids(ids_settable(identity->gid))) {
        return false;
    }
    *did |= DID_GID;
    if (!guise__set_uids(ids_settable(identity->uid))) {
        return false;
    }
    *did |= DID_UID;
    if (identity->clear_caps) {
        if (!set_effective(back, no_caps)) {
            return false;
        }
        *did |= DID_CAPS;
    }
    return confirm_ids(&identity->uid, &identity->gid) &&
           (identity->same_groups || confirm_groups(identity->group_count, identity->groups)) &&
           require_effective(no_caps);
}

/* Takes the capabilities back first if the process has told the kernel not to restore them with the uid. */
static bool restore_groups(const struct way_back *back)
{
    const struct guise__linux_self *self = &guise__linux_self;

    return (guise__set_groups(self->group_count, self->groups) ||
            (set_effective(back, back->caps.effective) &&
             guise__set_groups(self->group_count, self->groups))) &&
           confirm_groups(self->group_count, self->sorted);
}

/* The way out. The uid is first, because it is one of the real and saved ids (linux_probe.c) and so needs
 * no right. The capabilities follow, because the other steps need them. */
static bool identity_undo(const struct way_back *back, unsigned did)
{
    const struct guise__linux_self *self = &guise__linux_self;
    const uint32_t *effective = back->caps.effective;

    GUISE__CHECK(did != 0); /* an undo that does nothing would leave the thread as it is */
    return ((did & DID_UID) == 0 || guise__set_uids(ids_settable(self->uid))) &&
           ((did & DID_CAPS) == 0 || set_effective(back, effective)) &&
           ((did & DID_GID) == 0 || guise__set_gids(ids_settable(self->gid))) &&
           ((did & DID_GROUPS) == 0 || restore_groups(back)) &&
           confirm_ids(&self->uid, &self->gid) && require_effective(effective);
}

static guise_result identity_enter(struct way_back *back,
                                   const struct guise__linux_identity *identity)
{
    unsigned did = 0;

    GUISE__CHECK(guise__linux_identity_is_valid(identity));
    if (identity->impossible || !confirm_self(&back->caps)) {
        return GUISE_E_ACCESS_DENIED;
    }
    note_away(back, true);
    if (identity_apply(back, identity, &did)) {
        return GUISE_OK;
    }
    /* A failed switch leaves the thread as it was. If the first step failed there is nothing to undo. */
    if (did != 0 && !identity_undo(back, did)) {
        guise__fatal("a thread could not undo half an impersonation");
    }
    note_away(back, false);
    return GUISE_E_ACCESS_DENIED;
}

guise_result guise__linux_enter(const guise_provider *provider, const void *prepared)
{
    int saved_errno = errno;
    guise_result result = identity_enter(way_back_here(), prepared);

    (void)provider;
    errno = saved_errno;
    return result;
}

static unsigned all_of(const struct guise__linux_identity *identity)
{
    return DID_GID | DID_UID | (identity->same_groups ? 0u : DID_GROUPS) |
           (identity->clear_caps ? DID_CAPS : 0u);
}

/* Makes the thread self from any identity that it may have. */
static void leave_anything(struct way_back *back)
{
    struct guise__caps now;

    GUISE__CHECK(guise__linux_self_is_valid());
    if (!guise__get_caps(&now)) {
        guise__fatal("a thread could not be made itself again");
    }
    if (!back->away) {
        memcpy(back->caps.effective, guise__linux_self.effective, sizeof now.effective);
    }
    forget_caps_given_up(&back->caps, &now);
    if (!identity_undo(back, DID_GROUPS | DID_GID | DID_UID | DID_CAPS)) {
        guise__fatal(
            "a thread could not be made itself again"); /* a failed revert is fatal (L-7) */
    }
}

/* Other code has changed the thread: a libc set*id function in another thread changes all threads. Or this
 * is a child that a signal handler forked in the middle of leave, and that was made self before fork
 * returned. */
static void leave_changed(struct way_back *back)
{
    if (!tl_guise_switch.remade) {
        guise__fatal(
            "a thread's identity was changed behind our back, by another thread's set*id?");
    }
    leave_anything(back);
}

static void identity_leave(struct way_back *back, const struct guise__linux_identity *identity)
{
    struct guise__caps now;

    GUISE__CHECK(guise__linux_identity_is_valid(identity));
    if (!confirm_client(identity, &now)) {
        leave_changed(back);
        return;
    }
    forget_caps_given_up(&back->caps, &now);
    if (!identity_undo(back, all_of(identity))) {
        guise__fatal(
            "a thread could not be made itself again"); /* a failed revert is fatal (L-7) */
    }
}

/* For a thread that the program declares to be the server's, and for a child that a signal handler forked
 * in the middle of a switch. In such a child `away` stays set, because the interrupted switch goes on when
 * the handler returns. If the switch had not taken its first step, the thread is left as it is (I-04). */
static void leave_unknown(struct way_back *back)
{
    bool forked = tl_guise_switch.switching != NULL;

    if (forked && !back->away) {
        return;
    }
    leave_anything(back);
    note_away(back, forked);
}

void guise__linux_leave(const guise_provider *provider, const void *prepared)
{
    struct way_back *back = way_back_here();
    int saved_errno = errno;

    (void)provider;
    if (prepared == NULL) {
        leave_unknown(back);
    } else {
        identity_leave(back, prepared);
        note_away(back, false);
    }
    errno = saved_errno;
}

bool guise__linux_rehearse(const struct guise__linux_identity *identity)
{
    struct way_back *back = way_back_here();
    struct guise__caps caps;
    unsigned did = 0;

    return confirm_self(&back->caps) && identity_apply(back, identity, &did) &&
           confirm_client(identity, &caps) && identity_undo(back, did) && confirm_self(&caps);
}

/* ---- verify ---- */

static bool may_be_made_self(const struct guise__ids *uid, const struct guise__ids *gid,
                             const struct guise__caps *caps)
{
    const struct guise__linux_self *self = &guise__linux_self;

    return uid->real == self->uid.real && uid->saved == self->uid.saved &&
           gid->real == self->gid.real && gid->saved == self->gid.saved &&
           guise__linux_may_switch(caps->permitted);
}

static guise_result verify_self(void)
{
    struct guise__ids uid, gid;
    struct guise__caps caps;

    if (confirm_self(&caps)) {
        return GUISE_OK;
    }
    if (!guise__get_uids(&uid) || !guise__get_gids(&gid) || !guise__get_caps(&caps) ||
        !may_be_made_self(&uid, &gid, &caps)) {
        return GUISE_E_ACCESS_DENIED;
    }
    return GUISE_E_UNEXPECTED;
}

static guise_result identity_verify(const struct guise__linux_identity *identity)
{
    struct guise__caps caps;

    if (identity == NULL) {
        return verify_self();
    }
    return confirm_client(identity, &caps) ? GUISE_OK : GUISE_E_UNEXPECTED;
}

guise_result guise__linux_verify(const guise_provider *provider, const void *prepared)
{
    int saved_errno = errno;
    guise_result result = identity_verify(prepared);

    (void)provider;
    errno = saved_errno;
    return result;
}
