/* SPDX-License-Identifier: MIT */
/*
 * Tokens as a program written for the SDK sees them: nothing but the SDK's names, so these tests
 * can be built against another make of them too.
 */
#include "com_test.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "support/wt.h"

/* A number that no function writes. */
#define UNTOUCHED 0x5AFE5AFEu

/* It says no: FALSE, and exactly this last error. */
#define assert_refused(call, error)                                                                \
    (SetLastError(UNTOUCHED), assert_int_equal((call), FALSE),                                     \
     assert_int_equal(GetLastError(), (error)))

static HANDLE process_token(DWORD access)
{
    HANDLE token = POISON;

    assert_true(OpenProcessToken(GetCurrentProcess(), access, &token));
    assert_non_null(token);
    assert_ptr_not_equal(token, POISON);
    return token;
}

static HANDLE thread_token(DWORD access)
{
    HANDLE token = POISON;

    assert_true(OpenThreadToken(GetCurrentThread(), access, TRUE, &token));
    assert_non_null(token);
    assert_ptr_not_equal(token, POISON);
    return token;
}

/* An impersonation token of the process's own. */
static HANDLE own_token(DWORD access, SECURITY_IMPERSONATION_LEVEL level)
{
    HANDLE primary = process_token(TOKEN_DUPLICATE);
    HANDLE token = POISON;

    assert_true(DuplicateTokenEx(primary, access, NULL, level, TokenImpersonation, &token));
    assert_true(CloseHandle(primary));
    return token;
}

static void assert_no_token(void)
{
    HANDLE token = POISON;

    assert_refused(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token), ERROR_NO_TOKEN);
    assert_null(token);
}

/* All that GetTokenInformation says of a class; the caller frees it. */
static void *information(HANDLE token, TOKEN_INFORMATION_CLASS name)
{
    DWORD length = UNTOUCHED, again = UNTOUCHED;
    void *buffer;

    assert_refused(GetTokenInformation(token, name, NULL, 0, &length), ERROR_INSUFFICIENT_BUFFER);
    assert_int_not_equal(length, UNTOUCHED);
    buffer = malloc(length);
    assert_non_null(buffer);
    assert_true(GetTokenInformation(token, name, buffer, length, &again));
    assert_int_equal(again, length);
    return buffer;
}

static TOKEN_TYPE type_of(HANDLE token)
{
    TOKEN_TYPE type = (TOKEN_TYPE)0;
    DWORD length = UNTOUCHED;

    assert_true(GetTokenInformation(token, TokenType, &type, sizeof type, &length));
    assert_int_equal(length, sizeof type);
    return type;
}

static SECURITY_IMPERSONATION_LEVEL level_of(HANDLE token)
{
    SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
    DWORD length = UNTOUCHED;

    assert_true(GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &length));
    assert_int_equal(length, sizeof level);
    return level;
}

static TOKEN_STATISTICS statistics_of(HANDLE token)
{
    TOKEN_STATISTICS statistics;
    DWORD length = UNTOUCHED;

    memset(&statistics, 0x5A, sizeof statistics);
    assert_true(
        GetTokenInformation(token, TokenStatistics, &statistics, sizeof statistics, &length));
    assert_int_equal(length, sizeof statistics);
    return statistics;
}

static bool is_same_luid(LUID left, LUID right)
{
    return left.LowPart == right.LowPart && left.HighPart == right.HighPart;
}

static PSID everyone(void)
{
    SID_IDENTIFIER_AUTHORITY world = {SECURITY_WORLD_SID_AUTHORITY};
    PSID sid = NULL;

    assert_true(AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0, 0, &sid));
    return sid;
}

/* No thread has it: the second user that can never be. */
static PSID nobody(void)
{
    SID_IDENTIFIER_AUTHORITY creator = {SECURITY_CREATOR_SID_AUTHORITY};
    PSID sid = NULL;

    assert_true(AllocateAndInitializeSid(&creator, 1, 0x5AFE, 0, 0, 0, 0, 0, 0, 0, &sid));
    return sid;
}

/* Anything that a test left. */
static int revert(void **state)
{
    (void)state;
    return RevertToSelf() ? 0 : -1;
}

/* ---- the headers ----------------------------------------------------------------------------- */

