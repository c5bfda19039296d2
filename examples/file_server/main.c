/* SPDX-License-Identifier: MIT */
/*
 * A file server that opens every file as the client that asks for it. The files:
 *
 *   request.c     the life of a request: the part that has to do with Guise
 *   server.c      the event loop and the workers around it; queue.h is what is between them
 *   connection.c  one client's connection, shared by both
 *   users.h       what one user may have of the server
 *   listener.c    the socket that clients connect to, and its name
 *   protocol.h    what goes over the wire
 *   ring.c        opening files without becoming the client, if asked to (--uring)
 *   client.c      the client (--get)
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <guise/guise.h>

#include "client.h"
#include "server.h"

#define COUNT_MAX 4096u   /* of any option that counts connections or requests */
#define SECONDS_MAX 3600u /* to say hello */

enum mode { NOTHING, SERVE, GET, HELP };

struct options {
    bool emulated;
    bool uring;
    bool identify;
    bool limited; /* one of the limits was given */
    enum mode mode;
    struct limits limits;
    const char *socket;
    const char *path;
};

static void print_usage(FILE *out)
{
    const struct limits limits = LIMITS_DEFAULT;

    fputs(
        "usage: file_server [OPTION...] --serve SOCKET DIR\n"
        "                                                 serve the files in DIR until SIGTERM\n"
        "       file_server [--identify] --get SOCKET FILE\n"
        "                                                 ask a server for a file\n"
        "       file_server --help\n"
        "\n"
        "To have the kernel decide what a client may read, the server needs two capabilities,\n"
        "CAP_SETUID and CAP_SETGID; root has them. Without, it looks at the files' modes itself.\n"
        "\n"
        "  --emulated   have the server check modes, even where the kernel could be asked\n"
        "  --uring      open through an io_uring that knows each client, without becoming it\n"
        "  --identify   let the server know who you are, but not act as you\n"
        "\n"
        "What the server has for its clients:\n",
        out);
    fprintf(out,
            "  --connections N        for all of them together (%u), each with a thread\n"
            "  --user-connections N   for each user (%u)\n"
            "  --user-requests N      unanswered, for each user (%u); %u for each connection\n"
            "  --hello-seconds N      for a client to say hello in, then it is hung up (%u)\n",
            limits.connections, limits.user_connections, limits.user_requests, IN_FLIGHT_LIMIT,
            limits.hello_seconds);
}

/*
 * The linux provider where this process may use it. Where it may not, that is said and the emulated
 * one is chosen by name: Guise itself never falls back. A server that runs as root without the
 * kernel's enforcement could open any file for any client, so that has to be asked for.
 */
static bool choose_provider(const struct options *options, bool *enforced)
{
    guise_result result =
        options->emulated ? GUISE_E_NOT_SUPPORTED : guise_use_provider(guise_provider_linux());

    *enforced = result == GUISE_OK;
    if (*enforced) {
        return true;
    }
    if (!options->emulated && geteuid() == 0) {
        fprintf(stderr,
                "file_server: the kernel cannot enforce: %s\n"
                "file_server: say --emulated to go without\n",
                guise_provider_reason());
        return false;
    }
    if (!options->emulated) {
        fprintf(stderr,
                "The kernel cannot be asked to enforce anything here: %s.\n"
                "%sThe emulated provider is used.\n\n",
                guise_provider_reason(),
                result == GUISE_E_ACCESS_DENIED
                    ? "It takes CAP_SETUID and CAP_SETGID, which root has. "
                    : "");
    }
    return guise_use_provider(guise_provider_emulated()) == GUISE_OK;
}

