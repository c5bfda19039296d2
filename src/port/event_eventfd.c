/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/eventfd.h>
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

void guise__event_raise(const struct guise__event *event)
{
    int kept = errno;

    /* Fails only with a full counter, which is readable too. */
    (void)eventfd_write(event->write_fd, 1);
    errno = kept;
}

void guise__event_lower(const struct guise__event *event)
{
    int kept = errno;
    eventfd_t ignored;

    /* Fails only if it is lowered already. */
    (void)eventfd_read(event->read_fd, &ignored);
    errno = kept;
}

void guise__event_close(const struct guise__event *event)
{
    int kept = errno;

    (void)close(event->read_fd);
    errno = kept;
}
