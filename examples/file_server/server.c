/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "server.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <guise/guise.h>

#define EVENTS 16
#define PACKETS_AT_ONCE 8   /* of one connection, before the others get their turn */
#define ACCEPT_RETRY_MS 100 /* after the system was out of something */
#define DRAIN_MS 5000       /* for clients that do not read their answers */
#define STUCK_S 1           /* after that: for requests that do not end */

/* Descriptors a busy server has for each connection: the socket, the file that its worker has open
 * and looked at, the worker's ring. And its own. */
#define DESCRIPTORS_EACH 4u
#define DESCRIPTORS_OWN 32u

struct worker {
    struct server *server;
    struct ring *ring; /* NULL: none */
    pthread_t thread;
};

struct server {
    struct service service;
    struct users users;
    struct listener *listener; /* closed once the server takes nothing new */
    int signals;
    int epoll;
    struct worker *workers;
    unsigned worker_count;

    struct connection *connections; /* this and all below: event loop only */
    bool accepting;
    bool draining;
    int64_t resume_at; /* not accepting: when to try again. Draining: when to stop waiting */
};

/* ---- connections ---- */

static void adopt(struct server *s, struct connection *c)
{
    c->next = s->connections;
    if (c->next != NULL) {
        c->next->previous = c;
    }
    s->connections = c;
}

static void let_go(struct server *s, struct connection *c)
{
    if (c->next != NULL) {
        c->next->previous = c->previous;
    }
    if (c->previous != NULL) {
        c->previous->next = c->next;
    } else {
        s->connections = c->next;
    }
    connection_close(c);
}

static void watch_listener(struct server *s, bool accepting)
{
    struct epoll_event event = {.events = accepting ? EPOLLIN : 0, .data.ptr = &s->listener};

    if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, s->listener->socket, &event) == 0) {
        s->accepting = accepting;
    }
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* For a while, because accept would report the same lack of resources at once. */
static void pause_accepting(struct server *s)
{
    watch_listener(s, false);
    s->resume_at = now_ms() + ACCEPT_RETRY_MS;
}

static struct user *user_of(struct server *s, int socket)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return NULL;
    }
    return user_enter(&s->users, peer.uid);
}

/* Tells the client that the server is busy, if the socket takes the answer without waiting. */
static void turn_away(int socket)
{
    struct reply_header busy = {.status = STATUS_BUSY, .by = BY_SERVER};

    (void)send(socket, &busy, sizeof busy, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(socket);
}

static void accept_one(struct server *s)
{
    int socket = accept4(s->listener->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct connection *c;
    struct user *user;

    if (socket < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            pause_accepting(s);
        }
        return;
    }
    user = user_of(s, socket);
    if (user == NULL) {
        turn_away(socket);
        return;
    }
    c = connection_create(socket, s->epoll, user);
    if (c == NULL) {
        return;
    }
    c->hello_by = now_ms() + (int64_t)s->users.limits.hello_seconds * 1000;
    adopt(s, c);
}

/* ---- packets ---- */

static void reject(struct connection *c, uint32_t id, enum status status)
{
    connection_reject(c, packet_create(id, status, BY_SERVER, 0));
}

/* The kernel says which user it is; the client says how far it may be impersonated. From here on the
 * connection has a context, and no later packet changes it. */
static void handle_hello(struct connection *c, const unsigned char *packet, size_t size)
{
    guise_level granted;

    if (!hello_parse(packet, size, &granted)) {
        reject(c, 0, STATUS_BAD_REQUEST);
        return;
    }
    if (guise_context_from_peer(c->socket, granted, &c->client) < 0) {
        reject(c, 0, STATUS_REFUSED); /* the server cannot act for this peer */
        connection_drop(c);
        return;
    }
    connection_reject(c, packet_create(0, STATUS_OK, BY_SERVER, 0));
}

static void handle_request(struct server *s, struct connection *c, const unsigned char *packet,
                           size_t size)
{
    struct request_text text;
    enum status status = request_parse(packet, size, &text);

    if (status == STATUS_OK && s->draining) {
        status = STATUS_GOING_AWAY;
    }
    if (status == STATUS_OK && !connection_begin(c)) {
        status = STATUS_BUSY;
    }
    if (status == STATUS_OK) {
        request_start(&s->service, c, &text);
    } else {
        reject(c, text.id, status);
    }
}

static void handle_oversized(struct connection *c, const unsigned char *packet, size_t size)
{
    struct request_text text;

    (void)request_parse(packet, size, &text); /* for the id */
    reject(c, c->client != NULL ? text.id : 0, STATUS_TOO_LARGE);
}

/* false: there is nothing more to receive now. An empty packet and the end both read as nothing, but
 * only a packet brings credentials (connection_create). Descriptors a client sends along are not
 * wanted; without room for them the kernel drops them. */
static bool receive_one(struct server *s, struct connection *c)
{
    unsigned char packet[REQUEST_LIMIT];
    struct iovec part = {packet, sizeof packet};
    union {
        struct cmsghdr align;
        unsigned char room[CMSG_SPACE(sizeof(struct ucred))];
    } credentials;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &credentials,
                             .msg_controllen = sizeof credentials};
    ssize_t size = recvmsg(c->socket, &message, MSG_DONTWAIT);

    if (size < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            connection_drop(c);
        }
        return false;
    }
    if (size == 0 && message.msg_controllen == 0) {
        connection_end_input(c);
        return false;
    }
    if ((message.msg_flags & MSG_TRUNC) != 0) {
        handle_oversized(c, packet, (size_t)size);
    } else if (c->client == NULL) {
        handle_hello(c, packet, (size_t)size);
    } else {
        handle_request(s, c, packet, (size_t)size);
    }
    return true;
}

