/* SPDX-License-Identifier: MIT */
/* Events, containers and their classes, through the COM surface only. */
#define _POSIX_C_SOURCE 200809L
#include "com_test.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "support/wt.h"

enum { SECONDS = 20, LONG_TIME = 10000, SHORT_TIME = 30, MEMBERS_MAX = 63 };

/* ---- things ---------------------------------------------------------------------------------- */

static ISynchronize *make_std(void)
{
    return make_object(&CLSID_StdEvent, &IID_ISynchronize);
}

static ISynchronize *make_manual(void)
{
    return make_object(&CLSID_ManualResetEvent, &IID_ISynchronize);
}

static ISynchronizeContainer *make_container(void)
{
    return make_object(&CLSID_SynchronizeContainer, &IID_ISynchronizeContainer);
}

static void drop(void *object)
{
    assert_int_equal(IUnknown_Release((IUnknown *)object), 0);
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- events ---------------------------------------------------------------------------------- */

static void com_V_28_std_event(void **state)
{
    ISynchronize *sync = make_std();

    (void)state;
    assert_hr(ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING); /* Y-02 */
    assert_hr(ISynchronize_Signal(sync), S_OK);
    assert_hr(ISynchronize_Signal(sync), S_OK); /* Y-05 */
    assert_hr(ISynchronize_Wait(sync, 0, 0), S_OK);
    assert_hr(ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING); /* Y-07 */
    assert_hr(ISynchronize_Signal(sync), S_OK);
    assert_hr(ISynchronize_Reset(sync), S_OK); /* Y-06 */
    assert_hr(ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING);
    drop(sync);
}

static void com_V_29_manual_reset_event(void **state)
{
    ISynchronize *sync = make_manual();

    (void)state;
    assert_hr(ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING);
    assert_hr(ISynchronize_Signal(sync), S_OK);
    assert_hr(ISynchronize_Wait(sync, 0, INFINITE), S_OK); /* Y-01 */
    assert_hr(ISynchronize_Wait(sync, 0, 0), S_OK);        /* Y-08 */
    assert_hr(ISynchronize_Reset(sync), S_OK);
    assert_hr(ISynchronize_Reset(sync), S_OK);
    assert_hr(ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING);
    drop(sync);
}

static void a_wait_takes_its_time(void **state)
{
    ISynchronize *sync = make_manual();
    int64_t began = now_ms();

    (void)state;
    assert_hr(ISynchronize_Wait(sync, 0, SHORT_TIME), RPC_S_CALLPENDING);
    assert_true(now_ms() - began >= SHORT_TIME);
    drop(sync);
}

static void check_unknown_flags(ISynchronize *sync)
{
    assert_hr(ISynchronize_Signal(sync), S_OK);
    assert_hr(ISynchronize_Wait(sync, 0x20, 0), E_INVALIDARG);
    assert_hr(ISynchronize_Wait(sync, 0x80000000, 0), E_INVALIDARG);
    assert_hr(ISynchronize_Wait(sync, 0xFFFFFFFF, INFINITE), E_INVALIDARG);
}

/* Y-21 */
static void wait_checks_its_flags(void **state)
{
    ISynchronize *sync = make_manual();

    (void)state;
    check_unknown_flags(sync);
    for (DWORD flag = 1; flag <= 0x10; flag <<= 1) {
        assert_hr(ISynchronize_Wait(sync, flag, 0), S_OK);
    }
    drop(sync);
}

/* Y-03 */
static void a_refused_wait_takes_nothing(void **state)
{
    ISynchronize *sync = make_std();

    (void)state;
    check_unknown_flags(sync);
    for (DWORD flag = 1; flag <= 0x10; flag <<= 1) {
        assert_hr(ISynchronize_Wait(sync, flag, 0), S_OK);
        assert_hr(ISynchronize_Wait(sync, flag, 0), RPC_S_CALLPENDING);
        assert_hr(ISynchronize_Signal(sync), S_OK);
    }
    drop(sync);
}

static void wait_for_long(struct wt *w)
{
    /* This thread never called CoInitialize: using an object needs none. */
    WT_CHECK_RESULT(w, ISynchronize_Wait((ISynchronize *)w->arg, 0, LONG_TIME), S_OK);
}

/* Y-19: it blocks, and the signal of another thread ends that. */
static void waiters_are_released(void **state)
{
    ISynchronize *sync = make_manual();
    struct wt w[3];

    (void)state;
    test_watchdog(SECONDS);
    wt_start_all(w, 3, wait_for_long, sync);
    assert_hr(ISynchronize_Signal(sync), S_OK);
    wt_join_all(w, 3);
    assert_hr(ISynchronize_Wait(sync, 0, 0), S_OK);
    drop(sync);
}

static void one_waiter_for_each_signal(void **state)
{
    ISynchronize *sync = make_std();
    struct wt w[3];

    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < 3; i++) {
        wt_start(&w[i], wait_for_long, sync);
        assert_hr(ISynchronize_Signal(sync), S_OK);
        wt_join(&w[i]);
    }
    assert_hr(ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING);
    drop(sync);
}

