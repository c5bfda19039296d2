/* SPDX-License-Identifier: MIT */
/*
 * The life of a call: a request arrives, the kernel says which user sent it, GuiseDispatchCall serves
 * it, and reply() sends the answer, on the thread that signals. Clients are served one after the
 * other; ../file_server has an event loop.
 */
#define _GNU_SOURCE
#include "transport.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <guise/guise.h>

#include <guisecom.h>

#include "stub.h"

#define BACKLOG 16
#define PATIENCE_S 10 /* with a client that does not send or does not read */

static bool make_address(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(address->sun_path, path, strlen(path) + 1);
    return true;
}

static bool be_patient(int fd)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};

    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0;
}

/* ---- the server's end ------------------------------------------------------------------------ */

struct request {
    int socket;
    struct wire_request wire;
    struct read_args args;
};

/* For what fails only if this program is wrong. */
static void must(guise_result result)
{
    if (result >= 0) {
        return;
    }
    fprintf(stderr, "com_server: %s where nothing can fail\n", guise_result_name(result));
    abort();
}

static void request_free(struct request *request)
{
    CoTaskMemFree(request->args.bytes);
    close(request->socket);
    free(request);
}

/* The call has completed. Runs once, as the server itself. */
static void reply(guise_call *call, guise_result result, void *arg)
{
    struct request *request = arg;
    struct wire_reply header = {result, FAILED(result) ? 0 : request->args.got};
    struct iovec parts[] = {{&header, sizeof header}, {request->args.bytes, header.got}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    (void)call;
    if (sendmsg(request->socket, &message, MSG_NOSIGNAL) < 0) {
        perror("com_server: a client did not wait for its answer");
    }
    request_free(request);
}

/* NULL: nothing came, or no request. The socket is the request's. */
static struct request *receive(int socket)
{
    struct request *request = calloc(1, sizeof *request);
    struct wire_request *wire;

    if (request == NULL) {
        close(socket);
        return NULL;
    }
    request->socket = socket;
    wire = &request->wire;
    if (!be_patient(socket) ||
        recv(socket, wire, sizeof *wire, MSG_TRUNC) != (ssize_t)sizeof *wire ||
        wire->name[WIRE_NAME - 1] != 0) {
        request_free(request);
        return NULL;
    }
    request->args = (struct read_args){wire->name, wire->offset, wire->size, 0, NULL};
    return request;
}

/* The kernel says which user the client is; the client says how far it may be impersonated. */
static guise_result make_call(struct request *request, guise_call **call)
{
    guise_context *client = NULL;
    guise_result result;

    *call = NULL;
    result = guise_context_from_peer(request->socket, (guise_level)request->wire.level, &client);
    if (result == GUISE_OK) {
        result = guise_call_create(client, call);
    }
    guise_context_unref(client); /* the call has its own reference */
    return result;
}

/* After guise_call_on_complete the request is reply()'s: it may be gone as soon as the call has
 * completed. */
static void serve(IUnknown *server, struct request *request)
{
    guise_call *call;
    guise_result result = make_call(request, &call);

    if (result < 0) {
        fprintf(stderr, "com_server: a client is not let in: %s\n", guise_result_name(result));
        request_free(request);
        return;
    }
    must(guise_call_on_complete(call, reply, request));
    result = GuiseDispatchCall(call, server, &read_method, &request->args);
    if (result < 0) {
        must(guise_call_complete(call, result)); /* only has an effect if nothing ran */
    }
    guise_call_unref(call); /* the server has one for as long as it works */
}

static void accept_one(int listener, IUnknown *server)
{
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct request *request = socket >= 0 ? receive(socket) : NULL;

    if (request != NULL) {
        serve(server, request);
    }
}

bool transport_run(int listener, int stop, IUnknown *server)
{
    struct pollfd fds[] = {{.fd = listener, .events = POLLIN}, {.fd = stop, .events = POLLIN}};

    for (;;) {
        if (poll(fds, 2, -1) < 0) {
            if (errno == EINTR) {
                continue;
            }
            return false;
        }
        if (fds[1].revents != 0) {
            return true;
        }
        if (fds[0].revents != 0) {
            accept_one(listener, server);
        }
    }
}

static int bind_to(int fd, const struct sockaddr_un *address)
{
    mode_t mask = umask(0111); /* connecting takes write permission */
    int result = bind(fd, (const struct sockaddr *)address, sizeof *address);

    umask(mask);
    return result;
}

int transport_listen(const char *path)
{
    struct sockaddr_un address;
    int fd = make_address(&address, path) ? socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) : -1;
    int error;

    if (fd < 0 || (bind_to(fd, &address) == 0 && listen(fd, BACKLOG) == 0)) {
        return fd;
    }
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* ---- the client's end ------------------------------------------------------------------------ */

static bool send_request(int fd, guise_level level, LPCWSTR name)
{
    struct wire_request wire = {.level = level, .size = UINT32_MAX};

    for (size_t i = 0; name[i] != 0; i++) {
        if (i + 1 == WIRE_NAME) {
            return false;
        }
        wire.name[i] = name[i];
    }
    return send(fd, &wire, sizeof wire, MSG_NOSIGNAL) == (ssize_t)sizeof wire;
}

static bool receive_reply(int fd, HRESULT *result, char *bytes, size_t room, size_t *got)
{
    struct wire_reply header;
    struct iovec parts[] = {{&header, sizeof header}, {bytes, room}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t size = recvmsg(fd, &message, 0);

    if (size < (ssize_t)sizeof header) {
        return false;
    }
    *result = header.result;
    *got = (size_t)size - sizeof header;
    return *got == header.got;
}

bool transport_read(const char *path, guise_level level, LPCWSTR name, HRESULT *result, char *bytes,
                    size_t room, size_t *got)
{
    struct sockaddr_un address;
    int fd = make_address(&address, path) ? socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) : -1;
    bool answered;

    if (fd < 0) {
        return false;
    }
    answered = be_patient(fd) &&
               connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
               send_request(fd, level, name) && receive_reply(fd, result, bytes, room, got);
    close(fd);
    return answered;
}
