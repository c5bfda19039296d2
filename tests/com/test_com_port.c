/* SPDX-License-Identifier: MIT */
/*
 * guiseport.h: Windows' locks with Windows' rules, and what a ported server does under one. The stage
 * is that of the core's own tests, the server is calc.h's.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_scene.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include <guiseport.h>

#include "calc.h"

/* ---- CRITICAL_SECTION ------------------------------------------------------------------------ */

static CRITICAL_SECTION s_section;

/* Another thread does not get in. */
static void does_not_enter(struct wt *w)
{
    WT_CHECK(w, TryEnterCriticalSection(&s_section) == FALSE);
}

static void enters(struct wt *w)
{
    WT_CHECK(w, TryEnterCriticalSection(&s_section) == TRUE);
    LeaveCriticalSection(&s_section);
}

static void in_another_thread(wt_fn *fn)
{
    struct wt w;

    wt_start(&w, fn, NULL);
    wt_join(&w);
}

static void com_a_section_is_entered_again(void **state)
{
    (void)state;
    InitializeCriticalSection(&s_section);
    EnterCriticalSection(&s_section);
    EnterCriticalSection(&s_section);
    assert_true(TryEnterCriticalSection(&s_section));
    in_another_thread(does_not_enter);
    LeaveCriticalSection(&s_section);
    LeaveCriticalSection(&s_section);
    in_another_thread(does_not_enter);
    LeaveCriticalSection(&s_section);
    in_another_thread(enters);
    DeleteCriticalSection(&s_section);
}

static void leaves(struct wt *w)
{
    (void)w;
    LeaveCriticalSection(&s_section);
}

static void com_a_section_is_its_owners(void **state)
{
    (void)state;
    assert_true(InitializeCriticalSectionAndSpinCount(&s_section, 4000));
    LeaveCriticalSection(&s_section);
    in_another_thread(enters);
    assert_true(InitializeCriticalSectionEx(&s_section, 0, 0));
    EnterCriticalSection(&s_section);
    in_another_thread(leaves);
    in_another_thread(does_not_enter);
    LeaveCriticalSection(&s_section);
    in_another_thread(enters);
}

/* ---- a count that only a lock keeps right ---------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 2000 };

static volatile int s_count;
static atomic_int s_contended; /* found it held */
static SRWLOCK s_lock = SRWLOCK_INIT;
static struct wt_latch s_start;

static void count_once(void)
{
    int seen = s_count;

    while (atomic_load(&s_contended) == 0) {
        (void)sched_yield(); /* until another thread has run into the lock */
    }
    if (seen % 16 == 0) {
        (void)sched_yield();
    }
    s_count = seen + 1;
}

static void counts_in_section(struct wt *w)
{
    (void)w;
    wt_latch_wait(&s_start);
    for (int i = 0; i < ROUNDS; i++) {
        if (!TryEnterCriticalSection(&s_section)) {
            (void)atomic_fetch_add(&s_contended, 1);
            EnterCriticalSection(&s_section);
        }
        EnterCriticalSection(&s_section);
        count_once();
        LeaveCriticalSection(&s_section);
        LeaveCriticalSection(&s_section);
    }
}

static void run_threads(wt_fn *fn, wt_fn *other)
{
    struct wt w[THREADS];

    test_watchdog(20);
    s_count = 0;
    atomic_store(&s_contended, 0);
    wt_latch_init(&s_start);
    for (int i = 0; i < THREADS; i++) {
        wt_start(&w[i], i % 2 == 0 ? fn : other, NULL);
    }
    wt_latch_open(&s_start);
    for (int i = 0; i < THREADS; i++) {
        wt_join(&w[i]);
    }
    test_watchdog(0);
    assert_true(atomic_load(&s_contended) > 0);
}

static void com_a_section_excludes(void **state)
{
    (void)state;
    InitializeCriticalSection(&s_section);
    run_threads(counts_in_section, counts_in_section);
    assert_int_equal(s_count, THREADS * ROUNDS);
}

/* ---- SRWLOCK --------------------------------------------------------------------------------- */

