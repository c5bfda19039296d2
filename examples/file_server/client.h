/* SPDX-License-Identifier: MIT */
/* The client's end. It knows nothing of Guise but the levels: the kernel tells the server who it is. */
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

/* Grants a level and waits for the server's welcome. DEFAULT: says nothing of a level. */
bool client_hello(int socket, guise_level level);

/* Sends one request. false: the server does not listen any more. */
bool client_ask(int socket, uint32_t id, const char *name, uint64_t offset);

/* The next answer, to whatever request. false: there will be none. */
bool client_receive(int socket, struct answer *answer);

/* Copies a whole file to out, asking for one piece after the other. */
enum status client_copy(int socket, const char *name, FILE *out);

#endif
