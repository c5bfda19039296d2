/* SPDX-License-Identifier: MIT */
/* The identity of the peer of an AF_UNIX connection, as the kernel states it. */
#ifndef GUISE_PEER_H
#define GUISE_PEER_H

#include <guise/context.h>

GUISE_BEGIN_DECLS

/*
 * Makes a context for the peer of an accepted, connected AF_UNIX stream or sequenced-packet
 * socket. The kernel is asked once, here: the identity is the one that the peer had when it
 * connected, also if another process holds its end later. uid, gid and groups are all known, or the peer
 * is only identified.
 *
 * Only for a descriptor that this process itself got from accept. For the connecting end the kernel
 * names the owner of the listener and for a socketpair its creator, and the library cannot tell such an
 * end from an accepted one if it was given a name. So a descriptor that was received or inherited proves
 * nothing about its sender.
 *
 * granted is the level that the client says it allows (carry it in your handshake; a client that says
 * nothing allows identify). The context's level is the lower of that and what the kernel proved:
 * at most IMPERSONATE, and only IDENTIFY where the system does not tell the peer's groups.
 * DEFAULT means IDENTIFY. The blanket says service KERNEL, level CONNECT.
 *
 * GUISE_E_INVALID_ARGUMENT  out is NULL; granted is unknown; socket is no descriptor or no socket.
 * GUISE_E_ACCESS_DENIED     The socket is not AF_UNIX, is a datagram socket, listens, is not connected, or
 *                           has no name of its own and so was not accepted (a connecting end, a
 *                           socketpair); or the peer's ids are unknown or unmapped here, or it has more
 *                           groups than a token can have.
 * GUISE_E_NO_PROVIDER       No provider was chosen, or every choice failed.
 * GUISE_E_OUT_OF_MEMORY     There is no memory.
 *
 * Safety: any thread, as self or not; the socket is only asked, never read, written or kept.
 * *out is NULL on failure.
 */
GUISE_API GUISE_MUST_USE guise_result guise_context_from_peer(int socket, guise_level granted,
                                                              guise_context **out);

GUISE_END_DECLS

#endif