static void com_token_constants_have_their_values(void **state)
{
    (void)state;
    assert_int_equal(TOKEN_ALL_ACCESS, 0xF01FF);
    assert_int_equal(TOKEN_ALL_ACCESS_P, 0xF00FF);
    assert_int_equal(TOKEN_READ, 0x20008);
    assert_int_equal(TOKEN_WRITE, 0x200E0);
    assert_int_equal(TOKEN_EXECUTE, 0x20000);
    assert_int_equal(TOKEN_ASSIGN_PRIMARY, 1);
    assert_int_equal(TOKEN_DUPLICATE, 2);
    assert_int_equal(TOKEN_IMPERSONATE, 4);
    assert_int_equal(TOKEN_QUERY, 8);
    assert_int_equal(TOKEN_QUERY_SOURCE, 0x10);
    assert_int_equal(SecurityDelegation, 3);
    assert_int_equal(TokenImpersonation, 2);
    assert_int_equal(TokenUser, 1);
    assert_int_equal(TokenGroups, 2);
    assert_int_equal(TokenPrivileges, 3);
    assert_int_equal(TokenType, 8);
    assert_int_equal(TokenImpersonationLevel, 9);
    assert_int_equal(TokenStatistics, 10);
    assert_int_equal(SE_PRIVILEGE_ENABLED_BY_DEFAULT, 1);
    assert_int_equal(SE_PRIVILEGE_ENABLED, 2);
    assert_int_equal(PRIVILEGE_SET_ALL_NECESSARY, 1);
}

static void com_token_structures_have_their_sizes(void **state)
{
    LARGE_INTEGER number;

    (void)state;
    assert_int_equal(sizeof(LARGE_INTEGER), 8);
    assert_int_equal(sizeof(LUID_AND_ATTRIBUTES), 12);
    assert_int_equal(sizeof(PRIVILEGE_SET), 20);
    assert_int_equal(sizeof(TOKEN_PRIVILEGES), 16);
    assert_int_equal(sizeof(TOKEN_STATISTICS), 56);
    assert_int_equal(sizeof(TOKEN_USER), 2 * sizeof(void *));
    assert_int_equal(offsetof(TOKEN_GROUPS, Groups), sizeof(void *));
    number.QuadPart = 0x0102030405060708;
    assert_int_equal(number.LowPart, 0x05060708);
    assert_int_equal(number.HighPart, 0x01020304);
    assert_int_equal(number.u.LowPart, 0x05060708);
}

/* ---- the process's token --------------------------------------------------------------------- */

/* W-16: the kind of token, and what there is not to say of it. */
static void com_the_process_token_is_primary(void **state)
{
    HANDLE token = process_token(TOKEN_QUERY);
    SECURITY_IMPERSONATION_LEVEL level = SecurityDelegation;
    DWORD length = UNTOUCHED;

    (void)state;
    assert_int_equal(type_of(token), TokenPrimary);
    assert_int_equal(statistics_of(token).TokenType, TokenPrimary);
    assert_refused(
        GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &length),
        ERROR_INVALID_PARAMETER);
    assert_int_equal(level, SecurityDelegation);
    assert_true(CloseHandle(token));
}

static void com_only_the_process_has_a_process_token(void **state)
{
    HANDLE token = POISON;

    (void)state;
    assert_refused(OpenProcessToken(NULL, TOKEN_QUERY, &token), ERROR_INVALID_HANDLE);
    assert_refused(OpenProcessToken(GetCurrentThread(), TOKEN_QUERY, &token), ERROR_INVALID_HANDLE);
}

/* ---- what a token says ----------------------------------------------------------------------- */

