/* SPDX-License-Identifier: MIT */
/*
 * Cancellation of guise calls, and what of the rest takes a look inside: memory, fork, the end of a
 * thread, the numbers' end. The scene is that of test_com_context.c.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_scene.h"

#include <sched.h>
#include <time.h>

#include "support/child.h"

#include <guisecom.h>

#include "com/cancel.h"
#include "com/threads.h"
#include "com/unknown.h"

#define FOREVER ((ULONG)RPC_C_CANCEL_INFINITE_TIMEOUT)

/* ---- helpers --------------------------------------------------------------------------------- */

/* With one reference to give back; NULL if there is none. */
static ICancelMethodCalls *cancel_of(guise_call *call)
{
    ICancelMethodCalls *cancel = POISON;
    IServerSecurity *security = POISON;

    if (GuiseGetServerSecurity(call, &security) != S_OK) {
        return NULL;
    }
    if (IServerSecurity_QueryInterface(security, &IID_ICancelMethodCalls, (void **)&cancel) !=
        S_OK) {
        cancel = NULL;
    }
    (void)IServerSecurity_Release(security);
    return cancel;
}

/* The answer of the call's object. */
static HRESULT cancel_call(guise_call *call, ULONG seconds)
{
    ICancelMethodCalls *cancel = cancel_of(call);
    HRESULT result = ICancelMethodCalls_Cancel(cancel, seconds);

    (void)ICancelMethodCalls_Release(cancel);
    return result;
}

static HRESULT test_call(guise_call *call)
{
    ICancelMethodCalls *cancel = cancel_of(call);
    HRESULT result = ICancelMethodCalls_TestCancel(cancel);

    (void)ICancelMethodCalls_Release(cancel);
    return result;
}

/* ---- K-01: one object ------------------------------------------------------------------------ */

static void com_cancel_and_security_are_one_object(void **state)
{
    struct scene *s = *state;
    ICancelMethodCalls *cancel = cancel_of(s->call);
    IServerSecurity *security = POISON, *again = POISON;
    void *one = POISON, *other = POISON;

    assert_non_null(cancel);
    assert_int_equal(references_of(cancel), 1);
    assert_int_equal(call_refs(s->call), 3);
    assert_hr(ICancelMethodCalls_QueryInterface(cancel, &IID_IServerSecurity, (void **)&security),
              S_OK);
    assert_hr(GuiseGetServerSecurity(s->call, &again), S_OK);
    assert_ptr_equal(security, again);
    assert_hr(ICancelMethodCalls_QueryInterface(cancel, &IID_IUnknown, &one), S_OK);
    assert_hr(IServerSecurity_QueryInterface(security, &IID_IUnknown, &other), S_OK);
    assert_ptr_equal(one, other);
    assert_int_equal(call_refs(s->call), 7);
    assert_int_equal(IUnknown_Release((IUnknown *)one), 4);
    assert_int_equal(IUnknown_Release((IUnknown *)other), 3);
    assert_int_equal(IServerSecurity_Release(security), 2);
    assert_int_equal(IServerSecurity_Release(again), 1);
    other = POISON;
    assert_hr(ICancelMethodCalls_QueryInterface(cancel, &IID_ISynchronize, &other), E_NOINTERFACE);
    assert_null(other);
    assert_int_equal(ICancelMethodCalls_Release(cancel), 0);
    assert_int_equal(call_refs(s->call), 2);
}

/* its reference is one to the call. */
static void com_the_last_release_of_it_completes_an_open_call(void **state)
{
    struct scene *s = *state;
    ICancelMethodCalls *cancel = cancel_of(s->call);
    int count = 0;

    assert_non_null(cancel);
    assert_ok(guise_call_on_complete(s->call, count_completion, &count));
    guise_call_unref(s->call);
    s->call = NULL;
    assert_hr(ICancelMethodCalls_Cancel(cancel, 0), S_OK);
    assert_int_equal(count, 0);
    assert_int_equal(ICancelMethodCalls_Release(cancel), 0);
    assert_int_equal(count, 1);
}

/* A foreign object that stands for the call, with an identity of its own. */
struct holder {
    struct guise__com_object object; /* first */
    struct guise__com_cancel cancel;
    unsigned destroyed;
};

static IUnknown *holder_find(struct guise__com_object *object, const IID *riid)
{
    struct holder *holder = (struct holder *)object;

    return IsEqualIID(riid, &IID_ICancelMethodCalls) ? (IUnknown *)&holder->cancel.iface : NULL;
}

