/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "sweeps.h"

#include <grp.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "bare.h"
#include "crowd.h"
#include "floor/floor.h"
#include "heap.h"
#include "ring.h"
#include "stats.h"

/* Chunks are short, so that few are interrupted if another thread wants the CPU; their median is
 * taken. */
enum { CHUNK = 2000, CHUNKS = 50, CHUNKS_MAX = 500, TRIES = 15, STEPS = 20000 };

/* Returns the nanoseconds of one step, as the mean of that many. */
typedef double chunk_fn(void *arg, size_t steps);

static double median_of_chunks(chunk_fn *chunk, void *arg, size_t steps, size_t count)
{
    double chunks[CHUNKS_MAX];
    struct bench_sample sample;

    count = count > CHUNKS_MAX ? CHUNKS_MAX : count;
    for (size_t i = 0; i < count; i++) {
        chunks[i] = chunk(arg, steps);
    }
    stats_summarize(chunks, count, &sample);
    return sample.median;
}

/* Returns so many chunks that each of the size objects gets a step. */
static size_t chunks_for(size_t size)
{
    return size / CHUNK > CHUNKS ? size / CHUNK : CHUNKS;
}

static guise_context *one_client(void)
{
    return stage_client(1001, 1001, NULL, 0);
}

static double known(double bytes)
{
    return isnan(bytes) ? bench_skip("this libc does not say how much memory is in use") : bytes;
}

/* ---- pending calls ---- */

static double ring_chunk(void *ring, size_t steps)
{
    return ring_time(ring, steps);
}

static double time_ring(struct ring *ring, size_t size)
{
    double took = median_of_chunks(ring_chunk, ring, CHUNK, chunks_for(size));

    ring_free(ring);
    return took;
}

static double calls_oldest(size_t size)
{
    return time_ring(ring_of_calls(one_client(), size, false), size);
}

static double calls_any(size_t size)
{
    return time_ring(ring_of_calls(one_client(), size, true), size);
}

static size_t call_size(void)
{
    double with_overhead = ring_bytes(one_client(), STEPS);

    return isnan(with_overhead) ? 64 : (size_t)with_overhead - sizeof(size_t);
}

static double blocks_oldest(size_t size)
{
    return time_ring(ring_of_blocks(call_size(), size, false), size);
}

static double blocks_any(size_t size)
{
    return time_ring(ring_of_blocks(call_size(), size, true), size);
}

static double call_bytes(size_t size)
{
    return known(ring_bytes(one_client(), size));
}

/* ---- clients ---- */

struct clients {
    size_t count, at, stride;
    guise_context *all[]; /* until the process ends */
};

static struct clients *many_clients(size_t size, size_t stride)
{
    struct clients *clients = calloc(1, sizeof *clients + size * sizeof clients->all[0]);

    bench_must(clients != NULL);
    clients->count = size;
    clients->stride = stride;
    for (size_t i = 0; i < size; i++) {
        clients->all[i] = stage_client((uid_t)(100000 + i), (gid_t)(100000 + i), NULL, 0);
    }
    return clients;
}

static guise_context **next_client(struct clients *clients)
{
    guise_context **client = &clients->all[clients->at];

    clients->at = (clients->at + clients->stride) % clients->count;
    return client;
}

static double call_chunk(void *clients, size_t steps)
{
    guise_result result = GUISE_OK;
    uint64_t begin = bench_now();

    for (size_t i = 0; i < steps; i++) {
        result |= stage_whole_call(*next_client(clients));
    }
    bench_must(result == GUISE_OK);
    return (double)(bench_now() - begin) / (double)steps;
}

enum { FAR = 307 }; /* a prime, and so large that the next one is on another page */

static double clients_in_turn(size_t size)
{
    return median_of_chunks(call_chunk, many_clients(size, 1), CHUNK, chunks_for(size));
}

static double clients_any(size_t size)
{
    return median_of_chunks(call_chunk, many_clients(size, FAR), CHUNK, chunks_for(size));
}

static double come_and_go_chunk(void *clients, size_t steps)
{
    uint64_t begin = bench_now();

    for (size_t i = 0; i < steps; i++) {
        guise_context **client = next_client(clients);

        guise_context_unref(*client);
        *client = one_client();
    }
    return (double)(bench_now() - begin) / (double)steps;
}

static double client_made(size_t size)
{
    return median_of_chunks(come_and_go_chunk, many_clients(size, FAR), CHUNK, chunks_for(size));
}

static double client_bytes(size_t size)
{
    size_t before, after;

    guise_context_unref(one_client()); /* the first client allocates what all share */
    before = heap_in_use();
    (void)many_clients(size, 1);
    after = heap_in_use();
    return known(
        after <= before ? NAN : (double)(after - before) / (double)size - sizeof(guise_context *));
}

/* ---- groups ---- */

static void describe(struct bare_client *client, size_t size)
{
    client->uid = 1001;
    client->gid = 20000;
    client->same_groups = false;
    client->count = size + 1; /* the primary group is one of the list */
    for (size_t i = 0; i < client->count; i++) {
        client->groups[i] = client->gid + (gid_t)i;
    }
}

static guise_context *member_of(size_t size)
{
    static struct bare_client s_client;

    describe(&s_client, size);
    return stage_client(s_client.uid, s_client.gid, s_client.groups, s_client.count);
}

/* Few, because a switch may take a thousand times as long as a call. */
enum { SWITCHES = 50 };

struct stay {
    size_t steps;
    double took;
};

static guise_result switch_in_frame(guise_call *call, void *arg)
{
    struct stay *stay = arg;
    guise_result result = GUISE_OK;
    uint64_t begin = bench_now();

    (void)call;
    for (size_t i = 0; i < stay->steps; i++) {
        result |= guise_impersonate_client();
        result |= guise_revert_to_self();
    }
    stay->took = (double)(bench_now() - begin) / (double)stay->steps;
    return result;
}

