/* SPDX-License-Identifier: MIT */
/*
 * Cancellation as code without Guise sees it: a thread's cancel objects, which are mocks here, the
 * threads' numbers, and the count that enables. What counts is the exact HRESULT and every
 * reference.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_test.h"

#include <stdatomic.h>
#include <stdbool.h>

#include <windows.h>

#include "support/wt.h"

#define FOREVER ((ULONG)RPC_C_CANCEL_INFINITE_TIMEOUT)

/* ---- a cancel object ------------------------------------------------------------------------- */

enum { DELIVERIES = 2 };

struct mock {
    ICancelMethodCalls iface; /* first */
    atomic_uint refs;
    HRESULT answer; /* of Cancel and TestCancel */
    HRESULT query;  /* of QueryInterface for ICancelMethodCalls */
    bool is_empty;  /* that succeeds with nothing */
    unsigned cancels;
    ULONG seconds; /* of the last Cancel, */
    DWORD thread;  /* and the owner */
    void (*in_cancel)(struct mock *mock, ULONG seconds);
    void (*in_query)(struct mock *mock);
    struct wt_latch in[DELIVERIES], go[DELIVERIES];
};

static struct mock *mock_of(ICancelMethodCalls *This)
{
    return (struct mock *)This;
}

static HRESULT STDMETHODCALLTYPE mock_query(ICancelMethodCalls *This, REFIID riid, void **object)
{
    struct mock *mock = mock_of(This);
    BOOL is_cancel = IsEqualIID(riid, &IID_ICancelMethodCalls);
    HRESULT result = is_cancel ? mock->query : E_NOINTERFACE;

    if (mock->in_query != NULL) {
        mock->in_query(mock);
    }
    *object = mock->is_empty ? NULL : POISON; /* careless */
    if (!IsEqualIID(riid, &IID_IUnknown) && result != S_OK) {
        return result;
    }
    if (!mock->is_empty) {
        (void)atomic_fetch_add(&mock->refs, 1);
        *object = This;
    }
    return S_OK;
}

