/* SPDX-License-Identifier: MIT */
/*
 * Out of memory. This program brings its own allocators, the core's and guise-com's, so the
 * libraries' are not linked: they count the blocks that live and fail the N-th request.
 */
#include "com_test.h"

#include <stdlib.h>

#include <aclapi.h>
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

LPVOID STDAPICALLTYPE CoTaskMemRealloc(LPVOID memory, SIZE_T size)
{
    return ++s_requests == s_fail_at ? NULL : realloc(memory, size);
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

static BOOL print_wide_sid(PSID *out)
{
    static SID world = {SID_REVISION, 1, {SECURITY_WORLD_SID_AUTHORITY}, {0}};
    LPWSTR text = POISON;
    BOOL did = ConvertSidToStringSidW(&world, &text);

    *out = text;
    return did;
}

/* The copy that is read, and the SID. */
static void wide_texts_of_sids_need_memory(void **state)
{
    const unsigned live = s_live;
    PSID made = POISON;

    (void)state;
    for (unsigned fail_at = 1; fail_at <= 2; fail_at++) {
        made = POISON;
        arm(fail_at);
        SetLastError(0);
        assert_false(ConvertStringSidToSidW(OLESTR("S-1-1-0"), &made));
        assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        assert_true(made == NULL && s_live == live);
    }
    arm(3);
    assert_true(ConvertStringSidToSidW(OLESTR("S-1-1-0"), &made));
    assert_true(s_requests == 2 && s_live == live + 1);
    arm(0);
    assert_null(LocalFree(made));
}

static void sids_and_texts_need_memory(void **state)
{
    static BOOL (*const makers[])(PSID * out) = {make_sid, read_sid, print_sid, print_wide_sid};
    unsigned live = s_live;

    (void)state;
    for (unsigned i = 0; i < sizeof makers / sizeof *makers; i++) {
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

/* ---- every request of a function fails once -------------------------------------------------- */

/* A use of a function. It returns ERROR_SUCCESS, and what it made, or the failure, with a NULL. */
struct use {
    const char *name;
    DWORD (*run)(void **made);
    void (*undo)(void *made);
    unsigned requests;
    DWORD refusal;
};

static DWORD error_unless(BOOL done)
{
    return done ? ERROR_SUCCESS : GetLastError();
}

static void free_local(void *made)
{
    assert_null(LocalFree(made));
}

static void free_task(void *made)
{
    CoTaskMemFree(made);
}

static void close_handle(void *made)
{
    assert_true(CloseHandle(made));
}

static void release_object(void *made)
{
    assert_int_equal(IUnknown_Release((IUnknown *)made), 0);
}

static void keep(void *made)
{
    (void)made;
}

static DWORD message(void **made)
{
    return error_unless(FormatMessageA(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM,
                                       NULL, ERROR_ACCESS_DENIED, 0, (LPSTR)made, 0, NULL) != 0);
}

static DWORD wide_message(void **made)
{
    return error_unless(FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM,
                                       NULL, ERROR_ACCESS_DENIED, 0, (LPWSTR)made, 0, NULL) != 0);
}

static DWORD iid_text(void **made)
{
    return (DWORD)StringFromIID(&IID_IUnknown, (LPOLESTR *)made);
}

static DWORD class_text(void **made)
{
    return (DWORD)StringFromCLSID(&CLSID_StdEvent, (LPOLESTR *)made);
}

static DWORD marshaler(void **made)
{
    return (DWORD)CoCreateFreeThreadedMarshaler(NULL, (IUnknown **)made);
}

static DWORD local_memory(void **made)
{
    *made = LocalAlloc(LPTR, 8);
    return error_unless(*made != NULL);
}

static DWORD heap_memory(void **made)
{
    *made = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 8);
    return error_unless(*made != NULL);
}

static void free_heap(void *made)
{
    assert_true(HeapFree(GetProcessHeap(), 0, made));
}

/* The block is the test's; what fails leaves it as it was. */
static void *s_block;

static DWORD more_heap_memory(void **made)
{
    *made = HeapReAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, s_block, 64);
    if (*made == NULL) {
        assert_int_equal(HeapSize(GetProcessHeap(), 0, s_block), 8);
        return GetLastError();
    }
    s_block = *made;
    assert_int_equal(HeapSize(GetProcessHeap(), 0, s_block), 64);
    return ERROR_SUCCESS;
}

static DWORD descriptor(void **made)
{
    return error_unless(ConvertStringSecurityDescriptorToSecurityDescriptorA(
        "O:BAG:SYD:P(A;OICI;GA;;;BA)(D;;GR;;;S-1-22-1-7)S:(AU;SA;GW;;;WD)", SDDL_REVISION_1, made,
        NULL));
}

