/* SPDX-License-Identifier: MIT */
/*
 * Requests that need a worker of the kernel: opens that cannot be answered from the kernel's
 * caches, that create or truncate a file, or that may wait.
 *
 * Such an open can last as long as another program likes, because the file system may be one that
 * the client serves (FUSE), and with GUISE_URING_WAIT the path may be a FIFO, or a file with a
 * lease. It occupies a worker for that time. A user therefore has at most GUISE__URING_WORKERS_EACH
 * workers, counted by uid and not by connection. The user's further requests are parked in the
 * library, where they take no worker, and are released one by one as others of the same user end.
 * Without GUISE_URING_WAIT the open has O_NONBLOCK added, which answers FIFOs and leases at once;
 * it is removed from the open file before the program gets the descriptor.
 *
 * The server's own requests are not counted.
 *
 * The requests of one client hold up no other client (U-01).
 *
 * Locking discipline: every function here is called with the ring's lock held.
 */
#define _GNU_SOURCE
#include <fcntl.h>

#include "base/check.h"
#include "uring/ring.h"

void guise__uring_worker_prepare(struct guise__uring_request *request)
{
    const uint64_t as_they_are = O_NONBLOCK | O_PATH; /* O_PATH opens no file and never waits */

    GUISE__CHECK(request->attempt == GUISE__URING_ATTEMPT_AT_ONCE &&
                 request->entry.opcode == IORING_OP_OPENAT2);
    request->attempt = GUISE__URING_ATTEMPT_IN_WORKER;
    request->entry.flags = IOSQE_ASYNC;
    request->how.resolve &= ~(uint64_t)RESOLVE_CACHED;
    request->owes_blocking = !request->may_wait && (request->how.flags & as_they_are) == 0;
    if (request->owes_blocking) {
        request->how.flags |= O_NONBLOCK;
    }
}

static struct guise__uring_user *request_user(const struct guise__uring_request *request)
{
    return request->personality == NULL ? NULL : request->personality->user;
}

static void worker_occupy(struct guise__uring_user *user, struct guise__uring_request *request)
{
    GUISE__CHECK(user->workers < GUISE__URING_WORKERS_EACH);
    GUISE__CHECK(!request->has_worker && request->attempt == GUISE__URING_ATTEMPT_IN_WORKER);
    user->workers++;
    request->has_worker = true;
}

bool guise__uring_user_is_full(const guise_uring *ring, const struct guise__uring_user *user)
{
    GUISE__CHECK(guise__uring_lock_is_held(ring));
    GUISE__CHECK(guise__uring_user_is_valid(user));
    return user->workers >= GUISE__URING_WORKERS_EACH && user->requests >= ring->request_count / 2;
}

bool guise__uring_worker_admit(guise_uring *ring, struct guise__uring_request *request)
{
    struct guise__uring_user *user = request_user(request);

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    if (request->attempt != GUISE__URING_ATTEMPT_IN_WORKER || user == NULL || request->has_worker) {
        return true;
    }
    if (user->workers >= GUISE__URING_WORKERS_EACH) {
        guise__uring_queue_append(ring, &user->parked, request, GUISE__URING_REQUEST_PARKED);
        return false;
    }
    worker_occupy(user, request);
    return true;
}

void guise__uring_worker_leave(guise_uring *ring, struct guise__uring_request *request)
{
    struct guise__uring_user *user = request_user(request);
    struct guise__uring_request *next;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    if (!request->has_worker) {
        return;
    }
    request->has_worker = false;
    GUISE__CHECK(user != NULL && user->workers != 0);
    user->workers--;
    next = guise__uring_queue_take(ring, &user->parked);
    if (next != NULL) {
        worker_occupy(user, next);
        guise__uring_queue_append(ring, &ring->again, next, GUISE__URING_REQUEST_AGAIN);
    }
}
