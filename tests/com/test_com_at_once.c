/* SPDX-License-Identifier: MIT */
/* Threads that meet: in INIT_ONCE, in the class table, and at the end of an apartment's thread. Wine is
 * not asked: what happens there depends on who comes first. */
#define _POSIX_C_SOURCE 200809L
#include "com_test.h"

#include <sched.h>
#include <stdatomic.h>

#include <guise/thread.h>
#include <guiseport.h>
#include <windows.h>

#include "support/wt.h"

/* ---- INIT_ONCE ------------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 300 };

struct round {
    struct wt_barrier barrier;
    INIT_ONCE once;
    int made; /* what the initialization writes */
    LONG begun, failed, won, lost;
};

/* Until another thread sleeps for what this one has begun, which the word says. */
static void wait_for_a_waiter(INIT_ONCE *once)
{
    while (atomic_load((atomic_uint *)&once->word) == 1) {
        (void)sched_yield();
    }
}

/* The first that begins fails, the next one does it, all others wait for that. */
static void begin_or_wait(struct wt *w)
{
    struct round *round = w->arg;
    void *context = POISON;
    BOOL pending;

    wt_barrier_wait(&round->barrier);
    WT_CHECK(w, InitOnceBeginInitialize(&round->once, 0, &pending, &context));
    if (pending && InterlockedIncrement(&round->begun) == 1) {
        (void)InterlockedIncrement(&round->failed);
        wait_for_a_waiter(&round->once);
        WT_CHECK(w, InitOnceComplete(&round->once, INIT_ONCE_INIT_FAILED, NULL));
        WT_CHECK(w, InitOnceBeginInitialize(&round->once, 0, &pending, &context));
    }
    if (pending) {
        wait_for_a_waiter(&round->once);
        round->made++;
        WT_CHECK(w, InitOnceComplete(&round->once, 0, &round->made));
    } else {
        WT_CHECK(w, context == &round->made);
    }
    WT_CHECK(w, round->made == 1);
}

/* All make something of their own; that of one is what they all use. */
static void begin_at_once(struct wt *w)
{
    struct round *round = w->arg;
    struct wt *own = w;
    void *context = POISON;
    BOOL pending;

    wt_barrier_wait(&round->barrier);
    WT_CHECK(w, InitOnceBeginInitialize(&round->once, INIT_ONCE_ASYNC, &pending, &context));
    WT_CHECK(w, pending);
    wt_barrier_wait(&round->barrier); /* all have begun */
    if (InitOnceComplete(&round->once, INIT_ONCE_ASYNC, own)) {
        (void)InterlockedIncrement(&round->won);
    } else {
        (void)InterlockedIncrement(&round->lost);
        WT_CHECK(w, GetLastError() == ERROR_GEN_FAILURE);
        WT_CHECK(w, InitOnceBeginInitialize(&round->once, INIT_ONCE_CHECK_ONLY, &pending, &context));
        WT_CHECK(w, !pending && context != own && context != POISON && context != NULL);
    }
}

static void threads_wait_for_one(void **state)
{
    struct round round = {.once = INIT_ONCE_STATIC_INIT};
    struct wt w[THREADS];

    (void)state;
    test_watchdog(60);
    wt_barrier_init(&round.barrier, THREADS);
    for (int i = 0; i < ROUNDS; i++) {
        InitOnceInitialize(&round.once);
        round.begun = round.failed = round.made = 0;
        wt_start_all(w, THREADS, begin_or_wait, &round);
        wt_join_all(w, THREADS);
        assert_int_equal(round.failed, 1);
        assert_true(round.begun == 1 || round.begun == 2); /* by another thread, or the same */
        assert_int_equal(round.made, 1);
    }
    test_watchdog(0);
}

static void threads_race_and_one_wins(void **state)
{
    struct round round = {.once = INIT_ONCE_STATIC_INIT};
    struct wt w[THREADS];

    (void)state;
    test_watchdog(60);
    wt_barrier_init(&round.barrier, THREADS);
    for (int i = 1; i <= ROUNDS; i++) {
        InitOnceInitialize(&round.once);
        wt_start_all(w, THREADS, begin_at_once, &round);
        wt_join_all(w, THREADS);
        assert_int_equal(round.won, i);
        assert_int_equal(round.lost, i * (THREADS - 1));
    }
    test_watchdog(0);
}

/* ---- class objects --------------------------------------------------------------------------- */

static const CLSID CLSID_Own = {0x5D1A7C31, 0x2B0E, 0x4F6B, {1, 2, 3, 4, 5, 6, 7, 8}};

struct own_class {
    IUnknown iface;
    LONG references;
    LONG released_as_client;
};

static struct own_class *class_of(IUnknown *iface)
{
    return CONTAINING_RECORD(iface, struct own_class, iface);
}

static HRESULT STDMETHODCALLTYPE class_query(IUnknown *This, REFIID riid, void **object)
{
    *object = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown)) {
        return E_NOINTERFACE;
    }
    *object = This;
    (void)InterlockedIncrement(&class_of(This)->references);
    return S_OK;
}

static ULONG STDMETHODCALLTYPE class_addref(IUnknown *This)
{
    return (ULONG)InterlockedIncrement(&class_of(This)->references);
}

static ULONG STDMETHODCALLTYPE class_release(IUnknown *This)
{
    if (guise_thread_token() != NULL) {
        (void)InterlockedIncrement(&class_of(This)->released_as_client);
    }
    return (ULONG)InterlockedDecrement(&class_of(This)->references);
}

