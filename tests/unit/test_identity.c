/* SPDX-License-Identifier: MIT */
/* Clients without ids, credentials, and what a context says and carries (I-14 to I-16, I-18). */
#define _XOPEN_SOURCE 700
#include "support/kept.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "identity/context.h"
#include "identity/credential.h"
#include "identity/provider.h"
#include "identity/token.h"
#include "support/scene.h"

enum { OVERFLOW_ID = 65534 };

static const int s_kind, s_other_kind;
static void count_destroyed(void *data)
{
    *(int *)data += 1;
}

static guise_identity identity(const char *mechanism, const char *key)
{
    guise_identity made = GUISE_IDENTITY_INIT;

    made.mechanism = mechanism;
    made.key = key;
    made.key_size = strlen(key);
    return made;
}

static guise_token *without_ids(const char *mechanism, const char *key)
{
    guise_identity who = identity(mechanism, key);
    guise_token *token = NULL;

    assert_kept_ok(
        guise_token_create_without_ids(&who, "client@REALM", GUISE_LEVEL_IDENTIFY, &token));
    assert_non_null(token);
    return token;
}

static guise_token *unknown(void)
{
    guise_token *token = NULL;

    assert_kept_ok(guise_token_create_without_ids(NULL, NULL, GUISE_LEVEL_ANONYMOUS, &token));
    return token;
}

static void drop(guise_token *token)
{
    assert_int_equal(token_refs(token), 1);
    assert_keeps_errno(guise_token_unref(token));
}

/* ---- a token without ids --------------------------------------------------------------------- */

static void test_it_reads_as_nobody(void **state)
{
    char mechanism[] = "krb5", key[] = "alice", name[] = "alice@REALM";
    guise_identity who = identity(mechanism, key);
    const guise_identity *said;
    guise_token *token = NULL;
    size_t count = 7;

    (void)state;
    assert_kept_ok(guise_token_create_without_ids(&who, name, GUISE_LEVEL_IDENTIFY, &token));
    memset(mechanism, 'x', sizeof mechanism - 1);
    memset(key, 'x', sizeof key - 1);
    memset(name, 'x', sizeof name - 1);
    assert_false(guise_token_has_ids(token));
    assert_int_equal(guise_token_uid(token), guise__limits()->overflow_uid);
    assert_int_equal(guise_token_gid(token), guise__limits()->overflow_gid);
    assert_non_null(guise_token_groups(token, &count));
    assert_int_equal(count, 0);
    assert_string_equal(guise_token_name(token), "alice@REALM");
    assert_int_equal(guise_token_level(token), GUISE_LEVEL_IDENTIFY);
    assert_null(guise_token_credential(token));
    said = guise_token_identity(token);
    assert_int_equal(said->size, sizeof *said);
    assert_string_equal(said->mechanism, "krb5");
    assert_int_equal(said->key_size, 5);
    assert_memory_equal(said->key, "alice", 5);
    drop(token);
}

static void test_a_token_with_ids_says_so(void **state)
{
    guise_token *token = make_token("alice", 1001);

    (void)state;
    assert_true(guise_token_has_ids(token));
    assert_null(guise_token_identity(token));
    assert_null(guise_token_credential(token));
    drop(token);
}

/* I-14: the system may be told that unknown users are 0; such a client never reads as root. */
static void test_it_never_reads_as_root(void **state)
{
    struct guise__limits *limits = (struct guise__limits *)(uintptr_t)guise__limits();
    const struct guise__limits before = *limits;
    guise_token *token;

    (void)state;
    limits->overflow_uid = 0;
    limits->overflow_gid = 0;
    token = without_ids("krb5", "alice");
    *limits = before;
    assert_int_equal(guise_token_uid(token), OVERFLOW_ID);
    assert_int_equal(guise_token_gid(token), OVERFLOW_ID);
    drop(token);
}

