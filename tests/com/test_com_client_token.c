/* SPDX-License-Identifier: MIT */
/*
 * Win32's token functions in a server: what they say of clients, calls and the process, and what
 * they leave in the slot, which is the core's. The stage is that of the core's own tests;
 * scene_teardown counts the tokens' references, com_teardown the objects behind handles.
 */
#define _DEFAULT_SOURCE /* setgroups */
#define _POSIX_C_SOURCE 200809L
#include "com_scene.h"

#include <errno.h>
#include <grp.h>
#include <string.h>

#include <aclapi.h>
#include <guisecom.h>

#include "support/child.h"

#include "identity/provider.h"

/* A number that no function writes. */
#define UNTOUCHED 0x5AFE5AFEu

/* It says no: FALSE, and exactly this last error. */
#define IS_REFUSED(call, error)                                                                    \
    (SetLastError(UNTOUCHED), (call) == FALSE && GetLastError() == (error))
/* It says yes, and leaves the last error alone. */
#define IS_DONE(call) (SetLastError(UNTOUCHED), (call) == TRUE && GetLastError() == UNTOUCHED)

/* ---- helpers --------------------------------------------------------------------------------- */

enum { UID = 1, GID = 2 }; /* below S-1-22 */

/* The bytes of S-1-22-kind-id. */
struct unix_sid {
    BYTE head[8];
    DWORD kind, id;
};

static struct unix_sid unix_sid(DWORD kind, DWORD id)
{
    return (struct unix_sid){{1, 2, 0, 0, 0, 0, 0, 22}, kind, id};
}

static bool is_unix_sid(PSID sid, DWORD kind, DWORD id)
{
    struct unix_sid expected = unix_sid(kind, id);

    return memcmp(sid, &expected, sizeof expected) == 0;
}

/* One sub-authority; the last byte of the authority. */
static SID short_sid(BYTE authority, DWORD part)
{
    return (SID){1, 1, {{0, 0, 0, 0, 0, authority}}, {part}};
}

/* An open handle, or NULL. */
static HANDLE handle_of(const guise_token *token, DWORD access)
{
    HANDLE handle = POISON;

    return IS_DONE(GuiseOpenToken(token, access, &handle)) ? handle : NULL;
}

static HANDLE thread_handle(DWORD access)
{
    HANDLE handle = POISON;

    return IS_DONE(OpenThreadToken(GetCurrentThread(), access, TRUE, &handle)) ? handle : NULL;
}

/* OpenThreadToken with these arguments fails in exactly this way. */
static bool cannot_open(HANDLE thread, DWORD access, BOOL as_self, DWORD error)
{
    HANDLE handle = POISON;

    return IS_REFUSED(OpenThreadToken(thread, access, as_self, &handle), error) && handle == NULL;
}

/* This class cannot be had from that handle, for this reason; nothing is told. */
static bool cannot_ask(HANDLE handle, TOKEN_INFORMATION_CLASS name, DWORD error)
{
    unsigned char buffer[64];
    DWORD length = UNTOUCHED;

    memset(buffer, 0x5A, sizeof buffer);
    return IS_REFUSED(GetTokenInformation(handle, name, buffer, sizeof buffer, &length), error) &&
           length == 0 && buffer[0] == 0x5A;
}

static bool is_user(HANDLE handle, DWORD uid)
{
    union {
        TOKEN_USER user;
        unsigned char bytes[sizeof(TOKEN_USER) + 16];
    } buffer;
    DWORD length = UNTOUCHED;

    memset(&buffer, 0x5A, sizeof buffer);
    return IS_DONE(GetTokenInformation(handle, TokenUser, &buffer, sizeof buffer, &length)) &&
           length == sizeof buffer && is_unix_sid(buffer.user.User.Sid, UID, uid) &&
           buffer.user.User.Attributes == 0;
}

static TOKEN_STATISTICS statistics_of(HANDLE handle)
{
    TOKEN_STATISTICS statistics;
    DWORD length = UNTOUCHED;

    memset(&statistics, 0x5A, sizeof statistics);
    (void)GetTokenInformation(handle, TokenStatistics, &statistics, sizeof statistics, &length);
    return statistics;
}

/* What a check answers, in variables that were poisoned before. */
struct answer {
    PRIVILEGE_SET used;
    DWORD used_length, granted;
    BOOL status;
};

enum { READ = 1, WRITE = 2 };

/* Of an object of root's that the uid may read and no one else may write. */
static BOOL may(HANDLE client, DWORD uid, DWORD desired, struct answer *answer)
{
    GENERIC_MAPPING mapping = {READ, WRITE, 0, READ | WRITE};
    struct unix_sid owner = unix_sid(UID, 0), reader = unix_sid(UID, uid);
    SECURITY_DESCRIPTOR descriptor;
    union {
        ACL acl;
        unsigned char bytes[64];
    } list;
    DWORD error;
    BOOL done;

    memset(answer, 0x5A, sizeof *answer);
    answer->used_length = sizeof answer->used;
    if (!InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorOwner(&descriptor, &owner, FALSE) ||
        !SetSecurityDescriptorGroup(&descriptor, &owner, FALSE) ||
        !InitializeAcl(&list.acl, sizeof list, ACL_REVISION) ||
        !AddAccessAllowedAce(&list.acl, ACL_REVISION, READ, &reader) ||
        !SetSecurityDescriptorDacl(&descriptor, TRUE, &list.acl, FALSE)) {
        abort();
    }
    SetLastError(UNTOUCHED);
    done = AccessCheck(&descriptor, client, desired, &mapping, &answer->used, &answer->used_length,
                       &answer->granted, &answer->status);
    error = GetLastError();
    SetLastError(error);
    return done;
}

static bool check_is_refused(HANDLE client, DWORD error)
{
    struct answer answer;

    return !may(client, 1001, READ, &answer) && GetLastError() == error &&
           answer.status == 0x5A5A5A5A && answer.granted == 0x5A5A5A5A &&
           answer.used.PrivilegeCount == 0x5A5A5A5A;
}

static bool membership_is_refused(HANDLE handle, DWORD error)
{
    SID world = short_sid(1, 0);
    BOOL is_member = TRUE;

    return IS_REFUSED(CheckTokenMembership(handle, &world, &is_member), error) && !is_member;
}

/* -1: it could not be found out. */
static int is_member(HANDLE handle, PSID sid)
{
    BOOL member = UNTOUCHED & 0x7FFFFFFF;

    return IS_DONE(CheckTokenMembership(handle, sid, &member)) ? member : -1;
}

static guise_call *call_at(const guise_token *token, guise_level level)
{
    guise_blanket blanket = {
        .size = sizeof blanket, .authn_level = GUISE_AUTHN_LEVEL_PKT, .level = level};
    guise_context *context = TEST_POISON(guise_context);
    guise_call *call;

    assert_ok(guise_context_create(&blanket, token, &context));
    call = make_call(context);
    guise_context_unref(context);
    return call;
}

/* ---- the slot is one, for every writer ------------------------------------------------------- */

static guise_result v13(guise_call *call, void *arg)
{
    struct scene *s = arg;
    HANDLE own = handle_of(s->own_token, TOKEN_IMPERSONATE);

    (void)call;
    CHECK(s, IS_DONE(SetThreadToken(NULL, own)));
    CHECK(s, CloseHandle(own));
    CHECK(s, is_only_set(s->own_token));
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, is_client(s->alice));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_only_set(s->own_token));
    CHECK(s, IS_DONE(RevertToSelf())); /* The slot is empty, with any token before (W-11). */
    CHECK(s, is_self());
    return GUISE_OK;
}

static void com_V_13_revert_restores_the_token_that_was_set(void **state)
{
    scene_dispatch(*state, v13);
}