static DWORD wide_descriptor(void **made)
{
    return error_unless(ConvertStringSecurityDescriptorToSecurityDescriptorW(
        OLESTR("O:BAG:SYD:P(A;OICI;GA;;;BA)"), SDDL_REVISION_1, made, NULL));
}

static PSECURITY_DESCRIPTOR s_descriptor; /* what is printed */

static DWORD descriptor_text(void **made)
{
    return error_unless(ConvertSecurityDescriptorToStringSecurityDescriptorA(
        s_descriptor, SDDL_REVISION_1, 0x0F, (LPSTR *)made, NULL));
}

static DWORD wide_descriptor_text(void **made)
{
    return error_unless(ConvertSecurityDescriptorToStringSecurityDescriptorW(
        s_descriptor, SDDL_REVISION_1, 0x0F, (LPWSTR *)made, NULL));
}

static PACL list_of(PSECURITY_DESCRIPTOR from)
{
    BOOL present = FALSE, defaulted;
    PACL list = NULL;

    assert_true(GetSecurityDescriptorDacl(from, &present, &list, &defaulted));
    assert_true(present);
    return list;
}

static DWORD entries(void **made)
{
    EXPLICIT_ACCESS_A access[2];

    BuildExplicitAccessWithNameA(&access[0], (char[]){"everyone"}, 1, DENY_ACCESS, NO_INHERITANCE);
    BuildExplicitAccessWithNameA(&access[1], (char[]){"CURRENT_USER"}, 1, SET_ACCESS,
                                 NO_INHERITANCE);
    return SetEntriesInAclA(2, access, list_of(s_descriptor), (PACL *)made);
}

static DWORD wide_entries(void **made)
{
    EXPLICIT_ACCESS_W access;

    BuildExplicitAccessWithNameW(&access, (WCHAR[]){'E', 'v', 'e', 'r', 'y', 'o', 'n', 'e', 0}, 1,
                                 REVOKE_ACCESS, NO_INHERITANCE);
    return SetEntriesInAclW(1, &access, list_of(s_descriptor), (PACL *)made);
}

/* The name service's own memory is libc's. On failure nothing but the last error is written. */
static DWORD account_of_sid(void **made)
{
    BYTE sid[SECURITY_MAX_SID_SIZE];
    char name[64] = "?", domain[64] = "?";
    DWORD lengths[2] = {sizeof name, sizeof domain};
    SID_NAME_USE use = SidTypeInvalid;
    SID_IDENTIFIER_AUTHORITY unix_users = {{0, 0, 0, 0, 0, 22}};
    BOOL done;

    assert_true(InitializeSid(sid, &unix_users, 2));
    *GetSidSubAuthority(sid, 0) = 1;
    *GetSidSubAuthority(sid, 1) = 0; /* uid 0, which every system knows */
    done = LookupAccountSidA(NULL, sid, name, &lengths[0], domain, &lengths[1], &use);
    *made = NULL;
    if (!done) {
        assert_string_equal(name, "?");
        assert_string_equal(domain, "?");
        assert_int_equal(lengths[0], sizeof name);
        assert_int_equal(lengths[1], sizeof domain);
        assert_int_equal(use, SidTypeInvalid);
    }
    return error_unless(done);
}

static DWORD sid_of_account(void **made)
{
    BYTE sid[SECURITY_MAX_SID_SIZE] = {0xA5};
    WCHAR domain[64] = {'?', 0};
    DWORD lengths[2] = {sizeof sid, 64};
    SID_NAME_USE use = SidTypeInvalid;
    BOOL done = LookupAccountNameW(NULL, OLESTR("Unix User\\root"), sid, &lengths[0], domain,
                                   &lengths[1], &use);

    *made = NULL;
    if (!done) {
        assert_int_equal(sid[0], 0xA5);
        assert_int_equal(domain[0], '?');
        assert_int_equal(lengths[0], sizeof sid);
        assert_int_equal(lengths[1], 64);
        assert_int_equal(use, SidTypeInvalid);
    }
    return error_unless(done);
}

static DWORD user_name(void **made)
{
    char name[64] = "?";
    DWORD length = sizeof name;
    BOOL done = GetUserNameA(name, &length);

    *made = NULL;
    if (!done) {
        assert_string_equal(name, "?");
        assert_int_equal(length, sizeof name);
    }
    return error_unless(done);
}

