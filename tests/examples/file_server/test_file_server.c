/* SPDX-License-Identifier: MIT */
/*
 * What clients that misbehave, files that open slowly and servers that died do to others: nothing.
 * The server is a process of its own, started as a person would; this process is its clients, one
 * thread that connects as one user or another where it is root.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "client.h"

enum { ALICE = 50001, BOB = 50002 };

#define TRIES 10000 /* of what comes true soon, each a round trip to the server */
#define STARTERS 8u

static char *s_program;
static char s_directory[] = "/tmp/test_file_server.XXXXXX"; /* the working directory */

/* ---- the server ---- */

struct server {
    pid_t pid;
    int output;
};

static pid_t s_running[STARTERS]; /* 0: none */

static void note_running(pid_t from, pid_t to)
{
    for (unsigned i = 0; i < STARTERS; i++) {
        if (s_running[i] == from) {
            s_running[i] = to;
            return;
        }
    }
    fail_msg("more servers than expected");
}

/* Of the test that runs; -1: none. */
static int s_scanner = -1;

/* What a test that failed has left: opens that wait for the scanner first, or nothing ends. */
static int end_all(void **state)
{
    (void)state;
    if (s_scanner >= 0) {
        close(s_scanner);
    }
    s_scanner = -1;
    for (unsigned i = 0; i < STARTERS; i++) {
        if (s_running[i] != 0) {
            kill(s_running[i], SIGKILL);
            waitpid(s_running[i], NULL, 0);
            s_running[i] = 0;
        }
    }
    unlink("socket");
    unlink("socket.lock");
    return 0;
}

/* Serves "files" at "socket". An option and its value, or NULL. */
static struct server launch(const char *option, const char *value)
{
    const char *argv[8] = {s_program};
    size_t argc = 1;
    int pipes[2];
    pid_t pid;

    if (option != NULL) {
        argv[argc++] = option;
    }
    if (value != NULL) {
        argv[argc++] = value;
    }
    argv[argc++] = "--serve";
    argv[argc++] = "socket";
    argv[argc++] = "files";
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        execv(s_program, (char *const *)(uintptr_t)argv);
        _exit(126);
    }
    close(pipes[1]);
    note_running(0, pid);
    return (struct server){pid, pipes[0]};
}