static void test_nothing_may_be_known(void **state)
{
    guise_token *token = unknown();

    (void)state;
    assert_false(guise_token_has_ids(token));
    assert_string_equal(guise_token_name(token), "");
    assert_string_equal(guise_token_identity(token)->mechanism, "");
    assert_int_equal(guise_token_identity(token)->key_size, 0);
    assert_int_equal(guise_token_level(token), GUISE_LEVEL_ANONYMOUS);
    drop(token);
}

/* I-14: there is no user for a thread to become, so no level says that it may. */
static void test_its_level_is_at_most_identify(void **state)
{
    guise_identity who = identity("krb5", "alice");

    (void)state;
    for (guise_level level = GUISE_LEVEL_IMPERSONATE; level <= GUISE_LEVEL_DELEGATE; level++) {
        guise_token *token = TEST_POISON(guise_token);

        assert_kept(guise_token_create_without_ids(&who, "", level, &token), GUISE_E_BAD_LEVEL);
        assert_null(token);
        token = TEST_POISON(guise_token);
        assert_kept(guise_token_create_without_ids(NULL, "", level, &token), GUISE_E_BAD_LEVEL);
        assert_null(token);
    }
}

static void refused(const guise_identity *who, guise_level level)
{
    guise_token *token = TEST_POISON(guise_token);

    assert_kept(guise_token_create_without_ids(who, "", level, &token), GUISE_E_INVALID_ARGUMENT);
    assert_null(token);
}

static void test_bad_identities_are_refused(void **state)
{
    const guise_identity good = identity("krb5", "alice");
    guise_identity bad;

    (void)state;
    refused(&good, GUISE_LEVEL_DEFAULT);
    refused(&good, (guise_level)5);
    refused(NULL, GUISE_LEVEL_IDENTIFY);
    refused(NULL, GUISE_LEVEL_DEFAULT);
    refused((bad = good, bad.size--, &bad), GUISE_LEVEL_IDENTIFY);
    refused((bad = good, bad.mechanism = NULL, &bad), GUISE_LEVEL_IDENTIFY);
    refused((bad = good, bad.mechanism = "", &bad), GUISE_LEVEL_IDENTIFY);
    refused((bad = good, bad.key = NULL, &bad), GUISE_LEVEL_IDENTIFY);
    refused((bad = good, bad.key_size = 0, &bad), GUISE_LEVEL_ANONYMOUS);
    refused((bad = good, bad.key_size = 65537, &bad), GUISE_LEVEL_IDENTIFY);
    refused((bad = good, bad.key_size = SIZE_MAX, &bad), GUISE_LEVEL_IDENTIFY);
    assert_kept(guise_token_create_without_ids(&good, "", GUISE_LEVEL_IDENTIFY, NULL),
                GUISE_E_INVALID_ARGUMENT);
}

/* I-14: no file is theirs and they are not "the rest" either. */
static void test_every_access_is_denied(void **state)
{
    guise_token *token = without_ids("krb5", "alice"), *anonymous = unknown();
    struct stat file = {
        .st_mode = 0777, .st_uid = guise_token_uid(token), .st_gid = guise_token_gid(token)};

    (void)state;
    for (int mode = 0; mode <= (R_OK | W_OK | X_OK); mode++) {
        assert_kept(guise_token_check_access(token, &file, mode), GUISE_E_ACCESS_DENIED);
        assert_kept(guise_token_check_access(anonymous, &file, mode), GUISE_E_BAD_LEVEL);
    }
    assert_kept(guise_token_check_access(token, &file, 8), GUISE_E_INVALID_ARGUMENT);
    drop(token);
    drop(anonymous);
}

