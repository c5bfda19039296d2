/* SPDX-License-Identifier: MIT */
/*
 * The life of a request:
 *
 *   event loop   call is made, Begin_ runs in a frame: become the client, open, be yourself again,
 *                check, hand over to a worker. A Begin_ that fails completes the call with its
 *                result, so a refusal is answered as soon as it returns.
 *   worker       the call goes on in a frame of its own: read, then Signal. Nobody can become this
 *                client through this call any more.
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
    struct service *service;
    struct connection *connection; /* a reference */
    guise_call *call;              /* a reference */
    struct request_text text;
    int file; /* -1: none */
    uint64_t file_size;
    enum status status; /* of the answer, and who decided it */
    enum decider by;
    struct packet *data; /* the answer's, once there is some */
};

/* For what fails only if this program is wrong: a NULL, a step in the wrong order. A server that
 * went on after that would not know on whose behalf. */
static void must(guise_result result)
{
    if (result >= 0)
        return;
    fprintf(stderr, "file_server: %s where nothing can fail\n", guise_result_name(result));
    abort();
}

static void watch(const struct request *r, enum moment moment)
{
    if (r->service->watch != NULL)
        r->service->watch(r->service->watch_arg, moment, &r->text);
}

/* What Begin_ returns when it comes to nothing; reply() sends what is noted here. */
static guise_result refuse(struct request *r, enum status status, enum decider by)
{
    r->status = status;
    r->by = by;
    return status == STATUS_BUSY ? GUISE_E_OUT_OF_RESOURCES : GUISE_E_ACCESS_DENIED;
}

/* ---- as the client ---- */

/*
 * Below a directory that was opened once, one plain name, no links. O_NONBLOCK because opening a
 * pipe would wait for its other end.
 */
#define OPEN_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/*
 * The one thing done as the client. Nothing else belongs between impersonating and reverting. *error
 * is what the kernel said, or 0; what is returned says whether it was asked.
 */
static guise_result open_as_client(struct request *r, int *error)
{
    guise_result result = guise_impersonate_client();

    if (result < 0)
        return result;
    watch(r, MOMENT_IMPERSONATING);
    r->file = openat(r->service->directory, r->text.name, OPEN_FLAGS);
    *error = r->file < 0 ? errno : 0;
    must(guise_revert_to_self());
    watch(r, MOMENT_REVERTED);
    return GUISE_OK;
}

/* The same without becoming anybody: the ring knows the client after its first request. */
static guise_result open_by_ring(struct request *r, int *error)
{
    return ring_open(r->service->ring, r->call, r->service->directory, r->text.name, OPEN_FLAGS,
                     &r->file, error);
}

static guise_result open_file(struct request *r, int *error)
{
    guise_result result =
        r->service->ring != NULL ? open_by_ring(r, error) : open_as_client(r, error);

    if (r->file >= 0)
        tally_up(&r->service->tally, &r->service->tally.counts.live_files);
    return result;
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
    default:
        return STATUS_FAILED;
    }
}

/* ---- as the server, about the client ---- */

/* What stands in for the kernel where it cannot be asked: the bits of the directory and of the
 * file that is open, never of a path looked up a second time. */
static guise_result check(const struct request *r, const struct stat *file)
{
    const guise_token *client = guise_context_token(r->connection->client);
    struct stat directory;

    if (fstat(r->service->directory, &directory) != 0)
        return GUISE_E_ACCESS_DENIED;
    guise_result result = guise_token_check_access(client, &directory, X_OK);
    return result < 0 ? result : guise_token_check_access(client, file, R_OK);
}

/*
 * The file is open. May this client have it? With a provider that enforces, the kernel has said so
 * already, but about the client only if the client allowed itself to be impersonated: below that
 * level the open was done as nobody at all, and what anybody may read is no answer about this
 * client.
 */
static guise_result decide(struct request *r)
{
    struct stat file;

    if (fstat(r->file, &file) != 0)
        return refuse(r, STATUS_FAILED, BY_SERVER);
    if (!S_ISREG(file.st_mode))
        return refuse(r, STATUS_NOT_A_FILE, BY_SERVER);
    if (guise_token_level(guise_context_token(r->connection->client)) < GUISE_LEVEL_IMPERSONATE)
        return refuse(r, STATUS_REFUSED, BY_CHECK);
    if (!r->service->enforced && check(r, &file) < 0)
        return refuse(r, STATUS_REFUSED, BY_CHECK);
    r->file_size = (uint64_t)file.st_size;
    r->status = STATUS_OK;
    r->by = r->service->enforced ? BY_KERNEL : BY_CHECK;
    return GUISE_OK;
}

