/* SPDX-License-Identifier: MIT */
/*
 * Opening a file as a client without becoming the client: through guise-uring, where the example is
 * built with it. One thread at a time: each worker has one, because the answer to an open that takes
 * long is waited for.
 */
#ifndef FILE_SERVER_RING_H
#define FILE_SERVER_RING_H

#include <guise/call.h>

struct ring;

/* As the server, after the provider was chosen. NULL: there is none, standard error says why, and
 * errno is 0. */
struct ring *ring_create(void);
void ring_destroy(struct ring *ring);

/* GUISE_OK: the kernel has answered the client of the call; *error is 0 and *file open, or an errno.
 * Else the client was refused before the kernel was asked. */
guise_result ring_open(struct ring *ring, guise_call *call, int directory, const char *name,
                       int flags, int *file, int *error);

#endif
