/* SPDX-License-Identifier: MIT */
/*
 * The linux provider: the thread's identity for the kernel. P6.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bare.h"
#include "stage.h"
#include "suites.h"
#include "trace.h"

/* The clients' further groups; SAME: the server's own list. */
enum { SAME, GROUPS_0, GROUPS_16, GROUPS_64, CLIENTS };

static const size_t group_counts[CLIENTS] = {0, 0, 16, 64};

static struct bare_client s_bare[CLIENTS];
static guise_context *s_clients[CLIENTS];

static void describe(unsigned which)
{
    struct bare_client *client = &s_bare[which];

    /* The list contains the primary group, so 64 are the primary and 63 others. */
    client->uid = 1001;
    client->gid = which == SAME ? getgid() : 20000;
    client->same_groups = which == SAME;
    client->count = group_counts[which] == 0 ? 1 : group_counts[which];
    for (size_t i = 0; i < client->count; i++) {
        client->groups[i] = client->gid + (gid_t)i;
    }
    s_clients[which] = stage_client(client->uid, client->gid, client->groups, client->count);
}

/* Sets the groups of this process, which belongs to the bench: a server in its primary group only. */
static bool settle_groups(void)
{
    gid_t own = getgid();

    return setgroups(1, &own) == 0;
}

static const char *open_kernel(void)
{
    guise_result result = GUISE_E_ACCESS_DENIED;

    if (settle_groups()) {
        result = guise_use_provider(guise_provider_linux());
    }
    if (result != GUISE_OK) {
        return result == GUISE_E_NOT_SUPPORTED
                   ? "this build has no linux provider"
                   : "switching identities takes root, or CAP_SETUID and CAP_SETGID";
    }
    bare_init();
    for (unsigned i = 0; i < CLIENTS; i++) {
        describe(i);
    }
    return NULL;
}

/* ---- enter and leave ---- */

static guise_result switch_in_frame(guise_call *call, void *arg)
{
    const uint64_t *times = arg;
    guise_result result = GUISE_OK;

    (void)call;
    for (uint64_t i = 0; i < *times; i++) {
        result |= guise_impersonate_client();
        result |= guise_revert_to_self();
    }
    return result;
}

static void bare_switches(unsigned which, uint64_t times)
{
    bool right = true;

    for (uint64_t i = 0; i < times; i++) {
        right = bare_switch(&s_bare[which]) && right;
    }
    bench_must(right);
}

static void bare_switches_12(unsigned which, uint64_t times)
{
    bool right = true;

    for (uint64_t i = 0; i < times; i++) {
        right = bare_switch_12(&s_bare[which]) && right;
    }
    bench_must(right);
}

#define SWITCHES(name, which)                                                                      \
    static void switch_##name(uint64_t times)                                                      \
    {                                                                                              \
        stage_frame(s_clients[which], switch_in_frame, &times);                                    \
    }                                                                                              \
    static void bare_##name(uint64_t times)                                                        \
    {                                                                                              \
        bare_switches(which, times);                                                               \
    }
SWITCHES(same, SAME)
SWITCHES(0, GROUPS_0)
SWITCHES(16, GROUPS_16)
SWITCHES(64, GROUPS_64)

static void bare_12_0(uint64_t times)
{
    bare_switches_12(GROUPS_0, times);
}

static void bare_12_16(uint64_t times)
{
    bare_switches_12(GROUPS_16, times);
}

static void bare_12_64(uint64_t times)
{
    bare_switches_12(GROUPS_64, times);
}

static guise_result again_in_frame(guise_call *call, void *arg)
{
    const uint64_t *times = arg;
    guise_result result = guise_impersonate_client();

    (void)call;
    for (uint64_t i = 0; i < *times; i++) {
        result |= guise_impersonate_client();
    }
    return result | guise_revert_to_self();
}

static void again(uint64_t times)
{
    stage_frame(s_clients[GROUPS_16], again_in_frame, &times);
}

static void bare_again(uint64_t times)
{
    const struct bare_client *client = &s_bare[GROUPS_16];
    bool right = bare_enter(client);

    for (uint64_t i = 0; i < times; i++) {
        right = bare_is_client(client) && right;
    }
    bench_must(bare_leave(client) && right);
}

/* ---- how many system calls, and which ---- */

enum { CALLS_MAX = 64 };

static const char untraceable[] = "this system does not let a child be traced (ptrace)";

static unsigned s_traced; /* which client; for functions that take no argument */

static guise_result traced_switch(guise_call *call, void *arg)
{
    guise_result result;

    (void)call;
    (void)arg;
    trace_mark();
    result = guise_impersonate_client() | guise_revert_to_self();
    trace_mark();
    return result;
}