static void test_a_duplicate_has_none_either(void **state)
{
    guise_token *token = without_ids("krb5", "alice"), *copy = NULL, *higher;

    (void)state;
    assert_kept_ok(guise_token_duplicate(token, GUISE_LEVEL_ANONYMOUS, &copy));
    assert_false(guise_token_has_ids(copy));
    assert_int_equal(guise_token_level(copy), GUISE_LEVEL_ANONYMOUS);
    assert_true(guise_token_is_same_client(token, copy));
    assert_true(guise_token_serial(token) != guise_token_serial(copy));
    higher = TEST_POISON(guise_token);
    assert_kept(guise_token_duplicate(token, GUISE_LEVEL_IMPERSONATE, &higher), GUISE_E_BAD_LEVEL);
    assert_null(higher);
    drop(token);
    assert_string_equal(guise_token_identity(copy)->mechanism, "krb5");
    assert_string_equal(guise_token_name(copy), "client@REALM");
    drop(copy);
}

/* ---- who is whom (I-15) ---------------------------------------------------------------------- */

static bool same(const guise_token *one, const guise_token *other)
{
    assert_int_equal(guise_token_is_same_client(one, other),
                     guise_token_is_same_client(other, one));
    return guise_token_is_same_client(one, other);
}

static void test_the_key_tells_clients_apart(void **state)
{
    guise_token *alice = without_ids("krb5", "alice"), *again = without_ids("krb5", "alice");
    guise_token *longer = without_ids("krb5", "alice2"), *bob = without_ids("krb5", "bobby");
    guise_token *elsewhere = without_ids("x509", "alice"), *nobody = unknown(), *none = unknown();

    (void)state;
    assert_true(same(alice, alice));
    assert_true(same(alice, again));
    assert_false(same(alice, longer));
    assert_false(same(alice, bob));
    assert_false(same(alice, elsewhere));
    assert_false(same(alice, nobody));
    assert_false(same(nobody, none));
    assert_false(same(nobody, nobody));
    assert_false(same(alice, NULL));
    assert_false(same(NULL, NULL));
    drop(alice);
    drop(again);
    drop(longer);
    drop(bob);
    drop(elsewhere);
    drop(nobody);
    drop(none);
}

static guise_token *with_ids(uid_t uid, gid_t gid, gid_t group)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .uid = uid,
                             .gid = gid,
                             .groups = &group,
                             .group_count = 1,
                             .level = GUISE_LEVEL_IDENTIFY};
    guise_token *token = NULL;

    assert_ok(guise_token_create(&desc, &token));
    return token;
}

static void test_ids_tell_clients_apart(void **state)
{
    struct guise__limits *limits = (struct guise__limits *)(uintptr_t)guise__limits();
    const struct guise__limits before = *limits;
    guise_token *alice = with_ids(1, 2, 3),
                *other[] = {with_ids(9, 2, 3), with_ids(1, 3, 2), with_ids(1, 2, 9), NULL, NULL};
    guise_token *again = with_ids(1, 2, 3), *nameless = without_ids("krb5", "alice");

    (void)state;
    limits->has_unmapped_uids = limits->has_unmapped_gids = false;
    other[3] = with_ids(guise_token_uid(nameless), guise_token_gid(nameless), 3);
    other[4] = with_ids(1, 2, 2); /* one group less */
    *limits = before;
    assert_true(same(alice, again));
    assert_false(same(nameless, other[3]));
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        assert_false(same(alice, other[i]));
        drop(other[i]);
    }
    drop(alice);
    drop(again);
    drop(nameless);
}

/* ---- credentials (I-16) ---------------------------------------------------------------------- */

static unsigned credential_refs(const guise_credential *credential)
{
    return atomic_load(&((guise_credential *)(uintptr_t)credential)->refs);
}

static guise_credential *make_credential(int *data)
{
    guise_credential *credential = NULL;

    *data = 0;
    assert_kept_ok(guise_credential_create(&s_kind, data, count_destroyed, &credential));
    assert_int_equal(credential_refs(credential), 1);
    return credential;
}

static guise_token_desc delegated(void)
{
    guise_token_desc desc = {
        .size = sizeof desc, .name = "alice", .uid = 1001, .level = GUISE_LEVEL_DELEGATE};

    return desc;
}

