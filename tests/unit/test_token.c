/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "support/kept.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity/token.h"
#include "support/child.h"
#include "support/wt.h"

enum { OVERFLOW_ID = 65534 };

static unsigned refs_of(const guise_token *token)
{
    return atomic_load(&((guise_token *)(uintptr_t)token)->refs);
}

static guise_token_desc plain(void)
{
    guise_token_desc desc = {.size = sizeof desc,
                             .name = "client",
                             .uid = 1000,
                             .gid = 2000,
                             .level = GUISE_LEVEL_IMPERSONATE};

    return desc;
}

static guise_token *make(const guise_token_desc *desc)
{
    guise_token *token = NULL;

    assert_kept_ok(guise_token_create(desc, &token));
    assert_non_null(token);
    return token;
}

static guise_token *make_at(guise_level level)
{
    guise_token_desc desc = plain();

    desc.level = level;
    return make(&desc);
}

static void drop(guise_token *token)
{
    assert_int_equal(refs_of(token), 1);
    assert_keeps_errno(guise_token_unref(token));
}

static void assert_refused(const guise_token_desc *desc)
{
    guise_token *token = TEST_POISON(guise_token);

    assert_kept(guise_token_create(desc, &token), GUISE_E_INVALID_ARGUMENT);
    assert_null(token);
}

static void assert_groups(const guise_token *token, const gid_t *expected, size_t count)
{
    size_t actual_count = SIZE_MAX;
    const gid_t *actual = NULL;

    assert_keeps_errno(actual = guise_token_groups(token, &actual_count));
    assert_int_equal(actual_count, count);
    assert_memory_equal(actual, expected, count * sizeof *expected);
    assert_ptr_equal(guise_token_groups(token, NULL), actual);
}

/* ---- what it says -------------------------------------------------------------------------------- */

static void test_it_says_what_it_was_made_of(void **state)
{
    const gid_t groups[] = {2000};
    guise_token_desc desc = plain();
    guise_token *token = make(&desc);

    (void)state;
    assert_keeps_errno(assert_string_equal(guise_token_name(token), "client"));
    assert_keeps_errno(assert_int_equal(guise_token_uid(token), 1000));
    assert_keeps_errno(assert_int_equal(guise_token_gid(token), 2000));
    assert_keeps_errno(assert_int_equal(guise_token_level(token), GUISE_LEVEL_IMPERSONATE));
    assert_keeps_errno(assert_true(guise_token_serial(token) != 0));
    assert_groups(token, groups, 1);
    drop(token);
}

static void test_uid_and_gid_zero_are_allowed(void **state)
{
    const gid_t groups[] = {0};
    guise_token_desc desc = plain();
    guise_token *token;

    (void)state;
    desc.uid = 0;
    desc.gid = 0;
    token = make(&desc);
    assert_int_equal(guise_token_uid(token), 0);
    assert_int_equal(guise_token_gid(token), 0);
    assert_groups(token, groups, 1);
    drop(token);
}

static void test_name_is_copied_and_never_null(void **state)
{
    char name[] = "somebody";
    guise_token_desc desc = plain();
    guise_token *named, *nameless;

    (void)state;
    desc.name = name;
    named = make(&desc);
    desc.name = NULL;
    nameless = make(&desc);
    memset(name, 'x', sizeof name - 1);
    assert_string_equal(guise_token_name(named), "somebody");
    assert_string_equal(guise_token_name(nameless), "");
    drop(named);
    drop(nameless);
}

static void test_long_name_is_kept_whole(void **state)
{
    char name[5000];
    guise_token_desc desc = plain();
    guise_token *token;

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    desc.name = name;
    token = make(&desc);
    assert_string_equal(guise_token_name(token), name);
    drop(token);
}

/* ---- groups ---------------------------------------------------------------------------------------- */

static void test_groups_are_sorted_unique_and_have_the_gid(void **state)
{
    const gid_t given[] = {30, 10, 30, 4000000000u, 20, 10, 5};
    const gid_t expected[] = {5, 10, 20, 30, 2000, 4000000000u};
    guise_token_desc desc = plain();
    guise_token *token;

    (void)state;
    desc.groups = given;
    desc.group_count = sizeof given / sizeof given[0];
    token = make(&desc);
    assert_groups(token, expected, sizeof expected / sizeof expected[0]);
    drop(token);
}

