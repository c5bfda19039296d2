/* SPDX-License-Identifier: MIT */
/*
 * Signals and containers under load: no set is lost and none counts twice, no waiter hangs, a pulse
 * releases every thread that was surely waiting, and a released waiter may free the signal at once.
 */
#define _GNU_SOURCE
#include "support/random.h"
#include "support/test.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/wt.h"
#include "sync/signal.h"

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/syscall.h>
#endif

enum { SEED = 20240229 };

/* ---- chance ---------------------------------------------------------------------------------- */

static uint64_t generator(atomic_uint *next)
{
    return UINT64_C(0x9E3779B97F4A7C15) * (SEED + atomic_fetch_add(next, 1));
}

/* ---- conservation: every set is taken once --------------------------------------------------- */

enum {
    SIGNALS = 4,
    SETTERS = 2,
    WAITERS = 4,
    CONTAINERS = 2,
    POLLERS = 1,
    SETS = 40000 / GUISE_TEST_TIME_SCALE,
    BURST = 16
};

struct market {
    guise_signal *signals[SIGNALS];
    guise_container *container;
    atomic_uint
        wanted[SIGNALS]; /* 1: the last set was taken, so the next one cannot be swallowed */
    atomic_uint sets, next_random;
    atomic_uint taken, by_wait, by_container, by_poll;
    atomic_uint timeouts, container_timeouts;
    atomic_bool closed;
};

/* Sets, and the rarer things: on a busy machine they take longer to come up. */
static bool has_seen_enough(struct market *market)
{
    return atomic_load(&market->sets) >= SETS && atomic_load(&market->timeouts) > 20 &&
           (market->container == NULL ||
            (atomic_load(&market->container_timeouts) > 20 && atomic_load(&market->by_wait) > 0 &&
             atomic_load(&market->by_container) > 0 && atomic_load(&market->by_poll) > 0));
}

static void set_some(struct wt *w)
{
    struct market *market = w->arg;
    uint64_t random = generator(&market->next_random);

    for (unsigned done = 0; !has_seen_enough(market);) {
        unsigned i = random_below(&random, SIGNALS), one = 1;

        if (!atomic_compare_exchange_strong(&market->wanted[i], &one, 0)) {
            (void)sched_yield();
            continue;
        }
        (void)atomic_fetch_add(&market->sets, 1);
        WT_CHECK_RESULT(w, guise_signal_set(market->signals[i]), GUISE_OK);
        if (++done % BURST == 0) {
            (void)poll(NULL, 0, (int)random_below(&random, 3)); /* let waits run out */
        }
    }
}

static void took(struct market *market, unsigned i, atomic_uint *how)
{
    (void)atomic_fetch_add(&market->taken, 1);
    (void)atomic_fetch_add(how, 1);
    atomic_store(&market->wanted[i], 1);
}

static void wait_for_one(struct wt *w)
{
    struct market *market = w->arg;
    uint64_t random = generator(&market->next_random);

    while (!atomic_load(&market->closed)) {
        unsigned i = random_below(&random, SIGNALS);
        uint32_t timeout = random_below(&random, 4);
        guise_result result = guise_signal_wait(market->signals[i], timeout);

        if (result == GUISE_OK) {
            took(market, i, &market->by_wait);
            continue;
        }
        WT_CHECK_RESULT(w, result, GUISE_E_CALL_PENDING);
        (void)atomic_fetch_add(&market->timeouts, timeout != 0);
    }
}

static unsigned index_of(const struct market *market, const guise_signal *signal)
{
    unsigned i = 0;

    while (i < SIGNALS && market->signals[i] != signal) {
        i++;
    }
    return i;
}

static void wait_for_any(struct wt *w)
{
    struct market *market = w->arg;
    uint64_t random = generator(&market->next_random);

    while (!atomic_load(&market->closed)) {
        guise_signal *which = TEST_POISON(guise_signal);
        uint32_t timeout = random_below(&random, 3);
        guise_result result = guise_container_wait_any(market->container, timeout, &which);

        if (result == GUISE_OK) {
            WT_CHECK(w, index_of(market, which) < SIGNALS);
            took(market, index_of(market, which), &market->by_container);
            continue;
        }
        WT_CHECK_RESULT(w, result, GUISE_E_TIMEOUT);
        WT_CHECK(w, which == NULL);
        (void)atomic_fetch_add(&market->container_timeouts, timeout != 0);
    }
}