static ULONG STDMETHODCALLTYPE mock_addref(ICancelMethodCalls *This)
{
    return atomic_fetch_add(&mock_of(This)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE mock_release(ICancelMethodCalls *This)
{
    return atomic_fetch_sub(&mock_of(This)->refs, 1) - 1;
}

static HRESULT STDMETHODCALLTYPE mock_cancel(ICancelMethodCalls *This, ULONG seconds)
{
    struct mock *mock = mock_of(This);

    if (mock->in_cancel != NULL) {
        mock->in_cancel(mock, seconds);
    } else {
        mock->cancels++;
        mock->seconds = seconds;
        mock->thread = GetCurrentThreadId();
    }
    return mock->answer;
}

static HRESULT STDMETHODCALLTYPE mock_test(ICancelMethodCalls *This)
{
    return mock_of(This)->answer;
}

static ICancelMethodCallsVtbl mock_vtbl = {mock_query, mock_addref, mock_release, mock_cancel,
                                           mock_test};

/* One reference: the test's. */
static void make_mock(struct mock *mock, HRESULT answer)
{
    *mock = (struct mock){.iface = {&mock_vtbl}, .answer = answer};
    atomic_init(&mock->refs, 1);
    for (unsigned i = 0; i < DELIVERIES; i++) {
        wt_latch_init(&mock->in[i]);
        wt_latch_init(&mock->go[i]);
    }
}

static unsigned refs_of(struct mock *mock)
{
    return atomic_load(&mock->refs);
}

/* Of this thread, which may be cancelled from then on (K-11). */
static HRESULT put_up(struct mock *mock)
{
    static _Thread_local bool is_enabled;

    if (!is_enabled) {
        is_enabled = CoEnableCallCancellation(NULL) == S_OK;
    }
    return CoSetCancelObject((IUnknown *)mock);
}

static HRESULT take_down(void)
{
    return CoSetCancelObject(NULL);
}

/* The thread's innermost, without a reference; NULL if it has none. */
static void *innermost(DWORD thread)
{
    ICancelMethodCalls *found = POISON;
    HRESULT result = CoGetCancelObject(thread, &IID_ICancelMethodCalls, (void **)&found);

    if (result == E_NOINTERFACE && found == NULL) {
        return NULL;
    }
    if (result != S_OK) {
        return POISON;
    }
    (void)ICancelMethodCalls_Release(found);
    return found;
}

/* ---- numbers of threads ---------------------------------------------------------------------- */

enum { THREADS = 8 };

struct numbers {
    struct wt_barrier barrier;
    atomic_uint count;
    DWORD number[THREADS];
};

static void take_number(struct wt *w)
{
    struct numbers *numbers = w->arg;
    DWORD own = GetCurrentThreadId();

    numbers->number[atomic_fetch_add(&numbers->count, 1)] = own;
    wt_barrier_wait(&numbers->barrier); /* all of them live */
    WT_CHECK(w, GetCurrentThreadId() == own);
}

static void com_every_thread_has_a_number(void **state)
{
    struct numbers numbers = {.count = 0};
    struct wt w[THREADS];
    DWORD own = GetCurrentThreadId();

    (void)state;
    wt_barrier_init(&numbers.barrier, THREADS);
    wt_start_all(w, THREADS, take_number, &numbers);
    wt_join_all(w, THREADS);
    assert_int_not_equal(own, 0);
    assert_int_equal(GetCurrentThreadId(), own);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_not_equal(numbers.number[i], 0);
        assert_int_not_equal(numbers.number[i], own);
        for (unsigned j = 0; j < i; j++) {
            assert_int_not_equal(numbers.number[i], numbers.number[j]);
        }
    }
}

/* ---- K-09, K-10: this thread's objects ------------------------------------------------------- */

static void com_an_object_goes_up_and_comes_down(void **state)
{
    struct mock mock;

    (void)state;
    make_mock(&mock, S_OK);
    assert_null(innermost(0));
    assert_hr(put_up(&mock), S_OK);
    assert_int_equal(refs_of(&mock), 2);
    assert_ptr_equal(innermost(0), &mock);
    assert_ptr_equal(innermost(GetCurrentThreadId()), &mock);
    assert_int_equal(refs_of(&mock), 2);
    assert_hr(take_down(), S_OK);
    assert_int_equal(refs_of(&mock), 1);
    assert_null(innermost(0));
    assert_hr(take_down(), E_NOINTERFACE);
    assert_int_equal(refs_of(&mock), 1);
}

static void com_the_innermost_counts(void **state)
{
    struct mock outer, inner;

    (void)state;
    make_mock(&outer, S_OK);
    make_mock(&inner, S_OK);
    assert_hr(put_up(&outer), S_OK);
    assert_hr(put_up(&inner), S_OK);
    assert_hr(put_up(&outer), S_OK); /* the same object again is another one */
    assert_int_equal(refs_of(&outer), 3);
    assert_ptr_equal(innermost(0), &outer);
    assert_hr(take_down(), S_OK);
    assert_ptr_equal(innermost(0), &inner);
    assert_hr(CoCancelCall(0, 0), S_OK);
    assert_int_equal(inner.cancels, 1);
    assert_hr(take_down(), S_OK);
    assert_int_equal(refs_of(&inner), 1);
    assert_ptr_equal(innermost(0), &outer);
    assert_hr(take_down(), S_OK);
    assert_int_equal(refs_of(&outer), 1);
    assert_int_equal(outer.cancels, 0);
    assert_null(innermost(0));
}

static void check_not_put_up(struct mock *mock, HRESULT expected, const struct mock *top)
{
    assert_hr(put_up(mock), expected);
    assert_int_equal(refs_of(mock), 1);
    assert_ptr_equal(innermost(0), top);
}

/* What cannot be cancelled is not put up, and what was there stays. */
static void com_only_cancel_objects_go_up(void **state)
{
    struct mock top, bad;

    (void)state;
    make_mock(&top, S_OK);
    assert_hr(put_up(&top), S_OK);
    make_mock(&bad, S_OK);
    bad.query = E_NOINTERFACE;
    check_not_put_up(&bad, E_NOINTERFACE, &top);
    bad.query = E_FAIL;
    check_not_put_up(&bad, E_FAIL, &top);
    bad.query = S_OK;
    bad.is_empty = true;
    check_not_put_up(&bad, E_NOINTERFACE, &top);
    assert_hr(take_down(), S_OK);
    assert_int_equal(refs_of(&top), 1);
}

static void com_what_is_asked_of_the_object(void **state)
{
    struct mock mock;
    void *object = POISON;

    (void)state;
    make_mock(&mock, S_OK);
    assert_hr(put_up(&mock), S_OK);
    assert_hr(CoGetCancelObject(0, &IID_ISynchronize, &object), E_NOINTERFACE);
    assert_null(object);
    object = POISON;
    assert_hr(CoGetCancelObject(0, NULL, &object), E_INVALIDARG);
    assert_null(object);
    assert_hr(CoGetCancelObject(0, &IID_IUnknown, NULL), E_INVALIDARG);
    assert_int_equal(refs_of(&mock), 2);
    assert_hr(CoGetCancelObject(0, &IID_IUnknown, &object), S_OK);
    assert_ptr_equal(object, &mock);
    assert_int_equal(IUnknown_Release((IUnknown *)object), 2);
    mock.query = E_FAIL;
    object = POISON;
    assert_hr(CoGetCancelObject(0, &IID_ICancelMethodCalls, &object), E_FAIL);
    assert_null(object);
    assert_hr(take_down(), S_OK);
    assert_int_equal(refs_of(&mock), 1);
}

/* ---- K-08: cancelling ------------------------------------------------------------------------ */

static void check_cancel(struct mock *mock, DWORD thread, ULONG seconds, HRESULT answer)
{
    unsigned before = mock->cancels, refs = refs_of(mock);

    mock->answer = answer;
    assert_hr(CoCancelCall(thread, seconds), answer);
    assert_int_equal(mock->cancels, before + 1);
    assert_int_equal(mock->seconds, seconds);
    assert_int_equal(mock->thread, GetCurrentThreadId());
    assert_int_equal(refs_of(mock), refs);
}

static void com_the_objects_answer_is_the_answer(void **state)
{
    struct mock mock;

    (void)state;
    make_mock(&mock, S_OK);
    assert_hr(CoCancelCall(0, 0), E_NOINTERFACE);
    assert_hr(put_up(&mock), S_OK);
    check_cancel(&mock, 0, 0, S_OK);
    check_cancel(&mock, 0, 3, CO_E_CANCEL_DISABLED);
    check_cancel(&mock, GetCurrentThreadId(), FOREVER, RPC_E_CALL_COMPLETE);
    check_cancel(&mock, GetCurrentThreadId(), 0xFFFFFFFE, RPC_E_CALL_CANCELED);
    assert_hr(take_down(), S_OK);
    assert_hr(CoCancelCall(GetCurrentThreadId(), 0), E_NOINTERFACE);
    assert_int_equal(mock.cancels, 4);
}

static void put_up_another_in(struct mock *mock, ULONG seconds)
{
    static struct mock other;

    (void)seconds;
    make_mock(&other, S_OK);
    mock->cancels = take_down() == S_OK && innermost(0) == NULL &&
                    refs_of(mock) == 2 && /* the library is still in here */
                    put_up(&other) == S_OK && take_down() == S_OK && refs_of(&other) == 1;
}

/* A thread that cancels its own call blocks no other thread, and takes nothing away from itself. */
static void com_cancel_may_take_its_own_object_down(void **state)
{
    struct mock mock;

    (void)state;
    make_mock(&mock, S_OK);
    mock.in_cancel = put_up_another_in;
    assert_hr(put_up(&mock), S_OK);
    assert_hr(CoCancelCall(GetCurrentThreadId(), 0), S_OK);
    assert_int_equal(mock.cancels, 1);
    assert_int_equal(refs_of(&mock), 1);
    assert_null(innermost(0));
}

/* ---- other threads --------------------------------------------------------------------------- */

struct owner {
    struct wt w;
    struct mock *mock;
    DWORD thread;
    struct wt_latch ready, end;
};

static void own(struct wt *w)
{
    struct owner *owner = w->arg;

    owner->thread = GetCurrentThreadId();
    WT_CHECK(w, innermost(0) == NULL);
    if (owner->mock != NULL) {
        WT_CHECK_RESULT(w, put_up(owner->mock), S_OK);
    }
    wt_latch_open(&owner->ready);
    wt_latch_wait(&owner->end);
}

/* A thread that has put up the object, or none, and waits; its end leaves it there. */
static void start_owner(struct owner *owner, struct mock *mock)
{
    owner->mock = mock;
    wt_latch_init(&owner->ready);
    wt_latch_init(&owner->end);
    wt_start(&owner->w, own, owner);
    wt_latch_wait(&owner->ready);
}

static void end_owner(struct owner *owner)
{
    wt_latch_open(&owner->end);
    wt_join(&owner->w);
}

static void com_another_threads_call_is_cancelled(void **state)
{
    struct owner owner, idle;
    struct mock mine, other;

    (void)state;
    make_mock(&mine, S_OK);
    make_mock(&other, S_OK);
    assert_hr(put_up(&mine), S_OK);
    start_owner(&owner, &other);
    start_owner(&idle, NULL);
    assert_ptr_equal(innermost(owner.thread), &other);
    assert_ptr_equal(innermost(GetCurrentThreadId()), &mine);
    check_cancel(&other, owner.thread, 7, S_OK);
    assert_null(innermost(idle.thread));
    assert_hr(CoCancelCall(idle.thread, 0), E_NOINTERFACE);
    end_owner(&idle);
    end_owner(&owner);
    assert_int_equal(mine.cancels, 0);
    assert_hr(take_down(), S_OK);
}

static void leave_two(struct wt *w)
{
    struct mock *mocks = w->arg;

    WT_CHECK_RESULT(w, put_up(&mocks[0]), S_OK);
    WT_CHECK_RESULT(w, put_up(&mocks[1]), S_OK);
    WT_CHECK_RESULT(w, put_up(&mocks[0]), S_OK);
}

/* What a thread leaves is released at its end, and it cannot be found any more. */
static void com_a_thread_that_ends_leaves_nothing(void **state)
{
    struct mock mocks[2];
    struct owner owner;
    struct wt w;

    (void)state;
    make_mock(&mocks[0], S_OK);
    make_mock(&mocks[1], S_OK);
    wt_start(&w, leave_two, mocks);
    wt_join(&w);
    assert_int_equal(refs_of(&mocks[0]), 1);
    assert_int_equal(refs_of(&mocks[1]), 1);
    start_owner(&owner, &mocks[0]);
    end_owner(&owner);
    assert_null(innermost(owner.thread));
    assert_hr(CoCancelCall(owner.thread, 0), E_NOINTERFACE);
    assert_hr(CoCancelCall(0xFFFFFFFF, 0), E_NOINTERFACE); /* never of any thread */
    assert_int_equal(refs_of(&mocks[0]), 1);
    assert_int_equal(mocks[0].cancels, 0);
}

/* ---- K-10: while a Cancel is under way ------------------------------------------------------- */

static void stay_in_cancel(struct mock *mock, ULONG seconds)
{
    wt_latch_open(&mock->in[seconds]);
    wt_latch_wait(&mock->go[seconds]);
}

struct delivery {
    struct wt w;
    DWORD thread;
    ULONG number;
};

static void deliver(struct wt *w)
{
    struct delivery *delivery = w->arg;

    WT_CHECK_RESULT(w, CoCancelCall(delivery->thread, delivery->number), S_OK);
}

/* Comes back when that Cancel is under way. */
static void start_delivery(struct delivery *delivery, struct mock *mock, DWORD thread, ULONG number)
{
    delivery->thread = thread;
    delivery->number = number;
    wt_start(&delivery->w, deliver, delivery);
    wt_latch_wait(&mock->in[number]);
}

static void end_delivery(struct delivery *delivery, struct mock *mock)
{
    wt_latch_open(&mock->go[delivery->number]);
    wt_join(&delivery->w);
}

static void check_blocked(struct mock *top)
{
    struct mock other;

    make_mock(&other, S_OK);
    assert_hr(take_down(), E_ACCESSDENIED);
    assert_hr(put_up(&other), E_ACCESSDENIED);
    assert_int_equal(refs_of(&other), 1);
    assert_ptr_equal(innermost(0), top);
    assert_int_equal(refs_of(top), 2);
}

/* A thread that removed its object knows that no Cancel is in it. */
static void com_the_top_stays_while_it_is_cancelled(void **state)
{
    struct delivery first, second;
    struct owner bystander;
    struct mock mock, other;

    (void)state;
    make_mock(&mock, S_OK);
    make_mock(&other, S_OK);
    mock.in_cancel = stay_in_cancel;
    assert_hr(put_up(&mock), S_OK);
    start_delivery(&first, &mock, GetCurrentThreadId(), 0);
    check_blocked(&mock);
    start_owner(&bystander, &other); /* is not blocked */
    start_delivery(&second, &mock, GetCurrentThreadId(), 1);
    end_delivery(&first, &mock);
    check_blocked(&mock);
    end_delivery(&second, &mock);
    assert_hr(put_up(&other), S_OK);
    assert_hr(take_down(), S_OK);
    assert_hr(take_down(), S_OK);
    assert_int_equal(refs_of(&mock), 1);
    end_owner(&bystander);
    assert_int_equal(refs_of(&other), 1);
}

/* The thread may end all the same; then the last one at work on it releases the object. */
static void com_a_thread_ends_while_it_is_cancelled(void **state)
{
    struct delivery delivery;
    struct owner owner;
    struct mock mock;

    (void)state;
    make_mock(&mock, S_OK);
    mock.in_cancel = stay_in_cancel;
    start_owner(&owner, &mock);
    start_delivery(&delivery, &mock, owner.thread, 0);
    end_owner(&owner);
    assert_int_equal(refs_of(&mock), 2);
    assert_null(innermost(owner.thread));
    end_delivery(&delivery, &mock);
    assert_int_equal(refs_of(&mock), 1);
}

static void stay_in_query(struct mock *mock)
{
    wt_latch_open(&mock->in[0]);
    wt_latch_wait(&mock->go[0]);
}

static void get_object(struct wt *w)
{
    struct owner *owner = w->arg;
    void *object = POISON;

    WT_CHECK_RESULT(w, CoGetCancelObject(owner->thread, &IID_IUnknown, &object), S_OK);
    WT_CHECK(w, object == owner->mock);
    (void)IUnknown_Release((IUnknown *)object);
}

/* Asking for the object blocks no thread; it stays for as long as it is asked. */
static void com_an_object_is_taken_down_while_it_is_asked_for(void **state)
{
    struct mock mock;
    struct owner me = {.mock = &mock, .thread = GetCurrentThreadId()};
    struct wt w;

    (void)state;
    make_mock(&mock, S_OK);
    assert_hr(put_up(&mock), S_OK);
    mock.in_query = stay_in_query;
    wt_start(&w, get_object, &me);
    wt_latch_wait(&mock.in[0]);
    assert_hr(take_down(), S_OK);
    assert_int_equal(refs_of(&mock), 2);
    wt_latch_open(&mock.go[0]);
    wt_join(&w);
    assert_int_equal(refs_of(&mock), 1);
}

/* ---- K-11: enabling -------------------------------------------------------------------------- */

static void enable_and_disable(struct wt *w)
{
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), CO_E_CANCEL_DISABLED); /* off at first */
    WT_CHECK_RESULT(w, CoEnableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoEnableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), S_OK); /* one is left */
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL),
                    CO_E_CANCEL_DISABLED); /* nothing is owed: */
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), CO_E_CANCEL_DISABLED);
    WT_CHECK_RESULT(w, CoEnableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), S_OK);
}