static guise_result w12(guise_call *call, void *arg)
{
    struct scene *s = arg;
    HANDLE own = handle_of(s->own_token, TOKEN_IMPERSONATE);

    (void)call;
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, IS_DONE(RevertToSelf()));
    CHECK(s, guise_thread_token() == NULL && is_worn());
    CHECK(s, guise_is_impersonating()); /* COM's revert is still owed */
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_self());

    CHECK(s, IS_DONE(SetThreadToken(NULL, own)));
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, IS_DONE(RevertToSelf()));
    CHECK(s, guise_thread_token() == NULL);
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_only_set(s->own_token)); /* what it saved is not what was there last */
    CHECK(s, CloseHandle(own));
    return GUISE_OK; /* and the frame takes it off */
}

/* W-12: Win32's revert and COM's do not know of each other. */
static void com_the_two_reverts_stay_apart(void **state)
{
    scene_dispatch(*state, w12);
}

/* W-04, W-06, W-23: a handle has a reference, and so has the slot; each goes when it should. */
static void com_references_are_exact(void **state)
{
    struct scene *s = *state;
    HANDLE alice = handle_of(s->alice_token, TOKEN_IMPERSONATE | TOKEN_QUERY);
    HANDLE bob = handle_of(s->bob_token, TOKEN_IMPERSONATE | TOKEN_QUERY), again;

    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS + 1);
    assert_true(IS_DONE(SetThreadToken(NULL, alice)));
    assert_true(is_only_set(s->alice_token));
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS + 2);
    assert_true(IS_DONE(SetThreadToken(NULL, alice)));
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS + 2);
    again = thread_handle(TOKEN_QUERY);
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS + 3);
    assert_true(IS_DONE(ImpersonateLoggedOnUser(bob)));
    assert_true(is_only_set(s->bob_token));
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS + 2);
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS + 2);
    assert_true(CloseHandle(bob));
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS + 1);
    assert_true(IS_DONE(RevertToSelf()));
    assert_int_equal(token_refs(s->bob_token), SCENE_TOKEN_REFS);
    assert_true(CloseHandle(alice));
    assert_true(CloseHandle(again));
}

/* W-04, W-05, W-06: a refused token changes nothing. */
static void com_refusals_leave_the_slot_alone(void **state)
{
    struct scene *s = *state;
    HANDLE primary = POISON, blind = handle_of(s->bob_token, TOKEN_QUERY | TOKEN_DUPLICATE);
    HANDLE process = GetCurrentProcess();

    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &primary));
    assert_ok(guise_set_thread_token(s->alice_token));
    assert_true(IS_REFUSED(SetThreadToken(NULL, primary), ERROR_BAD_TOKEN_TYPE));
    assert_true(IS_REFUSED(SetThreadToken(NULL, blind), ERROR_ACCESS_DENIED));
    assert_true(IS_REFUSED(SetThreadToken(&process, blind), ERROR_INVALID_HANDLE));
    assert_true(IS_REFUSED(SetThreadToken(NULL, GetCurrentThreadToken()), ERROR_INVALID_HANDLE));
    assert_true(IS_REFUSED(ImpersonateLoggedOnUser(blind), ERROR_ACCESS_DENIED));
    assert_true(
        IS_REFUSED(ImpersonateLoggedOnUser(GetCurrentProcessToken()), ERROR_INVALID_HANDLE));
    assert_true(IS_REFUSED(ImpersonateSelf((SECURITY_IMPERSONATION_LEVEL)4),
                           ERROR_BAD_IMPERSONATION_LEVEL));
    assert_true(IS_REFUSED(ImpersonateSelf((SECURITY_IMPERSONATION_LEVEL)-1),
                           ERROR_BAD_IMPERSONATION_LEVEL));
    assert_true(IS_REFUSED(ImpersonateAnonymousToken(GetCurrentProcess()), ERROR_INVALID_HANDLE));
    assert_true(is_only_set(s->alice_token));
    assert_true(CloseHandle(blind));
    assert_true(CloseHandle(primary));
    assert_true(RevertToSelf());
}

/* The provider's no is told as such. */
static void com_a_thread_that_cannot_become_it(void **state)
{
    struct scene *s = *state;
    HANDLE alice = handle_of(s->alice_token, TOKEN_IMPERSONATE | TOKEN_QUERY);

    if (!scene_is_faked) {
        assert_true(CloseHandle(alice));
        return;
    }
    fake_fail(FAKE_ENTER, 0, 4, GUISE_E_ACCESS_DENIED);
    assert_true(IS_REFUSED(SetThreadToken(NULL, alice), ERROR_ACCESS_DENIED));
    assert_true(IS_REFUSED(ImpersonateLoggedOnUser(alice), ERROR_ACCESS_DENIED));
    assert_true(IS_REFUSED(ImpersonateSelf(SecurityImpersonation), ERROR_ACCESS_DENIED));
    assert_true(IS_REFUSED(ImpersonateAnonymousToken(GetCurrentThread()), ERROR_ACCESS_DENIED));
    assert_true(is_self());
    assert_true(CloseHandle(alice));
}

/* The anonymous identity, which has no ids (W-10, W-27). */
static void com_anonymous_is_nobody(void **state)
{
    const guise_token *token;

    (void)state;
    assert_true(IS_DONE(ImpersonateAnonymousToken(GetCurrentThread())));
    token = guise_thread_token();
    assert_non_null(token);
    assert_true(is_only_set(token));
    assert_int_equal(guise_token_level(token), GUISE_LEVEL_ANONYMOUS);
    assert_true(guise_token_uid(token) != geteuid());
    assert_false(guise_token_has_ids(token));
    assert_int_equal(guise_token_uid(token), guise__limits()->overflow_uid);
    assert_true(guise_token_gid(token) != getegid());
    assert_string_equal(guise_token_name(token), "");
    assert_true(cannot_open(GetCurrentThread(), TOKEN_QUERY, TRUE, ERROR_CANT_OPEN_ANONYMOUS));
    assert_true(IS_DONE(RevertToSelf()));
    assert_true(is_self());
}

/* ---- a client without ids (W-27) -------------------------------------------------------------- */

static guise_token *token_without_ids(const char *key)
{
    guise_identity who = {.size = sizeof who, .mechanism = "krb5", .key = key, .key_size = 1};
    guise_token *token = TEST_POISON(guise_token);

    assert_ok(guise_token_create_without_ids(&who, key, GUISE_LEVEL_IDENTIFY, &token));
    return token;
}

static bool is_anonymous_logon(PSID sid)
{
    SID anonymous = short_sid(5, 7);

    return EqualSid(sid, &anonymous) != FALSE;
}

/* The class is one SID with this length before it, and that is S-1-5-7. */
static bool is_anonymous(HANDLE handle, TOKEN_INFORMATION_CLASS name, size_t before)
{
    union {
        PSID sid; /* first in TOKEN_USER, TOKEN_OWNER and TOKEN_PRIMARY_GROUP */
        unsigned char bytes[64];
    } buffer;
    DWORD length = UNTOUCHED;

    memset(&buffer, 0x5A, sizeof buffer);
    return IS_DONE(GetTokenInformation(handle, name, &buffer, sizeof buffer, &length)) &&
           length == before + sizeof(SID) && is_anonymous_logon(buffer.sid);
}

