/* SPDX-License-Identifier: MIT */
/* Peers of this process's own uid, so that it needs no privilege. What the kernel does not tell
 * everywhere is asked of the leaf that knows (auth/peercred.h), and checked against what this process
 * knows of itself. */
#define _DEFAULT_SOURCE
#include "support/kept.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "identity/context.h"
#include "identity/peercred.h"
#include "identity/token.h"
#include "port/port.h"
#include "support/child.h"
#include "support/connection.h"
#include "support/groups.h"

static struct connection connect_self(int type)
{
    struct connection connection;

    assert_true(connection_open(&connection, type));
    return connection;
}

static bool knows_groups(int socket)
{
    struct guise__peer peer;

    assert_ok(guise__peer_ask(socket, &peer));
    guise__free(peer.groups);
    return peer.knows_groups;
}

static guise_context *make(int socket, guise_level granted)
{
    guise_context *context = NULL;

    assert_kept_ok(guise_context_from_peer(socket, granted, &context));
    assert_non_null(context);
    assert_int_equal(atomic_load(&context->refs), 1);
    assert_int_equal(atomic_load(&context->token->refs), 1);
    return context;
}

static void assert_refused(int socket, guise_result expected)
{
    static const guise_level levels[] = {GUISE_LEVEL_DEFAULT, GUISE_LEVEL_IDENTIFY,
                                         GUISE_LEVEL_IMPERSONATE};

    for (size_t i = 0; i < 3; i++) {
        guise_context *context = TEST_POISON(guise_context);

        assert_kept(guise_context_from_peer(socket, levels[i], &context), expected);
        assert_null(context);
    }
}

/* ---- who it is ------------------------------------------------------------------------------------------ */

static void assert_says_its_uid(const guise_context *context)
{
    const guise_identity *said = guise_context_identity(context);
    uid_t uid = guise_token_uid(guise_context_token(context));

    assert_string_equal(said->mechanism, "peercred");
    assert_int_equal(said->key_size, sizeof uid);
    assert_memory_equal(said->key, &uid, sizeof uid);
    assert_int_equal(guise_context_valid_until(context), 0);
}

static void assert_blanket(const guise_context *context, guise_level level)
{
    const guise_blanket *blanket = guise_context_blanket(context);

    assert_int_equal(blanket->size, sizeof *blanket);
    assert_int_equal(blanket->authn_service, GUISE_AUTHN_SERVICE_KERNEL);
    assert_int_equal(blanket->authz_service, GUISE_AUTHZ_SERVICE_NONE);
    assert_int_equal(blanket->authn_level, GUISE_AUTHN_LEVEL_CONNECT);
    assert_int_equal(blanket->level, level);
    assert_int_equal(blanket->capabilities, 0);
    assert_null(blanket->server_principal);
    assert_int_equal(guise_token_level(guise_context_token(context)), level);
    assert_says_its_uid(context);
}

static void test_peer_is_who_connected(void **state)
{
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct connection connection = connect_self(types[i]);
        guise_context *context = make(connection.accepted, GUISE_LEVEL_IDENTIFY);
        char name[32];

        (void)snprintf(name, sizeof name, "uid %lu", (unsigned long)geteuid());
        assert_string_equal(guise_token_name(guise_context_token(context)), name);
        assert_int_equal(guise_token_uid(guise_context_token(context)), geteuid());
        assert_int_equal(guise_token_gid(guise_context_token(context)), getegid());
        assert_blanket(context, GUISE_LEVEL_IDENTIFY);
        guise_context_unref(context);
        connection_close(&connection);
    }
}

