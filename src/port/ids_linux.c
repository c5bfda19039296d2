/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "port/port.h"

enum { KERNEL_DEFAULT_OVERFLOW_ID = 65534 };

/* The number in a one-line file of /proc, or the kernel's default where there is no /proc. */
static unsigned long read_number(const char *path)
{
    char text[32] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length;

    if (fd < 0) {
        return KERNEL_DEFAULT_OVERFLOW_ID;
    }
    length = read(fd, text, sizeof text - 1);
    (void)close(fd);
    return length > 0 ? strtoul(text, NULL, 10) : KERNEL_DEFAULT_OVERFLOW_ID;
}

void guise__limits_read(struct guise__limits *out)
{
    int kept = errno;

    out->overflow_uid = (uid_t)read_number("/proc/sys/kernel/overflowuid");
    out->overflow_gid = (gid_t)read_number("/proc/sys/kernel/overflowgid");
    out->max_groups = NGROUPS_MAX;
    errno = kept;
}