static void com_without_ids_is_anonymous_logon(void **state)
{
    guise_token *token = token_without_ids("a");
    HANDLE handle = handle_of(token, TOKEN_QUERY);
    SID anonymous = short_sid(5, 7), world = short_sid(1, 0), known = short_sid(5, 11);
    struct unix_sid user = unix_sid(UID, guise_token_uid(token));
    struct unix_sid group = unix_sid(GID, guise_token_gid(token));
    TOKEN_GROUPS groups;
    DWORD length = UNTOUCHED;

    (void)state;
    assert_true(is_anonymous(handle, TokenUser, sizeof(TOKEN_USER)));
    assert_true(is_anonymous(handle, TokenOwner, sizeof(TOKEN_OWNER)));
    assert_true(is_anonymous(handle, TokenPrimaryGroup, sizeof(TOKEN_PRIMARY_GROUP)));
    memset(&groups, 0x5A, sizeof groups);
    assert_true(IS_DONE(GetTokenInformation(handle, TokenGroups, &groups, sizeof groups, &length)));
    assert_int_equal(groups.GroupCount, 0);
    assert_int_equal(statistics_of(handle).GroupCount, 0);
    assert_int_equal(is_member(handle, &anonymous), TRUE);
    assert_int_equal(is_member(handle, &world), FALSE);
    assert_int_equal(is_member(handle, &known), FALSE);
    assert_int_equal(is_member(handle, &user), FALSE);
    assert_int_equal(is_member(handle, &group), FALSE);
    assert_true(CloseHandle(handle));
    guise_token_unref(token);
}

/* Not what the overflow uid may, and not what the owner may: S-1-5-7 owns it, but is nobody. */
static void com_without_ids_owns_nothing(void **state)
{
    guise_token *token = token_without_ids("a");
    HANDLE handle = handle_of(token, TOKEN_QUERY);
    GENERIC_MAPPING mapping = {READ, WRITE, 0, READ | WRITE};
    SID anonymous = short_sid(5, 7);
    SECURITY_DESCRIPTOR descriptor;
    struct answer answer;
    ACL empty;

    (void)state;
    assert_true(may(handle, guise_token_uid(token), READ, &answer));
    assert_int_equal(answer.status, FALSE);
    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorOwner(&descriptor, &anonymous, FALSE));
    assert_true(SetSecurityDescriptorGroup(&descriptor, &anonymous, FALSE));
    assert_true(InitializeAcl(&empty, sizeof empty, ACL_REVISION));
    assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, &empty, FALSE));
    answer.used_length = sizeof answer.used;
    answer.status = TRUE;
    assert_true(AccessCheck(&descriptor, handle, READ_CONTROL, &mapping, &answer.used,
                            &answer.used_length, &answer.granted, &answer.status));
    assert_int_equal(answer.status, FALSE);
    assert_int_equal(answer.granted, 0);
    assert_true(CloseHandle(handle));
    guise_token_unref(token);
}

/* A list for CURRENT_USER would be one for all that nobody knows. */
static void com_without_ids_is_no_current_user(void **state)
{
    guise_token *token = token_without_ids("a");
    EXPLICIT_ACCESSA access;
    PACL list = POISON;

    (void)state;
    memset(&access, 0, sizeof access);
    access.grfAccessPermissions = READ;
    access.grfAccessMode = GRANT_ACCESS;
    access.Trustee.TrusteeForm = TRUSTEE_IS_NAME;
    access.Trustee.ptstrName = (LPSTR)(uintptr_t) "CURRENT_USER";
    assert_ok(guise_set_thread_token(token));
    assert_int_equal(SetEntriesInAclA(1, &access, NULL, &list), ERROR_NONE_MAPPED);
    assert_ok(guise_set_thread_token(NULL));
    guise_token_unref(token);
}

/* As the process, at that level, and as no client (W-09). */
static void com_self_is_the_process(void **state)
{
    HANDLE handle;

    (void)state;
    assert_true(IS_DONE(ImpersonateSelf(SecurityDelegation)));
    assert_true(is_only_set(guise_thread_token()));
    assert_int_equal(guise_token_level(guise_thread_token()), GUISE_LEVEL_DELEGATE);
    handle = thread_handle(TOKEN_QUERY);
    assert_true(is_user(handle, (DWORD)geteuid()));
    assert_true(CloseHandle(handle));
    assert_true(IS_DONE(ImpersonateSelf(SecurityAnonymous))); /* from the process, not the slot */
    assert_true(IS_DONE(ImpersonateSelf(SecurityImpersonation)));
    assert_int_equal(guise_token_level(guise_thread_token()), GUISE_LEVEL_IMPERSONATE);
    assert_true(IS_DONE(RevertToSelf()));
    assert_true(is_self());
}

/* ---- opening what is in the slot ------------------------------------------------------------- */

/* W-01 to W-03, one after the other. */
static void com_refusals_to_open_have_an_order(void **state)
{
    struct scene *s = *state;
    guise_token *low = TEST_POISON(guise_token);

    assert_true(IS_REFUSED(OpenThreadToken(NULL, 0, FALSE, NULL), ERROR_INVALID_PARAMETER));
    assert_true(cannot_open(NULL, 0, FALSE, ERROR_INVALID_HANDLE));
    assert_true(cannot_open(GetCurrentProcess(), 0, FALSE, ERROR_INVALID_HANDLE));
    assert_true(cannot_open(GetCurrentThread(), 0, FALSE, ERROR_NO_TOKEN));

    assert_ok(guise_token_duplicate(s->alice_token, GUISE_LEVEL_ANONYMOUS, &low));
    assert_ok(guise_set_thread_token(low));
    guise_token_unref(low);
    assert_true(cannot_open(GetCurrentThread(), 0, TRUE, ERROR_CANT_OPEN_ANONYMOUS));
    assert_true(cannot_open(GetCurrentThread(), 0, FALSE, ERROR_CANT_OPEN_ANONYMOUS));

    assert_ok(guise_token_duplicate(s->alice_token, GUISE_LEVEL_IDENTIFY, &low));
    assert_ok(guise_set_thread_token(low));
    guise_token_unref(low);
    assert_true(cannot_open(GetCurrentThread(), 0, FALSE, ERROR_BAD_IMPERSONATION_LEVEL));
    assert_true(cannot_open(GetCurrentThread(), 0, TRUE, ERROR_ACCESS_DENIED));

    assert_ok(guise_set_thread_token(s->alice_token));
    assert_true(cannot_open(GetCurrentThread(), 0, FALSE, ERROR_ACCESS_DENIED));
    assert_true(IS_DONE(RevertToSelf()));
}

/* The handle's rights are those that tokens have, and only what was asked for. */
static void com_rights_that_tokens_do_not_have(void **state)
{
    static const DWORD unknown[] = {
        0, SYNCHRONIZE, TOKEN_QUERY | SYNCHRONIZE, 0x200, TOKEN_ALL_ACCESS | 0x8000, 0x04000000};
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        HANDLE handle = POISON, process = POISON;

        assert_true(
            IS_REFUSED(GuiseOpenToken(s->alice_token, unknown[i], &handle), ERROR_ACCESS_DENIED));
        assert_null(handle);
        assert_true(IS_REFUSED(OpenProcessToken(GetCurrentProcess(), unknown[i], &process),
                               ERROR_ACCESS_DENIED));
        assert_null(process);
    }
    assert_int_equal(token_refs(s->alice_token), SCENE_TOKEN_REFS);
}

static void com_system_security_takes_a_privilege(void **state)
{
    struct scene *s = *state;
    HANDLE handle = POISON;

    assert_true(
        IS_REFUSED(GuiseOpenToken(s->alice_token, TOKEN_QUERY | ACCESS_SYSTEM_SECURITY, &handle),
                   ERROR_PRIVILEGE_NOT_HELD));
    assert_null(handle);
}

