/* SPDX-License-Identifier: MIT */
/*
 * What stands in for COM's own transport: an AF_UNIX socket, and a packet each for a Read and its
 * answer. Both ends are on one machine, so numbers are in its own byte order.
 */
#ifndef COM_SERVER_TRANSPORT_H
#define COM_SERVER_TRANSPORT_H

#include <stdbool.h>

#include <guise/token.h>

#include <objbase.h>

#define WIRE_NAME 64u /* units, the 0 at the end included */

struct wire_request {
    uint32_t level; /* what the client allows, a guise_level */
    uint32_t size;
    uint64_t offset;
    WCHAR name[WIRE_NAME];
};

/* The bytes follow. */
struct wire_reply {
    HRESULT result;
    uint32_t got;
};

/* A socket that every user may connect to; -1: errno. */
int transport_listen(const char *path);

/* Serves every client that connects, for one request, until stop is readable or hung up. false:
 * errno. */
bool transport_run(int listener, int stop, IUnknown *server);

/* The client's end. result: what Read says; no more than room bytes are kept. false: no answer. */
bool transport_read(const char *path, guise_level level, LPCWSTR name, HRESULT *result, char *bytes,
                    size_t room, size_t *got);

#endif
