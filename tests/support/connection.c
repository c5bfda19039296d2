/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool connect_to(struct connection *connection, const struct sockaddr_un *address)
{
    const struct sockaddr *name = (const struct sockaddr *)address;

    if (bind(connection->listener, name, sizeof *address) != 0 ||
        listen(connection->listener, 1) != 0 ||
        connect(connection->client, name, sizeof *address) != 0) {
        return false;
    }
    connection->accepted = accept(connection->listener, NULL, NULL);
    return connection->accepted >= 0;
}

bool connection_open(struct connection *connection, int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *top = getenv("TMPDIR");
    char directory[80];
    bool connected;

    *connection = (struct connection){socket(AF_UNIX, type, 0), socket(AF_UNIX, type, 0), -1};
    (void)snprintf(directory, sizeof directory, "%.60s/guise-XXXXXX", top == NULL ? "/tmp" : top);
    if (connection->listener < 0 || connection->client < 0 || mkdtemp(directory) == NULL) {
        connection_close(connection);
        return false;
    }
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", directory);
    connected = connect_to(connection, &address);
    (void)unlink(address.sun_path);
    (void)rmdir(directory);
    if (!connected) {
        connection_close(connection);
    }
    return connected;
}

static void close_one(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

void connection_close(struct connection *connection)
{
    close_one(&connection->listener);
    close_one(&connection->client);
    close_one(&connection->accepted);
}