static void holder_destroy(struct guise__com_object *object)
{
    ((struct holder *)object)->destroyed++;
}

static void com_other_objects_embed_it(void **state)
{
    static const struct guise__com_kind kind = {holder_find, holder_destroy};
    struct scene *s = *state;
    struct holder holder = {.destroyed = 0};
    ICancelMethodCalls *cancel = POISON;
    void *object = POISON;

    guise__com_object_init(&holder.object, &kind, NULL);
    guise__com_cancel_init(&holder.cancel, holder.object.outer, s->call);
    assert_hr(
        IUnknown_QueryInterface(&holder.object.own, &IID_ICancelMethodCalls, (void **)&cancel),
        S_OK);
    assert_int_equal(references_of(cancel), 2);
    assert_hr(ICancelMethodCalls_QueryInterface(cancel, &IID_IUnknown, &object), S_OK);
    assert_ptr_equal(object, &holder);
    assert_int_equal(IUnknown_Release((IUnknown *)object), 2);
    assert_hr(ICancelMethodCalls_QueryInterface(cancel, &IID_IServerSecurity, &object),
              E_NOINTERFACE);
    assert_hr(ICancelMethodCalls_TestCancel(cancel), RPC_S_CALLPENDING);
    assert_hr(ICancelMethodCalls_Cancel(cancel, 0), S_OK);
    assert_hr(test_call(s->call), RPC_E_CALL_CANCELED); /* it is the same call */
    assert_int_equal(call_refs(s->call), 2);
    assert_int_equal(ICancelMethodCalls_Release(cancel), 1);
    assert_int_equal(IUnknown_Release(&holder.object.own), 0);
    assert_int_equal(holder.destroyed, 1);
}

/* ---- K-06, K-07: the server asks ------------------------------------------------------------- */

static guise_result v37(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_HR(s, CoTestCancel(), RPC_S_CALLPENDING);
    CHECK_HR(s, test_call(call), RPC_S_CALLPENDING);
    CHECK_HR(s, cancel_call(call, 0), S_OK);
    CHECK_HR(s, CoTestCancel(), RPC_E_CALL_CANCELED); /* */
    CHECK_HR(s, test_call(call), RPC_E_CALL_CANCELED);
    CHECK_HR(s, test_call(s->other), RPC_S_CALLPENDING);
    CHECK(s, call_refs(call) == 3); /* caller's, open's, frame's */
    return GUISE_OK;
}

static void com_V_37_test_cancel_before_and_after(void **state)
{
    struct scene *s = *state;

    assert_hr(CoTestCancel(), RPC_E_CALL_COMPLETE);
    scene_dispatch(s, v37);
    assert_hr(CoTestCancel(), RPC_E_CALL_COMPLETE);
}

/* After completion: what was asked for stays asked for, and "pending" it is no more. */
static void com_test_cancel_after_completion(void **state)
{
    struct scene *s = *state;

    assert_hr(cancel_call(s->call, 0), S_OK);
    assert_ok(guise_call_signal(s->call));
    assert_hr(test_call(s->call), RPC_E_CALL_CANCELED);
    assert_ok(guise_call_complete(s->other, GUISE_E_CALL_CANCELED)); /* never asked for */
    assert_hr(test_call(s->other), RPC_E_CALL_COMPLETE);
    assert_hr(cancel_call(s->other, 0), RPC_E_CALL_COMPLETE);
    assert_hr(test_call(s->other), RPC_E_CALL_COMPLETE);
}

static guise_result no_memory(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_HR(s, CoTestCancel(), E_OUTOFMEMORY);
    atomic_store(&s_refuse, false);
    CHECK_HR(s, CoTestCancel(), RPC_S_CALLPENDING);
    return GUISE_OK;
}

static void com_test_cancel_needs_memory(void **state)
{
    atomic_store(&s_refuse, true);
    scene_dispatch(*state, no_memory);
}

/* ---- K-03: the client asks ------------------------------------------------------------------- */

