/* SPDX-License-Identifier: MIT */
/*
 * RPC's names for the client of this thread's call, and what a token says of owner, primary group,
 * session, elevation and integrity. The stage is that of the core's own tests.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_scene.h"

#include <string.h>

#include <guisecom.h>
#include <rpc.h>

#define UNTOUCHED 0x5AFE5AFEu

#define IS_REFUSED(call, error)                                                                    \
    (SetLastError(UNTOUCHED), (call) == FALSE && GetLastError() == (error))
#define IS_DONE(call) (SetLastError(UNTOUCHED), (call) == TRUE && GetLastError() == UNTOUCHED)

/* ---- RpcImpersonateClient -------------------------------------------------------------------- */

/* */
static guise_result serve(guise_call *call, void *arg)
{
    struct scene *s = arg;

    CHECK(s, RpcImpersonateClient(POISON) == RPC_S_INVALID_BINDING);
    CHECK(s, is_self());
    CHECK(s, RpcImpersonateClient(NULL) == RPC_S_OK);
    CHECK(s, is_client(s->alice));
    CHECK(s, RpcRevertToSelf() == RPC_S_OK);
    CHECK(s, is_self());
    CHECK(s, RpcRevertToSelf() == RPC_S_OK);
    CHECK(s, RpcImpersonateClient(NULL) == RPC_S_OK);
    CHECK_OK(s, guise_call_signal(call));
    CHECK(s, is_client(s->alice)); /* N-02 */
    CHECK(s, RpcImpersonateClient(NULL) == RPC_S_NO_CALL_ACTIVE);
    CHECK(s, RpcRevertToSelf() == RPC_S_OK); /* N-03 */
    CHECK(s, is_self());
    CHECK(s, RpcImpersonateClient(NULL) == RPC_S_NO_CALL_ACTIVE); /* N-01 */
    CHECK(s, is_self());
    return GUISE_OK;
}

static void com_V_rpc_impersonates_until_signal(void **state)
{
    scene_dispatch(*state, serve);
}

static void com_rpc_needs_a_call(void **state)
{
    (void)state;
    assert_int_equal(RpcImpersonateClient(NULL), 1725);
    assert_int_equal(RpcRevertToSelf(), 1725);
    assert_true(is_self());
}

static guise_result serve_nobody(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK(s, RpcImpersonateClient(NULL) == RPC_S_NO_CONTEXT_AVAILABLE);
    CHECK(s, is_self());
    return GUISE_OK;
}

static void com_rpc_needs_an_authenticated_client(void **state)
{
    struct scene *s = *state;
    guise_call *call = make_call(s->nobody);

    assert_ok(guise_call_dispatch(call, serve_nobody, s));
    scene_verify(s);
    assert_ok(guise_call_complete(call, GUISE_OK));
    guise_call_unref(call);
}

/* COM's switched context is no call of RPC's. */
static guise_result serve_switched(guise_call *call, void *arg)
{
    struct scene *s = arg;
    IUnknown *before = POISON;

    (void)call;
    CHECK(s, CoSwitchCallContext(NULL, &before) == S_OK);
    CHECK(s, CoImpersonateClient() == RPC_E_CALL_COMPLETE);
    CHECK(s, RpcImpersonateClient(NULL) == RPC_S_OK);
    CHECK(s, is_client(s->alice));
    CHECK(s, RpcRevertToSelf() == RPC_S_OK);
    return GUISE_OK;
}

static void com_rpc_does_not_know_contexts(void **state)
{
    scene_dispatch(*state, serve_switched);
}

/* ---- what a token says ----------------------------------------------------------------------- */

/* Exactly these bytes, but for a pointer that they begin with, which points behind the structure. */
static void check_sid(HANDLE token, TOKEN_INFORMATION_CLASS name, size_t structure, const void *sid,
                      size_t size)
{
    union {
        PSID sid;
        BYTE bytes[64];
    } out;
    DWORD needed = UNTOUCHED;

    assert_true(
        IS_REFUSED(GetTokenInformation(token, name, NULL, 0, &needed), ERROR_INSUFFICIENT_BUFFER));
    assert_int_equal(needed, structure + size);
    memset(&out, 0x5A, sizeof out);
    assert_true(IS_REFUSED(GetTokenInformation(token, name, &out, needed - 1, &needed),
                           ERROR_INSUFFICIENT_BUFFER));
    assert_int_equal(out.bytes[0], 0x5A);
    assert_true(IS_DONE(GetTokenInformation(token, name, &out, needed, &needed)));
    assert_int_equal(needed, structure + size);
    assert_ptr_equal(out.sid, out.bytes + structure);
    assert_memory_equal(out.bytes + structure, sid, size);
    assert_int_equal(out.bytes[structure + size], 0x5A);
}

