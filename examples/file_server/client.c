/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(int fd, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = 30};

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0) {
        return -1;
    }
    return connect(fd, (const struct sockaddr *)&address, sizeof address);
}

int client_connect(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0 || connect_to(fd, path) == 0) {
        return fd;
    }
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* A server that turns a client away says so and hangs up, perhaps before the hello is sent or read:
 * sending fails then, or receiving does once, and the answer is there all the same. */
enum status client_hello(int socket, guise_level level)
{
    unsigned char hello[HELLO_MAGIC_SIZE + 1];
    size_t size = level == GUISE_LEVEL_DEFAULT ? HELLO_MAGIC_SIZE : sizeof hello;
    struct answer answer;

    memcpy(hello, HELLO_MAGIC, HELLO_MAGIC_SIZE);
    hello[HELLO_MAGIC_SIZE] = (unsigned char)level;
    (void)send(socket, hello, size, MSG_NOSIGNAL);
    if (!client_receive(socket, &answer) &&
        !(errno == ECONNRESET && client_receive(socket, &answer))) {
        return STATUS_FAILED;
    }
    return (enum status)answer.header.status;
}

bool client_ask(int socket, uint32_t id, const char *name, uint64_t offset)
{
    struct request_header header = {
        .id = id, .name_length = (uint32_t)strlen(name), .offset = offset};
    struct iovec parts[] = {{&header, sizeof header}, {(void *)(uintptr_t)name, strlen(name)}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)(sizeof header + strlen(name));
}

bool client_receive(int socket, struct answer *answer)
{
    struct iovec parts[] = {{&answer->header, sizeof answer->header},
                            {answer->data, sizeof answer->data}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t size;

    errno = 0;
    size = recvmsg(socket, &message, 0);
    return size >= (ssize_t)sizeof answer->header && (message.msg_flags & MSG_TRUNC) == 0 &&
           (size_t)size == sizeof answer->header + answer->header.length;
}

enum status client_copy(int socket, const char *name, FILE *out)
{
    struct answer answer;
    uint64_t offset = 0;

    do {
        if (!client_ask(socket, 1, name, offset) || !client_receive(socket, &answer)) {
            return STATUS_FAILED;
        }
        if (answer.header.status != STATUS_OK) {
            return (enum status)answer.header.status;
        }
        if (fwrite(answer.data, 1, answer.header.length, out) != answer.header.length) {
            return STATUS_FAILED;
        }
        offset += answer.header.length;
    } while (answer.header.length > 0 && offset < answer.header.file_size);
    return STATUS_OK;
}