/* Returns when it listens, or has ended: then false, and the exit status is 1. */
static bool is_up(struct server *server)
{
    char line[256];
    int status = -1;
    ssize_t got = read(server->output, line, sizeof line);

    if (got > 0 && memmem(line, (size_t)got, "listening", strlen("listening")) != NULL) {
        return true;
    }
    close(server->output);
    assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
    note_running(server->pid, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    return false;
}

static bool try_start(struct server *server, const char *option, const char *value)
{
    *server = launch(option, value);
    return is_up(server);
}

static void start(struct server *server, const char *option, const char *value)
{
    assert_true(try_start(server, option, value));
}

static int await_end(struct server *server)
{
    int status = -1;

    assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
    note_running(server->pid, 0);
    close(server->output);
    return status;
}

static int end(struct server *server, int signal)
{
    assert_int_equal(kill(server->pid, signal), 0);
    return await_end(server);
}

/* Nothing is left behind, says the exit status. */
static void stop(struct server *server)
{
    assert_int_equal(end(server, SIGTERM), 0);
}

/* ---- the clients ---- */

static bool is_root(void)
{
    return geteuid() == 0;
}

/* Of this thread, the only one; effective ids. */
static void become(uid_t uid)
{
    if (uid == 0) {
        assert_int_equal(syscall(SYS_setresuid, -1, 0, -1), 0);
    }
    assert_int_equal(syscall(SYS_setresgid, -1, uid, -1), 0);
    assert_int_equal(syscall(SYS_setresuid, -1, uid, -1), 0);
}

/* 0: as this process. */
static int connect_as(uid_t uid)
{
    int client;

    if (uid != 0) {
        become(uid);
    }
    client = client_connect("socket");
    if (uid != 0) {
        become(0);
    }
    assert_true(client >= 0);
    return client;
}

static int greet_as(uid_t uid)
{
    int client = connect_as(uid);

    assert_int_equal(client_hello(client, GUISE_LEVEL_IMPERSONATE), STATUS_OK);
    return client;
}

static void expect(int client, uint32_t id, enum status status)
{
    struct answer answer;

    assert_true(client_receive(client, &answer));
    assert_int_equal(answer.header.id, id);
    assert_int_equal(answer.header.status, status);
}

static void ask(int client, uint32_t id, const char *name)
{
    assert_true(client_ask(client, id, name, 0));
}

static void expect_of(int client, const char *name, enum status status)
{
    ask(client, 7, name);
    expect(client, 7, status);
}

/* The end of the connection; not a time-out. */
static void expect_end(int client)
{
    char byte;

    assert_int_equal(recv(client, &byte, 1, 0), 0);
    close(client);
}

static void expect_turned_away(uid_t uid)
{
    int client = connect_as(uid);

    expect(client, 0, STATUS_BUSY);
    expect_end(client);
}

/* The server has noticed by then that others have gone. */
static int greet_at_last(uid_t uid)
{
    for (int i = 0; i < TRIES; i++) {
        int client = connect_as(uid);
        if (client_hello(client, GUISE_LEVEL_IMPERSONATE) == STATUS_OK) {
            return client;
        }
        close(client);
    }
    fail_msg("turned away for ever");
    return -1;
}

/* What was sent before this has been received once this is answered. */
static void expect_received(int client)
{
    ask(client, 99, "");
    expect(client, 99, STATUS_BAD_REQUEST);
}

/* ---- a file that opens when the test says so ---- */

/* As a virus scanner holds files up: the kernel asks it about every open. */
static void gate_set_up(void)
{
    s_scanner = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC);
    if (s_scanner < 0 ||
        fanotify_mark(s_scanner, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "files/slow") != 0) {
        print_message("SKIPPED: to hold an open up takes fanotify, and so root: %s\n",
                      strerror(errno));
        skip();
    }
}

/* Waits until so many opens wait, and lets none of them go on. */
static void gate_await(int count, int opens[])
{
    struct fanotify_event_metadata event;

    for (int i = 0; i < count; i++) {
        assert_int_equal(read(s_scanner, &event, sizeof event), sizeof event);
        opens[i] = event.fd;
    }
}

static void gate_let_go(int count, const int opens[])
{
    for (int i = 0; i < count; i++) {
        struct fanotify_response response = {.fd = opens[i], .response = FAN_ALLOW};
        assert_int_equal(write(s_scanner, &response, sizeof response), sizeof response);
        close(opens[i]);
    }
}

static void gate_expect_none(void)
{
    struct pollfd fd = {.fd = s_scanner, .events = POLLIN};

    assert_int_equal(poll(&fd, 1, 0), 0);
}

/* All that wait go on, and nothing waits any more. */
static void gate_open(int count, const int opens[])
{
    for (int i = 0; i < count; i++) {
        close(opens[i]);
    }
    close(s_scanner);
    s_scanner = -1;
}

/* ---- limits ---- */

static void one_user_has_so_many_connections(void **state)
{
    struct server server;
    int silent[3];
    uid_t user;

    (void)state;
    start(&server, "--user-connections", "3");
    user = is_root() ? ALICE : 0;
    for (int i = 0; i < 3; i++) {
        silent[i] = connect_as(user);
    }
    for (int i = 0; i < 40; i++) {
        expect_turned_away(user);
    }
    if (is_root()) {
        int other = greet_as(BOB);
        expect_of(other, "public", STATUS_OK);
        close(other);
    }
    for (int i = 0; i < 3; i++) {
        close(silent[i]);
    }
    close(greet_at_last(user));
    stop(&server);
}

