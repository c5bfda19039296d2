/* SPDX-License-Identifier: MIT */
/* The same for systems that state no such numbers. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <unistd.h>

#include "port/port.h"

/* The uid that Linux, the BSDs and most other systems give to the user "nobody". */
enum { NOBODY = 65534, POSIX_MINIMUM_GROUPS = 8 };

void guise__limits_read(struct guise__limits *out)
{
    int saved_errno = errno;
    long groups = sysconf(_SC_NGROUPS_MAX);

    out->overflow_uid = NOBODY;
    out->overflow_gid = NOBODY;
    out->has_unmapped_uids = false;
    out->has_unmapped_gids = false;
    out->max_groups = groups > 0 ? (size_t)groups : POSIX_MINIMUM_GROUPS;
    errno = saved_errno;
}
