/* SPDX-License-Identifier: MIT */
/* The one thing about peers that differs between systems: how to ask. */
#ifndef GUISE_PEERCRED_H
#define GUISE_PEERCRED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <guise/result.h>

struct guise__peer {
    uid_t uid;
    gid_t gid;
    bool knows_groups; /* else the list below is empty because nobody told */
    gid_t *groups;     /* guise__alloc; NULL if none */
    size_t group_count;
};

/* Fills *out from a connected socket, or leaves nothing to free and says why not. */
guise_result guise__peer_ask(int socket, struct guise__peer *out);

/* Is this local address a name? Only a listener that has one hands it on to what it accepts. */
bool guise__peer_is_name(const struct sockaddr_un *address, socklen_t length);

#endif