static void take_readable(struct wt *w, const struct pollfd *fds)
{
    struct market *market = w->arg;

    for (unsigned i = 0; i < SIGNALS; i++) {
        WT_CHECK(w, (fds[i].revents & ~POLLIN) == 0);
        if (fds[i].revents != 0 && guise_signal_wait(market->signals[i], 0) == GUISE_OK) {
            took(market, i, &market->by_poll);
        }
    }
}

static void poll_for_any(struct wt *w)
{
    struct market *market = w->arg;
    struct pollfd fds[SIGNALS];

    for (unsigned i = 0; i < SIGNALS; i++) {
        fds[i].events = POLLIN;
        WT_CHECK_RESULT(w, guise_signal_fd(market->signals[i], &fds[i].fd), GUISE_OK);
    }
    while (!atomic_load(&market->closed) && w->failed == NULL) {
        WT_CHECK(w, poll(fds, SIGNALS, 2) >= 0);
        take_readable(w, fds);
    }
}

static void open_market(struct market *market, bool with_container)
{
    memset(market, 0, sizeof *market);
    if (with_container) {
        assert_ok(guise_container_create(&market->container));
    }
    for (unsigned i = 0; i < SIGNALS; i++) {
        assert_ok(guise_signal_create(GUISE_SIGNAL_AUTO, &market->signals[i]));
        atomic_store(&market->wanted[i], 1);
        if (with_container) {
            assert_ok(guise_container_add(market->container, market->signals[i]));
        }
    }
}

static void close_market(struct market *market)
{
    guise_container_unref(market->container);
    for (unsigned i = 0; i < SIGNALS; i++) {
        guise_signal_unref(market->signals[i]);
    }
}

/* Sets = taken + still set. */
static void assert_balanced(struct market *market)
{
    unsigned still_set = 0;

    for (unsigned i = 0; i < SIGNALS; i++) {
        bool set = guise_signal_wait(market->signals[i], 0) == GUISE_OK;

        assert_int_equal(set, atomic_load(&market->wanted[i]) == 0);
        assert_result(guise_signal_wait(market->signals[i], 0), GUISE_E_CALL_PENDING);
        still_set += set;
    }
    print_message("%u sets: %u taken by waits, %u by containers, %u after poll, %u left; "
                  "%u and %u time-outs\n",
                  atomic_load(&market->sets), atomic_load(&market->by_wait),
                  atomic_load(&market->by_container), atomic_load(&market->by_poll), still_set,
                  atomic_load(&market->timeouts), atomic_load(&market->container_timeouts));
    assert_int_equal(atomic_load(&market->sets), atomic_load(&market->taken) + still_set);
    assert_true(atomic_load(&market->sets) >= SETS);
}

/* Y-01, Y-02, Y-05, Y-07: alone with its waiters, a signal loses nothing and gives nothing twice.
 */
static void every_set_is_taken_once(void **state)
{
    struct wt setters[SETTERS], waiters[WAITERS];
    struct market market;

    (void)state;
    test_watchdog(200);
    open_market(&market, false);
    wt_start_all(waiters, WAITERS, wait_for_one, &market);
    wt_start_all(setters, SETTERS, set_some, &market);
    wt_join_all(setters, SETTERS);
    atomic_store(&market.closed, true);
    wt_join_all(waiters, WAITERS);
    assert_balanced(&market);
    assert_true(atomic_load(&market.timeouts) > 20);
    close_market(&market);
    test_watchdog(0);
}

