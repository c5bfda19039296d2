/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <guise/guise.h>

#define WORKERS 4u
#define EVENTS 16
#define PACKETS_AT_ONCE 8   /* of one connection, before the others get their turn */
#define ACCEPT_RETRY_MS 100 /* after the system was out of something */
#define DRAIN_MS 5000       /* for clients that do not read their answers */

/* Descriptors a busy server has: connections, opened files that wait or are read, and its own. */
#define DESCRIPTORS_NEEDED (CONNECTION_LIMIT + QUEUE_LIMIT + WORKERS + 32u)

struct server {
    struct service service;
    int listener; /* -1 once the server takes nothing new */
    int signals;
    int epoll;
    int descriptors_before;
    pthread_t workers[WORKERS];
    unsigned worker_count;

    struct connection *connections; /* this and all below: event loop only */
    unsigned connection_count;
    bool accepting;
    bool draining;
    int64_t resume_at; /* not accepting: when to try again. Draining: when to stop waiting */
};

/* ---- connections ---- */

static void adopt(struct server *s, struct connection *c)
{
    c->next = s->connections;
    if (c->next != NULL)
        c->next->previous = c;
    s->connections = c;
    s->connection_count++;
}

static void let_go(struct server *s, struct connection *c)
{
    if (c->next != NULL)
        c->next->previous = c->previous;
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        s->connections = c->next;
    s->connection_count--;
    connection_close(c);
}

static void watch_listener(struct server *s, bool accepting)
{
    struct epoll_event event = {.events = accepting ? EPOLLIN : 0, .data.ptr = &s->listener};

    if (s->listener >= 0 && epoll_ctl(s->epoll, EPOLL_CTL_MOD, s->listener, &event) == 0)
        s->accepting = accepting;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The system is out of something and would report the same for ever. */
static void pause_accepting(struct server *s)
{
    watch_listener(s, false);
    s->resume_at = now_ms() + ACCEPT_RETRY_MS;
}

static void accept_one(struct server *s)
{
    int socket = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (socket < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            pause_accepting(s);
        return;
    }
    if (s->connection_count >= CONNECTION_LIMIT) {
        close(socket);
        return;
    }
    struct connection *c = connection_create(socket, s->epoll, &s->service.tally);
    if (c != NULL)
        adopt(s, c);
}

/* ---- packets ---- */

static void reject(struct server *s, struct connection *c, uint32_t id, enum status status)
{
    tally_up(&s->service.tally, &s->service.tally.counts.rejected);
    connection_reject(c, packet_create(id, status, BY_SERVER, 0));
}

/* Who is it? The kernel knows; how far it may be impersonated, the client says. From here on the
 * connection has a context, and no later packet changes it. */
static void handle_hello(struct server *s, struct connection *c, const unsigned char *packet,
                         size_t size)
{
    guise_level granted;

    if (!hello_parse(packet, size, &granted)) {
        reject(s, c, 0, STATUS_BAD_REQUEST);
        return;
    }
    if (guise_context_from_peer(c->socket, granted, &c->client) < 0) {
        reject(s, c, 0, STATUS_REFUSED); /* nobody we could act for: nothing to be had here */
        connection_drop(c);
        return;
    }
    tally_up(&s->service.tally, &s->service.tally.counts.live_contexts);
    connection_reject(c, packet_create(0, STATUS_OK, BY_SERVER, 0));
}

static void handle_request(struct server *s, struct connection *c, const unsigned char *packet,
                           size_t size)
{
    struct request_text text;
    enum status status = request_parse(packet, size, &text);

    if (status == STATUS_OK && s->draining)
        status = STATUS_GOING_AWAY;
    if (status == STATUS_OK && !connection_begin(c))
        status = STATUS_BUSY;
    if (status == STATUS_OK)
        request_start(&s->service, c, &text);
    else
        reject(s, c, text.id, status);
}

static void handle_oversized(struct server *s, struct connection *c, const unsigned char *packet,
                             size_t size)
{
    struct request_text text;

    (void)request_parse(packet, size, &text); /* for the id */
    reject(s, c, c->client != NULL ? text.id : 0, STATUS_TOO_LARGE);
}

/* An empty packet and the end of the connection both read as nothing. */
static bool peer_has_shut_down(int socket)
{
    struct pollfd fd = {.fd = socket, .events = POLLRDHUP};

    return poll(&fd, 1, 0) != 0 && (fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* false: there is nothing more to receive now. Descriptors a client sends along are not wanted;
 * without room for them the kernel drops them. */
static bool receive_one(struct server *s, struct connection *c)
{
    unsigned char packet[REQUEST_LIMIT];
    struct iovec part = {packet, sizeof packet};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t size = recvmsg(c->socket, &message, MSG_DONTWAIT);

    if (size < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            connection_drop(c);
        return false;
    }
    if (size == 0 && peer_has_shut_down(c->socket)) {
        connection_end_input(c);
        return false;
    }
    if ((message.msg_flags & MSG_TRUNC) != 0)
        handle_oversized(s, c, packet, (size_t)size);
    else if (c->client == NULL)
        handle_hello(s, c, packet, (size_t)size);
    else
        handle_request(s, c, packet, (size_t)size);
    return true;
}

static void handle_connection(struct server *s, struct connection *c, uint32_t events)
{
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        let_go(s, c); /* requests under way have references of their own */
        return;
    }
    if ((events & EPOLLOUT) != 0)
        connection_flush(c);
    if ((events & EPOLLIN) == 0)
        return;
    for (int i = 0; i < PACKETS_AT_ONCE && connection_wants_input(c); i++)
        if (!receive_one(s, c))
            return;
}

/* ---- the event loop ---- */

/* Nobody new, and no new requests: what clients have sent before they could know is answered
 * (going away), what is under way is finished, and each connection ends with its last answer. */
static void begin_drain(struct server *s)
{
    s->draining = true;
    s->resume_at = now_ms() + DRAIN_MS;
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->listener, NULL);
    close(s->listener);
    s->listener = -1;
    for (struct connection *c = s->connections; c != NULL; c = c->next)
        connection_stop_requests(c);
    if (s->service.watch != NULL)
        s->service.watch(s->service.watch_arg, MOMENT_DRAINING, NULL);
}

static void handle_signal(struct server *s)
{
    struct signalfd_siginfo which;

    if (read(s->signals, &which, sizeof which) == (ssize_t)sizeof which && !s->draining)
        begin_drain(s);
}

static void handle_event(struct server *s, const struct epoll_event *event)
{
    if (event->data.ptr == &s->signals)
        handle_signal(s);
    else if (event->data.ptr != &s->listener)
        handle_connection(s, event->data.ptr, event->events);
    else if (s->listener >= 0)
        accept_one(s);
}

static int timeout_ms(const struct server *s)
{
    int64_t left = s->resume_at - now_ms();

    if (s->accepting && !s->draining)
        return -1;
    return left > 0 ? (int)left : 0;
}

/* What timeout_ms() had us wake up for. */
static void after_events(struct server *s)
{
    if ((s->accepting && !s->draining) || now_ms() < s->resume_at)
        return;
    if (!s->draining)
        watch_listener(s, true);
    else
        while (s->connections != NULL) /* they had their time */
            let_go(s, s->connections);
}

void server_run(struct server *s)
{
    struct epoll_event events[EVENTS];

    while (!s->draining || s->connections != NULL) {
        int count = epoll_wait(s->epoll, events, EVENTS, timeout_ms(s));
        for (int i = 0; i < count; i++)
            handle_event(s, &events[i]);
        after_events(s);
    }
}

/* ---- start and end ---- */

static void *work(void *arg)
{
    struct server *s = arg;
    struct request *request;

    while ((request = queue_pop(&s->service.work)) != NULL)
        request_continue(request);
    return NULL;
}

static int count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = -3; /* ".", ".." and the one we read it with */

    if (directory == NULL)
        return -1;
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
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
    if (pthread_sigmask(SIG_BLOCK, &stop, NULL) != 0)
        return false;
    s->signals = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signals >= 0;
}