static void com_readers_share_and_writers_do_not(void **state)
{
    static SRWLOCK zero;
    SRWLOCK lock = SRWLOCK_INIT;

    (void)state;
    assert_memory_equal(&lock, &zero, sizeof lock);
    AcquireSRWLockShared(&lock);
    assert_true(TryAcquireSRWLockShared(&lock));
    assert_false(TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    assert_false(TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockShared(&lock);
    assert_true(TryAcquireSRWLockExclusive(&lock));
    assert_false(TryAcquireSRWLockShared(&lock));
    assert_false(TryAcquireSRWLockExclusive(&lock));
    ReleaseSRWLockExclusive(&lock);
    AcquireSRWLockExclusive(&lock);
    ReleaseSRWLockExclusive(&lock);
    assert_memory_equal(&lock, &zero, sizeof lock);
    memset(&lock, 0x5A, sizeof lock);
    InitializeSRWLock(&lock);
    assert_memory_equal(&lock, &zero, sizeof lock);
}

static volatile int s_half; /* a writer is at work */

static void writes(struct wt *w)
{
    (void)w;
    wt_latch_wait(&s_start);
    for (int i = 0; i < ROUNDS; i++) {
        if (!TryAcquireSRWLockExclusive(&s_lock)) {
            (void)atomic_fetch_add(&s_contended, 1);
            AcquireSRWLockExclusive(&s_lock);
        }
        s_half = 1;
        count_once();
        s_half = 0;
        ReleaseSRWLockExclusive(&s_lock);
    }
}

static void reads(struct wt *w)
{
    wt_latch_wait(&s_start);
    for (int i = 0; i < ROUNDS; i++) {
        int half;

        AcquireSRWLockShared(&s_lock);
        half = s_half;
        ReleaseSRWLockShared(&s_lock);
        WT_CHECK(w, half == 0);
    }
}

static void com_writers_are_alone(void **state)
{
    (void)state;
    run_threads(writes, reads);
    assert_int_equal(s_count, THREADS / 2 * ROUNDS);
    assert_int_equal(s_half, 0);
    run_threads(writes, writes);
    assert_int_equal(s_count, THREADS * ROUNDS);
}

/* A writer that waits is before a reader that comes then. */
static void writer_waits(struct wt *w)
{
    (void)w;
    AcquireSRWLockExclusive(&s_lock);
    ReleaseSRWLockExclusive(&s_lock);
}

static void com_a_waiting_writer_gets_its_turn(void **state)
{
    struct wt w;

    (void)state;
    test_watchdog(20);
    AcquireSRWLockShared(&s_lock);
    wt_start(&w, writer_waits, NULL);
    while (TryAcquireSRWLockShared(&s_lock)) { /* until the writer sleeps */
        ReleaseSRWLockShared(&s_lock);
        (void)sched_yield();
    }
    ReleaseSRWLockShared(&s_lock);
    wt_join(&w);
    assert_true(TryAcquireSRWLockShared(&s_lock));
    ReleaseSRWLockShared(&s_lock);
    test_watchdog(0);
}

/* ---- INIT_ONCE ------------------------------------------------------------------------------- */

static INIT_ONCE s_once = INIT_ONCE_STATIC_INIT;
static atomic_int s_runs;

static BOOL CALLBACK make(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once;
    (void)atomic_fetch_add(&s_runs, 1);
    *context = parameter;
    s_count = 7;
    return parameter != NULL;
}

/* Not before another thread waits, which the word says. */
static BOOL CALLBACK make_late(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    while (atomic_load((atomic_uint *)&once->word) == 1) {
        (void)sched_yield();
    }
    (void)atomic_fetch_add(&s_contended, 1);
    return make(once, parameter, context);
}

static void makes(struct wt *w)
{
    void *context = POISON;

    wt_latch_wait(&s_start);
    WT_CHECK(w, InitOnceExecuteOnce(&s_once, make_late, &s_once, &context) == TRUE);
    WT_CHECK(w, context == &s_once);
    WT_CHECK(w, s_count == 7);
}

static void com_once(void **state)
{
    (void)state;
    InitOnceInitialize(&s_once);
    atomic_store(&s_runs, 0);
    run_threads(makes, makes);
    assert_int_equal(atomic_load(&s_contended), 1);
    assert_int_equal(atomic_load(&s_runs), 1);
    assert_true(InitOnceExecuteOnce(&s_once, make, NULL, NULL));
    assert_int_equal(atomic_load(&s_runs), 1);
}

static void com_once_may_fail(void **state)
{
    void *context = POISON;

    (void)state;
    InitOnceInitialize(&s_once);
    atomic_store(&s_runs, 0);
    assert_false(InitOnceExecuteOnce(&s_once, make, NULL, &context));
    assert_ptr_equal(context, POISON);
    assert_false(InitOnceExecuteOnce(&s_once, make, NULL, NULL));
    assert_true(InitOnceExecuteOnce(&s_once, make, &s_once, &context));
    assert_ptr_equal(context, &s_once);
    assert_int_equal(atomic_load(&s_runs), 3);
}

static BOOL CALLBACK end_the_thread(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once;
    (void)parameter;
    (void)context;
    pthread_exit(NULL);
}

static void *ends_in_once(void *arg)
{
    (void)arg;
    (void)InitOnceExecuteOnce(&s_once, end_the_thread, NULL, NULL);
    return POISON;
}

static void com_once_outlives_its_thread(void **state)
{
    pthread_t thread;
    void *result = POISON;

    (void)state;
    test_watchdog(20);
    InitOnceInitialize(&s_once);
    assert_int_equal(pthread_create(&thread, NULL, ends_in_once, NULL), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    assert_true(InitOnceExecuteOnce(&s_once, make, &s_once, NULL));
    test_watchdog(0);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* How long is not asked; that no less than that has passed is. */
static void com_sleep_and_ticks(void **state)
{
    struct timespec now;
    ULONGLONG before, after = GetTickCount64();

    (void)state;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    before = (ULONGLONG)now.tv_sec * 1000 + (ULONGLONG)now.tv_nsec / 1000000;
    assert_true(before >= after);
    before = GetTickCount64();
    errno = ENOTTY;
    Sleep(0);
    Sleep(20);
    assert_int_equal(errno, ENOTTY);
    after = GetTickCount64();
    assert_true(after >= before + 20);
    assert_true(GetTickCount() - (DWORD)after < 0x80000000u);
}

/* ---- Signal under a lock --------------------------------------------------------------------- */

/* The server's section, held where Begin_ signals; Finish_ enters it too, on the same thread. */
static HRESULT begin_with_section(struct calc_call *call)
{
    HRESULT result;

    EnterCriticalSection(&s_section);
    result = calc_signal(call);
    LeaveCriticalSection(&s_section);
    return result;
}

static HRESULT finish_with_section(struct calc_call *call, LONG *quotient)
{
    HRESULT result;

    EnterCriticalSection(&s_section);
    result = calc_divide(call->dividend, call->divisor, quotient);
    LeaveCriticalSection(&s_section);
    return result;
}

static void com_signal_under_a_section(void **state)
{
    struct scene *s = *state;
    struct divide_args args = {42, 6, -1};
    struct calc calc;

    test_watchdog(20);
    InitializeCriticalSection(&s_section);
    calc_init(&calc, s);
    calc.begin = begin_with_section;
    calc.finish = finish_with_section;
    assert_hr(GuiseDispatchCall(s->call, (IUnknown *)&calc.iface, &divide, &args), S_OK);
    assert_int_equal(args.quotient, 7);
    assert_int_equal(atomic_load(&calc.finished), 1);
    assert_true(is_completed_with(s->call, GUISE_OK));
    in_another_thread(enters);
    test_watchdog(0);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        com_scene_test(com_a_section_is_entered_again),
        com_scene_test(com_a_section_is_its_owners),
        com_scene_test(com_a_section_excludes),
        com_scene_test(com_readers_share_and_writers_do_not),
        com_scene_test(com_writers_are_alone),
        com_scene_test(com_a_waiting_writer_gets_its_turn),
        com_scene_test(com_once),
        com_scene_test(com_once_may_fail),
        com_scene_test(com_once_outlives_its_thread),
        com_scene_test(com_sleep_and_ticks),
        com_scene_test(com_signal_under_a_section),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
