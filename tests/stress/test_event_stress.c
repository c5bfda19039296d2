/* SPDX-License-Identifier: MIT */
/*
 * Auto-reset events under load, each waited for alone, as any of several, as one of all, and in a
 * container: every SetEvent is taken exactly once, and no waiter hangs. An event is only set again
 * when its last set was taken, so none is lost, and the numbers of sets and of successful waits
 * must be equal.
 */
#define _POSIX_C_SOURCE 200809L
#include "com/com_test.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "support/random.h"
#include "support/wt.h"

enum {
    EVENTS = 4,
    SETTERS = 2,
    KINDS = 4,
    TAKERS = 4,
    MIXES = 6,
    SETS = 20000 / GUISE_TEST_TIME_SCALE, /* for each mix */
    SEED = 20240229,
    SECONDS = 120
};

enum kind { ALONE, ANY, ALL, CONTAINER };

static const enum kind mixes[MIXES][TAKERS] = {
    {ALL, ALL, ALL, ALL},     {ANY, ANY, ANY, ANY},
    {ALL, ALL, ANY, ANY},     {ALL, ALL, CONTAINER, CONTAINER},
    {ALL, ANY, ALONE, ALONE}, {ALL, ANY, CONTAINER, ALONE}};

struct market {
    HANDLE events[EVENTS];
    ISynchronize *objects[EVENTS]; /* the one that these handles refer to */
    ISynchronizeContainer *container;
    atomic_uint wanted[EVENTS]; /* 1: the last set was taken */
    const enum kind *mix;
    atomic_uint sets, next_random, next_taker;
    atomic_uint taken[KINDS]; /* events */
    atomic_uint late[KINDS];  /* waits that timed out */
    atomic_bool closed;
};

static uint64_t generator(struct market *market)
{
    return UINT64_C(0x9E3779B97F4A7C15) * (SEED + atomic_fetch_add(&market->next_random, 1));
}

static void set_some(struct wt *w)
{
    struct market *market = w->arg;
    uint64_t random = generator(market);

    while (atomic_load(&market->sets) < SETS) {
        unsigned i = random_below(&random, EVENTS), one = 1;

        if (!atomic_compare_exchange_strong(&market->wanted[i], &one, 0)) {
            (void)sched_yield();
            continue;
        }
        (void)atomic_fetch_add(&market->sets, 1);
        WT_CHECK(w, SetEvent(market->events[i]));
    }
}

/* ---- takers ---------------------------------------------------------------------------------- */

static void took(struct market *market, enum kind kind, HANDLE event)
{
    unsigned i = 0;

    while (market->events[i] != event) {
        i++;
    }
    (void)atomic_fetch_add(&market->taken[kind], 1);
    atomic_store(&market->wanted[i], 1);
}

/* Two or three different events, in any order. */
static DWORD choose(struct market *market, uint64_t *random, HANDLE *chosen)
{
    DWORD count = 2 + random_below(random, 2);
    unsigned first = random_below(random, EVENTS),
             step = random_below(random, 2) == 0 ? 1 : EVENTS - 1;

    for (DWORD i = 0; i < count; i++) {
        chosen[i] = market->events[(first + i * step) % EVENTS];
    }
    return count;
}

static DWORD wait_alone(struct market *market, uint64_t *random, DWORD milliseconds)
{
    HANDLE event = market->events[random_below(random, EVENTS)];
    DWORD result = WaitForSingleObject(event, milliseconds);

    if (result == WAIT_OBJECT_0) {
        took(market, ALONE, event);
    }
    return result;
}

static DWORD wait_any(struct market *market, uint64_t *random, DWORD milliseconds)
{
    HANDLE chosen[EVENTS];
    DWORD count = choose(market, random, chosen);
    DWORD result = WaitForMultipleObjects(count, chosen, FALSE, milliseconds);

    if (result < WAIT_OBJECT_0 + count) {
        took(market, ANY, chosen[result - WAIT_OBJECT_0]);
        return WAIT_OBJECT_0;
    }
    return result;
}