/* Without what exit() runs: a worker is still in its request, and uses what that would take away. */
static _Noreturn void leave_at_once(void)
{
    fprintf(stderr, "file_server: a request did not end in time, and is left behind\n");
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

static int serve_until_stopped(const struct server_options *options, const char *path)
{
    struct server *server = server_create(options);

    if (server == NULL) {
        return EXIT_FAILURE;
    }
    printf("listening on %s; %s\n", path,
           options->uring      ? "the kernel decides, through a ring"
           : options->enforced ? "the kernel decides"
                               : "the server checks");
    fflush(stdout);
    server_run(server);
    if (!server_destroy(server)) {
        leave_at_once();
    }
    printf("stopped\n");
    return EXIT_SUCCESS;
}

static int serve_at(struct server_options *server, const char *path)
{
    struct listener listener;

    if (!listener_open(&listener, path, server->limits.connections)) {
        perror(path);
        return EXIT_FAILURE;
    }
    server->listener = &listener;
    return serve_until_stopped(server, path);
}

static int serve(const struct options *options, bool enforced)
{
    struct server_options server = {
        .directory = open(options->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .enforced = enforced,
        .uring = options->uring,
        .limits = options->limits,
    };
    int status;

    if (server.directory < 0) {
        perror(options->path);
        return EXIT_FAILURE;
    }
    status = serve_at(&server, options->socket);
    close(server.directory);
    return status;
}

static int get(const struct options *options)
{
    int socket = client_connect(options->socket);
    enum status status;

    if (socket < 0) {
        perror(options->socket);
        return EXIT_FAILURE;
    }
    status =
        client_hello(socket, options->identify ? GUISE_LEVEL_DEFAULT : GUISE_LEVEL_IMPERSONATE);
    if (status == STATUS_OK) {
        status = client_copy(socket, options->path, stdout);
    }
    close(socket);
    if (fflush(stdout) != 0) {
        status = STATUS_FAILED;
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: %s\n", options->path, status_name(status));
    }
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Decimal digits and nothing else. */
static bool parse_number(const char *text, unsigned max, unsigned *out)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 9 || text[digits] != '\0') {
        return false;
    }
    *out = (unsigned)strtoul(text, NULL, 10);
    return *out >= 1 && *out <= max;
}

static bool parse_limit(struct options *out, unsigned max, unsigned *limit)
{
    out->limited = true;
    if (parse_number(optarg, max, limit)) {
        return true;
    }
    fprintf(stderr, "file_server: \"%s\" is no number from 1 to %u\n", optarg, max);
    return false;
}

static bool parse_option(int letter, struct options *out)
{
    switch (letter) {
    case 'e':
        return out->emulated = true;
    case 'u':
        return out->uring = true;
    case 'i':
        return out->identify = true;
    case 's':
        out->mode = SERVE;
        return true;
    case 'g':
        out->mode = GET;
        return true;
    case 'h':
        out->mode = HELP;
        return true;
    case 'C':
        return parse_limit(out, COUNT_MAX, &out->limits.connections);
    case 'U':
        return parse_limit(out, COUNT_MAX, &out->limits.user_connections);
    case 'R':
        return parse_limit(out, COUNT_MAX, &out->limits.user_requests);
    case 'H':
        return parse_limit(out, SECONDS_MAX, &out->limits.hello_seconds);
    default:
        return false; /* getopt_long has said what is wrong */
    }
}

static bool fit_together(const struct options *o, int operands)
{
    bool serving = o->emulated || o->uring || o->limited;

    switch (o->mode) {
    case NOTHING:
        return false;
    case SERVE:
        return operands == 2 && !o->identify && !(o->uring && o->emulated);
    case GET:
        return operands == 2 && !serving;
    case HELP:
        return operands == 0;
    }
    return false;
}

static bool parse_options(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {{"emulated", no_argument, NULL, 'e'},
                                          {"uring", no_argument, NULL, 'u'},
                                          {"identify", no_argument, NULL, 'i'},
                                          {"serve", no_argument, NULL, 's'},
                                          {"get", no_argument, NULL, 'g'},
                                          {"help", no_argument, NULL, 'h'},
                                          {"connections", required_argument, NULL, 'C'},
                                          {"user-connections", required_argument, NULL, 'U'},
                                          {"user-requests", required_argument, NULL, 'R'},
                                          {"hello-seconds", required_argument, NULL, 'H'},
                                          {NULL, 0, NULL, 0}};
    int letter;

    while ((letter = getopt_long(argc, argv, "+", known, NULL)) != -1) {
        if (!parse_option(letter, out)) {
            return false;
        }
    }
    if (!fit_together(out, argc - optind)) {
        return false;
    }
    out->socket = argv[optind]; /* NULL at the end of the arguments */
    out->path = out->socket != NULL ? argv[optind + 1] : NULL;
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {.limits = LIMITS_DEFAULT};
    bool enforced;

    if (!parse_options(argc, argv, &options)) {
        print_usage(stderr);
        return 2;
    }
    if (options.mode == HELP) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    if (options.mode == GET) {
        return get(&options);
    }
    if (!choose_provider(&options, &enforced)) {
        return EXIT_FAILURE;
    }
    return serve(&options, enforced);
}