static void handle_connection(struct server *s, struct connection *c, uint32_t events)
{
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        let_go(s, c); /* requests under way have references of their own */
        return;
    }
    if ((events & EPOLLOUT) != 0) {
        connection_flush(c);
    }
    if ((events & EPOLLIN) == 0) {
        return;
    }
    for (int i = 0; i < PACKETS_AT_ONCE && connection_wants_input(c); i++) {
        if (!receive_one(s, c)) {
            return;
        }
    }
}

/* ---- the event loop ---- */

/* No new connection and no new request is accepted: a request that was already sent is answered
 * (going away), what is under way is finished, and each connection ends with its last answer. */
static void begin_drain(struct server *s)
{
    s->draining = true;
    s->resume_at = now_ms() + DRAIN_MS;
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->listener->socket, NULL);
    listener_close(s->listener);
    for (struct connection *c = s->connections; c != NULL; c = c->next) {
        connection_stop_requests(c);
    }
    if (s->service.watch != NULL) {
        s->service.watch(s->service.watch_arg, MOMENT_DRAINING, NULL);
    }
}

static void handle_signal(struct server *s)
{
    struct signalfd_siginfo which;

    if (read(s->signals, &which, sizeof which) == (ssize_t)sizeof which && !s->draining) {
        begin_drain(s);
    }
}

static void handle_event(struct server *s, const struct epoll_event *event)
{
    if (event->data.ptr == &s->signals) {
        handle_signal(s);
    } else if (event->data.ptr != &s->listener) {
        handle_connection(s, event->data.ptr, event->events);
    } else if (!s->draining) {
        accept_one(s);
    }
}

/* When after_events() has work without an event: the next hello that is overdue, the time to accept
 * again, the end of draining. INT64_MAX: never. */
static int64_t next_deadline(const struct server *s)
{
    int64_t next = s->accepting && !s->draining ? INT64_MAX : s->resume_at;

    for (const struct connection *c = s->connections; c != NULL; c = c->next) {
        if (c->client == NULL && c->hello_by < next) {
            next = c->hello_by;
        }
    }
    return next;
}

static int timeout_ms(const struct server *s)
{
    int64_t next = next_deadline(s);
    int64_t left = next - now_ms();

    if (next == INT64_MAX) {
        return -1;
    }
    return left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX;
}

/* A connection that has not said hello in time gives its place to another one. */
static void hang_up_silent(struct server *s, int64_t now)
{
    struct connection *next;

    for (struct connection *c = s->connections; c != NULL; c = next) {
        next = c->next;
        if (c->client == NULL && c->hello_by <= now) {
            let_go(s, c);
        }
    }
}

/* Does what is due by next_deadline(). */
static void after_events(struct server *s)
{
    int64_t now = now_ms();

    hang_up_silent(s, now);
    if ((s->accepting && !s->draining) || now < s->resume_at) {
        return;
    }
    if (!s->draining) {
        watch_listener(s, true);
    } else {
        while (s->connections != NULL) { /* they had their time */
            let_go(s, s->connections);
        }
    }
}