static void com_generic_rights_are_mapped(void **state)
{
    struct scene *s = *state;
    HANDLE read = handle_of(s->alice_token, GENERIC_READ);
    HANDLE write = handle_of(s->alice_token, GENERIC_WRITE);
    HANDLE execute = handle_of(s->alice_token, GENERIC_EXECUTE), none = POISON;

    assert_true(is_user(read, 1001));
    assert_true(IS_REFUSED(SetThreadToken(NULL, read), ERROR_ACCESS_DENIED));
    assert_true(IS_REFUSED(DuplicateToken(read, SecurityAnonymous, &none), ERROR_ACCESS_DENIED));
    assert_null(none);
    assert_true(cannot_ask(write, TokenUser, ERROR_ACCESS_DENIED));
    assert_true(cannot_ask(execute, TokenUser, ERROR_ACCESS_DENIED));
    assert_true(CloseHandle(execute));
    assert_true(CloseHandle(write));
    assert_true(CloseHandle(read));
}

static void com_open_a_token_of_the_programs_own(void **state)
{
    struct scene *s = *state;
    HANDLE handle = POISON;

    assert_true(IS_REFUSED(GuiseOpenToken(NULL, TOKEN_QUERY, &handle), ERROR_INVALID_PARAMETER));
    assert_null(handle);
    assert_true(
        IS_REFUSED(GuiseOpenToken(s->own_token, TOKEN_QUERY, NULL), ERROR_INVALID_PARAMETER));
    handle = handle_of(s->own_token, TOKEN_ALL_ACCESS);
    assert_int_equal(token_refs(s->own_token), SCENE_TOKEN_REFS + 1);
    assert_int_equal(statistics_of(handle).TokenType, TokenImpersonation);
    assert_true(CloseHandle(handle));
    assert_true(IS_REFUSED(CloseHandle(handle), ERROR_INVALID_HANDLE));
}

static void com_out_of_memory(void **state)
{
    struct scene *s = *state;
    HANDLE handle = POISON, other = handle_of(s->alice_token, TOKEN_DUPLICATE);

    atomic_store(&s_refuse, true);
    assert_true(
        IS_REFUSED(GuiseOpenToken(s->own_token, TOKEN_QUERY, &handle), ERROR_NOT_ENOUGH_MEMORY));
    assert_null(handle);
    handle = POISON;
    assert_true(
        IS_REFUSED(DuplicateToken(other, SecurityAnonymous, &handle), ERROR_NOT_ENOUGH_MEMORY));
    assert_null(handle);
    handle = POISON;
    assert_true(IS_REFUSED(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &handle),
                           ERROR_NOT_ENOUGH_MEMORY));
    assert_null(handle);
    atomic_store(&s_refuse, false);
    assert_true(CloseHandle(other));
}

/* ---- V-23, V-24: levels ---------------------------------------------------------------------- */

static guise_result v23(guise_call *call, void *arg)
{
    struct scene *s = arg;
    HANDLE thread = GetCurrentThread(), own;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, cannot_open(thread, TOKEN_QUERY, TRUE, ERROR_CANT_OPEN_ANONYMOUS));
    CHECK(s, cannot_open(thread, TOKEN_QUERY, FALSE, ERROR_CANT_OPEN_ANONYMOUS));
    CHECK(s, check_is_refused(GetCurrentThreadToken(), ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, membership_is_refused(NULL, ERROR_CANT_OPEN_ANONYMOUS));
    CHECK(s, membership_is_refused(GetCurrentThreadToken(), ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, cannot_ask(GetCurrentThreadToken(), TokenUser, ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, cannot_ask(GetCurrentThreadToken(), TokenGroups, ERROR_BAD_IMPERSONATION_LEVEL));

    own = handle_of(guise_thread_token(), TOKEN_QUERY); /* a guise server's own way in */
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, check_is_refused(own, ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, membership_is_refused(own, ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, is_user(own, 1001));
    CHECK(s, statistics_of(own).ImpersonationLevel == SecurityAnonymous);
    CHECK(s, statistics_of(own).GroupCount == 3);
    CHECK(s, CloseHandle(own));
    return guise_call_signal(call);
}

/* V-23, W-03: impersonated, but not opened, and checked against nothing. */
static void com_V_23_an_anonymous_client(void **state)
{
    struct scene *s = *state;
    guise_call *call = call_at(s->alice_token, GUISE_LEVEL_ANONYMOUS);

    scene_dispatch_call(s, call, v23, GUISE_OK);
    guise_call_unref(call);
}

static guise_result v24(guise_call *call, void *arg)
{
    struct scene *s = arg;
    HANDLE thread = GetCurrentThread(), client;
    struct answer answer;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, cannot_open(thread, TOKEN_QUERY, FALSE, ERROR_BAD_IMPERSONATION_LEVEL));
    client = thread_handle(TOKEN_QUERY | TOKEN_DUPLICATE);
    CHECK(s, client != NULL);
    CHECK(s, is_user(client, 1001));
    CHECK(s, may(client, 1001, READ, &answer) && GetLastError() == UNTOUCHED);
    CHECK(s, answer.status == TRUE && answer.granted == READ);
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, may(client, 1001, WRITE, &answer) && GetLastError() == ERROR_ACCESS_DENIED);
    CHECK(s, answer.status == FALSE && answer.granted == 0);
    CHECK(s, statistics_of(client).ImpersonationLevel == SecurityIdentification);
    CHECK(s, CloseHandle(client));
    return guise_call_signal(call);
}

/* V-24, W-02, W-18, W-19: opened by the process only, and good for checks. */
static void com_V_24_a_client_to_identify(void **state)
{
    struct scene *s = *state;
    guise_call *call = call_at(s->alice_token, GUISE_LEVEL_IDENTIFY);

    scene_dispatch_call(s, call, v24, GUISE_OK);
    guise_call_unref(call);
}

static guise_result at_impersonate(guise_call *call, void *arg)
{
    struct scene *s = arg;
    HANDLE handle = POISON;

    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, IS_DONE(OpenThreadToken(GetCurrentThread(), TOKEN_ALL_ACCESS, FALSE, &handle)));
    CHECK_OK(s, guise_call_signal(call));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    s->extra = handle;
    return GUISE_OK;
}

/* A token that the program opened is the program's: it is good after the call (and Signal). */
static void com_a_handle_outlives_its_call(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, at_impersonate);
    guise_call_unref(s->call);
    s->call = NULL;
    assert_true(is_user(s->extra, 1001));
    assert_true(IS_DONE(SetThreadToken(NULL, s->extra)));
    assert_true(is_only_set(guise_thread_token()));
    assert_int_equal(guise_token_uid(guise_thread_token()), 1001);
    assert_true(IS_DONE(RevertToSelf()));
    assert_true(CloseHandle(s->extra));
}

/* ---- W-20 to W-22: the process, and other threads -------------------------------------------- */

/* The process's groups, and not those of the client in its slot. */
static bool is_process(HANDLE handle)
{
    unsigned char buffer[4096];
    DWORD length = UNTOUCHED;
    struct unix_sid primary = unix_sid(GID, (DWORD)getegid());
    struct unix_sid alices = unix_sid(GID, 1001);
    HANDLE copy = POISON;
    bool same;

    if (!is_user(handle, (DWORD)geteuid()) ||
        !GetTokenInformation(handle, TokenGroups, buffer, sizeof buffer, &length) ||
        !DuplicateToken(handle, SecurityIdentification, &copy)) {
        return false;
    }
    same = is_member(copy, &primary) == TRUE && is_member(copy, &alices) == FALSE;
    return CloseHandle(copy) && same;
}

static guise_result asks_for_the_process(guise_call *call, void *arg)
{
    struct scene *s = arg;
    HANDLE process = POISON, copy;

    (void)call;
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    if (scene_is_faked) {
        fake_log_clear();
    }
    CHECK(s,
          IS_DONE(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &process)));
    CHECK(s, !scene_is_faked || strcmp(fake_log(), "-a+a") == 0); /* it looked as itself */
    CHECK(s, is_client(s->alice));
    CHECK(s, is_process(process));
    CHECK(s, is_user(GetCurrentProcessToken(), (DWORD)geteuid()));
    CHECK(s, is_user(GetCurrentThreadEffectiveToken(), 1001));
    CHECK(s, IS_DONE(ImpersonateSelf(SecurityImpersonation)));
    copy = thread_handle(TOKEN_QUERY);
    CHECK(s, is_user(copy, (DWORD)geteuid()));
    CHECK(s, CloseHandle(copy));
    CHECK(s, CloseHandle(process));
    CHECK_HR(s, CoRevertToSelf(), S_OK);
    CHECK(s, is_self());
    return GUISE_OK;
}