/* ---- IUnknown -------------------------------------------------------------------------------- */

static void check_refused(void *object, const IID *riid)
{
    void *found = POISON;

    assert_hr(IUnknown_QueryInterface((IUnknown *)object, riid, &found), E_NOINTERFACE);
    assert_null(found);
    assert_int_equal(references_of(object), 1);
}

static void check_identity(void *object, const IID *riid)
{
    void *unknown = POISON, *again = POISON;

    assert_hr(IUnknown_QueryInterface((IUnknown *)object, &IID_IUnknown, &unknown), S_OK);
    assert_hr(IUnknown_QueryInterface((IUnknown *)unknown, riid, &again), S_OK);
    assert_ptr_equal(again, object);
    assert_int_equal(references_of(object), 3);
    assert_int_equal(IUnknown_Release((IUnknown *)unknown), 2);
    assert_int_equal(IUnknown_Release((IUnknown *)again), 1);
}

static void events_have_an_identity(void **state)
{
    ISynchronize *sync = make_manual();
    ISynchronizeHandle *handle = make_object(&CLSID_ManualResetEvent, &IID_ISynchronizeHandle);

    (void)state;
    check_identity(sync, &IID_ISynchronize);
    check_identity(handle, &IID_ISynchronizeHandle);
    drop(handle);
    check_refused(sync, &IID_ISynchronizeContainer);
    check_refused(sync, &IID_NULL);
    drop(sync);
}

/* One vtable for both: the later interface begins like the earlier. */
static void events_can_be_given_a_handle(void **state)
{
    ISynchronizeEvent *event = make_object(&CLSID_ManualResetEvent, &IID_ISynchronizeEvent);

    (void)state;
    check_identity(event, &IID_ISynchronizeEvent);
    check_identity(event, &IID_ISynchronizeHandle);
    drop(event);
}

static void containers_have_an_identity(void **state)
{
    ISynchronizeContainer *container = make_container();

    (void)state;
    check_identity(container, &IID_ISynchronizeContainer);
    check_refused(container, &IID_ISynchronize);
    drop(container);
}

static void query_interface_checks_its_arguments(void **state)
{
    ISynchronize *sync = make_manual();
    void *unknown = POISON;

    (void)state;
    assert_hr(ISynchronize_QueryInterface(sync, &IID_IUnknown, NULL), E_POINTER);
    assert_hr(ISynchronize_QueryInterface(sync, NULL, &unknown), E_INVALIDARG);
    assert_null(unknown);
    drop(sync);
}

/* Containers have no handles; and some interfaces belong to no object here (Y-16, Y-17). */
static void nothing_is_offered_that_does_not_work(void **state)
{
    ISynchronize *sync = make_manual();

    (void)state;
    check_refused(sync, &IID_ISynchronizeMutex);
    drop(sync);
}

static void containers_offer_nothing_else(void **state)
{
    ISynchronizeContainer *container = make_container();

    (void)state;
    check_refused(container, &IID_ISynchronizeHandle);
    check_refused(container, &IID_IWaitMultiple);
    drop(container);
}

/* ---- classes --------------------------------------------------------------------------------- */

static void factories(void **state)
{
    const CLSID *classes[] = {&CLSID_ManualResetEvent, &CLSID_StdEvent,
                              &CLSID_SynchronizeContainer};
    void *factory, *object, *again;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        factory = object = again = POISON;
        assert_hr(CoGetClassObject(classes[i], CLSCTX_ALL, NULL, &IID_IClassFactory, &factory),
                  S_OK);
        assert_non_null(factory);
        assert_hr(
            IClassFactory_CreateInstance((IClassFactory *)factory, NULL, &IID_IUnknown, &object),
            S_OK);
        drop(object);
        assert_hr(CoGetClassObject(classes[i], CLSCTX_INPROC_SERVER, NULL, &IID_IUnknown, &again),
                  S_OK);
        assert_ptr_equal(again, factory);
        assert_hr(IClassFactory_LockServer((IClassFactory *)factory, TRUE), S_OK);
        assert_hr(IClassFactory_LockServer((IClassFactory *)factory, FALSE), S_OK);
        assert_int_equal(IClassFactory_AddRef((IClassFactory *)factory), 2);
        assert_int_equal(IClassFactory_Release((IClassFactory *)factory), 1);
    }
}

