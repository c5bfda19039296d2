/* SPDX-License-Identifier: MIT */
/*
 * Requests: their places in a ring, and how they are made. Nothing here reaches the kernel, except
 * to register a client that the ring does not know yet (personalities.c); a request that was made
 * waits for submit.c.
 *
 * Making a request takes a place off the stack of free ones and appends it to the queue of requests
 * made. submit.c takes it off that queue, and reap.c frees the place. All states: ring.h.
 *
 * Locking discipline: a request is made under the ring's lock, without a break except in
 * client_identify, which releases the lock while a client is registered and searches again after
 * that. requests_begin and requests_end need no lock, because no other thread has the ring.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/struct_size.h"
#include "call/call.h"
#include "uring/ring.h"

/* ---- places ---- */

static uint32_t request_place(const guise_uring *ring, const struct guise__uring_request *request)
{
    return (uint32_t)(request - ring->requests);
}

static void unused_push(guise_uring *ring, struct guise__uring_request *request)
{
    GUISE__CHECK(request_place(ring, request) < ring->request_count);
    request->state = GUISE__URING_REQUEST_FREE;
    request->next = ring->unused.first;
    ring->unused.first = request_place(ring, request);
}

static struct guise__uring_request *unused_pop(guise_uring *ring)
{
    struct guise__uring_request *request;

    if (ring->unused.first == GUISE__URING_NONE) {
        return NULL;
    }
    request = &ring->requests[ring->unused.first];
    GUISE__CHECK(guise__uring_request_is_valid(ring, request));
    GUISE__CHECK(request->state == GUISE__URING_REQUEST_FREE);
    ring->unused.first = request->next;
    return request;
}

void guise__uring_queue_append(guise_uring *ring, struct guise__uring_queue *queue,
                               struct guise__uring_request *request,
                               enum guise__uring_request_state state)
{
    uint32_t place = request_place(ring, request);

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    GUISE__CHECK(state != GUISE__URING_REQUEST_FREE && state != GUISE__URING_REQUEST_SUBMITTED);
    GUISE__CHECK(place < ring->request_count);
    GUISE__CHECK(guise__uring_queue_is_valid(ring, queue));
    request->state = state;
    request->next = GUISE__URING_NONE;
    if (queue->first == GUISE__URING_NONE) {
        queue->first = place;
    } else {
        ring->requests[queue->last].next = place;
    }
    queue->last = place;
}

struct guise__uring_request *guise__uring_queue_first(guise_uring *ring,
                                                      const struct guise__uring_queue *queue)
{
    return queue->first == GUISE__URING_NONE ? NULL : &ring->requests[queue->first];
}

struct guise__uring_request *guise__uring_queue_next(guise_uring *ring,
                                                     const struct guise__uring_request *request)
{
    return request->next == GUISE__URING_NONE ? NULL : &ring->requests[request->next];
}

struct guise__uring_request *guise__uring_queue_take(guise_uring *ring,
                                                     struct guise__uring_queue *queue)
{
    struct guise__uring_request *request = guise__uring_queue_first(ring, queue);

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    GUISE__CHECK(guise__uring_queue_is_valid(ring, queue));
    if (request != NULL) {
        queue->first = request->next;
    }
    return request;
}

/* ---- names ---- */

uint64_t guise__uring_request_name(const guise_uring *ring,
                                   const struct guise__uring_request *request)
{
    return request_place(ring, request) |
           (request->attempt == GUISE__URING_ATTEMPT_IN_WORKER ? GUISE__URING_SECOND_ATTEMPT : 0);
}

struct guise__uring_request *guise__uring_request_named(guise_uring *ring, uint64_t name)
{
    GUISE__CHECK((name & ~GUISE__URING_SECOND_ATTEMPT) < ring->request_count);
    return &ring->requests[name & ~GUISE__URING_SECOND_ATTEMPT];
}

static void path_free(struct guise__uring_request *request)
{
    if (request->path != request->short_path) {
        free(request->path);
    }
    request->path = NULL;
}

