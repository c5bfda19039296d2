/* SPDX-License-Identifier: MIT */
/*
 * What a thread may still do. A ring keeps the credentials of the server that made it and those of
 * clients. Before it uses them it asks the kernel whether the calling thread still has the rights
 * that they give, because a process that has given up a right must not get it back from a ring.
 *
 * A thread with a token in its slot is not self; the thread's own record says so without a system
 * call. For any other thread, and for the requests of clients, one system call, capget, says
 * enough: a thread with CAP_SETUID and CAP_SETGID in effect can become every user, so a client's
 * credentials are nothing that the thread has given up. For the server's own requests the ids and
 * the groups are compared too, because a server that keeps those two capabilities may have given up
 * an id or a group all the same (docs/adr/0016).
 *
 * Locking discipline: the judging functions are called with the ring's lock held, because they use
 * the second half of the list of groups as their buffer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <guise/thread.h>

#include "base/check.h"
#include "uring/ring.h"

/* The capabilities that a thread needs to become a client. */
#define SWITCHING ((UINT64_C(1) << CAP_SETUID) | (UINT64_C(1) << CAP_SETGID))

/* ---- asking the kernel ---- */

static uint64_t words_join(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

static bool caps_read(uint64_t *effective, uint64_t *permitted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
    bool known = syscall(SYS_capget, &header, data) == 0;

    *effective = words_join(data[0].effective, data[1].effective);
    *permitted = words_join(data[0].permitted, data[1].permitted);
    return known;
}

static bool ids_read(uid_t uid[3], gid_t gid[3])
{
    return getresuid(&uid[0], &uid[1], &uid[2]) == 0 && getresgid(&gid[0], &gid[1], &gid[2]) == 0;
}

/* Reads exactly this many groups. Returns false if the thread has another number of them. */
static bool groups_read(gid_t *groups, size_t count)
{
    /* A filter may answer with a number and write nothing, so the buffer must not hold the right
     * answer before the call. */
    memset(groups, 0xFF, count * sizeof *groups);
    return getgroups((int)count, groups) == (int)count;
}

/* ---- when a ring is made ---- */

static guise_result groups_begin(struct guise__uring_standing *standing)
{
    int count = getgroups(0, NULL);

    if (count < 0) {
        return GUISE_E_ACCESS_DENIED;
    }
    standing->group_count = (size_t)count;
    standing->groups = calloc(2 * standing->group_count + 1, sizeof *standing->groups);
    if (standing->groups == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    return groups_read(standing->groups, standing->group_count) ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}

guise_result guise__uring_standing_begin(struct guise__uring_standing *standing)
{
    if (!caps_read(&standing->effective, &standing->permitted) ||
        !ids_read(standing->uid, standing->gid)) {
        return GUISE_E_ACCESS_DENIED;
    }
    return groups_begin(standing);
}

void guise__uring_standing_end(struct guise__uring_standing *standing)
{
    free(standing->groups);
}

/* ---- when requests are handed over ---- */

static bool caps_contain(uint64_t set, uint64_t needed)
{
    return (set & needed) == needed;
}

static bool groups_are(const struct guise__uring_standing *made_with)
{
    size_t count = made_with->group_count;
    gid_t *now = made_with->groups + count;

    GUISE__CHECK(guise__uring_standing_is_valid(made_with));
    if (count == 0) {
        return getgroups(0, NULL) == 0;
    }
    return groups_read(now, count) && memcmp(now, made_with->groups, count * sizeof *now) == 0;
}

static bool ids_are(const struct guise__uring_standing *made_with)
{
    uid_t uid[3];
    gid_t gid[3];

    return ids_read(uid, gid) && memcmp(uid, made_with->uid, sizeof uid) == 0 &&
           memcmp(gid, made_with->gid, sizeof gid) == 0;
}

struct guise__uring_verdict
guise__uring_standing_judge(const struct guise__uring_standing *made_with)
{
    struct guise__uring_verdict verdict = {false, false, false};
    uint64_t effective, permitted;
    int saved_errno = errno;

    if (guise_thread_token() != NULL) {
        return verdict; /* A thread that is not self hands over nothing (U-04). */
    }
    if (!caps_read(&effective, &permitted)) {
        effective = permitted = 0;
    }
    errno = saved_errno;
    verdict.clients = caps_contain(effective, SWITCHING);
    verdict.server = verdict.clients && caps_contain(permitted, made_with->permitted) &&
                     caps_contain(effective, made_with->effective);
    GUISE__CHECK(guise__uring_verdict_is_valid(&verdict));
    return verdict;
}

bool guise__uring_standing_judge_server(const struct guise__uring_standing *made_with,
                                        struct guise__uring_verdict *verdict)
{
    int saved_errno = errno;

    GUISE__CHECK(guise__uring_standing_is_valid(made_with));
    GUISE__CHECK(guise__uring_verdict_is_valid(verdict));
    if (verdict->server && !verdict->server_asked) {
        verdict->server = ids_are(made_with) && groups_are(made_with);
    }
    verdict->server_asked = true;
    errno = saved_errno;
    return verdict->server;
}
