/* SPDX-License-Identifier: MIT */
/*
 * What goes over the wire: one packet each of an AF_UNIX SOCK_SEQPACKET connection.
 *
 *   hello    client to server, the first packet: magic, then one byte of impersonation level.
 *            Without that byte the client has granted identify, no more. Answered with a reply
 *            that has id 0.
 *   request  client to server: struct request_header, then the file's name, without a NUL.
 *   reply    server to client, in any order: struct reply_header, then the data.
 *
 * Both ends are on one machine, so numbers are in its own byte order.
 */
#ifndef FILE_SERVER_PROTOCOL_H
#define FILE_SERVER_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <guise/token.h>

#define HELLO_MAGIC "GUIS"
#define HELLO_MAGIC_SIZE 4u

#define NAME_LIMIT 255u    /* bytes in a file's name */
#define DATA_LIMIT 16384u  /* bytes of a file in one reply */
#define IN_FLIGHT_LIMIT 8u /* unanswered requests of one connection; of its user, see users.h */

enum status {
    STATUS_OK,
    STATUS_REFUSED, /* this client may not read that */
    STATUS_NOT_FOUND,
    STATUS_NOT_A_FILE,  /* a link, a pipe, a directory: only regular files are served */
    STATUS_BAD_REQUEST, /* malformed or truncated */
    STATUS_TOO_LARGE,   /* larger than any request may be */
    STATUS_BUSY,        /* too many connections or unanswered requests, or a lease: ask again */
    STATUS_GOING_AWAY,  /* the server is shutting down */
    STATUS_FAILED       /* the server could not, for reasons of its own */
};

/* Which part decided: the server, the kernel (asked as the client), or the check of the modes. */
enum decider { BY_SERVER, BY_KERNEL, BY_CHECK };

struct request_header {
    uint32_t id; /* the client's choice, not 0; comes back with the reply */
    uint32_t name_length;
    uint64_t offset; /* of the first byte wanted */
};

struct reply_header {
    uint32_t id; /* 0: to no request in particular */
    uint32_t status;
    uint32_t by;
    uint32_t length; /* bytes of data that follow */
    uint64_t file_size;
};

#define REQUEST_LIMIT (sizeof(struct request_header) + NAME_LIMIT)

/* A request as the server understood it. */
struct request_text {
    uint32_t id;
    uint64_t offset;
    char name[NAME_LIMIT + 1];
};

/* Reads the level a hello grants: IDENTIFY if it does not say. false: this is no hello. */
bool hello_parse(const unsigned char *packet, size_t size, guise_level *granted);

/* STATUS_OK or STATUS_BAD_REQUEST; out->id is the request's whenever the packet has one, else 0. */
enum status request_parse(const unsigned char *packet, size_t size, struct request_text *out);

const char *status_name(uint32_t status);
const char *decider_name(uint32_t by);

#endif
