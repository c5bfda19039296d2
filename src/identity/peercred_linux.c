/* SPDX-License-Identifier: MIT */
/* Linux: uid and gid by SO_PEERCRED, the groups by SO_PEERGROUPS. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "identity/peercred.h"
#include "port/port.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* As many groups as the kernel lets a process have. */
#define GROUPS_BYTES_MAX ((socklen_t)(65536 * sizeof(gid_t)))

/* By the length, because abstract names begin with a zero byte. */
bool guise__peer_is_name(const struct sockaddr_un *address, socklen_t length)
{
    (void)address;
    return length > offsetof(struct sockaddr_un, sun_path);
}

/* One attempt with a buffer of *bytes. Sets *again if the list needs more, and *bytes to what it needs: the
 * kernel then answers ERANGE. An answer of ERANGE that asks for no more counts as "not known". */
static guise_result ask_groups_once(int socket, struct guise__peer *out, socklen_t *bytes,
                                    bool *again)
{
    socklen_t offered = *bytes;
    gid_t *groups = guise__alloc((size_t)*bytes + sizeof *groups); /* never an empty block */

    if (groups == NULL) {
        return GUISE_E_OUT_OF_MEMORY;
    }
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, bytes) == 0) {
        out->groups = groups;
        out->group_count = *bytes / sizeof *groups;
        out->knows_groups = true;
        return GUISE_OK;
    }
    *again = errno == ERANGE && *bytes > offered && *bytes <= GROUPS_BYTES_MAX;
    guise__free(groups);
    /* The groups are not known, so the peer is only identified. */
    return GUISE_OK;
}

/* The list belongs to the connection and cannot grow, but its length is not known in advance. The loop ends
 * because each attempt asks for more than the one before. */
static guise_result ask_groups(int socket, struct guise__peer *out)
{
    socklen_t bytes = 64 * sizeof(gid_t);
    guise_result result;
    bool again;

    do {
        again = false;
        result = ask_groups_once(socket, out, &bytes, &again);
    } while (again);
    return result;
}

guise_result guise__peer_ask(int socket, struct guise__peer *out)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    memset(out, 0, sizeof *out);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return GUISE_E_ACCESS_DENIED;
    }
    out->uid = peer.uid;
    out->gid = peer.gid;
    return ask_groups(socket, out);
}
