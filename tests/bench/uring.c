/* SPDX-License-Identifier: MIT */
/* A file opened and read as the client: through a ring that knows it, or by becoming it. P11. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <guise/uring.h>

#include "stage.h"
#include "suites.h"

/* Every client may read it, so that all ways to open it have the same result. */
static const char path[] = "/etc/passwd";

/* An existing file of the client's. With O_CREAT a worker of the kernel opens it nevertheless. */
static char s_made[] = "/tmp/guise-bench-XXXXXX";

enum { TOGETHER = 8, GROUPS = 16, CLIENT = 1001 };

static guise_uring *s_ring;
static guise_context *s_many, *s_none; /* clients in 16 further groups, and in none */

static void remove_file(void)
{
    (void)unlink(s_made);
}

static bool make_file(void)
{
    int file = mkstemp(s_made);
    bool made = file >= 0 && fchown(file, CLIENT, 20000) == 0 && atexit(remove_file) == 0;

    if (file >= 0) {
        (void)close(file);
    }
    return made;
}

static const char *open_uring(void)
{
    gid_t groups[GROUPS];

    if (guise_use_provider(guise_provider_linux()) != GUISE_OK) {
        return "switching identities takes root, or CAP_SETUID and CAP_SETGID";
    }
    if (guise_uring_create(TOGETHER, &s_ring) != GUISE_OK) {
        return "this system lets the process have no io_uring";
    }
    if (!make_file()) {
        return "no file can be made in /tmp";
    }
    for (gid_t i = 0; i < GROUPS; i++) {
        groups[i] = 20001 + i;
    }
    s_many = stage_client(CLIENT, 20000, groups, GROUPS);
    s_none = stage_client(CLIENT, 20000, NULL, 0);
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

/* Opens with O_CREAT, which the kernel hands to a worker. */
static guise_result make_by_ring(guise_call *call, void *arg)
{
    const guise_uring_how how = {.size = sizeof how, .flags = O_RDWR | O_CREAT, .mode = 0600};
    const uint64_t *times = arg;
    guise_uring_done done = {.size = sizeof done};

    for (uint64_t i = 0; i < *times; i++) {
        guise_result result = guise_uring_openat(s_ring, call, AT_FDCWD, s_made, &how, NULL);

        bench_must((result | guise_uring_submit(s_ring, NULL)) == GUISE_OK);
        bench_must(guise_uring_wait(s_ring, GUISE_INFINITE, &done) == GUISE_OK && done.value >= 0);
        (void)close(done.value);
    }
    return GUISE_OK;
}

static void ring_worker(uint64_t times)
{
    stage_frame(s_many, make_by_ring, &times);
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

static guise_result make_as_client(guise_call *call, void *arg)
{
    const uint64_t *times = arg;
    guise_result result = GUISE_OK;

    (void)call;
    for (uint64_t i = 0; i < *times; i++) {
        int file;

        result |= guise_impersonate_client();
        file = open(s_made, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        bench_must(file >= 0);
        result |= guise_revert_to_self();
        (void)close(file);
    }
    return result;
}

static void switch_made(uint64_t times)
{
    stage_frame(s_many, make_as_client, &times);
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
    {.name = "open-ring-worker", .unit = "ns", .loop = ring_worker},
    {.name = "open-switch-worker", .unit = "ns", .loop = switch_made},
    {.name = "open-switch-16", .unit = "ns", .loop = switch_many},
    {.name = "open-switch-0", .unit = "ns", .loop = switch_none},
    {.name = "open-plain", .unit = "ns", .loop = plain},
};

const struct bench_suite suite_uring = {"uring", open_uring, meters, BENCH_COUNT(meters), false};
