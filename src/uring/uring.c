/* SPDX-License-Identifier: MIT */
/*
 * Requests: made, handed over, reported. What decides is in stage(): whoever reads one function
 * here should read that one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <guise/guise.h>

#include "com_hooks.h"
#include "internal.h"
#include "sized.h"
#include "uring_hooks.h"

enum { ENTRIES_MAX = 32768 };

static bool is_ours(const guise_uring *ring)
{
    /* Relaxed: written only by fork, in a process with one thread. */
    return !atomic_load_explicit(&ring->closed, memory_order_relaxed);
}

static void lock(guise_uring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
}

static void unlock(guise_uring *ring)
{
    (void)pthread_mutex_unlock(&ring->lock);
}

/* ---- places for requests ---- */

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

static struct guise__request *first_made(guise_uring *ring)
{
    return ring->made.first == GUISE__NONE ? NULL : &ring->requests[ring->made.first];
}

static struct guise__request *next_made(guise_uring *ring, const struct guise__request *request)
{
    return request->next == GUISE__NONE ? NULL : &ring->requests[request->next];
}

/* ---- a ring's beginning ---- */

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
    ring->made.first = ring->unused.first = GUISE__NONE;
    for (uint32_t i = count; i > 0; i--) {
        push_unused(ring, &ring->requests[i - 1]);
    }
    return ring;
}