/* Y-07, Y-14, Y-15: the same with containers and descriptors that want it too. */
static void every_set_is_taken_once_in_company(void **state)
{
    struct wt setters[SETTERS], waiters[WAITERS], containers[CONTAINERS], pollers[POLLERS];
    struct market market;

    (void)state;
    test_watchdog(200);
    open_market(&market, true);
    wt_start_all(waiters, WAITERS, wait_for_one, &market);
    wt_start_all(containers, CONTAINERS, wait_for_any, &market);
    wt_start_all(pollers, POLLERS, poll_for_any, &market);
    wt_start_all(setters, SETTERS, set_some, &market);
    wt_join_all(setters, SETTERS);
    atomic_store(&market.closed, true);
    wt_join_all(waiters, WAITERS);
    wt_join_all(containers, CONTAINERS);
    wt_join_all(pollers, POLLERS);
    assert_balanced(&market);
    assert_true(atomic_load(&market.timeouts) > 20);
    assert_true(atomic_load(&market.container_timeouts) > 20);
    assert_true(atomic_load(&market.by_wait) > 0 && atomic_load(&market.by_container) > 0 &&
                atomic_load(&market.by_poll) > 0);
    close_market(&market);
    test_watchdog(0);
}

/* ---- handing over: n sets release n of the surely waiting threads ---------------------------- */

enum {
    CROWD = 12,
    HAND_ROUNDS = 1500 / GUISE_TEST_TIME_SCALE,
    PULSES = 3000 / GUISE_TEST_TIME_SCALE
};

struct crowd {
    guise_signal *signal;
    atomic_uint released;
    atomic_bool over;
    struct wt_barrier round; /* of two setters */
    unsigned sets;           /* of the second setter, in this round */
};

/* Past the library: how many are in the queue. They are surely waiting. */
static unsigned queue_length(guise_signal *signal)
{
    unsigned length = 0;

    (void)guise__lock_take(&signal->lock);
    for (const struct guise__waiter *waiter = signal->waiters.first; waiter != NULL;
         waiter = waiter->next) {
        length++;
    }
    guise__lock_release(&signal->lock);
    return length;
}

static void until_waiting(guise_signal *signal, unsigned count)
{
    while (queue_length(signal) != count) {
        (void)sched_yield();
    }
}

static void until_released(struct crowd *crowd, unsigned count)
{
    while (atomic_load(&crowd->released) < count) {
        (void)sched_yield();
    }
}

static void wait_again_and_again(struct wt *w)
{
    struct crowd *crowd = w->arg;

    while (!atomic_load(&crowd->over)) {
        WT_CHECK_RESULT(w, guise_signal_wait(crowd->signal, GUISE_INFINITE), GUISE_OK);
        (void)atomic_fetch_add(&crowd->released, 1);
    }
}

static void set_times(guise_signal *signal, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        assert_ok(guise_signal_set(signal));
    }
}

static void second_setter(struct wt *w)
{
    struct crowd *crowd = w->arg;

    for (;;) {
        wt_barrier_wait(&crowd->round);
        if (atomic_load(&crowd->over)) {
            return;
        }
        for (unsigned i = 0; i < crowd->sets; i++) {
            WT_CHECK_RESULT(w, guise_signal_set(crowd->signal), GUISE_OK);
        }
        wt_barrier_wait(&crowd->round);
    }
}

/* With at least as many waiters as sets, each set releases one, and no set is left. A released
 * thread waits again, so all wait before the next round. */
static void hand_over(struct crowd *crowd, uint64_t *random)
{
    unsigned before = atomic_load(&crowd->released);
    unsigned mine = random_below(random, CROWD / 2 + 1);

    crowd->sets = random_below(random, CROWD / 2 + 1);
    until_waiting(crowd->signal, CROWD);
    wt_barrier_wait(&crowd->round);
    set_times(crowd->signal, mine);
    wt_barrier_wait(&crowd->round);
    until_released(crowd, before + mine + crowd->sets);
    until_waiting(crowd->signal, CROWD);
    assert_int_equal(atomic_load(&crowd->released), before + mine + crowd->sets);
}

