/* SPDX-License-Identifier: MIT */
/*
 * Authentication by the kernel: a context for the process that connected to a socket. First the socket is
 * checked to be an accepted one, because for other sockets the kernel names a process that is not the peer.
 * Then the kernel is asked once for the peer's ids and groups. Both use the descriptor alone; no name is
 * looked up and no path opened.
 */
#define _DEFAULT_SOURCE
#define _DARWIN_C_SOURCE
#include <guise/peer.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "identity/context.h"
#include "identity/peercred.h"
#include "port/port.h"

static guise_result result_from_errno(void)
{
    return errno == EBADF || errno == ENOTSOCK ? GUISE_E_INVALID_ARGUMENT : GUISE_E_ACCESS_DENIED;
}

static guise_result require_option(int socket, int option, bool (*fits)(int value))
{
    int value = -1;
    socklen_t size = sizeof value;

    if (getsockopt(socket, SOL_SOCKET, option, &value, &size) != 0) {
        return result_from_errno();
    }
    return fits(value) ? GUISE_OK : GUISE_E_ACCESS_DENIED;
}

/* Not a datagram socket, because each datagram has a sender of its own. */
static bool is_connection(int type)
{
    return type == SOCK_STREAM || type == SOCK_SEQPACKET;
}

static bool is_off(int value)
{
    return value == 0;
}

/* An accepted socket has a name. A socketpair, for which the kernel names the creator, has none. */
static guise_result require_named(int socket)
{
    struct sockaddr_un address;
    socklen_t size = sizeof address;

    memset(&address, 0, sizeof address);
    if (getsockname(socket, (struct sockaddr *)&address, &size) != 0) {
        return result_from_errno();
    }
    if (address.sun_family != AF_UNIX || !guise__peer_is_name(&address, size)) {
        return GUISE_E_ACCESS_DENIED;
    }
    return GUISE_OK;
}

static guise_result require_peer(int socket)
{
    struct sockaddr_un address;
    socklen_t size = sizeof address;

    return getpeername(socket, (struct sockaddr *)&address, &size) == 0 ? GUISE_OK
                                                                        : result_from_errno();
}

static guise_result require_accepted(int socket)
{
    guise_result result = require_option(socket, SO_TYPE, is_connection);

    if (result == GUISE_OK) {
        result = require_named(socket);
    }
    if (result == GUISE_OK) {
        result = require_option(socket, SO_ACCEPTCONN, is_off);
    }
    return result == GUISE_OK ? require_peer(socket) : result;
}

/* The lower of what the client granted and what the kernel proved. */
static guise_level granted_level(guise_level granted, bool knows_groups)
{
    guise_level proved = knows_groups ? GUISE_LEVEL_IMPERSONATE : GUISE_LEVEL_IDENTIFY;
    guise_level wished = granted == GUISE_LEVEL_DEFAULT ? GUISE_LEVEL_IDENTIFY : granted;

    return wished < proved ? wished : proved;
}

static guise_result make_token(const struct guise__peer *peer, guise_level level, guise_token **out)
{
    guise_token_desc desc = {.size = sizeof desc, .level = level};
    char name[32];
    guise_result result;

    GUISE__CHECK(level <= GUISE_LEVEL_IMPERSONATE); /* the kernel proves no delegation */
    (void)snprintf(name, sizeof name, "uid %lu", (unsigned long)peer->uid);
    desc.name = name;
    desc.uid = peer->uid;
    desc.gid = peer->gid;
    desc.groups = peer->groups;
    desc.group_count = peer->group_count;
    result = guise_token_create(&desc, out);
    /* Because ids that no token can have come from the peer, not from the caller. */
    return result == GUISE_E_INVALID_ARGUMENT ? GUISE_E_ACCESS_DENIED : result;
}

static guise_result make_context(const struct guise__peer *peer, guise_level granted,
                                 guise_context **out)
{
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_service = GUISE_AUTHN_SERVICE_KERNEL,
                             .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_identity identity = {.size = sizeof identity,
                               .mechanism = "peercred",
                               .key = &peer->uid,
                               .key_size = sizeof peer->uid};
    guise_context_desc desc = {.size = sizeof desc, .identity = &identity};
    guise_token *token;
    guise_result result = make_token(peer, granted_level(granted, peer->knows_groups), &token);

    if (result != GUISE_OK) {
        return result;
    }
    result = guise_context_create_with(&blanket, token, &desc, out);
    guise_token_unref(token);
    GUISE__CHECK(GUISE__IMPLIES(result == GUISE_OK, guise__context_is_valid(*out)));
    return result;
}

static guise_result from_peer(int socket, guise_level granted, guise_context **out)
{
    struct guise__peer peer;
    guise_result result = require_accepted(socket);

    if (result == GUISE_OK) {
        result = guise__peer_ask(socket, &peer);
    }
    if (result != GUISE_OK) {
        return result;
    }
    GUISE__CHECK(GUISE__IMPLIES(!peer.knows_groups, peer.group_count == 0));
    GUISE__CHECK(GUISE__IMPLIES(peer.group_count != 0, peer.groups != NULL));
    result = make_context(&peer, granted, out);
    guise__free(peer.groups);
    return result;
}

guise_result guise_context_from_peer(int socket, guise_level granted, guise_context **out)
{
    guise_result result;
    int saved_errno = errno;

    if (out == NULL) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    *out = NULL;
    if ((unsigned)granted > GUISE_LEVEL_DELEGATE) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    result = from_peer(socket, granted, out);
    errno = saved_errno;
    return result;
}