static double switch_chunk(void *client, size_t steps)
{
    struct stay stay = {.steps = steps};

    stage_frame(client, switch_in_frame, &stay);
    return stay.took;
}

static double made_chunk(void *size, size_t steps)
{
    uint64_t begin = bench_now();

    for (size_t i = 0; i < steps; i++) {
        guise_context_unref(member_of(*(size_t *)size));
    }
    return (double)(bench_now() - begin) / (double)steps;
}

static double bare_chunk(void *client, size_t steps)
{
    uint64_t begin = bench_now();
    bool right = true;

    for (size_t i = 0; i < steps; i++) {
        right = bare_switch(client) && right;
    }
    bench_must(right);
    return (double)(bench_now() - begin) / (double)steps;
}

/* Chooses the provider, which a new process still can; the server has one group. */
static bool use_kernel(void)
{
    gid_t own = getgid();

    return setgroups(1, &own) == 0 && guise_use_provider(guise_provider_linux()) == GUISE_OK;
}

static const char unprivileged[] = "switching identities takes root, or CAP_SETUID and CAP_SETGID";

static double groups_linux(size_t size)
{
    return use_kernel() ? median_of_chunks(switch_chunk, member_of(size), SWITCHES, CHUNKS)
                        : bench_skip(unprivileged);
}

static double groups_bare(size_t size)
{
    static struct bare_client s_client;

    if (!use_kernel()) {
        return bench_skip(unprivileged);
    }
    bare_init();
    describe(&s_client, size);
    return median_of_chunks(bare_chunk, &s_client, SWITCHES, CHUNKS);
}

static double groups_emulated(size_t size)
{
    return median_of_chunks(switch_chunk, member_of(size), CHUNK, CHUNKS);
}

static double groups_made(size_t size)
{
    return median_of_chunks(made_chunk, &size, SWITCHES, CHUNKS);
}

/* ---- threads ---- */

static guise_context *s_shared;
static _Thread_local guise_context *tl_own; /* until the process ends */

static void calls_of(guise_context *client)
{
    guise_result result = GUISE_OK;

    for (int i = 0; i < STEPS; i++) {
        result |= stage_whole_call(client);
    }
    bench_must(result == GUISE_OK);
}

static void shared_calls(void)
{
    calls_of(s_shared);
}

static void own_calls(void)
{
    if (tl_own == NULL) {
        tl_own = one_client();
    }
    calls_of(tl_own);
}

static guise_result become_and_back(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return guise_impersonate_client() | guise_revert_to_self();
}

static void shared_frames(void)
{
    guise_call *call = stage_call(s_shared);
    guise_result result = GUISE_OK;

    for (int i = 0; i < STEPS; i++) {
        result |= guise_call_run(call, become_and_back, NULL);
    }
    bench_must(result == GUISE_OK);
    guise_call_unref(call);
}

static void private_blocks(void)
{
    floor_block(STEPS, 64);
}

/* Returns the CPU time of one piece of work, which stays level while threads do not disturb each other. It
 * is the least of several, because noise is more likely with more threads. */
static double time_crowd(void (*work)(void), size_t threads)
{
    size_t cpus = bench_cpu_count();
    double least = INFINITY;

    s_shared = one_client();
    for (int i = 0; i < TRIES; i++) {
        least = fmin(least, crowd_time(work, (unsigned)threads));
    }
    return least * (double)(threads < cpus ? threads : cpus) / ((double)threads * STEPS);
}

static double threads_shared_calls(size_t size)
{
    return time_crowd(shared_calls, size);
}

static double threads_own_calls(size_t size)
{
    return time_crowd(own_calls, size);
}

static double threads_frames(size_t size)
{
    return time_crowd(shared_frames, size);
}

static double threads_blocks(size_t size)
{
    return time_crowd(private_blocks, size);
}

/* ---- all of them ---- */

#define TO_A_MILLION {1000, 3000, 10000, 30000, 100000, 300000, 1000000}, 7
#define TO_100000 {1, 10, 100, 1000, 10000, 100000}, 6

const struct sweep sweeps[] = {
    {"pending",
     "pending calls",
     "ns",
     TO_A_MILLION,
     {{"answer the oldest, take a new one", calls_oldest},
      {"answer any, take a new one", calls_any},
      {"blocks of that size, oldest first", blocks_oldest},
      {"blocks of that size, any first", blocks_any}}},
    {"pending-memory", "pending calls", "bytes", TO_A_MILLION, {{"of each", call_bytes}}},
    {"clients",
     "clients",
     "ns",
     TO_100000,
     {{"a whole call, clients in turn", clients_in_turn},
      {"a whole call, any client", clients_any},
      {"one client goes, another comes", client_made}}},
    {"client-memory", "clients", "bytes", TO_100000, {{"of each", client_bytes}}},
    {"groups",
     "groups of the client",
     "ns",
     {0, 4, 16, 64, 128, 255, 256, 1023},
     8,
     {{"linux: enter + leave", groups_linux},
      {"the same system calls, bare", groups_bare},
      {"emulated: impersonate + revert", groups_emulated},
      {"a client made and dropped", groups_made}}},
    {"threads",
     "threads",
     "CPU ns",
     {1, 2, 4, 8, 16},
     5,
     {{"whole calls of one client", threads_shared_calls},
      {"whole calls, a client each", threads_own_calls},
      {"frames of one client", threads_frames},
      {"blocks of 64 bytes", threads_blocks}}},
};

const size_t sweep_count = BENCH_COUNT(sweeps);
