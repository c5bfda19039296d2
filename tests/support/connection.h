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

/* Opens a listener, a client connected to it, and the accepted end. The listener's name in the file system
 * is removed before this returns. type is SOCK_STREAM or SOCK_SEQPACKET. Returns false, and leaves nothing
 * open, on failure. */
bool connection_open(struct connection *connection, int type);
void connection_close(struct connection *connection);

GUISE_END_DECLS

#endif
