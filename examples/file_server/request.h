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
#include "tally.h"

/* Where a request has got to. Each is told on the thread that is there. With a ring no thread becomes
 * the client, so those two moments do not come. */
enum moment {
    MOMENT_BEGUN,         /* Begin_ runs, on the event loop's thread, as the server */
    MOMENT_IMPERSONATING, /* the same thread is the client */
    MOMENT_REVERTED,      /* and itself again */
    MOMENT_CONTINUED,     /* a worker has the request, in a frame of the same call */
    MOMENT_SIGNALED,      /* answered and signalled; the worker's frame still runs */
    MOMENT_DRAINING       /* no request: the server takes no new ones any more */
};

/* For demonstrations and tests: sees every request go by. */
typedef void watch_fn(void *arg, enum moment moment, const struct request_text *request);

/* What every request of a server needs. */
struct service {
    int directory; /* what is served; names are relative to it */
    bool enforced; /* the kernel says what a client may open; else we must check */
    struct ring *ring; /* event loop only; files are opened through it; NULL: as the client */
    watch_fn *watch;
    void *watch_arg;
    struct queue work;
    struct tally tally;
};

/* A request has arrived: makes its call and runs its Begin_. Answers in any case. */
void request_start(struct service *service, struct connection *connection,
                   const struct request_text *text);

/* The rest of it, on a worker. The request is gone afterwards. */
void request_continue(struct request *request);

#endif
