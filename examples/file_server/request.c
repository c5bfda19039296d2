/* SPDX-License-Identifier: MIT */
/*
 * The life of a request:
 *
 *   event loop   the call is made and Begin_ runs in a frame: it hands over to a worker. It opens
 *                nothing, because an open may take long (a lease, a virus scanner, a file server on
 *                the network), and while the event loop waits, all clients wait.
 *   worker       the call goes on in a frame of its own: become the client, open, be the server
 *                again, look at what is open, read, Signal. From then on no thread can become this
 *                client through this call.
 *   reply()      the answer. Runs once, as the server itself, on the thread that completes the call.
 *
 * The request belongs to one thread at a time: the event loop until it is in the queue, then the
 * worker that takes it out.
 */
#define _GNU_SOURCE
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <guise/guise.h>

#define CHUNK 4096u /* read at a time; between chunks the client may turn out to be gone */

struct request {
    struct waiting waiting; /* first, and the queue's */
    struct service *service;
    struct connection *connection; /* a reference */
    guise_call *call;              /* a reference */
    struct ring *ring;             /* the worker's; NULL: none */
    struct request_text text;
    int file; /* -1: none */
    uint64_t file_size;
    enum status status; /* of the answer */
    enum decider by;
    struct packet *data; /* the answer's, once there is some */
};

/* Ends the process, because the call fails only if this program is wrong (a NULL, a step in the wrong
 * order) and a server that went on might act for the wrong client. */
static void must(guise_result result)
{
    if (result >= 0) {
        return;
    }
    fprintf(stderr, "file_server: %s where nothing can fail\n", guise_result_name(result));
    abort();
}

static void watch(const struct request *r, enum moment moment)
{
    if (r->service->watch != NULL) {
        r->service->watch(r->service->watch_arg, moment, &r->text);
    }
}

/* Notes the answer, which reply() sends; returns the result of the continuation. */
static guise_result refuse(struct request *r, enum status status, enum decider by)
{
    r->status = status;
    r->by = by;
    return GUISE_E_ACCESS_DENIED;
}

static const guise_token *client_of(const struct request *r)
{
    return guise_context_token(r->connection->client);
}

/* ---- in place of the kernel ---- */

/*
 * Below a directory that was opened once, one plain name, no links. O_NONBLOCK because opening a
 * pipe would wait for its other end.
 */
#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* What the kernel would say, in its order, if it were asked as the client. 0, or an errno. */
static int check(const struct request *r, int place)
{
    struct stat file;

    if (fstat(place, &file) != 0) {
        return errno;
    }
    if (S_ISLNK(file.st_mode)) {
        return ELOOP;
    }
    if (guise_token_check_access(client_of(r), &file, R_OK) < 0) {
        return EACCES;
    }
    return S_ISREG(file.st_mode) ? 0 : ENXIO;
}

static bool may_search(const struct request *r)
{
    struct stat directory;

    return fstat(r->service->directory, &directory) == 0 &&
           guise_token_check_access(client_of(r), &directory, X_OK) == GUISE_OK;
}

/* Opens what a place stands for, never a path that is looked up a second time. */
static int open_place(int place)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", place);
    return open(path, OPEN_FLAGS & ~O_NOFOLLOW);
}

/*
 * Where the kernel cannot be asked as the client, the server opens the file as itself, so it first
 * looks at the modes itself. The directory's come before the name is looked up: a client that may
 * not search the directory must not learn by guessing which names there are. The file's come before
 * it is opened: opening a pipe or a device has effects. -1: errno.
 */