static DWORD privilege(void **made)
{
    LUID luid = {7, 7};
    BOOL done = LookupPrivilegeValueW(NULL, OLESTR("SeBackupPrivilege"), &luid);

    *made = NULL;
    if (!done) {
        assert_int_equal(luid.LowPart, 7);
        assert_int_equal(luid.HighPart, 7);
    }
    return error_unless(done);
}

static DWORD process_token(void **made)
{
    return error_unless(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, made));
}

static DWORD impersonation(void **made)
{
    BOOL done = ImpersonateSelf(SecurityImpersonation);

    assert_int_equal(guise_thread_token() != NULL, done);
    *made = NULL;
    return error_unless(done);
}

static void revert(void *made)
{
    (void)made;
    assert_true(RevertToSelf());
}

/* Impersonating is not what is asked for memory here. */
static DWORD thread_token(void **made)
{
    const unsigned fail_at = s_fail_at;
    DWORD error;

    arm(0);
    assert_true(ImpersonateSelf(SecurityImpersonation));
    arm(fail_at);
    error = error_unless(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, made));
    assert_true(RevertToSelf());
    return error;
}

static HANDLE s_token; /* what is duplicated */

static DWORD duplicate(void **made)
{
    return error_unless(DuplicateTokenEx(s_token, TOKEN_QUERY, NULL, SecurityImpersonation,
                                         TokenImpersonation, made));
}

static DWORD duplicate_simply(void **made)
{
    return error_unless(DuplicateToken(s_token, SecurityImpersonation, made));
}

static DWORD event(void **made)
{
    *made = CreateEventA(NULL, TRUE, FALSE, NULL);
    return error_unless(*made != NULL);
}

static struct calc s_calc; /* its class object stands for any object */

static DWORD registration(void **made)
{
    DWORD cookie = 7;
    HRESULT result = CoRegisterClassObject(&CLSID_StdEvent, (IUnknown *)&s_calc.iface,
                                           CLSCTX_INPROC_SERVER, REGCLS_MULTIPLEUSE, &cookie);

    *made = NULL;
    if (result != S_OK) {
        assert_int_equal(cookie, 0);
        assert_int_equal(atomic_load(&s_calc.refs), 1);
        return (DWORD)result;
    }
    assert_int_equal(atomic_load(&s_calc.refs), 2);
    assert_hr(CoRevokeClassObject(cookie), S_OK);
    return ERROR_SUCCESS;
}

#define MEMORY ERROR_NOT_ENOUGH_MEMORY
static const struct use s_uses[] = {
    {"FormatMessageA", message, free_local, 1, MEMORY},
    {"FormatMessageW", wide_message, free_local, 1, MEMORY},
    {"StringFromIID", iid_text, free_task, 1, (DWORD)E_OUTOFMEMORY},
    {"StringFromCLSID", class_text, free_task, 1, (DWORD)E_OUTOFMEMORY},
    {"CoCreateFreeThreadedMarshaler", marshaler, release_object, 1, (DWORD)E_OUTOFMEMORY},
    {"CoRegisterClassObject", registration, keep, 1, (DWORD)E_OUTOFMEMORY},
    {"LocalAlloc", local_memory, free_local, 1, MEMORY},
    {"HeapAlloc", heap_memory, free_heap, 1, MEMORY},
    {"HeapReAlloc", more_heap_memory, keep, 1, MEMORY},
    {"ConvertStringSecurityDescriptorToSecurityDescriptorA", descriptor, free_local, 3, MEMORY},
    {"ConvertStringSecurityDescriptorToSecurityDescriptorW", wide_descriptor, free_local, 3, MEMORY},
    {"ConvertSecurityDescriptorToStringSecurityDescriptorA", descriptor_text, free_local, 2, MEMORY},
    {"ConvertSecurityDescriptorToStringSecurityDescriptorW", wide_descriptor_text, free_local, 2,
     MEMORY},
    {"SetEntriesInAclA", entries, free_local, 7, MEMORY},
    {"SetEntriesInAclW", wide_entries, free_local, 4, MEMORY},
    {"LookupAccountSidA", account_of_sid, keep, 1, MEMORY},
    {"LookupAccountNameW", sid_of_account, keep, 2, MEMORY},
    {"GetUserNameA", user_name, keep, 3, MEMORY},
    {"LookupPrivilegeValueW", privilege, keep, 1, MEMORY},
    {"OpenProcessToken", process_token, close_handle, 3, MEMORY},
    {"ImpersonateSelf", impersonation, revert, 3, MEMORY},
    {"OpenThreadToken", thread_token, close_handle, 1, MEMORY},
    {"DuplicateTokenEx", duplicate, close_handle, 2, MEMORY},
    {"DuplicateToken", duplicate_simply, close_handle, 2, MEMORY},
    {"CreateEventA", event, close_handle, 2, MEMORY},
};