static IClassFactory *manual_factory(void)
{
    void *factory = POISON;

    assert_hr(
        CoGetClassObject(&CLSID_ManualResetEvent, CLSCTX_ALL, NULL, &IID_IClassFactory, &factory),
        S_OK);
    assert_non_null(factory);
    return factory;
}

static void factories_refuse_interfaces(void **state)
{
    IClassFactory *factory = manual_factory();
    void *object = POISON;

    (void)state;
    assert_hr(IClassFactory_QueryInterface(factory, &IID_ISynchronize, &object), E_NOINTERFACE);
    assert_null(object);
    object = POISON;
    assert_hr(IClassFactory_CreateInstance(factory, NULL, &IID_ICallFactory, &object),
              E_NOINTERFACE);
    assert_null(object);
}

static void factories_check_their_arguments(void **state)
{
    IClassFactory *factory = manual_factory();
    void *object = POISON;

    (void)state;
    assert_hr(IClassFactory_CreateInstance(factory, NULL, &IID_IUnknown, NULL), E_INVALIDARG);
    assert_hr(IClassFactory_CreateInstance(factory, NULL, NULL, &object), E_INVALIDARG);
    assert_null(object);
    assert_hr(IClassFactory_QueryInterface(factory, &IID_IUnknown, NULL), E_POINTER);
    object = POISON;
    assert_hr(IClassFactory_QueryInterface(factory, NULL, &object), E_INVALIDARG);
    assert_null(object);
}

static void check_not_created(const CLSID *clsid, DWORD context, const IID *riid, HRESULT expected)
{
    void *object = POISON;

    assert_hr(CoCreateInstance(clsid, NULL, context, riid, &object), expected);
    assert_null(object);
    object = POISON;
    assert_hr(CoGetClassObject(clsid, context, NULL, riid, &object), expected);
    assert_null(object);
}

static void classes_that_are_not_there(void **state)
{
    (void)state;
    check_not_created(&IID_ISynchronize, CLSCTX_ALL, &IID_IUnknown, REGDB_E_CLASSNOTREG);
    check_not_created(&CLSID_ManualResetEvent, CLSCTX_LOCAL_SERVER, &IID_IUnknown,
                      REGDB_E_CLASSNOTREG);
    check_not_created(&CLSID_ManualResetEvent, CLSCTX_ALL, &IID_IServerSecurity, E_NOINTERFACE);
}

static void classes_need_a_place(void **state)
{
    void *object = POISON;

    (void)state;
    assert_hr(CoCreateInstance(&CLSID_ManualResetEvent, NULL, CLSCTX_ALL, &IID_IUnknown, NULL),
              E_POINTER);
    assert_hr(CoGetClassObject(&CLSID_ManualResetEvent, CLSCTX_ALL, NULL, &IID_IUnknown, NULL),
              E_INVALIDARG);
    assert_hr(
        CoGetClassObject(&CLSID_ManualResetEvent, CLSCTX_ALL, &object, &IID_IUnknown, &object),
        E_INVALIDARG);
    assert_null(object);
}

static void classes_need_identifiers(void **state)
{
    (void)state;
    check_not_created(NULL, CLSCTX_ALL, &IID_IUnknown, E_INVALIDARG);
    check_not_created(&CLSID_ManualResetEvent, CLSCTX_ALL, NULL, E_INVALIDARG);
}

/* ---- aggregation ----------------------------------------------------------------------------- */

/* An object of a program's own that has one of the library's in it. */
struct outer {
    IUnknown iface;
    ULONG refs;
    IUnknown *inner;
    unsigned asked; /* for other interfaces than IUnknown */
};

static HRESULT STDMETHODCALLTYPE outer_query(IUnknown *This, REFIID riid, void **object)
{
    struct outer *outer = (struct outer *)This;

    if (IsEqualIID(riid, &IID_IUnknown)) {
        outer->refs++;
        *object = This;
        return S_OK;
    }
    outer->asked++;
    return IUnknown_QueryInterface(outer->inner, riid, object);
}