/* The server's side of it. */
static void com_V_36_cancel_twice_and_too_late(void **state)
{
    struct scene *s = *state;

    assert_hr(cancel_call(s->call, 0), S_OK);
    assert_hr(cancel_call(s->call, 0), RPC_E_CALL_CANCELED);
    assert_hr(cancel_call(s->call, FOREVER), RPC_E_CALL_CANCELED); /* no second wait */
    assert_ok(guise_call_signal(s->call));
    assert_hr(cancel_call(s->call, 0), RPC_E_CALL_COMPLETE);
    assert_hr(cancel_call(s->call, FOREVER), RPC_E_CALL_COMPLETE);
    assert_int_equal(call_refs(s->call), 1);
}

static int64_t nanoseconds(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The request is made even if no answer comes in time; not before that. */
static void com_cancel_gives_up_waiting(void **state)
{
    struct scene *s = *state;
    int64_t start = nanoseconds();

    assert_hr(cancel_call(s->call, 1), S_OK);
    assert_true(nanoseconds() - start >= 1000000000);
    assert_hr(test_call(s->call), RPC_E_CALL_CANCELED);
    assert_true(is_pending(s->call));
}

struct waiting {
    struct scene *s;
    ULONG seconds;
    atomic_bool is_back; /* Cancel has returned */
};

static void cancel_and_wait(struct wt *w)
{
    struct waiting *waiting = w->arg;
    HRESULT result = cancel_call(waiting->s->call, waiting->seconds);

    atomic_store(&waiting->is_back, true);
    WT_CHECK_RESULT(w, result, RPC_E_CALL_COMPLETE);
}

/* A thread sleeps on the call, or is about to (call.c). */
static bool has_waiters(const guise_call *call)
{
    return (atomic_load(&call->state) & UINT64_C(0x80)) != 0;
}

static void check_waits(struct scene *s, ULONG seconds)
{
    struct waiting waiting = {.s = s, .seconds = seconds};
    struct wt w;

    test_watchdog(20);
    guise_call_unref(s->call);
    s->call = make_call(s->alice);
    wt_start(&w, cancel_and_wait, &waiting);
    while (!has_waiters(s->call) && !atomic_load(&waiting.is_back)) {
        (void)sched_yield();
    }
    assert_hr(test_call(s->call), RPC_E_CALL_CANCELED); /* asked for before it waits */
    assert_ok(guise_call_signal(s->call));
    wt_join(&w);
}

/* Every number of seconds is that long, however many milliseconds it is. */
static void com_cancel_waits_for_the_call(void **state)
{
    struct scene *s = *state;

    check_waits(s, FOREVER);
    check_waits(s, FOREVER - 1);
    check_waits(s, 1000);
    check_waits(s, 4294967);
    check_waits(s, 4294968);
    check_waits(s, 536870912); /* 125 * 2^32 milliseconds */
}

static void waits_for_the_function(struct wt *w)
{
    struct scene *s = w->arg;

    WT_CHECK_RESULT(w, cancel_call(s->call, FOREVER), RPC_E_CALL_COMPLETE);
    WT_CHECK(w, s->count == 1);
}

static void replies_slowly(guise_call *call, guise_result result, void *arg)
{
    struct scene *s = arg;

    (void)result;
    s->count = cancel_call(call, FOREVER) == RPC_E_CALL_COMPLETE && /* does not wait for itself */
               CoTestCancel() == RPC_E_CALL_CANCELED;
}

/* Done is when the completion function has returned. */
static void com_cancel_waits_for_the_reply(void **state)
{
    struct scene *s = *state;
    struct wt w;

    test_watchdog(20);
    assert_ok(guise_call_on_complete(s->call, replies_slowly, s));
    wt_start(&w, waits_for_the_function, s);
    while (!has_waiters(s->call)) {
        (void)sched_yield();
    }
    assert_ok(guise_call_signal(s->call));
    wt_join(&w);
}

/* ---- K-12, X-22: the owner of the call ------------------------------------------------------- */

static guise_result canceled(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_HR(s, cancel_call(call, 0), S_OK); /* as the client, too */
    CHECK(s, is_client(s->alice));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_call_signal(call));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK_HR(s, CoImpersonateClient(), RPC_E_CALL_COMPLETE);
    return GUISE_OK;
}

/* The call is the server's until it signals: K-05 says that it may go on. */
static void com_cancel_does_not_end_impersonation(void **state)
{
    scene_dispatch(*state, canceled);
}

/* ---- threads, and calls ---------------------------------------------------------------- */