/* In a child its lock may be one that nobody there holds. */
static void free_ring(guise_uring *ring)
{
    if (is_ours(ring)) {
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

/* ---- making requests ---- */

static void free_path(struct guise__request *request)
{
    if (request->path != request->short_path) {
        free(request->path);
    }
    request->path = NULL;
}

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
        unlock(ring);
        result = guise__persona_make(ring, call);
        lock(ring);
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

    if (!is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    lock(ring);
    result = make_locked(ring, call, wish, tag);
    unlock(ring);
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

/* ---- handing over ---- */

/*
 * The look that decides, the one of impersonation (frame.c: apply and validate) on this road: the
 * call is open at a moment after submit began, and what is staged here is handed over by this very
 * submit or taken back before the lock is let go. So nothing reaches the kernel as the client by a
 * submit that began after Signal had returned (N-01, L-1); one that overlaps it may go either way
 * (L-3). In place of what is refused the kernel gets nothing to do, as the server, so that a
 * refusal is reported and waited for like anything else.
 */
static void stage(guise_uring *ring, struct guise__request *request)
{
    struct io_uring_sqe nothing = {
        .opcode = IORING_OP_NOP, .personality = ring->self, .user_data = request->entry.user_data};

    request->refused = request->call != NULL && guise__call_is_completed(request->call);
    guise__kernel_add(&ring->kernel, request->refused ? &nothing : &request->entry);
}

static unsigned stage_all(guise_uring *ring)
{
    unsigned count = 0;

    for (struct guise__request *request = first_made(ring); request != NULL;
         request = next_made(ring, request)) {
        stage(ring, request);
        count++;
    }
    return count;
}

/* The first of those made are the kernel's now. */
static void note_submitted(guise_uring *ring, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct guise__request *request = first_made(ring);

        ring->made.first = request->next;
        request->state = GUISE__SUBMITTED;
    }
    ring->submitted += count;
}

/* Those the kernel did not take are looked at again before the next attempt. */
static guise_result submit_locked(guise_uring *ring, uint32_t *count)
{
    while (ring->made.first != GUISE__NONE) {
        unsigned taken = guise__kernel_enter(&ring->kernel, stage_all(ring));

        if (taken == 0) {
            return GUISE_E_OUT_OF_RESOURCES;
        }
        note_submitted(ring, taken);
        *count += taken;
    }
    return GUISE_OK;
}

guise_result guise_uring_submit(guise_uring *ring, uint32_t *count)
{
    uint32_t handed_over = 0;
    guise_result result;

    if (count != NULL) {
        *count = 0;
    }
    if (ring == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (!is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    lock(ring);
    result = submit_locked(ring, &handed_over);
    unlock(ring);
    if (count != NULL) {
        *count = handed_over;
    }
    return result;
}

/* ---- reporting ---- */

static void free_request(guise_uring *ring, struct guise__request *request)
{
    free_path(request);
    request->call = NULL;
    push_unused(ring, request);
}

/* Its call's reference becomes the caller's, who drops it without the lock. */
static bool report_locked(guise_uring *ring, guise_uring_done *out, guise_call **call)
{
    struct guise__request *request;
    uint64_t name;
    int32_t answer;

    if (!guise__kernel_reap(&ring->kernel, &name, &answer)) {
        return false;
    }
    request = &ring->requests[name];
    out->tag = request->tag;
    out->result = request->refused ? GUISE_E_CALL_COMPLETE : GUISE_OK;
    out->value = request->refused ? -EACCES : answer;
    *call = request->call;
    free_request(ring, request);
    ring->submitted--;
    return true;
}

/* Found nothing: the event is lowered, and raised again if something came in between and is still
 * there after this. */
static bool report_after_event(guise_uring *ring, guise_uring_done *out, guise_call **call)
{
    if (ring->event < 0 || !guise__kernel_lower(ring->event) || !report_locked(ring, out, call)) {
        return false;
    }
    guise__kernel_raise(ring->event);
    return true;
}

/* Nothing to report: GUISE_E_NO_SYNC if nothing will be, else GUISE_E_CALL_PENDING. */
static guise_result report_one(guise_uring *ring, guise_uring_done *out, guise_call **call)
{
    if (report_locked(ring, out, call) || report_after_event(ring, out, call)) {
        return GUISE_OK;
    }
    return ring->submitted == 0 ? GUISE_E_NO_SYNC : GUISE_E_CALL_PENDING;
}

enum { MS_PER_S = 1000, NS_PER_MS = 1000000 };

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_PER_S * NS_PER_MS + now.tv_nsec;
}

/* False: the time is over. */
static bool sleep_until(const guise_uring *ring, int64_t deadline)
{
    int64_t left = deadline - now_ns();
    struct __kernel_timespec time = {.tv_sec = left / (MS_PER_S * NS_PER_MS),
                                     .tv_nsec = left % (MS_PER_S * NS_PER_MS)};

    return left > 0 && guise__kernel_wait(&ring->kernel, &time);
}

/* Without the lock, which it takes again. False: the time is over. */
static bool sleep_unlocked(guise_uring *ring, uint32_t timeout_ms, int64_t deadline)
{
    bool in_time;

    unlock(ring);
    in_time = timeout_ms == GUISE_INFINITE ? guise__kernel_wait(&ring->kernel, NULL)
                                           : sleep_until(ring, deadline);
    lock(ring);
    return in_time;
}

static guise_result wait_locked(guise_uring *ring, uint32_t timeout_ms, guise_uring_done *out,
                                guise_call **call)
{
    guise_result result;
    int64_t deadline;
    bool in_time;

    if (ring->waiting) {
        return GUISE_E_UNEXPECTED; /* what one thread takes the other would wait for */
    }
    result = report_one(ring, out, call);
    if (result != GUISE_E_CALL_PENDING || timeout_ms == 0) {
        return result;
    }
    deadline = now_ns() + (int64_t)timeout_ms * NS_PER_MS;
    ring->waiting = true;
    do {
        in_time = sleep_unlocked(ring, timeout_ms, deadline);
        result = report_one(ring, out, call);
    } while (result == GUISE_E_CALL_PENDING && in_time);
    ring->waiting = false;
    return result;
}

static guise_result wait_for_one(guise_uring *ring, uint32_t timeout_ms, guise_uring_done *out)
{
    guise_call *call = NULL;
    int kept = errno;
    guise_result result;

    lock(ring);
    result = wait_locked(ring, timeout_ms, out, &call);
    unlock(ring);
    guise_call_unref(call);
    errno = kept;
    return result;
}

guise_result guise_uring_wait(guise_uring *ring, uint32_t timeout_ms, guise_uring_done *out)
{
    if (out == NULL || !guise__sized_out(out, sizeof *out) || ring == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    return is_ours(ring) ? wait_for_one(ring, timeout_ms, out) : GUISE_E_NOT_SUPPORTED;
}

/* Raised when it is made: there may be something already. -1: none to be had. */
static int event_of(guise_uring *ring)
{
    int event;

    lock(ring);
    if (ring->event < 0) {
        ring->event = guise__kernel_event(&ring->kernel);
        if (ring->event >= 0) {
            guise__kernel_raise(ring->event);
        }
    }
    event = ring->event;
    unlock(ring);
    return event;
}

guise_result guise_uring_fd(guise_uring *ring, int *out)
{
    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = -1;
    if (ring == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    if (!is_ours(ring)) {
        return GUISE_E_NOT_SUPPORTED;
    }
    *out = event_of(ring);
    return *out < 0 ? GUISE_E_OUT_OF_RESOURCES : GUISE_OK;
}

/* ---- a ring's end: nobody else has it, and no context will look for it ---- */

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
    if (is_ours(ring)) {
        end_kernel(ring);
    }
    for (uint32_t i = 0; i < ring->request_count; i++) {
        struct guise__request *request = &ring->requests[i];

        if (request->state != GUISE__FREE) {
            free_path(request);
            guise_call_unref(request->call);
        }
    }
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