static void test_a_credential_is_counted(void **state)
{
    int data;
    guise_credential *credential = make_credential(&data);

    (void)state;
    assert_ptr_equal(guise_credential_ref(credential), credential);
    assert_int_equal(credential_refs(credential), 2);
    assert_ptr_equal(guise_credential_data(credential, &s_kind), &data);
    assert_null(guise_credential_data(credential, &s_other_kind));
    assert_null(guise_credential_data(NULL, &s_kind));
    assert_null(guise_credential_ref(NULL));
    guise_credential_unref(NULL);
    assert_keeps_errno(guise_credential_unref(credential));
    assert_int_equal(data, 0);
    assert_keeps_errno(guise_credential_unref(credential));
    assert_int_equal(data, 1);
}

static void test_bad_credentials_are_refused(void **state)
{
    guise_credential *credential = TEST_POISON(guise_credential);
    int data = 0;

    (void)state;
    assert_kept(guise_credential_create(NULL, &data, count_destroyed, &credential),
                GUISE_E_INVALID_ARGUMENT);
    assert_null(credential);
    credential = TEST_POISON(guise_credential);
    assert_kept(guise_credential_create(&s_kind, NULL, count_destroyed, &credential),
                GUISE_E_INVALID_ARGUMENT);
    assert_null(credential);
    credential = TEST_POISON(guise_credential);
    assert_kept(guise_credential_create(&s_kind, &data, NULL, &credential),
                GUISE_E_INVALID_ARGUMENT);
    assert_null(credential);
    assert_kept(guise_credential_create(&s_kind, &data, count_destroyed, NULL),
                GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(data, 0);
}

static void test_a_duplicate_below_delegate_has_no_credential(void **state)
{
    guise_token_desc desc = delegated();
    guise_token *token = NULL, *equal = NULL, *lower = NULL;
    int data;
    guise_credential *credential = make_credential(&data);

    (void)state;
    assert_kept_ok(guise_token_create_with_credential(&desc, credential, &token));
    assert_ptr_equal(guise_token_credential(token), credential);
    assert_int_equal(credential_refs(credential), 2);
    assert_kept_ok(guise_token_duplicate(token, GUISE_LEVEL_DELEGATE, &equal));
    assert_ptr_equal(guise_token_credential(equal), credential);
    assert_int_equal(credential_refs(credential), 3);
    assert_kept_ok(guise_token_duplicate(token, GUISE_LEVEL_IMPERSONATE, &lower));
    assert_null(guise_token_credential(lower));
    assert_int_equal(credential_refs(credential), 3);
    drop(token);
    guise_credential_unref(credential);
    drop(lower);
    assert_int_equal(data, 0);
    drop(equal);
    assert_int_equal(data, 1);
}

static void test_a_context_below_delegate_has_no_credential(void **state)
{
    guise_token_desc desc = delegated();
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_level = GUISE_AUTHN_LEVEL_CONNECT,
                             .level = GUISE_LEVEL_IMPERSONATE};
    guise_context *context = NULL;
    guise_token *token = NULL;
    int data;
    guise_credential *credential = make_credential(&data);

    (void)state;
    assert_ok(guise_token_create_with_credential(&desc, credential, &token));
    guise_credential_unref(credential);
    assert_ok(guise_context_create(&blanket, token, &context));
    assert_null(guise_token_credential(guise_context_token(context)));
    drop(token);
    assert_int_equal(data, 1);
    guise_context_unref(context);
}

