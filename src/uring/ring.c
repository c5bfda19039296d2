/* SPDX-License-Identifier: MIT */
/*
 * The life of a ring: made, counted, ended with the last reference.
 *
 * Locking discipline: the ring's lock is made and destroyed here and not taken, for a ring that
 * begins or ends belongs to one thread. Others come by the list of rings only, for its personas,
 * and under the lock: from personas_begin, which is the last of a beginning, to personas_end, which
 * is the first of an end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <guise/provider.h>
#include <guise/thread.h>

#include "ring.h"
#include "uring_hooks.h"

enum { ENTRIES_MAX = 32768 };

/* ---- the beginning ---- */

/* The whole of it, as the kernel says: the ring keeps these credentials for the server's
 * requests. */
static bool is_self(void)
{
    const guise_provider *provider = guise_provider_linux();

    return guise_thread_token() == NULL && provider->verify(provider, NULL) == GUISE_OK;
}

static guise_uring *allocate(uint32_t count)
{
    guise_uring *ring = calloc(1, sizeof *ring + count * sizeof ring->requests[0]);

    if (ring == NULL) {
        return NULL;
    }
    atomic_init(&ring->refs, 1);
    (void)pthread_mutex_init(&ring->lock, NULL);
    ring->event = -1;
    ring->request_count = count;
    guise__requests_begin(ring);
    return ring;
}

/* In a child its lock may be one that nobody there holds. */
static void free_ring(guise_uring *ring)
{
    if (guise__ring_is_ours(ring)) {
        (void)pthread_mutex_destroy(&ring->lock);
    }
    free(ring);
}

static guise_result start(guise_uring *ring)
{
    guise_result result = guise__kernel_register(&ring->kernel, &ring->self);

    return result == GUISE_OK ? guise__personas_begin(ring) : result;
}

static guise_result create(uint32_t entries, guise_uring **out)
{
    struct io_uring kernel;
    guise_uring *ring;
    guise_result result = guise__kernel_open(&kernel, entries);

    if (result != GUISE_OK) {
        return result;
    }
    /* As many as the queues have room for, so neither ever overflows. */
    ring = allocate(*kernel.sq.kring_entries);
    if (ring == NULL) {
        guise__kernel_close(&kernel);
        return GUISE_E_OUT_OF_MEMORY;
    }
    ring->kernel = kernel;
    result = start(ring);
    if (result != GUISE_OK) {
        guise__kernel_close(&ring->kernel);
        free_ring(ring);
        return result;
    }
    *out = ring;
    return GUISE_OK;
}

guise_result guise_uring_create(uint32_t entries, guise_uring **out)
{
    int kept = errno;
    guise_result result;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (entries == 0 || entries > ENTRIES_MAX) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    /* With another provider a thread that impersonates is the server for the kernel, and so would
     * the ring's client be. */
    if (!guise__is_linux_provider()) {
        return GUISE_E_NOT_SUPPORTED;
    }
    result = is_self() ? create(entries, out) : GUISE_E_ACCESS_DENIED;
    errno = kept;
    return result;
}

guise_uring *guise_uring_ref(guise_uring *ring)
{
    /* Relaxed: whoever counts up has a reference. Half of the range is left for threads that get
     * here before the first of them has died. */
    if (ring != NULL &&
        atomic_fetch_add_explicit(&ring->refs, 1, memory_order_relaxed) >= UINT_MAX / 2) {
        (void)fputs("guise-uring: a reference count overflowed\n", stderr);
        abort();
    }
    return ring;
}

/* ---- the end: nobody else has it, and no context will look for it ---- */

#define CANCELLATION UINT64_MAX /* no place has that number */

/* One by one, for each has an answer of its own. Where the kernel has no memory to cancel a
 * request, its end is waited for. */
static void cancel_all(guise_uring *ring)
{
    struct io_uring_sqe cancel = {
        .opcode = IORING_OP_ASYNC_CANCEL, .personality = ring->self, .user_data = CANCELLATION};

    for (uint32_t i = 0; i < ring->request_count; i++) {
        if (ring->requests[i].state == GUISE__SUBMITTED) {
            cancel.addr = i;
            guise__kernel_add(&ring->kernel, &cancel);
            (void)guise__kernel_enter(&ring->kernel, 1);
        }
    }
}

/* A file that nobody will be told of. */
static void close_unreported(const struct guise__request *request, int32_t answer)
{
    if (request->entry.opcode == IORING_OP_OPENAT2 && !request->refused && answer >= 0) {
        guise__kernel_close_file(answer);
    }
}

static void drain(guise_uring *ring)
{
    uint32_t left = ring->submitted;
    uint64_t name;
    int32_t answer;

    cancel_all(ring);
    while (left != 0) {
        if (!guise__kernel_reap(&ring->kernel, &name, &answer)) {
            (void)guise__kernel_wait(&ring->kernel, NULL);
        } else if (name != CANCELLATION) {
            close_unreported(&ring->requests[name], answer);
            left--;
        }
    }
}

static void end_kernel(guise_uring *ring)
{
    drain(ring);
    guise__kernel_unregister(&ring->kernel, ring->self);
    guise__kernel_close(&ring->kernel);
    if (ring->event >= 0) {
        guise__kernel_close_file(ring->event);
    }
}

static void end(guise_uring *ring)
{
    guise__personas_end(ring);
    if (guise__ring_is_ours(ring)) {
        end_kernel(ring);
    }
    guise__requests_end(ring);
    free_ring(ring);
}

void guise_uring_unref(guise_uring *ring)
{
    int kept = errno;

    /* Release: what this owner did is done before anybody ends it; acquire: the one who ends it
     * sees what all the others did. */
    if (ring != NULL && atomic_fetch_sub_explicit(&ring->refs, 1, memory_order_acq_rel) == 1) {
        end(ring);
    }
    errno = kept;
}