static void end_crowd(struct crowd *crowd, struct wt *waiters)
{
    until_waiting(crowd->signal, CROWD);
    atomic_store(&crowd->over, true);
    set_times(crowd->signal, CROWD);
    wt_join_all(waiters, CROWD);
    assert_result(guise_signal_wait(crowd->signal, 0), GUISE_E_CALL_PENDING);
    guise_signal_unref(crowd->signal);
}

/* Y-05, Y-07 */
static void n_sets_release_n_waits(void **state)
{
    struct crowd crowd = {0};
    struct wt waiters[CROWD], setter;
    uint64_t random = SEED;

    (void)state;
    test_watchdog(200);
    assert_ok(guise_signal_create(GUISE_SIGNAL_AUTO, &crowd.signal));
    wt_barrier_init(&crowd.round, 2);
    wt_start_all(waiters, CROWD, wait_again_and_again, &crowd);
    wt_start(&setter, second_setter, &crowd);
    for (unsigned i = 0; i < HAND_ROUNDS; i++) {
        hand_over(&crowd, &random);
    }
    end_crowd(&crowd, waiters);
    wt_barrier_wait(&crowd.round);
    wt_join(&setter);
    print_message("%u waits released\n", atomic_load(&crowd.released));
    test_watchdog(0);
}

/* Once in a round the signal is set for a moment, in which no thread may wait twice. */
static void wait_for_each_pulse(struct wt *w)
{
    struct crowd *crowd = w->arg;

    for (unsigned i = 0; i < PULSES; i++) {
        wt_barrier_wait(&crowd->round);
        WT_CHECK_RESULT(w, guise_signal_wait(crowd->signal, GUISE_INFINITE), GUISE_OK);
        (void)atomic_fetch_add(&crowd->released, 1);
    }
}

/* Y-06, Y-08: set and reset at once release every one that was in the queue. */
static void pulse_releases_all_who_wait(void **state)
{
    struct crowd crowd = {0};
    struct wt waiters[CROWD];

    (void)state;
    test_watchdog(200);
    assert_ok(guise_signal_create(GUISE_SIGNAL_MANUAL, &crowd.signal));
    wt_barrier_init(&crowd.round, CROWD + 1);
    wt_start_all(waiters, CROWD, wait_for_each_pulse, &crowd);
    for (unsigned i = 1; i <= PULSES; i++) {
        wt_barrier_wait(&crowd.round);
        until_waiting(crowd.signal, CROWD);
        assert_ok(guise_signal_set(crowd.signal));
        assert_ok(guise_signal_reset(crowd.signal));
        assert_int_equal(queue_length(crowd.signal), 0);
        until_released(&crowd, i * CROWD);
    }
    wt_join_all(waiters, CROWD);
    assert_result(guise_signal_wait(crowd.signal, 0), GUISE_E_CALL_PENDING);
    guise_signal_unref(crowd.signal);
    test_watchdog(0);
}

/* ---- a pulse and a container ----------------------------------------------------------------- */

#if defined(__linux__)
struct sleeper {
    guise_container *container;
    guise_signal *signal;
    atomic_int tid;
    atomic_uint about_to_wait;
    struct wt_barrier round; /* of two */
};

static void wait_in_container(struct wt *w)
{
    struct sleeper *sleeper = w->arg;

    atomic_store(&sleeper->tid, (int)syscall(SYS_gettid));
    for (unsigned i = 0; i < PULSES; i++) {
        guise_signal *which = NULL;

        wt_barrier_wait(&sleeper->round); /* the signal is set for a moment: not twice in it */
        (void)atomic_fetch_add(&sleeper->about_to_wait, 1);
        WT_CHECK_RESULT(w, guise_container_wait_any(sleeper->container, GUISE_INFINITE, &which),
                        GUISE_OK);
        WT_CHECK(w, which == sleeper->signal);
    }
}

static char thread_state(int tid)
{
    char path[64], text[512];
    const char *name_end;
    FILE *file;
    size_t length;

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    file = fopen(path, "re");
    if (file == NULL) {
        return '?';
    }
    length = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[length] = '\0';
    name_end = strrchr(text, ')');
    return name_end == NULL ? '?' : name_end[2];
}

