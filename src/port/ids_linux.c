/* SPDX-License-Identifier: MIT */
/* The overflow ids, the maps of the user namespace and the limit of groups, as the kernel states them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "port/port.h"

enum { KERNEL_DEFAULT_OVERFLOW_ID = 65534, KERNEL_MAX_OVERFLOW_ID = 65535 };

/* Not NGROUPS_MAX, because that is the limit of libc: 32 for musl. */
enum { KERNEL_MAX_GROUPS = 65536 };

/* Accepts a number of the kernel's range and the end of the line, nothing else. Any other text gives the
 * kernel's default, so that a false /proc cannot make an unknown user into another one, above all root. */
static unsigned long parse_overflow_id(const char *text)
{
    char *end;
    unsigned long id = strtoul(text, &end, 10);
    bool is_number = *text >= '0' && *text <= '9' && (*end == '\n' || *end == '\0');

    return is_number && id <= KERNEL_MAX_OVERFLOW_ID ? id : KERNEL_DEFAULT_OVERFLOW_ID;
}

/* From a one-line file of /proc, or the kernel's default where there is no /proc. */
static unsigned long read_overflow_id(const char *path)
{
    char text[32] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length;

    if (fd < 0) {
        return KERNEL_DEFAULT_OVERFLOW_ID;
    }
    length = read(fd, text, sizeof text - 1);
    (void)close(fd);
    return length > 0 ? parse_overflow_id(text) : KERNEL_DEFAULT_OVERFLOW_ID;
}

/* The number of ids: every number but -1. */
#define ALL_IDS UINT64_C(4294967295)

/* Does the user namespace leave ids unmapped? Each line of a map is "inside outside count"; lines do not
 * overlap, and a namespace can map only ids that the namespace around it has mapped. A map that cannot be
 * read counts as incomplete, because an unknown user must not be taken for a known one. */
static bool has_unmapped(const char *path)
{
    FILE *map = fopen(path, "re");
    unsigned long inside, outside, count;
    uint64_t mapped = 0;

    if (map == NULL) {
        return true;
    }
    while (fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3) {
        mapped += count;
    }
    (void)fclose(map);
    return mapped < ALL_IDS;
}

void guise__limits_read(struct guise__limits *out)
{
    int saved_errno = errno;

    out->overflow_uid = (uid_t)read_overflow_id("/proc/sys/kernel/overflowuid");
    out->overflow_gid = (gid_t)read_overflow_id("/proc/sys/kernel/overflowgid");
    out->has_unmapped_uids = has_unmapped("/proc/self/uid_map");
    out->has_unmapped_gids = has_unmapped("/proc/self/gid_map");
    out->max_groups = KERNEL_MAX_GROUPS;
    errno = saved_errno;
}