static void test_gid_already_listed_is_not_listed_twice(void **state)
{
    const gid_t given[] = {2000, 1, 2000};
    const gid_t expected[] = {1, 2000};
    guise_token_desc desc = plain();
    guise_token *token;

    (void)state;
    desc.groups = given;
    desc.group_count = sizeof given / sizeof given[0];
    token = make(&desc);
    assert_groups(token, expected, 2);
    drop(token);
}

static void test_groups_are_copied(void **state)
{
    gid_t given[] = {3, 1, 2};
    const gid_t expected[] = {1, 2, 3, 2000};
    guise_token_desc desc = plain();
    guise_token *token;

    (void)state;
    desc.groups = given;
    desc.group_count = 3;
    token = make(&desc);
    assert_int_equal(given[0], 3); /* nor is the caller's list sorted */
    memset(given, 0xFF, sizeof given);
    assert_groups(token, expected, 4);
    drop(token);
}

static void test_count_zero_needs_no_list_and_reads_none(void **state)
{
    const gid_t expected[] = {2000};
    guise_token_desc desc = plain();
    guise_token *token;

    (void)state;
    desc.groups = TEST_POISON(gid_t);
    token = make(&desc);
    assert_groups(token, expected, 1);
    drop(token);
}

/* A list 1, 2, ... of so many, without 2000 unless it is asked for. */
static gid_t *long_list(size_t count, bool with_gid)
{
    gid_t *list = calloc(count, sizeof *list);

    assert_non_null(list);
    for (size_t i = 0; i < count; i++) {
        list[i] = (gid_t)(100000 + i);
    }
    if (with_gid) {
        list[count / 2] = 2000;
    }
    return list;
}

/* The library's own limit, or the system's if that is lower. Linux takes 65,536, independent of
 * libc's answer. */
static size_t max_groups(void)
{
#ifdef __linux__
    return 1024;
#else
    long max = sysconf(_SC_NGROUPS_MAX);

    assert_true(max > 0);
    return max < 1024 ? (size_t)max : 1024;
#endif
}

static void test_too_many_groups_are_refused(void **state)
{
    size_t max = max_groups();
    guise_token_desc desc = plain();
    gid_t *list = long_list(max + 1, true);

    (void)state;
    desc.groups = list;
    desc.group_count = max + 1;
    assert_refused(&desc);
    desc.group_count = SIZE_MAX;
    assert_refused(&desc);
    memset(list, 0, (max + 1) * sizeof *list); /* as they are given: the same one counts again */
    desc.group_count = max + 1;
    assert_refused(&desc);
    desc.group_count = max;
    drop(make(&desc));
    free(list);
}

static void test_gid_counts_as_one_of_the_groups(void **state)
{
    size_t max = max_groups(), count = 0;
    guise_token_desc desc = plain();
    gid_t *without = long_list(max, false), *with = long_list(max, true);
    guise_token *token;

    (void)state;
    desc.group_count = max;
    desc.groups = without;
    assert_refused(&desc);
    desc.groups = with;
    token = make(&desc);
    (void)guise_token_groups(token, &count);
    assert_int_equal(count, max);
    drop(token);
    desc.groups = without;
    desc.group_count = max - 1;
    token = make(&desc);
    (void)guise_token_groups(token, &count);
    assert_int_equal(count, max);
    drop(token);
    free(without);
    free(with);
}

/* I-10 */
static void set_the_group_limit(void *arg)
{
    guise_token_desc desc = plain();
    gid_t groups[3] = {7, 8, 9};
    guise_token *token = TEST_POISON(guise_token);

    (void)arg;
    desc.groups = groups;
    desc.group_count = 3;
    CHILD_CHECK_RESULT(guise_token_set_group_limit(0), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_token_set_group_limit(65537), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_token_set_group_limit(SIZE_MAX), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK_RESULT(guise_token_set_group_limit(1), GUISE_OK);
    CHILD_CHECK_RESULT(guise_token_set_group_limit(65536), GUISE_OK);
    CHILD_CHECK_RESULT(guise_token_set_group_limit(3), GUISE_OK);
    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_E_NO_PROVIDER);
    CHILD_CHECK_RESULT(guise_token_set_group_limit(3), GUISE_OK); /* that was no token */
    test_use_emulated();
    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_E_INVALID_ARGUMENT);
    CHILD_CHECK(token == NULL);
    CHILD_CHECK_RESULT(guise_token_set_group_limit(4), GUISE_E_TOO_LATE);
    desc.group_count = 2; /* and the gid */
    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_OK);
    CHILD_CHECK_RESULT(guise_token_set_group_limit(3), GUISE_E_TOO_LATE);
    CHILD_CHECK_RESULT(guise_token_set_group_limit(0), GUISE_E_INVALID_ARGUMENT);
    guise_token_unref(token);
}

