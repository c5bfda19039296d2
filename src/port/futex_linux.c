/* SPDX-License-Identifier: MIT */
/*
 * Wait-on-address by the kernel's futex, private to this process.
 *
 * On 32-bit systems with a 64-bit time_t only the newer of two calls understands the library's timespec. A
 * kernel before 5.1 does not have that call, and an older filter of system calls may refuse it; then the
 * older call is made, with a timespec of its own.
 *
 * Callers load the word in a loop, so a wait that returned at once every time would keep a processor busy.
 * A wait returns at once for three known reasons: the word has another value already, a signal handler
 * ran, or the time is over. After any other answer, which no kernel should give, the thread sleeps here
 * for a moment and needs no wake-up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "port/port.h"

/* A test defines this itself, and then has both calls. */
#if defined(SYS_futex_time64) && !defined(GUISE__TIME_IS_LONGER)
#define GUISE__TIME_IS_LONGER (sizeof(time_t) > sizeof(long))
#endif

enum outcome { AGAIN, LATE, REFUSED };

static enum outcome outcome_of(long status)
{
    if (status == 0 || errno == EAGAIN || errno == EINTR) {
        return AGAIN;
    }
    return errno == ETIMEDOUT ? LATE : REFUSED;
}

static enum outcome wait_by(long number, atomic_uint *word, unsigned expected, const void *deadline)
{
    /* The bitset form, because it takes an absolute deadline on CLOCK_MONOTONIC. */
    return outcome_of(syscall(number, word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline, NULL,
                              FUTEX_BITSET_MATCH_ANY));
}

#if defined(SYS_futex_time64) && defined(SYS_futex)
/* The newer call was refused before. Relaxed, because one more attempt is harmless. */
static atomic_bool s_refused;

static enum outcome wait_by_older(atomic_uint *word, unsigned expected,
                                  const struct timespec *deadline)
{
    struct {
        long sec, nsec;
    } older = {0, 0};

    if (deadline != NULL) { /* the time since the machine started, which fits for 68 years */
        older.sec = (long)deadline->tv_sec;
        older.nsec = (long)deadline->tv_nsec;
    }
    return wait_by(SYS_futex, word, expected, deadline == NULL ? NULL : &older);
}

static enum outcome wait_in_kernel(atomic_uint *word, unsigned expected,
                                   const struct timespec *deadline)
{
    if (!GUISE__TIME_IS_LONGER) {
        return wait_by(SYS_futex, word, expected, deadline);
    }
    if (!atomic_load_explicit(&s_refused, memory_order_relaxed)) {
        enum outcome outcome = wait_by(SYS_futex_time64, word, expected, deadline);

        if (outcome != REFUSED) {
            return outcome;
        }
        atomic_store_explicit(&s_refused, true, memory_order_relaxed);
    }
    return wait_by_older(word, expected, deadline);
}
#else
static enum outcome wait_in_kernel(atomic_uint *word, unsigned expected,
                                   const struct timespec *deadline)
{
#if defined(SYS_futex)
    return wait_by(SYS_futex, word, expected, deadline);
#else
    return wait_by(SYS_futex_time64, word, expected, deadline);
#endif
}
#endif

static bool deadline_is_over(const struct timespec *deadline)
{
    struct timespec now;

    if (deadline == NULL) {
        return false;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > deadline->tv_sec ||
           (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

/* Sleeps for a millisecond or until a signal handler has run; false if the time is over. */
static GUISE_COLD bool sleep_a_moment(const struct timespec *deadline)
{
    int cancel;

    if (deadline_is_over(deadline)) {
        return false;
    }
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    if (poll(NULL, 0, 1) < 0 && errno != EINTR) {
        (void)sched_yield(); /* the last resort */
    }
    (void)pthread_setcancelstate(cancel, NULL);
    return true;
}

bool guise__futex_wait(atomic_uint *word, unsigned expected, const struct timespec *deadline)
{
    int saved_errno = errno;
    enum outcome outcome = wait_in_kernel(word, expected, deadline);
    bool in_time = outcome == REFUSED ? sleep_a_moment(deadline) : outcome == AGAIN;

    errno = saved_errno;
    return in_time;
}

/* EFAULT is harmless: the memory of the word may have been unmapped already. So is a refusal, because no
 * thread sleeps in a kernel that refuses. */
static void sleepers_wake(atomic_uint *word, int most)
{
    int saved_errno = errno;

#if defined(SYS_futex)
    /* Either call wakes the threads that sleep in the other one. */
    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, most, NULL, NULL, 0);
#else
    (void)syscall(SYS_futex_time64, word, FUTEX_WAKE_PRIVATE, most, NULL, NULL, 0);
#endif
    errno = saved_errno;
}

void guise__futex_wake(atomic_uint *word)
{
    sleepers_wake(word, INT_MAX);
}

void guise__futex_wake_one(atomic_uint *word)
{
    sleepers_wake(word, 1);
}

void guise__futex_forked(void)
{
    /* Nothing to forget, because the kernel keeps the sleepers. */
}