void guise__uring_request_free(guise_uring *ring, struct guise__uring_request *request)
{
    GUISE__CHECK(guise__uring_lock_is_held(ring));
    GUISE__CHECK(request->state == GUISE__URING_REQUEST_SUBMITTED);
    path_free(request);
    request->call = NULL;
    if (request->personality != NULL) {
        GUISE__CHECK(request->personality->pins != 0 && request->personality->user->requests != 0);
        request->personality->pins--;
        request->personality->user->requests--;
    }
    unused_push(ring, request);
}

void guise__uring_requests_begin(guise_uring *ring)
{
    ring->made.first = ring->again.first = ring->unused.first = GUISE__URING_NONE;
    for (uint32_t i = ring->request_count; i > 0; i--) {
        unused_push(ring, &ring->requests[i - 1]);
    }
}

void guise__uring_requests_end(guise_uring *ring)
{
    GUISE__CHECK(guise__uring_is_unshared(ring));
    for (uint32_t i = 0; i < ring->request_count; i++) {
        struct guise__uring_request *request = &ring->requests[i];

        if (request->state != GUISE__URING_REQUEST_FREE) {
            path_free(request);
            guise_call_unref(request->call);
        }
    }
}

/* ---- making one ---- */

static bool path_copy(struct guise__uring_request *request, const char *path)
{
    size_t size = strlen(path) + 1;

    request->path = size <= sizeof request->short_path ? request->short_path : malloc(size);
    if (request->path == NULL) {
        return false;
    }
    memcpy(request->path, path, size);
    return true;
}

/* Finds the client of a call; NULL for no call. The lock is held; it is released and taken again
 * while the ring registers a client. */
static guise_result client_identify(guise_uring *ring, guise_call *call,
                                    struct guise__uring_personality **personality)
{
    guise_result result;

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    *personality = NULL;
    if (call == NULL) {
        return GUISE_OK;
    }
    if (guise__call_is_completed(call)) {
        return GUISE_E_CALL_COMPLETE; /* refuses early; request_stage decides (N-01) */
    }
    while ((*personality = guise__uring_personality_find(ring, call)) == NULL) {
        guise__uring_unlock(ring);
        result = guise__uring_personality_make(ring, call);
        guise__uring_lock(ring);
        if (result != GUISE_OK) {
            return result;
        }
    }
    return GUISE_OK;
}

/* What a request is to do. Everything else is the same for all requests. */
struct wish {
    struct io_uring_sqe entry;
    const char *path; /* NULL: none */
    struct open_how how;
};

/* Flags of opens that the kernel never answers from its caches. */
#define NEVER_AT_ONCE (O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/* An open is tried from the caches first, because that needs no worker. */
static void attempt_choose(struct guise__uring_request *request)
{
    GUISE__CHECK(request->attempt == GUISE__URING_ATTEMPT_AT_ONCE);
    request->may_wait = (request->how.flags & GUISE_URING_WAIT) != 0;
    request->how.flags &= ~GUISE_URING_WAIT;
    request->is_final = (request->how.resolve & RESOLVE_CACHED) != 0;
    if (request->is_final) {
        return;
    }
    if (request->may_wait || (request->how.flags & NEVER_AT_ONCE) != 0) {
        guise__uring_worker_prepare(request);
    } else {
        request->how.resolve |= RESOLVE_CACHED;
    }
}

static guise_result request_fill(struct guise__uring_request *request, const struct wish *wish)
{
    GUISE__CHECK(request->state == GUISE__URING_REQUEST_FREE && request->call == NULL);
    request->entry = wish->entry;
    request->path = request->short_path;
    request->attempt = GUISE__URING_ATTEMPT_AT_ONCE;
    request->is_final = true;
    request->refusal = GUISE_OK;
    request->canceled = request->has_worker = request->owes_blocking = false;
    if (wish->path == NULL) {
        return GUISE_OK;
    }
    if (!path_copy(request, wish->path)) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    request->how = wish->how;
    request->entry.addr = (uint64_t)(uintptr_t)request->path;
    request->entry.addr2 = (uint64_t)(uintptr_t)&request->how;
    attempt_choose(request);
    return GUISE_OK;
}

