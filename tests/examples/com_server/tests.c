/* SPDX-License-Identifier: MIT */
/*
 * The server's unit tests. No client, no network, no second user, no root: a client is an object
 * with IServerSecurity that CoSwitchCallContext makes the context of this thread.
 */
#define COBJMACROS
#define CONST_VTABLE
#include "testbed.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- a client: the mock ---------------------------------------------------------------------- */

struct client {
    IServerSecurity security;
    ULONG references;
    HRESULT answer; /* what ImpersonateClient says */
    guise_token *token;
    unsigned impersonated, reverted; /* how often */
};

static struct client *from_security(IServerSecurity *This)
{
    return (struct client *)((char *)This - offsetof(struct client, security));
}

static HRESULT STDMETHODCALLTYPE client_QueryInterface(IServerSecurity *This, REFIID riid,
                                                       void **object)
{
    *object = NULL;
    if (!IsEqualIID(riid, &IID_IUnknown) && !IsEqualIID(riid, &IID_IServerSecurity)) {
        return E_NOINTERFACE;
    }
    from_security(This)->references++;
    *object = This;
    return S_OK;
}

static ULONG STDMETHODCALLTYPE client_AddRef(IServerSecurity *This)
{
    return ++from_security(This)->references;
}

static ULONG STDMETHODCALLTYPE client_Release(IServerSecurity *This)
{
    return --from_security(This)->references;
}

static HRESULT STDMETHODCALLTYPE client_QueryBlanket(IServerSecurity *This, DWORD *authn_service,
                                                     DWORD *authz_service,
                                                     OLECHAR **server_principal, DWORD *authn_level,
                                                     DWORD *imp_level, void **privileges,
                                                     DWORD *capabilities)
{
    (void)This, (void)authn_service, (void)authz_service, (void)server_principal;
    (void)authn_level, (void)imp_level, (void)privileges, (void)capabilities;
    return E_NOTIMPL; /* the server does not ask */
}

static HRESULT STDMETHODCALLTYPE client_ImpersonateClient(IServerSecurity *This)
{
    struct client *client = from_security(This);

    client->impersonated++;
    return FAILED(client->answer) ? client->answer : guise_set_thread_token(client->token);
}

static HRESULT STDMETHODCALLTYPE client_RevertToSelf(IServerSecurity *This)
{
    from_security(This)->reverted++;
    return guise_set_thread_token(NULL);
}

static BOOL STDMETHODCALLTYPE client_IsImpersonating(IServerSecurity *This)
{
    return guise_thread_token() == from_security(This)->token;
}

static const IServerSecurityVtbl client_vtbl = {
    client_QueryInterface,    client_AddRef,       client_Release,         client_QueryBlanket,
    client_ImpersonateClient, client_RevertToSelf, client_IsImpersonating,
};

/* From here on this thread serves this client. */
static struct client *serve(const char *name, uid_t uid, guise_level level)
{
    struct client *client = calloc(1, sizeof *client);
    IUnknown *before;

    assert_non_null(client);
    client->security.lpVtbl = &client_vtbl;
    client->references = 1;
    client->token = token_of(name, uid, level);
    assert_hr(CoSwitchCallContext((IUnknown *)&client->security, &before), S_OK);
    assert_null(before);
    return client;
}

/* The user that runs the tests owns the files; mallory is another user. */
static struct client *serve_alice(guise_level level)
{
    return serve("alice", geteuid(), level);
}

static struct client *serve_mallory(void)
{
    return serve("mallory", geteuid() + 1, GUISE_LEVEL_IMPERSONATE);
}

/* The server was the client that often, is itself again, and has forgotten the client. */
static void stop_serving(struct client *client, unsigned impersonated, unsigned reverted)
{
    IUnknown *before;

    assert_hr(CoSwitchCallContext(NULL, &before), S_OK);
    assert_ptr_equal(before, &client->security);
    assert_null(guise_thread_token());
    assert_int_equal(client->impersonated, impersonated);
    assert_int_equal(client->reverted, reverted);
    assert_int_equal(client->references, 1);
    guise_token_unref(client->token);
    free(client);
}