static guise_result has_no_cancel_object(guise_call *call, void *arg)
{
    struct scene *s = arg;
    void *object = POISON;

    CHECK_HR(s, CoGetCancelObject(0, &IID_ICancelMethodCalls, &object), E_NOINTERFACE);
    CHECK(s, object == NULL);
    CHECK_HR(s, CoCancelCall(GetCurrentThreadId(), 0), E_NOINTERFACE);
    CHECK_HR(s, test_call(call), RPC_S_CALLPENDING);
    return GUISE_OK;
}

static void com_serving_a_call_is_not_making_one(void **state)
{
    scene_dispatch(*state, has_no_cancel_object);
}

/* A program that serves its own synchronous calls may put them up. */
static void com_a_call_is_put_up(void **state)
{
    struct scene *s = *state;
    IServerSecurity *security = POISON;

    assert_hr(GuiseGetServerSecurity(s->call, &security), S_OK);
    assert_hr(CoSetCancelObject((IUnknown *)security), S_OK);
    assert_int_equal(IServerSecurity_Release(security), 1);
    assert_hr(CoCancelCall(0, 0), CO_E_CANCEL_DISABLED); /* K-11 */
    assert_hr(test_call(s->call), RPC_S_CALLPENDING);
    assert_hr(CoEnableCallCancellation(NULL), S_OK);
    assert_hr(CoCancelCall(0, 0), S_OK);
    assert_hr(CoCancelCall(0, 0), RPC_E_CALL_CANCELED);
    assert_hr(CoDisableCallCancellation(NULL), S_OK);
    assert_hr(test_call(s->call), RPC_E_CALL_CANCELED);
    assert_int_equal(call_refs(s->call), 3);
    assert_hr(CoSetCancelObject(NULL), S_OK);
    assert_int_equal(call_refs(s->call), 2);
}

static void com_putting_up_needs_memory(void **state)
{
    struct scene *s = *state;
    ICancelMethodCalls *cancel = cancel_of(s->call);
    void *object = POISON;

    assert_non_null(cancel);
    atomic_store(&s_refuse, true);
    assert_hr(CoSetCancelObject((IUnknown *)cancel), E_OUTOFMEMORY);
    atomic_store(&s_refuse, false);
    assert_hr(CoGetCancelObject(0, &IID_IUnknown, &object), E_NOINTERFACE);
    assert_null(object);
    assert_int_equal(ICancelMethodCalls_Release(cancel), 0);
}

/* ---- a cancel object of the test's ----------------------------------------------------------- */

struct mock {
    ICancelMethodCalls iface; /* first */
    atomic_uint refs;
    HRESULT query; /* what QueryInterface answers */
    void (*in_cancel)(struct mock *mock);
    void (*in_release)(struct mock *mock);
    struct wt_latch in, go;
    HRESULT seen; /* by those */
};

static HRESULT STDMETHODCALLTYPE mock_query(ICancelMethodCalls *This, REFIID riid, void **object)
{
    struct mock *mock = (struct mock *)This;

    (void)riid;
    if (mock->query == S_OK) {
        (void)atomic_fetch_add(&mock->refs, 1);
        *object = This;
    }
    return mock->query;
}

static ULONG STDMETHODCALLTYPE mock_addref(ICancelMethodCalls *This)
{
    return atomic_fetch_add(&((struct mock *)This)->refs, 1) + 1;
}

static ULONG STDMETHODCALLTYPE mock_release(ICancelMethodCalls *This)
{
    struct mock *mock = (struct mock *)This;

    if (mock->in_release != NULL) {
        mock->in_release(mock);
    }
    return atomic_fetch_sub(&mock->refs, 1) - 1;
}

