/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "port/port.h"

bool guise__event_open(struct guise__event *event)
{
    int kept = errno;

    event->read_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    event->write_fd = event->read_fd;
    errno = kept;
    return event->read_fd >= 0;
}

/* Raw calls here and below: libc's are cancellation points, and the signal's lock is held. */
void guise__event_raise(const struct guise__event *event)
{
    const uint64_t one = 1;
    int kept = errno;

    /* Fails only with a full counter, which is readable too. */
    (void)syscall(SYS_write, event->write_fd, &one, sizeof one);
    errno = kept;
}

void guise__event_lower(const struct guise__event *event)
{
    int kept = errno;
    uint64_t ignored;

    /* Fails only if it is lowered already. */
    (void)syscall(SYS_read, event->read_fd, &ignored, sizeof ignored);
    errno = kept;
}

void guise__event_close(const struct guise__event *event)
{
    int kept = errno;

    (void)syscall(SYS_close, event->read_fd);
    errno = kept;
}