/* ---- one asynchronous Read ------------------------------------------------------------------- */

static AsyncIFileReader *make_call(const struct fixture *f)
{
    AsyncIFileReader *call;

    assert_hr(ICallFactory_CreateCall(f->factory, &IID_AsyncIFileReader, NULL,
                                      &IID_AsyncIFileReader, (IUnknown **)&call),
              S_OK);
    return call;
}

static void wait_for(AsyncIFileReader *call)
{
    ISynchronize *sync;

    assert_hr(AsyncIFileReader_QueryInterface(call, &IID_ISynchronize, (void **)&sync), S_OK);
    assert_hr(ISynchronize_Wait(sync, 0, PATIENCE_MS), S_OK);
    (void)ISynchronize_Release(sync);
}

/* What the caller wants is fine and comes to this. */
static void finish(AsyncIFileReader *call, const char *content, ULONG size)
{
    ULONG got = 4711;
    BYTE *bytes = (BYTE *)&got;

    wait_for(call);
    assert_hr(AsyncIFileReader_Finish_Read(call, &got, &bytes), S_OK);
    assert_int_equal(got, size);
    if (size == 0) {
        assert_null(bytes);
    } else {
        assert_memory_equal(bytes, content, size);
    }
    CoTaskMemFree(bytes);
}

/* The last reference is ours. The worker lets go of a call only after it has signaled, so it has to
 * end first. */
static void assert_gone(struct fixture *f, AsyncIFileReader *call)
{
    worker_destroy(f->worker);
    f->worker = NULL;
    assert_int_equal(AsyncIFileReader_Release(call), 0);
}

/* A Read that comes to nothing in Begin_. */
static void begin_fails(const struct fixture *f, LPCWSTR name, HRESULT expected)
{
    AsyncIFileReader *call = make_call(f);
    ULONG got = 4711;
    BYTE *bytes = (BYTE *)&got;

    assert_hr(AsyncIFileReader_Begin_Read(call, name, 0, ALL), expected);
    assert_hr(AsyncIFileReader_Finish_Read(call, &got, &bytes), RPC_E_CALL_COMPLETE);
    assert_int_equal(got, 0);
    assert_null(bytes);
    assert_int_equal(AsyncIFileReader_Release(call), 0);
}

/* ---- what clients get ------------------------------------------------------------------------ */

static void alice_reads_her_file(void **state)
{
    struct fixture *f = *state;
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
    AsyncIFileReader *call = make_call(f);

    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("alice.txt"), 0, ALL), S_OK);
    stop_serving(alice, 1, 1); /* Begin_ is over, and with it all that is done as alice */
    finish(call, "Only alice.", 11);
    assert_gone(f, call);
}

static void alice_at_identify_level_is_refused(void **state)
{
    struct client *alice = serve_alice(GUISE_LEVEL_IDENTIFY);

    begin_fails(*state, OLESTR("alice.txt"), BAD_LEVEL);
    stop_serving(alice, 1, 1);
}

static void somebody_else_is_refused(void **state)
{
    struct client *mallory = serve_mallory();

    begin_fails(*state, OLESTR("alice.txt"), E_ACCESSDENIED);
    stop_serving(mallory, 1, 1);
}

/* It must not open the file as the server, and there is nothing to revert. */
static void a_client_it_cannot_become_is_refused(void **state)
{
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);

    alice->answer = RPC_E_UNSECURE_CALL;
    begin_fails(*state, OLESTR("alice.txt"), RPC_E_UNSECURE_CALL);
    stop_serving(alice, 1, 0);
}

static void nobody_is_refused(void **state)
{
    begin_fails(*state, OLESTR("alice.txt"), RPC_E_CALL_COMPLETE);
}

