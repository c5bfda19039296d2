/* SPDX-License-Identifier: MIT */
/*
 * What holds of a ring between two operations, as predicates. Builds with GUISE_CHECKS evaluate
 * them where the ring changes (base/check.h); other builds do not have them. They read and change
 * nothing, except that guise__uring_lock_is_held tries the lock.
 *
 * Locking discipline: the caller holds the ring's lock, or has the ring alone.
 */
#define _GNU_SOURCE
#include "base/check.h"
#include "uring/ring.h"

#if defined(GUISE_CHECKS)

/* A predicate over all requests would make each operation on a large ring slow, so the requests of
 * a ring with more places than this are checked one at a time only. */
enum { COUNTED_PLACES = 64 };

bool guise__uring_lock_is_held(const guise_uring *ring)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&ring->lock;

    if (pthread_mutex_trylock(lock) != 0) {
        return true;
    }
    (void)pthread_mutex_unlock(lock);
    return false;
}

bool guise__uring_is_unshared(const guise_uring *ring)
{
    /* Relaxed: the thread that dropped the last reference reads its own step. */
    return atomic_load_explicit(&ring->refs, memory_order_relaxed) == 0;
}

bool guise__uring_user_is_valid(const struct guise__uring_user *user)
{
    return user->personalities != 0 && user->workers <= GUISE__URING_WORKERS_EACH &&
           user->workers <= user->requests &&
           GUISE__IMPLIES(user->parked.first != GUISE__URING_NONE,
                          user->workers == GUISE__URING_WORKERS_EACH);
}

bool guise__uring_personality_is_valid(const struct guise__uring_personalities *personalities,
                                       const struct guise__uring_personality *personality)
{
    const struct guise__uring_personality *newer = personality->newer, *older = personality->older;

    return personality->number != 0 && personality->pins <= personality->user->requests &&
           (newer == NULL ? personalities->newest : newer->older) == personality &&
           (older == NULL ? personalities->oldest : older->newer) == personality;
}

bool guise__uring_personalities_is_valid(const struct guise__uring_personalities *personalities)
{
    bool is_empty = personalities->contexts.count == 0;

    return is_empty == (personalities->newest == NULL) &&
           is_empty == (personalities->oldest == NULL) &&
           is_empty == (personalities->users.count == 0) &&
           personalities->users.count <= personalities->contexts.count;
}

static bool worker_is_valid(const struct guise__uring_request *request)
{
    return GUISE__IMPLIES(request->has_worker,
                          request->personality != NULL &&
                              request->attempt == GUISE__URING_ATTEMPT_IN_WORKER);
}

static bool parked_is_valid(const struct guise__uring_request *request)
{
    return GUISE__IMPLIES(request->state == GUISE__URING_REQUEST_PARKED,
                          request->personality != NULL && !request->has_worker &&
                              request->attempt == GUISE__URING_ATTEMPT_IN_WORKER);
}

static bool client_is_valid(const guise_uring *ring, const struct guise__uring_request *request)
{
    if (request->personality == NULL) {
        return request->call == NULL && request->entry.personality == ring->self &&
               !request->canceled;
    }
    return request->call != NULL && request->personality->pins != 0 &&
           request->entry.personality == request->personality->number;
}

bool guise__uring_request_is_valid(const guise_uring *ring,
                                   const struct guise__uring_request *request)
{
    if (request < ring->requests || request >= ring->requests + ring->request_count) {
        return false;
    }
    if (request->state == GUISE__URING_REQUEST_FREE) {
        return request->call == NULL && request->path == NULL;
    }
    return request->state <= GUISE__URING_REQUEST_SUBMITTED && request->path != NULL &&
           worker_is_valid(request) && parked_is_valid(request) && client_is_valid(ring, request);
}

bool guise__uring_queue_is_valid(const guise_uring *ring, const struct guise__uring_queue *queue)
{
    return queue->first == GUISE__URING_NONE ||
           (queue->first < ring->request_count && queue->last < ring->request_count &&
            ring->requests[queue->last].next == GUISE__URING_NONE);
}

bool guise__uring_standing_is_valid(const struct guise__uring_standing *standing)
{
    return standing->groups != NULL && (standing->effective & ~standing->permitted) == 0;
}

bool guise__uring_verdict_is_valid(const struct guise__uring_verdict *verdict)
{
    return GUISE__IMPLIES(verdict->server, verdict->clients);
}

/* Those that submit has counted and wait has not reported. */
static bool request_is_submitted(const struct guise__uring_request *request)
{
    return request->state == GUISE__URING_REQUEST_SUBMITTED ||
           request->state == GUISE__URING_REQUEST_PARKED ||
           request->state == GUISE__URING_REQUEST_AGAIN;
}

bool guise__uring_submitted_is_valid(const guise_uring *ring)
{
    uint32_t submitted = 0;

    if (ring->request_count > COUNTED_PLACES) {
        return ring->submitted <= ring->request_count;
    }
    for (uint32_t i = 0; i < ring->request_count; i++) {
        if (!guise__uring_request_is_valid(ring, &ring->requests[i])) {
            return false;
        }
        submitted += request_is_submitted(&ring->requests[i]);
    }
    return submitted == ring->submitted;
}

bool guise__uring_is_valid(const guise_uring *ring)
{
    return guise__uring_kernel_is_valid(&ring->kernel) && ring->self != 0 && ring->event >= -1 &&
           guise__uring_queue_is_valid(ring, &ring->made) &&
           guise__uring_queue_is_valid(ring, &ring->again) &&
           guise__uring_personalities_is_valid(&ring->personalities) &&
           guise__uring_submitted_is_valid(ring);
}

#endif
