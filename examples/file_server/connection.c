/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct packet *packet_create(uint32_t id, enum status status, enum decider by, uint32_t length)
{
    struct packet *packet = calloc(1, sizeof *packet + length);

    if (packet == NULL) {
        return NULL;
    }
    packet->header = (struct reply_header){.id = id, .status = status, .by = by, .length = length};
    return packet;
}

/* With it a packet that is received brings its sender's credentials, even an empty packet; the end of
 * the connection, which reads as nothing too, brings none. */
static bool tell_empty_from_end(int socket)
{
    int on = 1;

    return setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0;
}

struct connection *connection_create(int socket, int epoll, struct user *user)
{
    struct connection *c = calloc(1, sizeof *c);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};

    if (c == NULL || !tell_empty_from_end(socket) ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0) {
        user_leave(user);
        free(c);
        close(socket);
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL); /* cannot fail with default attributes */
    c->socket = socket;
    c->epoll = epoll;
    c->user = user;
    c->references = 1;
    c->interest = EPOLLIN;
    return c;
}

struct connection *connection_ref(struct connection *c)
{
    pthread_mutex_lock(&c->lock);
    c->references++;
    pthread_mutex_unlock(&c->lock);
    return c;
}

static void connection_free(struct connection *c)
{
    guise_context_unref(c->client);
    close(c->socket);
    user_leave(c->user);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void connection_unref(struct connection *c)
{
    bool last;

    pthread_mutex_lock(&c->lock);
    last = --c->references == 0;
    pthread_mutex_unlock(&c->lock);
    if (last) {
        connection_free(c);
    }
}

/*
 * From here to the next such line: the lock is held.
 */

/* Waits for nothing. 0, or an errno: EAGAIN if the client is slow to read. */
static int transmit(int socket, struct packet *packet)
{
    struct iovec parts[] = {{&packet->header, sizeof packet->header},
                            {packet->data, packet->header.length}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;

    do {
        sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

static void hang_up(struct connection *c)
{
    shutdown(c->socket, SHUT_RDWR); /* makes epoll report EPOLLHUP to the event loop */
}

/* Answers first, requests after; nothing at all once neither is to be expected. */
static void update_interest(struct connection *c)
{
    uint32_t wanted = c->output_count > 0 ? EPOLLOUT : c->input_ended ? 0 : EPOLLIN;
    struct epoll_event event = {.events = wanted, .data.ptr = c};

    if (c->closed || wanted == c->interest) {
        return;
    }
    if (epoll_ctl(c->epoll, EPOLL_CTL_MOD, c->socket, &event) == 0) {
        c->interest = wanted;
    } else {
        hang_up(c);
    }
}

static void settle(struct connection *c)
{
    update_interest(c);
    if (c->input_ended && c->in_flight == 0 && c->output_count == 0) {
        hang_up(c);
    }
}

static void keep(struct connection *c, struct packet *packet)
{
    if (c->output_count == OUTPUT_LIMIT) { /* more answers than requests can be in flight */
        free(packet);
        hang_up(c);
        return;
    }
    c->output[(c->output_first + c->output_count++) % OUTPUT_LIMIT] = packet;
}

static void deliver(struct connection *c, struct packet *packet)
{
    int error = EAGAIN; /* those that wait go first */

    if (packet == NULL || c->closed) {
        free(packet);
        hang_up(c);
        return;
    }
    if (c->output_count == 0) {
        error = transmit(c->socket, packet);
    }
    if (error == EAGAIN || error == EWOULDBLOCK) {
        keep(c, packet);
        return;
    }
    free(packet);
    if (error != 0) {
        hang_up(c);
    }
}

/*
 * From here on: the lock is free.
 */

bool connection_begin(struct connection *c)
{
    bool room;

    pthread_mutex_lock(&c->lock);
    room = c->in_flight < IN_FLIGHT_LIMIT && user_begin(c->user);
    c->in_flight += room;
    pthread_mutex_unlock(&c->lock);
    return room;
}

void connection_answer(struct connection *c, struct packet *packet)
{
    pthread_mutex_lock(&c->lock);
    deliver(c, packet);
    c->in_flight--;
    user_end(c->user);
    settle(c);
    pthread_mutex_unlock(&c->lock);
}

void connection_reject(struct connection *c, struct packet *packet)
{
    pthread_mutex_lock(&c->lock);
    deliver(c, packet);
    settle(c);
    pthread_mutex_unlock(&c->lock);
}

void connection_flush(struct connection *c)
{
    int error = 0;

    pthread_mutex_lock(&c->lock);
    while (c->output_count > 0 && error == 0) {
        error = transmit(c->socket, c->output[c->output_first]);
        if (error != 0) {
            break;
        }
        free(c->output[c->output_first]);
        c->output_first = (c->output_first + 1) % OUTPUT_LIMIT;
        c->output_count--;
    }
    if (error != 0 && error != EAGAIN && error != EWOULDBLOCK) {
        hang_up(c);
    }
    settle(c);
    pthread_mutex_unlock(&c->lock);
}

bool connection_wants_input(struct connection *c)
{
    bool wants;

    pthread_mutex_lock(&c->lock);
    wants = c->output_count == 0 && !c->input_ended;
    pthread_mutex_unlock(&c->lock);
    return wants;
}

void connection_end_input(struct connection *c)
{
    pthread_mutex_lock(&c->lock);
    c->input_ended = true;
    settle(c);
    pthread_mutex_unlock(&c->lock);
}

void connection_stop_requests(struct connection *c)
{
    shutdown(c->socket, SHUT_RD);
}

void connection_drop(struct connection *c)
{
    hang_up(c);
}

void connection_close(struct connection *c)
{
    pthread_mutex_lock(&c->lock);
    epoll_ctl(c->epoll, EPOLL_CTL_DEL, c->socket, NULL);
    hang_up(c);
    c->closed = true;
    for (; c->output_count > 0; c->output_count--) {
        free(c->output[c->output_first]);
        c->output_first = (c->output_first + 1) % OUTPUT_LIMIT;
    }
    pthread_mutex_unlock(&c->lock);
    connection_unref(c);
}

bool connection_is_closed(struct connection *c)
{
    bool closed;

    pthread_mutex_lock(&c->lock);
    closed = c->closed;
    pthread_mutex_unlock(&c->lock);
    return closed;
}
