/* SPDX-License-Identifier: MIT */
/* A file opened and read as the client: through a ring that knows it, or by becoming it. P11. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include <guise/uring.h>

#include "stage.h"
#include "suites.h"

/* Anybody may read it, so the answer is the same for all; how it is come to is not. */
static const char path[] = "/etc/passwd";

enum { TOGETHER = 8, GROUPS = 16 };

static guise_uring *s_ring;
static guise_context *s_many, *s_none; /* clients in 16 further groups, and in none */

static const char *open_uring(void)
{
    gid_t groups[GROUPS];

    if (guise_use_provider(guise_provider_linux()) != GUISE_OK) {
        return "switching identities takes root, or CAP_SETUID and CAP_SETGID";
    }
    if (guise_uring_create(TOGETHER, &s_ring) != GUISE_OK) {
        return "this system lets the process have no io_uring";
    }
    for (gid_t i = 0; i < GROUPS; i++) {
        groups[i] = 20001 + i;
    }
    s_many = stage_client(1001, 20000, groups, GROUPS);
    s_none = stage_client(1001, 20000, NULL, 0);
    return NULL;
}

static void read_some(int file)
{
    char text[64];

    bench_must(file >= 0 && read(file, text, sizeof text) > 0);
}

/* ---- through the ring ---- */

struct task {
    uint64_t times;
    unsigned together; /* opened in one submit */
    bool self;         /* as the server */
};

static void open_some(guise_call *call, unsigned count)
{
    const guise_uring_how how = {.size = sizeof how, .flags = O_RDONLY};
    guise_uring_done done = {.size = sizeof done};
    guise_result result = GUISE_OK;

    for (unsigned i = 0; i < count; i++) {
        result |= guise_uring_openat(s_ring, call, AT_FDCWD, path, &how, NULL);
    }
    bench_must((result | guise_uring_submit(s_ring, NULL)) == GUISE_OK);
    for (unsigned i = 0; i < count; i++) {
        bench_must(guise_uring_wait(s_ring, GUISE_INFINITE, &done) == GUISE_OK);
        bench_must(done.result == GUISE_OK);
        read_some(done.value);
        (void)close(done.value);
    }
}

static guise_result open_by_ring(guise_call *call, void *arg)
{
    const struct task *task = arg;
    uint64_t left = task->times;

    while (left > 0) {
        unsigned count = left < task->together ? (unsigned)left : task->together;

        open_some(task->self ? NULL : call, count);
        left -= count;
    }
    return GUISE_OK;
}

static void ring_one(uint64_t times)
{
    stage_frame(s_many, open_by_ring, &(struct task){.times = times, .together = 1});
}

static void ring_together(uint64_t times)
{
    stage_frame(s_many, open_by_ring, &(struct task){.times = times, .together = TOGETHER});
}

static void ring_self(uint64_t times)
{
    stage_frame(s_many, open_by_ring, &(struct task){.times = times, .together = 1, .self = true});
}

/* ---- by becoming the client ---- */

static guise_result open_as_client(guise_call *call, void *arg)
{
    const uint64_t *times = arg;
    guise_result result = GUISE_OK;

    (void)call;
    for (uint64_t i = 0; i < *times; i++) {
        int file;

        result |= guise_impersonate_client();
        file = open(path, O_RDONLY | O_CLOEXEC);
        read_some(file);
        result |= guise_revert_to_self();
        (void)close(file);
    }
    return result;
}

static void switch_many(uint64_t times)
{
    stage_frame(s_many, open_as_client, &times);
}

static void switch_none(uint64_t times)
{
    stage_frame(s_none, open_as_client, &times);
}

static void plain(uint64_t times)
{
    for (uint64_t i = 0; i < times; i++) {
        int file = open(path, O_RDONLY | O_CLOEXEC);

        read_some(file);
        (void)close(file);
    }
}

static const struct bench_meter meters[] = {
    {.name = "open-ring", .unit = "ns", .loop = ring_one},
    {.name = "open-ring-8", .unit = "ns", .loop = ring_together},
    {.name = "open-ring-self", .unit = "ns", .loop = ring_self},
    {.name = "open-switch-16", .unit = "ns", .loop = switch_many},
    {.name = "open-switch-0", .unit = "ns", .loop = switch_none},
    {.name = "open-plain", .unit = "ns", .loop = plain},
};

const struct bench_suite suite_uring = {"uring", open_uring, meters, BENCH_COUNT(meters), false};
