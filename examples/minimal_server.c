/* SPDX-License-Identifier: MIT */
/*
 * minimal_server SOCKET DIR: sends files of DIR, each opened as the client that asks for it. A request
 * is one packet: a digit, the level that the client grants (3: impersonate), then a name. The reply is
 * one packet: "+" and up to 4095 bytes, or "-" and a reason. Clients take turns of 5 s at most.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <guise/guise.h>

struct request {
    int directory, client, file, error;
    char text[256];
};

/* Begin_: opens the file as the client, then signals. The kernel decides about the open. */
static guise_result begin_read(guise_call *call, void *arg)
{
    struct request *r = arg;
    guise_result result = guise_impersonate_client_at_least(GUISE_LEVEL_IMPERSONATE);

    if (result != GUISE_OK) {
        return result;
    }
    r->file = openat(r->directory, r->text + 1, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    r->error = errno;
    guise_revert_to_self(); /* if that were to fail, the process would end */
    return guise_call_signal(call);
}

/* The completion: runs once, as the server, however the call has ended. */
static void reply(guise_call *call, guise_result result, void *arg)
{
    struct request *r = arg;
    char packet[4096] = "+";
    ssize_t size = result >= 0 && r->file >= 0 ? read(r->file, packet + 1, sizeof packet - 1) : -1;

    (void)call;
    if (size < 0) {
        const char *reason = strerror(r->file < 0 ? r->error : errno);
        packet[0] = '-';
        size = snprintf(packet + 1, sizeof packet - 1, "%s",
                        result < 0 ? guise_result_name(result) : reason);
    }
    (void)send(r->client, packet, (size_t)size + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A client that sends anything else than a request is hung up. */
static void serve(struct request *r)
{
    guise_context *client = NULL;
    guise_call *call = NULL;

    if (recv(r->client, r->text, sizeof r->text - 1, 0) > 1 && strchr(r->text, '/') == NULL &&
        guise_context_from_peer(r->client, (guise_level)(r->text[0] - '0'), &client) == GUISE_OK &&
        guise_call_create(client, &call) == GUISE_OK &&
        guise_call_on_complete(call, reply, r) == GUISE_OK &&
        guise_call_dispatch(call, begin_read, r) != GUISE_OK) {
        guise_call_complete(call, GUISE_E_UNEXPECTED); /* no effect once begin_read has run */
    }
    guise_call_unref(call);
    guise_context_unref(client);
}

int main(int argc, char **argv)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int directory = argc == 3 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    snprintf(name.sun_path, sizeof name.sun_path, "%s", argc == 3 ? argv[1] : "");
    if (directory < 0 || bind(listener, (struct sockaddr *)&name, sizeof name) != 0 ||
        chmod(name.sun_path, 0666) != 0 || listen(listener, SOMAXCONN) != 0) {
        perror("usage: minimal_server SOCKET DIR");
        return EXIT_FAILURE;
    }
    if (guise_use_provider(guise_provider_linux()) != GUISE_OK) {
        fprintf(stderr, "minimal_server: the kernel cannot enforce: %s\n", guise_provider_reason());
        return EXIT_FAILURE;
    }
    puts("listening");
    fflush(stdout);
    for (;;) {
        struct request r = {directory, accept4(listener, NULL, NULL, SOCK_CLOEXEC), -1, 0, ""};
        setsockopt(r.client, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){5, 0},
                   sizeof(struct timeval));
        serve(&r);
        close(r.file);
        close(r.client);
    }
}
