/* SPDX-License-Identifier: MIT */
/* An AF_UNIX connection of this process with itself. */
#ifndef GUISE_TEST_CONNECTION_H
#define GUISE_TEST_CONNECTION_H

#include <stdbool.h>

#include <guise/export.h>

GUISE_BEGIN_DECLS

struct connection {
    int listener, client, accepted; /* -1: none */
};

/* A listener with a name in the file system that is gone when this returns, a client connected to it,
 * and what the listener accepted. type is SOCK_STREAM or SOCK_SEQPACKET. False: nothing is open. */
bool connection_open(struct connection *connection, int type);
void connection_close(struct connection *connection);

GUISE_END_DECLS

#endif