/* S-25: the lower of what was granted and what the kernel proved; DEFAULT is IDENTIFY. */
static void test_level_is_the_lower_of_granted_and_proved(void **state)
{
    struct connection connection = connect_self(SOCK_STREAM);
    guise_level proved =
        knows_groups(connection.accepted) ? GUISE_LEVEL_IMPERSONATE : GUISE_LEVEL_IDENTIFY;
    const guise_level expected[] = {GUISE_LEVEL_IDENTIFY, GUISE_LEVEL_ANONYMOUS,
                                    GUISE_LEVEL_IDENTIFY, proved, proved};

    (void)state;
    for (int granted = 0; granted <= 4; granted++) {
        guise_context *context = make(connection.accepted, (guise_level)granted);

        assert_blanket(context, expected[granted]);
        guise_context_unref(context);
    }
    connection_close(&connection);
}

/* uid, gid and groups come together. */
static void test_groups_are_the_peers(void **state)
{
    struct connection connection = connect_self(SOCK_STREAM);
    guise_context *context = make(connection.accepted, GUISE_LEVEL_IMPERSONATE);
    const guise_token *token = guise_context_token(context);
    int count = knows_groups(connection.accepted) ? getgroups(0, NULL) : 0;
    guise_token_desc desc = {
        .size = sizeof desc, .uid = 1, .gid = getegid(), .level = GUISE_LEVEL_IDENTIFY};
    gid_t *own = calloc((size_t)count + 1, sizeof *own);
    guise_token *like;

    (void)state;
    assert_non_null(own);
    assert_int_equal(getgroups(count, own), count);
    desc.groups = own;
    desc.group_count = (size_t)count;
    assert_ok(guise_token_create(&desc, &like)); /* sorted as tokens are */
    assert_int_equal(token->group_count, like->group_count);
    assert_memory_equal(token->groups, like->groups, like->group_count * sizeof(gid_t));
    guise_token_unref(like);
    free(own);
    guise_context_unref(context);
    connection_close(&connection);
}

/* As it was when it connected: neither end's later life changes that. */
static void test_peer_that_left_is_still_known(void **state)
{
    struct connection connection = connect_self(SOCK_STREAM);
    guise_context *context;

    (void)state;
    assert_int_equal(close(connection.client), 0);
    connection.client = -1;
    context = make(connection.accepted, GUISE_LEVEL_IDENTIFY);
    assert_int_equal(guise_token_uid(guise_context_token(context)), geteuid());
    guise_context_unref(context);
    connection_close(&connection);
}

/* A connection from another process, which is gone by the time it is asked. */
static void connect_and_exit(const struct sockaddr_un *address, socklen_t length)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    test_exit_child(connect(fd, (const struct sockaddr *)address, length) == 0 ? 0 : 1);
}

static void test_peer_in_another_process(void **state)
{
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    guise_context *context;
    int status, fd, listener = socket(AF_UNIX, SOCK_STREAM, 0);
    char directory[] = "/tmp/guise-XXXXXX";
    pid_t child;

    (void)state;
    test_watchdog(20);
    assert_non_null(mkdtemp(directory));
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/s", directory);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        connect_and_exit(&address, length);
    }
    assert_true(waitpid(child, &status, 0) == child && status == 0);
    assert_int_equal(unlink(address.sun_path), 0);
    assert_int_equal(rmdir(directory), 0);
    fd = accept(listener, NULL, NULL);
    context = make(fd, GUISE_LEVEL_IDENTIFY);
    assert_int_equal(guise_token_uid(guise_context_token(context)), geteuid());
    guise_context_unref(context);
    assert_int_equal(close(fd), 0);
    assert_int_equal(close(listener), 0);
}

