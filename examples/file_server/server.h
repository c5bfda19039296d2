/* SPDX-License-Identifier: MIT */
/*
 * The server around the requests: an event loop that accepts and receives, and never waits for a
 * client or for a file; workers that open, read and answer, one for each connection that there may
 * be; SIGTERM or SIGINT to finish what is under way and return.
 *
 * The credentials of its process belong to Guise from server_create on: nothing here or in a
 * library it uses may call setuid() and its relatives.
 */
#ifndef FILE_SERVER_SERVER_H
#define FILE_SERVER_SERVER_H

#include <stdbool.h>

#include "listener.h"
#include "request.h"
#include "users.h"

struct server;

struct server_options {
    struct listener *listener; /* borrowed; the server closes it */
    int directory;             /* what is served; borrowed */
    bool enforced;             /* the provider in use has the kernel decide */
    bool uring;                /* each worker opens through an io_uring of its own */
    struct limits limits;
    watch_fn *watch;
    void *watch_arg;
};

/* Makes everything, starts the workers and blocks SIGTERM and SIGINT in this thread, which must be
 * the process's only one. NULL: could not, and said why on standard error. */
struct server *server_create(const struct server_options *options);

/* Serves until SIGTERM or SIGINT, then until every request under way is answered. */
void server_run(struct server *server);

/* Ends the workers and frees everything. false: a worker is still in a request that does not end, an
 * open for example. Then nothing is freed, because that worker uses it, and the process can only exit. */
bool server_destroy(struct server *server);

#endif
