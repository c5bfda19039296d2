/* SPDX-License-Identifier: MIT */
/*
 * Accounts of the system below. The linker puts these in the place of libc's four questions: they are
 * counted, and answered from the accounts of this test, so that "was not asked" can be shown. Root is
 * also looked up for real.
 */
#define _POSIX_C_SOURCE 200809L
#include "com_scene.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <string.h>

#include <guisecom.h>

#define UNTOUCHED 0x5AFE5AFEu

#define IS_REFUSED(call, error)                                                                    \
    (SetLastError(UNTOUCHED), (call) == FALSE && GetLastError() == (error))
#define IS_DONE(call) (SetLastError(UNTOUCHED), (call) == TRUE && GetLastError() == UNTOUCHED)

/* ---- the name service ------------------------------------------------------------------------ */

static int s_asked;       /* questions since the test began */
static int s_answer;      /* what it answers instead, once; 0: as below */
static size_t s_least;    /* bytes below which it says ERANGE */
static bool s_real;       /* libc's own is asked */
static bool s_cancelable; /* a question was asked with cancellation enabled */

struct account {
    const char *name;
    uint32_t id;
};

static const struct account s_users[] = {{"root", 0},
                                         {"alice", 50001},
                                         {"D\\carol", 50003},
                                         {"\xF0\x9F\x98\x80", 50004},
                                         {"\xED\xA0\x80x", 50005},
                                         {"\xED\xA0\x80\xED\xBF\xBFx", 50006},
                                         {"\xED\xAF\xBF\xEE\x80\x80", 50007},
                                         {"\xED\xBF\xBF\xED\x9F\xBF", 50008},
                                         {"b\xC3\xB6"
                                          "b\xFF",
                                          50002}};
static const struct account s_groups[] = {{"root", 0}, {"users", 50100}, {"alices", 50001}};

static const struct account *find(const struct account *accounts, size_t count, const char *name,
                                  uint32_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (name != NULL ? strcmp(accounts[i].name, name) == 0 : accounts[i].id == id) {
            return &accounts[i];
        }
    }
    return NULL;
}

static int answer(const struct account *account, size_t room, char *buffer, char **name)
{
    int cancel, error = s_answer;

    s_asked++;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    s_cancelable |= cancel == PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(cancel, &cancel);
    errno = EIO; /* as libc's own may leave it */
    s_answer = 0;
    if (error != 0) {
        return error;
    }
    if (account == NULL) {
        return 0;
    }
    if (room < s_least || room < strlen(account->name) + 9) {
        return ERANGE;
    }
    *name = strcpy(buffer + 8, account->name); /* not at the room's beginning */
    return 0;
}

static int answer_user(const char *name, uid_t uid, struct passwd *entry, char *buffer, size_t room,
                       struct passwd **found)
{
    const struct account *user = find(s_users, sizeof s_users / sizeof *s_users, name, uid);
    int error = answer(user, room, buffer, &entry->pw_name);

    *found = NULL;
    if (error == 0 && user != NULL) {
        entry->pw_uid = user->id;
        *found = entry;
    }
    return error;
}

static int answer_group(const char *name, gid_t gid, struct group *entry, char *buffer, size_t room,
                        struct group **found)
{
    const struct account *group = find(s_groups, sizeof s_groups / sizeof *s_groups, name, gid);
    int error = answer(group, room, buffer, &entry->gr_name);

    *found = NULL;
    if (error == 0 && group != NULL) {
        entry->gr_gid = group->id;
        *found = entry;
    }
    return error;
}

int __real_getpwuid_r(uid_t, struct passwd *, char *, size_t, struct passwd **);
int __real_getpwnam_r(const char *, struct passwd *, char *, size_t, struct passwd **);
int __wrap_getpwuid_r(uid_t, struct passwd *, char *, size_t, struct passwd **);
int __wrap_getpwnam_r(const char *, struct passwd *, char *, size_t, struct passwd **);
int __wrap_getgrgid_r(gid_t, struct group *, char *, size_t, struct group **);
int __wrap_getgrnam_r(const char *, struct group *, char *, size_t, struct group **);

