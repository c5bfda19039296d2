/* SPDX-License-Identifier: MIT */
/*
 * The server around the requests: an event loop that accepts, receives and opens; workers that
 * read and answer; SIGTERM or SIGINT to finish what is under way and return.
 *
 * The credentials of its process belong to Guise from server_create on: nothing here or in a
 * library it uses may call setuid() and its relatives.
 */
#ifndef FILE_SERVER_SERVER_H
#define FILE_SERVER_SERVER_H

#include <stdbool.h>

#include "request.h"
#include "tally.h"

#define CONNECTION_LIMIT 32u

struct server;

struct server_options {
    int listener;  /* bound, listening, non-blocking; the server closes it */
    int directory; /* what is served; borrowed */
    bool enforced; /* the provider in use has the kernel decide */
    struct ring *ring; /* borrowed; NULL: none */
    watch_fn *watch;
    void *watch_arg;
};

struct server_report {
    struct counts counts;
    int descriptors_before; /* open before the server was made and after it was destroyed */
    int descriptors_after;
};

/* Makes everything, starts the workers and blocks SIGTERM and SIGINT in this thread, which must be
 * the process's only one. NULL: could not, and said why on standard error. */
struct server *server_create(const struct server_options *options);

/* Serves until SIGTERM or SIGINT, then until every request under way is answered. */
void server_run(struct server *server);

void server_destroy(struct server *server, struct server_report *report);

/* Did everything that was made go away again? */
bool server_report_clean(const struct server_report *report);

/* A listening socket that anybody may connect to: who they are is asked of the kernel. -1: errno. */
int server_listen(const char *path);

#endif