static void fail_once(const struct use *use, unsigned fail_at)
{
    const unsigned live = s_live;
    void *made = POISON;
    DWORD error;

    arm(fail_at);
    error = use->run(&made);
    s_fail_at = 0;
    if (error != use->refusal || made != NULL || s_live != live) {
        print_error("%s, request %u: 0x%X, %p, %u blocks left\n", use->name, fail_at,
                    (unsigned)error, made, s_live - live);
    }
    assert_int_equal(error, use->refusal);
    assert_null(made);
    assert_int_equal(s_live, live);
    assert_int_equal(s_requests, fail_at);
}

static void succeed(const struct use *use)
{
    const unsigned live = s_live;
    void *made = POISON;

    arm(0);
    assert_int_equal(use->run(&made), ERROR_SUCCESS);
    if (s_requests != use->requests) {
        print_error("%s: %u requests\n", use->name, s_requests);
    }
    assert_int_equal(s_requests, use->requests);
    use->undo(made);
    assert_int_equal(s_live, live);
}

/* The first time is not counted: handles have a table, which grows and stays. */
static void every_request_may_fail(void **state)
{
    (void)state;
    calc_init(&s_calc, NULL);
    s_block = HeapAlloc(GetProcessHeap(), 0, 8);
    assert_non_null(s_block);
    assert_int_equal(descriptor(&s_descriptor), ERROR_SUCCESS);
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE, &s_token));
    for (unsigned i = 0; i < sizeof s_uses / sizeof *s_uses; i++) {
        for (unsigned fail_at = 1; fail_at <= s_uses[i].requests; fail_at++) {
            fail_once(&s_uses[i], fail_at);
        }
        succeed(&s_uses[i]);
    }
    assert_true(CloseHandle(s_token));
    free_local(s_descriptor);
    free_heap(s_block);
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

/* What is looked up or waited for is not kept, but takes room on the way. */
static void questions_need_memory(void **state)
{
    HANDLE process = GetCurrentProcess();
    LUID luid = {.LowPart = 7, .HighPart = 7};
    unsigned live = s_live;

    (void)state;
    arm(1);
    SetLastError(0);
    assert_false(LookupPrivilegeValueW(NULL, OLESTR("SeDebugPrivilege"), &luid));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    for (unsigned fail_at = 1; fail_at <= 2; fail_at++) {
        arm(fail_at);
        SetLastError(0);
        assert_int_equal(WaitForMultipleObjects(1, &process, FALSE, 0), WAIT_FAILED);
        assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
        assert_int_equal(s_live, live);
    }
    arm(0);
    assert_int_equal(WaitForMultipleObjects(1, &process, FALSE, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForMultipleObjects(2, (HANDLE[]){process, process}, FALSE, 0), WAIT_TIMEOUT);
    assert_int_equal(s_live, live);
}

static void texts_and_marshalers_need_memory(void **state)
{
    LPOLESTR text = POISON;
    LPUNKNOWN marshaler = POISON;
    unsigned live = s_live;

    (void)state;
    arm(1);
    assert_hr(StringFromIID(&IID_IUnknown, &text), E_OUTOFMEMORY);
    assert_null(text);
    arm(1);
    assert_hr(CoCreateFreeThreadedMarshaler(NULL, &marshaler), E_OUTOFMEMORY);
    assert_null(marshaler);
    arm(0);
    assert_int_equal(s_live, live);
}

/* The handle's own memory; a table that is full of open ones is not tried. */
static void tokens_need_memory(void **state)
{
    HANDLE token = POISON;
    unsigned live = s_live;

    (void)state;
    arm(1);
    SetLastError(0);
    assert_false(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_int_equal(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    assert_null(token);
    assert_int_equal(s_live, live);
    arm(0);
    SetLastError(0);
    assert_false(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_true(CloseHandle(token));
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
        cmocka_unit_test(wide_texts_of_sids_need_memory),
        cmocka_unit_test(every_request_may_fail),
        cmocka_unit_test(dispatching_needs_memory),
        cmocka_unit_test(sharing_needs_memory),
        cmocka_unit_test(joining_needs_memory),
        cmocka_unit_test(events_need_memory),
        cmocka_unit_test(questions_need_memory),
        cmocka_unit_test(texts_and_marshalers_need_memory),
        cmocka_unit_test(tokens_need_memory),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, initialize, uninitialize);
}