static bool open_epoll(struct server *s)
{
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    return s->epoll >= 0 && add_to_epoll(s, s->signals, &s->signals) &&
           add_to_epoll(s, s->listener, &s->listener);
}

/* Before anybody is impersonated: a thread starts as whoever its creator is at that moment. */
static bool start_workers(struct server *s)
{
    while (s->worker_count < WORKERS) {
        errno = pthread_create(&s->workers[s->worker_count], NULL, work, s);
        if (errno != 0)
            return false;
        s->worker_count++;
    }
    return true;
}

/* Better not to start than to run out of descriptors in the middle of somebody's request. */
static bool enough_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    errno = EMFILE;
    return limit.rlim_cur >= DESCRIPTORS_NEEDED;
}

struct server *server_create(const struct server_options *options)
{
    struct server *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    *s = (struct server){
        .service = {.directory = options->directory,
                    .enforced = options->enforced,
                    .ring = options->ring,
                    .watch = options->watch,
                    .watch_arg = options->watch_arg,
                    .work = QUEUE_INITIALIZER,
                    .tally = TALLY_INITIALIZER},
        .listener = options->listener,
        .signals = -1,
        .epoll = -1,
        .accepting = true,
        .descriptors_before = count_descriptors() - 1, /* the listener is the server's */
    };
    if (enough_descriptors() && open_signals(s) && open_epoll(s) && start_workers(s))
        return s;
    fprintf(stderr, "file_server: cannot start: %s\n", strerror(errno));
    server_destroy(s, NULL);
    return NULL;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void server_destroy(struct server *s, struct server_report *report)
{
    queue_close(&s->service.work);
    for (unsigned i = 0; i < s->worker_count; i++)
        pthread_join(s->workers[i], NULL);
    close_if_open(s->listener);
    close_if_open(s->signals);
    close_if_open(s->epoll);
    if (report != NULL)
        *report = (struct server_report){.counts = tally_read(&s->service.tally),
                                         .descriptors_before = s->descriptors_before,
                                         .descriptors_after = count_descriptors()};
    pthread_mutex_destroy(&s->service.tally.lock);
    pthread_mutex_destroy(&s->service.work.lock);
    pthread_cond_destroy(&s->service.work.filled);
    free(s);
}

bool server_report_clean(const struct server_report *report)
{
    const struct counts *c = &report->counts;

    return c->live_connections == 0 && c->live_contexts == 0 && c->live_requests == 0 &&
           c->live_calls == 0 && c->live_files == 0 &&
           report->descriptors_before == report->descriptors_after;
}

int server_listen(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    mode_t mask = umask(0111); /* connecting takes write permission */
    int bound = bind(fd, (const struct sockaddr *)&address, sizeof address);
    int error = errno;
    umask(mask);
    if (bound == 0 && listen(fd, (int)CONNECTION_LIMIT) == 0)
        return fd;
    errno = bound == 0 ? errno : error;
    close(fd);
    return -1;
}