static void trace_ours(void)
{
    stage_frame(s_clients[s_traced], traced_switch, NULL);
}

static void trace_bare(void)
{
    trace_mark();
    bench_must(bare_switch(&s_bare[s_traced]));
    trace_mark();
}

static guise_result traced_again(guise_call *call, void *arg)
{
    guise_result result = guise_impersonate_client();

    (void)call;
    (void)arg;
    trace_mark();
    result |= guise_impersonate_client();
    trace_mark();
    return result | guise_revert_to_self();
}

static void trace_again(void)
{
    stage_frame(s_clients[GROUPS_16], traced_again, NULL);
}

static double count_calls(unsigned which, void (*fn)(void))
{
    long numbers[CALLS_MAX];
    size_t count;

    s_traced = which;
    count = trace_run(fn, numbers, CALLS_MAX);
    return count == TRACE_FAILED ? bench_skip(untraceable) : (double)count;
}

static double calls_ours(void)
{
    return count_calls(GROUPS_16, trace_ours);
}

static double calls_bare(void)
{
    return count_calls(GROUPS_16, trace_bare);
}

static double calls_again(void)
{
    return count_calls(GROUPS_16, trace_again);
}

static double set_groups_when_same(void)
{
    long numbers[CALLS_MAX];
    size_t count, found = 0;

    s_traced = SAME;
    count = trace_run(trace_ours, numbers, CALLS_MAX);
    if (count == TRACE_FAILED) {
        return bench_skip(untraceable);
    }
    for (size_t i = 0; i < count && i < CALLS_MAX; i++) {
        found += numbers[i] == SYS_setgroups;
    }
    return (double)found;
}

/* Returns at how many places the bare loop makes another system call than the library; TRACE_FAILED:
 * unknown. */
static size_t differences(unsigned which)
{
    long ours[CALLS_MAX] = {0}, bare[CALLS_MAX] = {0};
    size_t our_count, bare_count, differ = 0;

    s_traced = which;
    our_count = trace_run(trace_ours, ours, CALLS_MAX);
    bare_count = trace_run(trace_bare, bare, CALLS_MAX);
    if (our_count == TRACE_FAILED || bare_count == TRACE_FAILED) {
        return TRACE_FAILED;
    }
    for (size_t i = 0; i < CALLS_MAX; i++) {
        differ += ours[i] != bare[i];
    }
    return differ;
}

static double calls_that_differ(void)
{
    size_t sum = 0;

    for (unsigned which = 0; which < CLIENTS; which++) {
        size_t differ = differences(which);

        if (differ == TRACE_FAILED) {
            return bench_skip(untraceable);
        }
        sum += differ;
    }
    return (double)sum;
}

static const struct bench_meter meters[] = {
    {.name = "linux-switch-same", .unit = "ns", .loop = switch_same},
    {.name = "linux-switch-0", .unit = "ns", .loop = switch_0},
    {.name = "linux-switch-16", .unit = "ns", .flags = BENCH_COUNTED, .loop = switch_16},
    {.name = "linux-switch-64", .unit = "ns", .loop = switch_64},
    {.name = "bare-switch-same", .unit = "ns", .loop = bare_same},
    {.name = "bare-switch-0", .unit = "ns", .loop = bare_0},
    {.name = "bare-switch-16", .unit = "ns", .loop = bare_16},
    {.name = "bare-switch-64", .unit = "ns", .loop = bare_64},
    {.name = "bare-12-0", .unit = "ns", .loop = bare_12_0},
    {.name = "bare-12-16", .unit = "ns", .loop = bare_12_16},
    {.name = "bare-12-64", .unit = "ns", .loop = bare_12_64},
    {.name = "linux-again", .unit = "ns", .flags = BENCH_COUNTED, .loop = again},
    {.name = "bare-again", .unit = "ns", .loop = bare_again},
    {.name = "linux-calls", .unit = "calls", .flags = BENCH_ONCE, .value = calls_ours},
    {.name = "bare-calls", .unit = "calls", .flags = BENCH_ONCE, .value = calls_bare},
    {.name = "linux-again-calls", .unit = "calls", .flags = BENCH_ONCE, .value = calls_again},
    {.name = "linux-same-setgroups",
     .unit = "calls",
     .flags = BENCH_ONCE,
     .value = set_groups_when_same},
    {.name = "linux-calls-differ",
     .unit = "calls",
     .flags = BENCH_ONCE,
     .value = calls_that_differ},
};

const struct bench_suite suite_kernel = {"kernel", open_kernel, meters, BENCH_COUNT(meters), false};
