/* SPDX-License-Identifier: MIT */
/*
 * peer_identity SOCKET: waits for one client on an AF_UNIX socket and prints its identity, which the
 * kernel tells. Needs no privilege.
 */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <guise/guise.h>

int main(int argc, char **argv)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int peer, listener = socket(AF_UNIX, SOCK_STREAM, 0);
    guise_context *context;

    snprintf(name.sun_path, sizeof name.sun_path, "%s", argc == 2 ? argv[1] : "");
    if (argc != 2 || guise_use_provider(guise_provider_emulated()) != GUISE_OK ||
        bind(listener, (struct sockaddr *)&name, sizeof name) != 0 ||
        chmod(name.sun_path, 0666) != 0 || listen(listener, 1) != 0) {
        return perror("usage: peer_identity SOCKET"), 2;
    }
    puts("listening");
    fflush(stdout);
    peer = accept(listener, NULL, NULL);
    unlink(argv[1]);
    /* The level is what the client allows; a protocol has it in the client's first message. */
    if (guise_context_from_peer(peer, GUISE_LEVEL_IMPERSONATE, &context) != GUISE_OK) {
        return fprintf(stderr, "peer_identity: the kernel does not say who connected\n"), 1;
    }
    const guise_token *client = guise_context_token(context);
    size_t count;
    const gid_t *groups = guise_token_groups(client, &count);
    printf("uid %u, gid %u, groups", guise_token_uid(client), guise_token_gid(client));
    for (size_t i = 0; i < count; i++) {
        printf(" %u", groups[i]);
    }
    printf("; may %s\n", guise_token_level(client) >= GUISE_LEVEL_IMPERSONATE
                             ? "be impersonated"
                             : "only be identified");
    guise_context_unref(context);
}
