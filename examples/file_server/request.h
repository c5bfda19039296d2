/* SPDX-License-Identifier: MIT */
/*
 * One request of one client, from its arrival to its answer. This is the part of the server that
 * acts as its clients; read request.c first.
 */
#ifndef FILE_SERVER_REQUEST_H
#define FILE_SERVER_REQUEST_H

#include "connection.h"
#include "protocol.h"
#include "queue.h"
#include "ring.h"

/* The stages of a request. The watch function is called at each, on the thread that serves the request.
 * The two about impersonation are left out if the client does not allow it, and with a ring, because
 * then no thread becomes the client. */
enum moment {
    MOMENT_BEGUN,         /* Begin_ runs, on the event loop's thread, as the server */
    MOMENT_CONTINUED,     /* a worker has the request, in a frame of the same call */
    MOMENT_IMPERSONATING, /* the worker is the client */
    MOMENT_REVERTED,      /* and itself again */
    MOMENT_SIGNALED,      /* answered and signalled; the worker's frame still runs */
    MOMENT_DRAINING       /* no request: the server takes no new ones any more */
};

/* For demonstrations and tests: called at each stage of each request. */
typedef void watch_fn(void *arg, enum moment moment, const struct request_text *request);

/* What every request of a server needs. */
struct service {
    int directory; /* what is served; names are relative to it */
    bool enforced; /* the kernel decides what a client may open; else the server checks the modes */
    watch_fn *watch;
    void *watch_arg;
    struct queue work;
};

/* Makes the call of a request that has arrived and runs its Begin_. The client gets an answer in any
 * case. Never waits for a file. */
void request_start(struct service *service, struct connection *connection,
                   const struct request_text *text);

/* Serves the request on a worker, which opens the file through its ring or, if ring is NULL, as the
 * client. Frees the request. */
void request_continue(struct request *request, struct ring *ring);

#endif