static void test_group_limit(void **state)
{
    (void)state;
    assert_child_passes(set_the_group_limit, NULL);
}

static void test_macro_is_a_description(void **state)
{
    guise_token_desc desc = GUISE_TOKEN_DESC_INIT;
    guise_blanket blanket = GUISE_BLANKET_INIT;

    (void)state;
    assert_refused(&desc); /* no level yet */
    desc.level = GUISE_LEVEL_IDENTIFY;
    drop(make(&desc));
    assert_int_equal(desc.size, sizeof desc);
    assert_int_equal(blanket.size, sizeof blanket);
}

/* ---- what is refused --------------------------------------------------------------------------------- */

static void test_impossible_uids_are_refused(void **state)
{
    guise_token_desc desc = plain();

    (void)state;
    desc.uid = (uid_t)-1;
    assert_refused(&desc);
    desc.uid--;
    drop(make(&desc));
    desc.uid = OVERFLOW_ID; /* where every user has an id here it is a user like others */
    drop(make(&desc));
}

static void test_impossible_gids_are_refused(void **state)
{
    guise_token_desc desc = plain();

    (void)state;
    desc.gid = (gid_t)-1;
    assert_refused(&desc);
    desc.gid--;
    drop(make(&desc));
    desc.gid = OVERFLOW_ID;
    drop(make(&desc));
}

static void test_impossible_groups_are_refused_wherever_they_stand(void **state)
{
    guise_token_desc desc = plain();
    gid_t groups[3];

    (void)state;
    desc.groups = groups;
    desc.group_count = 3;
    for (size_t i = 0; i < 3; i++) {
        groups[0] = groups[1] = groups[2] = 7;
        groups[i] = (gid_t)-1;
        assert_refused(&desc);
        groups[i] = OVERFLOW_ID;
        drop(make(&desc));
    }
}

static void test_list_missing_is_refused(void **state)
{
    guise_token_desc desc = plain();

    (void)state;
    desc.group_count = 1;
    assert_refused(&desc);
}

static void test_levels_of_a_new_token(void **state)
{
    guise_token_desc desc = plain();

    (void)state;
    for (int level = -1; level <= 6; level++) {
        desc.level = (guise_level)level;
        if (level >= 1 && level <= 4) {
            guise_token *token = make(&desc);
            assert_int_equal(guise_token_level(token), level);
            drop(token);
        } else {
            assert_refused(&desc);
        }
    }
}

