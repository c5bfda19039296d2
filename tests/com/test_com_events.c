/* SPDX-License-Identifier: MIT */
/* Events behind handles, waits for them, and the thread's last error; SDK names only. */
#include "com_test.h"

#include <stdbool.h>
#include <string.h>

#include "support/wt.h"

enum { SECONDS = 20, LONG_TIME = 10000, SHORT_TIME = 20, MANY = MAXIMUM_WAIT_OBJECTS };

#define UNTOUCHED 4711u /* a last error that nothing writes */
#define NO_HANDLE ((HANDLE)(uintptr_t)0x5AFE5AF0)

/* The result, and the last error behind it; UNTOUCHED: none was written. */
#define assert_call(call, expected, error)                                                         \
    do {                                                                                           \
        DWORD actual_, error_;                                                                     \
        SetLastError(UNTOUCHED);                                                                   \
        actual_ = (DWORD)(call);                                                                   \
        error_ = GetLastError();                                                                   \
        assert_int_equal(actual_, (DWORD)(expected));                                              \
        assert_int_equal(error_, (error));                                                         \
    } while (0)

/* ---- things ---------------------------------------------------------------------------------- */

static HANDLE make_event(BOOL manual_reset, BOOL initial_state)
{
    HANDLE event = CreateEventW(NULL, manual_reset, initial_state, NULL);

    assert_non_null(event);
    assert_ptr_not_equal(event, INVALID_HANDLE_VALUE);
    return event;
}

static HANDLE make_auto(void)
{
    return make_event(FALSE, FALSE);
}

static void close_all(HANDLE *events, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        assert_true(CloseHandle(events[i]));
    }
}

/* Asks, and takes what it asks for. */
static bool is_set(HANDLE event)
{
    DWORD result = WaitForSingleObject(event, 0);

    if (result != WAIT_TIMEOUT) {
        assert_int_equal(result, WAIT_OBJECT_0);
    }
    return result == WAIT_OBJECT_0;
}

/* ---- one event ------------------------------------------------------------------------------- */