static HRESULT STDMETHODCALLTYPE mock_cancel(ICancelMethodCalls *This, ULONG seconds)
{
    (void)seconds;
    if (((struct mock *)This)->in_cancel != NULL) {
        ((struct mock *)This)->in_cancel((struct mock *)This);
    }
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE mock_test(ICancelMethodCalls *This)
{
    (void)This;
    return RPC_S_CALLPENDING;
}

static ICancelMethodCallsVtbl mock_vtbl = {mock_query, mock_addref, mock_release, mock_cancel,
                                           mock_test};

static void make_mock(struct mock *mock)
{
    *mock = (struct mock){.iface = {&mock_vtbl}, .seen = E_PENDING};
    atomic_init(&mock->refs, 1);
    wt_latch_init(&mock->in);
    wt_latch_init(&mock->go);
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

static bool is_innermost(DWORD thread, struct mock *expected)
{
    void *object = POISON;
    HRESULT result = CoGetCancelObject(thread, &IID_ICancelMethodCalls, &object);

    if (expected == NULL) {
        return result == E_NOINTERFACE && object == NULL;
    }
    if (result != S_OK || object != expected) {
        return false;
    }
    (void)IUnknown_Release((IUnknown *)object);
    return true;
}

static void com_what_does_not_go_up_leaves_nothing(void **state)
{
    struct mock mock;

    (void)state;
    make_mock(&mock);
    mock.query = E_NOINTERFACE;
    assert_hr(put_up(&mock), E_NOINTERFACE);
    assert_int_equal(atomic_load(&s_live), 0);
    assert_true(is_innermost(0, NULL));
    assert_int_equal(refs_of(&mock), 1);
}

/* ---- the end of a thread --------------------------------------------------------------------- */

static void exit_thread(struct mock *mock)
{
    (void)mock;
    pthread_exit(NULL);
}

static void cancel_and_exit(struct wt *w)
{
    struct scene *s = w->arg;

    (void)CoCancelCall((DWORD)s->count, 0);
}

/* A Cancel that ends its thread has ended. */
static void com_a_cancel_that_does_not_return(void **state)
{
    struct scene *s = *state;
    struct mock mock;

    make_mock(&mock);
    mock.in_cancel = exit_thread;
    s->count = (int)GetCurrentThreadId();
    assert_hr(put_up(&mock), S_OK);
    scene_elsewhere_ends(s, cancel_and_exit);
    assert_int_equal(refs_of(&mock), 2);
    assert_hr(CoSetCancelObject(NULL), S_OK);
    assert_int_equal(refs_of(&mock), 1);
}

static void put_up_again(struct mock *mock)
{
    mock->in_release = NULL;
    mock->seen = put_up(mock);
}

static void leave_it(struct wt *w)
{
    struct scene *s = w->arg;

    s->count = (int)GetCurrentThreadId();
    WT_CHECK_RESULT(w, put_up(s->extra), S_OK);
}

/* No object is installed where nothing would remove it. */
static void com_a_thread_at_its_end_puts_nothing_up(void **state)
{
    struct scene *s = *state;
    struct mock mock;

    make_mock(&mock);
    mock.in_release = put_up_again;
    s->extra = &mock;
    scene_elsewhere(s, leave_it);
    assert_hr(mock.seen, E_OUTOFMEMORY);
    assert_int_equal(refs_of(&mock), 1);
    assert_true(is_innermost((DWORD)s->count, NULL));
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void take_number(struct wt *w)
{
    struct scene *s = w->arg;

    s->count = (int)GetCurrentThreadId();
}

static DWORD number_after(struct scene *s, DWORD last)
{
    guise__com_last_thread_id = last;
    scene_elsewhere(s, take_number);
    return (DWORD)s->count;
}

/* After 2^32 threads they begin again; this thread has kept its own. */
static void com_numbers_are_not_shared(void **state)
{
    struct scene *s = *state;
    DWORD own = GetCurrentThreadId(), last = guise__com_last_thread_id;

    assert_int_equal(number_after(s, UINT32_MAX - 1), UINT32_MAX);
    assert_int_equal(number_after(s, own - 1), own + 1);
    assert_int_equal(number_after(s, UINT32_MAX), own == 1 ? 2 : 1);
    assert_int_equal(GetCurrentThreadId(), own);
    guise__com_last_thread_id = last;
}

/* ---- fork ------------------------------------------------------------------------------------ */

struct forking {
    struct mock mine, others;
    DWORD self, other;
    struct wt_latch ready, go;
    atomic_bool stop;
};

static void stay_in_cancel(struct mock *mock)
{
    wt_latch_open(&mock->in);
    wt_latch_wait(&mock->go);
}

static void be_another(struct wt *w)
{
    struct forking *forking = w->arg;

    forking->other = GetCurrentThreadId();
    WT_CHECK_RESULT(w, put_up(&forking->others), S_OK);
    wt_latch_open(&forking->ready);
    wt_latch_wait(&forking->go);
    WT_CHECK_RESULT(w, CoSetCancelObject(NULL), S_OK);
}

static void deliver(struct wt *w)
{
    struct forking *forking = w->arg;

    WT_CHECK_RESULT(w, CoCancelCall(forking->self, 0), S_OK);
}

/* The thread keeps its number and its object; the other threads do not exist here. */
static void in_child(void *arg)
{
    struct forking *forking = arg;

    CHILD_CHECK(GetCurrentThreadId() == forking->self);
    CHILD_CHECK(is_innermost(0, &forking->mine));
    CHILD_CHECK(is_innermost(forking->self, &forking->mine));
    CHILD_CHECK(is_innermost(forking->other, NULL));
    CHILD_CHECK(refs_of(&forking->others) == 2);       /* left alone */
    CHILD_CHECK_RESULT(CoSetCancelObject(NULL), S_OK); /* no thread cancels it here */
    CHILD_CHECK(refs_of(&forking->mine) == 1);
    CHILD_CHECK_RESULT(put_up(&forking->others), S_OK);
    CHILD_CHECK(is_innermost(forking->self, &forking->others));
}

static void com_a_child_has_its_own_thread(void **state)
{
    struct forking forking = {.self = GetCurrentThreadId()};
    struct wt other, canceller;

    (void)state;
    test_watchdog(20);
    make_mock(&forking.mine);
    make_mock(&forking.others);
    forking.mine.in_cancel = stay_in_cancel;
    wt_latch_init(&forking.ready);
    wt_latch_init(&forking.go);
    assert_hr(put_up(&forking.mine), S_OK);
    wt_start(&other, be_another, &forking);
    wt_latch_wait(&forking.ready);
    wt_start(&canceller, deliver, &forking);
    wt_latch_wait(&forking.mine.in);
    assert_child_passes(in_child, &forking);
    assert_hr(CoSetCancelObject(NULL), E_ACCESSDENIED); /* the parent goes on as it was */
    wt_latch_open(&forking.mine.go);
    wt_join(&canceller);
    wt_latch_open(&forking.go);
    wt_join(&other);
    assert_hr(CoSetCancelObject(NULL), S_OK);
    assert_int_equal(refs_of(&forking.mine), 1);
    assert_int_equal(refs_of(&forking.others), 1);
}

static void ask_all_the_time(struct wt *w)
{
    struct forking *forking = w->arg;

    while (!atomic_load(&forking->stop)) {
        WT_CHECK(w, is_innermost(forking->self, &forking->mine));
        WT_CHECK_RESULT(w, CoCancelCall(forking->self, 0), S_OK);
    }
}

/* Would wait for ever if the lock were held. */
static void ask_once(void *arg)
{
    struct forking *forking = arg;

    CHILD_CHECK(is_innermost(forking->self, &forking->mine));
    CHILD_CHECK_RESULT(CoSetCancelObject(NULL), S_OK);
}

static void com_a_child_finds_the_lock_free(void **state)
{
    struct forking forking = {.self = GetCurrentThreadId()};
    struct wt w[2];

    (void)state;
    test_watchdog(60);
    make_mock(&forking.mine);
    assert_hr(put_up(&forking.mine), S_OK);
    wt_start_all(w, 2, ask_all_the_time, &forking);
    for (unsigned i = 0; i < 50; i++) {
        assert_child_passes(ask_once, &forking);
    }
    atomic_store(&forking.stop, true);
    wt_join_all(w, 2);
    assert_hr(CoSetCancelObject(NULL), S_OK);
    assert_int_equal(refs_of(&forking.mine), 1);
}

static void ask_for_nobody(struct wt *w)
{
    const atomic_bool *over = w->arg;

    while (!atomic_load(over)) {
        WT_CHECK_RESULT(w, CoCancelCall(UINT32_MAX, 0), E_NOINTERFACE);
        WT_CHECK_RESULT(w, CoSetCancelObject(NULL), E_NOINTERFACE);
    }
}

static void get_a_number(void *arg)
{
    (void)arg;
    CHILD_CHECK(GetCurrentThreadId() == 1);
}

/* Of a process in which no thread has a number or an object yet. Comes first. */
static void com_a_child_finds_the_lock_free_from_the_start(void **state)
{
    atomic_bool over;
    struct wt w[2];

    (void)state;
    test_watchdog(60);
    atomic_init(&over, false);
    wt_start_all(w, 2, ask_for_nobody, &over);
    for (unsigned i = 0; i < 50; i++) {
        assert_child_passes(get_a_number, NULL);
    }
    atomic_store(&over, true);
    wt_join_all(w, 2);
}

/* ---- many at once ---------------------------------------------------------------------------- */

enum { OWNERS = 3, CANCELLERS = 3, ROUNDS = 2000 };

struct crowd {
    struct wt_barrier start;
    struct mock mocks[OWNERS];
    atomic_uint owners;
    _Atomic DWORD number[OWNERS];
    atomic_uint at_work;
};

static void take_down_for_sure(void)
{
    while (CoSetCancelObject(NULL) == E_ACCESSDENIED) {
        (void)sched_yield();
    }
}

static void own_often(struct wt *w)
{
    struct crowd *crowd = w->arg;
    unsigned i = atomic_fetch_add(&crowd->owners, 1);

    atomic_store(&crowd->number[i], GetCurrentThreadId());
    wt_barrier_wait(&crowd->start);
    for (unsigned round = 0; round < ROUNDS; round++) {
        WT_CHECK_RESULT(w, put_up(&crowd->mocks[i]), S_OK);
        take_down_for_sure();
        WT_CHECK(w, is_innermost(0, NULL));
    }
    WT_CHECK_RESULT(w, put_up(&crowd->mocks[i]), S_OK); /* for its end */
    (void)atomic_fetch_sub(&crowd->at_work, 1);
}

static void cancel_often(struct wt *w)
{
    struct crowd *crowd = w->arg;

    wt_barrier_wait(&crowd->start);
    for (unsigned i = 0; atomic_load(&crowd->at_work) != 0; i = (i + 1) % OWNERS) {
        HRESULT result = CoCancelCall(atomic_load(&crowd->number[i]), 0);
        void *object = POISON;

        WT_CHECK(w, result == S_OK || result == E_NOINTERFACE);
        result = CoGetCancelObject(atomic_load(&crowd->number[i]), &IID_IUnknown, &object);
        WT_CHECK(w, result == S_OK ? object == &crowd->mocks[i] : object == NULL);
        if (object != NULL) {
            (void)IUnknown_Release((IUnknown *)object);
        }
    }
}

static void com_many_threads_cancel_many(void **state)
{
    static struct crowd crowd;
    struct wt owners[OWNERS], cancellers[CANCELLERS];

    (void)state;
    test_watchdog(60);
    wt_barrier_init(&crowd.start, OWNERS + CANCELLERS);
    atomic_store(&crowd.owners, 0);
    atomic_store(&crowd.at_work, OWNERS);
    for (unsigned i = 0; i < OWNERS; i++) {
        make_mock(&crowd.mocks[i]);
    }
    wt_start_all(owners, OWNERS, own_often, &crowd);
    wt_start_all(cancellers, CANCELLERS, cancel_often, &crowd);
    wt_join_all(owners, OWNERS);
    wt_join_all(cancellers, CANCELLERS);
    for (unsigned i = 0; i < OWNERS; i++) {
        assert_int_equal(refs_of(&crowd.mocks[i]), 1);
    }
}

/* ---- main ------------------------------------------------------------------------------------ */

static int run(void)
{
    const struct CMUnitTest tests[] = {
        com_scene_test(com_a_child_finds_the_lock_free_from_the_start),
        com_scene_test(com_cancel_and_security_are_one_object),
        com_scene_test(com_the_last_release_of_it_completes_an_open_call),
        com_scene_test(com_other_objects_embed_it),
        com_scene_test(com_V_37_test_cancel_before_and_after),
        com_scene_test(com_test_cancel_after_completion),
        com_scene_test(com_test_cancel_needs_memory),
        com_scene_test(com_V_36_cancel_twice_and_too_late),
        com_scene_test(com_cancel_gives_up_waiting),
        com_scene_test(com_cancel_waits_for_the_call),
        com_scene_test(com_cancel_waits_for_the_reply),
        com_scene_test(com_cancel_does_not_end_impersonation),
        com_scene_test(com_serving_a_call_is_not_making_one),
        com_scene_test(com_a_call_is_put_up),
        com_scene_test(com_putting_up_needs_memory),
        com_scene_test(com_what_does_not_go_up_leaves_nothing),
        com_scene_test(com_a_cancel_that_does_not_return),
        com_scene_test(com_a_thread_at_its_end_puts_nothing_up),
        com_scene_test(com_numbers_are_not_shared),
        com_scene_test(com_a_child_has_its_own_thread),
        com_scene_test(com_a_child_finds_the_lock_free),
        com_scene_test(com_many_threads_cancel_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