/* W-15: nothing is stored unless there is room for all of it. */
static void com_too_small_a_buffer_is_left_alone(void **state)
{
    HANDLE token = process_token(TOKEN_QUERY);
    TOKEN_USER *user = information(token, TokenUser);
    DWORD length = UNTOUCHED, needed = (DWORD)sizeof(TOKEN_USER) + GetLengthSid(user->User.Sid);
    unsigned char small[256];

    (void)state;
    assert_in_range(needed, 1, sizeof small);
    memset(small, 0x5A, sizeof small);
    assert_refused(GetTokenInformation(token, TokenUser, small, needed - 1, &length),
                   ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(length, needed);
    for (unsigned i = 0; i < sizeof small; i++) {
        assert_int_equal(small[i], 0x5A);
    }
    free(user);
    assert_true(CloseHandle(token));
}

static void com_unknown_classes_are_refused(void **state)
{
    HANDLE token = process_token(TOKEN_QUERY);
    DWORD length = UNTOUCHED, out = UNTOUCHED;

    (void)state;
    assert_refused(
        GetTokenInformation(token, (TOKEN_INFORMATION_CLASS)0, &out, sizeof out, &length),
        ERROR_INVALID_PARAMETER);
    assert_refused(
        GetTokenInformation(token, (TOKEN_INFORMATION_CLASS)0x7FFF, &out, sizeof out, &length),
        ERROR_INVALID_PARAMETER);
    assert_int_equal(out, UNTOUCHED);
    assert_true(CloseHandle(token));
}

/* The user and the groups are those that CheckTokenMembership knows (W-16, W-17). */
static void com_user_and_groups_are_members(void **state)
{
    HANDLE token = own_token(TOKEN_QUERY, SecurityIdentification);
    TOKEN_USER *user = information(token, TokenUser);
    TOKEN_GROUPS *groups = information(token, TokenGroups);
    PSID world = everyone();
    BOOL is_member = FALSE;
    bool found = false;

    (void)state;
    assert_true(CheckTokenMembership(token, user->User.Sid, &is_member));
    assert_int_equal(is_member, TRUE);
    assert_int_not_equal(groups->GroupCount, 0);
    for (DWORD i = 0; i < groups->GroupCount; i++) {
        assert_true(IsValidSid(groups->Groups[i].Sid));
        if (EqualSid(groups->Groups[i].Sid, world)) {
            found = true;
            assert_int_equal(groups->Groups[i].Attributes & (SE_GROUP_MANDATORY | SE_GROUP_ENABLED),
                             SE_GROUP_MANDATORY | SE_GROUP_ENABLED);
        }
    }
    assert_true(found);
    (void)FreeSid(world);
    free(groups);
    free(user);
    assert_true(CloseHandle(token));
}

/* The same token has the same id for every thread that opens it; a copy has its own (W-16). */
static void com_statistics_tell_tokens_apart(void **state)
{
    HANDLE token, again, copy = POISON;
    TOKEN_STATISTICS one, two, other;

    (void)state;
    assert_true(ImpersonateSelf(SecurityImpersonation));
    token = thread_token(TOKEN_QUERY | TOKEN_DUPLICATE);
    again = thread_token(TOKEN_QUERY);
    assert_ptr_not_equal(token, again);
    assert_true(DuplicateToken(token, SecurityIdentification, &copy));
    one = statistics_of(token);
    two = statistics_of(again);
    other = statistics_of(copy);
    assert_true(is_same_luid(one.TokenId, two.TokenId));
    assert_true(is_same_luid(one.ModifiedId, two.ModifiedId));
    assert_true(is_same_luid(one.AuthenticationId, two.AuthenticationId));
    assert_false(is_same_luid(one.TokenId, other.TokenId));
    assert_true(is_same_luid(one.AuthenticationId, other.AuthenticationId));
    assert_int_equal(one.TokenType, TokenImpersonation);
    assert_int_equal(one.ImpersonationLevel, SecurityImpersonation);
    assert_int_equal(other.ImpersonationLevel, SecurityIdentification);
    assert_true(CloseHandle(copy));
    assert_true(CloseHandle(again));
    assert_true(CloseHandle(token));
}

/* ---- the thread's token ---------------------------------------------------------------------- */

/* W-01, W-11: a thread has none of its own, and none again. */
static void com_a_thread_has_no_token_by_itself(void **state)
{
    (void)state;
    assert_no_token();
    assert_true(RevertToSelf());
    assert_no_token();
    assert_true(SetThreadToken(NULL, NULL));
    assert_no_token();
}

/* As the process, at any level (W-09). */
static void com_impersonate_self(void **state)
{
    static const SECURITY_IMPERSONATION_LEVEL levels[] = {
        SecurityIdentification, SecurityImpersonation, SecurityDelegation};

    (void)state;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        HANDLE token;

        assert_true(ImpersonateSelf(levels[i]));
        token = thread_token(TOKEN_QUERY);
        assert_int_equal(type_of(token), TokenImpersonation);
        assert_int_equal(level_of(token), levels[i]);
        assert_true(CloseHandle(token));
    }
    assert_true(RevertToSelf());
    assert_no_token();
}