static void all_together_have_so_many_connections(void **state)
{
    struct server server;
    int first;
    int second;

    (void)state;
    start(&server, "--connections", "2");
    first = greet_as(is_root() ? ALICE : 0);
    second = greet_as(is_root() ? BOB : 0);
    for (int i = 0; i < 40; i++) {
        expect_turned_away(0);
    }
    expect_of(first, "public", STATUS_OK);
    close(first);
    first = greet_at_last(0);
    expect_of(first, "public", STATUS_OK);
    expect_of(second, "public", STATUS_OK);
    close(first);
    close(second);
    stop(&server);
}

/* Also by a client that talks, but says something else. */
static void hello_must_be_said_in_time(void **state)
{
    struct server server;
    int greeted, silent, rude;

    (void)state;
    start(&server, "--hello-seconds", "1");
    greeted = greet_as(0);
    silent = connect_as(0);
    rude = connect_as(0);
    assert_int_equal(send(rude, "what?", 5, MSG_NOSIGNAL), 5);
    expect(rude, 0, STATUS_BAD_REQUEST);
    expect_end(silent);
    expect_end(rude);
    expect_of(greeted, "public", STATUS_OK);
    close(greeted);
    stop(&server);
}

static void one_user_has_so_many_requests(void **state)
{
    struct server server;
    int opens[2];
    int a, b, other;

    (void)state;
    gate_set_up();
    start(&server, "--user-requests", "3");
    a = greet_as(ALICE);
    b = greet_as(ALICE);
    other = greet_as(BOB);
    ask(a, 1, "slow");
    ask(a, 2, "public"); /* behind it */
    expect_received(a);
    ask(b, 3, "slow");
    expect_received(b);
    gate_await(2, opens);
    for (int i = 0; i < 10; i++) {
        expect_of(a, "public", STATUS_BUSY);
        expect_of(b, "public", STATUS_BUSY);
        expect_of(other, "public", STATUS_OK);
    }
    gate_open(2, opens);
    expect(a, 1, STATUS_OK);
    expect(a, 2, STATUS_OK);
    expect(b, 3, STATUS_OK);
    expect_of(b, "public", STATUS_OK);
    close(a);
    close(b);
    close(other);
    stop(&server);
}

/* ---- opens that take long ---- */

#define ALL_OF_ONE_USER 8 /* connections, by default */

/* One user has all that a user may have wait for a file. */
static void hold_up_nobody_else(void)
{
    int clients[ALL_OF_ONE_USER], opens[ALL_OF_ONE_USER];
    int other;

    for (int i = 0; i < ALL_OF_ONE_USER; i++) {
        clients[i] = greet_as(ALICE);
        ask(clients[i], 1, "slow");
        ask(clients[i], 2, "public");
        ask(clients[i], 3, "slow");
    }
    gate_await(ALL_OF_ONE_USER, opens);
    other = greet_as(BOB);
    for (int i = 0; i < 100; i++) {
        expect_of(other, "public", STATUS_OK);
    }
    close(other);
    gate_expect_none(); /* a connection holds one worker up, not one with each request */
    gate_let_go(ALL_OF_ONE_USER, opens);
    gate_await(ALL_OF_ONE_USER, opens);
    gate_let_go(ALL_OF_ONE_USER, opens);
    for (int i = 0; i < ALL_OF_ONE_USER; i++) {
        for (uint32_t id = 1; id <= 3; id++) {
            expect(clients[i], id, STATUS_OK);
        }
        close(clients[i]);
    }
}

static void slow_opens_hold_up_nobody_else(void **state)
{
    struct server server;

    (void)state;
    gate_set_up();
    start(&server, NULL, NULL);
    hold_up_nobody_else();
    gate_open(0, NULL);
    stop(&server);
}

static void nor_do_they_through_a_ring(void **state)
{
    struct server server;

    (void)state;
    gate_set_up();
    if (!try_start(&server, "--uring", NULL)) {
        print_message("SKIPPED: no ring here\n");
        skip();
    }
    hold_up_nobody_else();
    gate_open(0, NULL);
    stop(&server);
}

