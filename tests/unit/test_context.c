/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "support/kept.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity/context.h"
#include "identity/token.h"
#include "support/child.h"

static unsigned token_refs(const guise_token *token)
{
    return atomic_load(&((guise_token *)(uintptr_t)token)->refs);
}

static unsigned context_refs(guise_context *context)
{
    return atomic_load(&context->refs);
}

static guise_token *make_token(guise_level level)
{
    guise_token_desc desc = {
        .size = sizeof desc, .name = "client", .uid = 1000, .gid = 1000, .level = level};
    guise_token *token = NULL;

    assert_ok(guise_token_create(&desc, &token));
    return token;
}

static guise_blanket plain(void)
{
    guise_blanket blanket = {.size = sizeof blanket,
                             .authn_service = GUISE_AUTHN_SERVICE_KERBEROS,
                             .authz_service = 3,
                             .authn_level = GUISE_AUTHN_LEVEL_PKT_PRIVACY,
                             .level = GUISE_LEVEL_DEFAULT,
                             .capabilities = 0x40,
                             .server_principal = "host/server"};

    return blanket;
}

static guise_context *make(const guise_blanket *blanket, const guise_token *token)
{
    guise_context *context = NULL;

    assert_kept_ok(guise_context_create(blanket, token, &context));
    assert_non_null(context);
    assert_int_equal(context_refs(context), 1);
    return context;
}

static void drop(guise_context *context)
{
    assert_int_equal(context_refs(context), 1);
    assert_keeps_errno(guise_context_unref(context));
}

static void drop_token(guise_token *token)
{
    assert_int_equal(token_refs(token), 1);
    guise_token_unref(token);
}

static void assert_refused(const guise_blanket *blanket, guise_token *token)
{
    guise_context *context = TEST_POISON(guise_context);

    assert_kept(guise_context_create(blanket, token, &context), GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
    assert_int_equal(token_refs(token), 1);
}

static void test_it_says_what_it_was_made_of(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket given = plain();
    guise_context *context = make(&given, token);
    const guise_blanket *blanket = NULL;

    (void)state;
    assert_keeps_errno(blanket = guise_context_blanket(context));
    assert_int_equal(blanket->size, sizeof *blanket);
    assert_int_equal(blanket->authn_service, GUISE_AUTHN_SERVICE_KERBEROS);
    assert_int_equal(blanket->authz_service, 3);
    assert_int_equal(blanket->authn_level, GUISE_AUTHN_LEVEL_PKT_PRIVACY);
    assert_int_equal(blanket->level, GUISE_LEVEL_DELEGATE);
    assert_int_equal(blanket->capabilities, 0x40);
    assert_string_equal(blanket->server_principal, "host/server");
    assert_keeps_errno(assert_ptr_equal(guise_context_token(context), token));
    drop(context);
    drop_token(token);
}

/* ---- levels ---------------------------------------------------------------------------------------- */

static void assert_level(guise_token *token, int wanted, guise_level expected)
{
    guise_blanket blanket = plain();
    bool same = guise_token_level(token) == expected;
    guise_context *context;

    blanket.level = (guise_level)wanted;
    context = make(&blanket, token);
    assert_int_equal(blanket.level, wanted); /* the caller's is not touched */
    assert_int_equal(guise_context_blanket(context)->level, expected);
    assert_int_equal(guise_token_level(guise_context_token(context)), expected);
    assert_int_equal(guise_context_token(context) == token, same);
    assert_int_equal(token_refs(token), same ? 2 : 1);
    assert_int_equal(token_refs(guise_context_token(context)), same ? 2 : 1);
    drop(context);
    assert_int_equal(token_refs(token), 1);
}

/* S-25: the lower of what the client allows and what its token carries; DEFAULT asks for all. */
static void test_level_is_the_lower_of_blanket_and_token(void **state)
{
    static const guise_level lower[5][5] = {
        /* blanket DEFAULT, ANONYMOUS, IDENTIFY, IMPERSONATE, DELEGATE; token from the left */
        {0, 1, 2, 3, 4}, {0, 1, 1, 1, 1}, {0, 1, 2, 2, 2}, {0, 1, 2, 3, 3}, {0, 1, 2, 3, 4},
    };

    (void)state;
    for (int held = 1; held <= 4; held++) {
        guise_token *token = make_token((guise_level)held);

        for (int wanted = 0; wanted <= 4; wanted++) {
            assert_level(token, wanted, lower[wanted][held]);
        }
        drop_token(token);
    }
}

/* S-25: a duplicate is the same client. */
static void test_lowered_token_is_the_same_client(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_IMPERSONATE);
    guise_blanket blanket = plain();
    guise_context *context;

    (void)state;
    blanket.level = GUISE_LEVEL_IDENTIFY;
    context = make(&blanket, token);
    assert_string_equal(guise_token_name(guise_context_token(context)), "client");
    assert_int_equal(guise_token_uid(guise_context_token(context)), 1000);
    assert_int_equal(guise_token_gid(guise_context_token(context)), 1000);
    assert_true(guise_token_serial(guise_context_token(context)) != guise_token_serial(token));
    drop(context);
    drop_token(token);
}