/* Binds the request to its client. The reference to the call keeps the context, and the pin keeps
 * the number of the personality. */
static void request_bind(guise_uring *ring, struct guise__uring_request *request, guise_call *call,
                         struct guise__uring_personality *personality)
{
    GUISE__CHECK((call == NULL) == (personality == NULL));
    request->call = guise_call_ref(call);
    request->personality = personality;
    if (personality != NULL) {
        personality->pins++;
        personality->user->requests++;
    }
    request->entry.personality = personality == NULL ? ring->self : personality->number;
}

static guise_result request_make_locked(guise_uring *ring, guise_call *call,
                                        const struct wish *wish, void *tag)
{
    struct guise__uring_request *request;
    struct guise__uring_personality *personality;
    guise_result result = client_identify(ring, call, &personality);

    GUISE__CHECK(guise__uring_lock_is_held(ring));
    if (result != GUISE_OK) {
        return result;
    }
    if (personality != NULL && guise__uring_user_is_full(ring, personality->user)) {
        return GUISE_E_OUT_OF_RESOURCES; /* One client's requests leave room for others (U-01). */
    }
    request = unused_pop(ring);
    if (request == NULL) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    result = request_fill(request, wish);
    if (result != GUISE_OK) {
        unused_push(ring, request);
        return result;
    }
    request_bind(ring, request, call, personality);
    request->tag = tag;
    guise__uring_queue_append(ring, &ring->made, request, GUISE__URING_REQUEST_MADE);
    GUISE__CHECK(guise__uring_request_is_valid(ring, request));
    return GUISE_OK;
}

static guise_result request_make(guise_uring *ring, guise_call *call, const struct wish *wish,
                                 void *tag)
{
    int saved_errno = errno;
    guise_result result;

    if (!guise__uring_is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    guise__uring_lock(ring);
    result = request_make_locked(ring, call, wish, tag);
    GUISE__CHECK(guise__uring_is_valid(ring));
    guise__uring_unlock(ring);
    errno = saved_errno;
    return result;
}

guise_result guise_uring_openat(guise_uring *ring, guise_call *call, int directory,
                                const char *path, const guise_uring_how *how, void *tag)
{
    struct wish wish = {.path = path};

    if (ring == NULL || path == NULL || how == NULL || !guise__struct_size_in(how, sizeof *how)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    wish.how.flags = how->flags | O_CLOEXEC;
    wish.how.mode = how->mode;
    wish.how.resolve = how->resolve;
    wish.entry.opcode = IORING_OP_OPENAT2;
    wish.entry.fd = directory;
    wish.entry.len = sizeof wish.how;
    return request_make(ring, call, &wish, tag);
}

static guise_result transfer_make(guise_uring *ring, guise_call *call, uint8_t operation, int file,
                                  const void *buffer, size_t length, uint64_t offset, void *tag)
{
    struct wish wish = {.path = NULL};

    if (ring == NULL || buffer == NULL || length > INT32_MAX) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    wish.entry.opcode = operation;
    wish.entry.fd = file;
    wish.entry.addr = (uint64_t)(uintptr_t)buffer;
    wish.entry.len = (uint32_t)length;
    wish.entry.off = offset;
    return request_make(ring, call, &wish, tag);
}

guise_result guise_uring_read(guise_uring *ring, guise_call *call, int file, void *buffer,
                              size_t length, uint64_t offset, void *tag)
{
    return transfer_make(ring, call, IORING_OP_READ, file, buffer, length, offset, tag);
}

guise_result guise_uring_write(guise_uring *ring, guise_call *call, int file, const void *buffer,
                               size_t length, uint64_t offset, void *tag)
{
    return transfer_make(ring, call, IORING_OP_WRITE, file, buffer, length, offset, tag);
}

guise_result guise_uring_close(guise_uring *ring, int file, void *tag)
{
    struct wish wish = {.path = NULL};

    if (ring == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    wish.entry.opcode = IORING_OP_CLOSE;
    wish.entry.fd = file;
    return request_make(ring, NULL, &wish, tag);
}