/* W-20: the process is asked as itself, and the client is back. */
static void com_the_process_is_not_the_client(void **state)
{
    scene_dispatch(*state, asks_for_the_process);
}

static guise_result outer_of_process(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK_OK(s, guise_call_run(s->call, asks_for_the_process, s));
    CHECK(s, is_client(s->bob));
    return GUISE_OK;
}

static void com_the_process_from_a_nested_frame(void **state)
{
    struct scene *s = *state;

    scene_dispatch_call(s, s->other, outer_of_process, GUISE_OK);
}

static void asks_as_a_stranger(struct wt *w)
{
    HANDLE process = POISON;

    fake_fail(FAKE_VERIFY, 0, FAKE_ALWAYS, GUISE_E_ACCESS_DENIED);
    WT_CHECK(w, IS_REFUSED(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &process),
                           ERROR_ACCESS_DENIED));
    WT_CHECK(w, process == NULL);
    WT_CHECK(w, cannot_ask(GetCurrentProcessToken(), TokenUser, ERROR_ACCESS_DENIED));
    WT_CHECK(w, membership_is_refused(NULL, ERROR_ACCESS_DENIED));
    WT_CHECK(w, IS_REFUSED(ImpersonateSelf(SecurityAnonymous), ERROR_ACCESS_DENIED));
}

static void asks_when_born_as_a_client(struct wt *w)
{
    HANDLE process = POISON;

    fake_born_as_client();
    WT_CHECK(w, IS_REFUSED(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &process),
                           ERROR_ACCESS_DENIED));
    WT_CHECK(w, !fake_is_self());
    WT_CHECK_RESULT(w, guise_thread_become_self(), GUISE_OK);
    WT_CHECK(
        w, IS_DONE(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &process)));
    WT_CHECK(w, is_process(process));
    WT_CHECK(w, CloseHandle(process));
}

/* The identity of the process is not read on a thread that has another one for the kernel. */
static void com_a_thread_that_is_not_the_process(void **state)
{
    if (scene_is_faked) {
        scene_elsewhere(*state, asks_as_a_stranger);
        scene_elsewhere(*state, asks_when_born_as_a_client);
    }
}

static void has_no_token(struct wt *w)
{
    SID world = short_sid(1, 0);
    struct unix_sid alice = unix_sid(UID, 1001);

    WT_CHECK(w, cannot_open(GetCurrentThread(), TOKEN_QUERY, TRUE, ERROR_NO_TOKEN));
    WT_CHECK(w, cannot_ask(GetCurrentThreadToken(), TokenUser, ERROR_NO_TOKEN));
    WT_CHECK(w, is_member(NULL, &world) == TRUE);
    WT_CHECK(w, is_member(NULL, &alice) == FALSE);
}

