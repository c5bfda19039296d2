/* SPDX-License-Identifier: MIT */
/* A pipe with at most one byte in it: the signal's lock orders raise and lower. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "port/port.h"

/* Not pipe2, which not every system has: another thread's exec may slip in before CLOEXEC. */
static bool prepare(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

bool guise__event_open(struct guise__event *event)
{
    int kept = errno, fds[2];
    bool opened = pipe(fds) == 0;

    if (opened && !(prepare(fds[0]) && prepare(fds[1]))) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        opened = false;
    }
    if (opened) {
        event->read_fd = fds[0];
        event->write_fd = fds[1];
    }
    errno = kept;
    return opened;
}

/* read, write and close are cancellation points, and the signal's lock is held. */
static int hold_cancel(void)
{
    int state;

    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return state;
}

static void release_cancel(int state)
{
    (void)pthread_setcancelstate(state, NULL);
}

void guise__event_raise(const struct guise__event *event)
{
    int kept = errno, cancel = hold_cancel();
    ssize_t written;

    do {
        written = write(event->write_fd, "", 1);
    } while (written < 0 && errno == EINTR);
    release_cancel(cancel);
    errno = kept;
}

void guise__event_lower(const struct guise__event *event)
{
    int kept = errno, cancel = hold_cancel();
    ssize_t taken;
    char byte;

    do {
        taken = read(event->read_fd, &byte, 1);
    } while (taken > 0 || (taken < 0 && errno == EINTR));
    release_cancel(cancel);
    errno = kept;
}

void guise__event_close(const struct guise__event *event)
{
    int kept = errno, cancel = hold_cancel();

    (void)close(event->read_fd);
    (void)close(event->write_fd);
    release_cancel(cancel);
    errno = kept;
}
