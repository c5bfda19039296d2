/* SPDX-License-Identifier: MIT */
/* A signal's descriptor as an eventfd: readable while its counter is not 0. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "port/port.h"

/* All eventfds have one inode, so the library marks its own by the signal that input would send. Input is
 * never told to send one, and other programs do not set this signal for an eventfd; if it were sent, it
 * would be ignored by default. */
enum { MARK = SIGWINCH };

static uint64_t mark_of(int fd)
{
    return (uint64_t)fcntl(fd, F_GETSIG);
}

bool guise__event_open(struct guise__event *event)
{
    int saved_errno = errno;

    event->read_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    event->write_fd = event->read_fd;
    if (event->read_fd >= 0) {
        (void)fcntl(event->read_fd, F_SETSIG, MARK);
        event->identity[0] = mark_of(
            event->read_fd); /* the value that is read back, also where the mark cannot be set */
    }
    errno = saved_errno;
    return event->read_fd >= 0;
}

bool guise__event_is_there(const struct guise__event *event)
{
    int saved_errno = errno;
    bool is_there = mark_of(event->read_fd) == event->identity[0];

    errno = saved_errno;
    return is_there;
}

/* Raw calls, here and below, because libc's are cancellation points and the signal's lock is held. */
void guise__event_raise(const struct guise__event *event)
{
    const uint64_t one = 1;
    int saved_errno = errno;

    /* Fails only with a full counter, which is readable too. */
    (void)syscall(SYS_write, event->write_fd, &one, sizeof one);
    errno = saved_errno;
}

void guise__event_lower(const struct guise__event *event)
{
    int saved_errno = errno;
    uint64_t ignored;

    /* Fails only if it is lowered already. */
    (void)syscall(SYS_read, event->read_fd, &ignored, sizeof ignored);
    errno = saved_errno;
}

void guise__event_close(const struct guise__event *event)
{
    int saved_errno = errno;

    (void)syscall(SYS_close, event->read_fd);
    errno = saved_errno;
}