/* Where the kernel does not decide, the folder does, and not for the server itself. */
static void without_a_client_nothing_is_opened(void **state)
{
    const struct fixture *f = *state;
    int file = 4711;

    assert_hr(folder_open(&f->folder, OLESTR("alice.txt"), &file), E_ACCESSDENIED);
    assert_int_equal(file, -1);
}

/* Each is as bad as the other for a server that goes on as the client afterwards. */
static void bad_names_leave_nobody_impersonated(void **state)
{
    static const WCHAR lone[] = {'a', 0xD83D, 'b', 0};
    static const WCHAR half[] = {'a', 0xD83D, 0};
    static const WCHAR seconds[] = {0xDC65, 0xDC65, 0};
    static const struct {
        LPCWSTR name;
        HRESULT result;
    } names[] = {
        {OLESTR("no-such-file"), NO_SUCH_FILE},
        {NULL, E_INVALIDARG},
        {OLESTR(""), E_INVALIDARG},
        {OLESTR("."), E_INVALIDARG},
        {OLESTR(".."), E_INVALIDARG},
        {OLESTR("../etc/passwd"), E_INVALIDARG},
        {OLESTR("/etc/passwd"), E_INVALIDARG},
        {OLESTR("directory"), E_INVALIDARG},
        {OLESTR("link"), E_INVALIDARG},
        {lone, E_INVALIDARG},
        {half, E_INVALIDARG},
        {seconds, E_INVALIDARG},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
        begin_fails(*state, names[i].name, names[i].result);
        stop_serving(alice, 1, 1);
    }
}

static void names_have_a_limit(void **state)
{
    WCHAR name[400];
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);

    for (size_t i = 0; i < 399; i++) {
        name[i] = i < 3 ? 'a' : 0x20AC; /* three bytes */
    }
    name[399] = 0;
    begin_fails(*state, name, E_INVALIDARG);
    name[88] = 0; /* 258 bytes */
    begin_fails(*state, name, E_INVALIDARG);
    name[87] = 0; /* 255 */
    begin_fails(*state, name, NO_SUCH_FILE);
    stop_serving(alice, 3, 3);
}

static void names_are_utf16(void **state)
{
    static const WCHAR name[] = {0xE4, 0xD83D, 0xDC65, 0};
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
    AsyncIFileReader *call = make_call(*state);

    assert_hr(AsyncIFileReader_Begin_Read(call, name, 0, ALL), S_OK);
    stop_serving(alice, 1, 1);
    finish(call, "Name.", 5);
    assert_gone(*state, call);
}

/* ---- buffers --------------------------------------------------------------------------------- */

static void parts_of_a_file(void **state)
{
    static const char content[] = "Only alice.";
    static const struct {
        ULONGLONG offset;
        ULONG size, got;
    } parts[] = {
        {0, 0, 0},   {0, 1, 1},   {0, 11, 11},        {0, 12, 11},        {5, 3, 3},
        {10, 99, 1}, {11, 99, 0}, {UINT32_MAX, 1, 0}, {UINT64_MAX, 1, 0}, {0, UINT32_MAX, 11},
    };
    AsyncIFileReader *call = make_call(*state);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
        assert_hr(
            AsyncIFileReader_Begin_Read(call, OLESTR("alice.txt"), parts[i].offset, parts[i].size),
            S_OK);
        stop_serving(alice, 1, 1);
        finish(call, content + (parts[i].got > 0 ? parts[i].offset : 0), parts[i].got);
    }
    assert_gone(*state, call);
}

static void a_read_has_a_limit(void **state)
{
    static const char zeros[READ_LIMIT];
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
    AsyncIFileReader *call = make_call(*state);

    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("big"), 0, READ_LIMIT + 1), S_OK);
    finish(call, zeros, READ_LIMIT);
    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("big"), READ_LIMIT, READ_LIMIT), S_OK);
    finish(call, zeros, 1);
    stop_serving(alice, 2, 2);
    assert_gone(*state, call);
}