int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t room,
                      struct passwd **found)
{
    return s_real ? __real_getpwuid_r(uid, entry, buffer, room, found)
                  : answer_user(NULL, uid, entry, buffer, room, found);
}

int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t room,
                      struct passwd **found)
{
    return s_real ? __real_getpwnam_r(name, entry, buffer, room, found)
                  : answer_user(name, 0, entry, buffer, room, found);
}

int __wrap_getgrgid_r(gid_t gid, struct group *entry, char *buffer, size_t room,
                      struct group **found)
{
    return answer_group(NULL, gid, entry, buffer, room, found);
}

int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t room,
                      struct group **found)
{
    return answer_group(name, 0, entry, buffer, room, found);
}

static int begin(void **state)
{
    s_asked = s_answer = 0;
    s_least = 0;
    s_real = s_cancelable = false;
    return scene_setup(state);
}

#define service_test(fn) cmocka_unit_test_setup_teardown(fn, begin, com_teardown)

/* ---- questions ------------------------------------------------------------------------------- */

enum { USER = 1, GROUP = 2 }; /* below S-1-22 */

struct unix_sid {
    BYTE head[8];
    DWORD kind, id;
};

static struct unix_sid unix_sid(DWORD kind, DWORD id)
{
    return (struct unix_sid){{1, 2, 0, 0, 0, 0, 0, 22}, kind, id};
}

/* It has exactly this name. */
static bool is_named(struct unix_sid sid, const char *name, SID_NAME_USE use)
{
    char named[64], domain[64];
    DWORD named_length = sizeof named, domain_length = sizeof domain;
    SID_NAME_USE used = SidTypeInvalid;
    const char *expected = use == SidTypeUser ? "Unix User" : "Unix Group";

    return IS_DONE(LookupAccountSidA(NULL, &sid, named, &named_length, domain, &domain_length,
                                     &used)) &&
           strcmp(named, name) == 0 && named_length == strlen(name) &&
           strcmp(domain, expected) == 0 && domain_length == strlen(expected) && used == use;
}

/* It fails in this way, and nothing is written. */
static bool is_unnamed(struct unix_sid sid, DWORD error)
{
    char named[64] = "Z", domain[64] = "Z";
    DWORD named_length = sizeof named, domain_length = sizeof domain;
    SID_NAME_USE used = SidTypeInvalid;

    return IS_REFUSED(
               LookupAccountSidA(NULL, &sid, named, &named_length, domain, &domain_length, &used),
               error) &&
           named_length == sizeof named && domain_length == sizeof domain && named[0] == 'Z' &&
           domain[0] == 'Z' && used == SidTypeInvalid;
}

static bool has_sid(const char *name, DWORD kind, DWORD id)
{
    struct unix_sid expected = unix_sid(kind, id), sid;
    char domain[64];
    DWORD size = sizeof sid, domain_length = sizeof domain;
    SID_NAME_USE use = SidTypeInvalid;

    memset(&sid, 0x5A, sizeof sid);
    return IS_DONE(LookupAccountNameA(NULL, name, &sid, &size, domain, &domain_length, &use)) &&
           size == sizeof sid && memcmp(&sid, &expected, sizeof sid) == 0 &&
           use == (kind == USER ? SidTypeUser : SidTypeGroup) &&
           strcmp(domain, kind == USER ? "Unix User" : "Unix Group") == 0;
}

