/* SPDX-License-Identifier: MIT */
/* Wait-on-address by the kernel's futex, private to this process. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "port/port.h"

/* On 32-bit systems with a 64-bit time_t only the newer call understands our timespec. */
static long futex_number(void)
{
#ifdef SYS_futex_time64
    if (sizeof(time_t) > sizeof(long)) {
        return SYS_futex_time64;
    }
#endif
    return SYS_futex;
}

bool guise__futex_wait(atomic_uint *word, unsigned expected, const struct timespec *deadline)
{
    int kept = errno;
    /* The bitset form takes an absolute CLOCK_MONOTONIC deadline: nothing to recompute. */
    long status = syscall(futex_number(), word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline, NULL,
                          FUTEX_BITSET_MATCH_ANY);
    bool in_time = status == 0 || errno != ETIMEDOUT;

    errno = kept;
    return in_time;
}

static void wake(atomic_uint *word, int most)
{
    int kept = errno;

    /* EFAULT is possible and harmless: what the word was in may have been unmapped already. */
    (void)syscall(futex_number(), word, FUTEX_WAKE_PRIVATE, most, NULL, NULL, 0);
    errno = kept;
}

void guise__futex_wake(atomic_uint *word)
{
    wake(word, INT_MAX);
}

void guise__futex_wake_one(atomic_uint *word)
{
    wake(word, 1);
}

void guise__futex_forked(void)
{
    /* The kernel keeps no sleepers of ours. */
}
