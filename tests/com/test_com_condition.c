/* SPDX-License-Identifier: MIT */
/* CONDITION_VARIABLE: time-outs, one wake and all, and a queue that only right wakes empty. */
#include "com_test.h"

#include <string.h>

#include <guiseport.h>
#include <windows.h>

#include "support/wt.h"

enum { NO_ERROR_YET = 0xDEAD };

static void a_wait_ends_with_its_time(void **state)
{
    CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;
    CRITICAL_SECTION section;
    SRWLOCK lock = SRWLOCK_INIT;

    (void)state;
    test_watchdog(20);
    InitializeCriticalSection(&section);
    EnterCriticalSection(&section);
    WakeConditionVariable(&condition); /* for no waiter, and not kept */
    WakeAllConditionVariable(&condition);
    SetLastError(NO_ERROR_YET);
    assert_false(SleepConditionVariableCS(&condition, &section, 0));
    assert_int_equal(GetLastError(), ERROR_TIMEOUT);
    SetLastError(NO_ERROR_YET);
    assert_false(SleepConditionVariableCS(&condition, &section, 10));
    assert_int_equal(GetLastError(), ERROR_TIMEOUT);
    LeaveCriticalSection(&section);
    DeleteCriticalSection(&section);
    AcquireSRWLockExclusive(&lock);
    SetLastError(NO_ERROR_YET);
    assert_false(SleepConditionVariableSRW(&condition, &lock, 10, 0));
    assert_int_equal(GetLastError(), ERROR_TIMEOUT);
    assert_false(TryAcquireSRWLockShared(&lock)); /* it is exclusive again */
    ReleaseSRWLockExclusive(&lock);
    AcquireSRWLockShared(&lock);
    SetLastError(NO_ERROR_YET);
    assert_false(
        SleepConditionVariableSRW(&condition, &lock, 10, CONDITION_VARIABLE_LOCKMODE_SHARED));
    assert_int_equal(GetLastError(), ERROR_TIMEOUT);
    assert_true(TryAcquireSRWLockShared(&lock)); /* it is shared again */
    ReleaseSRWLockShared(&lock);
    ReleaseSRWLockShared(&lock);
    test_watchdog(0);
}

static void com_a_condition_begins_as_zeros(void **state)
{
    static const CONDITION_VARIABLE zero;
    CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;
    SRWLOCK lock = SRWLOCK_INIT;

    (void)state;
    assert_memory_equal(&condition, &zero, sizeof zero);
    memset(&condition, 0x5A, sizeof condition);
    InitializeConditionVariable(&condition);
    assert_memory_equal(&condition, &zero, sizeof zero);
    SetLastError(NO_ERROR_YET);
    assert_false(SleepConditionVariableSRW(&condition, &lock, 10, 2));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_memory_equal(&condition, &zero, sizeof zero);
}

/* ---- threads that wait ----------------------------------------------------------------------- */

enum { THREADS = 4, ITEMS = 4000 };

/* Under the lock, but for what says otherwise. */
struct queue {
    CONDITION_VARIABLE filled, emptied;
    CRITICAL_SECTION section;
    SRWLOCK lock;
    int waiting, items, taken, sleeps;
    BOOL is_open;
};

static void queue_init(struct queue *queue)
{
    memset(queue, 0, sizeof *queue);
    InitializeConditionVariable(&queue->filled);
    InitializeConditionVariable(&queue->emptied);
    InitializeCriticalSection(&queue->section);
    InitializeSRWLock(&queue->lock);
}

static void wait_for_opening(struct wt *w)
{
    struct queue *queue = w->arg;

    EnterCriticalSection(&queue->section);
    queue->waiting++;
    while (!queue->is_open) {
        WT_CHECK(w, SleepConditionVariableCS(&queue->filled, &queue->section, INFINITE));
    }
    queue->waiting--;
    LeaveCriticalSection(&queue->section);
}

/* All of them sleep: none of them can be between counting itself and its sleep, as it has the section. */
static void open_when_all_wait(struct queue *queue)
{
    for (BOOL is_open = FALSE; !is_open;) {
        EnterCriticalSection(&queue->section);
        is_open = queue->is_open = queue->waiting == THREADS;
        LeaveCriticalSection(&queue->section);
        Sleep(0);
    }
}

static void all_are_woken_at_once(void **state)
{
    struct wt w[THREADS];
    struct queue queue;

    (void)state;
    test_watchdog(30);
    for (int i = 0; i < 100; i++) {
        queue_init(&queue);
        wt_start_all(w, THREADS, wait_for_opening, &queue);
        open_when_all_wait(&queue);
        WakeAllConditionVariable(&queue.filled);
        wt_join_all(w, THREADS);
        assert_int_equal(queue.waiting, 0);
        DeleteCriticalSection(&queue.section);
    }
    test_watchdog(0);
}

