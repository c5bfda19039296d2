/* SPDX-License-Identifier: MIT */
/* Waking a waiter: Guise's signals and containers, and the objects of the system. P3, P4, P10. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pair.h"
#include "stage.h"
#include "suites.h"

/* ---- signals ---- */

static guise_signal *s_signals[2];

static void signal_post(unsigned side)
{
    bench_must(guise_signal_set(s_signals[side]) == GUISE_OK);
}

static void signal_wait(unsigned side)
{
    bench_must(guise_signal_wait(s_signals[side], GUISE_INFINITE) == GUISE_OK);
}

static const struct pair_way signal_way = {signal_post, signal_wait};

/* ---- one of 63 ---- */

enum { MEMBERS = 63 };

static guise_container *s_containers[2];
static guise_signal *s_members[2][MEMBERS];

static void first_post(unsigned side)
{
    bench_must(guise_signal_set(s_members[side][0]) == GUISE_OK);
}

static void last_post(unsigned side)
{
    bench_must(guise_signal_set(s_members[side][MEMBERS - 1]) == GUISE_OK);
}

static void any_wait(unsigned side)
{
    guise_signal *which;

    bench_must(guise_container_wait_any(s_containers[side], GUISE_INFINITE, &which) == GUISE_OK);
}

static const struct pair_way first_way = {first_post, any_wait}, last_way = {last_post, any_wait};

/* ---- a bare futex ---- */

static struct {
    _Alignas(64) atomic_uint word;
} s_words[2];

static void futex(atomic_uint *word, int operation, unsigned value)
{
    (void)syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static void futex_post(unsigned side)
{
    atomic_store_explicit(&s_words[side].word, 1, memory_order_release);
    futex(&s_words[side].word, FUTEX_WAKE_PRIVATE, 1);
}

static void futex_wait(unsigned side)
{
    while (atomic_exchange_explicit(&s_words[side].word, 0, memory_order_acquire) == 0) {
        futex(&s_words[side].word, FUTEX_WAIT_PRIVATE, 0);
    }
}

static const struct pair_way futex_way = {futex_post, futex_wait};

/* ---- spinning ---- */

static void spin_post(unsigned side)
{
    atomic_store_explicit(&s_words[side].word, 1, memory_order_release);
}

static void spin_wait(unsigned side)
{
    while (atomic_load_explicit(&s_words[side].word, memory_order_acquire) == 0) {
    }
    atomic_store_explicit(&s_words[side].word, 0, memory_order_relaxed);
}

static const struct pair_way spin_way = {spin_post, spin_wait};

/* ---- a mutex and a condition variable ---- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool set;
} s_conds[2] = {{PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false},
                {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false}};

static void cond_post(unsigned side)
{
    (void)pthread_mutex_lock(&s_conds[side].mutex);
    s_conds[side].set = true;
    (void)pthread_cond_signal(&s_conds[side].cond);
    (void)pthread_mutex_unlock(&s_conds[side].mutex);
}

static void cond_wait(unsigned side)
{
    (void)pthread_mutex_lock(&s_conds[side].mutex);
    while (!s_conds[side].set) {
        (void)pthread_cond_wait(&s_conds[side].cond, &s_conds[side].mutex);
    }
    s_conds[side].set = false;
    (void)pthread_mutex_unlock(&s_conds[side].mutex);
}

static const struct pair_way cond_way = {cond_post, cond_wait};

/* ---- semaphores ---- */

static sem_t s_semaphores[2];

static void semaphore_post(unsigned side)
{
    bench_must(sem_post(&s_semaphores[side]) == 0);
}

static void semaphore_wait(unsigned side)
{
    while (sem_wait(&s_semaphores[side]) != 0) {
    }
}

static const struct pair_way semaphore_way = {semaphore_post, semaphore_wait};

/* ---- meters ---- */

static void open_side(unsigned side)
{
    s_signals[side] = stage_signal(GUISE_SIGNAL_AUTO);
    bench_must(sem_init(&s_semaphores[side], 0, 0) == 0);
    bench_must(guise_container_create(&s_containers[side]) == GUISE_OK);
    for (unsigned i = 0; i < MEMBERS; i++) {
        s_members[side][i] = stage_signal(GUISE_SIGNAL_AUTO);
        bench_must(guise_container_add(s_containers[side], s_members[side][i]) == GUISE_OK);
    }
}

static const char *open_wake(void)
{
    open_side(0);
    open_side(1);
    return NULL;
}

/* A meter takes no argument: one function for each way. */
#define ROUND_TRIP(name)                                                                           \
    static size_t name##_trips(double *out, size_t room)                                           \
    {                                                                                              \
        return pair_round_trips(&name##_way, 0, out, room);                                        \
    }
ROUND_TRIP(signal)
ROUND_TRIP(first)
ROUND_TRIP(last)
ROUND_TRIP(futex)
ROUND_TRIP(cond)
ROUND_TRIP(semaphore)

#define HAND_OFF(name)                                                                             \
    static size_t name##_hand_offs(double *out, size_t room)                                       \
    {                                                                                              \
        return pair_hand_offs(&name##_way, out, room);                                             \
    }
HAND_OFF(signal)
HAND_OFF(futex)
HAND_OFF(spin)

#define SUSTAINED(name)                                                                            \
    static double name##_sustained(void)                                                           \
    {                                                                                              \
        return pair_sustained(&name##_way);                                                        \
    }
SUSTAINED(signal)
SUSTAINED(futex)
SUSTAINED(semaphore)

static const struct bench_meter meters[] = {
    {.name = "wake-signal", .unit = "ns", .events = signal_trips},
    {.name = "wake-any-first", .unit = "ns", .events = first_trips},
    {.name = "wake-any-last", .unit = "ns", .events = last_trips},
    {.name = "wake-futex", .unit = "ns", .events = futex_trips},
    {.name = "wake-cond", .unit = "ns", .events = cond_trips},
    {.name = "wake-semaphore", .unit = "ns", .events = semaphore_trips},
    {.name = "hand-signal", .unit = "ns", .flags = BENCH_TWO_CPUS, .events = signal_hand_offs},
    {.name = "hand-futex", .unit = "ns", .flags = BENCH_TWO_CPUS, .events = futex_hand_offs},
    {.name = "hand-spin", .unit = "ns", .flags = BENCH_TWO_CPUS, .events = spin_hand_offs},
    {.name = "two-cpus-signal", .unit = "us", .flags = BENCH_TWO_CPUS, .value = signal_sustained},
    {.name = "two-cpus-futex", .unit = "us", .flags = BENCH_TWO_CPUS, .value = futex_sustained},
    {.name = "two-cpus-semaphore",
     .unit = "us",
     .flags = BENCH_TWO_CPUS,
     .value = semaphore_sustained},
};

const struct bench_suite suite_wake = {"wake", open_wake, meters, BENCH_COUNT(meters), false};