static ULONG STDMETHODCALLTYPE outer_addref(IUnknown *This)
{
    return ++((struct outer *)This)->refs;
}

static ULONG STDMETHODCALLTYPE outer_release(IUnknown *This)
{
    return --((struct outer *)This)->refs;
}

static IUnknownVtbl s_outer_vtbl = {outer_query, outer_addref, outer_release};

static void aggregate(struct outer *outer, const CLSID *clsid)
{
    void *inner = POISON;

    memset(outer, 0, sizeof *outer);
    outer->iface.lpVtbl = &s_outer_vtbl;
    outer->refs = 1;
    assert_hr(CoCreateInstance(clsid, &outer->iface, CLSCTX_INPROC_SERVER, &IID_IUnknown, &inner),
              S_OK);
    assert_non_null(inner);
    outer->inner = inner;
    /* Made without a word to the outer object, and holding none of its references. */
    assert_int_equal(outer->refs, 1);
    assert_int_equal(outer->asked, 0);
    assert_int_equal(references_of(outer->inner), 1);
}

/* only IUnknown may be asked for, and it is the inner object's own. */
static void aggregation_is_by_iunknown(void **state)
{
    struct outer outer = {{&s_outer_vtbl}, 1, NULL, 0};
    void *object = POISON;

    (void)state;
    assert_hr(CoCreateInstance(&CLSID_ManualResetEvent, &outer.iface, CLSCTX_ALL, &IID_ISynchronize,
                               &object),
              E_INVALIDARG);
    assert_null(object);
    assert_int_equal(outer.refs, 1);
    aggregate(&outer, &CLSID_ManualResetEvent);
    assert_hr(IUnknown_QueryInterface(outer.inner, &IID_IUnknown, &object), S_OK);
    assert_ptr_equal(object, outer.inner);
    assert_int_equal(IUnknown_Release((IUnknown *)object), 1);
    drop(outer.inner);
}

static void check_delegates(const CLSID *clsid, const IID *riid)
{
    struct outer outer;
    void *found = POISON, *unknown = POISON, *again = POISON;

    aggregate(&outer, clsid);
    assert_hr(IUnknown_QueryInterface(&outer.iface, riid, &found), S_OK);
    assert_int_equal(outer.refs, 2);
    assert_int_equal(references_of(outer.inner), 1);
    assert_hr(IUnknown_QueryInterface((IUnknown *)found, &IID_IUnknown, &unknown), S_OK);
    assert_ptr_equal(unknown, &outer.iface);
    assert_hr(IUnknown_QueryInterface((IUnknown *)found, riid, &again), S_OK);
    assert_ptr_equal(again, found);
    assert_int_equal(outer.asked, 2);
    assert_int_equal(IUnknown_AddRef((IUnknown *)found), 5);
    for (ULONG left = 4; left >= 1; left--) {
        assert_int_equal(IUnknown_Release((IUnknown *)found), left);
    }
    drop(outer.inner);
}

/* Y-09 */
static void aggregated_interfaces_are_the_outer_objects(void **state)
{
    (void)state;
    check_delegates(&CLSID_ManualResetEvent, &IID_ISynchronize);
    check_delegates(&CLSID_ManualResetEvent, &IID_ISynchronizeHandle);
    check_delegates(&CLSID_ManualResetEvent, &IID_ISynchronizeEvent);
    check_delegates(&CLSID_StdEvent, &IID_ISynchronize);
    check_delegates(&CLSID_StdEvent, &IID_ISynchronizeHandle);
    check_delegates(&CLSID_StdEvent, &IID_ISynchronizeEvent);
    check_delegates(&CLSID_SynchronizeContainer, &IID_ISynchronizeContainer);
}

/* ---- containers ------------------------------------------------------------------------------ */

static void check_wait(ISynchronizeContainer *container, DWORD flags, DWORD milliseconds,
                       HRESULT expected, ISynchronize *expected_object)
{
    ISynchronize *object = POISON;

    assert_hr(ISynchronizeContainer_WaitMultiple(container, flags, milliseconds, &object),
              expected);
    assert_ptr_equal(object, expected_object);
    if (object != NULL) {
        (void)ISynchronize_Release(object);
    }
}

