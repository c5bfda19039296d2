/* SPDX-License-Identifier: MIT */
/*
 * What the server has made and not taken away again. The server does not count: counted.h puts the
 * functions below in the place of those that the server's sources call.
 */
#ifndef FILE_SERVER_TALLY_H
#define FILE_SERVER_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <guise/guise.h>

struct tally {
    uint64_t connections;   /* accepted */
    uint64_t calls;         /* made */
    uint64_t live_contexts; /* references that the server has */
    uint64_t live_calls;    /* likewise */
    uint64_t live_blocks;   /* of memory: connections, requests, packets, users, the server */
    int descriptors;        /* that this process has open; -1: the system does not say */
};

/* As of now. Any thread. */
struct tally tally_read(void);

/* Is everything gone that was made in between, and no more? */
bool tally_is_even(const struct tally *before, const struct tally *after);

/* In the place of accept4, calloc, free and four functions of Guise: the same, and counted. */
int tally_accept4(int listener, struct sockaddr *address, socklen_t *size, int flags);
void *tally_calloc(size_t count, size_t size);
void tally_free(void *block);
guise_result tally_context_from_peer(int socket, guise_level granted, guise_context **out);
void tally_context_unref(guise_context *context);
guise_result tally_call_create(guise_context *context, guise_call **out);
void tally_call_unref(guise_call *call);

#endif
