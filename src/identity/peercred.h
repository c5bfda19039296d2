/* SPDX-License-Identifier: MIT */
/* How to ask the kernel for a socket's peer; the one part of that which differs between systems. */
#ifndef GUISE_SRC_IDENTITY_PEERCRED_H
#define GUISE_SRC_IDENTITY_PEERCRED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <guise/result.h>

struct guise__peer {
    uid_t uid;
    gid_t gid;
    bool knows_groups; /* else the list is empty because the system does not tell it */
    gid_t *groups;     /* guise__alloc; NULL if none */
    size_t group_count;
};

/* Fills *out from a connected socket. On failure there is nothing to free. */
guise_result guise__peer_ask(int socket, struct guise__peer *out);

/* Is this local address a name? An accepted socket has the name of its listener. */
bool guise__peer_is_name(const struct sockaddr_un *address, socklen_t length);

#endif