/* Y-13, Y-14 */
static void com_V_39_container(void **state)
{
    ISynchronizeContainer *container = make_container();
    ISynchronize *members[MEMBERS_MAX + 1];

    (void)state;
    check_wait(container, 0, 0, RPC_E_NO_SYNC, NULL);
    check_wait(container, 0, INFINITE, RPC_E_NO_SYNC, NULL);
    for (unsigned i = 0; i <= MEMBERS_MAX; i++) {
        members[i] = make_std();
        assert_hr(ISynchronizeContainer_AddSynchronize(container, members[i]),
                  i < MEMBERS_MAX ? S_OK : RPC_E_OUT_OF_RESOURCES);
        assert_int_equal(references_of(members[i]), i < MEMBERS_MAX ? 2 : 1);
    }
    check_wait(container, 0, 0, RPC_E_TIMEOUT, NULL);
    check_wait(container, 0, SHORT_TIME, RPC_E_TIMEOUT, NULL);
    assert_hr(ISynchronize_Signal(members[62]), S_OK);
    check_wait(container, 0, INFINITE, S_OK, members[62]);
    check_wait(container, 0, 0, RPC_E_TIMEOUT, NULL);
    drop(container);
    for (unsigned i = 0; i <= MEMBERS_MAX; i++) {
        drop(members[i]);
    }
}

static void container_wait_checks_its_arguments(void **state)
{
    ISynchronizeContainer *container = make_container();
    ISynchronize *sync = make_std();

    (void)state;
    assert_hr(ISynchronizeContainer_AddSynchronize(container, NULL), E_INVALIDARG);
    assert_hr(ISynchronizeContainer_AddSynchronize(container, sync), S_OK);
    assert_hr(ISynchronize_Signal(sync), S_OK);
    assert_hr(ISynchronizeContainer_WaitMultiple(container, 0, 0, NULL), E_INVALIDARG);
    check_wait(container, COWAIT_WAITALL, 0, E_INVALIDARG, NULL); /* Y-14 */
    check_wait(container, COWAIT_WAITALL | 4, 0, E_INVALIDARG, NULL);
    check_wait(container, 0x20, 0, E_INVALIDARG, NULL); /* Y-21 */
    check_wait(container, 2 | 4 | 8 | 0x10, 0, S_OK, sync);
    check_wait(container, 0, 0, RPC_E_TIMEOUT, NULL);
    drop(container);
    drop(sync);
}

/* Y-15: it stays a member; what comes back is counted for the caller. */
static void members_stay(void **state)
{
    ISynchronizeContainer *container = make_container();
    ISynchronize *sync = make_manual(), *object = POISON;

    (void)state;
    assert_hr(ISynchronizeContainer_AddSynchronize(container, sync), S_OK);
    assert_hr(ISynchronize_Signal(sync), S_OK);
    assert_hr(ISynchronizeContainer_WaitMultiple(container, 0, 0, &object), S_OK);
    assert_ptr_equal(object, sync);
    assert_int_equal(references_of(sync), 3);
    assert_int_equal(ISynchronize_Release(object), 2);
    check_wait(container, 0, 0, S_OK, sync);
    assert_int_equal(ISynchronize_Release(sync), 1); /* the container's */
    check_wait(container, 0, 0, S_OK, sync);
    drop(container);
}

/* The member is the outer object, and its reference is held. */
static void aggregated_objects_are_members(void **state)
{
    ISynchronizeContainer *container = make_container();
    struct outer outer;
    void *found = POISON;

    (void)state;
    aggregate(&outer, &CLSID_StdEvent);
    assert_hr(IUnknown_QueryInterface(&outer.iface, &IID_ISynchronize, &found), S_OK);
    assert_hr(ISynchronizeContainer_AddSynchronize(container, (ISynchronize *)found), S_OK);
    assert_int_equal(outer.refs, 3);
    assert_hr(ISynchronize_Signal((ISynchronize *)found), S_OK);
    check_wait(container, 0, 0, S_OK, found);
    drop(container);
    assert_int_equal(outer.refs, 2);
    assert_int_equal(ISynchronize_Release((ISynchronize *)found), 1);
    drop(outer.inner);
}

/* ---- a foreign ISynchronize ------------------------------------------------------------------ */

static HRESULT STDMETHODCALLTYPE foreign_query(ISynchronize *This, REFIID riid, void **object)
{
    bool known = IsEqualIID(riid, &IID_IUnknown) || IsEqualIID(riid, &IID_ISynchronize);

    *object = known ? This : NULL;
    return known ? S_OK : E_NOINTERFACE;
}

static ULONG STDMETHODCALLTYPE foreign_count(ISynchronize *This)
{
    (void)This;
    return 1;
}