/* Y-01, Y-02, Y-05, Y-06, Y-07 */
static void an_auto_event_is_taken(void **state)
{
    HANDLE event = make_auto();

    (void)state;
    assert_call(WaitForSingleObject(event, 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(SetEvent(event), TRUE, UNTOUCHED);
    assert_call(SetEvent(event), TRUE, UNTOUCHED);
    assert_call(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0, UNTOUCHED);
    assert_call(WaitForSingleObject(event, 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(SetEvent(event), TRUE, UNTOUCHED);
    assert_call(ResetEvent(event), TRUE, UNTOUCHED);
    assert_call(ResetEvent(event), TRUE, UNTOUCHED);
    assert_call(WaitForSingleObject(event, 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(WaitForSingleObject(event, SHORT_TIME), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(CloseHandle(event), TRUE, UNTOUCHED);
}

/* Y-08 */
static void a_manual_event_stays(void **state)
{
    HANDLE event = make_event(TRUE, FALSE);

    (void)state;
    assert_false(is_set(event));
    assert_true(SetEvent(event));
    assert_true(is_set(event));
    assert_int_equal(WaitForSingleObject(event, INFINITE), WAIT_OBJECT_0);
    assert_true(is_set(event));
    assert_true(ResetEvent(event));
    assert_false(is_set(event));
    close_all(&event, 1);
}

static void events_begin_as_they_are_told(void **state)
{
    SECURITY_ATTRIBUTES plain = {sizeof plain, NULL, FALSE};
    HANDLE events[] = {CreateEventA(NULL, FALSE, TRUE, NULL),
                       CreateEventW(&plain, TRUE, TRUE, NULL), CreateEvent(&plain, 2, 0x100, NULL)};

    (void)state;
    assert_true(is_set(events[0]));
    assert_false(is_set(events[0]));
    for (unsigned i = 1; i < 3; i++) {
        assert_true(is_set(events[i]));
        assert_true(is_set(events[i]));
    }
    close_all(events, 3);
}

/* Nothing was there of that name before: a program may ask. */
static void a_new_event_is_new(void **state)
{
    HANDLE event;
    DWORD error;

    (void)state;
    SetLastError(UNTOUCHED);
    event = CreateEventW(NULL, FALSE, FALSE, NULL);
    error = GetLastError();
    assert_non_null(event);
    assert_int_equal(error, ERROR_SUCCESS);
    close_all(&event, 1);
}

static void check_refused(HANDLE handle)
{
    HANDLE pair[2] = {make_event(FALSE, TRUE), handle};

    assert_call(SetEvent(handle), FALSE, ERROR_INVALID_HANDLE);
    assert_call(ResetEvent(handle), FALSE, ERROR_INVALID_HANDLE);
    assert_call(WaitForSingleObject(handle, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    assert_call(WaitForSingleObject(handle, INFINITE), WAIT_FAILED, ERROR_INVALID_HANDLE);
    assert_call(WaitForMultipleObjects(2, pair, FALSE, INFINITE), WAIT_FAILED,
                ERROR_INVALID_HANDLE);
    assert_call(WaitForMultipleObjects(2, pair, TRUE, INFINITE), WAIT_FAILED, ERROR_INVALID_HANDLE);
    assert_true(is_set(pair[0])); /* nothing was taken */
    assert_call(CloseHandle(handle), FALSE, ERROR_INVALID_HANDLE);
    close_all(pair, 1);
}

static void only_events_can_be_waited_for(void **state)
{
    HANDLE closed = make_auto();

    (void)state;
    assert_true(CloseHandle(closed));
    check_refused(NULL);
    check_refused(NO_HANDLE);
    assert_call(WaitForSingleObject(closed, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
}

/* ---- several --------------------------------------------------------------------------------- */

static void the_first_set_event_is_taken(void **state)
{
    HANDLE events[] = {make_auto(), make_auto(), make_event(TRUE, FALSE), make_auto()};

    (void)state;
    assert_call(WaitForMultipleObjects(4, events, FALSE, 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(WaitForMultipleObjects(4, events, FALSE, SHORT_TIME), WAIT_TIMEOUT, UNTOUCHED);
    for (unsigned i = 4; i-- > 1;) {
        assert_true(SetEvent(events[i]));
    }
    assert_call(WaitForMultipleObjects(4, events, FALSE, INFINITE), WAIT_OBJECT_0 + 1, UNTOUCHED);
    assert_int_equal(WaitForMultipleObjects(4, events, FALSE, 0), WAIT_OBJECT_0 + 2);
    assert_int_equal(WaitForMultipleObjects(4, events, FALSE, 0), WAIT_OBJECT_0 + 2);
    assert_true(ResetEvent(events[2]));
    assert_int_equal(WaitForMultipleObjects(4, events, FALSE, 0), WAIT_OBJECT_0 + 3);
    assert_int_equal(WaitForMultipleObjects(4, events, FALSE, 0), WAIT_TIMEOUT);
    close_all(events, 4);
}

static void all_are_taken_at_once_or_none(void **state)
{
    HANDLE events[] = {make_auto(), make_event(TRUE, TRUE), make_auto()};

    (void)state;
    assert_true(SetEvent(events[0]));
    assert_call(WaitForMultipleObjects(3, events, TRUE, 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(WaitForMultipleObjects(3, events, TRUE, SHORT_TIME), WAIT_TIMEOUT, UNTOUCHED);
    assert_true(is_set(events[0]));
    assert_true(SetEvent(events[0]));
    assert_true(SetEvent(events[2]));
    assert_call(WaitForMultipleObjects(3, events, TRUE, INFINITE), WAIT_OBJECT_0, UNTOUCHED);
    assert_false(is_set(events[0]));
    assert_true(is_set(events[1]));
    assert_false(is_set(events[2]));
    /* A manual event that is clear holds up the others. */
    assert_true(ResetEvent(events[1]));
    assert_true(SetEvent(events[0]));
    assert_true(SetEvent(events[2]));
    assert_int_equal(WaitForMultipleObjects(3, events, TRUE, 0), WAIT_TIMEOUT);
    assert_true(is_set(events[0]) && is_set(events[2]));
    close_all(events, 3);
}

static void an_event_may_be_there_twice_for_any_only(void **state)
{
    HANDLE one = make_auto(), other = make_auto();
    HANDLE events[] = {other, one, one};

    (void)state;
    assert_call(WaitForMultipleObjects(3, events, FALSE, SHORT_TIME), WAIT_TIMEOUT, UNTOUCHED);
    assert_true(SetEvent(one));
    assert_call(WaitForMultipleObjects(3, events, TRUE, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
    assert_call(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_OBJECT_0 + 1, UNTOUCHED);
    assert_false(is_set(one));
    assert_true(SetEvent(one));
    assert_true(SetEvent(other));
    assert_call(WaitForMultipleObjects(3, events, TRUE, INFINITE), WAIT_FAILED,
                ERROR_INVALID_PARAMETER);
    assert_true(is_set(one) && is_set(other));
    close_all(events, 2);
}

static void as_many_as_64(void **state)
{
    HANDLE events[MANY + 1];

    (void)state;
    for (unsigned i = 0; i <= MANY; i++) {
        events[i] = make_event(FALSE, TRUE);
    }
    assert_call(WaitForMultipleObjects(0, events, FALSE, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
    assert_call(WaitForMultipleObjects(0, events, TRUE, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
    assert_call(WaitForMultipleObjects(MANY + 1, events, FALSE, INFINITE), WAIT_FAILED,
                ERROR_INVALID_PARAMETER);
    assert_call(WaitForMultipleObjects(MANY + 1, events, TRUE, INFINITE), WAIT_FAILED,
                ERROR_INVALID_PARAMETER);
    assert_int_equal(WaitForMultipleObjects(MANY, events, TRUE, INFINITE), WAIT_OBJECT_0);
    assert_int_equal(WaitForMultipleObjects(MANY, events, FALSE, SHORT_TIME), WAIT_TIMEOUT);
    assert_true(SetEvent(events[MANY - 1]));
    assert_int_equal(WaitForMultipleObjects(MANY, events, TRUE, SHORT_TIME), WAIT_TIMEOUT);
    assert_int_equal(WaitForMultipleObjects(MANY, events, FALSE, INFINITE),
                     WAIT_OBJECT_0 + MANY - 1);
    assert_int_equal(WaitForMultipleObjects(1, events, TRUE, 0), WAIT_TIMEOUT);
    assert_true(is_set(events[MANY]));
    close_all(events, MANY + 1);
}

/* ---- waits that others end ------------------------------------------------------------------- */

struct waiting {
    HANDLE *events;
    DWORD count;
    BOOL all;
    DWORD expected;
};

static void wait_for_long(struct wt *w)
{
    const struct waiting *waiting = w->arg;

    WT_CHECK(w, WaitForMultipleObjects(waiting->count, waiting->events, waiting->all, LONG_TIME) ==
                    waiting->expected);
}

/* Y-19: it blocks, and another thread ends that. */
static void a_set_ends_a_wait(void **state)
{
    HANDLE events[] = {make_auto(), make_auto(), make_event(TRUE, FALSE)};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    for (unsigned i = 0; i < 3; i++) {
        struct waiting any = {events, 3, FALSE, WAIT_OBJECT_0 + i};
        struct waiting one = {&events[i], 1, FALSE, WAIT_OBJECT_0};

        wt_start(&w, wait_for_long, &any);
        assert_true(SetEvent(events[i]));
        wt_join(&w);
        assert_true(ResetEvent(events[i])); /* the auto ones were taken */
        wt_start(&w, wait_for_long, &one);
        assert_true(SetEvent(events[i]));
        wt_join(&w);
        assert_true(ResetEvent(events[i]));
    }
    close_all(events, 3);
}

static void the_last_set_ends_a_wait_for_all(void **state)
{
    HANDLE events[] = {make_auto(), make_event(TRUE, FALSE), make_auto()};
    struct waiting all = {events, 3, TRUE, WAIT_OBJECT_0};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    for (unsigned last = 0; last < 3; last++) {
        wt_start(&w, wait_for_long, &all);
        for (unsigned i = 1; i <= 3; i++) {
            assert_true(SetEvent(events[(last + i) % 3]));
        }
        wt_join(&w);
        assert_false(is_set(events[0]));
        assert_true(is_set(events[1]));
        assert_false(is_set(events[2]));
        assert_true(ResetEvent(events[1]));
    }
    close_all(events, 3);
}

/* ---- the events' handles --------------------------------------------------------------------- */

static void *query(void *object, const IID *riid)
{
    void *found = POISON;

    assert_hr(IUnknown_QueryInterface((IUnknown *)object, riid, &found), S_OK);
    return found;
}

static HANDLE get_handle(void *object)
{
    ISynchronizeHandle *iface = query(object, &IID_ISynchronizeHandle);
    HANDLE handle = POISON;

    assert_hr(ISynchronizeHandle_GetHandle(iface, &handle), S_OK);
    (void)ISynchronizeHandle_Release(iface);
    return handle;
}

/* Y-11 */
static void check_handle_of(const CLSID *clsid, bool stays)
{
    ISynchronize *sync = make_object(clsid, &IID_ISynchronize);
    ISynchronizeHandle *iface = query(sync, &IID_ISynchronizeHandle);
    HANDLE handle = get_handle(sync);

    assert_hr(ISynchronizeHandle_GetHandle(iface, NULL), E_INVALIDARG);
    assert_int_equal(references_of(sync), 2); /* a handle is none */
    (void)ISynchronizeHandle_Release(iface);
    assert_non_null(handle);
    assert_ptr_equal(get_handle(sync), handle);
    assert_false(is_set(handle));
    assert_hr(ISynchronize_Signal(sync), S_OK);
    assert_true(is_set(handle));
    assert_hr(ISynchronize_Wait(sync, 0, 0), stays ? S_OK : RPC_S_CALLPENDING);
    assert_true(SetEvent(handle));
    assert_hr(ISynchronize_Wait(sync, 0, 0), S_OK);
    assert_int_equal(is_set(handle), stays);
    assert_hr(ISynchronize_Reset(sync), S_OK);
    assert_false(is_set(handle));
    assert_int_equal(ISynchronize_Release(sync), 0);
    assert_call(WaitForSingleObject(handle, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
}

static void events_have_a_handle(void **state)
{
    (void)state;
    check_handle_of(&CLSID_StdEvent, false);
    check_handle_of(&CLSID_ManualResetEvent, true);
}

static void the_last_error_is_not_the_objects_business(void **state)
{
    ISynchronize *sync = make_object(&CLSID_StdEvent, &IID_ISynchronize);
    DWORD error;

    (void)state;
    (void)get_handle(sync);
    SetLastError(UNTOUCHED);
    (void)ISynchronize_Release(sync);
    error = GetLastError();
    assert_int_equal(error, UNTOUCHED);
}

static HRESULT install(void *object, HANDLE event)
{
    ISynchronizeEvent *iface = query(object, &IID_ISynchronizeEvent);
    HRESULT result = ISynchronizeEvent_SetEventHandle(iface, &event);

    (void)ISynchronizeEvent_Release(iface);
    return result;
}

/* Y-12: the object is that event from then on, and keeps it. */
static void an_event_can_be_installed(void **state)
{
    ISynchronize *sync = make_object(&CLSID_StdEvent, &IID_ISynchronize);
    HANDLE event = make_event(TRUE, FALSE), another = make_auto(), own;

    (void)state;
    assert_hr(ISynchronize_Signal(sync), S_OK); /* the object's own, which is not used any more */
    assert_hr(install(sync, event), S_OK);
    assert_hr(ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING);
    assert_true(SetEvent(event));
    assert_hr(ISynchronize_Wait(sync, 0, 0), S_OK);
    assert_hr(ISynchronize_Wait(sync, 0, 0), S_OK); /* it is a manual one */
    assert_hr(ISynchronize_Reset(sync), S_OK);
    assert_false(is_set(event));
    assert_true(CloseHandle(event));
    own = get_handle(sync);
    assert_ptr_not_equal(own, event);
    assert_hr(ISynchronize_Signal(sync), S_OK);
    assert_true(is_set(own) && is_set(own));
    assert_hr(install(sync, another), E_FAIL);
    assert_true(is_set(own));
    assert_int_equal(ISynchronize_Release(sync), 0);
    close_all(&another, 1);
}

static void an_installed_event_outlives_the_object(void **state)
{
    ISynchronize *sync = make_object(&CLSID_ManualResetEvent, &IID_ISynchronize);
    HANDLE event = make_auto();

    (void)state;
    assert_hr(install(sync, event), S_OK);
    assert_hr(ISynchronize_Signal(sync), S_OK);
    assert_int_equal(ISynchronize_Release(sync), 0);
    assert_true(is_set(event));
    assert_false(is_set(event));
    close_all(&event, 1);
}

static void what_is_known_already_is_not_replaced(void **state)
{
    ISynchronize *asked = make_object(&CLSID_StdEvent, &IID_ISynchronize);
    ISynchronize *member = make_object(&CLSID_StdEvent, &IID_ISynchronize);
    ISynchronizeContainer *container =
        make_object(&CLSID_SynchronizeContainer, &IID_ISynchronizeContainer);
    HANDLE event = make_auto(), handle = get_handle(asked);
    ISynchronize *which = POISON;

    (void)state;
    assert_hr(install(asked, event), E_FAIL);
    assert_hr(install(asked, handle), E_FAIL);
    assert_ptr_equal(get_handle(asked), handle);
    assert_hr(ISynchronizeContainer_AddSynchronize(container, member), S_OK);
    assert_hr(install(member, event), E_FAIL);
    assert_true(SetEvent(get_handle(member)));
    assert_hr(ISynchronizeContainer_WaitMultiple(container, 0, 0, &which), S_OK);
    assert_ptr_equal(which, member);
    (void)ISynchronize_Release(which);
    assert_int_equal(ISynchronizeContainer_Release(container), 0);
    assert_int_equal(ISynchronize_Release(member), 0);
    assert_int_equal(ISynchronize_Release(asked), 0);
    assert_false(is_set(event));
    close_all(&event, 1);
}

static void what_is_no_event_is_not_installed(void **state)
{
    ISynchronizeEvent *iface = make_object(&CLSID_StdEvent, &IID_ISynchronizeEvent);
    HANDLE event = make_event(FALSE, TRUE);

    (void)state;
    assert_hr(ISynchronizeEvent_SetEventHandle(iface, NULL), E_INVALIDARG);
    assert_hr(install(iface, NULL), E_INVALIDARG);
    assert_hr(install(iface, NO_HANDLE), E_INVALIDARG);
    assert_hr(install(iface, event), S_OK); /* still possible */
    assert_true(is_set(get_handle(iface)));
    assert_int_equal(ISynchronizeEvent_Release(iface), 0);
    close_all(&event, 1);
}

/* An installed event is one of a container's like the object's own. */
static void an_installed_event_joins_a_container(void **state)
{
    ISynchronize *sync = make_object(&CLSID_StdEvent, &IID_ISynchronize), *which = POISON;
    ISynchronizeContainer *container =
        make_object(&CLSID_SynchronizeContainer, &IID_ISynchronizeContainer);
    HANDLE event = make_auto();

    (void)state;
    assert_hr(install(sync, event), S_OK);
    assert_hr(ISynchronizeContainer_AddSynchronize(container, sync), S_OK);
    assert_true(SetEvent(event));
    assert_hr(ISynchronizeContainer_WaitMultiple(container, 0, 0, &which), S_OK);
    assert_ptr_equal(which, sync);
    assert_false(is_set(event));
    (void)ISynchronize_Release(which);
    assert_int_equal(ISynchronizeContainer_Release(container), 0);
    assert_int_equal(ISynchronize_Release(sync), 0);
    close_all(&event, 1);
}

/* ---- CoWaitForMultipleHandles ---------------------------------------------------------------- */

static void check_co_wait(DWORD flags, DWORD milliseconds, ULONG count, HANDLE *handles,
                          HRESULT expected, DWORD expected_index)
{
    DWORD index = UNTOUCHED;

    assert_hr(CoWaitForMultipleHandles(flags, milliseconds, count, handles, &index), expected);
    assert_int_equal(index, expected_index);
}

/* Y-18 */
static void co_wait(void **state)
{
    HANDLE events[] = {make_auto(), make_auto()};

    (void)state;
    check_co_wait(0, 0, 2, events, RPC_S_CALLPENDING, 0);
    check_co_wait(COWAIT_WAITALL, SHORT_TIME, 2, events, RPC_S_CALLPENDING, 0);
    assert_true(SetEvent(events[1]));
    check_co_wait(COWAIT_WAITALL, 0, 2, events, RPC_S_CALLPENDING, 0);
    check_co_wait(0, INFINITE, 2, events, S_OK, 1);
    check_co_wait(0, SHORT_TIME, 2, events, RPC_S_CALLPENDING, 0);
    assert_true(SetEvent(events[0]) && SetEvent(events[1]));
    check_co_wait(COWAIT_WAITALL, INFINITE, 2, events, S_OK, 0);
    assert_false(is_set(events[0]) || is_set(events[1]));
    close_all(events, 2);
}

/* Y-18, Y-21; nothing refused takes anything. */
static void co_wait_checks_its_arguments(void **state)
{
    HANDLE event = make_event(FALSE, TRUE);
    HANDLE events[MANY + 1], no_event[] = {event, NO_HANDLE};

    (void)state;
    for (unsigned i = 0; i <= MANY; i++) {
        events[i] = event;
    }
    assert_hr(CoWaitForMultipleHandles(0, 0, 1, &event, NULL), E_INVALIDARG);
    check_co_wait(0, 0, 1, NULL, E_INVALIDARG, 0);
    check_co_wait(0x20, 0, 1, &event, E_INVALIDARG, 0);
    check_co_wait(0x80000000, 0, 1, &event, E_INVALIDARG, 0);
    check_co_wait(0, 0, 0, &event, RPC_E_NO_SYNC, 0);
    check_co_wait(COWAIT_WAITALL, INFINITE, 0, &event, RPC_E_NO_SYNC, 0);
    check_co_wait(0, 0, MANY + 1, events, E_INVALIDARG, 0);
    check_co_wait(COWAIT_WAITALL, 0, 2, events, E_INVALIDARG, 0);
    check_co_wait(0, 0, 2, no_event, E_HANDLE, 0);
    check_co_wait(COWAIT_WAITALL, INFINITE, 2, no_event, E_HANDLE, 0);
    assert_true(is_set(event));
    close_all(&event, 1);
}

/* Y-21: without message loops these change nothing. */
static void co_wait_takes_the_flags_of_message_loops(void **state)
{
    HANDLE event = make_auto();

    (void)state;
    for (DWORD flag = COWAIT_ALERTABLE; flag <= COWAIT_DISPATCH_WINDOW_MESSAGES; flag <<= 1) {
        check_co_wait(flag, 0, 1, &event, RPC_S_CALLPENDING, 0);
        assert_true(SetEvent(event));
        check_co_wait(flag | COWAIT_WAITALL, 0, 1, &event, S_OK, 0);
    }
    close_all(&event, 1);
}

static void co_wait_for_long(struct wt *w)
{
    struct waiting *waiting = w->arg;
    DWORD index = UNTOUCHED;

    /* This thread never called CoInitialize. */
    WT_CHECK_RESULT(w,
                    CoWaitForMultipleHandles(waiting->all ? COWAIT_WAITALL : 0, LONG_TIME,
                                             waiting->count, waiting->events, &index),
                    S_OK);
    WT_CHECK(w, index == waiting->expected);
}

static void co_wait_blocks(void **state)
{
    HANDLE events[] = {make_auto(), make_auto()};
    struct waiting any = {events, 2, FALSE, 1}, all = {events, 2, TRUE, 0};
    struct wt w;

    (void)state;
    test_watchdog(SECONDS);
    wt_start(&w, co_wait_for_long, &any);
    assert_true(SetEvent(events[1]));
    wt_join(&w);
    wt_start(&w, co_wait_for_long, &all);
    assert_true(SetEvent(events[1]));
    assert_true(SetEvent(events[0]));
    wt_join(&w);
    close_all(events, 2);
}

/* ---- the last error -------------------------------------------------------------------------- */

static void have_an_error_of_my_own(struct wt *w)
{
    WT_CHECK(w, GetLastError() == 0);
    SetLastError(1);
    WT_CHECK(w, GetLastError() == 1);
    WT_CHECK(w, !SetEvent(NULL));
    WT_CHECK(w, GetLastError() == ERROR_INVALID_HANDLE);
}

static void each_thread_has_its_last_error(void **state)
{
    struct wt w;
    DWORD error;

    (void)state;
    SetLastError(0xFFFFFFFF);
    wt_start(&w, have_an_error_of_my_own, NULL);
    wt_join(&w);
    error = GetLastError();
    assert_int_equal(error, 0xFFFFFFFF);
}

/* The process and the thread have not ended; waiting says so, and touches nothing. */
static void pseudo_handles_are_never_set(void **state)
{
    HANDLE event = make_event(FALSE, TRUE);
    HANDLE both[] = {GetCurrentProcess(), GetCurrentThread()}, more[] = {GetCurrentThread(), event};

    (void)state;
    assert_call(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(WaitForSingleObject(GetCurrentThread(), 1), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(WaitForMultipleObjects(2, both, TRUE, 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(WaitForMultipleObjects(2, more, TRUE, 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(WaitForMultipleObjects(2, more, FALSE, 0), WAIT_OBJECT_0 + 1, UNTOUCHED);
    assert_call(WaitForMultipleObjects(2, more, FALSE, 0), WAIT_TIMEOUT, UNTOUCHED);
    assert_call(SetEvent(GetCurrentThread()), FALSE, ERROR_INVALID_HANDLE);
    assert_true(CloseHandle(event));
}

/* The bits that a program marks its handles with. */
static void the_lowest_bits_of_a_handle_are_the_programs(void **state)
{
    HANDLE event = make_event(TRUE, FALSE);

    (void)state;
    for (ULONG_PTR mark = 0; mark < 4; mark++) {
        HANDLE marked = (HANDLE)((ULONG_PTR)event | mark);

        assert_call(WaitForSingleObject(marked, 0), WAIT_TIMEOUT, UNTOUCHED);
        assert_call(SetEvent(marked), TRUE, UNTOUCHED);
        assert_call(WaitForSingleObject(event, 0), WAIT_OBJECT_0, UNTOUCHED);
        assert_call(ResetEvent(marked), TRUE, UNTOUCHED);
    }
    assert_call(CloseHandle((HANDLE)((ULONG_PTR)event | 1)), TRUE, UNTOUCHED);
    assert_call(SetEvent(event), FALSE, ERROR_INVALID_HANDLE);
}

/* ---------------------------------------------------------------------------------------------- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pseudo_handles_are_never_set),
        cmocka_unit_test(the_lowest_bits_of_a_handle_are_the_programs),
        cmocka_unit_test(an_auto_event_is_taken),
        cmocka_unit_test(a_manual_event_stays),
        cmocka_unit_test(events_begin_as_they_are_told),
        cmocka_unit_test(a_new_event_is_new),
        cmocka_unit_test(only_events_can_be_waited_for),
        cmocka_unit_test(the_first_set_event_is_taken),
        cmocka_unit_test(all_are_taken_at_once_or_none),
        cmocka_unit_test(an_event_may_be_there_twice_for_any_only),
        cmocka_unit_test(as_many_as_64),
        cmocka_unit_test(a_set_ends_a_wait),
        cmocka_unit_test(the_last_set_ends_a_wait_for_all),
        cmocka_unit_test(events_have_a_handle),
        cmocka_unit_test(the_last_error_is_not_the_objects_business),
        cmocka_unit_test(an_event_can_be_installed),
        cmocka_unit_test(an_installed_event_outlives_the_object),
        cmocka_unit_test(what_is_known_already_is_not_replaced),
        cmocka_unit_test(what_is_no_event_is_not_installed),
        cmocka_unit_test(an_installed_event_joins_a_container),
        cmocka_unit_test(co_wait),
        cmocka_unit_test(co_wait_checks_its_arguments),
        cmocka_unit_test(co_wait_takes_the_flags_of_message_loops),
        cmocka_unit_test(co_wait_blocks),
        cmocka_unit_test(each_thread_has_its_last_error),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, com_initialize, com_uninitialize);
}
