/* SPDX-License-Identifier: MIT */
/*
 * Out of memory. This program brings its own allocators, the core's and guise-com's, so the
 * libraries' are not linked: they count the blocks that live and fail the N-th request.
 */
#include "com_test.h"

#include <stdlib.h>

#include <sddl.h>
#include <windows.h>

#include "calc.h"

#include "port/port.h"

static unsigned s_live;     /* blocks */
static unsigned s_requests; /* since it was armed */
static unsigned s_fail_at;  /* the request that fails; 0: none */

static void *allocate(size_t size)
{
    void *memory = ++s_requests == s_fail_at ? NULL : calloc(1, size);

    s_live += memory != NULL;
    return memory;
}

static void release(void *memory)
{
    s_live -= memory != NULL;
    free(memory);
}

void *guise__alloc_raw(size_t size)
{
    return allocate(size);
}

void guise__free(void *memory)
{
    release(memory);
}

LPVOID STDAPICALLTYPE CoTaskMemAlloc(SIZE_T size)
{
    return allocate(size);
}

void STDAPICALLTYPE CoTaskMemFree(LPVOID memory)
{
    release(memory);
}

static void arm(unsigned fail_at)
{
    s_requests = 0;
    s_fail_at = fail_at;
}

static HRESULT create(const CLSID *clsid, unsigned fail_at, void **object)
{
    HRESULT result;

    arm(fail_at);
    *object = POISON;
    result = CoCreateInstance(clsid, NULL, CLSCTX_ALL, &IID_IUnknown, object);
    s_fail_at = 0;
    return result;
}

/* Both of an object's allocations, its own and the core's. */
static void check_class(const CLSID *clsid)
{
    unsigned live = s_live;
    void *object;

    for (unsigned fail_at = 1; fail_at <= 2; fail_at++) {
        assert_hr(create(clsid, fail_at, &object), E_OUTOFMEMORY);
        assert_null(object);
        assert_int_equal(s_requests, fail_at);
        assert_int_equal(s_live, live);
    }
    assert_hr(create(clsid, 3, &object), S_OK);
    assert_int_equal(s_live, live + 2);
    assert_int_equal(IUnknown_Release((IUnknown *)object), 0);
    assert_int_equal(s_live, live);
}

static void objects_need_memory(void **state)
{
    (void)state;
    check_class(&CLSID_StdEvent);
    check_class(&CLSID_ManualResetEvent);
    check_class(&CLSID_SynchronizeContainer);
}

static BOOL make_sid(PSID *out)
{
    SID_IDENTIFIER_AUTHORITY world = {SECURITY_WORLD_SID_AUTHORITY};

    return AllocateAndInitializeSid(&world, 1, 0, 0, 0, 0, 0, 0, 0, 0, out);
}

static BOOL read_sid(PSID *out)
{
    return ConvertStringSidToSidA("S-1-1-0", out);
}

static BOOL print_sid(PSID *out)
{
    static SID world = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};
    char *text = POISON;
    BOOL did = ConvertSidToStringSidA(&world, &text);

    *out = text;
    return did;
}

static void sids_and_texts_need_memory(void **state)
{
    static BOOL (*const makers[])(PSID * out) = {make_sid, read_sid, print_sid};
    unsigned live = s_live;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        PSID made = POISON;

        s_requests = 0;
        s_fail_at = 1;
        SetLastError(0);
        assert_false(makers[i](&made));
        assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        assert_null(made);
        assert_int_equal(s_live, live);
        s_fail_at = 0;
        assert_true(makers[i](&made));
        assert_int_equal(s_live, live + 1);
        assert_null(i == 0 ? FreeSid(made) : LocalFree(made));
        assert_int_equal(s_live, live);
    }
}

static guise_call *make_call(void)
{
    guise_token_desc desc = {
        .size = sizeof desc, .name = "alice", .uid = 1001, .level = GUISE_LEVEL_IMPERSONATE};
    guise_blanket blanket = {.size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_CONNECT};
    guise_token *token = NULL;
    guise_context *context = NULL;
    guise_call *call = NULL;

    assert_ok(guise_token_create(&desc, &token));
    assert_ok(guise_context_create(&blanket, token, &context));
    assert_ok(guise_call_create(context, &call));
    guise_context_unref(context);
    guise_token_unref(token);
    return call;
}

static void check_dispatch(unsigned fail_at, HRESULT expected)
{
    unsigned live = s_live;
    guise_call *call = make_call();
    struct divide_args args = {42, 6, -1};
    guise_result result = GUISE_OK;
    struct calc calc;

    calc_init(&calc, NULL);
    s_requests = 0;
    s_fail_at = fail_at;
    assert_hr(GuiseDispatchCall(call, (IUnknown *)&calc.iface, &divide, &args), expected);
    s_fail_at = 0;
    assert_ok(guise_call_result(call, &result));
    assert_hr(result, expected);
    assert_int_equal(atomic_load(&calc.refs), 1);
    guise_call_unref(call);
    assert_int_equal(s_live, live);
}