static guise_result makes_a_thread(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    CHECK(s, elsewhere(s, has_no_token));
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

/* W-21 */
static void com_V_47_a_thread_made_by_a_client(void **state)
{
    scene_dispatch(*state, makes_a_thread);
}

static void works_for_a_client(struct wt *w)
{
    struct scene *s = w->arg;

    wt_latch_wait(&s->ready);
    has_no_token(w);
    wt_latch_open(&s->done);
}

static guise_result hands_work_on(guise_call *call, void *arg)
{
    struct scene *s = arg;

    (void)call;
    CHECK_HR(s, CoImpersonateClient(), S_OK);
    wt_latch_open(&s->ready);
    wt_latch_wait(&s->done);
    CHECK(s, is_client(s->alice));
    return GUISE_OK;
}

/* A thread that hands work to another thread does not hand on its impersonation (W-22). */
static void com_no_token_follows_work(void **state)
{
    struct scene *s = *state;
    struct wt w;

    test_watchdog(20);
    wt_start(&w, works_for_a_client, s);
    scene_dispatch(s, hands_work_on);
    wt_join(&w);
}

/* ---- what a token says ----------------------------------------------------------------------- */

enum { ENABLED = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED };

static bool is_group(const SID_AND_ATTRIBUTES *group, PSID sid)
{
    return EqualSid(group->Sid, sid) && group->Attributes == ENABLED;
}

/* Ids that are at home in no byte. */
static guise_token *token_in_groups(void)
{
    static const gid_t groups[] = {0x01020304, 70000};
    guise_token_desc desc = {.size = sizeof desc,
                             .uid = 0x0A0B0C0D,
                             .gid = 80000,
                             .groups = groups,
                             .group_count = 2,
                             .level = GUISE_LEVEL_DELEGATE};
    guise_token *token = TEST_POISON(guise_token);

    assert_ok(guise_token_create(&desc, &token));
    return token;
}

/* W-15, W-16: exactly these, in exactly so many bytes, wherever the buffer begins. */
static void com_groups_of_a_token(void **state)
{
    guise_token *token = token_in_groups();
    HANDLE handle = handle_of(token, TOKEN_QUERY);
    struct unix_sid first = unix_sid(GID, 70000), second = unix_sid(GID, 80000);
    struct unix_sid third = unix_sid(GID, 0x01020304);
    SID world = short_sid(1, 0), users = short_sid(5, 11);
    DWORD expected =
        (DWORD)(offsetof(TOKEN_GROUPS, Groups) + 5 * sizeof(SID_AND_ATTRIBUTES) + 3 * 16 + 2 * 12);
    DWORD length = UNTOUCHED;
    unsigned char buffer[513];
    SID_AND_ATTRIBUTES list[5];
    DWORD count = UNTOUCHED;

    (void)state;
    for (unsigned shift = 0; shift < 2; shift++) {
        memset(buffer, 0x5A, sizeof buffer);
        assert_true(IS_REFUSED(
            GetTokenInformation(handle, TokenGroups, buffer + shift, expected - 1, &length),
            ERROR_INSUFFICIENT_BUFFER));
        assert_int_equal(length, expected);
        assert_int_equal(buffer[shift], 0x5A);
        assert_true(
            IS_DONE(GetTokenInformation(handle, TokenGroups, buffer + shift, expected, &length)));
        assert_int_equal(length, expected);
        assert_int_equal(buffer[shift + expected], 0x5A);
        memcpy(&count, buffer + shift, sizeof count);
        assert_int_equal(count, 5);
        memcpy(list, buffer + shift + offsetof(TOKEN_GROUPS, Groups), sizeof list);
        assert_true(is_group(&list[0], &first));
        assert_true(is_group(&list[1], &second));
        assert_true(is_group(&list[2], &third));
        assert_true(is_group(&list[3], &world));
        assert_true(is_group(&list[4], &users));
        assert_true(is_user(handle, 0x0A0B0C0D));
    }
    assert_int_equal(statistics_of(handle).GroupCount, 5);
    assert_true(CloseHandle(handle));
    assert_int_equal(token_refs(token), 1);
    guise_token_unref(token);
}

/* W-17: those, and no others. */
static void com_members_of_a_tokens_groups(void **state)
{
    struct scene *s = *state;
    guise_token *token = token_in_groups();
    HANDLE handle = handle_of(token, TOKEN_QUERY);
    struct unix_sid group = unix_sid(GID, 70000), user = unix_sid(UID, 70000);
    struct unix_sid alice = unix_sid(UID, 1001);
    SID malformed = short_sid(1, 0);
    BOOL member = TRUE;

    assert_int_equal(is_member(handle, &group), TRUE);
    assert_int_equal(is_member(handle, &user), FALSE);
    assert_int_equal(is_member(handle, &alice), FALSE);
    assert_ok(guise_set_thread_token(s->alice_token));
    assert_int_equal(is_member(NULL, &alice), TRUE);
    assert_int_equal(is_member(GetCurrentThreadToken(), &alice), TRUE);
    assert_int_equal(is_member(GetCurrentThreadEffectiveToken(), &alice), TRUE);
    assert_int_equal(is_member(handle, &alice), FALSE);
    assert_true(RevertToSelf());
    assert_true(membership_is_refused(GetCurrentThreadToken(), ERROR_NO_TOKEN));
    assert_true(
        membership_is_refused(GetCurrentThreadEffectiveToken(), ERROR_NO_IMPERSONATION_TOKEN));
    assert_true(membership_is_refused(GetCurrentProcessToken(), ERROR_NO_IMPERSONATION_TOKEN));
    assert_true(membership_is_refused(GetCurrentProcess(), ERROR_INVALID_HANDLE));

    malformed.Revision = 2;
    assert_true(IS_REFUSED(CheckTokenMembership(NULL, &malformed, &member), ERROR_INVALID_SID));
    assert_int_equal(member, FALSE);
    member = TRUE;
    assert_true(IS_REFUSED(CheckTokenMembership(NULL, NULL, &member), ERROR_INVALID_SID));
    assert_int_equal(member, FALSE);
    assert_true(IS_REFUSED(CheckTokenMembership(NULL, &user, NULL), ERROR_INVALID_PARAMETER));
    assert_true(CloseHandle(handle));
    guise_token_unref(token);
}

/* W-16: ids are those of the token, and no other's ever. */
static void com_ids_follow_the_serial(void **state)
{
    struct scene *s = *state;
    HANDLE alice = handle_of(s->alice_token, TOKEN_QUERY), opened;
    TOKEN_STATISTICS one = statistics_of(alice), two;
    uint64_t number = 1000 + guise_token_serial(s->alice_token);

    assert_ok(guise_set_thread_token(s->alice_token));
    opened = thread_handle(TOKEN_QUERY);
    two = statistics_of(opened);
    assert_memory_equal(&one, &two, sizeof one);
    assert_int_equal(one.TokenId.LowPart, (DWORD)number);
    assert_int_equal(one.TokenId.HighPart, (LONG)(number >> 32));
    assert_memory_equal(&one.TokenId, &one.AuthenticationId, sizeof one.TokenId);
    assert_memory_equal(&one.TokenId, &one.ModifiedId, sizeof one.TokenId);
    assert_true(one.ExpirationTime.QuadPart == INT64_MAX);
    assert_int_equal(one.TokenType, TokenImpersonation);
    assert_int_equal(one.ImpersonationLevel, SecurityImpersonation);
    assert_int_equal(one.GroupCount, 3);
    assert_int_equal(one.PrivilegeCount, 0);
    assert_int_equal(one.DynamicCharged, 0);
    assert_int_equal(one.DynamicAvailable, 0);
    assert_true(RevertToSelf());
    assert_true(CloseHandle(opened));
    assert_true(CloseHandle(alice));
}

static bool is_same_luid(LUID left, LUID right)
{
    return left.LowPart == right.LowPart && left.HighPart == right.HighPart;
}

static HANDLE duplicate_of(HANDLE token, SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type)
{
    HANDLE copy = POISON;

    return DuplicateTokenEx(token, TOKEN_QUERY | TOKEN_DUPLICATE, NULL, level, type, &copy) ? copy
                                                                                            : NULL;
}

static void assert_duplicate(HANDLE of, HANDLE copy)
{
    TOKEN_STATISTICS one = statistics_of(of), two = statistics_of(copy);

    assert_false(is_same_luid(one.TokenId, two.TokenId));
    assert_true(is_same_luid(one.AuthenticationId, two.AuthenticationId));
    assert_true(is_same_luid(one.ModifiedId, two.ModifiedId));
}

/* W-16: of the same login, also where it is a duplicate's duplicate, or of another kind, or is worn. */
static void com_duplicates_keep_the_login(void **state)
{
    struct scene *s = *state;
    HANDLE alice = handle_of(s->alice_token, TOKEN_QUERY | TOKEN_DUPLICATE);
    HANDLE bob = handle_of(s->bob_token, TOKEN_QUERY);
    HANDLE low = duplicate_of(alice, SecurityAnonymous, TokenImpersonation);
    HANDLE primary = duplicate_of(alice, SecurityAnonymous, TokenPrimary);
    HANDLE again = duplicate_of(primary, SecurityIdentification, TokenImpersonation);

    assert_duplicate(alice, low);
    assert_duplicate(alice, primary);
    assert_duplicate(alice, again);
    assert_duplicate(primary, again);
    assert_false(
        is_same_luid(statistics_of(alice).AuthenticationId, statistics_of(bob).AuthenticationId));
    assert_true(is_user(low, 1001));
    assert_int_equal(statistics_of(low).GroupCount, statistics_of(alice).GroupCount);
    assert_ok(guise_set_thread_token(s->alice_token));
    assert_true(
        is_same_luid(statistics_of(GetCurrentThreadToken()).TokenId, statistics_of(alice).TokenId));
    assert_true(RevertToSelf());
    assert_true(CloseHandle(again));
    assert_true(CloseHandle(primary));
    assert_true(CloseHandle(low));
    assert_true(CloseHandle(bob));
    assert_true(CloseHandle(alice));
}

static HANDLE process_handle(void)
{
    HANDLE handle = POISON;

    return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &handle) ? handle
                                                                                         : NULL;
}

/* The process has one token, for every thread that opens it with any identity (W-16, W-20). */
static void com_the_process_is_one_token(void **state)
{
    struct scene *s = *state;
    HANDLE one = process_handle(), two;
    TOKEN_STATISTICS first = statistics_of(one), second;

    assert_ok(guise_set_thread_token(s->alice_token));
    two = process_handle();
    assert_true(RevertToSelf());
    second = statistics_of(two);
    assert_memory_equal(&first, &second, sizeof first);
    second = statistics_of(GetCurrentProcessToken());
    assert_memory_equal(&first, &second, sizeof first);
    assert_true(CloseHandle(one));
    assert_true(CloseHandle(two));
    one = process_handle(); /* also if no handle was left */
    second = statistics_of(one);
    assert_memory_equal(&first, &second, sizeof first);
    assert_true(ImpersonateSelf(SecurityImpersonation));
    assert_duplicate(one, GetCurrentThreadToken());
    assert_true(RevertToSelf());
    assert_true(CloseHandle(one));
}

static void change_groups(void *arg)
{
    gid_t groups[] = {70001, 70002};
    TOKEN_STATISTICS first = statistics_of(GetCurrentProcessToken()), second;

    (void)arg;
    if (setgroups(2, groups) != 0) {
        CHILD_CHECK(errno == EPERM); /* not privileged: nothing to see */
        return;
    }
    second = statistics_of(GetCurrentProcessToken());
    CHILD_CHECK(!is_same_luid(first.TokenId, second.TokenId));
    CHILD_CHECK(!is_same_luid(first.ModifiedId, second.ModifiedId));
    CHILD_CHECK(is_same_luid(second.TokenId, statistics_of(GetCurrentProcessToken()).TokenId));
}

/* Another identity is another token. */
static void com_a_process_that_changes_is_another_token(void **state)
{
    (void)state;
    assert_child_passes(change_groups, NULL);
}