static void run_alone(wt_fn *fn, void *arg)
{
    struct wt w;

    wt_start(&w, fn, arg);
    wt_join(&w);
}

/* Each thread has its own count. */
static void com_enabling_is_counted(void **state)
{
    (void)state;
    run_alone(enable_and_disable, NULL);
    assert_hr(CoEnableCallCancellation(NULL), S_OK);
    run_alone(enable_and_disable, NULL);
    assert_hr(CoDisableCallCancellation(NULL), S_OK);
}

static void com_enabling_checks_its_argument(void **state)
{
    (void)state;
    assert_hr(CoEnableCallCancellation(POISON), E_INVALIDARG);
    assert_hr(CoDisableCallCancellation(POISON), E_INVALIDARG);
}

static void initialize_between(struct wt *w)
{
    WT_CHECK_RESULT(w, CoEnableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoEnableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoInitializeEx(NULL, COINIT_MULTITHREADED), S_OK);
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoInitializeEx(NULL, COINIT_MULTITHREADED), S_FALSE);
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), CO_E_CANCEL_DISABLED);
    WT_CHECK_RESULT(w, CoEnableCallCancellation(NULL), S_OK);
    CoUninitialize();
    CoUninitialize();
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), CO_E_CANCEL_DISABLED);
}

static void com_initializing_leaves_the_count(void **state)
{
    (void)state;
    run_alone(initialize_between, NULL);
}