static bool has_no_sid(const char *name, DWORD error)
{
    char domain[64] = "Z";
    BYTE sid[32] = {0x5A};
    DWORD size = sizeof sid, domain_length = sizeof domain;
    SID_NAME_USE use = SidTypeInvalid;

    return IS_REFUSED(LookupAccountNameA(NULL, name, sid, &size, domain, &domain_length, &use),
                      error) &&
           size == sizeof sid && domain_length == sizeof domain && sid[0] == 0x5A &&
           domain[0] == 'Z' && use == SidTypeInvalid;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void com_accounts_of_the_system(void **state)
{
    (void)state;
    errno = ENOTTY;
    assert_true(is_named(unix_sid(USER, 50001), "alice", SidTypeUser));
    assert_true(is_named(unix_sid(GROUP, 50001), "alices", SidTypeGroup));
    assert_true(is_named(unix_sid(USER, 0), "root", SidTypeUser));
    assert_true(is_unnamed(unix_sid(USER, 50009), ERROR_NONE_MAPPED));
    assert_true(is_unnamed(unix_sid(GROUP, 50009), ERROR_NONE_MAPPED));
    assert_int_equal(s_asked, 5);
    assert_false(s_cancelable);
    assert_int_equal(errno, ENOTTY);
}

static void com_what_is_no_account_is_not_asked_for(void **state)
{
    struct unix_sid other = unix_sid(3, 50001), longer = unix_sid(USER, 50001);

    (void)state;
    longer.head[1] = 1; /* S-1-22-1, which is the domain */
    assert_true(is_unnamed(other, ERROR_NONE_MAPPED));
    assert_false(is_unnamed(longer, ERROR_NONE_MAPPED));
    assert_int_equal(s_asked, 0);
}

static void com_accounts_by_name(void **state)
{
    (void)state;
    assert_true(has_sid("alice", USER, 50001));
    assert_int_equal(s_asked, 1);
    assert_true(has_sid("root", USER, 0)); /* a user before a group */
    assert_true(has_sid("alices", GROUP, 50001));
    assert_true(has_sid("Unix User\\alice", USER, 50001));
    assert_true(has_sid("unix group\\root", GROUP, 0));
    assert_true(has_sid("Unix Group\\users", GROUP, 50100)); /* "users" is BUILTIN's */
    assert_true(has_sid("D\\carol", USER, 50003));           /* a name service that has domains */
    assert_true(has_no_sid("Unix Group\\alice", ERROR_NONE_MAPPED));
    assert_true(has_no_sid("D\\alice", ERROR_NONE_MAPPED));
    assert_true(has_no_sid("Alice", ERROR_NONE_MAPPED)); /* the system tells case */
    assert_false(s_cancelable);
}

static void com_users_is_not_the_systems_group(void **state)
{
    (void)state;
    assert_false(has_sid("users", GROUP, 50100));
    assert_int_equal(s_asked, 0);
}

/* Bytes that are no UTF-8 come back the same. */
static void com_wide_accounts(void **state)
{
    static const WCHAR expected[] = {'b', 0xF6, 'b', 0xDCFF, 0};
    struct unix_sid sid = unix_sid(USER, 50002), back;
    WCHAR name[16], domain[16];
    DWORD name_length = 16, domain_length = 16, size = sizeof back;
    SID_NAME_USE use = SidTypeInvalid;

    (void)state;
    assert_true(
        IS_DONE(LookupAccountSidW(NULL, &sid, name, &name_length, domain, &domain_length, &use)));
    assert_int_equal(name_length, 4);
    assert_memory_equal(name, expected, sizeof expected);
    assert_memory_equal(domain, u"Unix User", sizeof u"Unix User");
    domain_length = 16;
    assert_true(
        IS_DONE(LookupAccountNameW(NULL, name, &back, &size, domain, &domain_length, &use)));
    assert_memory_equal(&back, &sid, sizeof sid);
}

/* Two halves of a character are one; a half alone is what it is. A system of no name is this one. */
static void com_halves_of_characters(void **state)
{
    static const struct {
        WCHAR name[5];
        DWORD id;
    } cases[] = {
        {{0xD83D, 0xDE00, 0}, 50004}, {{0xD800, 'x', 0}, 50005},
        {{0xD800, 0xDFFF, 'x', 0}, 0}, {{0xDBFF, 0xE000, 0}, 50007},
        {{0xDFFF, 0xD7FF, 0}, 50008}, {{0xD83D, 0xDE01, 0}, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct unix_sid expected = unix_sid(USER, cases[i].id), sid;
        WCHAR domain[16];
        DWORD size = sizeof sid, length = 16;
        SID_NAME_USE use = SidTypeInvalid;
        BOOL done = LookupAccountNameW(u"", cases[i].name, &sid, &size, domain, &length, &use);

        assert_int_equal(done, cases[i].id != 0);
        if (done) {
            assert_memory_equal(&sid, &expected, sizeof sid);
            assert_int_equal(use, SidTypeUser);
        } else {
            assert_int_equal(GetLastError(), ERROR_NONE_MAPPED);
        }
    }
}

static void com_too_small_a_place_for_an_account(void **state)
{
    struct unix_sid sid = unix_sid(USER, 50001);
    char name[64], domain[64];
    DWORD name_length = 5, domain_length = sizeof domain;
    SID_NAME_USE use = SidTypeInvalid;

    (void)state;
    assert_true(
        IS_REFUSED(LookupAccountSidA(NULL, &sid, name, &name_length, domain, &domain_length, &use),
                   ERROR_INSUFFICIENT_BUFFER));
    assert_int_equal(name_length, 6);
    assert_int_equal(domain_length, 10);
    assert_true(
        IS_DONE(LookupAccountSidA(NULL, &sid, name, &name_length, domain, &domain_length, &use)));
    assert_int_equal(name_length, 5);
}

/* A group of thousands takes its room. */
static void com_the_name_service_gets_room(void **state)
{
    (void)state;
    s_least = 100000;
    assert_true(is_named(unix_sid(GROUP, 50100), "users", SidTypeGroup));
    assert_int_equal(s_asked, 8); /* 1024 << 7 */
    s_least = SIZE_MAX;
    assert_true(is_unnamed(unix_sid(GROUP, 50100), ERROR_NOT_ENOUGH_MEMORY));
    atomic_store(&s_refuse, true);
    assert_true(is_unnamed(unix_sid(GROUP, 50100), ERROR_NOT_ENOUGH_MEMORY));
    assert_true(has_no_sid("alice", ERROR_NOT_ENOUGH_MEMORY));
}

static void com_the_name_service_fails(void **state)
{
    static const int none[] = {ENOENT, ESRCH, EBADF, EPERM};

    (void)state;
    for (int i = 0; i < 4; i++) {
        s_answer = none[i];
        assert_true(is_unnamed(unix_sid(USER, 50001), ERROR_NONE_MAPPED));
    }
    s_answer = EIO;
    assert_true(is_unnamed(unix_sid(USER, 50001), RPC_S_SERVER_UNAVAILABLE));
    s_answer = EMFILE;
    assert_true(has_no_sid("alice", RPC_S_SERVER_UNAVAILABLE));
    s_answer = ENOMEM;
    assert_true(is_unnamed(unix_sid(USER, 50001), ERROR_NOT_ENOUGH_MEMORY));
    s_answer = EINTR;
    s_asked = 0;
    assert_true(is_named(unix_sid(USER, 50001), "alice", SidTypeUser));
    assert_int_equal(s_asked, 2);
}

/* In Begin_, as the client, no name is looked up, for any question; fixed names are told (W-24). */
static guise_result ask_as_client(guise_call *call, void *arg)
{
    struct scene *s = arg;
    BYTE everyone[12] = {1, 1, 0, 0, 0, 0, 0, 1};
    char name[64], domain[64];
    DWORD name_length = sizeof name, domain_length = sizeof domain;
    SID_NAME_USE use;

    (void)call;
    CHECK_OK(s, guise_impersonate_client());
    CHECK(s, is_unnamed(unix_sid(USER, 50001), ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, is_unnamed(unix_sid(GROUP, 50001), ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, has_no_sid("alice", ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, has_no_sid("Unix Group\\users", ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, has_no_sid("nobody-has-this-name", ERROR_BAD_IMPERSONATION_LEVEL));
    CHECK(s, IS_DONE(LookupAccountSidA(NULL, everyone, name, &name_length, domain, &domain_length,
                                       &use)));
    CHECK(s, strcmp(name, "Everyone") == 0);
    CHECK(s, s_asked == 0);
    CHECK(s, is_client(s->alice));
    CHECK_OK(s, guise_revert_to_self());
    CHECK(s, is_named(unix_sid(USER, 50001), "alice", SidTypeUser));
    CHECK(s, s_asked == 1);
    return GUISE_OK;
}

static void com_clients_do_not_ask(void **state)
{
    struct scene *s = *state;

    scene_dispatch(s, ask_as_client);
}

static void com_any_token_in_the_slot_counts(void **state)
{
    struct scene *s = *state;

    assert_ok(guise_set_thread_token(s->own_token));
    assert_true(is_unnamed(unix_sid(USER, 50001), ERROR_BAD_IMPERSONATION_LEVEL));
    assert_true(has_no_sid("alice", ERROR_BAD_IMPERSONATION_LEVEL));
    assert_int_equal(s_asked, 0);
    assert_ok(guise_set_thread_token(NULL));
    assert_true(has_sid("alice", USER, 50001));
    assert_int_equal(s_asked, 1);
}

/* ---- GetUserName ----------------------------------------------------------------------------- */

static bool is_user(const char *expected)
{
    char name[64];
    DWORD length = sizeof name;

    return IS_DONE(GetUserNameA(name, &length)) && strcmp(name, expected) == 0 &&
           length == strlen(expected) + 1;
}

static bool is_no_user(DWORD error)
{
    char name[64] = "Z";
    DWORD length = sizeof name;

    return IS_REFUSED(GetUserNameA(name, &length), error) && length == sizeof name &&
           name[0] == 'Z';
}

static void com_the_user_of_this_thread(void **state)
{
    struct scene *s = *state;
    guise_token *nameless = make_token(NULL, 50001);

    assert_true(is_user("root") == (geteuid() == 0));
    s_asked = 0;
    assert_ok(guise_set_thread_token(s->alice_token));
    assert_true(is_user(guise_token_name(s->alice_token)));
    assert_ok(guise_set_thread_token(nameless));
    assert_true(is_no_user(ERROR_BAD_IMPERSONATION_LEVEL));
    assert_ok(guise_set_thread_token(NULL));
    assert_int_equal(s_asked, 0);
    guise_token_unref(nameless);
}

static void com_an_anonymous_user(void **state)
{
    struct scene *s = *state;
    guise_token *anonymous = TEST_POISON(guise_token);

    assert_ok(guise_token_duplicate(s->alice_token, GUISE_LEVEL_ANONYMOUS, &anonymous));
    assert_ok(guise_set_thread_token(anonymous));
    assert_true(is_no_user(ERROR_CANT_OPEN_ANONYMOUS));
    assert_ok(guise_set_thread_token(NULL));
    guise_token_unref(anonymous);
}

static void com_a_place_for_the_user(void **state)
{
    struct scene *s = *state;
    DWORD size = (DWORD)strlen(guise_token_name(s->alice_token)) + 1, length = size - 1;
    WCHAR name[64];

    assert_true(IS_REFUSED(GetUserNameA(NULL, NULL), ERROR_INVALID_PARAMETER));
    assert_ok(guise_set_thread_token(s->alice_token));
    assert_true(IS_REFUSED(GetUserNameW(name, &length), ERROR_INSUFFICIENT_BUFFER));
    assert_int_equal(length, size);
    assert_true(IS_DONE(GetUserNameW(name, &length)));
    assert_int_equal(length, size);
    assert_int_equal(name[0], guise_token_name(s->alice_token)[0]);
    assert_int_equal(name[size - 1], 0);
    assert_ok(guise_set_thread_token(NULL));
}

/* libc's own: every system has root, and this uid is unused. */
static void com_root_for_real(void **state)
{
    (void)state;
    s_real = true;
    assert_true(is_named(unix_sid(USER, 0), "root", SidTypeUser));
    assert_true(has_sid("root", USER, 0));
    assert_true(is_unnamed(unix_sid(USER, 50777), ERROR_NONE_MAPPED));
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        service_test(com_accounts_of_the_system),
        service_test(com_what_is_no_account_is_not_asked_for),
        service_test(com_accounts_by_name),
        service_test(com_users_is_not_the_systems_group),
        service_test(com_wide_accounts),
        service_test(com_halves_of_characters),
        service_test(com_too_small_a_place_for_an_account),
        service_test(com_the_name_service_gets_room),
        service_test(com_the_name_service_fails),
        service_test(com_clients_do_not_ask),
        service_test(com_any_token_in_the_slot_counts),
        service_test(com_the_user_of_this_thread),
        service_test(com_an_anonymous_user),
        service_test(com_a_place_for_the_user),
        service_test(com_root_for_real),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