static DWORD wait_all(struct market *market, uint64_t *random, DWORD milliseconds)
{
    HANDLE chosen[EVENTS];
    DWORD count = choose(market, random, chosen);
    DWORD result = WaitForMultipleObjects(count, chosen, TRUE, milliseconds);

    for (DWORD i = 0; result == WAIT_OBJECT_0 && i < count; i++) {
        took(market, ALL, chosen[i]);
    }
    return result;
}

static DWORD wait_in_container(struct market *market, uint64_t *random, DWORD milliseconds)
{
    ISynchronize *which = NULL;
    HRESULT result = ISynchronizeContainer_WaitMultiple(market->container, 0, milliseconds, &which);

    (void)random;
    for (unsigned i = 0; result == S_OK && i < EVENTS; i++) {
        if (market->objects[i] == which) {
            took(market, CONTAINER, market->events[i]);
        }
    }
    if (which != NULL) {
        (void)ISynchronize_Release(which);
    }
    return result == S_OK ? WAIT_OBJECT_0 : result == RPC_E_TIMEOUT ? WAIT_TIMEOUT : WAIT_FAILED;
}

static void take_some(struct wt *w)
{
    static DWORD (*const waits[KINDS])(struct market *, uint64_t *,
                                       DWORD) = {wait_alone, wait_any, wait_all, wait_in_container};
    struct market *market = w->arg;
    uint64_t random = generator(market);
    enum kind kind = market->mix[atomic_fetch_add(&market->next_taker, 1)];

    while (!atomic_load(&market->closed)) {
        DWORD result = waits[kind](market, &random, random_below(&random, 4));

        WT_CHECK(w, result == WAIT_OBJECT_0 || result == WAIT_TIMEOUT);
        (void)atomic_fetch_add(&market->late[kind], result == WAIT_TIMEOUT);
    }
}

/* ---- the market ------------------------------------------------------------------------------ */

static void open_market(struct market *market)
{
    void *found = POISON;

    memset(market, 0, sizeof *market);
    assert_hr(CoCreateInstance(&CLSID_SynchronizeContainer, NULL, CLSCTX_INPROC_SERVER,
                               &IID_ISynchronizeContainer, &found),
              S_OK);
    market->container = found;
    for (unsigned i = 0; i < EVENTS; i++) {
        assert_hr(CoCreateInstance(&CLSID_StdEvent, NULL, CLSCTX_INPROC_SERVER, &IID_ISynchronize,
                                   &found),
                  S_OK);
        market->objects[i] = found;
        assert_hr(ISynchronize_QueryInterface(market->objects[i], &IID_ISynchronizeHandle, &found),
                  S_OK);
        assert_hr(ISynchronizeHandle_GetHandle((ISynchronizeHandle *)found, &market->events[i]),
                  S_OK);
        (void)ISynchronizeHandle_Release((ISynchronizeHandle *)found);
        assert_hr(ISynchronizeContainer_AddSynchronize(market->container, market->objects[i]),
                  S_OK);
        atomic_init(&market->wanted[i], 1);
    }
}

static void close_market(struct market *market)
{
    assert_int_equal(ISynchronizeContainer_Release(market->container), 0);
    for (unsigned i = 0; i < EVENTS; i++) {
        assert_int_equal(WaitForSingleObject(market->events[i], 0), WAIT_TIMEOUT);
        assert_int_equal(ISynchronize_Release(market->objects[i]), 0);
    }
}

static unsigned all_taken(struct market *market)
{
    unsigned taken = 0;

    for (unsigned i = 0; i < KINDS; i++) {
        taken += atomic_load(&market->taken[i]);
    }
    return taken;
}

/* What is left over by waits for all, which need more. */
static void drain(struct market *market)
{
    while (all_taken(market) < atomic_load(&market->sets)) { /* or the watchdog: one was lost */
        for (unsigned i = 0; i < EVENTS; i++) {
            if (WaitForSingleObject(market->events[i], 0) == WAIT_OBJECT_0) {
                took(market, ALONE, market->events[i]);
            }
        }
        (void)sched_yield();
    }
}

