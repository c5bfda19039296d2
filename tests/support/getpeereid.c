/* SPDX-License-Identifier: MIT */
/* getpeereid, a BSD function, on SO_PEERCRED; lets identity/peercred_getpeereid.c be tested on Linux. */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/types.h>

int getpeereid(int socket, uid_t *uid, gid_t *gid);

int getpeereid(int socket, uid_t *uid, gid_t *gid)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return -1;
    }
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}
