/* SPDX-License-Identifier: MIT */
/*
 * The life of a ring: created, counted, ended with the last reference.
 *
 * Locking discipline: the ring's lock is created and destroyed here and not taken, because a ring
 * that begins or ends belongs to one thread. Other threads reach it only through the list of rings,
 * for its personalities. They can do so from personalities_begin, the last step of creation, to
 * personalities_unlist, after which nothing but the ring's memory is left. From personalities_end
 * on the ring has no personalities.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>

#include <guise/provider.h>
#include <guise/thread.h>

#include "base/check.h"
#include "base/refcount.h"
#include "identity/provider.h"
#include "uring/ring.h"

enum { ENTRIES_MAX = 32768 };

/* ---- the beginning ---- */

/* Returns whether the whole identity of the thread is that of the process. The kernel is asked
 * because the ring keeps these credentials for the server's requests. */
static bool thread_is_self(void)
{
    return guise_thread_token() == NULL && guise_thread_verify() == GUISE_OK;
}

static guise_uring *ring_allocate(uint32_t count)
{
    guise_uring *ring = calloc(1, sizeof *ring + count * sizeof ring->requests[0]);

    GUISE__CHECK(count != 0 && (count & (count - 1)) == 0);
    if (ring == NULL) {
        return NULL;
    }
    atomic_init(&ring->refs, 1);
    (void)pthread_mutex_init(&ring->lock, NULL);
    ring->event = -1;
    ring->request_count = count;
    guise__uring_requests_begin(ring);
    return ring;
}

/* A forked child does not destroy the lock, because a thread that exists only in the parent may
 * hold it. */
static void ring_free(guise_uring *ring)
{
    if (guise__uring_is_ours(ring)) {
        (void)pthread_mutex_destroy(&ring->lock);
    }
    guise__uring_standing_end(&ring->standing);
    free(ring);
}

static guise_result ring_start(guise_uring *ring)
{
    guise_result result = guise__uring_kernel_register(&ring->kernel, &ring->self);

    if (result == GUISE_OK) {
        result = guise__uring_standing_begin(&ring->standing);
    }
    return result == GUISE_OK ? guise__uring_personalities_begin(ring) : result;
}

static guise_result ring_create(uint32_t entries, guise_uring **out)
{
    struct io_uring kernel;
    guise_uring *ring;
    guise_result result = guise__uring_kernel_open(&kernel, entries);

    if (result != GUISE_OK) {
        return result;
    }
    /* As many places as the queues have room for, so that neither overflows. */
    ring = ring_allocate(*kernel.sq.kring_entries);
    if (ring == NULL) {
        guise__uring_kernel_close(&kernel);
        return GUISE_E_OUT_OF_MEMORY;
    }
    ring->kernel = kernel;
    result = ring_start(ring);
    if (result != GUISE_OK) {
        guise__uring_kernel_close(&ring->kernel);
        ring_free(ring);
        return result;
    }
    GUISE__CHECK(guise__uring_is_valid(ring));
    *out = ring;
    return GUISE_OK;
}

guise_result guise_uring_create(uint32_t entries, guise_uring **out)
{
    int saved_errno = errno;
    guise_result result;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if (entries == 0 || entries > ENTRIES_MAX) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    /* With another provider the kernel sees a thread that impersonates as the server, and would
     * register the server's credentials for the client. */
    if (!guise__is_linux_provider()) {
        return GUISE_E_NOT_SUPPORTED;
    }
    result = thread_is_self() ? ring_create(entries, out) : GUISE_E_ACCESS_DENIED;
    errno = saved_errno;
    return result;
}

guise_uring *guise_uring_ref(guise_uring *ring)
{
    if (ring != NULL) {
        (void)guise__count_up(&ring->refs);
    }
    return ring;
}

/* ---- the end: no other thread has the ring ---- */

/* The requests that the kernel still has. An open uses nothing of the program's, because its path
 * was read when it was handed over; a transfer uses a buffer. */
struct remains {
    uint32_t opens, transfers;
};

/* Cancels one by one, because each request has an answer of its own. If the kernel has no memory to
 * cancel a request, ring_drain waits for the request to end. */
static struct remains requests_cancel(guise_uring *ring)
{
    struct remains remains = {0, 0};

    GUISE__CHECK(guise__uring_is_unshared(ring));
    for (uint32_t i = 0; i < ring->request_count; i++) {
        const struct guise__uring_request *request = &ring->requests[i];

        if (request->state != GUISE__URING_REQUEST_SUBMITTED) {
            continue;
        }
        guise__uring_cancel_submitted(ring, request);
        if (request->entry.opcode == IORING_OP_OPENAT2) {
            remains.opens++;
        } else {
            remains.transfers++;
        }
    }
    return remains;
}