/* The socket is only asked: what waits in it is still there, and it is as it was. */
static void test_socket_is_left_alone(void **state)
{
    struct connection connection = connect_self(SOCK_STREAM);
    guise_context *context;
    char text[8] = {0};

    (void)state;
    assert_int_equal(write(connection.client, "hello", 5), 5);
    assert_int_equal(fcntl(connection.accepted, F_SETFL, O_NONBLOCK), 0);
    context = make(connection.accepted, GUISE_LEVEL_IDENTIFY);
    assert_int_equal(fcntl(connection.accepted, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(read(connection.accepted, text, sizeof text), 5);
    assert_string_equal(text, "hello");
    assert_int_equal(close(connection.accepted), 0);
    connection.accepted = -1;
    assert_int_equal(guise_token_uid(guise_context_token(context)),
                     geteuid()); /* nothing is kept */
    guise_context_unref(context);
    connection_close(&connection);
}

#ifdef __linux__
/* Names in no file system are Linux's alone: its own leaf takes them for names. */
static void test_abstract_listener(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    int accepted;

    (void)state;
    (void)snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "guise-test-%ld",
                   (long)getpid());
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    accepted = accept(listener, NULL, NULL);
    if (knows_groups(accepted)) {
        guise_context_unref(make(accepted, GUISE_LEVEL_IMPERSONATE));
    } else {
        assert_refused(accepted, GUISE_E_ACCESS_DENIED);
    }
    assert_int_equal(close(accepted), 0);
    assert_int_equal(close(client), 0);
    assert_int_equal(close(listener), 0);
}
#else
static void test_abstract_listener(void **state)
{
    (void)state;
    print_message("SKIPPED: only Linux has abstract names\n");
    skip();
}
#endif

/* ---- refused identities: as root, a peer with other ids ---------------------------------------------------- */

enum { OTHER_UID = 54321, OTHER_GID = 54322, MANY_GROUPS = 200 };

/* Connects as one user, then becomes a third one, which must not be seen. */
static void become_other(const gid_t *groups, size_t count)
{
    CHILD_CHECK(set_groups(count, groups));
    CHILD_CHECK(setegid(OTHER_GID) == 0 && seteuid(OTHER_UID) == 0);
}

static void be_self_again(void)
{
    CHILD_CHECK(seteuid(0) == 0 && setegid(0) == 0 && set_groups(0, NULL));
}

static void check_other(int socket, const gid_t *groups, size_t count)
{
    bool knows = knows_groups(socket);
    guise_context *context = NULL;
    const guise_token *token;

    CHILD_CHECK_KEPT(guise_context_from_peer(socket, GUISE_LEVEL_IMPERSONATE, &context), GUISE_OK);
    token = guise_context_token(context);
    CHILD_CHECK(guise_token_uid(token) == OTHER_UID && guise_token_gid(token) == OTHER_GID);
    CHILD_CHECK(guise_token_level(token) ==
                (knows ? GUISE_LEVEL_IMPERSONATE : GUISE_LEVEL_IDENTIFY));
    CHILD_CHECK(token->group_count == (knows ? count : 0) + 1);
    CHILD_CHECK(!knows || memcmp(token->groups, groups, count * sizeof *groups) == 0);
    CHILD_CHECK(token->groups[token->group_count - 1] == OTHER_GID);
    guise_context_unref(context);
}

static void peer_with_other_ids(void *arg)
{
    size_t count = *(const size_t *)arg;
    struct connection connection;
    gid_t groups[MANY_GROUPS];

    for (size_t i = 0; i < count; i++) {
        groups[i] = (gid_t)(1000 + i); /* all below OTHER_GID */
    }
    become_other(groups, count);
    CHILD_CHECK(connection_open(&connection, SOCK_SEQPACKET));
    be_self_again();
    check_other(connection.accepted, groups, count);
    connection_close(&connection);
}

static void test_peer_of_another_uid(void **state)
{
    static const size_t counts[] = {0, 1, 63, 64, 65, MANY_GROUPS};

    (void)state;
    require_root();
    test_watchdog(20);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        size_t count = counts[i];

        assert_child_passes(peer_with_other_ids, &count);
    }
}