static HRESULT STDMETHODCALLTYPE foreign_wait(ISynchronize *This, DWORD flags, DWORD milliseconds)
{
    (void)This;
    (void)flags;
    (void)milliseconds;
    return S_OK;
}

static HRESULT STDMETHODCALLTYPE foreign_signal(ISynchronize *This)
{
    (void)This;
    return S_OK;
}

static void foreign_objects_are_no_members(void **state)
{
    static ISynchronizeVtbl vtbl = {foreign_query, foreign_count,  foreign_count,
                                    foreign_wait,  foreign_signal, foreign_signal};
    ISynchronize foreign = {&vtbl};
    ISynchronizeContainer *container = make_container();

    (void)state;
    assert_hr(ISynchronizeContainer_AddSynchronize(container, &foreign), E_FAIL);
    check_wait(container, 0, 0, RPC_E_NO_SYNC, NULL);
    drop(container);
}

/* ---- many threads ---------------------------------------------------------------------------- */

enum { ADDERS = 4, ROUNDS = 200 };

struct crowd {
    ISynchronizeContainer *container;
    ISynchronize *members[MEMBERS_MAX];
    atomic_uint next;
};

static void add_and_signal(struct wt *w)
{
    struct crowd *crowd = w->arg;
    unsigned i;

    while ((i = atomic_fetch_add(&crowd->next, 1)) < MEMBERS_MAX) {
        WT_CHECK_RESULT(
            w, ISynchronizeContainer_AddSynchronize(crowd->container, crowd->members[i]), S_OK);
        WT_CHECK_RESULT(w, ISynchronize_Signal(crowd->members[i]), S_OK);
    }
}

/* Each member comes once, also while others are being added. */
static void collect(struct crowd *crowd)
{
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        ISynchronize *object = NULL;
        HRESULT result;

        do {
            result = ISynchronizeContainer_WaitMultiple(crowd->container, 0, LONG_TIME, &object);
        } while (result == RPC_E_NO_SYNC); /* before the first */
        assert_hr(result, S_OK);
        (void)ISynchronize_Release(object);
    }
}

static void members_come_while_others_are_added(void **state)
{
    struct crowd crowd;
    struct wt w[ADDERS];

    (void)state;
    test_watchdog(3 * SECONDS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        crowd.container = make_container();
        atomic_init(&crowd.next, 0);
        for (unsigned i = 0; i < MEMBERS_MAX; i++) {
            crowd.members[i] = make_std();
        }
        wt_start_all(w, ADDERS, add_and_signal, &crowd);
        collect(&crowd);
        wt_join_all(w, ADDERS);
        check_wait(crowd.container, 0, 0, RPC_E_TIMEOUT, NULL);
        drop(crowd.container);
        for (unsigned i = 0; i < MEMBERS_MAX; i++) {
            drop(crowd.members[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(com_V_28_std_event),
        cmocka_unit_test(com_V_29_manual_reset_event),
        cmocka_unit_test(a_wait_takes_its_time),
        cmocka_unit_test(wait_checks_its_flags),
        cmocka_unit_test(a_refused_wait_takes_nothing),
        cmocka_unit_test(waiters_are_released),
        cmocka_unit_test(one_waiter_for_each_signal),
        cmocka_unit_test(events_have_an_identity),
        cmocka_unit_test(events_can_be_given_a_handle),
        cmocka_unit_test(containers_have_an_identity),
        cmocka_unit_test(query_interface_checks_its_arguments),
        cmocka_unit_test(nothing_is_offered_that_does_not_work),
        cmocka_unit_test(containers_offer_nothing_else),
        cmocka_unit_test(factories),
        cmocka_unit_test(factories_refuse_interfaces),
        cmocka_unit_test(factories_check_their_arguments),
        cmocka_unit_test(classes_that_are_not_there),
        cmocka_unit_test(classes_need_a_place),
        cmocka_unit_test(classes_need_identifiers),
        cmocka_unit_test(aggregation_is_by_iunknown),
        cmocka_unit_test(aggregated_interfaces_are_the_outer_objects),
        cmocka_unit_test(com_V_39_container),
        cmocka_unit_test(container_wait_checks_its_arguments),
        cmocka_unit_test(members_stay),
        cmocka_unit_test(aggregated_objects_are_members),
        cmocka_unit_test(foreign_objects_are_no_members),
        cmocka_unit_test(members_come_while_others_are_added),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