static void test_a_credential_needs_delegation(void **state)
{
    guise_token_desc desc = delegated(), bad = delegated();
    guise_token *token;
    int data;
    guise_credential *credential = make_credential(&data);

    (void)state;
    for (guise_level level = GUISE_LEVEL_ANONYMOUS; level < GUISE_LEVEL_DELEGATE; level++) {
        desc.level = level;
        token = TEST_POISON(guise_token);
        assert_kept(guise_token_create_with_credential(&desc, credential, &token),
                    GUISE_E_BAD_LEVEL);
        assert_null(token);
    }
    desc.level = GUISE_LEVEL_DELEGATE;
    token = TEST_POISON(guise_token);
    assert_kept(guise_token_create_with_credential(&desc, NULL, &token), GUISE_E_INVALID_ARGUMENT);
    assert_null(token);
    bad.uid = (uid_t)-1;
    token = TEST_POISON(guise_token);
    assert_kept(guise_token_create_with_credential(&bad, credential, &token),
                GUISE_E_INVALID_ARGUMENT);
    assert_null(token);
    assert_kept(guise_token_create_with_credential(NULL, credential, &token),
                GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_token_create_with_credential(&desc, credential, NULL),
                GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(credential_refs(credential), 1);
    guise_credential_unref(credential);
    assert_int_equal(data, 1);
}

/* The provider refuses: what was taken is given back. */
static void test_a_token_that_is_not_made_keeps_no_credential(void **state)
{
    guise_token_desc desc = delegated();
    guise_token *token = TEST_POISON(guise_token);
    int data;
    guise_credential *credential = make_credential(&data);

    (void)state;
    if (scene_is_faked) {
        fake_fail(FAKE_PREPARE, 0, 1, GUISE_E_ACCESS_DENIED);
        assert_kept(guise_token_create_with_credential(&desc, credential, &token),
                    GUISE_E_ACCESS_DENIED);
        assert_null(token);
    }
    assert_int_equal(credential_refs(credential), 1);
    assert_int_equal(data, 0);
    guise_credential_unref(credential);
}

/* ---- what a context says --------------------------------------------------------------------- */

static guise_blanket plain(void)
{
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_service = GUISE_AUTHN_SERVICE_KERBEROS,
                             .authn_level = GUISE_AUTHN_LEVEL_PKT_PRIVACY,
                             .server_principal = "host/server"};

    return blanket;
}

static guise_context *make_with(const guise_token *token, const guise_context_desc *desc)
{
    guise_blanket blanket = plain();
    guise_context *context = NULL;

    assert_kept_ok(guise_context_create_with(&blanket, token, desc, &context));
    return context;
}

static void says_nothing(const guise_context *context)
{
    const guise_identity *said = guise_context_identity(context);

    assert_int_equal(said->size, sizeof *said);
    assert_string_equal(said->mechanism, "");
    assert_int_equal(said->key_size, 0);
}

static void test_a_context_says_who_and_how_long(void **state)
{
    guise_token *token = make_token("alice", 1001);
    char key[] = "alice@REALM";
    guise_identity who = identity("krb5", key);
    guise_context_desc desc = GUISE_CONTEXT_DESC_INIT;
    guise_context *context;
    int data = 0;

    (void)state;
    desc.identity = &who;
    desc.valid_until = INT64_MAX;
    desc.data = &data;
    desc.destroy = count_destroyed;
    context = make_with(token, &desc);
    memset(key, 'x', sizeof key - 1);
    assert_string_equal(guise_context_identity(context)->mechanism, "krb5");
    assert_int_equal(guise_context_identity(context)->key_size, 11);
    assert_memory_equal(guise_context_identity(context)->key, "alice@REALM", 11);
    assert_string_equal(guise_context_blanket(context)->server_principal, "host/server");
    assert_int_equal(guise_context_valid_until(context), INT64_MAX);
    assert_false(guise_context_has_ended(context));
    assert_ptr_equal(guise_context_data(context), &data);
    assert_int_equal(data, 0);
    assert_keeps_errno(guise_context_unref(context));
    assert_int_equal(data, 1);
    drop(token);
}

static void test_a_plain_context_says_nothing_more(void **state)
{
    guise_token *token = make_token("alice", 1001);
    guise_context *context = make_context(token, GUISE_AUTHN_LEVEL_CONNECT);

    (void)state;
    says_nothing(context);
    assert_int_equal(guise_context_valid_until(context), 0);
    assert_false(guise_context_has_ended(context));
    assert_null(guise_context_data(context));
    guise_context_unref(context);
    drop(token);
}

