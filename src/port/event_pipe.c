/* SPDX-License-Identifier: MIT */
/* A signal's descriptor as a pipe with at most one byte in it. The signal's lock orders raise and lower. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/port.h"

/* Not pipe2, because not every system has it. Another thread may call exec before CLOEXEC is set. */
static bool fd_prepare(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

/* A pipe has an inode, which both its ends show. */
static bool fd_identify(int fd, uint64_t *identity)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return false;
    }
    identity[0] = (uint64_t)status.st_dev;
    identity[1] = (uint64_t)status.st_ino;
    return true;
}

static bool fd_is_same(int fd, const uint64_t *identity)
{
    uint64_t found[2];

    return fd_identify(fd, found) && found[0] == identity[0] && found[1] == identity[1];
}

bool guise__event_is_there(const struct guise__event *event)
{
    int saved_errno = errno;
    bool is_there =
        fd_is_same(event->read_fd, event->identity) && fd_is_same(event->write_fd, event->identity);

    errno = saved_errno;
    return is_there;
}

bool guise__event_open(struct guise__event *event)
{
    int saved_errno = errno, fds[2];
    bool opened = pipe(fds) == 0;

    if (opened &&
        !(fd_prepare(fds[0]) && fd_prepare(fds[1]) && fd_identify(fds[0], event->identity))) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        opened = false;
    }
    if (opened) {
        event->read_fd = fds[0];
        event->write_fd = fds[1];
    }
    errno = saved_errno;
    return opened;
}

/* Because read, write and close are cancellation points, and the signal's lock is held. */
static int cancel_disable(void)
{
    int state;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return state;
}

static void cancel_restore(int state)
{
    (void)pthread_setcancelstate(state, NULL);
}

void guise__event_raise(const struct guise__event *event)
{
    int saved_errno = errno, cancel = cancel_disable();
    ssize_t written;

    do {
        written = write(event->write_fd, "", 1);
    } while (written < 0 && errno == EINTR);
    cancel_restore(cancel);
    errno = saved_errno;
}

void guise__event_lower(const struct guise__event *event)
{
    int saved_errno = errno, cancel = cancel_disable();
    ssize_t taken;
    char byte;

    do {
        taken = read(event->read_fd, &byte, 1);
    } while (taken > 0 || (taken < 0 && errno == EINTR));
    cancel_restore(cancel);
    errno = saved_errno;
}

void guise__event_close(const struct guise__event *event)
{
    int saved_errno = errno, cancel = cancel_disable();

    (void)close(event->read_fd);
    (void)close(event->write_fd);
    cancel_restore(cancel);
    errno = saved_errno;
}
