/* SPDX-License-Identifier: MIT */
/*
 * Properties of handles and waits that only hold here: what is refused instead of pretended,
 * handles that are closed while they are used, threads, forked children, errno.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_test.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>

#include "com/eventhandle.h"
#include "support/child.h"
#include "support/wt.h"
#include "sync/signal.h"

enum { SECONDS = 60, LONG_TIME = 10000, SHORT_TIME = 20, THREADS = 4, ROUNDS = 200 };

static HANDLE make_event(BOOL manual_reset, BOOL initial_state)
{
    HANDLE event = CreateEventW(NULL, manual_reset, initial_state, NULL);

    assert_non_null(event);
    return event;
}

static void *make(const CLSID *clsid, const IID *riid)
{
    void *object = POISON;

    assert_hr(CoCreateInstance(clsid, NULL, CLSCTX_INPROC_SERVER, riid, &object), S_OK);
    return object;
}

/* ---- what is not there ----------------------------------------------------------------------- */

static void check_not_made(SECURITY_ATTRIBUTES *attributes, const char *name, const WCHAR *wide)
{
    SetLastError(0);
    assert_null(CreateEventA(attributes, FALSE, FALSE, name));
    assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
    SetLastError(0);
    assert_null(CreateEventW(attributes, FALSE, FALSE, wide));
    assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

static void what_is_not_there_is_refused(void **state)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    SECURITY_ATTRIBUTES described = {sizeof described, &described, FALSE};

    (void)state;
    check_not_made(NULL, "name", u"name");
    check_not_made(NULL, "", u"");
    check_not_made(&inherited, NULL, NULL);
    check_not_made(&described, NULL, NULL);
}