/* A request that its client has left behind counts as long as it holds a worker up. */
static void leaving_requests_behind_gains_nothing(void **state)
{
    struct server server;
    int opens[2];
    int other;

    (void)state;
    gate_set_up();
    start(&server, "--user-connections", "2");
    for (int i = 0; i < 2; i++) {
        int client = greet_as(ALICE);
        ask(client, 1, "slow");
        gate_await(1, &opens[i]);
        close(client);
    }
    other = greet_as(BOB);
    for (int i = 0; i < 20; i++) {
        expect_of(other, "public", STATUS_OK);
        expect_turned_away(ALICE);
    }
    close(other);
    gate_open(2, opens);
    close(greet_at_last(ALICE));
    stop(&server);
}

/* The exit status says that something is left behind. */
static void a_request_that_does_not_end_is_left_behind(void **state)
{
    struct server server;
    int open;
    int status;
    int client;

    (void)state;
    gate_set_up();
    start(&server, NULL, NULL);
    client = greet_as(ALICE);
    ask(client, 1, "slow");
    gate_await(1, &open);
    status = end(&server, SIGTERM);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_int_equal(access("socket", F_OK), -1);
    gate_open(1, &open);
    close(client);
}

/* The holder of a lease has to give it up first. The kernel says so at once, and so does the server. */
static void a_lease_is_not_waited_for(void **state)
{
    struct server server;
    int file = open("files/leased", O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    (void)state;
    assert_true(file >= 0);
    assert_int_equal(fcntl(file, F_SETSIG, SIGURG), 0); /* which is ignored */
    start(&server, NULL, NULL);
    if (fcntl(file, F_SETLEASE, F_WRLCK) == 0) {
        int client = greet_as(0);
        expect_of(client, "leased", STATUS_BUSY);
        expect_of(client, "public", STATUS_OK);
        assert_int_equal(fcntl(file, F_SETLEASE, F_UNLCK), 0);
        expect_of(client, "leased", STATUS_OK);
        close(client);
    } else {
        print_message("SKIPPED: no leases here: %s\n", strerror(errno));
    }
    close(file);
    stop(&server);
}

/* ---- packets ---- */

/* All is there, and the end too, before the server looks. */
static void an_empty_packet_is_not_the_end(void **state)
{
    struct server server;
    int status;
    unsigned ok = 0, bad = 0, read = 0;
    struct answer answer;
    int client;

    (void)state;
    start(&server, NULL, NULL);
    client = connect_as(0);
    assert_int_equal(kill(server.pid, SIGSTOP), 0);
    assert_int_equal(waitpid(server.pid, &status, WUNTRACED), server.pid);
    assert_int_equal(send(client, "", 0, MSG_NOSIGNAL), 0);
    assert_int_equal(send(client, HELLO_MAGIC "\x03", 5, MSG_NOSIGNAL), 5);
    assert_int_equal(send(client, "", 0, MSG_NOSIGNAL), 0);
    assert_int_equal(send(client, "", 0, MSG_NOSIGNAL), 0);
    ask(client, 7, "public");
    assert_int_equal(send(client, "", 0, MSG_NOSIGNAL), 0);
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    assert_int_equal(kill(server.pid, SIGCONT), 0);

    while (client_receive(client, &answer)) {
        ok += answer.header.id == 0 && answer.header.status == STATUS_OK;
        bad += answer.header.id == 0 && answer.header.status == STATUS_BAD_REQUEST;
        read += answer.header.id == 7 && answer.header.status == STATUS_OK;
    }
    expect_end(client);
    assert_int_equal(ok, 1);
    assert_int_equal(bad, 4);
    assert_int_equal(read, 1);
    stop(&server);
}

static void send_with_descriptor(int client, const void *bytes, size_t size)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                            .cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control.room};

    memcpy(CMSG_DATA(&control.header), &client, sizeof client);
    assert_int_equal(sendmsg(client, &message, MSG_NOSIGNAL), size);
}

