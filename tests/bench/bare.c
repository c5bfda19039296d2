/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "bare.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

struct ids {
    unsigned real, effective, saved;
};

struct caps {
    struct __user_cap_data_struct data[2];
};

static struct ids s_uid, s_gid;
static struct caps s_caps;
static gid_t s_groups[BARE_GROUPS_MAX];
static long s_group_count;
static bool s_drop_caps; /* the uid alone takes none from a server that is not root */

/* ---- single calls ---- */

static bool set_uid(unsigned uid)
{
    return syscall(SYS_setresuid, -1, uid, -1) == 0;
}

static bool set_gid(unsigned gid)
{
    return syscall(SYS_setresgid, -1, gid, -1) == 0;
}

static bool set_groups(size_t count, const gid_t *groups)
{
    return syscall(SYS_setgroups, count, groups) == 0;
}

static bool get_ids(long number, struct ids *out)
{
    memset(out, 0xFF, sizeof *out);
    return syscall(number, &out->real, &out->effective, &out->saved) == 0;
}

static bool get_caps(struct caps *out)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

    memset(out, 0xFF, sizeof *out);
    return syscall(SYS_capget, &header, out->data) == 0;
}

static bool set_caps(bool effective)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct caps caps = s_caps;

    if (!effective) {
        caps.data[0].effective = caps.data[1].effective = 0;
    }
    return syscall(SYS_capset, &header, caps.data) == 0;
}

/* ---- checking ---- */

static bool are_ids(long number, const struct ids *self, unsigned effective)
{
    struct ids now;

    return get_ids(number, &now) && now.real == self->real && now.saved == self->saved &&
           now.effective == effective;
}

static bool have_ids(unsigned uid, unsigned gid)
{
    return are_ids(SYS_getresuid, &s_uid, uid) && are_ids(SYS_getresgid, &s_gid, gid);
}

/* Sets an invalid id, which changes nothing and returns the id in force. */
static bool have_file_ids(unsigned uid, unsigned gid)
{
    return (unsigned)syscall(SYS_setfsuid, -1) == uid && (unsigned)syscall(SYS_setfsgid, -1) == gid;
}

static bool have_groups(size_t count, const gid_t *groups)
{
    gid_t list[BARE_GROUPS_MAX];

    if (count == 0) {
        return syscall(SYS_getgroups, 0, NULL) == 0;
    }
    memset(list, 0xFF, count * sizeof *list);
    return syscall(SYS_getgroups, count, list) == (long)count &&
           memcmp(list, groups, count * sizeof *list) == 0;
}

static bool have_caps(uint32_t low, uint32_t high)
{
    struct caps caps;

    return get_caps(&caps) && caps.data[0].effective == low && caps.data[1].effective == high;
}

static bool have_self_caps(void)
{
    return have_caps(s_caps.data[0].effective, s_caps.data[1].effective);
}

/* Checks the whole identity before a step. */
static bool is_self_before(void)
{
    return have_ids(s_uid.effective, s_gid.effective) &&
           have_file_ids(s_uid.effective, s_gid.effective) &&
           have_groups((size_t)s_group_count, s_groups) && have_self_caps();
}

/* Checks what the step has changed. */
static bool is_client_after(const struct bare_client *client)
{
    return have_ids(client->uid, client->gid) &&
           (client->same_groups || have_groups(client->count, client->groups)) && have_caps(0, 0);
}

bool bare_is_client(const struct bare_client *client)
{
    return have_ids(client->uid, client->gid) && have_file_ids(client->uid, client->gid) &&
           have_groups(client->count, client->groups) && have_caps(0, 0);
}

/* ---- both ways ---- */

bool bare_enter(const struct bare_client *client)
{
    return (client->same_groups || set_groups(client->count, client->groups)) &&
           set_gid(client->gid) && set_uid(client->uid) && (!s_drop_caps || set_caps(false));
}

static bool leave_ids(void)
{
    return set_uid(s_uid.effective) && (!s_drop_caps || set_caps(true)) && set_gid(s_gid.effective);
}

bool bare_leave(const struct bare_client *client)
{
    return leave_ids() && (client->same_groups || set_groups((size_t)s_group_count, s_groups));
}

/* In the order of the library, which checks the groups where it restores them. */
static bool leave_and_ask(const struct bare_client *client)
{
    return leave_ids() &&
           (client->same_groups || (set_groups((size_t)s_group_count, s_groups) &&
                                    have_groups((size_t)s_group_count, s_groups))) &&
           have_ids(s_uid.effective, s_gid.effective) && have_self_caps();
}

bool bare_switch(const struct bare_client *client)
{
    return is_self_before() && bare_enter(client) && is_client_after(client) &&
           bare_is_client(client) && leave_and_ask(client);
}

static bool has_client_ids(const struct bare_client *client)
{
    return have_ids(client->uid, client->gid) &&
           syscall(SYS_getgroups, 0, NULL) == (long)client->count;
}

bool bare_switch_12(const struct bare_client *client)
{
    return bare_enter(client) && has_client_ids(client) && has_client_ids(client) &&
           bare_leave(client);
}

void bare_init(void)
{
    bench_must(get_ids(SYS_getresuid, &s_uid) && get_ids(SYS_getresgid, &s_gid));
    bench_must(get_caps(&s_caps));
    s_group_count = syscall(SYS_getgroups, BARE_GROUPS_MAX, s_groups);
    bench_must(s_group_count >= 0);
    s_drop_caps = s_uid.effective != 0;
}