static void finish_wants_places_for_all(void **state)
{
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
    AsyncIFileReader *call = make_call(*state);
    ULONG got;
    BYTE *bytes;

    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("alice.txt"), 0, ALL), S_OK);
    wait_for(call);
    assert_hr(AsyncIFileReader_Finish_Read(call, NULL, &bytes), E_POINTER);
    assert_hr(AsyncIFileReader_Finish_Read(call, &got, NULL), E_POINTER);
    finish(call, "Only alice.", 11); /* which is still there */
    stop_serving(alice, 1, 1);
    assert_gone(*state, call);
}

/* ---- one step after the other ---------------------------------------------------------------- */

static void steps_out_of_order(void **state)
{
    struct fixture *f = *state;
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
    AsyncIFileReader *call = make_call(f);
    ULONG got;
    BYTE *bytes;

    block_worker(f);
    assert_hr(AsyncIFileReader_Finish_Read(call, &got, &bytes), RPC_E_CALL_COMPLETE);
    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("alice.txt"), 0, ALL), S_OK);
    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("alice.txt"), 0, ALL), RPC_S_CALLPENDING);
    assert_hr(AsyncIFileReader_Finish_Read(call, &got, &bytes), RPC_S_CALLPENDING);
    unblock_worker(f);
    wait_for(call);
    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("alice.txt"), 0, ALL), RPC_S_CALLPENDING);
    finish(call, "Only alice.", 11);
    assert_hr(AsyncIFileReader_Finish_Read(call, &got, &bytes), RPC_E_CALL_COMPLETE);
    stop_serving(alice, 1, 1); /* a step too early or too late impersonates no client */
    assert_gone(f, call);
}

/* The second Read must not be taken for done because the first was. */
static void the_event_is_of_the_last_read(void **state)
{
    struct fixture *f = *state;
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
    AsyncIFileReader *call = make_call(f);
    ISynchronize *sync;

    assert_hr(AsyncIFileReader_QueryInterface(call, &IID_ISynchronize, (void **)&sync), S_OK);
    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("alice.txt"), 0, ALL), S_OK);
    finish(call, "Only alice.", 11);
    block_worker(f);
    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("alice.txt"), 0, ALL), S_OK);
    assert_hr(ISynchronize_Wait(sync, 0, 0), RPC_S_CALLPENDING);
    unblock_worker(f);
    finish(call, "Only alice.", 11);
    stop_serving(alice, 2, 2);
    (void)ISynchronize_Release(sync);
    assert_gone(f, call);
}

/* The server finishes what it began; teardown and the leak checker see what is left of it. */
static void a_call_nobody_waits_for(void **state)
{
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
    AsyncIFileReader *call = make_call(*state);

    assert_hr(AsyncIFileReader_Begin_Read(call, OLESTR("alice.txt"), 0, ALL), S_OK);
    (void)AsyncIFileReader_Release(call);
    stop_serving(alice, 1, 1);
}

/* ---- objects --------------------------------------------------------------------------------- */

static void calls_are_made_for_asynchronous_interfaces(void **state)
{
    const struct fixture *f = *state;
    IUnknown *outer = (IUnknown *)f->reader;
    IUnknown *call = outer;

    assert_hr(ICallFactory_CreateCall(f->factory, &IID_IFileReader, NULL, &IID_IUnknown, &call),
              E_NOINTERFACE);
    assert_null(call);
    call = outer;
    assert_hr(ICallFactory_CreateCall(f->factory, &IID_AsyncIFileReader, outer,
                                      &IID_AsyncIFileReader, &call),
              E_INVALIDARG);
    assert_null(call);
    call = outer;
    assert_hr(
        ICallFactory_CreateCall(f->factory, &IID_AsyncIFileReader, NULL, &IID_IFileReader, &call),
        E_NOINTERFACE);
    assert_null(call);
    assert_hr(ICallFactory_CreateCall(f->factory, &IID_AsyncIFileReader, NULL, &IID_IUnknown, NULL),
              E_INVALIDARG);
}