static IUnknownVtbl class_vtbl = {class_query, class_addref, class_release};

struct crowd {
    struct own_class own;
    struct wt_barrier barrier;
    LONG found, missed;
    DWORD cookie;
};

static void make_crowd(struct crowd *crowd)
{
    *crowd = (struct crowd){.own = {.iface = {&class_vtbl}, .references = 1}};
    wt_barrier_init(&crowd->barrier, THREADS);
}

static void register_and_find(struct wt *w)
{
    struct crowd *crowd = w->arg;

    wt_barrier_wait(&crowd->barrier);
    for (int i = 0; i < ROUNDS; i++) {
        DWORD cookie;
        void *object;

        WT_CHECK_RESULT(w,
                        CoRegisterClassObject(&CLSID_Own, &crowd->own.iface, CLSCTX_INPROC_SERVER,
                                              REGCLS_MULTIPLEUSE, &cookie),
                        S_OK);
        WT_CHECK_RESULT(w, CoGetClassObject(&CLSID_Own, CLSCTX_ALL, NULL, &IID_IUnknown, &object),
                        S_OK);
        (void)IUnknown_Release((IUnknown *)object);
        WT_CHECK_RESULT(w, CoRevokeClassObject(cookie), S_OK);
    }
}

static void threads_register_at_once(void **state)
{
    struct crowd crowd;
    struct wt w[THREADS];

    (void)state;
    make_crowd(&crowd);
    wt_start_all(w, THREADS, register_and_find, &crowd);
    wt_join_all(w, THREADS);
    assert_int_equal(crowd.own.references, 1);
}

static void find_single(struct wt *w)
{
    struct crowd *crowd = w->arg;
    void *object;

    wt_barrier_wait(&crowd->barrier);
    if (CoGetClassObject(&CLSID_Own, CLSCTX_ALL, NULL, &IID_IUnknown, &object) == S_OK) {
        (void)InterlockedIncrement(&crowd->found);
        (void)IUnknown_Release((IUnknown *)object);
    } else {
        (void)InterlockedIncrement(&crowd->missed);
    }
}

/* One use for all of them: exactly one gets it. */
static void one_thread_has_the_single_use(void **state)
{
    struct crowd crowd;
    struct wt w[THREADS];

    (void)state;
    make_crowd(&crowd);
    for (int i = 1; i <= 100; i++) {
        DWORD cookie;

        assert_hr(CoRegisterClassObject(&CLSID_Own, &crowd.own.iface, CLSCTX_INPROC_SERVER,
                                        REGCLS_SINGLEUSE, &cookie),
                  S_OK);
        wt_start_all(w, THREADS, find_single, &crowd);
        wt_join_all(w, THREADS);
        assert_int_equal(crowd.found, i);
        assert_int_equal(crowd.missed, i * (THREADS - 1));
        assert_hr(CoRevokeClassObject(cookie), S_OK);
    }
    assert_int_equal(crowd.own.references, 1);
}

static void register_alone(struct crowd *crowd, struct wt *w)
{
    WT_CHECK_RESULT(w, CoInitializeEx(NULL, COINIT_APARTMENTTHREADED), S_OK);
    WT_CHECK_RESULT(w,
                    CoRegisterClassObject(&CLSID_Own, &crowd->own.iface, CLSCTX_LOCAL_SERVER,
                                          REGCLS_MULTIPLEUSE, &crowd->cookie),
                    S_OK);
}

static void register_and_wait(struct wt *w)
{
    struct crowd *crowd = w->arg;

    register_alone(crowd, w);
    wt_barrier_wait(&crowd->barrier);
    wt_barrier_wait(&crowd->barrier);
    CoUninitialize();
}

/* There is one apartment, so a class of another thread's is found here, and revoked. */
static void any_thread_revokes(void **state)
{
    struct crowd crowd;
    void *object = NULL;
    struct wt w;

    (void)state;
    make_crowd(&crowd);
    wt_barrier_init(&crowd.barrier, 2);
    wt_start(&w, register_and_wait, &crowd);
    wt_barrier_wait(&crowd.barrier);
    assert_hr(CoGetClassObject(&CLSID_Own, CLSCTX_INPROC_SERVER, NULL, &IID_IUnknown, &object),
              S_OK);
    assert_int_equal(IUnknown_Release((IUnknown *)object), 2);
    assert_hr(CoRevokeClassObject(crowd.cookie), S_OK);
    assert_int_equal(crowd.own.references, 1);
    wt_barrier_wait(&crowd.barrier);
    wt_join(&w);
    assert_int_equal(crowd.own.references, 1);
}

static void end_with_a_token(struct wt *w)
{
    register_alone(w->arg, w);
    WT_CHECK(w, ImpersonateSelf(SecurityImpersonation));
    WT_CHECK(w, guise_thread_token() != NULL);
}

static void a_threads_end_releases_as_self(void **state)
{
    struct crowd crowd;
    struct wt w;

    (void)state;
    make_crowd(&crowd);
    wt_start(&w, end_with_a_token, &crowd);
    wt_join(&w);
    assert_int_equal(crowd.own.references, 1);
    assert_int_equal(crowd.own.released_as_client, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_wait_for_one),
        cmocka_unit_test(threads_race_and_one_wins),
        cmocka_unit_test(threads_register_at_once),
        cmocka_unit_test(one_thread_has_the_single_use),
        cmocka_unit_test(any_thread_revokes),
        cmocka_unit_test(a_threads_end_releases_as_self),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