/* I-11: where every user has an id, 65534 is a user like others. */
static void peer_with_overflow_id(void *arg)
{
    guise_context *context = TEST_POISON(guise_context);
    struct connection connection;

    (void)arg;
    CHILD_CHECK(seteuid(65534) == 0);
    CHILD_CHECK(connection_open(&connection, SOCK_STREAM));
    CHILD_CHECK(seteuid(0) == 0);
    CHILD_CHECK_KEPT(guise_context_from_peer(connection.accepted, GUISE_LEVEL_IDENTIFY, &context),
                     GUISE_OK);
    CHILD_CHECK(guise_token_uid(guise_context_token(context)) == 65534);
    guise_context_unref(context);
    connection_close(&connection);
}

static void test_peer_with_the_overflow_id_is_a_user(void **state)
{
    (void)state;
    require_root();
    test_watchdog(20);
    assert_child_passes(peer_with_overflow_id, NULL);
}

/* I-01 */
static void peer_without_a_provider(void *arg)
{
    guise_context *context = TEST_POISON(guise_context);
    struct connection connection;

    (void)arg;
    CHILD_CHECK(connection_open(&connection, SOCK_STREAM));
    CHILD_CHECK_KEPT(guise_context_from_peer(connection.accepted, GUISE_LEVEL_IDENTIFY, &context),
                     GUISE_E_NO_PROVIDER);
    CHILD_CHECK(context == NULL);
    connection_close(&connection);
}

static void test_peer_without_a_provider(void **state)
{
    (void)state;
    assert_child_passes(peer_without_a_provider, NULL);
}

/* ---- a kernel that does not say how many groups there are -------------------------------------------------- */

#if defined(__linux__)

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

static bool s_refuses;      /* ERANGE, always */
static socklen_t s_further; /* and so much more is asked for each time */
static unsigned s_asked;

/* In place of libc's. */
int getsockopt(int socket, int level, int name, void *restrict value, socklen_t *restrict length)
{
    if (s_refuses && level == SOL_SOCKET && name == SO_PEERGROUPS) {
        s_asked++;
        *length += s_further;
        errno = ERANGE;
        return -1;
    }
    return (int)syscall(SYS_getsockopt, socket, level, name, value, length);
}

static void assert_ends_without_groups(socklen_t further, unsigned at_most)
{
    struct connection connection = connect_self(SOCK_STREAM);
    guise_context *context;

    s_asked = 0;
    s_further = further;
    s_refuses = true;
    context = make(connection.accepted, GUISE_LEVEL_IMPERSONATE);
    s_refuses = false;
    assert_int_equal(guise_token_level(guise_context_token(context)), GUISE_LEVEL_IDENTIFY);
    assert_true(s_asked <= at_most);
    guise_context_unref(context);
    connection_close(&connection);
}

/* It is not asked for ever, whether it asks for no more room or always for more. */
static void test_groups_that_cannot_be_had(void **state)
{
    (void)state;
    test_watchdog(20);
    assert_ends_without_groups(0, 1);
    assert_ends_without_groups((socklen_t)-4, 1);
    assert_ends_without_groups(4096, 65);
}

#else
static void test_groups_that_cannot_be_had(void **state)
{
    (void)state;
    print_message("SKIPPED: only Linux has SO_PEERGROUPS\n");
    skip();
}
#endif

/* ---- what is no peer --------------------------------------------------------------------------------------- */