static void a_call_alone_is_one_object(void **state)
{
    AsyncIFileReader *call = make_call(*state);
    IUnknown *unknown, *other;
    ISynchronize *sync;

    assert_hr(AsyncIFileReader_QueryInterface(call, &IID_IUnknown, (void **)&unknown), S_OK);
    assert_hr(AsyncIFileReader_QueryInterface(call, &IID_ISynchronize, (void **)&sync), S_OK);
    assert_hr(ISynchronize_QueryInterface(sync, &IID_IUnknown, (void **)&other), S_OK);
    assert_ptr_equal(unknown, other);
    assert_int_equal(IUnknown_Release(other), 3);
    assert_int_equal(ISynchronize_Release(sync), 2);
    assert_int_equal(IUnknown_Release(unknown), 1);
    assert_int_equal(AsyncIFileReader_Release(call), 0);
}

/* Any object will do for the outer one: here the server's own. */
static void a_call_that_is_part_of_another_object(void **state)
{
    const struct fixture *f = *state;
    IUnknown *outer = (IUnknown *)f->reader, *inner, *other = outer;
    AsyncIFileReader *call;

    assert_hr(
        ICallFactory_CreateCall(f->factory, &IID_AsyncIFileReader, outer, &IID_IUnknown, &inner),
        S_OK);
    assert_hr(IUnknown_QueryInterface(inner, &IID_AsyncIFileReader, (void **)&call), S_OK);
    assert_hr(IUnknown_QueryInterface(inner, &IID_ISynchronize, (void **)&other), E_NOINTERFACE);
    assert_null(other);
    assert_hr(AsyncIFileReader_QueryInterface(call, &IID_IUnknown, (void **)&other), S_OK);
    assert_ptr_equal(other, outer);
    (void)IUnknown_Release(other);
    (void)AsyncIFileReader_Release(call); /* the outer object's reference */
    assert_int_equal(IUnknown_Release(inner), 0);
}

static void the_synchronous_method(void **state)
{
    const struct fixture *f = *state;
    struct client *alice = serve_alice(GUISE_LEVEL_IMPERSONATE);
    ULONG got = 4711;
    BYTE *bytes = NULL;

    assert_hr(IFileReader_Read(f->reader, OLESTR("alice.txt"), 5, 5, &got, &bytes), S_OK);
    assert_int_equal(got, 5);
    assert_memory_equal(bytes, "alice", 5);
    CoTaskMemFree(bytes);
    assert_hr(IFileReader_Read(f->reader, OLESTR("none"), 0, 5, &got, &bytes), NO_SUCH_FILE);
    assert_int_equal(got, 0);
    assert_null(bytes);
    assert_hr(IFileReader_Read(f->reader, OLESTR("alice.txt"), 0, 5, NULL, &bytes), E_POINTER);
    assert_hr(IFileReader_Read(f->reader, OLESTR("alice.txt"), 0, 5, &got, NULL), E_POINTER);
    stop_serving(alice, 2, 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(alice_reads_her_file),
        TEST(alice_at_identify_level_is_refused),
        TEST(somebody_else_is_refused),
        TEST(a_client_it_cannot_become_is_refused),
        TEST(nobody_is_refused),
        TEST(without_a_client_nothing_is_opened),
        TEST(bad_names_leave_nobody_impersonated),
        TEST(names_have_a_limit),
        TEST(names_are_utf16),
        TEST(parts_of_a_file),
        TEST(a_read_has_a_limit),
        TEST(finish_wants_places_for_all),
        TEST(steps_out_of_order),
        TEST(the_event_is_of_the_last_read),
        TEST(a_call_nobody_waits_for),
        TEST(calls_are_made_for_asynchronous_interfaces),
        TEST(a_call_alone_is_one_object),
        TEST(a_call_that_is_part_of_another_object),
        TEST(the_synchronous_method),
    };

    if (guise_use_provider(guise_provider_emulated()) != GUISE_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