/* W-16: an empty list; and PrivilegeCheck says the same. */
static void com_no_token_has_privileges(void **state)
{
    struct scene *s = *state;
    HANDLE handle = handle_of(s->alice_token, TOKEN_QUERY), blind, anonymous = POISON;
    PRIVILEGE_SET set = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{20, 0}, SE_PRIVILEGE_ENABLED}}};
    DWORD count = UNTOUCHED, length = UNTOUCHED;
    BOOL result = TRUE;

    assert_true(
        IS_DONE(GetTokenInformation(handle, TokenPrivileges, &count, sizeof count, &length)));
    assert_int_equal(length, sizeof count);
    assert_int_equal(count, 0);
    assert_true(IS_DONE(PrivilegeCheck(handle, &set, &result)));
    assert_int_equal(result, FALSE);
    set.PrivilegeCount = 0;
    assert_true(IS_DONE(PrivilegeCheck(handle, &set, &result)));
    assert_int_equal(result, TRUE); /* all of none */
    set.Control = 0;
    assert_true(IS_DONE(PrivilegeCheck(handle, &set, &result)));
    assert_int_equal(result, FALSE); /* one of none */

    result = TRUE;
    assert_true(IS_REFUSED(PrivilegeCheck(handle, NULL, &result), ERROR_INVALID_PARAMETER));
    assert_int_equal(result, FALSE);
    assert_true(IS_REFUSED(PrivilegeCheck(handle, &set, NULL), ERROR_INVALID_PARAMETER));
    result = TRUE;
    assert_true(
        IS_REFUSED(PrivilegeCheck(GetCurrentProcessToken(), &set, &result), ERROR_INVALID_HANDLE));
    assert_int_equal(result, FALSE);
    blind = handle_of(s->alice_token, TOKEN_DUPLICATE);
    assert_true(IS_REFUSED(PrivilegeCheck(blind, &set, &result), ERROR_ACCESS_DENIED));
    assert_true(DuplicateToken(blind, SecurityAnonymous, &anonymous));
    set.Control = PRIVILEGE_SET_ALL_NECESSARY;
    result = TRUE;
    assert_true(
        IS_REFUSED(PrivilegeCheck(anonymous, &set, &result), ERROR_BAD_IMPERSONATION_LEVEL));
    assert_int_equal(result, FALSE);
    assert_true(CloseHandle(anonymous));
    assert_true(CloseHandle(blind));
    assert_true(CloseHandle(handle));
}

static void com_information_checks_its_arguments(void **state)
{
    struct scene *s = *state;
    HANDLE handle = handle_of(s->alice_token, TOKEN_QUERY);
    DWORD length = UNTOUCHED;

    assert_true(IS_REFUSED(GetTokenInformation(handle, TokenUser, NULL, 4096, &length),
                           ERROR_INVALID_PARAMETER));
    assert_int_equal(length, 0);
    assert_true(IS_REFUSED(GetTokenInformation(handle, TokenUser, &length, 0, NULL),
                           ERROR_INVALID_PARAMETER));
    assert_true(cannot_ask(handle, (TOKEN_INFORMATION_CLASS)7, ERROR_INVALID_PARAMETER));
    assert_true(cannot_ask(NULL, (TOKEN_INFORMATION_CLASS)7, ERROR_INVALID_PARAMETER));
    assert_true(cannot_ask(NULL, TokenUser, ERROR_INVALID_HANDLE));
    assert_true(cannot_ask(GetCurrentThread(), TokenUser, ERROR_INVALID_HANDLE));
    assert_true(
        cannot_ask(GetCurrentProcessToken(), TokenImpersonationLevel, ERROR_INVALID_PARAMETER));
    assert_true(CloseHandle(handle));
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* W-13, W-14: levels do not rise by way of a primary token either. */
static void com_a_primary_copy_lifts_nothing(void **state)
{
    struct scene *s = *state;
    HANDLE handle = handle_of(s->alice_token, TOKEN_ALL_ACCESS), primary = POISON, copy = POISON;

    assert_true(IS_DONE(DuplicateTokenEx(handle, TOKEN_ALL_ACCESS, NULL, SecurityAnonymous,
                                         TokenPrimary, &primary)));
    assert_true(is_user(primary, 1001));
    assert_true(IS_REFUSED(SetThreadToken(NULL, primary), ERROR_BAD_TOKEN_TYPE));
    assert_true(IS_REFUSED(DuplicateToken(primary, SecurityDelegation, &copy),
                           ERROR_BAD_IMPERSONATION_LEVEL));
    assert_null(copy);
    assert_true(IS_DONE(DuplicateToken(primary, SecurityImpersonation, &copy)));
    assert_true(CloseHandle(copy));
    assert_true(IS_DONE(ImpersonateLoggedOnUser(primary)));
    assert_int_equal(guise_token_level(guise_thread_token()), GUISE_LEVEL_IMPERSONATE);
    assert_int_equal(guise_token_uid(guise_thread_token()), 1001);
    assert_string_equal(guise_token_name(guise_thread_token()), "alice");
    assert_true(RevertToSelf());
    assert_true(CloseHandle(primary));
    assert_true(CloseHandle(handle));
}

static void com_duplicate_checks_its_arguments(void **state)
{
    struct scene *s = *state;
    HANDLE handle = handle_of(s->alice_token, TOKEN_ALL_ACCESS), copy = POISON;
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, &descriptor, FALSE};

    assert_true(
        IS_REFUSED(DuplicateToken(handle, SecurityAnonymous, NULL), ERROR_INVALID_PARAMETER));
    assert_true(
        IS_REFUSED(DuplicateTokenEx(handle, 0, NULL, SecurityAnonymous, (TOKEN_TYPE)3, &copy),
                   ERROR_INVALID_PARAMETER));
    assert_null(copy);
    copy = POISON;
    assert_true(IS_REFUSED(DuplicateToken(handle, (SECURITY_IMPERSONATION_LEVEL)4, &copy),
                           ERROR_BAD_IMPERSONATION_LEVEL));
    assert_null(copy);
    copy = POISON;
    assert_true(IS_REFUSED(
        DuplicateTokenEx(handle, 0, &attributes, SecurityAnonymous, TokenImpersonation, &copy),
        ERROR_NOT_SUPPORTED));
    assert_null(copy);
    attributes.lpSecurityDescriptor = NULL;
    attributes.bInheritHandle = TRUE;
    assert_true(IS_REFUSED(
        DuplicateTokenEx(handle, 0, &attributes, SecurityAnonymous, TokenImpersonation, &copy),
        ERROR_NOT_SUPPORTED));
    attributes.bInheritHandle = FALSE;
    assert_true(IS_DONE(
        DuplicateTokenEx(handle, 0, &attributes, SecurityAnonymous, TokenImpersonation, &copy)));
    assert_true(CloseHandle(copy));
    copy = POISON;
    assert_true(IS_REFUSED(DuplicateToken(GetCurrentProcessToken(), SecurityAnonymous, &copy),
                           ERROR_INVALID_HANDLE));
    assert_null(copy);
    copy = POISON;
    assert_true(IS_REFUSED(
        DuplicateTokenEx(handle, SYNCHRONIZE, NULL, SecurityAnonymous, TokenImpersonation, &copy),
        ERROR_ACCESS_DENIED));
    assert_null(copy);
    assert_true(CloseHandle(handle));
}

/* ---- W-18 ------------------------------------------------------------------------------------ */