static void cancel_while_disabled(struct wt *w)
{
    struct mock *mock = w->arg;
    DWORD self = GetCurrentThreadId();

    WT_CHECK_RESULT(w, CoSetCancelObject((IUnknown *)mock), S_OK);
    WT_CHECK_RESULT(w, CoCancelCall(0, 0), CO_E_CANCEL_DISABLED);
    WT_CHECK_RESULT(w, CoCancelCall(self, 3), CO_E_CANCEL_DISABLED);
    WT_CHECK(w, mock->cancels == 0 && refs_of(mock) == 2);
    WT_CHECK_RESULT(w, CoEnableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoCancelCall(self, 0), S_OK);
    WT_CHECK(w, mock->cancels == 1);
    WT_CHECK_RESULT(w, CoDisableCallCancellation(NULL), S_OK);
    WT_CHECK_RESULT(w, CoCancelCall(self, 0), CO_E_CANCEL_DISABLED);
    WT_CHECK(w, mock->cancels == 1);
    WT_CHECK_RESULT(w, take_down(), S_OK);
    WT_CHECK_RESULT(w, CoCancelCall(0, 0), E_NOINTERFACE); /* there is nothing to ask about */
}

/* K-08: the object is not asked. */
static void com_nothing_is_cancelled_while_disabled(void **state)
{
    struct mock mock;

    (void)state;
    make_mock(&mock, S_OK);
    run_alone(cancel_while_disabled, &mock);
    assert_int_equal(refs_of(&mock), 1);
}