/* at NONE nothing is vouched for. */
static void test_an_unauthenticated_context_says_nothing(void **state)
{
    guise_token *token = make_token("alice", 1001);
    guise_identity who = identity("krb5", "alice");
    guise_context_desc desc = {.size = sizeof desc, .identity = &who};
    guise_blanket blanket = plain();
    guise_context *context = NULL;

    (void)state;
    blanket.authn_level = GUISE_AUTHN_LEVEL_NONE;
    assert_kept_ok(guise_context_create_with(&blanket, token, &desc, &context));
    says_nothing(context);
    guise_context_unref(context);
    drop(token);
}

/* I-15 */
static void test_a_context_without_ids_has_its_tokens_identity(void **state)
{
    guise_token *token = without_ids("krb5", "alice");
    guise_identity who = identity("krb5", "alice"), other = identity("krb5", "bob");
    guise_context_desc desc = GUISE_CONTEXT_DESC_INIT;
    guise_context *context = make_with(token, &desc);
    guise_blanket blanket = plain();

    (void)state;
    assert_memory_equal(guise_context_identity(context)->key, "alice", 5);
    guise_context_unref(context);
    desc.identity = &who;
    context = make_with(token, &desc);
    guise_context_unref(context);
    desc.identity = &other;
    context = TEST_POISON(guise_context);
    assert_kept(guise_context_create_with(&blanket, token, &desc, &context),
                GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
    drop(token);
}

static void refused_with(const guise_token *token, const guise_context_desc *desc)
{
    guise_blanket blanket = plain();
    guise_context *context = TEST_POISON(guise_context);

    assert_kept(guise_context_create_with(&blanket, token, desc, &context),
                GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
}

/* The data stays the caller's. */
static void test_bad_descriptions_are_refused(void **state)
{
    guise_token *token = make_token("alice", 1001);
    int data = 0;
    guise_identity bad_identity = identity("", "alice");
    const guise_context_desc good = {
        .size = sizeof good, .data = &data, .destroy = count_destroyed};
    guise_context_desc bad;
    guise_blanket blanket = plain();

    (void)state;
    refused_with(NULL, &good);
    refused_with(token, NULL);
    refused_with(token, (bad = good, bad.size--, &bad));
    refused_with(token, (bad = good, bad.valid_until = -1, &bad));
    refused_with(token, (bad = good, bad.identity = &bad_identity, &bad));
    assert_kept(guise_context_create_with(&blanket, token, &good, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_int_equal(data, 0);
    drop(token);
}

static void test_a_context_from_a_token(void **state)
{
    guise_token *token = make_token("alice", 1001);
    guise_context *context = NULL;
    const guise_blanket *blanket;

    (void)state;
    assert_kept_ok(guise_context_from_token(token, 16, GUISE_AUTHN_LEVEL_PKT, &context));
    assert_ptr_equal(guise_context_token(context), token);
    blanket = guise_context_blanket(context);
    assert_int_equal(blanket->size, sizeof *blanket);
    assert_int_equal(blanket->authn_service, 16);
    assert_int_equal(blanket->authz_service, 0);
    assert_int_equal(blanket->authn_level, GUISE_AUTHN_LEVEL_PKT);
    assert_int_equal(blanket->level, GUISE_LEVEL_IMPERSONATE);
    assert_int_equal(blanket->capabilities, 0);
    assert_null(blanket->server_principal);
    guise_context_unref(context);
    context = TEST_POISON(guise_context);
    assert_kept(guise_context_from_token(token, 16, 0, &context), GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
    context = TEST_POISON(guise_context);
    assert_kept(guise_context_from_token(NULL, 16, 2, &context), GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
    assert_kept(guise_context_from_token(token, 16, 2, NULL), GUISE_E_INVALID_ARGUMENT);
    drop(token);
}

static guise_result impersonate_at_the_end(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_context *context = s->extra;
    guise_call *late = TEST_POISON(guise_call);

    CHECK(s, guise_context_has_ended(context));
    CHECK_RESULT(s, guise_call_create(context, &late), GUISE_E_ACCESS_DENIED);
    CHECK(s, late == NULL);
    CHECK_OK(s, guise_call_impersonate(call));
    return guise_call_signal(call);
}

/* I-18: no new call, and the one before keeps its rights. */
static void test_an_ended_context_has_no_new_calls(void **state)
{
    struct scene *s = *state;
    guise_context_desc desc = {.size = sizeof desc, .valid_until = (int64_t)time(NULL) + 3600};
    guise_context *context = make_with(s->alice_token, &desc);
    guise_call *call = make_call(context);

    assert_false(guise_context_has_ended(context));
    context->valid_until = (int64_t)time(NULL);
    s->extra = context;
    scene_dispatch_call(s, call, impersonate_at_the_end, GUISE_OK);
    guise_call_unref(call);
    assert_int_equal(context_refs(context), 1);
    guise_context_unref(context);
}

/* ---- in the slot ----------------------------------------------------------------------------- */

/* I-15: two that read the same are two for the provider too. */
static guise_result swap_them(guise_call *call, void *arg)
{
    struct scene *s = arg;
    guise_token *const *both = s->extra;

    (void)call;
    CHECK(s, guise_token_uid(both[0]) == guise_token_uid(both[1]));
    CHECK_OK(s, guise_set_thread_token(both[0]));
    CHECK(s, is_only_set(both[0]));
    CHECK_OK(s, guise_set_thread_token(both[1]));
    CHECK(s, is_only_set(both[1]));
    return GUISE_OK;
}

static void test_two_of_them_are_two(void **state)
{
    struct scene *s = *state;
    guise_token *both[] = {without_ids("krb5", "alice"), without_ids("krb5", "bob")};

    s->extra = both;
    fake_log_clear();
    scene_dispatch(s, swap_them);
    if (scene_is_faked) {
        assert_string_equal(fake_log(), "+c-c+c-c");
    }
    drop(both[0]);
    drop(both[1]);
}

static int run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_reads_as_nobody),
        cmocka_unit_test(test_a_token_with_ids_says_so),
        cmocka_unit_test(test_it_never_reads_as_root),
        cmocka_unit_test(test_nothing_may_be_known),
        cmocka_unit_test(test_its_level_is_at_most_identify),
        cmocka_unit_test(test_bad_identities_are_refused),
        cmocka_unit_test(test_every_access_is_denied),
        cmocka_unit_test(test_a_duplicate_has_none_either),
        cmocka_unit_test(test_the_key_tells_clients_apart),
        cmocka_unit_test(test_ids_tell_clients_apart),
        cmocka_unit_test(test_a_credential_is_counted),
        cmocka_unit_test(test_bad_credentials_are_refused),
        cmocka_unit_test(test_a_duplicate_below_delegate_has_no_credential),
        cmocka_unit_test(test_a_context_below_delegate_has_no_credential),
        cmocka_unit_test(test_a_credential_needs_delegation),
        cmocka_unit_test(test_a_token_that_is_not_made_keeps_no_credential),
        cmocka_unit_test(test_a_context_says_who_and_how_long),
        cmocka_unit_test(test_a_plain_context_says_nothing_more),
        cmocka_unit_test(test_an_unauthenticated_context_says_nothing),
        cmocka_unit_test(test_a_context_without_ids_has_its_tokens_identity),
        cmocka_unit_test(test_bad_descriptions_are_refused),
        cmocka_unit_test(test_a_context_from_a_token),
        scene_test(test_an_ended_context_has_no_new_calls),
        scene_test(test_two_of_them_are_two),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return scene_main(run);
}