/* It is about to wait, and sleeps; there is no other thread that it could sleep for. */
static void until_asleep(struct sleeper *sleeper, unsigned round)
{
    while (atomic_load(&sleeper->about_to_wait) != round ||
           thread_state(atomic_load(&sleeper->tid)) != 'S') {
        (void)sched_yield();
    }
}

/* Y-06, Y-14: a container's waiter is released by a pulse just so. */
static void pulse_releases_a_container(void **state)
{
    struct sleeper sleeper = {0};
    struct wt waiter;

    (void)state;
#if defined(__SANITIZE_THREAD__)
    /* Its run-time library may put a thread to sleep on a lock of its own. */
    print_message("SKIPPED: asleep is not surely waiting under this sanitizer\n");
    skip();
#endif
    test_watchdog(200);
    wt_barrier_init(&sleeper.round, 2);
    assert_ok(guise_container_create(&sleeper.container));
    assert_ok(guise_signal_create(GUISE_SIGNAL_MANUAL, &sleeper.signal));
    assert_ok(guise_container_add(sleeper.container, sleeper.signal));
    wt_start(&waiter, wait_in_container, &sleeper);
    for (unsigned round = 1; round <= PULSES; round++) {
        wt_barrier_wait(&sleeper.round);
        until_asleep(&sleeper, round);
        assert_ok(guise_signal_set(sleeper.signal));
        assert_ok(guise_signal_reset(sleeper.signal));
    }
    wt_join(&waiter);
    guise_container_unref(sleeper.container);
    guise_signal_unref(sleeper.signal);
    test_watchdog(0);
}
#endif

/* ---- no waiter hangs ------------------------------------------------------------------------- */

enum { CHAOS_CHANGES = 30000 / GUISE_TEST_TIME_SCALE };

static void set_and_reset(struct wt *w)
{
    struct market *market = w->arg;
    uint64_t random = generator(&market->next_random);

    for (unsigned i = 1; i <= CHAOS_CHANGES; i++) {
        guise_signal *signal = market->signals[random_below(&random, SIGNALS)];

        WT_CHECK_RESULT(w,
                        random_below(&random, 4) == 0 ? guise_signal_set(signal)
                                                      : guise_signal_reset(signal),
                        GUISE_OK);
        if (i % (BURST * 4) == 0) {
            (void)poll(NULL, 0, (int)random_below(&random, 3));
        }
    }
}

static void open_manual_market(struct market *market)
{
    memset(market, 0, sizeof *market);
    assert_ok(guise_container_create(&market->container));
    for (unsigned i = 0; i < SIGNALS; i++) {
        assert_ok(guise_signal_create(GUISE_SIGNAL_MANUAL, &market->signals[i]));
        assert_ok(guise_container_add(market->container, market->signals[i]));
    }
}

static void wait_to_the_end(struct wt *w)
{
    struct market *market = w->arg;
    guise_signal *which;

    wait_for_one(w);
    WT_CHECK_RESULT(w, guise_signal_wait(market->signals[0], GUISE_INFINITE), GUISE_OK);
    WT_CHECK_RESULT(w, guise_container_wait_any(market->container, GUISE_INFINITE, &which),
                    GUISE_OK);
}

static void assert_readable(guise_signal *signal, bool expected)
{
    struct pollfd fd = {.events = POLLIN};

    assert_ok(guise_signal_fd(signal, &fd.fd));
    assert_int_equal(poll(&fd, 1, 0), expected);
}