static void own_disabled(struct wt *w)
{
    struct owner *owner = w->arg;

    owner->thread = GetCurrentThreadId();
    WT_CHECK_RESULT(w, CoSetCancelObject((IUnknown *)owner->mock), S_OK);
    wt_latch_open(&owner->ready);
    wt_latch_wait(&owner->end);
    WT_CHECK_RESULT(w, take_down(), S_OK); /* no thread is in there (K-10) */
}

/* It is the thread with the object that has to have enabled it, not the one that cancels. */
static void com_the_owner_decides(void **state)
{
    struct owner owner;
    struct mock mock, mine;

    (void)state;
    make_mock(&mock, S_OK);
    make_mock(&mine, S_OK);
    assert_hr(put_up(&mine), S_OK); /* this thread is enabled */
    owner.mock = &mock;
    wt_latch_init(&owner.ready);
    wt_latch_init(&owner.end);
    wt_start(&owner.w, own_disabled, &owner);
    wt_latch_wait(&owner.ready);
    assert_hr(CoCancelCall(owner.thread, 0), CO_E_CANCEL_DISABLED);
    assert_ptr_equal(innermost(owner.thread), &mock); /* K-09: found all the same */
    assert_int_equal(mock.cancels, 0);
    end_owner(&owner);
    assert_int_equal(refs_of(&mock), 1);
    assert_hr(take_down(), S_OK);
}