static int open_checked(const struct request *r)
{
    int place = -1, file = -1;
    int error = EACCES;

    if (may_search(r)) {
        place = openat(r->service->directory, r->text.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        error = place >= 0 ? check(r, place) : errno;
    }
    if (error == 0) {
        file = open_place(place);
        error = file < 0 ? errno : 0;
    }
    if (place >= 0) {
        close(place);
    }
    errno = error;
    return file;
}

/* ---- as the client ---- */

/*
 * The one thing done as the client. Nothing else belongs between impersonating and reverting. *error
 * is what the kernel said, or 0; what is returned says whether it was asked.
 *
 * A client that lets the server know its identity has not let the server act as it: below that level
 * the thread would get a powerless identity, and what that may read says nothing about this client.
 *
 * Reading goes on as the server: what a read may, was decided by the open. A server that writes must
 * do that here, before it reverts. The kernel takes the set-user-ID bit off a file that is written,
 * but not where the writer has CAP_FSETID, as root does: the bytes would be the client's, and the
 * program that they make up would run as the file's owner.
 */
static guise_result open_as_client(struct request *r, int *error)
{
    guise_result result = guise_impersonate_client_at_least(GUISE_LEVEL_IMPERSONATE);

    if (result < 0) {
        return result;
    }
    watch(r, MOMENT_IMPERSONATING);
    r->file = r->service->enforced ? openat(r->service->directory, r->text.name, OPEN_FLAGS)
                                   : open_checked(r);
    *error = r->file < 0 ? errno : 0;
    must(guise_revert_to_self());
    watch(r, MOMENT_REVERTED);
    return GUISE_OK;
}

/* The same without impersonation: the ring is told once about the client, and refuses a client that
 * may not be impersonated. */
static guise_result open_by_ring(struct request *r, int *error)
{
    return ring_open(r->ring, r->call, r->service->directory, r->text.name, OPEN_FLAGS, &r->file,
                     error);
}

static guise_result open_file(struct request *r, int *error)
{
    return r->ring != NULL ? open_by_ring(r, error) : open_as_client(r, error);
}

static enum status status_of(int error)
{
    switch (error) {
    case 0:
        return STATUS_OK;
    case EACCES:
    case EPERM:
        return STATUS_REFUSED;
    case ENOENT:
        return STATUS_NOT_FOUND;
    case ELOOP: /* O_NOFOLLOW and a link */
    case ENXIO: /* a socket */
        return STATUS_NOT_A_FILE;
    case EAGAIN: /* O_NONBLOCK and a lease that its holder has to give up first */
        return STATUS_BUSY;
    default:
        return STATUS_FAILED;
    }
}

/* ---- as the server ---- */

/* The file is open because the client may read it. Is it one that is served? */
static guise_result examine(struct request *r)
{
    struct stat file;

    if (fstat(r->file, &file) != 0) {
        return refuse(r, STATUS_FAILED, BY_SERVER);
    }
    if (!S_ISREG(file.st_mode)) {
        return refuse(r, STATUS_NOT_A_FILE, BY_SERVER);
    }
    r->file_size = (uint64_t)file.st_size;
    r->status = STATUS_OK;
    return GUISE_OK;
}

/* After a failure the request is refused, never carried on as the server. */
static guise_result open_and_examine(struct request *r)
{
    int error = 0;

    if (open_file(r, &error) < 0) {
        return refuse(r, STATUS_REFUSED, BY_SERVER);
    }
    r->by = r->service->enforced ? BY_KERNEL : BY_CHECK;
    return error != 0 ? refuse(r, status_of(error), r->by) : examine(r);
}

/* Reads up to a packet full, a chunk at a time. 0 at the end of the file, also if it has shrunk. */
static int read_data(struct request *r, uint32_t wanted)
{
    uint32_t *length = &r->data->header.length;

    while (*length < wanted && !connection_is_closed(r->connection)) {
        size_t size = wanted - *length < CHUNK ? wanted - *length : CHUNK;
        ssize_t got =
            pread(r->file, r->data->data + *length, size, (off_t)(r->text.offset + *length));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? errno : 0;
        }
        *length += (uint32_t)got;
    }
    return 0;
}

