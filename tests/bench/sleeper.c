/* SPDX-License-Identifier: MIT */
#include "sleeper.h"

#include <semaphore.h>

#include "bench.h"

#if defined(__has_include)
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define HAS_SINGLE_THREADED
#endif
#endif

static sem_t s_end;
static pthread_t s_sleeper;

/* A signal handler may interrupt it: libc's own does when another thread calls setgroups. */
static void *sleep_until_end(void *arg)
{
    while (sem_wait(&s_end) != 0) {
    }
    return arg;
}

/* glibc's own value; where there is none, the thread is all that can be measured. */
static bool has_one_thread(void)
{
#if defined(HAS_SINGLE_THREADED)
    return __libc_single_threaded != 0;
#else
    return false;
#endif
}

void sleeper_start(void)
{
    bench_must(sem_init(&s_end, 0, 0) == 0);
    s_sleeper = bench_start(0, sleep_until_end, NULL);
    bench_must(!has_one_thread());
}

void sleeper_end(void)
{
    bench_must(sem_post(&s_end) == 0);
    bench_join(s_sleeper);
    (void)sem_destroy(&s_end);
}