/* ---- K-07: the server's question ------------------------------------------------------------- */

static HRESULT test_in(struct mock *mock, HRESULT answer)
{
    IUnknown *old = POISON;
    HRESULT result;

    make_mock(mock, answer);
    assert_hr(CoSwitchCallContext((IUnknown *)mock, &old), S_OK);
    assert_null(old);
    result = CoTestCancel();
    assert_hr(CoSwitchCallContext(NULL, &old), S_OK);
    assert_ptr_equal(old, mock);
    assert_int_equal(refs_of(mock), 1);
    return result;
}

static HRESULT STDMETHODCALLTYPE bare_query(ICancelMethodCalls *This, REFIID riid, void **object)
{
    (void)This;
    (void)riid;
    *object = NULL;
    return E_NOINTERFACE;
}

static void com_test_cancel_asks_the_context(void **state)
{
    static ICancelMethodCallsVtbl bare_vtbl = {bare_query, mock_addref, mock_release, NULL, NULL};
    ICancelMethodCalls bare = {&bare_vtbl};
    IUnknown *old = POISON;
    struct mock mock;

    (void)state;
    assert_hr(CoTestCancel(), RPC_E_CALL_COMPLETE); /* there is none */
    assert_hr(test_in(&mock, RPC_S_CALLPENDING), RPC_S_CALLPENDING);
    assert_hr(test_in(&mock, RPC_E_CALL_CANCELED), RPC_E_CALL_CANCELED);
    assert_hr(CoSwitchCallContext((IUnknown *)&bare, &old), S_OK);
    assert_hr(CoTestCancel(), E_NOINTERFACE);
    assert_hr(CoSwitchCallContext(NULL, &old), S_OK);
    assert_hr(CoTestCancel(), RPC_E_CALL_COMPLETE);
}