static void test_unknown_levels_are_refused(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket blanket = plain();

    (void)state;
    blanket.level = (guise_level)5;
    assert_refused(&blanket, token);
    blanket.level = (guise_level)-1;
    assert_refused(&blanket, token);
    drop_token(token);
}

/* ---- authentication ---------------------------------------------------------------------------------- */

static void test_authentication_levels(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket blanket = plain();

    (void)state;
    for (uint32_t level = 0; level <= 9; level++) {
        blanket.authn_level = level == 9 ? UINT32_MAX : level;
        if (level >= 1 && level <= 6) {
            guise_context *context = make(&blanket, token);
            assert_int_equal(guise_context_blanket(context)->authn_level, level);
            drop(context);
        } else {
            assert_refused(&blanket, token);
        }
    }
    drop_token(token);
}

/* nothing is vouched for at level NONE, so it says NONE. The token is needed all the same. */
static void test_unauthenticated_reads_as_none(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket given = plain();
    guise_context *context;
    const guise_blanket *blanket;

    (void)state;
    given.authn_level = GUISE_AUTHN_LEVEL_NONE;
    context = make(&given, token);
    blanket = guise_context_blanket(context);
    assert_int_equal(blanket->authn_service, GUISE_AUTHN_SERVICE_NONE);
    assert_int_equal(blanket->authz_service, GUISE_AUTHZ_SERVICE_NONE);
    assert_int_equal(blanket->authn_level, GUISE_AUTHN_LEVEL_NONE);
    assert_null(blanket->server_principal);
    assert_int_equal(blanket->level, GUISE_LEVEL_DELEGATE);
    assert_int_equal(blanket->capabilities, 0x40);
    assert_ptr_equal(guise_context_token(context), token);
    assert_string_equal(given.server_principal, "host/server");
    drop(context);
    drop_token(token);
}

/* with any authentication the same fields are carried as they are. */
static void test_authenticated_keeps_its_services(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket given = plain();
    guise_context *context;

    (void)state;
    given.authn_level = GUISE_AUTHN_LEVEL_CONNECT;
    given.authn_service = 0xFFFFFFFFu;
    given.authz_service = 0xFFFFFFFEu;
    context = make(&given, token);
    assert_int_equal(guise_context_blanket(context)->authn_service, 0xFFFFFFFFu);
    assert_int_equal(guise_context_blanket(context)->authz_service, 0xFFFFFFFEu);
    assert_string_equal(guise_context_blanket(context)->server_principal, "host/server");
    drop(context);
    drop_token(token);
}

static void test_every_capability_bit(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket blanket = plain();

    (void)state;
    for (int bit = 0; bit < 32; bit++) {
        blanket.capabilities = UINT32_C(1) << bit;
        if (bit < 15) {
            guise_context *context = make(&blanket, token);
            assert_int_equal(guise_context_blanket(context)->capabilities, UINT32_C(1) << bit);
            drop(context);
        } else {
            assert_refused(&blanket, token);
        }
    }
    blanket.capabilities = 0x7FFF;
    drop(make(&blanket, token));
    drop_token(token);
}

/* ---- strings, sizes, NULLs ----------------------------------------------------------------------------- */

static void test_principal_is_copied(void **state)
{
    char principal[] = "host/server";
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket given = plain();
    guise_context *context;

    (void)state;
    given.server_principal = principal;
    context = make(&given, token);
    memset(principal, 'x', sizeof principal - 1);
    assert_string_equal(guise_context_blanket(context)->server_principal, "host/server");
    drop(context);
    given.server_principal = NULL;
    context = make(&given, token);
    assert_null(guise_context_blanket(context)->server_principal);
    drop(context);
    given.server_principal = "";
    context = make(&given, token);
    assert_string_equal(guise_context_blanket(context)->server_principal, "");
    drop(context);
    drop_token(token);
}

static void test_size_rule(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_context *context;
    struct {
        guise_blanket blanket;
        unsigned char tail[9];
    } longer = {.blanket = plain()};

    (void)state;
    longer.blanket.size = 0;
    assert_refused(&longer.blanket, token);
    longer.blanket.size = sizeof longer.blanket - 1;
    assert_refused(&longer.blanket, token);
    longer.blanket.size = sizeof longer.blanket + sizeof longer.tail;
    context = make(&longer.blanket, token);
    assert_int_equal(guise_context_blanket(context)->size, sizeof longer.blanket);
    drop(context);
    longer.tail[sizeof longer.tail - 1] = 1;
    assert_refused(&longer.blanket, token);
    longer.blanket.size--;
    drop(make(&longer.blanket, token));
    drop_token(token);
}