static guise_result read_file(struct request *r)
{
    uint64_t left = r->file_size > r->text.offset ? r->file_size - r->text.offset : 0;
    uint32_t wanted = left < DATA_LIMIT ? (uint32_t)left : DATA_LIMIT;

    r->data = packet_create(r->text.id, r->status, r->by, wanted);
    if (r->data == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    r->data->header.length = 0;
    r->data->header.file_size = r->file_size;
    return read_data(r, wanted) == 0 ? GUISE_OK : GUISE_E_UNEXPECTED;
}

static guise_result open_and_read(struct request *r)
{
    guise_result result;

    if (connection_is_closed(r->connection)) {
        return GUISE_E_DISCONNECTED; /* there is no client to answer any more */
    }
    result = open_and_examine(r);
    return result < 0 ? result : read_file(r);
}

/* ---- the call ---- */

/* Begin_, on the event loop's thread. From the push on, the request is the worker's. */
static guise_result begin_read(guise_call *call, void *arg)
{
    struct request *r = arg;

    (void)call;
    watch(r, MOMENT_BEGUN);
    queue_push(&r->service->work, &r->connection->lane, r);
    return GUISE_OK;
}

/* The continuation, on a worker: in a frame of the call, so it can become the client, until... */
static guise_result continue_read(guise_call *call, void *arg)
{
    struct request *r = arg;
    guise_result result;

    watch(r, MOMENT_CONTINUED);
    result = open_and_read(r);
    if (result < 0) {
        must(guise_call_complete(call, result));
    } else {
        must(guise_call_signal(call)); /* ...here. The answer is out, too: reply() has run. */
    }
    watch(r, MOMENT_SIGNALED);
    return result;
}

/* The call has completed: the client gets its answer, from the server as itself. */
static void reply(guise_call *call, guise_result result, void *arg)
{
    struct request *r = arg;
    struct packet *packet = r->data;

    (void)call;
    r->data = NULL;
    if (result < 0) {
        free(packet);
        packet =
            packet_create(r->text.id, r->status == STATUS_OK ? STATUS_FAILED : r->status, r->by, 0);
    }
    connection_answer(r->connection, packet);
}

/* ---- its life ---- */

static void request_free(struct request *r)
{
    guise_call_unref(r->call);
    if (r->file >= 0) {
        close(r->file);
    }
    connection_unref(r->connection);
    free(r->data);
    free(r);
}

/* NULL: no memory. The call is open and will answer through reply(). */
static struct request *request_create(struct service *service, struct connection *connection,
                                      const struct request_text *text)
{
    struct request *r = calloc(1, sizeof *r);

    if (r == NULL) {
        return NULL;
    }
    *r = (struct request){.service = service, .text = *text, .file = -1, .status = STATUS_FAILED};
    r->connection = connection_ref(connection);
    if (guise_call_create(connection->client, &r->call) < 0) {
        request_free(r);
        return NULL;
    }
    must(guise_call_on_complete(r->call, reply, r));
    return r;
}

void request_start(struct service *service, struct connection *connection,
                   const struct request_text *text)
{
    struct request *r = request_create(service, connection, text);
    guise_result result;

    if (r == NULL) {
        connection_answer(connection, packet_create(text->id, STATUS_FAILED, BY_SERVER, 0));
        return;
    }
    result = guise_call_dispatch(r->call, begin_read, r);
    if (result >= 0) {
        return; /* a worker has it, and may be done with it */
    }
    must(
        guise_call_complete(r->call, result)); /* only has an effect if Begin_ did not run at all */
    request_free(r);
}

void request_continue(struct request *r, struct ring *ring)
{
    guise_result result;

    r->ring = ring;
    result = guise_call_run(r->call, continue_read, r);
    if (result < 0) { /* likewise: the client gets an answer even if there was no frame to be had */
        must(guise_call_complete(r->call, result));
    }
    queue_done(&r->service->work, r->waiting.lane);
    request_free(r);
}