/* the thread's cancel object is for calls it makes, the context for the one it serves. */
static void com_the_two_stay_apart(void **state)
{
    struct mock mock;

    (void)state;
    make_mock(&mock, RPC_E_CALL_CANCELED);
    assert_hr(put_up(&mock), S_OK);
    assert_hr(CoTestCancel(), RPC_E_CALL_COMPLETE);
    assert_hr(take_down(), S_OK);
    assert_hr(test_in(&mock, RPC_E_CALL_CANCELED), RPC_E_CALL_CANCELED);
    assert_null(innermost(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(com_every_thread_has_a_number),
        cmocka_unit_test(com_an_object_goes_up_and_comes_down),
        cmocka_unit_test(com_the_innermost_counts),
        cmocka_unit_test(com_only_cancel_objects_go_up),
        cmocka_unit_test(com_what_is_asked_of_the_object),
        cmocka_unit_test(com_the_objects_answer_is_the_answer),
        cmocka_unit_test(com_cancel_may_take_its_own_object_down),
        cmocka_unit_test(com_another_threads_call_is_cancelled),
        cmocka_unit_test(com_a_thread_that_ends_leaves_nothing),
        cmocka_unit_test(com_the_top_stays_while_it_is_cancelled),
        cmocka_unit_test(com_a_thread_ends_while_it_is_cancelled),
        cmocka_unit_test(com_an_object_is_taken_down_while_it_is_asked_for),
        cmocka_unit_test(com_enabling_is_counted),
        cmocka_unit_test(com_enabling_checks_its_argument),
        cmocka_unit_test(com_initializing_leaves_the_count),
        cmocka_unit_test(com_nothing_is_cancelled_while_disabled),
        cmocka_unit_test(com_the_owner_decides),
        cmocka_unit_test(com_test_cancel_asks_the_context),
        cmocka_unit_test(com_the_two_stay_apart),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
