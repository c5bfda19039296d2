/* SPDX-License-Identifier: MIT */
/* Linked into a file server that was compiled with counted.h. At exit the program prints what it has
 * left behind; the exit status is not 0 if that is anything. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tally.h"

static struct tally s_before;

static void check_at_exit(void)
{
    struct tally after = tally_read();

    if (after.connections == 0) { /* --help, --get, or a server that could not start */
        return;
    }
    printf("%" PRIu64 " connections, %" PRIu64 " calls; ", after.connections, after.calls);
    if (tally_is_even(&s_before, &after)) {
        printf("nothing left behind\n");
        return;
    }
    printf("LEFT BEHIND: %" PRIu64 " contexts, %" PRIu64 " calls, %" PRIu64 " blocks; %d "
           "descriptors, %d at the start\n",
           after.live_contexts, after.live_calls, after.live_blocks, after.descriptors,
           s_before.descriptors);
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

__attribute__((constructor)) static void check_later(void)
{
    s_before = tally_read();
    if (atexit(check_at_exit) != 0) {
        abort();
    }
}
