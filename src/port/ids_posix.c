/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <unistd.h>

#include "port/port.h"

/* What Linux, the BSDs and most others call nobody; there is nothing to ask. */
enum { NOBODY = 65534, POSIX_MINIMUM_GROUPS = 8 };

void guise__limits_read(struct guise__limits *out)
{
    int kept = errno;
    long groups = sysconf(_SC_NGROUPS_MAX);

    out->overflow_uid = NOBODY;
    out->overflow_gid = NOBODY;
    out->max_groups = groups > 0 ? (size_t)groups : POSIX_MINIMUM_GROUPS;
    errno = kept;
}
