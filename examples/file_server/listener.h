/* SPDX-License-Identifier: MIT */
/*
 * The socket that clients connect to, and its name in the file system.
 *
 * A name that a dead server has left behind is taken over; the name of a server that lives never is,
 * and neither is anything that is no socket. In the end the name is removed only if it still stands
 * for this server's socket: another server may have it by then.
 */
#ifndef FILE_SERVER_LISTENER_H
#define FILE_SERVER_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct listener {
    int socket; /* listening, non-blocking; -1 once closed */
    struct sockaddr_un address;
    dev_t device; /* of the name's inode */
    ino_t inode;
};

/* Any user may connect: the kernel is asked for the client's identity. false: errno, and the socket
 * is -1. The name is looked up again by listener_close, so a relative one needs the same working
 * directory. */
bool listener_open(struct listener *listener, const char *path, unsigned backlog);

/* The name goes first: while the socket is open, its inode number is given to no other file. */
void listener_close(struct listener *listener);

#endif
