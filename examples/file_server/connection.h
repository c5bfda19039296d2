/* SPDX-License-Identifier: MIT */
/*
 * One client's connection. The event loop owns one reference from accept to close, every request
 * another one. Workers answer through it even if the client has gone: sending never waits,
 * what the socket does not take is kept, and there is room for every answer that can be under way.
 *
 * The descriptor stays open until the last reference is gone. Closing it earlier would let a
 * worker answer into the next connection that gets the same number.
 */
#ifndef FILE_SERVER_CONNECTION_H
#define FILE_SERVER_CONNECTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <guise/context.h>

#include "protocol.h"
#include "queue.h"
#include "users.h"

/* All answers in flight, and one to a packet that never became a request. */
#define OUTPUT_LIMIT (IN_FLIGHT_LIMIT + 1u)

struct packet {
    struct reply_header header;
    unsigned char data[]; /* header.length bytes */
};

struct connection {
    struct connection *next; /* event loop only */
    struct connection *previous;
    int64_t hello_by; /* monotonic milliseconds; event loop only */
    int socket;       /* never changes */
    int epoll;
    struct user *user;
    guise_context *client; /* NULL until the hello; the event loop sets it, before any request */
    struct lane lane;      /* the queue's */

    pthread_mutex_t lock; /* everything below */
    unsigned references;
    unsigned in_flight;
    uint32_t interest; /* what epoll was told last */
    bool input_ended;  /* no more requests will be read */
    bool closed;       /* the event loop has let go of it */
    struct packet *output[OUTPUT_LIMIT];
    size_t output_first;
    size_t output_count;
};

/* Takes over the socket and what its user has entered with, and has epoll watch it, with the
 * connection as the event's pointer. NULL, and the socket is closed: no memory or no room in epoll.
 */
struct connection *connection_create(int socket, int epoll, struct user *user);
struct connection *connection_ref(struct connection *connection);
void connection_unref(struct connection *connection);

/* One more request in flight. false: that would be too many, for the connection or for its user. */
bool connection_begin(struct connection *connection);

/* The answer to a request in flight; takes the packet. NULL: there was no memory for one, so the
 * connection is dropped rather than the client left waiting. Any thread. */
void connection_answer(struct connection *connection, struct packet *packet);

/* The answer to a packet that never was in flight; otherwise the same. */
void connection_reject(struct connection *connection, struct packet *packet);

/* Sends what the socket takes now of what it did not take before. */
void connection_flush(struct connection *connection);

/* May the next request be read? Not while answers are waiting: a client that does not read its
 * answers stops being served; other clients are not affected. */
bool connection_wants_input(struct connection *connection);

/* No more requests will come: when the last answer is out the connection is hung up. */
void connection_end_input(struct connection *connection);

/* Takes no more requests from the client's end; those already sent can still be read. */
void connection_stop_requests(struct connection *connection);

/* Hangs up at once: the event loop will see it and close. Any thread. */
void connection_drop(struct connection *connection);

/* The event loop lets go: nothing is sent any more and its reference is dropped. */
void connection_close(struct connection *connection);
bool connection_is_closed(struct connection *connection);

/* An answer with room for length bytes of data. NULL: no memory. */
struct packet *packet_create(uint32_t id, enum status status, enum decider by, uint32_t length);

#endif