/* No thread opens an anonymous token (W-03). */
static void com_an_anonymous_token_is_not_opened(void **state)
{
    HANDLE token = POISON;

    (void)state;
    assert_true(ImpersonateSelf(SecurityAnonymous));
    assert_refused(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token),
                   ERROR_CANT_OPEN_ANONYMOUS);
    assert_refused(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &token),
                   ERROR_CANT_OPEN_ANONYMOUS);
    assert_true(RevertToSelf());
    assert_no_token();
}

/* W-10, W-11 */
static void com_impersonate_anonymous_and_revert(void **state)
{
    (void)state;
    assert_true(ImpersonateAnonymousToken(GetCurrentThread()));
    assert_true(RevertToSelf());
    assert_no_token();
    assert_refused(ImpersonateAnonymousToken(NULL), ERROR_INVALID_HANDLE);
    assert_no_token();
}

/* W-04, W-23: the slot keeps the token when its handle is closed. */
static void com_set_thread_token(void **state)
{
    HANDLE token = own_token(TOKEN_IMPERSONATE | TOKEN_QUERY, SecurityIdentification);
    HANDLE self = GetCurrentThread(), opened;
    TOKEN_STATISTICS given = statistics_of(token);

    (void)state;
    assert_true(SetThreadToken(NULL, token));
    assert_true(SetThreadToken(&self, token));
    assert_true(CloseHandle(token));
    opened = thread_token(TOKEN_QUERY);
    assert_int_equal(level_of(opened), SecurityIdentification);
    assert_int_equal(statistics_of(opened).TokenType, given.TokenType);
    assert_true(CloseHandle(opened));
    assert_true(SetThreadToken(&self, NULL));
    assert_no_token();
}

/* W-04, W-05: what does not go into the slot, which stays as it is. */
static void com_set_thread_token_refuses(void **state)
{
    HANDLE primary = process_token(TOKEN_ALL_ACCESS);
    HANDLE unfit = own_token(TOKEN_QUERY | TOKEN_DUPLICATE, SecurityImpersonation);
    HANDLE elsewhere = NULL;

    (void)state;
    assert_refused(SetThreadToken(NULL, primary), ERROR_BAD_TOKEN_TYPE);
    assert_refused(SetThreadToken(NULL, unfit), ERROR_ACCESS_DENIED);
    assert_refused(SetThreadToken(&elsewhere, NULL), ERROR_INVALID_HANDLE);
    assert_true(CloseHandle(unfit));
    assert_refused(SetThreadToken(NULL, unfit), ERROR_INVALID_HANDLE);
    assert_no_token();
    assert_true(CloseHandle(primary));
}

/* W-06: with a primary token as a copy of it, with another as it is. */
static void com_impersonate_logged_on_user(void **state)
{
    HANDLE primary = process_token(TOKEN_QUERY | TOKEN_DUPLICATE);
    HANDLE other = own_token(TOKEN_QUERY | TOKEN_IMPERSONATE, SecurityIdentification);
    HANDLE token;

    (void)state;
    assert_true(ImpersonateLoggedOnUser(primary));
    token = thread_token(TOKEN_QUERY);
    assert_int_equal(type_of(token), TokenImpersonation);
    assert_int_equal(level_of(token), SecurityImpersonation);
    assert_true(CloseHandle(token));
    assert_true(ImpersonateLoggedOnUser(other));
    token = thread_token(TOKEN_QUERY);
    assert_int_equal(level_of(token), SecurityIdentification);
    assert_true(CloseHandle(token));
    assert_true(RevertToSelf());
    assert_no_token();
    assert_true(CloseHandle(other));
    assert_true(CloseHandle(primary));
}