/* The server counts its descriptors in the end. */
static void descriptors_are_not_taken(void **state)
{
    struct server server;
    int client;

    (void)state;
    start(&server, NULL, NULL);
    client = connect_as(0);
    send_with_descriptor(client, HELLO_MAGIC "\x03", 5);
    expect(client, 0, STATUS_OK);
    send_with_descriptor(client, "", 0);
    expect(client, 0, STATUS_BAD_REQUEST);
    expect_of(client, "public", STATUS_OK);
    close(client);
    stop(&server);
}

/* ---- the socket's name ---- */

static void a_dead_servers_socket_is_replaced(void **state)
{
    struct server server;

    (void)state;
    start(&server, NULL, NULL);
    assert_int_equal(end(&server, SIGKILL), SIGKILL);
    assert_int_equal(access("socket", F_OK), 0);
    start(&server, NULL, NULL);
    close(greet_as(0));
    stop(&server);
    assert_int_equal(access("socket", F_OK), -1);
    assert_int_equal(access("socket.lock", F_OK), -1);
}

static void a_living_servers_is_not(void **state)
{
    struct server server, second;

    (void)state;
    start(&server, NULL, NULL);
    assert_false(try_start(&second, NULL, NULL));
    close(greet_as(0));
    stop(&server);
}

