/* SPDX-License-Identifier: MIT */
/*
 * Threads that end. A worker of the kernel belongs to the thread that handed the request over, and
 * the kernel lets a thread end only after its workers. It cancels their requests then, but it can
 * miss one that is just beginning, and then waits for as long as the client likes. A thread that
 * has handed over such requests therefore cancels them itself when it ends, one by one and by name,
 * and ends when the kernel has answered (U-06).
 *
 * Locking discipline: the list's lock, then a ring's. Both are released while the thread sleeps.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "base/check.h"
#include "base/lifecycle.h"
#include "uring/ring.h"

static _Thread_local char tl_self; /* its address stands for the thread */

/* ---- at the end ---- */

enum { RETRIES = 500, RETRY_PAUSE_NS = 100000 };

struct ending {
    const void *thread;
    bool cancel;   /* false: only count */
    unsigned left; /* requests without an answer */
};

static void ring_visit(guise_uring *ring, void *arg)
{
    struct ending *ending = arg;

    GUISE__CHECK(!ring->ending);
    guise__uring_lock(ring);
    guise__uring_answers_sort(ring);
    for (uint32_t i = 0; i < ring->request_count; i++) {
        const struct guise__uring_request *request = &ring->requests[i];

        if (request->state != GUISE__URING_REQUEST_SUBMITTED || request->thread != ending->thread ||
            request->is_answered) {
            continue;
        }
        ending->left++;
        if (ending->cancel) {
            guise__uring_cancel_submitted(ring, request);
        }
    }
    guise__uring_unlock(ring);
}

/* Cancels the thread's requests and waits for their answers, for a limited time. After that the
 * kernel itself waits for a request that it cannot interrupt, because the server of its file system
 * does not answer. */
static void thread_cancel(void *self)
{
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = RETRY_PAUSE_NS};
    struct ending ending = {.thread = self, .cancel = true};
    int saved_errno = errno;

    guise__uring_rings_visit(ring_visit, &ending);
    ending.cancel = false;
    for (int i = 0; i < RETRIES && ending.left != 0; i++) {
        (void)nanosleep(&pause, NULL);
        ending.left = 0;
        guise__uring_rings_visit(ring_visit, &ending);
    }
    errno = saved_errno;
}

/* ---- before ---- */

/* Without memory for that the kernel alone cancels this thread's requests. */
const void *guise__uring_thread_note(void)
{
    (void)guise__thread_at_end(GUISE__END_RING_REQUESTS, thread_cancel, &tl_self);
    return &tl_self;
}
