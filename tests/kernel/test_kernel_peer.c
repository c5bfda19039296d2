/* SPDX-License-Identifier: MIT */
/*
 * The peer of a connection: real connections of real processes, and descriptors that are no
 * connection.
 */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/kernel.h"

enum { ALICE = 50001, BOB = 50002, MANY = 100 };

/* ---- connections ----------------------------------------------------------------------------- */

static struct sockaddr_un s_address;
static int s_listener;

static int listen_at(int type, const char *path)
{
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    memset(&s_address, 0, sizeof s_address);
    s_address.sun_family = AF_UNIX;
    (void)snprintf(s_address.sun_path, sizeof s_address.sun_path, "%s", path);
    assert_true(fd >= 0);
    (void)unlink(path); /* of a test that failed */
    assert_int_equal(bind(fd, (struct sockaddr *)&s_address, sizeof s_address), 0);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

static void stop_listening(void)
{
    (void)unlink(s_address.sun_path);
    (void)close(s_listener);
}

static int connect_to_listener(int type)
{
    int fd = socket(AF_UNIX, type, 0);

    CHILD_CHECK(fd >= 0);
    CHILD_CHECK(connect(fd, (struct sockaddr *)&s_address, sizeof s_address) == 0);
    return fd;
}

struct person {
    int type;
    uid_t uid;
    gid_t gid;
    size_t group_count;
    gid_t groups[MANY];
};

static void become(const struct person *person)
{
    CHILD_CHECK(raw_setgroups(person->group_count, person->groups));
    CHILD_CHECK(raw_setresgid(person->gid, person->gid, person->gid));
    CHILD_CHECK(raw_setresuid(person->uid, person->uid, person->uid));
}

/* The puppet stays until it is told to go. */
static void call_in(struct puppet_end *end, void *arg)
{
    const struct person *person = arg;
    char go;

    become(person);
    (void)connect_to_listener(person->type);
    puppet_hear(end, &go, sizeof go);
}

static struct puppet s_puppet;

static int accept_from(const struct person *person)
{
    int fd;

    puppet_start(&s_puppet, call_in, (void *)(uintptr_t)person);
    fd = accept4(s_listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void hang_up(int fd)
{
    int status;

    (void)close(fd);
    puppet_tell(&s_puppet, "g", 1);
    status = puppet_finish(&s_puppet);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- the peer's identity --------------------------------------------------------------------- */

static int compare_gids(const void *left, const void *right)
{
    gid_t a = *(const gid_t *)left;
    gid_t b = *(const gid_t *)right;

    return (a > b) - (a < b);
}

static void assert_is(const guise_token *token, const struct person *person)
{
    gid_t expected[MANY + 1];
    size_t count = 0;
    const gid_t *groups = guise_token_groups(token, &count);

    memcpy(expected, person->groups, person->group_count * sizeof expected[0]);
    expected[person->group_count] = person->gid;
    qsort(expected, person->group_count + 1, sizeof expected[0], compare_gids);
    assert_int_equal(guise_token_uid(token), person->uid);
    assert_int_equal(guise_token_gid(token), person->gid);
    assert_int_equal(count, person->group_count + 1);
    assert_memory_equal(groups, expected, count * sizeof expected[0]);
}

static void assert_peer_is(int fd, const struct person *person)
{
    guise_context *context = NULL;
    const guise_blanket *blanket;

    errno = 4242;
    assert_ok(guise_context_from_peer(fd, GUISE_LEVEL_IMPERSONATE, &context));
    assert_int_equal(errno, 4242);
    assert_is(guise_context_token(context), person);
    assert_int_equal(guise_token_level(guise_context_token(context)), GUISE_LEVEL_IMPERSONATE);
    blanket = guise_context_blanket(context);
    assert_int_equal(blanket->authn_service, GUISE_AUTHN_SERVICE_KERNEL);
    assert_int_equal(blanket->authn_level, GUISE_AUTHN_LEVEL_CONNECT);
    guise_context_unref(context);
}

static void assert_caller_is_known(const struct person *person)
{
    int fd = accept_from(person);

    assert_peer_is(fd, person);
    hang_up(fd);
}

static struct person person_in(int type, size_t count)
{
    struct person person = {.type = type, .uid = ALICE, .gid = 50500, .group_count = count};

    /* The kernel sorts them; the primary gid is not among them. */
    for (size_t i = 0; i < count; i++) {
        person.groups[i] = (gid_t)(50600 + (count - i));
    }
    return person;
}

/* 0, 1 and 100 groups: the last does not fit the first time it is asked for. */
static void groups_of_any_number(void **state)
{
    const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
    const size_t counts[] = {0, 1, 63, 64, 65, MANY};

    (void)state;
    require_root();
    for (size_t type = 0; type < 2; type++) {
        s_listener = listen_at(types[type], kernel_path("socket"));
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            struct person person = person_in(types[type], counts[i]);

            assert_caller_is_known(&person);
        }
        stop_listening();
    }
}

static void assert_level(int fd, guise_level granted, guise_level expected)
{
    guise_context *context = NULL;

    assert_ok(guise_context_from_peer(fd, granted, &context));
    assert_int_equal(guise_token_level(guise_context_token(context)), expected);
    assert_int_equal(guise_context_blanket(context)->level, expected);
    guise_context_unref(context);
}

/* S-25: the lower of what the client granted and what the kernel proved. */
static void levels_are_the_lower(void **state)
{
    struct person person = person_in(SOCK_STREAM, 1);
    guise_context *context = TEST_POISON(guise_context);
    int fd;

    (void)state;
    require_root();
    s_listener = listen_at(SOCK_STREAM, kernel_path("socket"));
    fd = accept_from(&person);
    assert_level(fd, GUISE_LEVEL_DEFAULT, GUISE_LEVEL_IDENTIFY);
    assert_level(fd, GUISE_LEVEL_ANONYMOUS, GUISE_LEVEL_ANONYMOUS);
    assert_level(fd, GUISE_LEVEL_IDENTIFY, GUISE_LEVEL_IDENTIFY);
    assert_level(fd, GUISE_LEVEL_IMPERSONATE, GUISE_LEVEL_IMPERSONATE);
    assert_level(fd, GUISE_LEVEL_DELEGATE, GUISE_LEVEL_IMPERSONATE);
    assert_result(guise_context_from_peer(fd, (guise_level)5, &context), GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
    assert_result(guise_context_from_peer(fd, GUISE_LEVEL_DEFAULT, NULL), GUISE_E_INVALID_ARGUMENT);
    hang_up(fd);
    stop_listening();
}

/* ---- the identity at the time of the connect ------------------------------------------------- */

static void connect_and_change(struct puppet_end *end, void *arg)
{
    const struct person *person = arg;
    char go;
    int fd;

    CHILD_CHECK(raw_setgroups(person->group_count, person->groups));
    CHILD_CHECK(raw_setresgid(person->gid, person->gid, person->gid));
    CHILD_CHECK(raw_setresuid((uid_t)-1, person->uid, (uid_t)-1));
    fd = connect_to_listener(SOCK_STREAM);
    CHILD_CHECK(raw_setresuid((uid_t)-1, 0, (uid_t)-1));
    CHILD_CHECK(raw_setresgid(BOB, BOB, BOB) && raw_setgroups(0, NULL));
    CHILD_CHECK(raw_setresuid(BOB, BOB, BOB));
    CHILD_CHECK(write(fd, "x", 1) == 1);
    puppet_hear(end, &go, sizeof go);
}

/* The puppet connects as person, and sends a byte once it is another user. */
static void assert_peer_after_a_byte(puppet_fn *puppet, struct person person)
{
    char byte;
    int fd;

    s_listener = listen_at(SOCK_STREAM, kernel_path("socket"));
    puppet_start(&s_puppet, puppet, &person);
    fd = accept4(s_listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_peer_is(fd, &person);
    hang_up(fd);
    stop_listening();
}

/* The identity is that of the connect, even if the process has changed since. */
static void identity_is_of_the_connect(void **state)
{
    (void)state;
    require_root();
    assert_peer_after_a_byte(connect_and_change, person_in(SOCK_STREAM, 3));
}

union passing {
    char room[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static void pass(int through, int fd)
{
    union passing control = {{0}};
    char byte = 'p';
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    CHILD_CHECK(sendmsg(through, &message, 0) == 1);
}

static int take(int through)
{
    union passing control = {{0}};
    char byte;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    int fd = -1;

    CHILD_CHECK(recvmsg(through, &message, 0) == 1);
    CHILD_CHECK(CMSG_FIRSTHDR(&message) != NULL);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

/* bob talks on the connection that alice made, after alice has gone. */
static void pass_the_connection_on(struct puppet_end *end, void *arg)
{
    struct person bob = {.uid = BOB, .gid = BOB};
    int pair[2], status = -1, fd;
    pid_t alice;
    char go;

    CHILD_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    alice = fork();
    CHILD_CHECK(alice >= 0);
    if (alice == 0) {
        become(arg);
        pass(pair[0], connect_to_listener(SOCK_STREAM));
        _exit(0);
    }
    become(&bob);
    fd = take(pair[1]);
    CHILD_CHECK(waitpid(alice, &status, 0) == alice && status == 0);
    CHILD_CHECK(write(fd, "x", 1) == 1);
    puppet_hear(end, &go, sizeof go);
}

static void passed_socket_keeps_its_connector(void **state)
{
    (void)state;
    require_root();
    assert_peer_after_a_byte(pass_the_connection_on, person_in(SOCK_STREAM, 2));
}

/* ---- peers without one identity -------------------------------------------------------------- */

static void assert_refused(int fd, guise_result expected)
{
    guise_context *context = TEST_POISON(guise_context);

    errno = 4242;
    assert_result(guise_context_from_peer(fd, GUISE_LEVEL_IMPERSONATE, &context), expected);
    assert_int_equal(errno, 4242);
    assert_null(context);
}

/* I-11: this user namespace gives every user an id, so the overflow ids are a user's and a group's. */
static void overflow_ids_are_users(void **state)
{
    struct person person = person_in(SOCK_STREAM, 1);
    uid_t overflow_uid = overflow_id("/proc/sys/kernel/overflowuid");
    gid_t overflow_gid = overflow_id("/proc/sys/kernel/overflowgid");

    (void)state;
    require_root();
    s_listener = listen_at(SOCK_STREAM, kernel_path("socket"));
    assert_caller_is_known(&person);
    person.uid = overflow_uid;
    assert_caller_is_known(&person);
    person.uid = ALICE;
    person.gid = overflow_gid;
    assert_caller_is_known(&person);
    person.gid = ALICE;
    person.groups[0] = overflow_gid;
    assert_caller_is_known(&person);
    stop_listening();
}

/* ---- what is no connection ------------------------------------------------------------------- */

static void socketpairs_are_refused(void **state)
{
    const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, types[i], 0, pair), 0);
        assert_refused(pair[0], GUISE_E_ACCESS_DENIED);
        assert_refused(pair[1], GUISE_E_ACCESS_DENIED);
        (void)close(pair[0]);
        (void)close(pair[1]);
    }
}

static void listening_and_unconnected_are_refused(void **state)
{
    int unconnected = socket(AF_UNIX, SOCK_STREAM, 0);
    int bound = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un here = {.sun_family = AF_UNIX};

    (void)state;
    require_root();
    s_listener = listen_at(SOCK_STREAM, kernel_path("socket"));
    assert_refused(s_listener, GUISE_E_ACCESS_DENIED);
    assert_refused(unconnected, GUISE_E_ACCESS_DENIED);
    /* The kernel gives it an abstract name. */
    assert_int_equal(bind(bound, (struct sockaddr *)&here, sizeof here.sun_family), 0);
    assert_refused(bound, GUISE_E_ACCESS_DENIED);
    (void)close(unconnected);
    (void)close(bound);
    stop_listening();
}

/* The client's own end was never accepted. */
static void connecting_end_is_refused(void **state)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    require_root();
    s_listener = listen_at(SOCK_STREAM, kernel_path("socket"));
    assert_int_equal(connect(fd, (struct sockaddr *)&s_address, sizeof s_address), 0);
    assert_refused(fd, GUISE_E_ACCESS_DENIED);
    (void)close(fd);
    stop_listening();
}

static void other_families_are_refused(void **state)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t size = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    int accepted;

    (void)state;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof here) != 0) {
        print_message("SKIPPED: no loopback network here\n");
        skip();
    }
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&here, &size), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&here, sizeof here), 0);
    accepted = accept(listener, NULL, NULL);
    assert_true(accepted >= 0);
    assert_refused(accepted, GUISE_E_ACCESS_DENIED);
    assert_refused(client, GUISE_E_ACCESS_DENIED);
    assert_refused(listener, GUISE_E_ACCESS_DENIED);
    (void)close(accepted);
    (void)close(client);
    (void)close(listener);
}