/* Begin_. Whatever goes wrong, the request is refused and never carried on as the server. */
static guise_result begin_read(guise_call *call, void *arg)
{
    struct request *r = arg;

    (void)call; /* the frame we are in is its own: guise_impersonate_client() knows whom to be */
    watch(r, MOMENT_BEGUN);
    int error = 0;
    if (open_file(r, &error) < 0)
        return refuse(r, STATUS_REFUSED, BY_SERVER);
    if (error != 0)
        return refuse(r, status_of(error), BY_KERNEL);
    guise_result result = decide(r);
    if (result < 0)
        return result;
    if (!queue_push(&r->service->work, r))
        return refuse(r, STATUS_BUSY, BY_SERVER);
    return GUISE_OK; /* and hands off: the request is the worker's now */
}

/* ---- on a worker ---- */

/* Reads up to a packet full, a chunk at a time. 0 at the end of the file, also if it has shrunk. */
static int read_data(struct request *r, uint32_t wanted)
{
    uint32_t *length = &r->data->header.length;

    while (*length < wanted && !connection_is_closed(r->connection)) {
        size_t size = wanted - *length < CHUNK ? wanted - *length : CHUNK;
        ssize_t got =
            pread(r->file, r->data->data + *length, size, (off_t)(r->text.offset + *length));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : 0;
        *length += (uint32_t)got;
    }
    return 0;
}

static guise_result read_file(struct request *r)
{
    uint64_t left = r->file_size > r->text.offset ? r->file_size - r->text.offset : 0;
    uint32_t wanted = left < DATA_LIMIT ? (uint32_t)left : DATA_LIMIT;

    if (connection_is_closed(r->connection))
        return GUISE_E_DISCONNECTED; /* nobody wants to know any more */
    r->data = packet_create(r->text.id, r->status, r->by, wanted);
    if (r->data == NULL)
        return GUISE_E_OUT_OF_MEMORY;
    r->data->header.length = 0;
    r->data->header.file_size = r->file_size;
    return read_data(r, wanted) == 0 ? GUISE_OK : GUISE_E_UNEXPECTED;
}

/* The continuation: in a frame of the call, so it could still become the client here, until... */
static guise_result continue_read(guise_call *call, void *arg)
{
    struct request *r = arg;

    watch(r, MOMENT_CONTINUED);
    guise_result result = read_file(r);
    if (result < 0)
        must(guise_call_complete(call, result));
    else
        must(guise_call_signal(call)); /* ...here. The answer is out, too: reply() has run. */
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
    struct tally *tally = &r->service->tally;

    if (r->call != NULL)
        tally_down(tally, &tally->counts.live_calls);
    guise_call_unref(r->call);
    if (r->file >= 0) {
        close(r->file);
        tally_down(tally, &tally->counts.live_files);
    }
    connection_unref(r->connection);
    free(r->data);
    free(r);
    tally_down(tally, &tally->counts.live_requests);
}

/* NULL: no memory. The call is open and will answer through reply(). */
static struct request *request_create(struct service *service, struct connection *connection,
                                      const struct request_text *text)
{
    struct request *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    *r = (struct request){.service = service, .text = *text, .file = -1, .status = STATUS_FAILED};
    r->connection = connection_ref(connection);
    tally_up(&service->tally, &service->tally.counts.live_requests);
    if (guise_call_create(connection->client, &r->call) < 0) {
        request_free(r);
        return NULL;
    }
    tally_up(&service->tally, &service->tally.counts.live_calls);
    must(guise_call_on_complete(r->call, reply, r));
    return r;
}

void request_start(struct service *service, struct connection *connection,
                   const struct request_text *text)
{
    struct request *r = request_create(service, connection, text);

    if (r == NULL) {
        connection_answer(connection, packet_create(text->id, STATUS_FAILED, BY_SERVER, 0));
        return;
    }
    tally_up(&service->tally, &service->tally.counts.requests);
    guise_result result = guise_call_dispatch(r->call, begin_read, r);
    if (result >= 0)
        return; /* a worker has it, and may be done with it */
    must(
        guise_call_complete(r->call, result)); /* only has an effect if Begin_ did not run at all */
    request_free(r);
}

void request_continue(struct request *r)
{
    guise_result result = guise_call_run(r->call, continue_read, r);

    if (result < 0) /* likewise: the client gets an answer even if there was no frame to be had */
        must(guise_call_complete(r->call, result));
    request_free(r);
}