/* Beyond the largest size that a struct may state, it is a size that was never set. */
static void test_size_that_nobody_has_set(void **state)
{
    enum { LARGEST = 4096 };
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket *alone = malloc(sizeof *alone); /* with nothing behind it that may be read */
    static union {
        guise_blanket blanket;
        unsigned char bytes[LARGEST + 1];
    } longer;

    (void)state;
    assert_non_null(alone);
    *alone = plain();
    alone->size = SIZE_MAX;
    assert_refused(alone, token);
    alone->size = SIZE_MAX / 2;
    assert_refused(alone, token);
    free(alone);
    longer.blanket = plain();
    longer.blanket.size = LARGEST + 1;
    assert_refused(&longer.blanket, token);
    longer.blanket.size = LARGEST;
    drop(make(&longer.blanket, token));
    drop_token(token);
}

static void test_nulls_are_refused(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_context *context = TEST_POISON(guise_context);
    guise_blanket blanket = plain();

    (void)state;
    assert_refused(NULL, token);
    assert_kept(guise_context_create(&blanket, NULL, &context), GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
    assert_kept(guise_context_create(&blanket, token, NULL), GUISE_E_INVALID_ARGUMENT);
    blanket.authn_level = GUISE_AUTHN_LEVEL_NONE;
    context = TEST_POISON(guise_context);
    assert_kept(guise_context_create(&blanket, NULL, &context), GUISE_E_INVALID_ARGUMENT);
    assert_null(context);
    drop_token(token);
}

/* ---- references ------------------------------------------------------------------------------------------ */

/* V-45 for contexts: the token lives on in the context. */
static void test_token_outlives_its_maker(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket blanket = plain();
    guise_context *context = make(&blanket, token);

    (void)state;
    assert_int_equal(token_refs(token), 2);
    guise_token_unref(token);
    assert_int_equal(token_refs(guise_context_token(context)), 1);
    assert_string_equal(guise_token_name(guise_context_token(context)), "client");
    drop(context);
}

static void test_references_are_counted_exactly(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket blanket = plain();
    guise_context *context = make(&blanket, token), *same = NULL;

    (void)state;
    for (unsigned i = 2; i < 20; i++) {
        assert_keeps_errno(same = guise_context_ref(context));
        assert_ptr_equal(same, context);
        assert_int_equal(context_refs(context), i);
    }
    for (unsigned i = 18; i > 0; i--) {
        assert_keeps_errno(guise_context_unref(context));
        assert_int_equal(context_refs(context), i);
        assert_int_equal(token_refs(token), 2);
    }
    drop(context);
    drop_token(token);
    assert_keeps_errno(assert_null(guise_context_ref(NULL)));
    assert_keeps_errno(guise_context_unref(NULL));
}

static void overflow(void *arg)
{
    guise_context *context = arg;

    atomic_store(&context->refs, UINT_MAX / 2 - 1);
    CHILD_CHECK(guise_context_ref(context) == context);
    (void)fputs("the last one fits. ", stderr);
    (void)guise_context_ref(context);
}

/* L-7 */
static void test_too_many_references_end_the_process(void **state)
{
    guise_token *token = make_token(GUISE_LEVEL_DELEGATE);
    guise_blanket blanket = plain();
    guise_context *context = make(&blanket, token);

    (void)state;
    test_watchdog(20);
    assert_child_dies(overflow, context, "the last one fits. guise: fatal: ");
    drop(context);
    drop_token(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_says_what_it_was_made_of),
        cmocka_unit_test(test_level_is_the_lower_of_blanket_and_token),
        cmocka_unit_test(test_lowered_token_is_the_same_client),
        cmocka_unit_test(test_unknown_levels_are_refused),
        cmocka_unit_test(test_authentication_levels),
        cmocka_unit_test(test_unauthenticated_reads_as_none),
        cmocka_unit_test(test_authenticated_keeps_its_services),
        cmocka_unit_test(test_every_capability_bit),
        cmocka_unit_test(test_principal_is_copied),
        cmocka_unit_test(test_size_rule),
        cmocka_unit_test(test_size_that_nobody_has_set),
        cmocka_unit_test(test_nulls_are_refused),
        cmocka_unit_test(test_token_outlives_its_maker),
        cmocka_unit_test(test_references_are_counted_exactly),
        cmocka_unit_test(test_too_many_references_end_the_process),
    };

    test_use_emulated();
    return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