void server_run(struct server *s)
{
    struct epoll_event events[EVENTS];

    while (!s->draining || s->connections != NULL) {
        int count = epoll_wait(s->epoll, events, EVENTS, timeout_ms(s));
        for (int i = 0; i < count; i++) {
            handle_event(s, &events[i]);
        }
        after_events(s);
    }
}

/* ---- start and end ---- */

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct request *request;

    while ((request = queue_pop(&worker->server->service.work)) != NULL) {
        request_continue(request, worker->ring);
    }
    return NULL;
}

static bool add_to_epoll(struct server *s, int fd, void *tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = tag};

    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Signals become events. The mask is set before there are workers, so that they all have it. */
static bool open_signals(struct server *s)
{
    sigset_t stop;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &stop, NULL) != 0) {
        return false;
    }
    s->signals = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals >= 0;
}

static bool open_epoll(struct server *s)
{
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    return s->epoll >= 0 && add_to_epoll(s, s->signals, &s->signals) &&
           add_to_epoll(s, s->listener->socket, &s->listener);
}

/* false: errno, or it has been said already why there is no ring. */
static bool start_worker(struct server *s, struct worker *worker, bool uring)
{
    worker->server = s;
    worker->ring = uring ? ring_create() : NULL;
    if (uring && worker->ring == NULL) {
        return false;
    }
    errno = pthread_create(&worker->thread, NULL, work, worker);
    if (errno != 0) {
        ring_destroy(worker->ring);
    }
    return errno == 0;
}

/* All of them now: a thread starts with the identity of the thread that makes it, and this one is no
 * client; and it is better not to start than to run out of threads in the middle of a request. */
static bool start_workers(struct server *s, bool uring)
{
    unsigned count = s->users.limits.connections;

    s->workers = calloc(count, sizeof *s->workers);
    if (s->workers == NULL) {
        return false;
    }
    while (s->worker_count < count) {
        if (!start_worker(s, &s->workers[s->worker_count], uring)) {
            return false;
        }
        s->worker_count++;
    }
    return true;
}

/* Checked at the start, so that no request fails later for want of a descriptor. */
static bool enough_descriptors(const struct server *s)
{
    rlim_t needed = DESCRIPTORS_EACH * (rlim_t)s->users.limits.connections + DESCRIPTORS_OWN;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return false;
    }
    if (limit.rlim_cur >= needed) {
        return true;
    }
    limit.rlim_cur = needed;
    errno = EMFILE;
    return limit.rlim_max >= needed && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

struct server *server_create(const struct server_options *options)
{
    struct server *s = calloc(1, sizeof *s);

    if (s == NULL) {
        return NULL;
    }
    *s = (struct server){
        .service = {.directory = options->directory,
                    .enforced = options->enforced,
                    .watch = options->watch,
                    .watch_arg = options->watch_arg,
                    .work = QUEUE_INITIALIZER},
        .listener = options->listener,
        .signals = -1,
        .epoll = -1,
        .accepting = true,
    };
    users_init(&s->users, &options->limits);
    errno = 0;
    if (enough_descriptors(s) && open_signals(s) && open_epoll(s) &&
        start_workers(s, options->uring)) {
        return s;
    }
    if (errno != 0) {
        fprintf(stderr, "file_server: cannot start: %s\n", strerror(errno));
    }
    (void)server_destroy(s);
    return NULL;
}

static void close_if_open(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

/* false: it is in a request that does not end. It is left to itself. */
static bool end_worker(struct worker *worker, const struct timespec *until)
{
    if (pthread_timedjoin_np(worker->thread, NULL, until) != 0) {
        pthread_detach(worker->thread);
        return false;
    }
    ring_destroy(worker->ring);
    return true;
}

/* false: not all of them have ended. */
static bool end_workers(struct server *s)
{
    struct timespec until;
    bool all = true;

    queue_close(&s->service.work);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STUCK_S;
    for (unsigned i = 0; i < s->worker_count; i++) {
        all = end_worker(&s->workers[i], &until) && all;
    }
    return all;
}

static void close_all(struct server *s)
{
    listener_close(s->listener);
    close_if_open(s->signals);
    close_if_open(s->epoll);
}

static void free_server(struct server *s)
{
    users_destroy(&s->users);
    pthread_mutex_destroy(&s->service.work.lock);
    pthread_cond_destroy(&s->service.work.filled);
    free(s->workers);
    free(s);
}

bool server_destroy(struct server *s)
{
    bool ended = end_workers(s);

    close_all(s);
    if (ended) {
        free_server(s);
    }
    return ended;
}