static void test_arguments(void **state)
{
    struct connection connection = connect_self(SOCK_STREAM);
    guise_context *context = TEST_POISON(guise_context);

    (void)state;
    assert_kept(guise_context_from_peer(connection.accepted, GUISE_LEVEL_IDENTIFY, NULL),
                GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_context_from_peer(connection.accepted, (guise_level)5, &context),
                GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
    context = TEST_POISON(guise_context);
    assert_kept(guise_context_from_peer(connection.accepted, (guise_level)-1, &context),
                GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
    connection_close(&connection);
}

static void test_what_is_no_socket(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_refused(fds[0], GUISE_E_INVALID_ARGUMENT);
    assert_refused(fds[1], GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
    assert_refused(fds[0], GUISE_E_INVALID_ARGUMENT);
    assert_refused(-1, GUISE_E_INVALID_ARGUMENT);
}

/* A socketpair gives the identity of its creator, whichever process holds the other end. */
static void test_socketpair_is_refused(void **state)
{
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        int fds[2];

        assert_int_equal(socketpair(AF_UNIX, types[i], 0, fds), 0);
        assert_refused(fds[0], GUISE_E_ACCESS_DENIED);
        assert_refused(fds[1], GUISE_E_ACCESS_DENIED);
        assert_int_equal(close(fds[0]), 0);
        assert_int_equal(close(fds[1]), 0);
    }
}

static void test_listener_and_client_end_are_refused(void **state)
{
    struct connection connection = connect_self(SOCK_STREAM);

    (void)state;
    assert_refused(connection.listener, GUISE_E_ACCESS_DENIED);
    assert_refused(connection.client, GUISE_E_ACCESS_DENIED);
    connection_close(&connection);
}

/* It has a name, as an accepted socket has, but no peer connected. */
static int bind_only(int type, char *directory)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);

    assert_non_null(mkdtemp(directory));
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/s", directory);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    if (type == SOCK_DGRAM) { /* with itself: connected, and named */
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    }
    assert_int_equal(unlink(address.sun_path), 0);
    assert_int_equal(rmdir(directory), 0);
    return fd;
}

static void test_unconnected_and_datagram_are_refused(void **state)
{
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char directory[] = "/tmp/guise-XXXXXX";
        int fd = bind_only(types[i], directory), unnamed = socket(AF_UNIX, types[i], 0);

        assert_refused(fd, GUISE_E_ACCESS_DENIED);
        assert_refused(unnamed, GUISE_E_ACCESS_DENIED);
        assert_int_equal(close(fd), 0);
        assert_int_equal(close(unnamed), 0);
    }
}

static bool connect_by_ip(int listener, int client)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 1) == 0 &&
           getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
           connect(client, (struct sockaddr *)&address, length) == 0;
}

static void test_other_families_are_refused(void **state)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    int accepted;

    (void)state;
    if (listener < 0 || client < 0) {
        print_message("SKIPPED: no IPv4 here\n");
        skip();
    }
    assert_refused(client, GUISE_E_ACCESS_DENIED);
    if (connect_by_ip(listener, client)) {
        accepted = accept(listener, NULL, NULL);
        assert_refused(accepted, GUISE_E_ACCESS_DENIED);
        assert_refused(client, GUISE_E_ACCESS_DENIED);
        assert_int_equal(close(accepted), 0);
    }
    assert_refused(listener, GUISE_E_ACCESS_DENIED);
    assert_int_equal(close(listener), 0);
    assert_int_equal(close(client), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peer_is_who_connected),
        cmocka_unit_test(test_level_is_the_lower_of_granted_and_proved),
        cmocka_unit_test(test_groups_are_the_peers),
        cmocka_unit_test(test_peer_that_left_is_still_known),
        cmocka_unit_test(test_peer_in_another_process),
        cmocka_unit_test(test_socket_is_left_alone),
        cmocka_unit_test(test_abstract_listener),
        cmocka_unit_test(test_peer_of_another_uid),
        cmocka_unit_test(test_peer_with_the_overflow_id_is_a_user),
        cmocka_unit_test(test_groups_that_cannot_be_had),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_what_is_no_socket),
        cmocka_unit_test(test_socketpair_is_refused),
        cmocka_unit_test(test_listener_and_client_end_are_refused),
        cmocka_unit_test(test_unconnected_and_datagram_are_refused),
        cmocka_unit_test(test_other_families_are_refused),
    };

    const struct CMUnitTest choosing[] = {cmocka_unit_test(test_peer_without_a_provider)};
    int failed = cmocka_run_group_tests_name("peer and the choice", choosing, NULL, NULL);

    test_use_emulated();
    return failed + cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