static void test_nulls_are_refused(void **state)
{
    guise_token_desc desc = plain();
    guise_token *token = make(&desc), *out = TEST_POISON(guise_token);

    (void)state;
    assert_refused(NULL);
    assert_kept(guise_token_create(&desc, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_token_create(NULL, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_token_duplicate(token, GUISE_LEVEL_IDENTIFY, NULL), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_token_duplicate(NULL, GUISE_LEVEL_IDENTIFY, &out), GUISE_E_INVALID_ARGUMENT);
    assert_null(out);
    drop(token);
}

static void test_size_rule(void **state)
{
    struct {
        guise_token_desc desc;
        unsigned char tail[9];
    } longer = {.desc = plain()};

    (void)state;
    longer.desc.size = 0;
    assert_refused(&longer.desc);
    longer.desc.size = sizeof longer.desc - 1;
    assert_refused(&longer.desc);
    longer.desc.size = sizeof longer.desc + sizeof longer.tail;
    drop(make(&longer.desc));
    longer.tail[sizeof longer.tail - 1] = 1;
    assert_refused(&longer.desc);
    longer.desc.size--; /* what lies beyond the size is not looked at */
    drop(make(&longer.desc));
}

/* Beyond the largest size that a struct may state, it is a size that was never set. */
static void test_size_that_nobody_has_set(void **state)
{
    enum { LARGEST = 4096 };
    static union {
        guise_token_desc desc;
        unsigned char bytes[LARGEST + 1];
    } longer;
    guise_token_desc *alone = malloc(sizeof *alone); /* with nothing behind it that may be read */

    (void)state;
    assert_non_null(alone);
    *alone = plain();
    alone->size = SIZE_MAX;
    assert_refused(alone);
    alone->size = SIZE_MAX / 2;
    assert_refused(alone);
    free(alone);
    longer.desc = plain();
    longer.desc.size = LARGEST + 1;
    assert_refused(&longer.desc);
    longer.desc.size = LARGEST;
    drop(make(&longer.desc));
}

/* ---- levels only go down ------------------------------------------------------------------------------ */

static guise_result expected_of_duplicate(int from, int to)
{
    if (to < 1 || to > 4) {
        return GUISE_E_INVALID_ARGUMENT;
    }
    return to > from ? GUISE_E_BAD_LEVEL : GUISE_OK;
}

static void assert_same_identity(const guise_token *copy, const guise_token *token)
{
    size_t count;
    const gid_t *groups = guise_token_groups(token, &count);

    assert_ptr_not_equal(copy, token);
    assert_string_equal(guise_token_name(copy), guise_token_name(token));
    assert_int_equal(guise_token_uid(copy), guise_token_uid(token));
    assert_int_equal(guise_token_gid(copy), guise_token_gid(token));
    assert_groups(copy, groups, count);
    assert_true(guise_token_serial(copy) != guise_token_serial(token));
}

static void duplicate(const guise_token *token, int from, int to)
{
    guise_token *copy = TEST_POISON(guise_token);
    guise_result expected = expected_of_duplicate(from, to);

    assert_kept(guise_token_duplicate(token, (guise_level)to, &copy), expected);
    if (expected != GUISE_OK) {
        assert_null(copy);
        return;
    }
    assert_int_equal(guise_token_level(copy), to);
    assert_same_identity(copy, token);
    drop(copy);
}

/* S-25: a level is never raised. */
static void test_duplicate_lowers_or_keeps_the_level(void **state)
{
    (void)state;
    for (int from = 1; from <= 4; from++) {
        guise_token *token = make_at((guise_level)from);

        for (int to = -1; to <= 5; to++) {
            duplicate(token, from, to);
            assert_int_equal(refs_of(token), 1);
        }
        drop(token);
    }
}

static void test_duplicate_outlives_its_original(void **state)
{
    const gid_t given[] = {9, 8}, expected[] = {8, 9, 2000};
    guise_token_desc desc = plain();
    guise_token *token, *copy = NULL;

    (void)state;
    desc.groups = given;
    desc.group_count = 2;
    token = make(&desc);
    assert_kept_ok(guise_token_duplicate(token, GUISE_LEVEL_IDENTIFY, &copy));
    drop(token);
    assert_string_equal(guise_token_name(copy), "client");
    assert_groups(copy, expected, 3);
    drop(copy);
}

/* ---- serials ------------------------------------------------------------------------------------------- */

enum { MAKERS = 4, SERIALS_EACH = 500 };

static uint64_t s_serials[MAKERS][SERIALS_EACH];

static bool make_two(struct wt *w, uint64_t serials[2])
{
    guise_token_desc desc = plain();
    guise_token *token, *copy;

    WT_CHECK_RESULT_OR(w, guise_token_create(&desc, &token), GUISE_OK, false);
    WT_CHECK_RESULT_OR(w, guise_token_duplicate(token, desc.level, &copy), GUISE_OK, false);
    serials[0] = guise_token_serial(token);
    serials[1] = guise_token_serial(copy);
    guise_token_unref(token);
    guise_token_unref(copy);
    return true;
}

static void make_many(struct wt *w)
{
    uint64_t *serials = w->arg;

    for (int i = 0; i < SERIALS_EACH; i += 2) {
        if (!make_two(w, &serials[i])) {
            return;
        }
    }
}

static int compare_serials(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static void test_serials_are_never_used_twice(void **state)
{
    uint64_t *all = &s_serials[0][0];
    struct wt makers[MAKERS];

    (void)state;
    test_watchdog(20);
    for (int i = 0; i < MAKERS; i++) {
        wt_start(&makers[i], make_many, s_serials[i]);
    }
    wt_join_all(makers, MAKERS);
    qsort(all, MAKERS * SERIALS_EACH, sizeof *all, compare_serials);
    assert_true(all[0] != 0);
    for (int i = 1; i < MAKERS * SERIALS_EACH; i++) {
        assert_true(all[i - 1] != all[i]);
    }
}

/* ---- references ------------------------------------------------------------------------------------------ */

static void test_references_are_counted_exactly(void **state)
{
    guise_token *token = make_at(GUISE_LEVEL_DELEGATE), *same = NULL;

    (void)state;
    assert_int_equal(refs_of(token), 1);
    for (unsigned i = 2; i < 20; i++) {
        assert_keeps_errno(same = guise_token_ref(token));
        assert_ptr_equal(same, token);
        assert_int_equal(refs_of(token), i);
    }
    for (unsigned i = 18; i > 0; i--) {
        assert_keeps_errno(guise_token_unref(token));
        assert_int_equal(refs_of(token), i);
    }
    drop(token);
}

static void test_no_token_has_no_references(void **state)
{
    (void)state;
    assert_keeps_errno(assert_null(guise_token_ref(NULL)));
    assert_keeps_errno(guise_token_unref(NULL));
}

static void overflow(void *arg)
{
    guise_token_desc desc = plain();
    guise_token *token;

    (void)arg;
    CHILD_CHECK_RESULT(guise_token_create(&desc, &token), GUISE_OK);
    atomic_store(&token->refs, UINT_MAX / 2 - 1);
    CHILD_CHECK(guise_token_ref(token) == token);
    (void)fputs("the last one fits. ", stderr);
    (void)guise_token_ref(token);
}

/* L-7: no state is safe to go on in. */
static void test_too_many_references_end_the_process(void **state)
{
    (void)state;
    test_watchdog(20);
    assert_child_dies(overflow, NULL, "the last one fits. guise: fatal: ");
}

/* ---- immutable ------------------------------------------------------------------------------------------- */

static void use_in_every_way(guise_token *token)
{
    struct stat file = {.st_mode = 0777};
    guise_token *copy;

    assert_ok(guise_token_duplicate(token, GUISE_LEVEL_ANONYMOUS, &copy));
    guise_token_unref(copy);
    guise_token_unref(guise_token_ref(token));
    assert_ok(guise_token_check_access(token, &file, R_OK));
    assert_ok(guise_set_thread_token(token));
    assert_ok(guise_set_thread_token(NULL));
    (void)guise_token_groups(token, NULL);
}

static void test_nothing_changes_a_token(void **state)
{
    const gid_t given[] = {9, 8};
    guise_token_desc desc = plain();
    guise_token *token;
    unsigned char before[sizeof(guise_token) + 3 * sizeof(gid_t)];

    (void)state;
    desc.groups = given;
    desc.group_count = 2;
    token = make(&desc);
    memcpy(before, token, sizeof before);
    use_in_every_way(token);
    assert_memory_equal(before, token, sizeof before);
    drop(token);
}

/* ---- access checks ----------------------------------------------------------------------------------------- */

enum class { OWNER, GROUP, OTHER };

/* The three bits by their POSIX names, so that nothing is shared with the code under test. */
static guise_result oracle(enum class class, mode_t permissions, int mode)
{
    static const mode_t bits[3][3] = {
        {S_IRUSR, S_IWUSR, S_IXUSR}, {S_IRGRP, S_IWGRP, S_IXGRP}, {S_IROTH, S_IWOTH, S_IXOTH}};
    static const int modes[3] = {R_OK, W_OK, X_OK};

    for (int i = 0; i < 3; i++) {
        if ((mode & modes[i]) != 0 && (permissions & bits[class][i]) == 0) {
            return GUISE_E_ACCESS_DENIED;
        }
    }
    return GUISE_OK;
}

struct owner {
    uid_t uid;
    gid_t gid;
    enum class class;
};

static void check_all_modes(const guise_token *token, const struct owner *owner)
{
    struct stat file = {.st_uid = owner->uid, .st_gid = owner->gid};

    for (mode_t permissions = 0; permissions < 512; permissions++) {
        file.st_mode = S_IFREG | S_ISUID | S_ISGID | permissions;
        for (int mode = 0; mode < 8; mode++) {
            assert_kept(guise_token_check_access(token, &file, mode),
                        oracle(owner->class, permissions, mode));
        }
    }
}

/* The owner's class wins also where the group's or the rest's would allow more; the group's by the
 * primary gid and by any other; W-02. */
static void test_access_by_class_in_every_mode(void **state)
{
    static const struct owner owners[] = {
        {1000, 5000, OWNER}, {1000, 2000, OWNER}, {1000, 8, OWNER},    {1001, 2000, GROUP},
        {1001, 8, GROUP},    {1001, 9, GROUP},    {1001, 5000, OTHER}, {0, 0, OTHER},
    };
    const gid_t groups[] = {9, 8};
    guise_token_desc desc = plain();
    guise_token *token;

    (void)state;
    desc.groups = groups;
    desc.group_count = 2;
    token = make(&desc);
    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        check_all_modes(token, &owners[i]);
    }
    drop(token);
}

static void test_uid_zero_gets_no_exception(void **state)
{
    static const struct owner owners[] = {{0, 0, OWNER}, {7, 0, GROUP}, {7, 7, OTHER}};
    guise_token_desc desc = plain();
    guise_token *token;

    (void)state;
    desc.uid = 0;
    desc.gid = 0;
    token = make(&desc);
    for (size_t i = 0; i < 3; i++) {
        check_all_modes(token, &owners[i]);
    }
    drop(token);
}

static void test_access_needs_somebody_to_check(void **state)
{
    struct stat file = {.st_mode = 0777};

    (void)state;
    for (int level = 1; level <= 4; level++) {
        guise_token *token = make_at((guise_level)level);

        for (int mode = 0; mode < 8; mode++) {
            assert_kept(guise_token_check_access(token, &file, mode),
                        level == GUISE_LEVEL_ANONYMOUS ? GUISE_E_BAD_LEVEL : GUISE_OK);
        }
        drop(token);
    }
}

static void test_access_arguments(void **state)
{
    static const int bad[] = {8, 16, -1, INT_MIN, INT_MAX, R_OK | 0x100};
    struct stat file = {.st_mode = 0777};
    guise_token *token = make_at(GUISE_LEVEL_IDENTIFY), *nobody = make_at(GUISE_LEVEL_ANONYMOUS);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_kept(guise_token_check_access(token, &file, bad[i]), GUISE_E_INVALID_ARGUMENT);
        assert_kept(guise_token_check_access(nobody, &file, bad[i]), GUISE_E_INVALID_ARGUMENT);
    }
    assert_kept(guise_token_check_access(NULL, &file, R_OK), GUISE_E_INVALID_ARGUMENT);
    assert_kept(guise_token_check_access(token, NULL, R_OK), GUISE_E_INVALID_ARGUMENT);
    drop(token);
    drop(nobody);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_says_what_it_was_made_of),
        cmocka_unit_test(test_uid_and_gid_zero_are_allowed),
        cmocka_unit_test(test_name_is_copied_and_never_null),
        cmocka_unit_test(test_long_name_is_kept_whole),
        cmocka_unit_test(test_groups_are_sorted_unique_and_have_the_gid),
        cmocka_unit_test(test_gid_already_listed_is_not_listed_twice),
        cmocka_unit_test(test_groups_are_copied),
        cmocka_unit_test(test_count_zero_needs_no_list_and_reads_none),
        cmocka_unit_test(test_too_many_groups_are_refused),
        cmocka_unit_test(test_macro_is_a_description),
        cmocka_unit_test(test_gid_counts_as_one_of_the_groups),
        cmocka_unit_test(test_impossible_uids_are_refused),
        cmocka_unit_test(test_impossible_gids_are_refused),
        cmocka_unit_test(test_impossible_groups_are_refused_wherever_they_stand),
        cmocka_unit_test(test_list_missing_is_refused),
        cmocka_unit_test(test_levels_of_a_new_token),
        cmocka_unit_test(test_nulls_are_refused),
        cmocka_unit_test(test_size_rule),
        cmocka_unit_test(test_size_that_nobody_has_set),
        cmocka_unit_test(test_duplicate_lowers_or_keeps_the_level),
        cmocka_unit_test(test_duplicate_outlives_its_original),
        cmocka_unit_test(test_serials_are_never_used_twice),
        cmocka_unit_test(test_references_are_counted_exactly),
        cmocka_unit_test(test_no_token_has_no_references),
        cmocka_unit_test(test_too_many_references_end_the_process),
        cmocka_unit_test(test_nothing_changes_a_token),
        cmocka_unit_test(test_access_by_class_in_every_mode),
        cmocka_unit_test(test_uid_zero_gets_no_exception),
        cmocka_unit_test(test_access_needs_somebody_to_check),
        cmocka_unit_test(test_access_arguments),
    };

    const struct CMUnitTest choosing[] = {cmocka_unit_test(test_group_limit)};
    int failed = cmocka_run_group_tests_name("token and the choice", choosing, NULL, NULL);

    test_use_emulated();
    return failed + cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
