/* SPDX-License-Identifier: MIT */
/* macOS and the BSDs tell uid and gid, but no complete list of groups, so a peer is only identified. */
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE
#elif !defined(__FreeBSD__) && !defined(__NetBSD__) && !defined(__OpenBSD__)
#define _DEFAULT_SOURCE
#endif
#include <string.h>
#include <unistd.h>

#include "identity/peercred.h"

#ifdef __linux__
/* libc has none; a test of this file brings its own. */
int getpeereid(int socket, uid_t *uid, gid_t *gid);
#endif

bool guise__peer_is_name(const struct sockaddr_un *address, socklen_t length)
{
    return length > offsetof(struct sockaddr_un, sun_path) && address->sun_path[0] != '\0';
}

guise_result guise__peer_ask(int socket, struct guise__peer *out)
{
    memset(out, 0, sizeof *out);
    return getpeereid(socket, &out->uid, &out->gid) == 0 ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}
