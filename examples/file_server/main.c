/* SPDX-License-Identifier: MIT */
/*
 * A file server that opens every file as the client that asks for it. Where to read what:
 *
 *   request.c     the life of a request: the part that has to do with Guise
 *   server.c      the event loop and the workers around it
 *   connection.c  one client's connection, shared by both
 *   protocol.h    what goes over the wire
 *   ring.c        opening files without becoming the client, if asked to (--uring)
 *   client.c      the other end of it
 *   demo.c        a server and its clients, played through; stage.c and report.c belong to it
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <guise/guise.h>

#include "client.h"
#include "demo.h"
#include "server.h"

static const char usage[] =
    "usage: file_server [--emulated]                       a server and clients, demonstrated\n"
    "       file_server [--emulated | --uring] --serve SOCKET DIR\n"
    "                                                      serve the files in DIR until SIGTERM\n"
    "       file_server [--identify] --get SOCKET FILE     ask a server for a file\n"
    "       file_server --help\n"
    "\n"
    "  --emulated   have the server check modes, even where the kernel could be asked\n"
    "  --uring      open through an io_uring that knows each client, without becoming it\n"
    "  --identify   let the server know who you are, but not act as you\n";

struct options {
    bool emulated;
    bool uring;
    bool identify;
    const char *mode; /* NULL: demonstrate */
    const char *socket;
    const char *path;
};

/*
 * The linux provider where this process may use it. Where it may not, that is said and the emulated
 * one is chosen by name: Guise itself never falls back. A server that runs as root without the
 * kernel's enforcement could open anything for anybody, so that needs to be asked for.
 */
static bool choose_provider(const struct options *options, bool *enforced)
{
    guise_result result =
        options->emulated ? GUISE_E_NOT_SUPPORTED : guise_use_provider(guise_provider_linux());

    *enforced = result == GUISE_OK;
    if (*enforced)
        return true;
    if (!options->emulated && options->mode != NULL && geteuid() == 0) {
        fprintf(stderr,
                "file_server: the kernel cannot enforce (%s); say --emulated to go without\n",
                guise_result_name(result));
        return false;
    }
    if (!options->emulated)
        fprintf(stderr,
                "The kernel cannot be asked to enforce anything here (%s: it takes root).\n"
                "The emulated provider is used instead.\n",
                guise_result_name(result));
    return guise_use_provider(guise_provider_emulated()) == GUISE_OK;
}

static int serve_until_stopped(const struct server_options *options, const char *path)
{
    struct server_report report;
    struct server *server = server_create(options);

    if (server == NULL)
        return EXIT_FAILURE;
    printf("listening on %s; %s\n", path,
           options->ring != NULL ? "the kernel decides, through a ring"
           : options->enforced   ? "the kernel decides"
                                 : "the server checks");
    fflush(stdout);
    server_run(server);
    server_destroy(server, &report);
    bool clean = server_report_clean(&report);
    printf("%llu connections, %llu calls, %llu packets turned down; %s\n",
           (unsigned long long)report.counts.connections,
           (unsigned long long)report.counts.requests, (unsigned long long)report.counts.rejected,
           clean ? "nothing left behind" : "SOMETHING LEFT BEHIND");
    return clean ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int serve_at(struct server_options *server, const char *path)
{
    server->listener = server_listen(path);
    if (server->listener < 0) {
        perror(path);
        return EXIT_FAILURE;
    }
    int status = serve_until_stopped(server, path);
    unlink(path);
    return status;
}

static int serve(const struct options *options, bool enforced)
{
    struct server_options server = {
        .directory = open(options->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .enforced = enforced,
    };

    if (server.directory < 0) {
        perror(options->path);
        return EXIT_FAILURE;
    }
    if (options->uring)
        server.ring = ring_create();
    int status = options->uring && server.ring == NULL ? EXIT_FAILURE
                                                       : serve_at(&server, options->socket);
    ring_destroy(server.ring);
    close(server.directory);
    return status;
}

static int get(const struct options *options)
{
    int socket = client_connect(options->socket);
    enum status status = STATUS_FAILED;

    if (socket < 0) {
        perror(options->socket);
        return EXIT_FAILURE;
    }
    if (client_hello(socket, options->identify ? GUISE_LEVEL_DEFAULT : GUISE_LEVEL_IMPERSONATE))
        status = client_copy(socket, options->path, stdout);
    close(socket);
    if (fflush(stdout) != 0)
        status = STATUS_FAILED;
    if (status != STATUS_OK)
        fprintf(stderr, "%s: %s\n", options->path, status_name(status));
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool parse_options(int argc, char **argv, struct options *out)
{
    int i = 1;

    for (; i < argc && out->mode == NULL; i++) {
        if (strcmp(argv[i], "--emulated") == 0)
            out->emulated = true;
        else if (strcmp(argv[i], "--uring") == 0)
            out->uring = true;
        else if (strcmp(argv[i], "--identify") == 0)
            out->identify = true;
        else if (strcmp(argv[i], "--serve") == 0 || strcmp(argv[i], "--get") == 0)
            out->mode = argv[i];
        else
            return false;
    }
    if (out->mode == NULL)
        return !out->identify && !out->uring;
    if (argc - i != 2 || (out->uring && (out->emulated || strcmp(out->mode, "--get") == 0)) || (out->emulated && strcmp(out->mode, "--get") == 0) ||
        (out->identify && strcmp(out->mode, "--serve") == 0))
        return false;
    out->socket = argv[i];
    out->path = argv[i + 1];
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.mode = NULL};
    bool enforced;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (!parse_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return 2;
    }
    if (options.mode != NULL && strcmp(options.mode, "--get") == 0)
        return get(&options);
    if (!choose_provider(&options, &enforced))
        return EXIT_FAILURE;
    return options.mode != NULL ? serve(&options, enforced) : demo_run(enforced);
}