static void datagrams_are_refused(void **state)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX};
    int one = socket(AF_UNIX, SOCK_DGRAM, 0);
    int other = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t size = sizeof here;

    (void)state;
    assert_int_equal(bind(one, (struct sockaddr *)&here, sizeof here.sun_family), 0);
    assert_int_equal(bind(other, (struct sockaddr *)&here, sizeof here.sun_family), 0);
    assert_int_equal(getsockname(one, (struct sockaddr *)&here, &size), 0);
    assert_int_equal(connect(other, (struct sockaddr *)&here, size), 0);
    assert_refused(one, GUISE_E_ACCESS_DENIED);
    assert_refused(other, GUISE_E_ACCESS_DENIED);
    (void)close(one);
    (void)close(other);
}

static void what_is_no_socket_is_an_argument_error(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_refused(fds[0], GUISE_E_INVALID_ARGUMENT);
    assert_refused(fds[1], GUISE_E_INVALID_ARGUMENT);
    (void)close(fds[0]);
    (void)close(fds[1]);
    assert_refused(fds[0], GUISE_E_INVALID_ARGUMENT);
    assert_refused(-1, GUISE_E_INVALID_ARGUMENT);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static int make_directory(void **state)
{
    return geteuid() != 0 ? 0 : kernel_dir_make(state);
}

static int remove_directory(void **state)
{
    if (geteuid() != 0) {
        return 0;
    }
    (void)unlink(kernel_path("socket"));
    return kernel_dir_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_of_any_number),
        cmocka_unit_test(levels_are_the_lower),
        cmocka_unit_test(identity_is_of_the_connect),
        cmocka_unit_test(passed_socket_keeps_its_connector),
        cmocka_unit_test(overflow_ids_are_users),
        cmocka_unit_test(socketpairs_are_refused),
        cmocka_unit_test(listening_and_unconnected_are_refused),
        cmocka_unit_test(connecting_end_is_refused),
        cmocka_unit_test(other_families_are_refused),
        cmocka_unit_test(datagrams_are_refused),
        cmocka_unit_test(what_is_no_socket_is_an_argument_error),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