static void put_with_section(struct wt *w)
{
    struct queue *queue = w->arg;

    for (int i = 0; i < ITEMS; i++) {
        EnterCriticalSection(&queue->section);
        while (queue->items == 1) {
            queue->sleeps++;
            WT_CHECK(w, SleepConditionVariableCS(&queue->emptied, &queue->section, INFINITE));
        }
        queue->items++;
        LeaveCriticalSection(&queue->section);
        WakeConditionVariable(&queue->filled);
    }
}

static void take_with_section(struct wt *w)
{
    struct queue *queue = w->arg;

    for (int i = 0; i < ITEMS; i++) {
        EnterCriticalSection(&queue->section);
        while (queue->items == 0) {
            queue->sleeps++;
            WT_CHECK(w, SleepConditionVariableCS(&queue->filled, &queue->section, INFINITE));
        }
        queue->items--;
        queue->taken++;
        WakeConditionVariable(&queue->emptied);
        LeaveCriticalSection(&queue->section);
    }
}

static void put_with_lock(struct wt *w)
{
    struct queue *queue = w->arg;

    for (int i = 0; i < ITEMS; i++) {
        AcquireSRWLockExclusive(&queue->lock);
        while (queue->items == 1) {
            queue->sleeps++;
            WT_CHECK(w, SleepConditionVariableSRW(&queue->emptied, &queue->lock, INFINITE, 0));
        }
        queue->items++;
        WakeConditionVariable(&queue->filled);
        ReleaseSRWLockExclusive(&queue->lock);
    }
}

/* Looks as a reader, and takes as a writer. */
static void take_with_lock(struct wt *w)
{
    struct queue *queue = w->arg;

    for (int i = 0; i < ITEMS;) {
        AcquireSRWLockShared(&queue->lock);
        while (queue->items == 0) {
            WT_CHECK(w, SleepConditionVariableSRW(&queue->filled, &queue->lock, INFINITE,
                                                  CONDITION_VARIABLE_LOCKMODE_SHARED));
        }
        ReleaseSRWLockShared(&queue->lock);
        AcquireSRWLockExclusive(&queue->lock);
        if (queue->items == 1) {
            queue->items--;
            queue->taken++;
            i++;
        }
        ReleaseSRWLockExclusive(&queue->lock);
        WakeConditionVariable(&queue->emptied);
    }
}

/* One slot between two threads: a wake that is lost is never made up for, and the watchdog ends it. */
static void pass_items(wt_fn *put, wt_fn *take)
{
    struct wt putter, taker;
    struct queue queue;

    test_watchdog(60);
    queue_init(&queue);
    wt_start(&putter, put, &queue);
    wt_start(&taker, take, &queue);
    wt_join(&putter);
    wt_join(&taker);
    test_watchdog(0);
    assert_int_equal(queue.taken, ITEMS);
    assert_int_equal(queue.items, 0);
    assert_true(queue.sleeps > 0);
    DeleteCriticalSection(&queue.section);
}

static void no_wake_is_lost_in_a_section(void **state)
{
    (void)state;
    pass_items(put_with_section, take_with_section);
}

static void no_wake_is_lost_with_a_lock(void **state)
{
    (void)state;
    pass_items(put_with_lock, take_with_lock);
}

/* So many items, one wake each, for so many threads that sleep: each gets its own. */
static void take_one(struct wt *w)
{
    struct queue *queue = w->arg;

    EnterCriticalSection(&queue->section);
    queue->waiting++;
    while (queue->items == 0) {
        WT_CHECK(w, SleepConditionVariableCS(&queue->filled, &queue->section, INFINITE));
    }
    queue->items--;
    queue->taken++;
    LeaveCriticalSection(&queue->section);
}

static void each_wake_is_for_a_thread(void **state)
{
    struct wt w[THREADS];
    struct queue queue;

    (void)state;
    test_watchdog(30);
    for (int i = 0; i < 100; i++) {
        queue_init(&queue);
        wt_start_all(w, THREADS, take_one, &queue);
        open_when_all_wait(&queue);
        for (int k = 0; k < THREADS; k++) {
            EnterCriticalSection(&queue.section);
            queue.items++;
            LeaveCriticalSection(&queue.section);
            WakeConditionVariable(&queue.filled);
        }
        wt_join_all(w, THREADS);
        assert_int_equal(queue.taken, THREADS);
        assert_int_equal(queue.items, 0);
        DeleteCriticalSection(&queue.section);
    }
    test_watchdog(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_ends_with_its_time),
        cmocka_unit_test(com_a_condition_begins_as_zeros),
        cmocka_unit_test(all_are_woken_at_once),
        cmocka_unit_test(no_wake_is_lost_in_a_section),
        cmocka_unit_test(no_wake_is_lost_with_a_lock),
        cmocka_unit_test(each_wake_is_for_a_thread),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