/* W-06: and it takes the rights to do that. */
static void com_impersonate_logged_on_user_refuses(void **state)
{
    static const DWORD too_little[] = {TOKEN_QUERY, TOKEN_DUPLICATE, TOKEN_IMPERSONATE,
                                       TOKEN_DUPLICATE | TOKEN_IMPERSONATE};

    (void)state;
    for (size_t i = 0; i < sizeof too_little / sizeof *too_little; i++) {
        HANDLE primary = process_token(too_little[i]);
        HANDLE other = own_token(too_little[i], SecurityImpersonation);

        assert_refused(ImpersonateLoggedOnUser(primary), ERROR_ACCESS_DENIED);
        assert_refused(ImpersonateLoggedOnUser(other), ERROR_ACCESS_DENIED);
        assert_true(CloseHandle(other));
        assert_true(CloseHandle(primary));
    }
    assert_refused(ImpersonateLoggedOnUser(NULL), ERROR_INVALID_HANDLE);
    assert_no_token();
}

static void has_no_token(struct wt *w)
{
    HANDLE token = POISON;

    WT_CHECK(w, !OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    WT_CHECK(w, GetLastError() == ERROR_NO_TOKEN);
}

/* By any creator (W-21, V-47). */
static void com_V_47_a_new_thread_has_no_token(void **state)
{
    struct wt w;

    (void)state;
    assert_true(ImpersonateSelf(SecurityIdentification));
    wt_start(&w, has_no_token, NULL);
    wt_join(&w);
    assert_true(RevertToSelf());
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* W-13: with the rights to be looked at and to be put on, and no others. */
static void com_duplicate_token(void **state)
{
    HANDLE primary = process_token(TOKEN_DUPLICATE);
    HANDLE copy = POISON, none = POISON;

    (void)state;
    assert_true(DuplicateToken(primary, SecurityImpersonation, &copy));
    assert_int_equal(type_of(copy), TokenImpersonation);
    assert_int_equal(level_of(copy), SecurityImpersonation);
    assert_refused(DuplicateToken(copy, SecurityImpersonation, &none), ERROR_ACCESS_DENIED);
    assert_true(SetThreadToken(NULL, copy));
    assert_true(CloseHandle(copy));
    assert_true(CloseHandle(primary));
}

/* W-14: a level only goes down. */
static void com_levels_only_go_down(void **state)
{
    (void)state;
    for (unsigned from = SecurityAnonymous; from <= SecurityDelegation; from++) {
        HANDLE token = own_token(TOKEN_ALL_ACCESS, (SECURITY_IMPERSONATION_LEVEL)from);

        for (unsigned to = SecurityAnonymous; to <= SecurityDelegation; to++) {
            SECURITY_IMPERSONATION_LEVEL level = (SECURITY_IMPERSONATION_LEVEL)to;
            HANDLE copy = POISON;

            if (to > from) {
                assert_refused(DuplicateToken(token, level, &copy), ERROR_BAD_IMPERSONATION_LEVEL);
                continue;
            }
            assert_true(DuplicateToken(token, level, &copy));
            assert_int_equal(level_of(copy), level);
            assert_true(CloseHandle(copy));
        }
        assert_true(CloseHandle(token));
    }
}

/* No thread becomes a process that it could not act as (W-14). */
static void com_a_primary_token_has_to_be_able_to_act(void **state)
{
    (void)state;
    for (unsigned from = SecurityAnonymous; from <= SecurityDelegation; from++) {
        HANDLE token = own_token(TOKEN_ALL_ACCESS, (SECURITY_IMPERSONATION_LEVEL)from);
        HANDLE copy = POISON;

        if (from < SecurityImpersonation) {
            assert_refused(
                DuplicateTokenEx(token, TOKEN_QUERY, NULL, SecurityAnonymous, TokenPrimary, &copy),
                ERROR_BAD_IMPERSONATION_LEVEL);
        } else {
            assert_true(
                DuplicateTokenEx(token, TOKEN_QUERY, NULL, SecurityAnonymous, TokenPrimary, &copy));
            assert_int_equal(type_of(copy), TokenPrimary);
            assert_true(CloseHandle(copy));
        }
        assert_true(CloseHandle(token));
    }
}

/* 0 is what the first handle has. */
static void com_duplicate_with_the_same_rights(void **state)
{
    HANDLE token = process_token(TOKEN_DUPLICATE | TOKEN_QUERY);
    HANDLE copy = POISON;

    (void)state;
    assert_true(DuplicateTokenEx(token, 0, NULL, SecurityImpersonation, TokenImpersonation, &copy));
    assert_int_equal(level_of(copy), SecurityImpersonation);
    assert_refused(SetThreadToken(NULL, copy), ERROR_ACCESS_DENIED);
    assert_true(CloseHandle(copy));
    assert_true(DuplicateTokenEx(token, MAXIMUM_ALLOWED, NULL, SecurityImpersonation,
                                 TokenImpersonation, &copy));
    assert_true(SetThreadToken(NULL, copy));
    assert_true(CloseHandle(copy));
    assert_true(CloseHandle(token));
}

/* ---- access rights --------------------------------------------------------------------------- */

/* W-13, W-15: a handle is good for what it was opened for. */
static void com_handles_have_the_rights_they_were_opened_with(void **state)
{
    HANDLE query = process_token(TOKEN_QUERY), duplicate = process_token(TOKEN_DUPLICATE);
    HANDLE copy = POISON;
    TOKEN_TYPE type = (TOKEN_TYPE)0;
    DWORD length = UNTOUCHED;

    (void)state;
    assert_refused(GetTokenInformation(duplicate, TokenType, &type, sizeof type, &length),
                   ERROR_ACCESS_DENIED);
    assert_int_equal(type, 0);
    assert_refused(DuplicateToken(query, SecurityImpersonation, &copy), ERROR_ACCESS_DENIED);
    assert_true(CloseHandle(duplicate));
    assert_true(CloseHandle(query));
    assert_refused(GetTokenInformation(query, TokenType, &type, sizeof type, &length),
                   ERROR_INVALID_HANDLE);
}

static void com_generic_rights_are_those_of_tokens(void **state)
{
    HANDLE all = process_token(GENERIC_ALL), read = process_token(GENERIC_READ);
    HANDLE maximum = process_token(MAXIMUM_ALLOWED), copy = POISON;

    (void)state;
    assert_int_equal(type_of(read), TokenPrimary);
    assert_int_equal(type_of(all), TokenPrimary);
    assert_int_equal(type_of(maximum), TokenPrimary);
    assert_true(DuplicateToken(all, SecurityImpersonation, &copy));
    assert_true(CloseHandle(copy));
    assert_true(DuplicateToken(maximum, SecurityImpersonation, &copy));
    assert_true(CloseHandle(copy));
    assert_true(CloseHandle(maximum));
    assert_true(CloseHandle(read));
    assert_true(CloseHandle(all));
}

/* ---- W-17 ------------------------------------------------------------------------------------ */

static void com_membership_of_this_thread(void **state)
{
    PSID world = everyone(), other = nobody();
    BOOL is_member = FALSE;

    (void)state;
    assert_true(CheckTokenMembership(NULL, world, &is_member)); /* the process's */
    assert_int_equal(is_member, TRUE);
    assert_true(CheckTokenMembership(NULL, other, &is_member));
    assert_int_equal(is_member, FALSE);
    assert_true(ImpersonateSelf(SecurityIdentification));
    assert_true(CheckTokenMembership(NULL, world, &is_member));
    assert_int_equal(is_member, TRUE);
    (void)FreeSid(other);
    (void)FreeSid(world);
}

static void com_membership_takes_an_impersonation_token(void **state)
{
    HANDLE primary = process_token(TOKEN_ALL_ACCESS);
    HANDLE blind = own_token(TOKEN_IMPERSONATE, SecurityImpersonation);
    PSID world = everyone();
    BOOL is_member = TRUE;

    (void)state;
    assert_refused(CheckTokenMembership(primary, world, &is_member), ERROR_NO_IMPERSONATION_TOKEN);
    assert_refused(CheckTokenMembership(blind, world, &is_member), ERROR_ACCESS_DENIED);
    (void)FreeSid(world);
    assert_true(CloseHandle(blind));
    assert_true(CloseHandle(primary));
}

/* ---- W-18, W-19 ------------------------------------------------------------------------------ */

enum { READ = 1, WRITE = 2 };

/* What a check answers, in variables that were poisoned before. */
struct answer {
    PRIVILEGE_SET used;
    DWORD used_length, granted;
    BOOL status;
};

/* Every user has all rights to it. */
static BOOL check(HANDLE token, DWORD desired, struct answer *answer)
{
    GENERIC_MAPPING mapping = {READ, WRITE, 0, READ | WRITE};
    PSID owner = everyone();
    SECURITY_DESCRIPTOR descriptor;
    BOOL done;
    DWORD error;

    memset(answer, 0x5A, sizeof *answer);
    answer->used_length = sizeof answer->used;
    assert_true(InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION));
    assert_true(SetSecurityDescriptorOwner(&descriptor, owner, FALSE));
    assert_true(SetSecurityDescriptorGroup(&descriptor, owner, FALSE));
    assert_true(SetSecurityDescriptorDacl(&descriptor, TRUE, NULL, FALSE));
    SetLastError(UNTOUCHED);
    done = AccessCheck(&descriptor, token, desired, &mapping, &answer->used, &answer->used_length,
                       &answer->granted, &answer->status);
    error = GetLastError();
    (void)FreeSid(owner);
    SetLastError(error);
    return done;
}

static bool is_left_alone(const struct answer *answer)
{
    return answer->granted == 0x5A5A5A5A && answer->status == 0x5A5A5A5A;
}

/* The level of identification is enough (W-18, W-19). */
static void com_access_check_takes_a_token_that_identifies(void **state)
{
    struct answer answer;

    (void)state;
    for (unsigned level = SecurityIdentification; level <= SecurityDelegation; level++) {
        HANDLE token = own_token(TOKEN_QUERY, (SECURITY_IMPERSONATION_LEVEL)level);

        assert_true(check(token, READ, &answer));
        assert_int_equal(answer.status, TRUE);
        assert_int_equal(answer.granted, READ);
        assert_int_equal(answer.used.PrivilegeCount, 0);
        assert_true(CloseHandle(token));
    }
}

static void com_access_check_refuses(void **state)
{
    HANDLE primary = process_token(TOKEN_QUERY);
    HANDLE blind = own_token(TOKEN_IMPERSONATE, SecurityImpersonation);
    HANDLE anonymous = own_token(TOKEN_QUERY, SecurityAnonymous);
    struct answer answer;

    (void)state;
    assert_false(check(primary, READ, &answer));
    assert_int_equal(GetLastError(), ERROR_NO_IMPERSONATION_TOKEN);
    assert_true(is_left_alone(&answer));
    assert_false(check(blind, READ, &answer));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_true(is_left_alone(&answer));
    assert_false(check(anonymous, READ, &answer));
    assert_int_equal(GetLastError(), ERROR_BAD_IMPERSONATION_LEVEL);
    assert_true(is_left_alone(&answer));
    assert_false(check(NULL, READ, &answer));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_true(is_left_alone(&answer));
    assert_true(CloseHandle(anonymous));
    assert_true(CloseHandle(blind));
    assert_true(CloseHandle(primary));
}

/* ---- pseudo-handles -------------------------------------------------------------------------- */

static void com_pseudo_handles_show_without_opening(void **state)
{
    TOKEN_TYPE type = (TOKEN_TYPE)0;
    DWORD length = UNTOUCHED;

    (void)state;
    assert_int_equal(type_of(GetCurrentProcessToken()), TokenPrimary);
    assert_int_equal(type_of(GetCurrentThreadEffectiveToken()), TokenPrimary);
    assert_refused(
        GetTokenInformation(GetCurrentThreadToken(), TokenType, &type, sizeof type, &length),
        ERROR_NO_TOKEN);
    assert_true(ImpersonateSelf(SecurityIdentification));
    assert_int_equal(type_of(GetCurrentProcessToken()), TokenPrimary);
    assert_int_equal(type_of(GetCurrentThreadToken()), TokenImpersonation);
    assert_int_equal(type_of(GetCurrentThreadEffectiveToken()), TokenImpersonation);
    assert_int_equal(level_of(GetCurrentThreadEffectiveToken()), SecurityIdentification);
}

/* Nothing was opened, so nothing is closed. */
static void com_pseudo_handles_are_not_closed(void **state)
{
    (void)state;
    assert_true(CloseHandle(GetCurrentProcess()));
    assert_true(CloseHandle(GetCurrentThread()));
    assert_true(CloseHandle(GetCurrentProcessToken()));
    assert_true(CloseHandle(GetCurrentThreadToken()));
    assert_true(CloseHandle(GetCurrentThreadEffectiveToken()));
    assert_true(CloseHandle(process_token(TOKEN_QUERY)));
}

/* W-16: one token of the process, however often it is opened. */
static void com_the_process_token_has_one_id(void **state)
{
    HANDLE one = process_token(TOKEN_QUERY | TOKEN_DUPLICATE), two = process_token(TOKEN_QUERY);
    HANDLE copy = POISON;
    TOKEN_STATISTICS first = statistics_of(one), second = statistics_of(two);

    (void)state;
    assert_memory_equal(&first, &second, sizeof first);
    second = statistics_of(GetCurrentProcessToken());
    assert_memory_equal(&first, &second, sizeof first);
    assert_true(DuplicateTokenEx(one, TOKEN_QUERY, NULL, SecurityAnonymous, TokenPrimary, &copy));
    second = statistics_of(copy);
    assert_false(is_same_luid(first.TokenId, second.TokenId));
    assert_true(is_same_luid(first.AuthenticationId, second.AuthenticationId));
    assert_true(is_same_luid(first.ModifiedId, second.ModifiedId));
    assert_true(CloseHandle(copy));
    assert_true(CloseHandle(two));
    assert_true(CloseHandle(one));
}

/* What was given may be asked at every level; what is worn is not given (W-03). */
static void com_an_anonymous_token_says_who_it_is(void **state)
{
    HANDLE token = own_token(TOKEN_QUERY, SecurityAnonymous), known;
    DWORD length = 0;
    unsigned char user[256], expected[256];

    (void)state;
    known = own_token(TOKEN_QUERY, SecurityIdentification);
    memset(user, 0x5A, sizeof user);
    memset(expected, 0x5A, sizeof expected);
    SetLastError(UNTOUCHED);
    assert_true(GetTokenInformation(token, TokenUser, user, sizeof user, &length));
    assert_int_equal(GetLastError(), UNTOUCHED);
    assert_true(GetTokenInformation(known, TokenUser, expected, sizeof expected, &length));
    assert_true(EqualSid(((TOKEN_USER *)(void *)user)->User.Sid,
                         ((TOKEN_USER *)(void *)expected)->User.Sid));
    assert_int_equal(statistics_of(token).GroupCount, statistics_of(known).GroupCount);
    assert_true(CloseHandle(known));
    assert_true(CloseHandle(token));
}

/* ---- main ------------------------------------------------------------------------------------ */

#define token_test(fn) cmocka_unit_test_teardown(fn, revert)

int main(void)
{
    const struct CMUnitTest tests[] = {
        token_test(com_token_constants_have_their_values),
        token_test(com_token_structures_have_their_sizes),
        token_test(com_the_process_token_is_primary),
        token_test(com_only_the_process_has_a_process_token),
        token_test(com_too_small_a_buffer_is_left_alone),
        token_test(com_unknown_classes_are_refused),
        token_test(com_user_and_groups_are_members),
        token_test(com_statistics_tell_tokens_apart),
        token_test(com_the_process_token_has_one_id),
        token_test(com_an_anonymous_token_says_who_it_is),
        token_test(com_a_thread_has_no_token_by_itself),
        token_test(com_impersonate_self),
        token_test(com_an_anonymous_token_is_not_opened),
        token_test(com_impersonate_anonymous_and_revert),
        token_test(com_set_thread_token),
        token_test(com_set_thread_token_refuses),
        token_test(com_impersonate_logged_on_user),
        token_test(com_impersonate_logged_on_user_refuses),
        token_test(com_V_47_a_new_thread_has_no_token),
        token_test(com_duplicate_token),
        token_test(com_levels_only_go_down),
        token_test(com_a_primary_token_has_to_be_able_to_act),
        token_test(com_duplicate_with_the_same_rights),
        token_test(com_handles_have_the_rights_they_were_opened_with),
        token_test(com_generic_rights_are_those_of_tokens),
        token_test(com_membership_of_this_thread),
        token_test(com_membership_takes_an_impersonation_token),
        token_test(com_access_check_takes_a_token_that_identifies),
        token_test(com_access_check_refuses),
        token_test(com_pseudo_handles_show_without_opening),
        token_test(com_pseudo_handles_are_not_closed),
    };

    test_use_emulated();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
