/* SPDX-License-Identifier: MIT */
/*
 * ask [--as UID] SOCKET [TEXT]: a client of the shorter examples. Becomes the user UID with the gid of
 * the same number and the group 50100, connects, sends TEXT as one packet, and prints what it receives.
 * Without TEXT the socket is a stream, nothing is sent, and nothing is expected.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int become(const char *text)
{
    const gid_t group = 50100;
    unsigned id = (unsigned)strtoul(text, NULL, 10);

    return setgroups(1, &group) == 0 && setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0;
}

static int connect_to(const char *path, int type)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);

    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    return connect(fd, (const struct sockaddr *)&name, sizeof name) == 0 ? fd : -1;
}

int main(int argc, char **argv)
{
    char answer[8192];
    ssize_t size;
    int fd;

    if (argc > 2 && strcmp(argv[1], "--as") == 0) {
        if (!become(argv[2])) {
            perror("ask: cannot become this user");
            return EXIT_FAILURE;
        }
        argc -= 2;
        argv += 2;
    }
    fd = connect_to(argv[1], argc > 2 ? SOCK_SEQPACKET : SOCK_STREAM);
    if (fd < 0) {
        perror("ask: cannot connect");
        return EXIT_FAILURE;
    }
    if (argc <= 2) {
        return EXIT_SUCCESS;
    }
    if (send(fd, argv[2], strlen(argv[2]), MSG_NOSIGNAL) < 0) {
        perror("ask: cannot send");
        return EXIT_FAILURE;
    }
    size = recv(fd, answer, sizeof answer, 0);
    if (size > 0) {
        fwrite(answer, 1, (size_t)size, stdout);
    }
    return size > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
