/* SPDX-License-Identifier: MIT */
/* Who is at the other end of an AF_UNIX connection, in the words of the kernel. */
#ifndef GUISE_PEER_H
#define GUISE_PEER_H

#include <guise/context.h>

GUISE_BEGIN_DECLS

/*
 * Makes a context for the peer of an accepted, connected AF_UNIX stream or sequenced-packet
 * socket. The kernel is asked once, here: the identity is the one the peer had when it connected,
 * whoever holds its end later. uid, gid and groups come together or the peer is only identified.
 *
 * Only for a descriptor that this process itself got from accept. For the connecting end the kernel
 * names the owner of the listener, for a socketpair its creator, and cannot say which it is if that
 * end was given a name: a descriptor received from somebody, or inherited, proves nothing of its
 * sender.
 *
 * granted is what the client said it allows (carry it in your handshake; a client that said
 * nothing allowed identify). The context's level is the lower of that and what the kernel proved:
 * at most IMPERSONATE, and only IDENTIFY where the system does not tell the peer's groups.
 * DEFAULT means IDENTIFY. The blanket says service KERNEL, level CONNECT.
 *
 * GUISE_E_INVALID_ARGUMENT  out is NULL; granted is unknown; socket is no descriptor or no socket.
 * GUISE_E_ACCESS_DENIED     not AF_UNIX; a datagram socket; listening; not connected; without a
 *                           name of its own, so not accepted (a connecting end, a socketpair); the
 *                           peer's ids are unknown, unmapped here, or more groups than a token
 *                           takes.
 *                           Also after a guise_use_provider that failed.
 * GUISE_E_OUT_OF_MEMORY     no memory.
 *
 * Safety: any thread, as self or not; the socket is only asked, never read, written or kept.
 * *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_context_from_peer(int socket, guise_level granted,
                                                              guise_context **out);

GUISE_END_DECLS

#endif