static void expect_no_start(void)
{
    struct stat before, after;
    struct server server;

    assert_int_equal(lstat("socket", &before), 0);
    assert_false(try_start(&server, NULL, NULL));
    assert_int_equal(lstat("socket", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(unlink("socket"), 0);
}

/* A file, a link, and a socket of another kind that a program listens on. */
static void what_is_no_dead_server_is_not_replaced(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int file = open("socket", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int stream;

    (void)state;
    assert_true(file >= 0);
    close(file);
    expect_no_start();
    assert_int_equal(symlink("nowhere", "socket"), 0);
    expect_no_start();
    stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(stream, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(stream, 1), 0);
    expect_no_start();
    close(stream);
}

static void a_successors_socket_stays(void **state)
{
    struct server first, second;

    (void)state;
    start(&first, NULL, NULL);
    assert_int_equal(unlink("socket"), 0); /* as start scripts do */
    start(&second, NULL, NULL);
    stop(&first);
    close(greet_as(0));
    stop(&second);
    assert_int_equal(access("socket", F_OK), -1);
}

static void await_removal(int watch, const char *name)
{
    union {
        struct inotify_event event;
        char room[4096];
    } buffer;

    for (;;) {
        ssize_t got = read(watch, &buffer, sizeof buffer);
        assert_true(got > 0);
        for (char *at = buffer.room; at < buffer.room + got;) {
            const struct inotify_event *event = (const void *)at;
            if (strcmp(event->name, name) == 0) {
                return;
            }
            at += sizeof *event + event->len;
        }
    }
}

/* While a request is under way, the first server lives on without its socket, and the file system
 * may give the inode's number to the second one's. */
static void a_successors_socket_stays_while_the_first_drains(void **state)
{
    struct server first, second;
    int open;
    int watch;
    int client;

    (void)state;
    gate_set_up();
    start(&first, NULL, NULL);
    client = greet_as(ALICE);
    ask(client, 1, "slow");
    gate_await(1, &open);
    watch = inotify_init1(IN_CLOEXEC);
    assert_true(watch >= 0 && inotify_add_watch(watch, ".", IN_DELETE) >= 0);
    assert_int_equal(kill(first.pid, SIGTERM), 0);
    await_removal(watch, "socket");
    close(watch);
    start(&second, NULL, NULL);
    gate_open(1, &open);
    expect(client, 1, STATUS_OK);
    close(client);
    assert_int_equal(await_end(&first), 0);
    close(greet_as(0));
    stop(&second);
}

static int lock_name(ino_t *inode)
{
    struct stat status;
    int file = open("socket.lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    assert_int_equal(flock(file, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(fstat(file, &status), 0);
    *inode = status.st_ino;
    return file;
}

/* As /proc/locks has it: "1: -> FLOCK  ADVISORY  WRITE PID MAJOR:MINOR:INODE 0 EOF" */
static bool is_queued(pid_t pid, ino_t inode)
{
    FILE *locks = fopen("/proc/locks", "re");
    char line[256], expected[64];
    bool found = false;

    assert_non_null(locks);
    snprintf(expected, sizeof expected, ":%llu ", (unsigned long long)inode);
    while (fgets(line, sizeof line, locks) != NULL) {
        int waiter = -1;
        if (sscanf(line, "%*d: -> FLOCK %*s %*s %d", &waiter) == 1 && waiter == pid) {
            found = found || strstr(line, expected) != NULL;
        }
    }
    fclose(locks);
    return found;
}

/* false: it does without the lock, for it says that it listens, or it has ended. */
static bool queues(const struct server *server, ino_t inode)
{
    struct pollfd output = {.fd = server->output, .events = POLLIN};

    while (!is_queued(server->pid, inode)) {
        if (poll(&output, 1, 1) != 0) {
            return false;
        }
    }
    return true;
}

static int listen_at_name(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    return listener;
}

/* What a server finds out about a name may be wrong as soon as another one takes it. A lock file that
 * has lost its name does not count. */
static void a_name_is_looked_at_under_its_lock(void **state)
{
    struct server server;
    ino_t inode;
    int listener;
    int second;
    int first;

    (void)state;
    start(&server, NULL, NULL);
    assert_int_equal(end(&server, SIGKILL), SIGKILL);

    first = lock_name(&inode);
    server = launch(NULL, NULL);
    assert_true(queues(&server, inode));
    assert_int_equal(unlink("socket.lock"), 0);
    second = lock_name(&inode);
    close(first);
    assert_true(queues(&server, inode));

    assert_int_equal(unlink("socket"), 0);
    listener = listen_at_name();
    close(second);
    assert_false(is_up(&server));
    assert_int_equal(access("socket.lock", F_OK), -1);
    close(listener);
}

/* Started at once on a dead server's socket: one of them gets it, and keeps it. */
static void of_many_that_start_one_gets_it(void **state)
{
    struct server servers[STARTERS], *winner = NULL;

    (void)state;
    for (int round = 0; round < 3; round++) {
        unsigned up;

        start(&servers[0], NULL, NULL);
        assert_int_equal(end(&servers[0], SIGKILL), SIGKILL);
        for (unsigned i = 0; i < STARTERS; i++) {
            servers[i] = launch(NULL, NULL);
        }
        up = 0;
        for (unsigned i = 0; i < STARTERS; i++) {
            if (is_up(&servers[i])) {
                winner = &servers[i];
                up++;
            }
        }
        assert_int_equal(up, 1);
        close(greet_as(0));
        stop(winner);
    }
}

/* ---- names ---- */

/* By what it is told, a client that may not search the directory cannot find out what is in it. */
static void names_cannot_be_guessed(void **state)
{
    static const char *const options[] = {NULL, "--emulated"};
    struct server server;

    (void)state;
    if (!is_root()) {
        print_message("SKIPPED: to be two users takes root\n");
        skip();
    }
    for (size_t i = 0; i < 2; i++) {
        int client;

        assert_int_equal(chmod("files", 0700), 0);
        start(&server, options[i], NULL);
        client = greet_as(ALICE);
        expect_of(client, "public", STATUS_REFUSED);
        expect_of(client, "pipe", STATUS_REFUSED);
        expect_of(client, "link", STATUS_REFUSED);
        expect_of(client, "missing", STATUS_REFUSED);
        assert_int_equal(chmod("files", 0755), 0);
        expect_of(client, "public", STATUS_OK);
        expect_of(client, "private", STATUS_REFUSED);
        expect_of(client, "private-pipe", STATUS_REFUSED);
        expect_of(client, "pipe", STATUS_NOT_A_FILE);
        expect_of(client, "link", STATUS_NOT_A_FILE);
        expect_of(client, "missing", STATUS_NOT_FOUND);
        close(client);
        stop(&server);
    }
}

/* The client has not let the server look anything up in its name. */
static void identify_learns_no_name(void **state)
{
    static const char *const options[] = {"--emulated", NULL};
    struct server server;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int client;

        start(&server, options[i], NULL);
        client = connect_as(0);
        assert_int_equal(client_hello(client, GUISE_LEVEL_IDENTIFY), STATUS_OK);
        expect_of(client, "public", STATUS_REFUSED);
        expect_of(client, "missing", STATUS_REFUSED);
        expect_of(client, "pipe", STATUS_REFUSED);
        close(client);
        stop(&server);
    }
}

/* ---- what there is ---- */

static void make_file(const char *path, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(file >= 0);
    assert_int_equal(write(file, "text", 4), 4);
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
}

static int make_files(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(s_directory));
    assert_int_equal(chmod(s_directory, 0755), 0);
    assert_int_equal(chdir(s_directory), 0);
    (void)umask(022);
    assert_int_equal(mkdir("files", 0755), 0);
    make_file("files/public", 0644);
    make_file("files/private", 0600);
    make_file("files/slow", 0644);
    assert_int_equal(mkfifo("files/pipe", 0644), 0);
    assert_int_equal(mkfifo("files/private-pipe", 0600), 0);
    assert_int_equal(symlink("public", "files/link"), 0);
    return 0;
}

static int remove_files(void **state)
{
    static const char *const names[] = {
        "files/public",       "files/private", "files/slow",   "files/pipe",
        "files/private-pipe", "files/link",    "files/leased", "socket"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unlink(names[i]);
    }
    rmdir("files");
    return chdir("/") != 0 || rmdir(s_directory) != 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(one_user_has_so_many_connections, end_all),
        cmocka_unit_test_teardown(all_together_have_so_many_connections, end_all),
        cmocka_unit_test_teardown(hello_must_be_said_in_time, end_all),
        cmocka_unit_test_teardown(one_user_has_so_many_requests, end_all),
        cmocka_unit_test_teardown(slow_opens_hold_up_nobody_else, end_all),
        cmocka_unit_test_teardown(nor_do_they_through_a_ring, end_all),
        cmocka_unit_test_teardown(leaving_requests_behind_gains_nothing, end_all),
        cmocka_unit_test_teardown(a_request_that_does_not_end_is_left_behind, end_all),
        cmocka_unit_test_teardown(a_lease_is_not_waited_for, end_all),
        cmocka_unit_test_teardown(an_empty_packet_is_not_the_end, end_all),
        cmocka_unit_test_teardown(descriptors_are_not_taken, end_all),
        cmocka_unit_test_teardown(a_dead_servers_socket_is_replaced, end_all),
        cmocka_unit_test_teardown(a_living_servers_is_not, end_all),
        cmocka_unit_test_teardown(what_is_no_dead_server_is_not_replaced, end_all),
        cmocka_unit_test_teardown(a_successors_socket_stays, end_all),
        cmocka_unit_test_teardown(a_successors_socket_stays_while_the_first_drains, end_all),
        cmocka_unit_test_teardown(a_name_is_looked_at_under_its_lock, end_all),
        cmocka_unit_test_teardown(of_many_that_start_one_gets_it, end_all),
        cmocka_unit_test_teardown(names_cannot_be_guessed, end_all),
        cmocka_unit_test_teardown(identify_learns_no_name, end_all),
    };
    int failures;

    if (argc != 2) {
        fprintf(stderr, "usage: test_file_server FILE_SERVER\n");
        return 2;
    }
    s_program = realpath(argv[1], NULL);
    if (s_program == NULL) {
        return 2;
    }
    if (is_root() && setgroups(0, NULL) != 0) {
        return 77;
    }
    failures = cmocka_run_group_tests(tests, make_files, remove_files);
    free(s_program);
    return failures;
}
