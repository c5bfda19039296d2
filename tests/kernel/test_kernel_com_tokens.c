/* SPDX-License-Identifier: MIT */
/* Win32's token functions, as the kernel sees them. One child for each test. */
#define _GNU_SOURCE
#include "support/test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <guise/com/guisecom.h>
#include <guise/com/windows.h>

#include "support/kernel.h"

enum { ALICE = 50001, BOB = 50002, ALICE_GROUP = 50011, SERVER_GROUP = 50901, SERVICE = 50990 };

static const gid_t s_server_groups[] = {SERVER_GROUP};
static const gid_t s_alice_groups[] = {ALICE_GROUP};
static struct who s_self, s_alice, s_bob, s_nobody;

static void start(void)
{
    serve(1, s_server_groups, &s_self);
    s_alice = who_as(&s_self, ALICE, ALICE, 1, s_alice_groups);
    s_bob = who_as(&s_self, BOB, BOB, 0, NULL);
    s_nobody = who_nobody(&s_self);
}

static guise_token *alice(guise_level level)
{
    return client_token(ALICE, ALICE, 1, s_alice_groups, level);
}

/* A handle to alice with every right. */
static HANDLE alice_handle(guise_level level)
{
    guise_token *token = alice(level);
    HANDLE handle = NULL;

    CHILD_CHECK(GuiseOpenToken(token, TOKEN_ALL_ACCESS, &handle));
    guise_token_unref(token);
    return handle;
}

static HANDLE process_handle(DWORD access)
{
    HANDLE handle = NULL;

    CHILD_CHECK(OpenProcessToken(GetCurrentProcess(), access, &handle));
    return handle;
}

/* Is the user of this token S-1-22-1-uid? */
static bool is_user(HANDLE handle, DWORD uid)
{
    static const unsigned char head[] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0};
    union {
        TOKEN_USER user;
        unsigned char bytes[sizeof(TOKEN_USER) + 16];
    } buffer;
    DWORD length;

    return GetTokenInformation(handle, TokenUser, &buffer, sizeof buffer, &length) &&
           memcmp(buffer.user.User.Sid, head, 8) == 0 &&
           memcmp((unsigned char *)buffer.user.User.Sid + 12, &uid, sizeof uid) == 0;
}

static bool is_in_group(HANDLE handle, DWORD gid)
{
    SID_IDENTIFIER_AUTHORITY authority = {{0, 0, 0, 0, 0, 22}};
    PSID sid = NULL;
    BOOL is_member = FALSE;

    CHILD_CHECK(AllocateAndInitializeSid(&authority, 2, 2, gid, 0, 0, 0, 0, 0, 0, &sid));
    CHILD_CHECK(CheckTokenMembership(handle, sid, &is_member));
    (void)FreeSid(sid);
    return is_member != FALSE;
}

/* W-04, W-06, W-11, W-12: on and off, in no frame. */
static void set_impersonate_revert(void *arg)
{
    HANDLE handle, thread = GetCurrentThread();

    (void)arg;
    start();
    handle = alice_handle(GUISE_LEVEL_IMPERSONATE);
    MUST_BE(&s_self);
    CHILD_CHECK(SetThreadToken(NULL, handle));
    MUST_BE(&s_alice);
    CHILD_CHECK(try_open("of-alice") == 0 && try_open("of-root") == EACCES);
    CHILD_CHECK(SetThreadToken(&thread, NULL));
    MUST_BE(&s_self);
    CHILD_CHECK(ImpersonateLoggedOnUser(handle));
    CHILD_CHECK(CloseHandle(handle));
    MUST_BE(&s_alice);
    CHILD_CHECK(RevertToSelf());
    MUST_BE(&s_self);
    CHILD_CHECK(try_open("of-root") == 0);
}

static guise_result revert_in_a_frame(guise_call *call, void *handle)
{
    (void)call;
    CHILD_CHECK(SetThreadToken(NULL, handle));
    MUST_BE(&s_alice);
    CHILD_CHECK(CoImpersonateClient() == S_OK);
    MUST_BE(&s_bob);
    CHILD_CHECK(RevertToSelf());
    MUST_BE(&s_self);
    CHILD_CHECK(CoRevertToSelf() == S_OK);
    MUST_BE(&s_alice);
    return GUISE_OK; /* the frame's end takes it off */
}

/* Win32's revert removes every token (W-12), COM's goes back to what it saved (V-13). */
static void two_reverts(void *arg)
{
    guise_call *call;
    HANDLE handle;

    (void)arg;
    start();
    handle = alice_handle(GUISE_LEVEL_IMPERSONATE);
    call = simple_call(BOB, BOB);
    CHILD_OK(guise_call_dispatch(call, revert_in_a_frame, handle));
    MUST_BE(&s_self);
    CHILD_CHECK(CloseHandle(handle));
    guise_call_unref(call);
}