/* Counts an answer. A file that will not be reported to the program is closed. */
static void remains_note(guise_uring *ring, uint64_t name, int32_t answer, struct remains *remains)
{
    const struct guise__uring_request *request;

    if (name == GUISE__URING_CANCELLATION) {
        return;
    }
    request = guise__uring_request_named(ring, name);
    if (name != guise__uring_request_name(ring, request)) {
        return; /* the answer to an earlier attempt */
    }
    GUISE__CHECK(request->state == GUISE__URING_REQUEST_SUBMITTED);
    if (request->entry.opcode != IORING_OP_OPENAT2) {
        GUISE__CHECK(remains->transfers != 0);
        remains->transfers--;
        return;
    }
    GUISE__CHECK(remains->opens != 0);
    remains->opens--;
    if (request->refusal == GUISE_OK && answer >= 0) {
        guise__uring_kernel_close_file(answer);
    }
}

/* Takes answers until all transfers are over and either all opens are, or none ended within the
 * time, because the end of a ring waits for no client (U-06). A time of NULL waits until nothing is
 * left. */
static void ring_drain(guise_uring *ring, struct remains *remains,
                       const struct __kernel_timespec *time)
{
    uint64_t name;
    int32_t answer;
    bool in_time = true;

    GUISE__CHECK(guise__uring_is_unshared(ring));
    while (remains->transfers != 0 || (remains->opens != 0 && in_time)) {
        if (guise__uring_kernel_reap(&ring->kernel, &name, &answer)) {
            remains_note(ring, name, answer, remains);
        } else {
            in_time =
                guise__uring_kernel_wait(&ring->kernel, remains->transfers != 0 ? NULL : time);
        }
    }
}

/* In a forked child the kernel's half is closed already, and the ring is not in the child's list.
 * */
static void ring_close(guise_uring *ring)
{
    GUISE__CHECK(guise__uring_is_unshared(ring));
    GUISE__CHECK(ring->personalities.newest == NULL);
    if (guise__uring_is_ours(ring)) {
        guise__uring_kernel_unregister(&ring->kernel, ring->self);
        guise__uring_personalities_unlist(ring);
        guise__uring_kernel_close(&ring->kernel);
        if (ring->event >= 0) {
            guise__uring_kernel_close_file(ring->event);
        }
    }
    guise__uring_table_end(&ring->personalities.contexts);
    guise__uring_table_end(&ring->personalities.users);
    ring_free(ring);
}

/* Waits for opens that the kernel cannot interrupt, for example because the server of a file system
 * does not answer, and closes their files. Runs on a thread of its own, because nothing limits that
 * time. */
static void *ring_close_late(void *arg)
{
    guise_uring *ring = arg;
    struct remains remains = {.opens = ring->submitted, .transfers = 0};

    ring_drain(ring, &remains, NULL);
    GUISE__CHECK(remains.opens == 0 && remains.transfers == 0);
    ring_close(ring);
    return NULL;
}

static bool thread_start_detached(void *(*fn)(void *), void *arg)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    bool started;

    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)sigfillset(&all);
    /* None of the program's signal handlers may run on the new thread. */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&thread, &attributes, fn, arg) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return started;
}

/* An interrupted open ends at once. This time lets its worker get a processor. */
static const struct __kernel_timespec s_grace = {.tv_sec = 0, .tv_nsec = 50000000};

static void ring_end(guise_uring *ring)
{
    struct remains remains = {0, 0};

    GUISE__CHECK(guise__uring_is_unshared(ring));
    guise__uring_personalities_end(ring);
    if (guise__uring_is_ours(ring)) {
        remains = requests_cancel(ring);
        ring_drain(ring, &remains, &s_grace);
    }
    GUISE__CHECK(ring->personalities.contexts.count == 0 && ring->personalities.users.count == 0);
    GUISE__CHECK(remains.transfers == 0);
    guise__uring_requests_end(ring);
    ring->submitted = remains.opens;
    if (remains.opens == 0 || !thread_start_detached(ring_close_late, ring)) {
        (void)ring_close_late(ring);
    }
}

void guise_uring_unref(guise_uring *ring)
{
    int saved_errno = errno;

    if (ring != NULL && guise__count_down(&ring->refs)) {
        ring_end(ring);
    }
    errno = saved_errno;
}