static void null_arrays_are_refused(void **state)
{
    (void)state;
    SetLastError(0);
    assert_int_equal(WaitForMultipleObjects(1, NULL, FALSE, INFINITE), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void pseudo_handles_are_no_events(void **state)
{
    (void)state;
    for (intptr_t pseudo = -8; pseudo < -2; pseudo++) { /* tokens, and nothing at all */
        SetLastError(0);
        assert_int_equal(WaitForSingleObject((HANDLE)pseudo, INFINITE), WAIT_FAILED);
        assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    }
}

/* ---- rights, kinds --------------------------------------------------------------------------- */

static HANDLE open_with(DWORD access)
{
    HANDLE event = make_event(TRUE, TRUE), handle;
    struct guise__com_event_handled *behind = guise__com_event_handle_take(event, 0);

    assert_non_null(behind);
    handle = guise__com_handle_open(&behind->handled, access); /* takes the reference over */
    assert_non_null(handle);
    assert_true(CloseHandle(event));
    return handle;
}

static void a_handle_has_its_rights(void **state)
{
    HANDLE waits = open_with(SYNCHRONIZE), sets = open_with(EVENT_MODIFY_STATE);
    ISynchronizeEvent *iface = make(&CLSID_StdEvent, &IID_ISynchronizeEvent);
    DWORD index = 4711;

    (void)state;
    assert_int_equal(WaitForSingleObject(waits, 0), WAIT_OBJECT_0);
    SetLastError(0);
    assert_false(SetEvent(waits));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_false(ResetEvent(waits));
    assert_int_equal(WaitForSingleObject(waits, 0), WAIT_OBJECT_0);
    assert_true(SetEvent(sets));
    SetLastError(0);
    assert_int_equal(WaitForSingleObject(sets, 0), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_hr(CoWaitForMultipleHandles(0, 0, 1, &sets, &index), E_ACCESSDENIED);
    assert_int_equal(index, 0);
    assert_hr(ISynchronizeEvent_SetEventHandle(iface, &sets), E_INVALIDARG);
    assert_hr(ISynchronizeEvent_SetEventHandle(iface, &waits), E_INVALIDARG);
    (void)ISynchronizeEvent_Release(iface);
    assert_true(CloseHandle(waits));
    assert_true(CloseHandle(sets));
}

static void let_it_be(struct guise__com_handled *handled)
{
    (void)handled;
}

static void another_kind_is_no_event(void **state)
{
    static const struct guise__com_handle_kind kind = {let_it_be};
    struct guise__com_handled thing;
    HANDLE handle;

    (void)state;
    guise__com_handled_init(&thing, &kind);
    handle = guise__com_handle_open(&thing, 0xFFFFFFFF);
    assert_non_null(handle);
    SetLastError(0);
    assert_false(SetEvent(handle));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_int_equal(WaitForSingleObject(handle, 0), WAIT_FAILED);
    assert_true(CloseHandle(handle));
}

/* Two numbers, one event: the whole of it twice is refused by either name. */
static void one_event_behind_two_handles(void **state)
{
    ISynchronizeEvent *iface = make(&CLSID_StdEvent, &IID_ISynchronizeEvent);
    HANDLE handles[2] = {make_event(FALSE, TRUE), NULL};

    (void)state;
    assert_hr(ISynchronizeEvent_SetEventHandle(iface, &handles[0]), S_OK);
    assert_hr(ISynchronizeEvent_GetHandle(iface, &handles[1]), S_OK);
    assert_ptr_not_equal(handles[0], handles[1]);
    SetLastError(0);
    assert_int_equal(WaitForMultipleObjects(2, handles, TRUE, 0), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_int_equal(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_TIMEOUT);
    assert_true(CloseHandle(handles[0]));
    assert_int_equal(ISynchronizeEvent_Release(iface), 0);
}

/* ---- closed while in use --------------------------------------------------------------------- */

struct feet {
    HANDLE handles[2];
    DWORD count;
    BOOL all;
};

static void wait_for_long(struct wt *w)
{
    const struct feet *feet = w->arg;

    WT_CHECK(w, WaitForMultipleObjects(feet->count, feet->handles, feet->all, LONG_TIME) ==
                    WAIT_OBJECT_0);
}

static bool is_waited_for(guise_signal *signal)
{
    bool is;

    guise__signal_lock(signal);
    is = signal->waiters.first != NULL || signal->alls.first != NULL;
    guise__signal_unlock(signal);
    return is;
}

static void check_closed_while_waiting(DWORD count, BOOL all)
{
    struct feet feet = {{make_event(FALSE, FALSE), make_event(TRUE, TRUE)}, count, all};
    HANDLE first = feet.handles[0];
    struct guise__com_event_handled *behind = guise__com_event_handle_take(first, 0);
    struct wt w;

    if (count == 2 && !all) {
        assert_true(ResetEvent(feet.handles[1]));
    }
    wt_start(&w, wait_for_long, &feet);
    while (!is_waited_for(behind->signal)) {
        (void)sched_yield();
    }
    assert_true(CloseHandle(first));
    assert_false(SetEvent(first));
    assert_ok(guise_signal_set(behind->signal));
    wt_join(&w);
    assert_int_equal(atomic_load(&behind->handled.refs), 1); /* the wait's has gone */
    guise__com_event_handled_unref(behind);
    assert_true(CloseHandle(feet.handles[1]));
}

static void a_wait_outlives_its_handle(void **state)
{
    (void)state;
    test_watchdog(SECONDS);
    check_closed_while_waiting(1, FALSE);
    check_closed_while_waiting(2, FALSE);
    check_closed_while_waiting(2, TRUE);
}

/* Not the program's to close, but harmless. */
static void an_objects_handle_that_was_closed(void **state)
{
    ISynchronizeHandle *iface = make(&CLSID_StdEvent, &IID_ISynchronizeHandle);
    HANDLE handle = NULL, again = NULL, tenant;

    (void)state;
    assert_hr(ISynchronizeHandle_GetHandle(iface, &handle), S_OK);
    assert_true(CloseHandle(handle));
    tenant = make_event(TRUE, TRUE);
    assert_hr(ISynchronizeHandle_GetHandle(iface, &again), S_OK);
    assert_ptr_equal(again, handle);
    assert_int_equal(WaitForSingleObject(again, 0), WAIT_FAILED);
    assert_int_equal(ISynchronizeHandle_Release(iface), 0);
    assert_int_equal(WaitForSingleObject(tenant, 0), WAIT_OBJECT_0); /* not taken with it */
    assert_true(CloseHandle(tenant));
}

/* ---- many at one object ---------------------------------------------------------------------- */

struct rush {
    ISynchronize *sync;
    ISynchronizeEvent *iface;
    struct wt_barrier barrier;
    _Atomic(HANDLE) got;
    atomic_uint installed, refused;
    atomic_bool over;
};

static void get_it(struct wt *w)
{
    struct rush *rush = w->arg;
    HANDLE handle = NULL, before = NULL;

    wt_barrier_wait(&rush->barrier);
    WT_CHECK_RESULT(w, ISynchronizeEvent_GetHandle(rush->iface, &handle), S_OK);
    (void)atomic_compare_exchange_strong(&rush->got, &before, handle);
    WT_CHECK(w, before == NULL || before == handle);
}

static void install_mine(struct wt *w)
{
    struct rush *rush = w->arg;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    HRESULT result;

    WT_CHECK(w, event != NULL);
    wt_barrier_wait(&rush->barrier);
    result = ISynchronizeEvent_SetEventHandle(rush->iface, &event);
    WT_CHECK(w, CloseHandle(event));
    WT_CHECK(w, result == S_OK || result == E_FAIL);
    (void)atomic_fetch_add(result == S_OK ? &rush->installed : &rush->refused, 1);
}

static void use_it(struct wt *w)
{
    struct rush *rush = w->arg;

    wt_barrier_wait(&rush->barrier);
    for (unsigned i = 0; i < 20; i++) {
        HRESULT result;

        WT_CHECK_RESULT(w, ISynchronize_Signal(rush->sync), S_OK);
        result = ISynchronize_Wait(rush->sync, 0, 0);
        WT_CHECK(w, result == S_OK || result == RPC_S_CALLPENDING);
        WT_CHECK_RESULT(w, ISynchronize_Reset(rush->sync), S_OK);
    }
}

static void begin_rush(struct rush *rush, unsigned count)
{
    void *found = NULL;

    rush->sync = make(&CLSID_StdEvent, &IID_ISynchronize);
    assert_hr(ISynchronize_QueryInterface(rush->sync, &IID_ISynchronizeEvent, &found), S_OK);
    rush->iface = found;
    wt_barrier_init(&rush->barrier, count);
    atomic_init(&rush->got, NULL);
    atomic_init(&rush->installed, 0);
    atomic_init(&rush->refused, 0);
}

static void end_rush(struct rush *rush)
{
    HANDLE handle = NULL;

    assert_hr(ISynchronize_Signal(rush->sync), S_OK);
    assert_hr(ISynchronizeEvent_GetHandle(rush->iface, &handle), S_OK);
    assert_int_equal(WaitForSingleObject(handle, 0), WAIT_OBJECT_0);
    (void)ISynchronizeEvent_Release(rush->iface);
    assert_int_equal(ISynchronize_Release(rush->sync), 0);
    assert_int_equal(WaitForSingleObject(handle, 0), WAIT_FAILED);
}

static void one_handle_for_all_who_ask(void **state)
{
    struct wt w[THREADS];
    struct rush rush;

    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        begin_rush(&rush, THREADS);
        wt_start_all(w, THREADS, get_it, &rush);
        wt_join_all(w, THREADS);
        end_rush(&rush);
    }
}

/* At most one is installed, none if the object's own is known already; a thread that uses the
 * object meanwhile uses one or the other (Y-12). */
static void one_event_is_installed(void **state)
{
    struct wt w[4];
    struct rush rush;
    unsigned installed = 0;

    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        begin_rush(&rush, 4);
        wt_start(&w[0], install_mine, &rush);
        wt_start(&w[1], use_it, &rush);
        wt_start(&w[2], install_mine, &rush);
        wt_start(&w[3], i % 2 == 0 ? use_it : get_it, &rush);
        wt_join_all(w, 4);
        assert_int_equal(atomic_load(&rush.installed) + atomic_load(&rush.refused), 2);
        assert_true(atomic_load(&rush.installed) <= 1);
        assert_true(i % 2 == 1 || atomic_load(&rush.installed) == 1);
        installed += atomic_load(&rush.installed);
        end_rush(&rush);
    }
    assert_true(installed >= ROUNDS / 2);
}

/* ---- fork ------------------------------------------------------------------------------------ */

static void child_uses_events(void *arg)
{
    HANDLE *inherited = arg;
    HANDLE own = CreateEventW(NULL, FALSE, TRUE, NULL);
    HANDLE events[] = {inherited[0], inherited[1], own};

    CHILD_CHECK(own != NULL && own != inherited[0] && own != inherited[1]);
    CHILD_CHECK(WaitForMultipleObjects(3, events, FALSE, 0) == WAIT_OBJECT_0 + 2);
    CHILD_CHECK(SetEvent(inherited[0]) && SetEvent(inherited[1]) && SetEvent(own));
    CHILD_CHECK(WaitForMultipleObjects(3, events, TRUE, INFINITE) == WAIT_OBJECT_0);
    CHILD_CHECK(CloseHandle(inherited[0]) && CloseHandle(own));
    CHILD_CHECK(WaitForSingleObject(inherited[0], 0) == WAIT_FAILED);
}

/* A child has copies: what it does to them is its own business. */
static void a_childs_events_are_its_own(void **state)
{
    struct feet feet = {{make_event(FALSE, FALSE), make_event(FALSE, FALSE)}, 2, TRUE};
    struct guise__com_event_handled *behind = guise__com_event_handle_take(feet.handles[0], 0);
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    wt_start(&w, wait_for_long, &feet);
    while (!is_waited_for(behind->signal)) {
        (void)sched_yield();
    }
    assert_child_passes(child_uses_events, feet.handles);
    assert_true(SetEvent(feet.handles[1]));
    assert_int_equal(WaitForSingleObject(feet.handles[0], 0), WAIT_TIMEOUT);
    assert_true(SetEvent(feet.handles[0]));
    wt_join(&w);
    guise__com_event_handled_unref(behind);
    assert_true(CloseHandle(feet.handles[0]));
    assert_true(CloseHandle(feet.handles[1]));
}

/* ---- waiting threads ------------------------------------------------------------------------- */

/* Y-20 */
static void a_wait_leaves_the_thread_as_it_is(void **state)
{
    guise_token_desc desc = {
        .size = sizeof desc, .name = "alice", .uid = 1, .gid = 1, .level = GUISE_LEVEL_IMPERSONATE};
    HANDLE events[2] = {make_event(FALSE, FALSE), make_event(FALSE, TRUE)};
    guise_token *token = NULL;
    DWORD index;

    (void)state;
    assert_ok(guise_token_create(&desc, &token));
    assert_ok(guise_set_thread_token(token));
    assert_int_equal(WaitForMultipleObjects(2, events, TRUE, SHORT_TIME), WAIT_TIMEOUT);
    assert_ptr_equal(guise_thread_token(), token);
    assert_hr(CoWaitForMultipleHandles(0, INFINITE, 2, events, &index), S_OK);
    assert_ptr_equal(guise_thread_token(), token);
    assert_null(guise_current_call());
    assert_ok(guise_set_thread_token(NULL));
    guise_token_unref(token);
    assert_true(CloseHandle(events[0]));
    assert_true(CloseHandle(events[1]));
}

/* ---- errno ----------------------------------------------------------------------------------- */

static void errno_is_left_alone(void **state)
{
    HANDLE events[2];
    DWORD index;

    (void)state;
    errno = 4711;
    events[0] = CreateEventW(NULL, FALSE, FALSE, NULL);
    events[1] = CreateEventW(NULL, FALSE, TRUE, NULL);
    (void)CreateEventW(NULL, FALSE, FALSE, u"name");
    (void)WaitForSingleObject(events[0], SHORT_TIME);
    (void)WaitForMultipleObjects(2, events, TRUE, SHORT_TIME);
    (void)WaitForMultipleObjects(2, events, FALSE, INFINITE);
    (void)WaitForMultipleObjects(2, events, FALSE, SHORT_TIME);
    (void)CoWaitForMultipleHandles(0, SHORT_TIME, 2, events, &index);
    (void)SetEvent(events[0]);
    (void)ResetEvent(events[0]);
    SetLastError(1);
    (void)GetLastError();
    (void)CloseHandle(events[0]);
    (void)CloseHandle(events[0]);
    (void)SetEvent(events[0]);
    (void)CloseHandle(events[1]);
    assert_int_equal(errno, 4711);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_there_is_refused),
        cmocka_unit_test(null_arrays_are_refused),
        cmocka_unit_test(pseudo_handles_are_no_events),
        cmocka_unit_test(a_handle_has_its_rights),
        cmocka_unit_test(another_kind_is_no_event),
        cmocka_unit_test(one_event_behind_two_handles),
        cmocka_unit_test(a_wait_outlives_its_handle),
        cmocka_unit_test(an_objects_handle_that_was_closed),
        cmocka_unit_test(one_handle_for_all_who_ask),
        cmocka_unit_test(one_event_is_installed),
        cmocka_unit_test(a_childs_events_are_its_own),
        cmocka_unit_test(a_wait_leaves_the_thread_as_it_is),
        cmocka_unit_test(errno_is_left_alone),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
