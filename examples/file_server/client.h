/* SPDX-License-Identifier: MIT */
/* The client's end. It knows nothing of Guise but the levels: the kernel tells the server its uid and groups. */
#ifndef FILE_SERVER_CLIENT_H
#define FILE_SERVER_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "protocol.h"

struct answer {
    struct reply_header header;
    unsigned char data[DATA_LIMIT];
};

/* A connection; -1 and errno. Waits at most half a minute for anything from then on. */
int client_connect(const char *path);

/* Grants a level and waits for the server's welcome, STATUS_OK; STATUS_FAILED if there is no answer.
 * DEFAULT: says nothing of a level. */
enum status client_hello(int socket, guise_level level);

/* Sends one request. false: the server does not listen any more. */
bool client_ask(int socket, uint32_t id, const char *name, uint64_t offset);

/* The next answer, to any of the requests. false: no answer will come. */
bool client_receive(int socket, struct answer *answer);

/* Copies a whole file to out, asking for one piece after the other. */
enum status client_copy(int socket, const char *name, FILE *out);

#endif