static guise_result ask_as_alice(guise_call *call, void *arg)
{
    HANDLE process, thread = NULL;

    (void)call;
    (void)arg;
    CHILD_CHECK(CoImpersonateClient() == S_OK);
    CHILD_CHECK(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &thread));
    process = process_handle(TOKEN_QUERY | TOKEN_DUPLICATE);
    MUST_BE(&s_alice);
    CHILD_CHECK(is_user(thread, ALICE) && is_in_group(thread, ALICE_GROUP));
    CHILD_CHECK(is_user(process, s_self.uid[EFFECTIVE]));
    CHILD_CHECK(ImpersonateLoggedOnUser(process));
    CHILD_CHECK(is_in_group(NULL, SERVER_GROUP) && !is_in_group(NULL, ALICE_GROUP));
    CHILD_CHECK(CoRevertToSelf() == S_OK);
    MUST_BE(&s_self);
    CHILD_CHECK(CloseHandle(process) && CloseHandle(thread));
    return GUISE_OK;
}

/* W-20: the process's token is not the client's, though the kernel says so of the thread. */
static void process_token_as_the_client(void *arg)
{
    guise_call *call;

    (void)arg;
    start();
    call = client_call(alice(GUISE_LEVEL_IMPERSONATE));
    CHILD_OK(guise_call_dispatch(call, ask_as_alice, NULL));
    MUST_BE(&s_self);
    guise_call_unref(call);
}

/* W-09: the server's ids and groups, without its capabilities. */
static void self_without_capabilities(void *arg)
{
    struct who expected;
    bool is_service = arg != NULL;

    if (is_service) {
        kernel_become_service(SERVICE, 0);
        CHILD_CHECK(raw_setgroups(1, s_server_groups));
    }
    start();
    expected = who_as(&s_self, s_self.uid[EFFECTIVE], s_self.gid[EFFECTIVE], 1, s_server_groups);
    CHILD_CHECK(ImpersonateSelf(SecurityImpersonation));
    CHILD_CHECK(is_in_group(NULL, SERVER_GROUP));
    MUST_BE(&expected);
    CHILD_CHECK(ImpersonateSelf(SecurityIdentification));
    MUST_BE(&s_nobody);
    CHILD_CHECK(RevertToSelf());
    MUST_BE(&s_self);
}

static void service_without_capabilities(void *arg)
{
    (void)arg;
    self_without_capabilities(&s_self);
}

/* A client below IMPERSONATE opens nothing, and neither does the anonymous identity (V-24, W-10,
 * W-19). */
static void V_24_low_levels_open_nothing(void *arg)
{
    HANDLE handle;

    (void)arg;
    start();
    handle = alice_handle(GUISE_LEVEL_IDENTIFY);
    CHILD_CHECK(ImpersonateLoggedOnUser(handle));
    MUST_BE(&s_nobody);
    CHILD_CHECK(try_open("of-alice") == EACCES);
    CHILD_CHECK(is_user(GetCurrentThreadToken(), ALICE)); /* the identity is still known */
    CHILD_CHECK(ImpersonateAnonymousToken(GetCurrentThread()));
    MUST_BE(&s_nobody);
    CHILD_CHECK(try_open("of-alice") == EACCES);
    CHILD_CHECK(RevertToSelf());
    MUST_BE(&s_self);
    CHILD_CHECK(CloseHandle(handle));
}

static void *look_and_leave(void *arg)
{
    HANDLE handle = NULL;

    (void)arg;
    MUST_BE(&s_alice); /* born as the client, for the kernel */
    CHILD_CHECK(!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &handle));
    CHILD_CHECK(GetLastError() == ERROR_NO_TOKEN);
    CHILD_CHECK(!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &handle));
    CHILD_CHECK(GetLastError() == ERROR_ACCESS_DENIED);
    MUST_BE(&s_alice); /* I-03: and nothing was changed */
    CHILD_OK(guise_thread_become_self());
    CHILD_CHECK(is_user(GetCurrentProcessToken(), s_self.uid[EFFECTIVE]));
    MUST_BE(&s_self);
    return NULL;
}

/* W-20, W-21, V-47: a thread made by a client does not say that it is the process until the program
 * does. */
static void V_47_a_thread_born_as_a_client(void *arg)
{
    HANDLE handle;

    (void)arg;
    start();
    handle = alice_handle(GUISE_LEVEL_IMPERSONATE);
    CHILD_CHECK(SetThreadToken(NULL, handle));
    child_thread(look_and_leave, NULL);
    MUST_BE(&s_alice);
    CHILD_CHECK(RevertToSelf());
    CHILD_CHECK(CloseHandle(handle));
}

static int make_files(void **state)
{
    if (kernel_dir_make(state) != 0) {
        return -1;
    }
    kernel_file("of-root", 0, 0, 0600);
    kernel_file("of-alice", ALICE, ALICE, 0600);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        kernel_test(set_impersonate_revert),         kernel_test(two_reverts),
        kernel_test(process_token_as_the_client),    kernel_test(self_without_capabilities),
        kernel_test(service_without_capabilities),   kernel_test(V_24_low_levels_open_nothing),
        kernel_test(V_47_a_thread_born_as_a_client),
    };

    if (geteuid() != 0) {
        test_skip_program("needs root");
    }
    return cmocka_run_group_tests(tests, make_files, kernel_dir_remove);
}