static HANDLE handle_of(const guise_token *token)
{
    HANDLE handle = POISON;

    assert_true(IS_DONE(GuiseOpenToken(token, TOKEN_QUERY, &handle)));
    return handle;
}

static guise_token *token_of(uid_t uid, gid_t gid)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .name = "carol",
                             .uid = uid,
                             .gid = gid,
                             .level = GUISE_LEVEL_IMPERSONATE};
    guise_token *token = TEST_POISON(guise_token);

    assert_ok(guise_token_create(&desc, &token));
    return token;
}

static void com_owner_and_primary_group(void **state)
{
    static const BYTE head[8] = {1, 2, 0, 0, 0, 0, 0, 22};
    guise_token *token = token_of(50003, 50004);
    HANDLE handle = handle_of(token);
    struct {
        BYTE head[8];
        DWORD kind, id;
    } sid = {.kind = 1, .id = 50003};

    (void)state;
    memcpy(sid.head, head, sizeof head);
    check_sid(handle, TokenOwner, sizeof(TOKEN_OWNER), &sid, sizeof sid);
    sid.kind = 2;
    sid.id = 50004;
    check_sid(handle, TokenPrimaryGroup, sizeof(TOKEN_PRIMARY_GROUP), &sid, sizeof sid);
    assert_true(CloseHandle(handle));
    guise_token_unref(token);
}

static void com_integrity_is_medium(void **state)
{
    struct scene *s = *state;
    HANDLE handle = handle_of(s->alice_token);
    SID medium = {1, 1, {{0, 0, 0, 0, 0, 16}}, {8192}};
    union {
        TOKEN_MANDATORY_LABEL label;
        BYTE bytes[64];
    } out;
    DWORD needed = UNTOUCHED;

    check_sid(handle, TokenIntegrityLevel, sizeof(TOKEN_MANDATORY_LABEL), &medium, 12);
    assert_true(
        IS_DONE(GetTokenInformation(handle, TokenIntegrityLevel, &out, sizeof out, &needed)));
    assert_int_equal(out.label.Label.Attributes, 0x60);
    assert_true(CloseHandle(handle));
}

static void check_number(HANDLE token, TOKEN_INFORMATION_CLASS name, DWORD expected)
{
    DWORD number = UNTOUCHED, needed = UNTOUCHED;

    assert_true(IS_REFUSED(GetTokenInformation(token, name, &number, 3, &needed),
                           ERROR_INSUFFICIENT_BUFFER));
    assert_int_equal(number, UNTOUCHED);
    assert_int_equal(needed, 4);
    assert_true(IS_DONE(GetTokenInformation(token, name, &number, 4, &needed)));
    assert_int_equal(number, expected);
    assert_int_equal(needed, 4);
}

static void com_no_session_and_no_elevation(void **state)
{
    struct scene *s = *state;
    HANDLE client = handle_of(s->alice_token), process = POISON;

    assert_true(IS_DONE(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &process)));
    check_number(client, TokenSessionId, 0);
    check_number(client, TokenElevation, 0);
    check_number(client, TokenElevationType, TokenElevationTypeDefault);
    check_number(process, TokenSessionId, 0);
    check_number(process, TokenElevation, 0);
    check_number(process, TokenElevationType, TokenElevationTypeDefault);
    assert_true(CloseHandle(client));
    assert_true(CloseHandle(process));
}

static void com_classes_have_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(TokenOwner, 4);
    assert_int_equal(TokenPrimaryGroup, 5);
    assert_int_equal(TokenSessionId, 12);
    assert_int_equal(TokenElevationType, 18);
    assert_int_equal(TokenElevation, 20);
    assert_int_equal(TokenIntegrityLevel, 25);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        com_scene_test(com_V_rpc_impersonates_until_signal),
        com_scene_test(com_rpc_needs_a_call),
        com_scene_test(com_rpc_needs_an_authenticated_client),
        com_scene_test(com_rpc_does_not_know_contexts),
        com_scene_test(com_owner_and_primary_group),
        com_scene_test(com_integrity_is_medium),
        com_scene_test(com_no_session_and_no_elevation),
        com_scene_test(com_classes_have_their_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