/* Y-01, Y-02, Y-05, Y-06, Y-08: after any operations a set that stays releases all waiters. */
static void a_set_that_stays_releases_everybody(void **state)
{
    struct wt setters[SETTERS], waiters[WAITERS], containers[CONTAINERS], pollers[POLLERS];
    struct market market;

    (void)state;
    test_watchdog(200);
    open_manual_market(&market);
    wt_start_all(waiters, WAITERS, wait_to_the_end, &market);
    wt_start_all(containers, CONTAINERS, wait_for_any, &market);
    wt_start_all(pollers, POLLERS, poll_for_any, &market);
    wt_start_all(setters, SETTERS, set_and_reset, &market);
    wt_join_all(setters, SETTERS);
    for (unsigned i = 0; i < SIGNALS; i++) {
        assert_ok(guise_signal_reset(market.signals[i]));
        assert_readable(market.signals[i], false);
    }
    atomic_store(&market.closed, true);
    assert_ok(guise_signal_set(market.signals[0]));
    wt_join_all(waiters, WAITERS);
    wt_join_all(containers, CONTAINERS);
    wt_join_all(pollers, POLLERS);
    assert_readable(market.signals[0], true);
    assert_readable(market.signals[1], false);
    print_message("%u and %u time-outs\n", atomic_load(&market.timeouts),
                  atomic_load(&market.container_timeouts));
    assert_true(atomic_load(&market.timeouts) > 20);
    close_market(&market);
    test_watchdog(0);
}

/* ---- freed by the first released waiter ------------------------------------------------------ */

enum { LIVES = 20000 / GUISE_TEST_TIME_SCALE };

struct last_wait {
    _Atomic(guise_signal *) signal; /* one at a time; NULL: taken */
};

static guise_signal *next_signal(struct last_wait *shared)
{
    guise_signal *signal;

    while ((signal = atomic_exchange(&shared->signal, NULL)) == NULL) {
        (void)sched_yield();
    }
    return signal;
}

/* Drops what it has at once. */
static void wait_and_drop(struct wt *w)
{
    struct last_wait *shared = w->arg;

    for (unsigned i = 0; i < LIVES; i++) {
        guise_signal *signal = next_signal(shared), *which = NULL;
        guise_container *container = NULL;

        if (i % 2 == 0) {
            WT_CHECK_RESULT(w, guise_signal_wait(signal, GUISE_INFINITE), GUISE_OK);
        } else {
            WT_CHECK_RESULT(w, guise_container_create(&container), GUISE_OK);
            WT_CHECK_RESULT(w, guise_container_add(container, signal), GUISE_OK);
            WT_CHECK_RESULT(w, guise_container_wait_any(container, GUISE_INFINITE, &which),
                            GUISE_OK);
            guise_container_unref(container);
        }
        guise_signal_unref(signal);
    }
}

/* A released thread may drop its reference while the setter is still in set. */
static void released_waiter_may_drop_it_at_once(void **state)
{
    struct last_wait shared;
    struct wt waiter;

    (void)state;
    atomic_init(&shared.signal, NULL);
    test_watchdog(200);
    wt_start(&waiter, wait_and_drop, &shared);
    for (unsigned i = 0; i < LIVES; i++) {
        guise_signal *signal = NULL;

        assert_ok(
            guise_signal_create(i % 3 == 0 ? GUISE_SIGNAL_AUTO : GUISE_SIGNAL_MANUAL, &signal));
        atomic_store(&shared.signal, guise_signal_ref(signal));
        while (atomic_load(&shared.signal) != NULL) {
            (void)sched_yield();
        }
        assert_ok(guise_signal_set(signal));
        guise_signal_unref(signal);
    }
    wt_join(&waiter);
    test_watchdog(0);
}

/* ---- edges ----------------------------------------------------------------------------------- */

#if defined(__linux__)
enum { EDGES = 3, PRODUCTS = 40000 / GUISE_TEST_TIME_SCALE };

/* Each set of the auto signal stands for all that has been produced before it. The thread that
 * takes the set takes all of that, and polls only when epoll says so. A descriptor that were not
 * raised anew, or raised too early, would leave products behind for ever. */
struct factory {
    guise_signal *signal;
    atomic_uint produced, consumed, wakes, ended;
};

struct edge {
    struct factory *factory;
    int epoll_fd, fd;
    uint32_t flags;
};

static void produce(struct wt *w)
{
    struct factory *factory = w->arg;

    for (unsigned i = 0; i < PRODUCTS; i++) {
        (void)atomic_fetch_add(&factory->produced, 1);
        WT_CHECK_RESULT(w, guise_signal_set(factory->signal), GUISE_OK);
        if (i % 8 == 0) {
            (void)sched_yield();
        }
    }
}

