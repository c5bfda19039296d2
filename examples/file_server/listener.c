/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- one at a time ---- */

struct name_lock {
    int file; /* -1: not locked */
    char path[sizeof((struct sockaddr_un *)0)->sun_path + sizeof ".lock"];
};

/* The lock file is removed after use, so the file that was locked may have lost its name meanwhile:
 * another server would then lock another file. */
static bool still_named(const struct name_lock *lock)
{
    struct stat named, locked;

    return stat(lock->path, &named) == 0 && fstat(lock->file, &locked) == 0 &&
           named.st_dev == locked.st_dev && named.st_ino == locked.st_ino;
}

static bool try_lock(struct name_lock *lock)
{
    int result;

    lock->file = open(lock->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (lock->file < 0) {
        return false;
    }
    do {
        result = flock(lock->file, LOCK_EX);
    } while (result != 0 && errno == EINTR);
    return result == 0 && still_named(lock);
}

/* Between looking at what a name stands for and taking or removing the name, no other server may do
 * the same: of two that find a dead socket, the second would remove the living one of the first. */
static bool lock_name(struct name_lock *lock, const struct sockaddr_un *address)
{
    snprintf(lock->path, sizeof lock->path, "%s.lock", address->sun_path);
    while (!try_lock(lock)) {
        if (lock->file < 0) {
            return false;
        }
        close(lock->file);
    }
    return true;
}

static void unlock_name(struct name_lock *lock)
{
    int error = errno;

    unlink(lock->path);
    close(lock->file);
    errno = error;
}

/* ---- the name ---- */

static bool make_address(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    errno = *path == '\0' ? ENOENT : ENAMETOOLONG;
    if (*path == '\0' || strlen(path) >= sizeof address->sun_path) {
        return false;
    }
    memcpy(address->sun_path, path, strlen(path) + 1);
    return true;
}

/* Whether it is a socket that no server listens on any more. If connecting fails in another way,
 * because of the socket's type or a full queue, there is a server. */
static bool is_dead(const struct sockaddr_un *address)
{
    struct stat named;
    bool dead;
    int probe;

    if (lstat(address->sun_path, &named) != 0 || !S_ISSOCK(named.st_mode)) {
        return false;
    }
    probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) {
        return false;
    }
    dead = connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 &&
           errno == ECONNREFUSED;
    close(probe);
    return dead;
}

static bool bind_to(int fd, const struct sockaddr_un *address)
{
    mode_t mask = umask(0111); /* connecting takes write permission */
    bool bound = bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    int error = errno;

    umask(mask);
    errno = error;
    return bound;
}

static bool take_name(int fd, const struct sockaddr_un *address)
{
    if (bind_to(fd, address)) {
        return true;
    }
    if (errno != EADDRINUSE) {
        return false;
    }
    if (is_dead(address) && unlink(address->sun_path) == 0) {
        return bind_to(fd, address);
    }
    errno = EADDRINUSE;
    return false;
}

static bool listen_as(struct listener *l, unsigned backlog)
{
    struct stat named;

    if (!take_name(l->socket, &l->address) || listen(l->socket, (int)backlog) != 0 ||
        lstat(l->address.sun_path, &named) != 0) {
        return false;
    }
    l->device = named.st_dev;
    l->inode = named.st_ino;
    return true;
}

static void close_socket(struct listener *l)
{
    int error = errno;

    if (l->socket >= 0) {
        close(l->socket);
    }
    l->socket = -1;
    errno = error;
}

bool listener_open(struct listener *l, const char *path, unsigned backlog)
{
    struct name_lock lock;
    bool opened;

    l->socket = -1;
    if (!make_address(&l->address, path) || !lock_name(&lock, &l->address)) {
        return false;
    }
    l->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    opened = l->socket >= 0 && listen_as(l, backlog);
    unlock_name(&lock);
    if (!opened) {
        close_socket(l);
    }
    return opened;
}

static bool is_ours(const struct listener *l)
{
    struct stat named;

    return lstat(l->address.sun_path, &named) == 0 && named.st_dev == l->device &&
           named.st_ino == l->inode;
}

void listener_close(struct listener *l)
{
    struct name_lock lock;

    if (l->socket >= 0 && lock_name(&lock, &l->address)) {
        if (is_ours(l)) {
            unlink(l->address.sun_path);
        }
        unlock_name(&lock);
    }
    close_socket(l);
}