static void trade(struct market *market, const enum kind *mix)
{
    struct wt setters[SETTERS], takers[TAKERS];

    market->mix = mix;
    wt_start_all(takers, TAKERS, take_some, market);
    wt_start_all(setters, SETTERS, set_some, market);
    wt_join_all(setters, SETTERS);
    drain(market);
    atomic_store(&market->closed, true);
    wt_join_all(takers, TAKERS);
    assert_int_equal(all_taken(market), atomic_load(&market->sets));
}

static void every_set_is_taken_once(void **state)
{
    static const char *const names[KINDS] = {"alone", "any", "all", "container"};
    unsigned taken[KINDS] = {0}, late[KINDS] = {0};
    struct market market;

    (void)state;
    for (unsigned mix = 0; mix < MIXES; mix++) {
        test_watchdog(SECONDS);
        open_market(&market);
        trade(&market, mixes[mix]);
        for (unsigned kind = 0; kind < KINDS; kind++) {
            taken[kind] += atomic_load(&market.taken[kind]);
            late[kind] += atomic_load(&market.late[kind]);
        }
        close_market(&market);
    }
    for (unsigned kind = 0; kind < KINDS; kind++) {
        print_message("%s: %u taken, %u late\n", names[kind], taken[kind], late[kind]);
        /* Uncontended it would have proved nothing. */
        assert_true(taken[kind] > SETS / 100);
        assert_true(late[kind] > 0);
    }
}

/* ---- all or nothing -------------------------------------------------------------------------- */

/* A philosopher with both forks eats. Neighbours cannot eat at the same time, and none starves the
 * others by holding one fork. */
enum { SEATS = 5, MEALS = 4000 / GUISE_TEST_TIME_SCALE };

struct table {
    HANDLE forks[SEATS];
    atomic_uint used[SEATS];
    atomic_uint next_seat, waited;
};

static void dine(struct wt *w)
{
    struct table *table = w->arg;
    unsigned seat = atomic_fetch_add(&table->next_seat, 1), other = (seat + 1) % SEATS;
    HANDLE forks[2] = {table->forks[seat], table->forks[other]};

    for (unsigned meal = 0; meal < MEALS; meal++) {
        if (WaitForMultipleObjects(2, forks, TRUE, 0) != WAIT_OBJECT_0) {
            (void)atomic_fetch_add(&table->waited, 1);
            WT_CHECK(w, WaitForMultipleObjects(2, forks, TRUE, INFINITE) == WAIT_OBJECT_0);
        }
        WT_CHECK(w, atomic_fetch_add(&table->used[seat], 1) == 0);
        WT_CHECK(w, atomic_fetch_add(&table->used[other], 1) == 0);
        (void)sched_yield();
        (void)atomic_fetch_sub(&table->used[seat], 1);
        (void)atomic_fetch_sub(&table->used[other], 1);
        WT_CHECK(w, SetEvent(forks[meal % 2]));
        WT_CHECK(w, SetEvent(forks[1 - meal % 2]));
    }
}

static void both_forks_or_none(void **state)
{
    struct table table = {0};
    struct wt w[SEATS];

    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < SEATS; i++) {
        table.forks[i] = CreateEventW(NULL, FALSE, TRUE, NULL);
        assert_non_null(table.forks[i]);
    }
    wt_start_all(w, SEATS, dine, &table);
    wt_join_all(w, SEATS);
    print_message("%u meals waited for\n", atomic_load(&table.waited));
    assert_true(atomic_load(&table.waited) > MEALS / 100);
    assert_int_equal(WaitForMultipleObjects(SEATS, table.forks, TRUE, 0), WAIT_OBJECT_0);
    for (unsigned i = 0; i < SEATS; i++) {
        assert_true(CloseHandle(table.forks[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_is_taken_once),
        cmocka_unit_test(both_forks_or_none),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
