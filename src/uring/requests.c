/* SPDX-License-Identifier: MIT */
/*
 * Requests: their places in a ring, and making them. Nothing here reaches the kernel but a client
 * whom the ring does not know yet (personas.c); what is made waits for submit.c.
 *
 * A place is free, made or submitted, in this order and round again: making a request takes it off
 * the stack of free ones and appends it to the queue of those made, submit.c takes it off that
 * queue, and wait.c gives it back.
 *
 * Locking discipline: a request is made under the ring's lock, in one go but for identify(), which
 * lets go of it while a client is made known, and looks again after that. requests_begin and
 * requests_end need no lock: nobody else has the ring.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "com_hooks.h"
#include "ring.h"
#include "base/struct_size.h"

/* ---- places ---- */

static uint32_t place_of(const guise_uring *ring, const struct guise__request *request)
{
    return (uint32_t)(request - ring->requests);
}

static void push_unused(guise_uring *ring, struct guise__request *request)
{
    request->state = GUISE__FREE;
    request->next = ring->unused.first;
    ring->unused.first = place_of(ring, request);
}

static struct guise__request *pop_unused(guise_uring *ring)
{
    struct guise__request *request;

    if (ring->unused.first == GUISE__NONE) {
        return NULL;
    }
    request = &ring->requests[ring->unused.first];
    ring->unused.first = request->next;
    return request;
}

static void append_made(guise_uring *ring, struct guise__request *request)
{
    uint32_t place = place_of(ring, request);

    request->state = GUISE__MADE;
    request->next = GUISE__NONE;
    if (ring->made.first == GUISE__NONE) {
        ring->made.first = place;
    } else {
        ring->requests[ring->made.last].next = place;
    }
    ring->made.last = place;
}

static void free_path(struct guise__request *request)
{
    if (request->path != request->short_path) {
        free(request->path);
    }
    request->path = NULL;
}

void guise__request_free(guise_uring *ring, struct guise__request *request)
{
    free_path(request);
    request->call = NULL;
    push_unused(ring, request);
}

void guise__requests_begin(guise_uring *ring)
{
    ring->made.first = ring->unused.first = GUISE__NONE;
    for (uint32_t i = ring->request_count; i > 0; i--) {
        push_unused(ring, &ring->requests[i - 1]);
    }
}

void guise__requests_end(guise_uring *ring)
{
    for (uint32_t i = 0; i < ring->request_count; i++) {
        struct guise__request *request = &ring->requests[i];

        if (request->state != GUISE__FREE) {
            free_path(request);
            guise_call_unref(request->call);
        }
    }
}

/* ---- making one ---- */

static bool copy_path(struct guise__request *request, const char *path)
{
    size_t size = strlen(path) + 1;

    request->path = size <= sizeof request->short_path ? request->short_path : malloc(size);
    if (request->path == NULL) {
        return false;
    }
    memcpy(request->path, path, size);
    return true;
}

/* Who a request is made as. With the lock; drops it meanwhile where the ring gets to know a
 * client. */
static guise_result identify(guise_uring *ring, guise_call *call, uint16_t *personality)
{
    guise_result result;

    *personality = ring->self;
    if (call == NULL) {
        return GUISE_OK;
    }
    if (guise__call_is_completed(call)) {
        return GUISE_E_CALL_COMPLETE; /* N-01, early; stage() decides */
    }
    while ((*personality = guise__persona_find(ring, call)) == 0) {
        guise__ring_unlock(ring);
        result = guise__persona_make(ring, call);
        guise__ring_lock(ring);
        if (result != GUISE_OK) {
            return result;
        }
    }
    return GUISE_OK;
}

/* What there is to do; the rest of a request is the same for all. */
struct wish {
    struct io_uring_sqe entry;
    const char *path; /* NULL: none */
    struct open_how how;
};

static guise_result fill(struct guise__request *request, const struct wish *wish)
{
    request->entry = wish->entry;
    request->path = request->short_path;
    if (wish->path == NULL) {
        return GUISE_OK;
    }
    if (!copy_path(request, wish->path)) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    request->how = wish->how;
    request->entry.addr = (uint64_t)(uintptr_t)request->path;
    request->entry.addr2 = (uint64_t)(uintptr_t)&request->how;
    return GUISE_OK;
}

static guise_result make_locked(guise_uring *ring, guise_call *call, const struct wish *wish,
                                void *tag)
{
    struct guise__request *request;
    uint16_t personality;
    guise_result result = identify(ring, call, &personality);

    if (result != GUISE_OK) {
        return result;
    }
    request = pop_unused(ring);
    if (request == NULL) {
        return GUISE_E_OUT_OF_RESOURCES;
    }
    result = fill(request, wish);
    if (result != GUISE_OK) {
        push_unused(ring, request);
        return result;
    }
    /* With the call the context stays, and with it the personality. */
    request->call = guise_call_ref(call);
    request->tag = tag;
    request->refused = false;
    request->entry.personality = personality;
    request->entry.user_data = place_of(ring, request);
    append_made(ring, request);
    return GUISE_OK;
}

static guise_result make(guise_uring *ring, guise_call *call, const struct wish *wish, void *tag)
{
    int kept = errno;
    guise_result result;

    if (!guise__ring_is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    guise__ring_lock(ring);
    result = make_locked(ring, call, wish, tag);
    guise__ring_unlock(ring);
    errno = kept;
    return result;
}

guise_result guise_uring_openat(guise_uring *ring, guise_call *call, int directory,
                                const char *path, const guise_uring_how *how, void *tag)
{
    struct wish wish = {.path = path};

    if (ring == NULL || path == NULL || how == NULL || !guise__sized_in(how, sizeof *how)) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    wish.how.flags = how->flags | O_CLOEXEC;
    wish.how.mode = how->mode;
    wish.how.resolve = how->resolve;
    wish.entry.opcode = IORING_OP_OPENAT2;
    wish.entry.fd = directory;
    wish.entry.len = sizeof wish.how;
    return make(ring, call, &wish, tag);
}

static guise_result transfer(guise_uring *ring, guise_call *call, uint8_t operation, int file,
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
    return make(ring, call, &wish, tag);
}

guise_result guise_uring_read(guise_uring *ring, guise_call *call, int file, void *buffer,
                              size_t length, uint64_t offset, void *tag)
{
    return transfer(ring, call, IORING_OP_READ, file, buffer, length, offset, tag);
}

guise_result guise_uring_write(guise_uring *ring, guise_call *call, int file, const void *buffer,
                               size_t length, uint64_t offset, void *tag)
{
    return transfer(ring, call, IORING_OP_WRITE, file, buffer, length, offset, tag);
}

guise_result guise_uring_close(guise_uring *ring, int file, void *tag)
{
    struct wish wish = {.path = NULL};

    if (ring == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    wish.entry.opcode = IORING_OP_CLOSE;
    wish.entry.fd = file;
    return make(ring, NULL, &wish, tag);
}