static void com_access_checks_of_a_client(void **state)
{
    struct scene *s = *state;
    HANDLE alice = handle_of(s->alice_token, TOKEN_QUERY);
    HANDLE bob = handle_of(s->bob_token, TOKEN_QUERY);
    struct answer answer;

    assert_true(may(alice, 1001, READ, &answer));
    assert_int_equal(GetLastError(), UNTOUCHED);
    assert_int_equal(answer.status, TRUE);
    assert_int_equal(answer.granted, READ);
    assert_int_equal(answer.used.PrivilegeCount, 0);
    assert_int_equal(answer.used.Control, 0);
    assert_int_equal(answer.used_length, sizeof answer.used);
    assert_true(may(bob, 1001, READ, &answer));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_int_equal(answer.status, FALSE);
    assert_int_equal(answer.granted, 0);
    assert_true(may(alice, 1001, READ | ACCESS_SYSTEM_SECURITY, &answer));
    assert_int_equal(GetLastError(), ERROR_PRIVILEGE_NOT_HELD);
    assert_int_equal(answer.status, FALSE);
    assert_false(may(alice, 1001, GENERIC_READ, &answer));
    assert_int_equal(GetLastError(), ERROR_GENERIC_NOT_MAPPED);
    assert_int_equal(answer.granted, 0x5A5A5A5A);
    assert_int_equal(answer.status, 0x5A5A5A5A);

    assert_true(check_is_refused(GetCurrentProcessToken(), ERROR_NO_IMPERSONATION_TOKEN));
    assert_true(check_is_refused(GetCurrentThreadToken(), ERROR_NO_TOKEN));
    assert_ok(guise_set_thread_token(s->alice_token));
    assert_true(may(GetCurrentThreadEffectiveToken(), 1001, READ, &answer));
    assert_int_equal(answer.status, TRUE);
    assert_true(RevertToSelf());
    assert_true(CloseHandle(bob));
    assert_true(CloseHandle(alice));
}

/* What a check is given, where a test wants something else than `may`. */
struct question {
    SECURITY_DESCRIPTOR descriptor;
    GENERIC_MAPPING mapping;
    PRIVILEGE_SET used;
    DWORD length, granted;
    BOOL status;
    HANDLE alice;
};

static void question_begin(struct question *q, const struct scene *s)
{
    *q = (struct question){.mapping = {READ, WRITE, 0, READ | WRITE}, .length = sizeof q->used};
    q->alice = handle_of(s->alice_token, TOKEN_QUERY);
    memset(&q->used, 0x5A, sizeof q->used);
    q->granted = UNTOUCHED;
    q->status = 0x5AFE;
    assert_true(InitializeSecurityDescriptor(&q->descriptor, SECURITY_DESCRIPTOR_REVISION));
}

static bool is_untouched(const struct question *q)
{
    return q->granted == UNTOUCHED && q->status == 0x5AFE && q->used.PrivilegeCount == 0x5A5A5A5A;
}

/* The privileges that were used have a buffer of their own; its length comes before the check. */
static bool room_is_refused(struct question *q, PPRIVILEGE_SET used, LPDWORD length, DWORD error)
{
    return IS_REFUSED(AccessCheck(&q->descriptor, q->alice, READ, &q->mapping, used, length,
                                  &q->granted, &q->status),
                      error) &&
           is_untouched(q);
}

static void com_access_check_needs_room_for_privileges(void **state)
{
    const DWORD all = sizeof(PRIVILEGE_SET);
    struct question q;

    question_begin(&q, *state);
    q.length = all - 1;
    assert_true(room_is_refused(&q, &q.used, &q.length, ERROR_INSUFFICIENT_BUFFER));
    assert_int_equal(q.length, all);
    q.length = 0;
    assert_true(room_is_refused(&q, NULL, &q.length, ERROR_INSUFFICIENT_BUFFER));
    assert_int_equal(q.length, all);
    assert_true(room_is_refused(&q, NULL, &q.length, ERROR_NOACCESS));
    assert_int_equal(q.length, all);
    q.length = 1;
    assert_true(room_is_refused(&q, NULL, &q.length, ERROR_NOACCESS));
    assert_int_equal(q.length, 1);
    assert_true(room_is_refused(&q, &q.used, NULL, ERROR_NOACCESS));
    assert_true(room_is_refused(&q, NULL, NULL, ERROR_NOACCESS));
    assert_true(CloseHandle(q.alice));
}

/* It has no owner: nothing is notified. */
static void com_access_check_needs_an_owner(void **state)
{
    struct question q;

    question_begin(&q, *state);
    assert_true(IS_REFUSED(AccessCheck(&q.descriptor, q.alice, READ, &q.mapping, &q.used, &q.length,
                                       &q.granted, &q.status),
                           ERROR_INVALID_SECURITY_DESCR));
    assert_true(is_untouched(&q));
    assert_true(CloseHandle(q.alice));
}

static bool arguments_are_refused(struct question *q, PSECURITY_DESCRIPTOR descriptor,
                                  PGENERIC_MAPPING mapping, LPDWORD granted, LPBOOL status)
{
    return IS_REFUSED(AccessCheck(descriptor, q->alice, READ, mapping, &q->used, &q->length,
                                  granted, status),
                      ERROR_INVALID_PARAMETER) &&
           is_untouched(q) && q->length == sizeof q->used;
}

static void com_access_check_needs_its_arguments(void **state)
{
    struct question q;

    question_begin(&q, *state);
    assert_true(arguments_are_refused(&q, NULL, &q.mapping, &q.granted, &q.status));
    assert_true(arguments_are_refused(&q, &q.descriptor, NULL, &q.granted, &q.status));
    assert_true(arguments_are_refused(&q, &q.descriptor, &q.mapping, NULL, &q.status));
    assert_true(arguments_are_refused(&q, &q.descriptor, &q.mapping, &q.granted, NULL));
    assert_true(CloseHandle(q.alice));
}

/* ---- main ------------------------------------------------------------------------------------ */

static int run(void)
{
    const struct CMUnitTest tests[] = {
        com_scene_test(com_V_13_revert_restores_the_token_that_was_set),
        com_scene_test(com_the_two_reverts_stay_apart),
        com_scene_test(com_references_are_exact),
        com_scene_test(com_refusals_leave_the_slot_alone),
        com_scene_test(com_a_thread_that_cannot_become_it),
        com_scene_test(com_anonymous_is_nobody),
        com_scene_test(com_without_ids_is_anonymous_logon),
        com_scene_test(com_without_ids_owns_nothing),
        com_scene_test(com_without_ids_is_no_current_user),
        com_scene_test(com_self_is_the_process),
        com_scene_test(com_refusals_to_open_have_an_order),
        com_scene_test(com_rights_that_tokens_do_not_have),
        com_scene_test(com_system_security_takes_a_privilege),
        com_scene_test(com_generic_rights_are_mapped),
        com_scene_test(com_open_a_token_of_the_programs_own),
        com_scene_test(com_out_of_memory),
        com_scene_test(com_V_23_an_anonymous_client),
        com_scene_test(com_V_24_a_client_to_identify),
        com_scene_test(com_a_handle_outlives_its_call),
        com_scene_test(com_the_process_is_not_the_client),
        com_scene_test(com_the_process_from_a_nested_frame),
        com_scene_test(com_a_thread_that_is_not_the_process),
        com_scene_test(com_V_47_a_thread_made_by_a_client),
        com_scene_test(com_no_token_follows_work),
        com_scene_test(com_groups_of_a_token),
        com_scene_test(com_members_of_a_tokens_groups),
        com_scene_test(com_ids_follow_the_serial),
        com_scene_test(com_duplicates_keep_the_login),
        com_scene_test(com_the_process_is_one_token),
        com_scene_test(com_a_process_that_changes_is_another_token),
        com_scene_test(com_no_token_has_privileges),
        com_scene_test(com_information_checks_its_arguments),
        com_scene_test(com_a_primary_copy_lifts_nothing),
        com_scene_test(com_duplicate_checks_its_arguments),
        com_scene_test(com_access_checks_of_a_client),
        com_scene_test(com_access_check_needs_room_for_privileges),
        com_scene_test(com_access_check_needs_an_owner),
        com_scene_test(com_access_check_needs_its_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