/* The object and its event. */
static void dispatching_needs_memory(void **state)
{
    (void)state;
    check_dispatch(1, E_OUTOFMEMORY);
    check_dispatch(2, E_OUTOFMEMORY);
    check_dispatch(3, S_OK);
    assert_int_equal(s_requests, 2);
}

/* Y-11, Y-12: what an event needs to be shared, when it is; and not again. */
static void sharing_needs_memory(void **state)
{
    ISynchronizeHandle *iface;
    HANDLE handle = POISON, again = POISON;
    unsigned live = s_live;
    void *object;

    (void)state;
    assert_hr(create(&CLSID_StdEvent, 0, &object), S_OK);
    assert_hr(IUnknown_QueryInterface((IUnknown *)object, &IID_ISynchronizeHandle, &object), S_OK);
    iface = object;
    arm(1);
    assert_hr(ISynchronizeHandle_GetHandle(iface, &handle), E_OUTOFMEMORY);
    arm(0);
    assert_null(handle);
    assert_int_equal(s_live, live + 2);
    assert_hr(ISynchronizeHandle_GetHandle(iface, &handle), S_OK);
    assert_int_equal(s_live, live + 3);
    arm(1);
    assert_hr(ISynchronizeHandle_GetHandle(iface, &again), S_OK);
    arm(0);
    assert_ptr_equal(again, handle);
    (void)ISynchronizeHandle_Release(iface);
    assert_int_equal(ISynchronizeHandle_Release(iface), 0);
    assert_int_equal(s_live, live);
}

static void joining_needs_memory(void **state)
{
    void *object, *container;
    unsigned live = s_live;
    ISynchronize *sync;

    (void)state;
    assert_hr(create(&CLSID_SynchronizeContainer, 0, &container), S_OK);
    assert_hr(create(&CLSID_StdEvent, 0, &object), S_OK);
    assert_hr(IUnknown_QueryInterface((IUnknown *)object, &IID_ISynchronize, &object), S_OK);
    assert_hr(
        IUnknown_QueryInterface((IUnknown *)container, &IID_ISynchronizeContainer, &container),
        S_OK);
    sync = object;
    arm(1);
    assert_hr(ISynchronizeContainer_AddSynchronize((ISynchronizeContainer *)container, sync),
              E_OUTOFMEMORY);
    arm(0);
    assert_int_equal(references_of(sync), 2);
    assert_hr(ISynchronizeContainer_AddSynchronize((ISynchronizeContainer *)container, sync), S_OK);
    (void)IUnknown_Release((IUnknown *)container);
    assert_int_equal(IUnknown_Release((IUnknown *)container), 0);
    (void)ISynchronize_Release(sync);
    assert_int_equal(ISynchronize_Release(sync), 0);
    assert_int_equal(s_live, live);
}

static void events_need_memory(void **state)
{
    unsigned live = s_live;
    HANDLE event;

    (void)state;
    for (unsigned fail_at = 1; fail_at <= 2; fail_at++) {
        arm(fail_at);
        SetLastError(0);
        assert_null(CreateEventW(NULL, FALSE, FALSE, NULL));
        assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        assert_int_equal(s_live, live);
    }
    arm(0);
    event = CreateEventW(NULL, FALSE, FALSE, NULL);
    assert_non_null(event);
    assert_int_equal(s_live, live + 2);
    assert_true(CloseHandle(event));
    assert_int_equal(s_live, live);
}

static guise_result do_nothing(guise_call *call, void *arg)
{
    (void)call;
    (void)arg;
    return GUISE_OK;
}

/* What the core keeps for the process and for this thread's next call is there already. */
static int initialize(void **state)
{
    guise_call *call = make_call();
    void *object;

    (void)state;
    assert_ok(guise_call_run(call, do_nothing, NULL));
    guise_call_unref(call);
    if (CoInitializeEx(NULL, COINIT_MULTITHREADED) != S_OK ||
        create(&CLSID_StdEvent, 0, &object) != S_OK) {
        return 1;
    }
    return IUnknown_Release((IUnknown *)object) == 0 ? 0 : 1;
}

static int uninitialize(void **state)
{
    (void)state;
    CoUninitialize();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_need_memory),
        cmocka_unit_test(sids_and_texts_need_memory),
        cmocka_unit_test(dispatching_needs_memory),
        cmocka_unit_test(sharing_needs_memory),
        cmocka_unit_test(joining_needs_memory),
        cmocka_unit_test(events_need_memory),
    };

    return cmocka_run_group_tests(tests, initialize, uninitialize);
}