/* Until there is nothing to take, as the header says; then all that was produced is consumed. */
static void consume(struct factory *factory)
{
    while (guise_signal_wait(factory->signal, 0) == GUISE_OK) {
        unsigned produced = atomic_load(&factory->produced);
        unsigned consumed = atomic_load(&factory->consumed);

        while (consumed < produced &&
               !atomic_compare_exchange_weak(&factory->consumed, &consumed, produced)) {
        }
    }
}

static void consume_at_edges(struct wt *w)
{
    struct edge *edge = w->arg;
    struct factory *factory = edge->factory;
    struct epoll_event wanted = {.events = EPOLLIN | edge->flags}, event;

    while (atomic_load(&factory->consumed) < 2 * PRODUCTS) {
        WT_CHECK(w, epoll_wait(edge->epoll_fd, &event, 1, -1) == 1);
        (void)atomic_fetch_add(&factory->wakes, 1);
        if ((edge->flags & EPOLLONESHOT) != 0) {
            WT_CHECK(w, epoll_ctl(edge->epoll_fd, EPOLL_CTL_MOD, edge->fd, &wanted) == 0);
        }
        consume(factory);
    }
    /* The others sleep; the last set tells them, one by one. */
    (void)atomic_fetch_add(&factory->ended, 1);
    WT_CHECK_RESULT(w, guise_signal_set(factory->signal), GUISE_OK);
}

static void open_edge(struct edge *edge, struct factory *factory, uint32_t flags)
{
    struct epoll_event wanted = {.events = EPOLLIN | flags};

    *edge = (struct edge){.factory = factory, .flags = flags};
    assert_ok(guise_signal_fd(factory->signal, &edge->fd));
    edge->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    assert_true(edge->epoll_fd >= 0);
    assert_int_equal(epoll_ctl(edge->epoll_fd, EPOLL_CTL_ADD, edge->fd, &wanted), 0);
}

/* Edge-triggered, one-shot, and with more than one polling thread (Y-07). */
static void no_edge_is_missed(void **state)
{
    static const uint32_t flags[EDGES] = {EPOLLET, EPOLLET, EPOLLONESHOT};
    struct factory factory = {0};
    struct edge edges[EDGES];
    struct wt producers[2], consumers[EDGES];

    (void)state;
    test_watchdog(200);
    assert_ok(guise_signal_create(GUISE_SIGNAL_AUTO, &factory.signal));
    for (unsigned i = 0; i < EDGES; i++) {
        open_edge(&edges[i], &factory, flags[i]);
        wt_start(&consumers[i], consume_at_edges, &edges[i]);
    }
    wt_start_all(producers, 2, produce, &factory);
    wt_join_all(producers, 2);
    wt_join_all(consumers, EDGES);
    print_message("%u products, %u wake-ups\n", atomic_load(&factory.produced),
                  atomic_load(&factory.wakes));
    assert_int_equal(atomic_load(&factory.consumed), 2 * PRODUCTS);
    assert_int_equal(atomic_load(&factory.ended), EDGES);
    assert_true(atomic_load(&factory.wakes) > 20);
    for (unsigned i = 0; i < EDGES; i++) {
        assert_int_equal(close(edges[i].epoll_fd), 0);
    }
    guise_signal_unref(factory.signal);
    test_watchdog(0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_is_taken_once),
        cmocka_unit_test(every_set_is_taken_once_in_company),
        cmocka_unit_test(n_sets_release_n_waits),
        cmocka_unit_test(pulse_releases_all_who_wait),
#if defined(__linux__)
        cmocka_unit_test(pulse_releases_a_container),
        cmocka_unit_test(no_edge_is_missed),
#endif
        cmocka_unit_test(a_set_that_stays_releases_everybody),
        cmocka_unit_test(released_waiter_may_drop_it_at_once),
    };

    (void)printf("seed %d\n", SEED);
    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
